"""The class at a glance: one page, from what went wrong in the grader to who looks like whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from statistics import mean, median

from ...mistakes import mistakes_of
from ...syllabus import find_exercise
from ..course import Course
from ..exports import Entry
from ..naming import escape_html, safe_name
from ..results import RunInfo
from ..style import page
from .drawing import draw_mistakes, draw_scores, draw_stops, draw_verdicts
from .elements import Raw, part, table, tiles
from .gathering import MANY_TIMES, MORE_THAN, Class, Stop
from .people import People

__all__ = ["write_page"]

MOST_ROWS = 200
MOST_DRAWN = 15  # mistakes
MOST_LISTED = 60  # mistakes
MOST_CASES = 25
FEWEST = 2  # who fail the same case without a known mistake, before it is listed


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
        _mistakes(found, run),
        _timing(found, run, people),
        _unread(found, people),
        _late(found, course, people, others),
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
            f"<h2>The grader failed on {count}</h2><p>They have no points, which is not 0: the exports leave "
            "their cells empty. Grade them again; what is graded already stays.</p>"
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
            (course.show(Fraction(median(points))), f"points in the middle, of {course.show(maximum)}"),
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
    head = (
        "Exercise",
        "Passed",
        "Not right",
        "Not loaded",
        "Not written",
        "Missing",
        "Points",
        "Stopped here",
    )
    return part(
        "exercises",
        "Which exercise stops people",
        _say_stops(stops, titles),
        f"<figure>{draw_stops(stops)}</figure>",
        f"<figure>{draw_verdicts(found.verdicts, titles)}</figure>",
        table(
            "Points by exercise: what came of each, and the points on average",
            head,
            _exercise_rows(found, titles, course, stops),
            numbers=range(1, 8),
        ),
        _say_hidden(found, titles),
    )


def _exercise_rows(
    found: Class, titles: Mapping[str, str], course: Course, stops: Sequence[Stop]
) -> Iterator[tuple[object, ...]]:
    for number, stop in zip(titles, stops, strict=True):
        counts, size = found.verdicts[number], max(len(found.graded), 1)
        passed = f"{counts['passed']:,} ({100 * counts['passed'] / size:.0f} %)"
        others = (f"{counts[each]:,}" for each in ("failed", "error", "not-written", "missing"))
        average = course.show(Fraction(mean(found.earned[number])))
        worth = f"{average} of {course.show(course.points(number))}"
        yield f"{number} {titles[number]}", passed, *others, worth, f"{stop.stopped:,} of {stop.arrived:,}"


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


def _say_hidden(found: Class, titles: Mapping[str, str]) -> str:
    listed = [f"{number} {titles[number]}: {found.hidden_failed[number]:,}" for number in titles
              if found.hidden_failed[number]]  # fmt: skip
    if not listed:
        return ""
    return f"<p>Passed all that is shown, and failed something hidden: {escape_html('; '.join(listed))}.</p>"


# Mistakes


def _mistakes(found: Class, run: RunInfo) -> str:
    title = "What the next lecture is about: mistakes"
    if not found.mistakes and not found.cases:
        return part("mistakes", title, "<p>No mistake was made, or none was recognised.</p>")
    ranked = sorted(found.mistakes.items(), key=lambda item: (-item[1], item[0]))
    parts = []
    if ranked:
        drawn = [(f"{number} {name}", count) for (number, name), count in ranked[:MOST_DRAWN]]
        parts.append(f"<p>{escape_html(_say_first(ranked[0], run, found))}</p>")
        parts.append(f"<figure>{draw_mistakes(drawn)}</figure>")
        rows = [
            (name, f"{number} {run.exercises.get(number, '')}", _question(number, name), f"{count:,}",
             _part(count, number, found))
            for (number, name), count in ranked
        ]  # fmt: skip
        head = ("Mistake", "Exercise", "The question that helps", "Made by", "Of those who wrote it")
        parts.append(table("Known mistakes", head, rows, numbers=[3, 4], long=[2], most=MOST_LISTED))
    cases = sorted(found.cases.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        (case, f"{number} {run.exercises.get(number, '')}", f"{count:,}", _part(count, number, found))
        for (number, case), count in cases
        if count >= FEWEST
    ]
    if rows:
        head = ("First case that failed", "Exercise", "Failed by", "Of those who wrote it")
        caption = "Failures that are no known mistake"
        parts.append(table(caption, head, rows, numbers=[2, 3], long=[0], most=MOST_CASES))
    return part("mistakes", title, *parts)


def _say_first(most: tuple[tuple[str, str], int], run: RunInfo, found: Class) -> str:
    (number, name), count = most
    question = _question(number, name)
    asked = f" Its question: {question}" if question else ""
    who = "submission makes" if count == 1 else "submissions make"
    return f"Most frequent is {name} in {number} {run.exercises.get(number, '')}: {count:,} {who} it.{asked}"


def _question(number: str, name: str) -> str:
    try:
        exercise = find_exercise(number)
    except KeyError:
        return ""
    return next((each.hint for each in mistakes_of(exercise) if each.name == name), "")


def _part(count: int, number: str, found: Class) -> str:
    verdicts = found.verdicts[number]
    wrote = verdicts["passed"] + verdicts["failed"] + verdicts["error"]
    return f"{100 * count / max(wrote, 1):.0f} %"


# Everything else


def _timing(found: Class, run: RunInfo, people: People) -> str:
    slow = found.slow()
    usual = found.usual_times()
    about = (
        f"<p>Listed is what the grader had to stop, and what took more than {MANY_TIMES} times the median of the "
        f"class for the same exercise and at least {MORE_THAN:g} s more.</p>"
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
    head = ("Who", "Exercise", "Seconds", "Median, s", "Why it is listed")
    return part(
        "timing",
        "Suspicious timing",
        about,
        table("Answers that took long", head, rows, numbers=[2, 3], long=[4], most=MOST_ROWS),
    )


def _unread(found: Class, people: People) -> str:
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


def _late(found: Class, course: Course, people: People, others: Sequence[Entry]) -> str:
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
            f"<p>{len(others):,} were handed in by students who handed in another one later, which alone is in "
            f"the gradebooks: <bdi>{escape_html(names)}</bdi>.</p>"
        )
    return part(
        "late", "Late, and handed in twice", *(parts or ["<p>Nothing was late, nothing came twice.</p>"])
    )


def _when(time: object, course: Course) -> str:
    if course.late is None or time is None:
        return ""
    return f"{time.astimezone(course.late.zone):%Y-%m-%d %H:%M}"  # type: ignore[attr-defined]


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
