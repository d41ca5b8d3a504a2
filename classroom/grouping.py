"""Long tables of exercises, cut to the lesson of the open notebook: of each other lesson one line."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import TypeVar

from .saving import notebook_name
from .syllabus import LESSONS, Exercise, all_exercises

__all__ = ["group_rows", "lesson_here"]

Entry = TypeVar("Entry")
Row = Sequence[str]


def lesson_here() -> int | None:
    """The lesson of the notebook that asks; None outside of any.

    The notebook's file name says it. Where no name is known, the functions do that its cells have defined.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return None
    names: Mapping[str, object] = shell.user_ns
    stem = PurePath(notebook_name(names).replace("\\", "/")).stem
    named = [lesson.number for lesson in LESSONS if lesson.slug == stem]
    return named[0] if named else _lesson_of(names)


def _lesson_of(names: Mapping[str, object]) -> int | None:
    """The lesson to which most of the exercises belong that a notebook has defined."""
    lessons = Counter(
        exercise.lesson
        for exercise in all_exercises()
        if getattr(names.get(exercise.name), "__module__", "") == "__main__"
    )
    return lessons.most_common(1)[0][0] if lessons else None


def group_rows(
    entries: Sequence[Entry],
    lesson: int | None,
    exercise_of: Callable[[Entry], Exercise],
    row_of: Callable[[Entry], Row],
    sum_up: Callable[[Sequence[Entry]], Row],
) -> list[Row]:
    """Make the rows of a table: those of one lesson, and a line for each other one.

    Arguments:
        entries: what the table is about, one for each exercise, in their order.
        lesson: the one that is shown in full; None shows all of them so.
        exercise_of: gives the exercise of an entry.
        row_of: makes the row of an entry.
        sum_up: makes what stands behind "lesson 4" and "9 exercises" in the line of another lesson.
    """
    if lesson is None:
        return [row_of(entry) for entry in entries]
    rows: list[Row] = []
    for number in dict.fromkeys(exercise_of(entry).lesson for entry in entries):
        own = [entry for entry in entries if exercise_of(entry).lesson == number]
        if number == lesson:
            rows += map(row_of, own)
        else:
            count = f"{len(own)} exercise{'s' * (len(own) > 1)}"
            rows.append([f"lesson {number}", count, *sum_up(own)])
    return rows
