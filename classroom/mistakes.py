"""Known mistakes: wrong answers as code, each with a name and a question.

They stand in tests/mistakes/lesson_NN*.py. When an exercise fails, what was asked is asked of them too; the
one that answers just as the student's code did gives the failure its name.

    @mistake("4.2", "Which of the two is written first? Print the text that you hash.", rfc="1.3")
    def guid_before_key(key): ...

Its name is that of the function or class, with hyphens. Correct answers that look different from the
reference stand in variants_NN*.py, so that no right way is called wrong:

    @variant("4.2")
    def digest_in_two_updates(key): ...

One variant of an exercise may be marked as the plain one, which goes the road that the notebook teaches: the
third hint is made from it. Its numbered comments make it a plan. Blocks that do not belong in it stand with
it, under the name of the mistake that they make:

    @variant("4.2", blocks=True, stray={"guid-before-key": "text = GUID + key"})
    def one_step_a_line(key): ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from . import places
from .cases import load_files
from .syllabus import Exercise

__all__ = ["Mistake", "Variant", "mistake", "mistakes_of", "variant", "variants_of"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One known wrong answer.

    Arguments:
        exercise_id: the exercise it answers.
        name: its name, such as "hexdigest".
        hint: a question that helps without giving the answer.
        rfc: the sections that settle it.
        source: where people were seen to make it, or "".
        varies: it gives other answers each time, so it is known by what it fails, not by what it gives.
        loops: it never comes back, so it is not run when a student's code does.
        function: the code itself.
    """

    exercise_id: str
    name: str
    hint: str
    rfc: tuple[str, ...]
    source: str
    varies: bool
    loops: bool
    function: Callable[..., object]


@dataclass(frozen=True, slots=True)
class Variant:
    """One correct answer that differs from the reference.

    Arguments:
        exercise_id, name, function: as in Mistake.
        blocks: whether the third hint is made from it.
        stray: wrong blocks to put among those of the hint, by the name of the mistake that each makes. One
            that stands deeper than the body of the function begins with spaces.
    """

    exercise_id: str
    name: str
    function: Callable[..., object]
    blocks: bool = False
    stray: Mapping[str, str] = field(default_factory=dict)


_MISTAKES: dict[str, list[Mistake]] = {}
_VARIANTS: dict[str, list[Variant]] = {}
Answer = TypeVar("Answer", bound=Callable[..., object])


def mistake(
    exercise_id: str,
    hint: str,
    *,
    name: str = "",
    rfc: str = "",
    source: str = "",
    varies: bool = False,
    loops: bool = False,
) -> Callable[[Answer], Answer]:
    """Register the decorated function or class as a known mistake.

    Arguments:
        exercise_id, hint, source, varies, loops: see Mistake.
        name: if it is not that of the function; two exercises may share a mistake's name.
        rfc: sections with ", " between them.
    """

    def register(function: Answer) -> Answer:
        sections = tuple(filter(None, rfc.split(", ")))
        entry = Mistake(exercise_id, name or _name(function), hint, sections, source, varies, loops, function)
        _MISTAKES.setdefault(exercise_id, []).append(entry)
        return function

    return register


def variant(
    exercise_id: str, *, blocks: bool = False, stray: Mapping[str, str] | None = None
) -> Callable[[Answer], Answer]:
    """Register the decorated function or class as another correct answer.

    Arguments:
        exercise_id, blocks, stray: see Variant.
    """

    def register(function: Answer) -> Answer:
        entry = Variant(exercise_id, _name(function), function, blocks, stray or {})
        _VARIANTS.setdefault(exercise_id, []).append(entry)
        return function

    return register


def _name(answer: Callable[..., object]) -> str:
    """The name of a function, or of a class such as OnlyFirstFrame, with hyphens."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", answer.__name__).replace("_", "-").lower()


def mistakes_of(exercise: Exercise) -> tuple[Mistake, ...]:
    """Return the known mistakes of an exercise."""
    load_files(places.TESTS / "mistakes", f"lesson_{exercise.lesson:02}")
    return tuple(_MISTAKES.get(exercise.id, ()))


def variants_of(exercise: Exercise) -> tuple[Variant, ...]:
    """Return the correct variants of an exercise."""
    load_files(places.TESTS / "mistakes", f"variants_{exercise.lesson:02}")
    return tuple(_VARIANTS.get(exercise.id, ()))
