"""Two files for Moodle: an assignment's grading worksheet, and a table for the gradebook.

A number in the name of what was downloaded from Moodle is the participant's number in that assignment alone:
another assignment has other numbers, and the user's ID number is another still. So the worksheet is for the
assignment of the download, whatever lessons were graded in it; a table for the gradebook is made only of
submissions that were named otherwise, by whoever collected them.

moodle-worksheet-lesson-4.csv goes into the assignment (Submissions, Upload grading worksheet; the
assignment has "Offline grading worksheet" and "Feedback comments" switched on). Moodle reads its columns
Identifier, Grade, "Last modified (grade)" and "Feedback comments" by these English titles, and finds the
student by the number behind "Participant". The assignment's maximum grade must be that of the worksheet: it
stands in the file for people, and Moodle does not read it.

moodle-gradebook.csv goes into the gradebook (Grades, Import, CSV file), where each column is mapped by hand:
Moodle finds a user by e-mail address, ID number or username, never by name, and takes nothing at all if it
does not find one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..course import Course
from ..naming import plain_cell
from .tables import Entry, show_points, write_csv

__all__ = ["worksheet_name", "write_moodle_gradebook", "write_moodle_worksheet"]

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


def worksheet_name(lessons: Sequence[int]) -> str:
    """What the worksheet is called: the lessons whose points stand in it are its name."""
    return f"moodle-worksheet-lesson{'s' * (len(lessons) > 1)}-{'-'.join(map(str, lessons))}.csv"


def write_moodle_worksheet(
    path: Path, entries: Sequence[Entry], course: Course, comments: Mapping[str, str]
) -> bool:
    """Write the grading worksheet of the assignment that was downloaded.

    Arguments:
        path: where.
        entries: one for each student, with the points of all lessons that count.
        course: how to round.
        comments: a line of feedback for each submission, on these lessons.

    Returns:
        Whether there is one: not where no submission has a name that Moodle made.
    """
    rows: list[Sequence[str]] = [WORKSHEET]
    for entry in entries:
        if entry.platform != "moodle":
            continue
        comment = plain_cell(comments.get(entry.submission, ""), 1000)
        name = plain_cell(entry.person or entry.student, 200)
        points = show_points(entry, None, course), course.show(entry.grade.maximum)
        who = plain_cell(f"Participant {entry.student}", 200)
        rows.append([who, name, "", *points, "Yes", "-", "-", comment])
    return _write_or_remove(path, rows)


def write_moodle_gradebook(
    path: Path, entries: Sequence[Entry], lessons: Sequence[int], course: Course
) -> bool:
    """Write the table for the gradebook: who, and the points of each lesson and in all.

    Returns:
        Whether there is one: not where the names of all submissions were made by a learning platform.
    """
    known = [entry for entry in entries if not entry.platform]
    mails = all(re.fullmatch(r"[^@\s]+@[^@\s]+", entry.student) for entry in known)
    who = "Email address" if mails else "ID number or username"
    rows = [[who, *(course.column(lesson) for lesson in lessons), "Total"]]
    for entry in known:
        points = [show_points(entry, lesson, course) for lesson in (*lessons, None)]
        rows.append([plain_cell(entry.student, 200), *points])
    return _write_or_remove(path, rows)


def _write_or_remove(path: Path, rows: Sequence[Sequence[str]]) -> bool:
    """Write a table that has rows; remove that of an earlier report if it has none."""
    if len(rows) > 1:
        write_csv(path, rows)
    else:
        path.unlink(missing_ok=True)
    return len(rows) > 1
