"""The part of the report on mistakes, which is what the next lecture is about."""

from __future__ import annotations

from ...mistakes import mistakes_of
from ...syllabus import find_exercise
from ..naming import escape_html
from ..results import RunInfo
from .drawing import draw_mistakes
from .elements import part, table
from .gathering import Class

__all__ = ["write_mistakes"]

MOST_DRAWN = 15  # mistakes
MOST_LISTED = 60  # mistakes
MOST_CASES = 25
FEWEST = 2  # who fail the same case without a known mistake, before it is listed


def write_mistakes(found: Class, run: RunInfo) -> str:
    """Write the part on mistakes: each with its name, its question and its exercise."""
    title = "What the next lecture is about: mistakes"
    if not found.mistakes and not found.cases:
        return part("mistakes", title, "<p>No mistake was made, or none was recognised.</p>")
    ranked = sorted(found.mistakes.items(), key=lambda item: (-item[1], item[0]))
    parts = []
    if ranked:
        drawn = [(f"{number} {name}", count) for (number, name), count in ranked[:MOST_DRAWN]]
        parts.append(f"<p>{escape_html(_say_first(ranked[0], run, found))}</p>")
        parts.append(f"<figure>{draw_mistakes(drawn)}</figure>")
        known = [
            (*_name(number, name, run), _question(number, name), f"{count:,}", _part(count, number, found))
            for (number, name), count in ranked
        ]
        head = ("Mistake", "Exercise", "The question that helps", "Made by", "Share")
        parts.append(table("Known mistakes", head, known, numbers=[3, 4], long=[2], most=MOST_LISTED))
    cases = sorted(found.cases.items(), key=lambda item: (-item[1], item[0]))
    others = [
        (*_name(number, case, run), f"{count:,}", _part(count, number, found))
        for (number, case), count in cases
        if count >= FEWEST
    ]
    if others:
        columns = ("First case that failed", "Exercise", "Failed by", "Share")
        caption = "Failures that are no known mistake"
        parts.append(table(caption, columns, others, numbers=[2, 3], long=[0], most=MOST_CASES))
    parts.append("<p class=quiet>The share is of those who wrote the exercise.</p>")
    return part("mistakes", title, *parts)


def _name(number: str, name: str, run: RunInfo) -> tuple[str, str]:
    return name, f"{number} {run.exercises.get(number, '')}"


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
