"""The parts of the report that list submissions: slow ones, unreadable ones, late ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from ..course import Course
from ..exports import Entry
from ..naming import escape_html
from ..results import RunInfo
from .elements import part, table
from .gathering import MANY_TIMES, MORE_THAN, Class
from .people import People

__all__ = ["MOST_ROWS", "write_late", "write_timing", "write_unread"]

MOST_ROWS = 200


def write_timing(found: Class, run: RunInfo, people: People) -> str:
    """Write the part on what took suspiciously long."""
    slow = found.slow()
    usual = found.usual_times()
    about = (
        f"<p>Listed is what the grader had to stop, and what took more than {MANY_TIMES} times the median "
        f"of the class for the same exercise and at least {MORE_THAN:g} s more.</p>"
    )
    if not slow:
        return part("timing", "Suspicious timing", about, "<p>Nothing took longer than it should.</p>")
    rows = [
        (
            people.name(each.place),
            f"{each.exercise} {run.exercises.get(each.exercise, '')}",
            f"{each.seconds:.2f}",
            f"{usual[each.exercise]:.3f}" if each.exercise in usual else "\u2013",
            each.why,
        )
        for each in slow
    ]
    head = ("Who", "Exercise", "Seconds", "Class median", "Why it is listed")
    return part(
        "timing",
        "Suspicious timing",
        about,
        table("Answers that took long", head, rows, numbers=[2, 3], long=[4], most=MOST_ROWS),
    )


def write_unread(found: Class, people: People) -> str:
    """Write the part on what could not be read."""
    rows = [
        (people.name(at), people.clean(at, row.submission), people.clean(at, " ".join(row.problems)))
        for at, row in enumerate(found.rows)
        if row.problems
    ]
    if not rows:
        return part("unread", "What could not be read", "<p>Everything was read.</p>")
    head = ("Who", "Submission", "Why")
    shown = table("Not read, or not wholly", head, rows, long=[1, 2], most=MOST_ROWS, rest=", in points.csv")
    return part("unread", "What could not be read", shown)


def write_late(found: Class, course: Course, people: People, others: Sequence[Entry]) -> str:
    """Write the part on late days, and on what was handed in twice."""
    parts = []
    late = [(at, row) for at, row in enumerate(found.rows) if row.grade.days]
    late.sort(key=lambda item: -item[1].grade.days)
    rows = [
        (
            people.name(at),
            str(row.grade.days),
            course.show(sum((each.raw - each.points for each in row.grade.lessons.values()), Fraction(0))),
            _when(row.grade.handed_in, course),
        )
        for at, row in late
    ]
    if rows:
        head = ("Who", "Days", "Points taken off", "Handed in")
        parts.append(table("Late", head, rows, numbers=[1, 2], most=MOST_ROWS, rest=", in points.csv"))
    marked = [people.name(at) for at, row in enumerate(found.rows) if row.late and not row.grade.days]
    if marked:
        why = "course.toml takes nothing off for it" if course.late is None else "by their time they are not"
        names = ", ".join(marked[:MOST_ROWS]) + (" and others" if len(marked) > MOST_ROWS else "")
        parts.append(f"<p>Marked as late by the platform, though {why}: <bdi>{escape_html(names)}</bdi>.</p>")
    if course.late:
        timeless = sum(row.grade.handed_in is None for row in found.rows)
        if timeless:
            parts.append(
                f"<p>Of {timeless:,} nobody knows when they were handed in; they count as in time.</p>"
            )
    if others:
        places = {row.submission: at for at, row in enumerate(found.rows)}
        names = "; ".join(
            people.clean(places[each.submission], each.submission) for each in others[:MOST_ROWS]
        )
        parts.append(
            f"<p>{len(others):,} came from students who handed in another one later, which alone is in "
            f"the gradebooks: <bdi>{escape_html(names)}</bdi>.</p>"
        )
    return part(
        "late", "Late, and handed in twice", *(parts or ["<p>Nothing was late, nothing came twice.</p>"])
    )


def _when(time: datetime | None, course: Course) -> str:
    if course.late is None or time is None:
        return ""
    return f"{time.astimezone(course.late.zone):%Y-%m-%d %H:%M}"
