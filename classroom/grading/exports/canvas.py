"""The gradebook file that Canvas imports (Gradebook, Import).

What Canvas looks at: the first row begins with Student and ID, and the student's columns end with Section;
a second row says "Points Possible" and out of how many. A student is found by ID, the number that Canvas
puts into the names of downloaded files (that in Moodle's is another, and stays out), else by SIS Login ID,
else by name. A column whose title is that of an assignment, or ends in its number in parentheses, is that
assignment; any other one becomes a new assignment. An empty cell changes nothing. Canvas finds out the
separator from the first three lines, so no cell holds a line break.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..course import Course
from ..naming import plain_cell
from .tables import Entry, show_points, write_csv

__all__ = ["write_canvas"]


def write_canvas(path: Path, entries: Sequence[Entry], lessons: Sequence[int], course: Course) -> None:
    """Write the file.

    Arguments:
        path: where.
        entries: one for each student.
        lessons: one column for each of them.
        course: the titles of the columns and how to round.
    """
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    rows = [[*head, *(course.column(lesson) for lesson in lessons)]]
    maxima = [entries[0].grade.lessons[lesson].maximum for lesson in lessons] if entries else []
    rows.append(["    Points Possible", "", "", "", "", *map(course.show, maxima)])
    for entry in entries:
        points = [show_points(entry, lesson, course) for lesson in lessons]
        rows.append([*_identify(entry), "", *points])
    write_csv(path, rows)


def _identify(entry: Entry) -> list[str]:
    name = plain_cell(entry.person or entry.student, 200)
    if entry.platform == "moodle":
        return [name, "", "", ""]
    is_number = entry.student.isascii() and entry.student.isdecimal()
    return [name, entry.student, "", ""] if is_number else [name, "", "", plain_cell(entry.student, 200)]
