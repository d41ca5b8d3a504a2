"""Hints in four levels, none needed to go on: a symptom, a question, blocks to order, the reference."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from . import regions, state
from .blocks import make_puzzle
from .cells import NotAnExercise, exercise_of
from .showing import show
from .syllabus import Exercise, Hint

__all__ = ["LEVELS", "Advice", "advise", "fitting_hints", "hint", "next_level", "solution", "write_solution"]

LEVELS = ("symptom", "question", "blocks to order", "reference")


@dataclass(frozen=True, slots=True)
class Advice:
    """One hint: its headline, some lines of prose, some code."""

    headline: str
    lines: tuple[str, ...] = ()
    code: str = ""

    def text(self) -> str:
        """The hint as plain text."""
        return "\n".join([self.headline, *self.lines, *(["", self.code] if self.code else [])])

    def html(self) -> str:
        """The same words as HTML, the code with its colours where pygments is there."""
        parts = [f"<strong>{html.escape(self.headline)}</strong>", *map(html.escape, self.lines)]
        return f'<div role="note">{"<br>".join(parts)}{_code_html(self.code) if self.code else ""}</div>'


def hint(thing: object) -> None:
    """Show the next hint for an exercise; each call goes one level further.

    Arguments:
        thing: your function or class, or the number or name of an exercise.
    """
    caller = sys._getframe(1)
    _show_for(thing, {**caller.f_globals, **caller.f_locals}, lambda exercise: advise(exercise))


def solution(thing: object) -> None:
    """Show the reference of an exercise.

    Arguments:
        thing: your function or class, or the number or name of an exercise.
    """
    caller = sys._getframe(1)
    _show_for(thing, {**caller.f_globals, **caller.f_locals}, write_solution)


def _show_for(thing: object, names: dict[str, object], write: Callable[[Exercise], Advice]) -> None:
    try:
        advice = write(exercise_of(thing, names))
    except NotAnExercise as error:
        show(str(error))
    else:
        show(advice.text(), advice.html())


def next_level(exercise: Exercise) -> int:
    """The level, 1 to 4, that comes next; after the last one it stays there."""
    return min(state.hint_level(exercise.id) + 1, len(LEVELS))


def advise(exercise: Exercise, level: int | None = None) -> Advice:
    """Write the hint of a level, the next one if None, and remember that it was shown."""
    level = next_level(exercise) if level is None else level
    writers = (_write_symptom, _write_question, _write_blocks, write_solution)
    advice = writers[level - 1](exercise)
    state.remember_hint_level(exercise.id, level)
    headline = f"Hint {level} of {len(LEVELS)} for {exercise.id} {exercise.name}: {LEVELS[level - 1]}."
    more = (f'hint("{exercise.id}") goes on to the {LEVELS[level]}.',) if level < len(LEVELS) else ()
    return Advice(headline, (*advice.lines, *more), advice.code)


def write_solution(exercise: Exercise) -> Advice:
    """Write down the reference."""
    sections = ", ".join(exercise.rfc)
    lines = (f"RFC 6455 section{'s' * (len(exercise.rfc) > 1)} {sections}.",) if sections else ()
    return Advice(f"{exercise.id} {exercise.name}: the reference.", lines, regions.reference_source(exercise))


def _write_symptom(exercise: Exercise) -> Advice:
    found, fits = fitting_hints(exercise)
    if not found:
        return Advice(
            "", ("Nobody has written down a symptom for this exercise yet; the docstring says it all.",)
        )
    if fits:
        return Advice("", (f"What the last check showed looks like this: {found[0].symptom}",))
    return Advice("", ("What goes wrong here, when something does. Which one is yours?", *_listed(found)))


def _write_question(exercise: Exercise) -> Advice:
    found, fits = fitting_hints(exercise)
    if fits:
        return Advice("", (found[0].question,))
    return Advice("", tuple(f"{each.symptom} {each.question}" for each in found))


def _listed(hints: tuple[Hint, ...]) -> tuple[str, ...]:
    return tuple(f"- {each.symptom}" for each in hints)


def _write_blocks(exercise: Exercise) -> Advice:
    puzzle = make_puzzle(exercise)
    lines = "Bring these lines into order; each is indented as far as it belongs."
    stray = {0: "", 1: " One of them does not belong there.", 2: " Two of them do not belong there."}
    return Advice("", (lines + stray.get(puzzle.stray, " Three of them do not belong there."),), str(puzzle))


# Which hint fits


def fitting_hints(exercise: Exercise) -> tuple[tuple[Hint, ...], bool]:
    """The hints of an exercise; alone the one that fits what the last check said, if one clearly does.

    Returns:
        The hints, and whether they are the fitting one.
    """
    said = _stems(state.last_words(exercise.id))
    scores = [_fit(each, said) for each in exercise.hints]
    best = max(scores, default=0.0)
    if best < 0.5 or scores.count(best) > 1:
        return exercise.hints, False
    return (exercise.hints[scores.index(best)],), True


def _fit(hint: Hint, said: set[str]) -> float:
    words = _stems(hint.symptom)
    shared = len(words & said)
    return shared / len(words) if shared > 1 else 0.0


_COMMON = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "but",
        "for",
        "from",
        "in",
        "is",
        "it",
        "its",
        "not",
        "of",
        "one",
        "or",
        "that",
        "the",
        "to",
    }
)


def _stems(text: str) -> set[str]:
    """The words of a text, cut so that "refused" and "refuse" are the same."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {word[:5] for word in words if word not in _COMMON}


def _code_html(code: str) -> str:
    try:
        from IPython.display import Code
    except ImportError:
        return f"<pre>{html.escape(code)}</pre>"
    return str(Code(code, language="python")._repr_html_())  # type: ignore[no-untyped-call]
