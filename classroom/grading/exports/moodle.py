"""Two files for Moodle: an assignment's grading worksheet, and a table for the gradebook.

moodle-worksheet-lesson-4.csv goes into the assignment (Submissions, Upload grading worksheet; the
assignment has "Offline grading worksheet" and "Feedback comments" switched on). Moodle reads its columns
Identifier, Grade, "Last modified (grade)" and "Feedback comments" by these English titles, and finds the
student by the number behind "Participant", which is the number in the names of downloaded submissions. The
assignment's maximum grade must be that of the lesson: it stands in the file for people, and Moodle does not
read it.

moodle-gradebook.csv goes into the gradebook (Grades, Import, CSV file), where each column is mapped by
hand: "ID number" to whatever the ids of your submissions are, each lesson to its grade item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..course import Course
from ..naming import plain_cell
from .tables import Entry, show_points, write_csv

__all__ = ["write_moodle_gradebook", "write_moodle_worksheet"]

WORKSHEET = (
    "Identifier",
    "Full name",
    "Status",
    "Grade",
    "Maximum grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
)


def write_moodle_worksheet(
    path: Path, entries: Sequence[Entry], lesson: int, course: Course, comments: Mapping[str, str]
) -> None:
    """Write the grading worksheet of the assignment that a lesson is.

    Arguments:
        path: where.
        entries: one for each student.
        lesson: whose points.
        course: how to round.
        comments: a line of feedback for each submission.
    """
    rows: list[Sequence[str]] = [WORKSHEET]
    for entry in entries:
        maximum = course.show(entry.grade.lessons[lesson].maximum)
        comment = plain_cell(comments.get(entry.submission, ""), 1000)
        name = plain_cell(entry.person or entry.student, 200)
        row = [_participant(entry), name, "", show_points(entry, lesson, course), maximum]
        rows.append([*row, "Yes", "-", "-", comment])
    write_csv(path, rows)


def _participant(entry: Entry) -> str:
    is_number = entry.student.isascii() and entry.student.isdecimal()
    return f"Participant {entry.student}" if is_number else plain_cell(entry.student, 200)


def write_moodle_gradebook(
    path: Path, entries: Sequence[Entry], lessons: Sequence[int], course: Course
) -> None:
    """Write the table for the gradebook: who, and the points of each lesson and in all."""
    rows = [["ID number", "Full name", *(course.column(lesson) for lesson in lessons), "Total"]]
    for entry in entries:
        who = [plain_cell(entry.student, 200), plain_cell(entry.person or entry.student, 200)]
        points = [show_points(entry, lesson, course) for lesson in (*lessons, None)]
        rows.append([*who, *points])
    write_csv(path, rows)
