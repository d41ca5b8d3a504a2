"""The lessons and exercises of the course, as data: one TOML file for each lesson."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from .model import DIFFICULTY, Exercise, Hint, Lesson

__all__ = ["DIFFICULTY", "LESSONS", "Exercise", "Hint", "Lesson", "all_exercises"]
__all__ += ["find_exercise", "find_lesson"]


def _read_exercise(data: dict[str, Any]) -> Exercise:
    hints = tuple(Hint(**hint | {"mistakes": tuple(hint.get("mistakes", ()))}) for hint in data["hints"])
    lists = {name: tuple(data.get(name, ())) for name in ("rfc", "neighbours")}
    return Exercise(**data | lists | {"hints": hints})


def _read_lesson(path: Path) -> Lesson:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    exercises = tuple(_read_exercise(exercise) for exercise in data.pop("exercises", ()))
    return Lesson(**data | {"needs": tuple(data["needs"])}, exercises=exercises)


LESSONS: tuple[Lesson, ...] = tuple(
    _read_lesson(path) for path in sorted(Path(__file__).parent.glob("lesson_*.toml"))
)


@cache
def all_exercises() -> tuple[Exercise, ...]:
    """Return all exercises in the order in which they are taught."""
    return tuple(exercise for lesson in LESSONS for exercise in lesson.exercises)


def find_exercise(wanted: str) -> Exercise:
    """Find an exercise.

    Arguments:
        wanted: its number ("4.2") or its name ("accept_value").

    Raises:
        KeyError: if there is none; the text says which there are.
    """
    for exercise in all_exercises():
        if wanted in (exercise.id, exercise.name):
            return exercise
    lesson = wanted.partition(".")[0]
    own = [exercise for exercise in all_exercises() if str(exercise.lesson) == lesson]
    known = ", ".join(f"{exercise.id} {exercise.name}" for exercise in own or all_exercises())
    whose = f" of lesson {lesson}" if own else ""
    raise KeyError(f"There is no exercise {wanted!r}. The exercises{whose} are: {known}.")


def find_lesson(number: int) -> Lesson:
    """Find a lesson by its number.

    Raises:
        KeyError: if there is none; the text says which there are.
    """
    for lesson in LESSONS:
        if lesson.number == number:
            return lesson
    known = ", ".join(str(lesson.number) for lesson in LESSONS)
    raise KeyError(f"There is no lesson {number}. The lessons are: {known}.")
