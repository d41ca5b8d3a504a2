"""Names that an answer uses and nothing supplies, and what to add so that something does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from .syllabus import Exercise, all_exercises

__all__ = ["explain_lacking"]


def explain_lacking(
    exercise: Exercise, lacking: Iterable[str], names: Mapping[str, object] | None = None
) -> tuple[str, ...]:
    """Say what an answer lacks because it stands in another cell, and what to add.

    Arguments:
        lacking: the names that it uses and nothing supplies.
        names: the notebook's variables, if there is one, in which the missing names are looked up.
    """
    listed = ", ".join(lacking)
    line = f"Each exercise is saved and tested on its own, and this one does not have {listed}."
    return (line, *_what_to_add(exercise, lacking, names or {}))


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
