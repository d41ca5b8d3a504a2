"""An instructor's hidden cases, looked at before a run: a wrong one would cost the whole class points."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import answers, regions, workers
from ..cases import Case, collect_cases
from ..engine import Examiner
from ..syllabus import Exercise, all_exercises

__all__ = ["HiddenError", "read_hidden"]


class HiddenError(Exception):
    """The hidden cases can't be used; the text says which and why."""


def read_hidden(folder: Path, exercises: Iterable[Exercise], seed: int) -> Mapping[str, tuple[Case, ...]]:
    """Return the hidden cases by the exercise's id, once the reference has passed them.

    Arguments:
        folder: with files lesson_NN.py, written like those in tests/exercises.
        exercises: those that are graded.
        seed: what the run draws its inputs from.

    Raises:
        HiddenError: see there.
    """
    if not folder.is_dir():
        raise HiddenError(f"There is no folder {folder} with hidden cases.")
    try:
        found = collect_cases(folder.resolve())
    except Exception as error:
        raise HiddenError(f"The hidden cases can't be loaded: {_describe(error, folder)}.") from None
    for unknown in set(found) - {each.id for each in all_exercises()}:
        raise HiddenError(_name_unknown(unknown, found[unknown]))
    graded = [each for each in exercises if each.id in found]
    if not graded:
        raise HiddenError(
            f"{folder} has no cases for these lessons. They stand in lesson_NN.py, as in tests/exercises."
        )
    try:
        for exercise in graded:
            _try_reference(exercise, found[exercise.id], seed, folder)
    finally:
        workers.end_spare()
    return found


def _try_reference(exercise: Exercise, cases: tuple[Case, ...], seed: int, folder: Path) -> None:
    """Let the reference answer: what it fails is not the students' fault."""
    preamble = regions.preamble(exercise.module)
    reference = regions.reference_source(exercise)
    answer = answers.make_answer(exercise, reference, preamble, f"{exercise.module}.py", 1)
    try:
        _, _, report = Examiner(exercise, seed, cases, goes_on=True).ask(answer)
    except Exception as error:
        raise HiddenError(f"A hidden case of {exercise.id} fails: {_describe(error, folder)}.") from None
    if report.failed:
        names = ", ".join(sorted(report.failed))
        raise HiddenError(
            f"The reference itself does not pass these hidden cases of {exercise.id} {exercise.name}: "
            f"{names}.\nEither they demand something wrong, or more than the exercise's docstring does."
        )


def _describe(error: Exception, folder: Path) -> str:
    """Name an error, and the last line in the instructor's own files on the way to it."""
    places = [
        f"{Path(frame.filename).name}, line {frame.lineno}: "
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(folder.resolve())
    ]
    return f"{places[-1] if places else ''}{type(error).__name__}: {error}"


def _name_unknown(unknown: str, cases: tuple[Case, ...]) -> str:
    alike = difflib.get_close_matches(unknown, [each.id for each in all_exercises()], 1)
    guess = f" Do you mean {alike[0]}?" if alike else ""
    return f"The hidden case {cases[0].name} is for {unknown}, and there is no such exercise.{guess}"
