"""How far a student has come, `status`, and the way back to an empty exercise, `reset`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from . import answers, places, regions, showing
from .cells import NotAnExercise, exercise_of
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
    """All exercises and how they stand: a table, as text and as HTML."""

    standings: tuple[Standing, ...]

    @property
    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """One row for each exercise."""
        return [
            (
                each.exercise.id,
                each.exercise.name,
                str(each.exercise.minutes),
                _WORDS.get(each.verdict, each.verdict),
                "yours" if each.verdict == "passed" else "the reference",
            )
            for each in self.standings
        ]

    @property
    def summary(self) -> str:
        """One sentence: how many have passed, and the minutes that the others may take."""
        left = [each for each in self.standings if each.verdict != "passed"]
        minutes = sum(each.exercise.minutes for each in left)
        said = f"{len(self.standings) - len(left)} of {len(self.standings)} exercises passed"
        return f"{said}; about {minutes} minutes to go." if left else f"{said}."

    def __str__(self) -> str:
        return f"{showing.table_text(_HEAD, self.rows)}\n{self.summary}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return showing.table_html(_HEAD, self.rows, self.summary)


def status() -> Progress:
    """Say how every exercise stands; what was not checked since it was changed is checked now."""
    return find_progress()


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
