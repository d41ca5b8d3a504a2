"""The class at a glance: one page, from what went wrong in the grader to who looks like whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from statistics import mean, median

from ..course import Course
from ..exports import Entry
from ..naming import escape_html, safe_name
from ..results import RunInfo
from ..style import page
from .drawing import draw_scores, draw_stops, draw_verdicts
from .elements import Raw, part, table, tiles
from .gathering import Class, Stop
from .lecture import write_mistakes
from .lists import MOST_ROWS, write_late, write_timing, write_unread
from .people import People

__all__ = ["write_page"]


def write_page(
    found: Class,
    run: RunInfo,
    course: Course,
    people: People,
    alike: str,
    notes: Sequence[str],
    others: Sequence[Entry],
) -> str:
    """Write the page.

    Arguments:
        found: the class.
        run, course: what was graded and what it is worth.
        people: what the students are called.
        alike: the part on near copies.
        notes: what was odd about the files that were read.
        others: submissions that do not count, since the same student has a later one.
    """
    parts = [
        _shout(found, people, notes),
        _overview(found, course),
        _scores(found),
        _exercises(found, run, course),
        write_mistakes(found, run),
        write_timing(found, run, people),
        write_unread(found, people),
        write_late(found, course, people, others),
        alike,
        _everybody(found, course, people),
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
        ("timing", "Timing"),
        ("unread", "Not read"),
        ("late", "Late"),
        ("alike", "Alike"),
        ("everybody", "Everybody"),
    ]
    listed = "".join(f"<li><a href=#{name}>{word}</a></li>" for name, word in links)
    return (
        f"<header><p class=over>{escape_html(course.title)}</p><h1>The class at a glance</h1>"
        f"<p class=quiet>Lesson{'s' * (len(lessons) != 1)} {numbers or 'none'}, graded {_day(run.made)}</p>"
        f"<nav aria-label='Parts of this page'><ul>{listed}</ul></nav></header>"
    )


def _day(made: str) -> str:
    return escape_html(made.replace("T", " ")[:16]) if made else "at a time that is not recorded"


def _shout(found: Class, people: People, notes: Sequence[str]) -> str:
    """What the instructor has to act on before anything else."""
    failed = [
        (people.name(at), people.clean(at, row.submission), people.clean(at, row.error))
        for at, row in enumerate(found.rows)
        if row.error
    ]
    parts = []
    if failed:
        count = f"{len(failed)} submission{'s' * (len(failed) != 1)}"
        parts.append(
            f"<h2>The grader failed on {count}</h2><p>There are no points, which is not 0: the exports leave "
            "the cells empty. Run grade again; what is graded already stays.</p>"
        )
        head = ("Who", "Submission", "What went wrong in the grader")
        parts.append(table("Not graded", head, failed, long=[1, 2], most=MOST_ROWS, rest=", in points.csv"))
    if notes:
        parts += ["" if failed else "<h2>Please look at this</h2>"]
        parts += [f"<p>{escape_html(note)}</p>" for note in notes]
    return f"<section class=shout role=alert>{''.join(parts)}</section>" if parts else ""


def _overview(found: Class, course: Course) -> str:
    points = [row.grade.points for row in found.graded]
    maximum = found.rows[0].grade.maximum if found.rows else Fraction(0)
    values = [(f"{len(found.rows):,}", "submissions")]
    if points:
        values += [
            (course.show(Fraction(median(points))), f"median points, of {course.show(maximum)}"),
            (course.show(Fraction(mean(points))), "points on average"),
            (f"{found.done:,}", "passed everything"),
        ]
    values.append((f"{sum(bool(row.problems) for row in found.rows):,}", "not read, or not wholly"))
    values.append((f"{sum(bool(row.grade.days) for row in found.rows):,}", "late"))
    return tiles(values)


def _scores(found: Class) -> str:
    points = [float(row.grade.points) for row in found.graded]
    if not points:
        return part("scores", "Scores", "<p>Nothing has points yet.</p>")
    maximum = float(found.rows[0].grade.maximum)
    return part("scores", "Scores", f"<figure>{draw_scores(points, maximum)}</figure>")


# Exercises


def _exercises(found: Class, run: RunInfo, course: Course) -> str:
    if not found.graded or not found.exercises:
        return part("exercises", "Exercises", "<p>No exercise has results yet.</p>")
    titles = {number: run.exercises[number] for number in found.exercises}
    stops = found.stops()
    head = ["Exercise", "Passed", "Only hidden failed", "Not right", "Not loaded", "Not written", "Missing"]
    head += ["Points, mean", "Stopped here"]
    return part(
        "exercises",
        "Which exercise stops people",
        _say_stops(stops, titles),
        f"<figure>{draw_stops(stops)}</figure><figure>{draw_verdicts(_verdicts(found), titles)}</figure>",
        table(
            "Exercises",
            head,
            _exercise_rows(found, titles, course, stops),
            numbers=range(1, 9),
        ),
    )


def _verdicts(found: Class) -> dict[str, Counter[str]]:
    """How often each verdict was given; who fails only what is hidden has not passed."""
    adjusted = {number: Counter(found.verdicts[number]) for number in found.exercises}
    for number, counts in adjusted.items():
        counts["passed"] -= found.hidden_failed[number]
        counts["failed"] += found.hidden_failed[number]
    return adjusted


def _exercise_rows(
    found: Class, titles: Mapping[str, str], course: Course, stops: Sequence[Stop]
) -> Iterator[tuple[object, ...]]:
    for number, stop in zip(titles, stops, strict=True):
        counts, size = found.verdicts[number], max(len(found.graded), 1)
        hidden = found.hidden_failed[number]
        right = counts["passed"] - hidden
        passed = f"{right:,} ({100 * right / size:.0f} %)"
        others = (f"{counts[each]:,}" for each in ("failed", "error", "not-written", "missing"))
        average = course.show(Fraction(mean(found.earned[number])))
        worth = f"{average} of {course.show(course.points(number))}"
        yield (
            f"{number} {titles[number]}",
            passed,
            f"{hidden:,}",
            *others,
            worth,
            f"{stop.stopped:,} of {stop.arrived:,}",
        )


def _say_stops(stops: Sequence[Stop], titles: Mapping[str, str]) -> str:
    most = max(stops, key=lambda stop: stop.stopped)
    if not most.stopped:
        return "<p>Nobody was stopped: all passed everything.</p>"
    hardest = max(stops, key=lambda stop: stop.stopped / stop.arrived if stop.arrived else 0)
    words = [
        f"Most stopped at {most.exercise} {titles[most.exercise]}: of {most.arrived:,} who had passed what "
        f"stands before it in its lesson, {most.stopped:,} did not pass it."
    ]
    if hardest is not most:
        words.append(
            f"The largest part stopped at {hardest.exercise} {titles[hardest.exercise]}: "
            f"{hardest.stopped:,} of {hardest.arrived:,}."
        )
    return f"<p>{escape_html(' '.join(words))}</p>"


def _everybody(found: Class, course: Course, people: People) -> str:
    lessons = sorted({int(number.partition(".")[0]) for number in found.exercises})
    head = ("Who", *(f"Lesson {lesson}" for lesson in lessons), "In all", "Feedback")
    rows = []
    for at, row in enumerate(found.rows):
        known = row.grade.is_known
        points = [course.show(row.grade.lessons[each].points) if known else "not graded" for each in lessons]
        whole = course.show(row.grade.points) if known else "not graded"
        link = Raw(f'<a href="feedback/{safe_name(row.submission)}.html">feedback</a>')
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
    rows = [
        ("Isolation", run.isolation or "not recorded"),
        ("Seed of the inputs", run.seed),
        ("Tests", run.tests or "not recorded"),
        ("Seconds of grading, all submissions together", f"{sum(row.seconds for row in found.rows):,.1f}"),
    ]
    return part("how", "How it was graded", table("The run", ("What", "Value"), rows, long=[1]))
