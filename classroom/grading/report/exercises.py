"""The part of the report on exercises: what came of each, and at which one people stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from statistics import mean

from ..course import Course
from ..naming import escape_html
from ..results import RunInfo
from .drawing import draw_stops, draw_verdicts
from .elements import part, table
from .gathering import Class, Stop

__all__ = ["count_verdicts", "say_empty", "write_exercises"]


def write_exercises(found: Class, run: RunInfo, course: Course) -> str:
    """Write the part."""
    if not found.graded or not found.exercises:
        return part("exercises", "Exercises", "<p>No exercise has results yet.</p>")
    titles = {number: run.exercises[number] for number in found.exercises}
    stops = found.stops()
    head = ["Exercise", "Passed", "Only hidden cases failed", "Not right yet", "Could not be loaded"]
    head += ["Not written yet", "Not handed in", "Points, mean", "Stopped here"]
    return part(
        "exercises",
        "Which exercise stops people",
        _say_stops(stops, titles),
        _say_absent(found),
        f"<figure>{draw_stops(stops)}</figure>",
        f"<figure>{draw_verdicts(count_verdicts(found), titles)}</figure>",
        table(
            "Exercises",
            head,
            _exercise_rows(found, titles, course, stops),
            numbers=range(1, 9),
        ),
        _write_hidden(found, run),
    )


def _write_hidden(found: Class, run: RunInfo) -> str:
    """The hidden cases, and how many failed each; "" where there are none."""
    rows = [
        (
            title,
            f"{number} {run.exercises[number]}",
            f"{found.hidden_cases[number, name]:,} of {found.hidden_asked[number]:,}",
            f"{found.hidden_alone[number, name]:,}",
        )
        for number in found.exercises
        for name, title in run.hidden.get(number, {}).items()
    ]
    if not rows:
        return ""
    head = ("Hidden case", "Exercise", "Failed by", "Of them passed all that is shown")
    return table("Hidden cases", head, rows, numbers=[2, 3], long=[0]) + _say_alone(found)


def _say_alone(found: Class) -> str:
    if not found.hidden_alone:
        return ""
    return (
        "<p>Where somebody passes all that is shown and fails a hidden case, look at the case first: it may "
        "demand something wrong, or more than the exercise does.</p>"
    )


def count_verdicts(found: Class) -> dict[str, Counter[str]]:
    """How often each verdict was given; who fails only what is hidden has not passed."""
    adjusted = {number: Counter(found.verdicts[number]) for number in found.exercises}
    for number, counts in adjusted.items():
        counts["passed"] -= found.hidden_failed[number]
        counts["hidden"] = found.hidden_failed[number]
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
        average = course.show(Fraction(mean(found.earned[number] or [0])))
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
    if not any(stop.arrived for stop in stops):
        return ""
    if not most.stopped:
        return "<p>Nobody was stopped: all passed everything.</p>"
    lesson = most.exercise.partition(".")[0]
    is_first = most.exercise == next(each for each in titles if each.startswith(f"{lesson}."))
    came = "began the lesson" if is_first else "had passed what stands before it in its lesson"
    hardest = max(stops, key=lambda stop: stop.stopped / stop.arrived if stop.arrived else 0)
    words = [
        f"Most stopped at {most.exercise} {titles[most.exercise]}: of {most.arrived:,} who {came}, "
        f"{most.stopped:,} did not pass it."
    ]
    if hardest is not most:
        words.append(
            f"The largest part stopped at {hardest.exercise} {titles[hardest.exercise]}: "
            f"{hardest.stopped:,} of {hardest.arrived:,}."
        )
    return f"<p>{escape_html(' '.join(words))}</p>"


def _say_absent(found: Class) -> str:
    """Who is left out above since there was nothing to grade, by lesson."""
    words = [
        say_empty(count, f"of lesson {lesson} that could be read")
        for lesson, count in sorted(found.absent.items())
        if count
    ]
    left_out = "The mean and \u201cStopped here\u201d are without them."
    return f"<p>{escape_html('. '.join(words))}. {left_out}</p>" if words else ""


def say_empty(count: int, what: str) -> str:
    """How many submissions had nothing to grade; `what` ends the sentence."""
    return f"{count:,} submission{'s' * (count != 1)} held nothing {what}"
