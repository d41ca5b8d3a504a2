"""The class at a glance: one page, from what went wrong in the grader to who looks like whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from statistics import mean, median

from ..course import Course
from ..errors import is_of_hidden_case, say_error
from ..exports import Entry
from ..naming import escape_html
from ..results import RunInfo
from ..style import page
from .clock import name_zone, show_time
from .drawing import draw_scores
from .elements import Raw, part, shorten, table, tiles
from .exercises import say_empty, write_exercises
from .gathering import Class
from .lecture import write_mistakes
from .lists import MOST_ROWS, write_late, write_timing, write_unread
from .people import People

__all__ = ["write_page"]

MOST_SEEDS = 10


def write_page(
    found: Class,
    run: RunInfo,
    course: Course,
    people: People,
    alike: str,
    notes: Sequence[str],
    others: Sequence[tuple[Entry, Entry]],
    names: Mapping[str, str],
    gone: Sequence[str] = (),
    unused: Sequence[str] = (),
) -> str:
    """Write the page.

    Arguments:
        found: the class.
        run, course: what was graded and what it is worth.
        people: what the students are called.
        alike: the part on near copies.
        notes: what was odd about the files that were read.
        others: submissions that are left out of the gradebooks, each with the one that is in them.
        names: what the files about each submission are called.
        gone: names of submissions that have results and are no longer in the folder.
        unused: names in the table of times that belong to no submission.
    """
    parts = [
        _shout(found, people, notes),
        _overview(found, course),
        _scores(found),
        write_exercises(found, run, course),
        write_mistakes(found, run),
        write_timing(found, run, people),
        write_unread(found, people),
        write_late(found, course, people, others, unused),
        alike,
        _everybody(found, course, people, names),
        _gone(gone, people),
        _how(run, found),
    ]
    return page(f"{course.title}: the class", f"{_head(found, run, course)}<main>{''.join(parts)}</main>")


def _head(found: Class, run: RunInfo, course: Course) -> str:
    lessons = sorted({int(number.partition(".")[0]) for number in found.exercises})
    numbers = " and ".join(filter(None, [", ".join(map(str, lessons[:-1])), *map(str, lessons[-1:])]))
    links = [
        ("scores", "Scores"),
        ("exercises", "Exercises"),
        ("mistakes", "Mistakes"),
        ("timing", "Stopped or slow"),
        ("unread", "Not read"),
        ("late", "Late"),
        ("alike", "Alike"),
        ("everybody", "Everybody"),
    ]
    listed = "".join(f"<li><a href=#{name}>{word}</a></li>" for name, word in links)
    return (
        f"<header><p class=over>{escape_html(course.title)}</p><h1>The class at a glance</h1>"
        f"<p class=quiet>Lesson{'s' * (len(lessons) != 1)} {numbers or 'none'}, "
        f"graded {_day(run.made, course)}. Times are in {escape_html(name_zone(course))}.</p>"
        f"<nav aria-label='Parts of this page'><ul>{listed}</ul></nav></header>"
    )


def _day(made: str, course: Course) -> str:
    return escape_html(show_time(made, course)) if made else "at a time that is not recorded"


def _shout(found: Class, people: People, notes: Sequence[str]) -> str:
    """What the instructor has to act on before anything else."""
    failed = [
        (
            people.name(at),
            people.clean(at, row.submission),
            Raw(f"<bdi>{escape_html(say_error(people.clean(at, row.error)))}</bdi>"),
        )
        for at, row in enumerate(found.rows)
        if row.error
    ]
    parts = []
    if failed:
        count = f"{len(failed)} submission{'s' * (len(failed) != 1)}"
        parts.append(
            f"<h2>The grader failed on {count}</h2><p>There are no points, which is not 0: the exports leave "
            f"the cells empty. {_say_remedy(found)}</p>"
        )
        head = ("Who", "Submission", "What went wrong in the grader")
        parts.append(table("Not graded", head, failed, long=[1, 2], most=MOST_ROWS, rest=", in points.csv"))
    if notes:
        parts += ["" if failed else "<h2>Please look at this</h2>"]
        parts += [f"<p>{escape_html(note)}</p>" for note in notes]
    return f"<section class=shout role=alert>{''.join(parts)}</section>" if parts else ""


def _say_remedy(found: Class) -> str:
    """What helps: to run it again does not where a hidden case is wrong."""
    kinds = {is_of_hidden_case(row.error) for row in found.rows if row.error}
    again = "Run grade again; what is graded already stays."
    mend = "Mend the hidden case and run grade again."
    if kinds == {True}:
        return mend
    return (
        f"Where a hidden case failed: {mend[0].lower()}{mend[1:]} Elsewhere: run grade again."
        if True in kinds
        else again
    )


def _overview(found: Class, course: Course) -> str:
    points = [row.grade.points for row in found.counted]
    maximum = found.rows[0].grade.maximum if found.rows else Fraction(0)
    values = [(f"{len(found.rows):,}", "submission" if len(found.rows) == 1 else "submissions")]
    if points:
        values += [
            (course.show(Fraction(median(points))), f"median points, of {course.show(maximum)}"),
            (course.show(Fraction(mean(points))), "points on average"),
            (f"{found.done:,}", "passed everything"),
        ]
    values.append((f"{sum(bool(row.problems) for row in found.rows):,}", "not read, or not wholly"))
    empty = len(found.graded) - len(found.counted)
    if empty:
        values.append((f"{empty:,}", "with nothing to grade, not in the average"))
    if late := sum(bool(row.grade.days) for row in found.rows):
        values.append((f"{late:,}", "late"))
    return tiles(values)


def _scores(found: Class) -> str:
    points = [float(row.grade.points) for row in found.counted]
    if not points:
        return part("scores", "Scores", "<p>Nothing has points yet.</p>")
    maximum = float(found.rows[0].grade.maximum)
    empty = len(found.graded) - len(found.counted)
    note = f"<p class=quiet>{say_empty(empty, 'that could be read')}; left out here.</p>" if empty else ""
    return part("scores", "Scores", f"<figure>{draw_scores(points, maximum)}</figure>{note}")


def _gone(gone: Sequence[str], people: People) -> str:
    """Results that stay in the journal and count nowhere."""
    if not gone:
        return ""
    names = ", ".join(shorten(name, 60) for name in gone[:MOST_ROWS])
    names += f" and {len(gone) - MOST_ROWS:,} more" if len(gone) > MOST_ROWS else ""
    was = "One submission was" if len(gone) == 1 else f"{len(gone):,} submissions were"
    listed = "" if people.anonymous else f": <bdi>{escape_html(names)}</bdi>"
    about = (
        "graded earlier, and counts neither here nor in the exports"
        if len(gone) == 1
        else ("graded earlier, and count neither here nor in the exports")
    )
    return part("gone", "No longer in the folder", f"<p>{was} {about}{listed}.</p>")


def _everybody(found: Class, course: Course, people: People, names: Mapping[str, str]) -> str:
    lessons = sorted({int(number.partition(".")[0]) for number in found.exercises})
    head = ("Who", *(f"Lesson {lesson}" for lesson in lessons), "In all", "Feedback")
    rows = []
    for at, row in enumerate(found.rows):
        known = row.grade.is_known
        points = [course.show(row.grade.lessons[each].points) if known else "not graded" for each in lessons]
        whole = course.show(row.grade.points) if known else "not graded"
        link = Raw(f'<a href="feedback/{names[row.submission]}.html">feedback</a>')
        rows.append((people.name(at), *points, whole, "" if people.anonymous else link))
    if people.anonymous:
        rows.sort(key=lambda row: int(str(row[0]).rpartition(" ")[2]))
        head, rows = head[:-1], [row[:-1] for row in rows]
    return part(
        "everybody",
        "Everybody",
        table(
            "Points", head, rows, numbers=range(1, len(lessons) + 2), most=MOST_ROWS, rest=", in points.csv"
        ),
    )


def _how(run: RunInfo, found: Class) -> str:
    seeds = sorted({row.seed for row in found.graded}) or [run.seed]
    more = f" and {len(seeds) - MOST_SEEDS:,} more" if len(seeds) > MOST_SEEDS else ""
    rows = [
        ("Isolation", run.isolation or "not recorded"),
        (f"Seed{'s' * (len(seeds) > 1)} of the inputs", ", ".join(map(str, seeds[:MOST_SEEDS])) + more),
        ("Version of the cases", run.tests[:12] or "not recorded"),
        ("Seconds of grading, all submissions together", f"{sum(row.seconds for row in found.rows):,.1f}"),
    ]
    return part("how", "How it was graded", table("The run", ("What", "Value"), rows, long=[1]))
