"""Names that an answer uses and nothing supplies, and what to add so that something does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from .feedback import Block
from .syllabus import Exercise, all_exercises
from .worker.lacking import defined_names, lacking_names

__all__ = ["lacking_block"]


def lacking_block(exercise: Exercise, text: str, preamble: str, names: Mapping[str, object]) -> Block | None:
    """Say what an answer lacks because it stands in another cell, and what to add.

    Arguments:
        text, preamble: the answer and the imports above it.
        names: the notebook's variables, in which the missing ones are looked up.
    """
    lacking = lacking_names(text, {*exercise.neighbour_names, *defined_names(preamble)})
    if not lacking:
        return None
    lines = [
        f"Each exercise is saved and tested on its own, and this one does not have {', '.join(lacking)}."
    ]
    return Block("Missing", (*lines, *_what_to_add(exercise, lacking, names)))


def _what_to_add(exercise: Exercise, lacking: Iterable[str], names: Mapping[str, object]) -> Iterator[str]:
    others = {other.name: other for other in all_exercises()}
    for name in lacking:
        if name in others:
            yield f"{name} is exercise {others[name].id}, which {exercise.id} must do without."
        elif name in names:
            yield f"{name}: {_how_to_get(name, names[name])}"
        else:
            yield f"{name}: import or define it in the cell of {exercise.name}."


def _how_to_get(name: str, value: object) -> str:
    if isinstance(value, ModuleType):
        line = f"import {value.__name__}"
        return f"add `{line if value.__name__ == name else f'{line} as {name}'}` to the cell."
    module, own = getattr(value, "__module__", ""), getattr(value, "__name__", "")
    if isinstance(module, str) and own and module not in ("", "__main__", "builtins"):
        return f"add `from {module} import {own if own == name else f'{own} as {name}'}` to the cell."
    return "it stands in another cell; put its definition into this one."
