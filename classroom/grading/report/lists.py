"""The parts of the report that list submissions: stopped or slow ones, unreadable ones, late ones."""

from __future__ import annotations

from collections.abc import Sequence

from ..course import Course
from ..exports import Entry
from ..naming import escape_html
from ..results import RunInfo
from .clock import name_zone, show_time
from .elements import part, shorten, table
from .gathering import MANY_TIMES, MORE_THAN, Class
from .people import People

__all__ = ["MOST_ROWS", "write_late", "write_timing", "write_unread"]

MOST_ROWS = 200
TIMING = "Stopped by the grader, or slow"


def write_timing(found: Class, run: RunInfo, people: People) -> str:
    """Write the part on what had to be stopped, and on what took long."""
    slow = found.slow()
    usual = found.usual_times()
    about = (
        f"<p>Listed is what the grader had to stop, and what took more than {MANY_TIMES} times the median "
        f"of the class for the same exercise and at least {MORE_THAN:g} s more.</p>"
    )
    if not slow:
        return part(
            "timing", TIMING, about, "<p>Nothing had to be stopped, or took longer than it should.</p>"
        )
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
        TIMING,
        about,
        table(
            "Answers that were stopped, or took long", head, rows, numbers=[2, 3], long=[4], most=MOST_ROWS
        ),
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


def write_late(
    found: Class,
    course: Course,
    people: People,
    others: Sequence[tuple[Entry, Entry]],
    unused: Sequence[str] = (),
) -> str:
    """Write the part on late days, and on what was handed in twice.

    Arguments:
        found, course, people: the class, what being late costs, and what the students are called.
        others: submissions that are left out of the gradebooks, each with the one that is in them.
        unused: names in the table of times that belong to no submission.
    """
    parts = []
    late = [(at, row) for at, row in enumerate(found.rows) if row.grade.days]
    late.sort(key=lambda item: -item[1].grade.days)
    rows = [
        (
            people.name(at),
            str(row.grade.days),
            course.show(row.grade.taken_off),
            show_time(row.grade.handed_in, course),
        )
        for at, row in late
    ]
    if rows:
        head = ("Who", "Days", "Points taken off", f"Handed in ({name_zone(course)})")
        parts.append(table("Late", head, rows, numbers=[1, 2], most=MOST_ROWS, rest=", in points.csv"))
    marked = [people.name(at) for at, row in enumerate(found.rows) if row.late and not row.grade.days]
    if marked:
        why = "course.toml takes nothing off for it" if course.late is None else "by their time they are not"
        parts.append(f"<p>Marked as late by the platform, though {why}: <bdi>{_name_all(marked)}</bdi>.</p>")
    if course.late:
        timeless = [people.name(at) for at, row in enumerate(found.rows) if row.grade.handed_in is None]
        if timeless:
            have = (
                "has no time of handing in and counts"
                if len(timeless) == 1
                else ("have no time of handing in and count")
            )
            parts.append(
                f"<p>{_count(len(timeless))} {have} as in time: <bdi>{_name_all(timeless)}</bdi>.</p>"
            )
    if unused:
        belongs = (
            "A row of the table of times belongs"
            if len(unused) == 1
            else (f"{len(unused):,} rows of the table of times belong")
        )
        names = f": <bdi>{_name_all(unused)}</bdi>" if not people.anonymous else ""
        taken = "The names that it takes are those in the first two columns of exports/points.csv."
        parts.append(f"<p>{belongs} to no submission{names}. {taken}</p>")
    if others:
        parts.append(_write_left_out(found, people, others))
    return part(
        "late", "Late, and handed in twice", *(parts or ["<p>Nothing was late, nothing came twice.</p>"])
    )


def _write_left_out(found: Class, people: People, others: Sequence[tuple[Entry, Entry]]) -> str:
    """A table of those who handed in more than one submission: a gradebook has one row for each student."""
    places = {row.submission: at for at, row in enumerate(found.rows)}
    rows = [
        tuple(people.clean(places[entry.submission], entry.submission) for entry in pair) for pair in others
    ]
    about = "<p>Of a student's submissions the newest alone is in the gradebooks.</p>"
    head, title = ("Submission", "In them instead"), "Left out of the gradebooks"
    return about + table(title, head, rows, long=[0, 1], most=MOST_ROWS, rest=", in points.csv")


def _name_all(names: Sequence[str]) -> str:
    shown = ", ".join(shorten(name, 60) for name in names[:MOST_ROWS])
    return escape_html(shown + (f" and {len(names) - MOST_ROWS:,} more" if len(names) > MOST_ROWS else ""))


def _count(number: int) -> str:
    return f"{number:,} submission{'s' * (number != 1)}"
