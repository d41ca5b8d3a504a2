"""What every gradebook is made of: one entry a student, and a plain table with all points in it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..course import Course
from ..names import read_name
from ..naming import plain_cell, write_file
from ..points import Grade

__all__ = ["Entry", "choose_entries", "show_points", "write_csv", "write_points"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission in a gradebook: who, and how many points; the names are those of the result."""

    submission: str
    student: str
    person: str
    grade: Grade
    modified: float = 0.0
    late: bool = False
    note: str = ""

    @property
    def platform(self) -> str:
        """Whose number `student` is: "canvas", "moodle", or "" for a name that no platform made.

        Several files of one student are called by name and number alone; then the name tells, which Canvas
        writes in one word without capitals.
        """
        found = read_name(self.submission).platform
        if found or not self.person:
            return found
        return "canvas" if re.fullmatch(r"[^\sA-Z]+", self.person) else "moodle"


def choose_entries(entries: Iterable[Entry]) -> tuple[list[Entry], list[tuple[Entry, Entry]]]:
    """Choose one submission for each student, since a gradebook has one row for each.

    The one that was handed in last counts; of two with the same time the one with more points. A number is a
    student's on its platform alone.

    Returns:
        The entries that count, in the order of the students' ids, and the others, each with the one that
        counts in its place.
    """
    found: dict[tuple[str, str], list[Entry]] = {}
    for each in entries:
        found.setdefault((each.student, each.platform), []).append(each)
    chosen, others = [], []
    for key in sorted(found):
        *left_out, last = sorted(found[key], key=_when)
        chosen.append(last)
        others += [(each, last) for each in left_out]
    return chosen, others


def _when(entry: Entry) -> tuple[float, bool, float, str]:
    handed_in = entry.grade.handed_in
    stamp = handed_in.timestamp() if handed_in else entry.modified
    return stamp, entry.grade.is_known, float(entry.grade.points), entry.submission


def show_points(entry: Entry, lesson: int | None, course: Course) -> str:
    """The points of a lesson, or of all; "" where the grader failed, since that is not 0."""
    if not entry.grade.is_known:
        return ""
    return course.show(entry.grade.points if lesson is None else entry.grade.lessons[lesson].points)


def write_csv(path: Path, rows: Iterable[Sequence[str]], mark: bool = False) -> None:
    """Write a CSV in UTF-8, its cells as they are; CRLF ends a line, as RFC 4180 has it.

    `mark` puts the byte order mark before it, without which Excel takes UTF-8 for something else.
    """
    page = io.StringIO()
    csv.writer(page).writerows(rows)
    write_file(path, ("\ufeff" if mark else "") + page.getvalue())


def write_points(path: Path, entries: Sequence[Entry], exercises: Sequence[str], course: Course) -> None:
    """Write everything in one table for a spreadsheet: points by exercise, by lesson, in all."""
    lessons = sorted({int(number.partition(".")[0]) for number in exercises})
    head = ["Submission", "Student", "Name", *exercises]
    head += [f"Lesson {lesson}" for lesson in lessons] + [
        "Total",
        "Maximum",
        "Days late",
        "Taken off",
        "Note",
    ]
    rows = [head]
    for entry in entries:
        grade = entry.grade
        by_exercise = [course.show(grade.exercises[each]) if grade.is_known else "" for each in exercises]
        rows.append(
            [
                *(plain_cell(each) for each in (entry.submission, entry.student, entry.person)),
                *by_exercise,
                *(show_points(entry, lesson, course) for lesson in lessons),
                show_points(entry, None, course),
                course.show(grade.maximum),
                str(grade.days),
                course.show(grade.taken_off) if grade.taken_off else "0",
                plain_cell(entry.note, 500),
            ]
        )
    write_csv(path, rows, mark=True)
