"""What the commands `check` and `status` print: words for people, or one JSON object a line for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from . import answers, progress, regions
from .cases import cases_of
from .engine import Result
from .files import read_submission
from .syllabus import Exercise, all_exercises
from .workers import WorkerError

__all__ = ["check_exercises", "check_file", "print_result", "print_status"]

_COLOURS = {"passed": "32", "failed": "31", "error": "31", "not-written": "33"}
_WORDS = {
    "passed": "passed",
    "failed": "not right yet",
    "error": "can't be loaded",
    "not-written": "not written yet",
}


def check_exercises(wanted: Sequence[Exercise], as_json: bool) -> int:
    """Check what stands in exercises/.

    Arguments:
        wanted: the exercises to check; all of them if there are none.

    Returns:
        0 if all of these passed, else 1.
    """
    exercises = wanted or all_exercises()
    return _check_all(exercises, lambda each: answers.check_region(each, regions.read_region(each)), as_json)


def check_file(path: Path, wanted: Sequence[Exercise], as_json: bool, each_case: bool = False) -> int:
    """Check the answers in a file, without touching exercises/.

    Arguments:
        wanted: the exercises to check; all that the file defines if there are none.
        each_case: say of each case that fails what it asked, not only of the first.

    Returns:
        0 if all of these passed, 1 if not, 2 if there was nothing to check.
    """
    submission = read_submission(path)
    exercises = wanted or submission.defined()
    if not exercises:
        known = ", ".join(f"{exercise.id} {exercise.name}" for exercise in all_exercises())
        problem = submission.problem or f"{submission.file} defines none of the exercises: {known}."
        print(problem, file=sys.stderr)
        return 2
    return _check_all(exercises, submission.judge, as_json, submission.judge if each_case else None)


def _check_all(
    exercises: Sequence[Exercise],
    judge: Callable[[Exercise], Result],
    as_json: bool,
    judge_cases: Callable[..., Result] | None = None,
) -> int:
    results = []
    for number, exercise in enumerate(exercises, 1):
        if len(exercises) > 1:
            _show_progress(f"checking {number} of {len(exercises)}: {exercise.id} {exercise.name}")
        result = _judge_safely(exercise, judge)
        failed = _judge_each(exercise, judge_cases) if judge_cases and result.verdict == "failed" else {}
        _show_progress("")
        results.append(result)
        if as_json:
            more = {"cases": failed} if judge_cases else {}
            print(json.dumps(result.as_json() | more), flush=True)
        else:
            print_result(result, whole=len(exercises) == 1 or result.verdict in ("failed", "error"))
            _print_each(failed)
    passed = sum(result.verdict == "passed" for result in results)
    if not as_json and len(exercises) > 1:
        print(f"{passed} of {len(exercises)} exercises passed.")
    return 0 if passed == len(exercises) else 1


def _judge_safely(exercise: Exercise, judge: Callable[[Exercise], Result]) -> Result:
    """A failure of the machinery costs one exercise its verdict, and never the ones that follow."""
    try:
        return judge(exercise)
    except WorkerError as error:
        problem = f"The check itself went wrong, which says nothing about your code: {error}"
    except OSError as error:
        problem = f"{error.filename or 'a file'} can't be read or written: {error.strerror or error}."
    return answers.error_result(exercise, "", problem)


def _judge_each(exercise: Exercise, judge_cases: Callable[..., Result]) -> dict[str, str]:
    """Ask the cases one by one: what is to be said of those that fail, by their names."""
    found = {}
    for case in cases_of(exercise):
        result = _judge_safely(exercise, partial(judge_cases, cases=[case]))
        if result.verdict != "passed":
            found[case.name] = result.feedback.text()
    return found


def _print_each(failed: Mapping[str, str]) -> None:
    for name, text in failed.items():
        _, _, what = text.partition("\n\n")
        print(f"{name}\n{what}\n")


def print_result(result: Result, whole: bool = True) -> None:
    """Print a result: all that is to be said, or one line."""
    headline = result.feedback.headline
    if not whole:
        headline = f"{result.exercise.id} {result.exercise.name}: {_WORDS[result.verdict]}."
    rest = result.feedback.text().partition("\n")[2] if whole else ""
    print(colour(headline, _COLOURS[result.verdict]))
    if rest:
        print(f"{rest}\n")
    sys.stdout.flush()


def print_status(as_json: bool) -> int:
    """Print how every exercise stands, as a table or as one JSON object a line."""
    found = progress.find_progress(lambda each: _show_progress(f"checking {each.id} {each.name}"))
    _show_progress("")
    if as_json:
        _print_lines(json.dumps(each.as_json()) for each in found.standings)
    else:
        print(found)
    return 0


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


# The terminal


def colour(text: str, code: str) -> str:
    """Colour a text where somebody can see it; it says the same without."""
    return f"\x1b[{code}m{text}\x1b[0m" if _has_colours() else text


def _has_colours() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
        return False
    return os.name != "nt" or "WT_SESSION" in os.environ or "ANSICON" in os.environ


def _show_progress(text: str) -> None:
    """Show what is being done on the last line of a terminal; "" wipes it away. Not in files and pipes."""
    if sys.stderr.isatty():
        print(f"\r{text:<70}" if text else f"\r{'':<70}\r", end="", file=sys.stderr, flush=True)
