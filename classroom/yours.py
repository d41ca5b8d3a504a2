"""The student's own stack: minews, in which each function or class that passes is the student's own.

    from classroom import yours

    yours.handshake.accept_value(key)     the student's if it passes, else the reference's
    yours.status()                        says which is whose, and why

This module is that object: what it doesn't define itself, it looks up in the composed package, anew each
time, so that it follows what stands in exercises/. See `classroom.composing` for how the package is made.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from . import composing, showing
from .composing import Part
from .grouping import group_rows, lesson_here

__all__ = ["Whose", "status"]

_HEAD = ("exercise", "name", "whose", "why")


@dataclass(frozen=True, slots=True)
class Whose:
    """Which exercises of the stack are the student's: a table, as text and as HTML.

    Of other lessons than `lesson` the table has one line each; with None it has all exercises.
    """

    parts: tuple[Part, ...]
    lesson: int | None = None

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """One row for each exercise: number, name, "yours" or "reference", why."""
        return [_row(part) for part in self.parts]

    @property
    def summary(self) -> str:
        """One sentence: how much is the student's."""
        count = sum(part.whose == "yours" for part in self.parts)
        return f"{count} of {len(self.parts)} exercises in this stack are yours, the rest is the reference."

    @property
    def _shown(self) -> Sequence[Sequence[str]]:
        return group_rows(self.parts, self.lesson, lambda part: part.exercise, _row, _sum_up)

    def __str__(self) -> str:
        return f"{showing.table_text(_HEAD, self._shown)}\n{self.summary}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return showing.table_html(_HEAD, self._shown, self.summary)


def _row(part: Part) -> tuple[str, str, str, str]:
    return part.exercise.id, part.exercise.name, part.whose, part.why


def _sum_up(parts: Sequence[Part]) -> tuple[str, str]:
    return f"{sum(part.whose == 'yours' for part in parts)} yours", ""


def status(whole: bool = False) -> Whose:
    """Say of each exercise whether the student's or the reference is in the stack, and why.

    Arguments:
        whole: list those of all lessons; else, in a lesson's notebook, of each other lesson only how many.
    """
    return Whose(tuple(composing.compose().parts.values()), None if whole else lesson_here())


class _Yours(ModuleType):
    """The module itself, as an object that shows what it holds."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        package = composing.compose().package
        try:
            return getattr(package, name)
        except AttributeError:
            return self._import_more(name)

    def _import_more(self, name: str) -> ModuleType:
        full = f"{composing.PACKAGE}.{name}"
        try:
            return importlib.import_module(full)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
            raise AttributeError(f"minews, and so yours, has no {name!r}") from None

    def __dir__(self) -> list[str]:
        return sorted({*dir(composing.compose().package), "status"})

    def __repr__(self) -> str:
        return f"<yours: {status().summary} yours.status() says which.>"

    def _repr_html_(self) -> str:
        return status()._repr_html_()


sys.modules[__name__].__class__ = _Yours
