"""How far a student has come, `status`, and the way back to an empty exercise, `reset`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from . import answers, places, regions, showing
from .cells import NotAnExercise, exercise_of
from .grouping import group_rows, lesson_here
from .saving import keep_text
from .syllabus import Exercise, all_exercises

__all__ = ["Progress", "Standing", "find_standing", "reset", "reset_exercise", "status"]

_HEAD = ("exercise", "name", "minutes", "state", "in your stack")
_WORDS = {"passed": "passed", "failed": "failing", "error": "can't be loaded", "not-written": "not written"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one exercise stands: its verdict, and the hash of the region that has it, "" if it has none."""

    exercise: Exercise
    verdict: str
    passed: int
    total: int
    hash: str

    def as_json(self) -> dict[str, object]:
        """Return it as plain data."""
        exercise = self.exercise
        return {
            "exercise": exercise.id,
            "name": exercise.name,
            "minutes": exercise.minutes,
            "verdict": self.verdict,
            "passed": self.passed,
            "total": self.total,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """All exercises and how they stand: a table, as text and as HTML.

    Of other lessons than `lesson` the table has one line each; with None it has all exercises.
    """

    standings: tuple[Standing, ...]
    lesson: int | None = None

    @property
    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """One row for each exercise."""
        return [_row(each) for each in self.standings]

    @property
    def summary(self) -> str:
        """One sentence: how many have passed, and the minutes that the others may take."""
        left = [each for each in self.standings if each.verdict != "passed"]
        minutes = sum(each.exercise.minutes for each in left)
        said = f"{len(self.standings) - len(left)} of {len(self.standings)} exercises passed"
        said = f"{said}; about {minutes} minutes to go." if left else f"{said}."
        return said if self.lesson is None else f"{said} status(whole=True) shows each of them."

    @property
    def _shown(self) -> Sequence[Sequence[str]]:
        return group_rows(self.standings, self.lesson, lambda each: each.exercise, _row, _sum_up)

    def __str__(self) -> str:
        return f"{showing.table_text(_HEAD, self._shown)}\n{self.summary}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return showing.table_html(_HEAD, self._shown, self.summary)


def _row(each: Standing) -> tuple[str, str, str, str, str]:
    exercise = each.exercise
    whose = "yours" if each.verdict == "passed" else "the reference"
    return exercise.id, exercise.name, str(exercise.minutes), _WORDS.get(each.verdict, each.verdict), whose


def _sum_up(standings: Sequence[Standing]) -> tuple[str, str, str]:
    passed = sum(each.verdict == "passed" for each in standings)
    return str(sum(each.exercise.minutes for each in standings)), f"{passed} passed", f"{passed} yours"


def status(whole: bool = False) -> Progress:
    """Say how the exercises stand; what was not checked since it was changed is checked now.

    Arguments:
        whole: list those of all lessons; else, in a lesson's notebook, of each other lesson only how many.
    """
    return replace(find_progress(), lesson=None if whole else lesson_here())


def find_progress(watch: Callable[[Exercise], None] = lambda exercise: None) -> Progress:
    """Find out how every exercise stands.

    Arguments:
        watch: called with each exercise that has to be checked for it, so that progress can be shown.
    """
    return Progress(tuple(find_standing(exercise, watch) for exercise in all_exercises()))


def find_standing(exercise: Exercise, watch: Callable[[Exercise], None] = lambda exercise: None) -> Standing:
    """Find out how one exercise stands."""
    region = regions.read_region(exercise)
    if region is None or regions.is_skeleton(region.text, exercise):
        return Standing(exercise, "not-written", 0, 0, "")
    known = answers.known_verdict(exercise, region)
    if known is not None:
        return Standing(exercise, known.verdict, known.passed, known.total, region.hash)
    watch(exercise)
    result = answers.check_region(exercise, region)
    return Standing(exercise, result.verdict, result.passed, result.total, region.hash)


def reset(thing: object) -> None:
    """Put the skeleton back into exercises/; your code is kept aside.

    Arguments:
        thing: your function or class, or the number or name of an exercise.
    """
    caller = sys._getframe(1)
    try:
        said = reset_exercise(exercise_of(thing, {**caller.f_globals, **caller.f_locals}))
    except NotAnExercise as error:
        said = str(error)
    except OSError as error:
        said = f"Nothing was reset: {error.filename or 'exercises/'} can't be written ({error.strerror})."
    showing.show(said)


def reset_exercise(exercise: Exercise) -> str:
    """Put the skeleton back.

    Returns:
        What happened, in plain words.

    Raises:
        OSError: exercises/ or .minews/ can't be written.
    """
    region = regions.read_region(exercise)
    name = f"{exercise.id} {exercise.name}"
    if region is not None and regions.short_hash(region.text) == regions.short_hash(
        regions.skeleton(exercise)
    ):
        return f"{name} is as it was at the start; nothing to reset."
    kept = ""
    if region is not None and region.text.strip():
        kept = f"\nWhat stood there is kept in {places.shown(keep_text(exercise, region.text))}."
    new = regions.write_region(exercise, regions.skeleton(exercise))
    again = "A cell that still holds your code saves it again when you run it."
    return f"{name} is as it was at the start, in {places.shown(new.path)}.{kept}\n{again}"
