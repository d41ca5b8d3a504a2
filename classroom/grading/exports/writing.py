"""All exports of a run, written while its results pass by once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..course import Course
from ..errors import say_error
from ..feedback_files import markdown_feedback, write_feedback_files
from ..naming import plain_cell, safe_name, write_file
from ..points import Grade
from ..results import RunInfo, SubmissionResult
from ..sentences import say_summary
from .canvas import write_canvas
from .github import check_run, classroom_result, encode_result
from .gradescope import gradescope_results
from .moodle import worksheet_name, write_moodle_gradebook, write_moodle_worksheet
from .tables import Entry, choose_entries, write_csv, write_points

__all__ = ["Exports"]


class Exports:
    """Writes exports/ and feedback/: `add` each result, then `finish`.

    Arguments:
        folder: the folder GRADES.
        run, course: what was graded and what it is worth.
        exercises: those that count.
        names: what the files about each submission are called, see `name_files`.
    """

    def __init__(
        self, folder: Path, run: RunInfo, course: Course, exercises: Sequence[str], names: Mapping[str, str]
    ) -> None:
        self.folder, self.run, self.course, self.exercises = folder, run, course, exercises
        self.names = names
        self.entries: list[Entry] = []
        self.comments: dict[str, str] = {}
        self.written: list[str] = []  # those in exports/ that are not there for every class
        for name in ("exports/gradescope", "exports/github", "feedback"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for submission, name in names.items():
            if name != safe_name(submission):
                self._remove(safe_name(submission))  # of an earlier report, where no other had that name

    def add(self, result: SubmissionResult, grade: Grade) -> None:
        """Take in one result, and write the files that are about it alone."""
        name = self.names[result.submission]
        note = f"The grader failed: {say_error(result.error)}" if result.error else " ".join(result.problems)
        entry = Entry(
            result.submission, result.student, result.person, grade, result.modified, result.late, note
        )
        self.entries.append(entry)
        self.comments[result.submission] = say_summary(result, grade, self.course)
        markdown = markdown_feedback(result, grade, self.run, self.course)
        feedback = self.folder / "feedback" / name
        write_feedback_files(feedback, result, grade, self.run, self.course, markdown)
        github = check_run(result, grade, self.run, self.course, markdown)
        _write_json(self.folder / "exports" / "github" / f"{name}.check.json", github)
        gradescope = self.folder / "exports" / "gradescope" / f"{name}.json"
        points = self.folder / "exports" / "github" / f"{name}.result.txt"
        if not grade.is_known:
            gradescope.unlink(missing_ok=True)  # of an earlier report
            points.unlink(missing_ok=True)
            return
        _write_json(gradescope, gradescope_results(result, grade, self.run, self.course))
        write_file(points, encode_result(classroom_result(result, grade, self.run, self.course)) + "\n")

    def remove(self, result: SubmissionResult) -> None:
        """Remove what an earlier report wrote about a submission that is no longer there."""
        self._remove(self.names[result.submission])

    def _remove(self, name: str) -> None:
        exports = self.folder / "exports"
        for path in (
            self.folder / "feedback" / f"{name}.html",
            self.folder / "feedback" / f"{name}.md",
            exports / "gradescope" / f"{name}.json",
            exports / "github" / f"{name}.check.json",
            exports / "github" / f"{name}.result.txt",
        ):
            path.unlink(missing_ok=True)

    def finish(self) -> list[tuple[Entry, Entry]]:
        """Write the tables.

        Returns:
            The submissions that are left out of the gradebooks, each with the same student's that is in them.
        """
        folder, course = self.folder / "exports", self.course
        lessons = sorted({int(number.partition(".")[0]) for number in self.exercises})
        entries, others = choose_entries(self.entries)
        write_points(folder / "points.csv", self.entries, self.exercises, course)
        write_canvas(folder / "canvas.csv", entries, lessons, course)
        for path in folder.glob("moodle-worksheet-*.csv"):
            path.unlink()  # of an earlier report, perhaps of other lessons
        name = worksheet_name(lessons)
        if write_moodle_worksheet(folder / name, entries, course, self.comments):
            self.written.append(name)
        if write_moodle_gradebook(folder / "moodle-gradebook.csv", entries, lessons, course):
            self.written.append("moodle-gradebook.csv")
        feedback = [[each.submission, f"{self.names[each.submission]}.html"] for each in self.entries]
        write_csv(
            folder / "feedback-files.csv", [["Submission", "File in feedback/"], *map(_plain, feedback)]
        )
        return others


def _plain(row: list[str]) -> list[str]:
    return [plain_cell(cell) for cell in row]


def _write_json(path: Path, data: Any) -> None:
    write_file(path, json.dumps(data) + "\n")
