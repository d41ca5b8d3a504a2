"""Hints in four levels, none needed to go on: a symptom, a question, blocks to order, the reference.

The question is that of one symptom: the one that the last check showed, if one clearly fits, else the one
that the student chooses by its number; who chooses none gets the questions of all. Where another thing fails
than before, hints begin again, see `state.remember_verdict`.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from . import regions, state
from .blocks import make_puzzle
from .cells import NotAnExercise, exercise_of
from .feedback import LABEL_WIDTH, cite
from .showing import show
from .syllabus import Exercise, Hint

__all__ = [
    "LEVELS",
    "Advice",
    "Ask",
    "advise",
    "ask_by_call",
    "ask_by_command",
    "fitting_hints",
    "hint",
    "next_level",
    "solution",
    "write_solution",
]

LEVELS = ("symptom", "question", "blocks to order", "reference")  # the third may be a plan, or have blanks

# Writes down how to ask for the next hint of an exercise, or for the question of one of its symptoms.
Ask = Callable[[Exercise, int | None], str]


def ask_by_call(exercise: Exercise, symptom: int | None = None) -> str:
    """What to type in a notebook."""
    return f'hint("{exercise.id}")' if symptom is None else f'hint("{exercise.id}", {symptom})'


def ask_by_command(exercise: Exercise, symptom: int | None = None) -> str:
    """What to type in a terminal."""
    return f"python3 -m classroom hint {exercise.id}" + ("" if symptom is None else f" {symptom}")


@dataclass(frozen=True, slots=True)
class Advice:
    """One hint: its headline, some lines of prose, some code, and how to go on."""

    headline: str
    lines: tuple[str, ...] = ()
    code: str = ""
    foot: tuple[str, ...] = ()

    def text(self) -> str:
        """The hint as plain text."""
        code = ["", self.code, ""] if self.code else []
        return "\n".join([self.headline, *self.lines, *code, *self.foot]).rstrip()

    def html(self) -> str:
        """The same words as HTML, the code with its colours where pygments is there."""
        above = [f"<strong>{html.escape(self.headline)}</strong>", *map(html.escape, self.lines)]
        code = _code_html(self.code) if self.code else "<br>" if self.foot else ""
        return f'<div role="note">{"<br>".join(above)}{code}{"<br>".join(map(html.escape, self.foot))}</div>'


def hint(thing: object, symptom: int | None = None) -> None:
    """Show the next hint for an exercise; each call goes one level further.

    Arguments:
        thing: your function or class, or the number or name of an exercise.
        symptom: the number of a symptom in the list that the first hint shows, to get its question.
    """
    caller = sys._getframe(1)
    names = {**caller.f_globals, **caller.f_locals}
    _show_for(thing, names, lambda exercise: advise(exercise, symptom=symptom, ask=ask_by_call))


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


def advise(
    exercise: Exercise, level: int | None = None, symptom: int | None = None, ask: Ask | None = None
) -> Advice:
    """Write a hint, and remember how far the student has come.

    Arguments:
        exercise: what the hint is for.
        level: 1 to 4, or the next one if None.
        symptom: the number, from 1, of the symptom whose question is wanted; the level does not matter then.
        ask: how the student asks for a symptom's question; if None there is no way to.
    """
    if symptom is not None:
        return _answer_choice(exercise, symptom, ask or ask_by_call)
    level = next_level(exercise) if level is None else level
    writers = (_write_symptom, _write_question, _write_puzzle, _write_reference)
    advice = writers[level - 1](exercise, ask)
    state.remember_hint_level(exercise.id, level)
    return _frame(exercise, level, advice, ask or ask_by_call)


def _answer_choice(exercise: Exercise, number: int, ask: Ask) -> Advice:
    """Write the question of the symptom that the student chose."""
    if number not in range(1, len(exercise.hints) + 1):
        lines = (f"Choose a number from 1 to {len(exercise.hints)}:", *_numbered(exercise.hints))
        return Advice(f"{exercise.id} {exercise.name} has no symptom with the number {number}.", lines)
    chosen = exercise.hints[int(number) - 1]
    state.remember_hint_level(exercise.id, max(2, state.hint_level(exercise.id)))
    return _frame(exercise, 2, Advice("", (chosen.symptom, chosen.question)), ask)


def _frame(exercise: Exercise, level: int, advice: Advice, ask: Ask) -> Advice:
    """Say above a hint what it is, and below it how to go on."""
    headline = f"Hint {level} of {len(LEVELS)} for {exercise.id} {exercise.name}: {_kind(exercise, level)}."
    following = max(level, state.hint_level(exercise.id)) + 1
    if advice.foot or following > len(LEVELS):
        return Advice(headline, advice.lines, advice.code, advice.foot)
    return Advice(headline, advice.lines, advice.code, (_how_to_go_on(exercise, following, ask),))


def _how_to_go_on(exercise: Exercise, level: int, ask: Ask) -> str:
    return f"For the next hint, the {_kind(exercise, level)}, type: {ask(exercise, None)}"


def _kind(exercise: Exercise, level: int) -> str:
    return make_puzzle(exercise).kind if level == 3 else LEVELS[level - 1]


def write_solution(exercise: Exercise) -> Advice:
    """Write down the reference."""
    lines = (cite(", ".join(exercise.rfc)),) if exercise.rfc else ()
    return Advice(f"{exercise.id} {exercise.name}: the reference.", lines, regions.reference_source(exercise))


def _write_reference(exercise: Exercise, ask: Ask | None) -> Advice:
    return write_solution(exercise)


def _write_symptom(exercise: Exercise, ask: Ask | None) -> Advice:
    found, fits = fitting_hints(exercise)
    if not found:
        return Advice("", ("No symptom is known for this exercise yet; read its docstring once more.",))
    if fits:
        return Advice("", (f"What the last check showed looks like this: {found[0].symptom}",))
    lines = ("This is what most often goes wrong here. Which one is yours?", *_numbered(found))
    return Advice("", lines, foot=(_how_to_choose(exercise, ask),) if ask else ())


def _write_question(exercise: Exercise, ask: Ask | None) -> Advice:
    found, fits = fitting_hints(exercise)
    if not found:
        return Advice("", ("Which sentence of the docstring does your code not carry out yet?",))
    if fits:
        return Advice("", (found[0].symptom, found[0].question))
    lines = (f"{number}. {each.symptom} {each.question}" for number, each in enumerate(found, 1))
    return Advice("", ("Each symptom has a question of its own. Which symptom is yours?", *lines))


def _numbered(hints: tuple[Hint, ...]) -> tuple[str, ...]:
    return tuple(f"{number}. {each.symptom}" for number, each in enumerate(hints, 1))


def _how_to_choose(exercise: Exercise, ask: Ask) -> str:
    return f"For the question that helps with number 1, and so on, type: {ask(exercise, 1)}"


def _write_puzzle(exercise: Exercise, ask: Ask | None) -> Advice:
    puzzle = make_puzzle(exercise)
    return Advice("", (puzzle.task,), puzzle.code)


# Which hint fits


def fitting_hints(exercise: Exercise) -> tuple[tuple[Hint, ...], bool]:
    """The hints of an exercise; alone the one that fits what the last check said, if one clearly does.

    That is the one for the mistake that was named. Where none was named, or no hint of the exercise lists its
    mistakes, it is the one whose words come back in what was said about the failure.

    Returns:
        The hints, and whether they are the fitting one.
    """
    said = _read_blocks(state.last_words(exercise.id))
    named = set(said.get("Known as", "").partition(":")[0].split(" or "))
    if named != {""} and any(each.mistakes for each in exercise.hints):
        found = tuple(each for each in exercise.hints if named & set(each.mistakes))
        return (found, True) if len(found) == 1 else (exercise.hints, False)
    stems = _stems(" ".join(said.get(label, "") for label in _TELLING))
    scores = [_fit(each, stems) for each in exercise.hints]
    best = max(scores, default=0.0)
    if best < 0.5 or scores.count(best) > 1:
        return exercise.hints, False
    return (exercise.hints[scores.index(best)],), True


# The blocks of feedback that say what a failure is like.
_TELLING = ("Problem", "Came", "Look")


def _read_blocks(words: str) -> dict[str, str]:
    """Read the blocks of feedback back from its plain text, by their labels."""
    blocks: dict[str, str] = {}
    label = ""
    for line in words.split("\n"):
        label = line[:LABEL_WIDTH].strip() or label
        blocks[label] = f"{blocks.get(label, '')} {line[LABEL_WIDTH:]}".strip()
    return blocks


def _fit(hint: Hint, said: set[str]) -> float:
    words = _stems(hint.symptom)
    shared = len(words & said)
    return shared / len(words) if shared > 1 else 0.0


_COMMON = frozenset(re.findall(r"\w+", "a an and are but for from in is it its not of one or that the to"))


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
