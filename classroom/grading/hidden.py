"""An instructor's hidden cases, looked at before a run: a wrong one would cost the whole class points."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .. import answers, regions, workers
from ..cases import Asked, Case, Plan, collect_cases
from ..engine import Examiner
from ..syllabus import Exercise, all_exercises
from ..worker.protocol import Call, Callback, Slot
from .patience import said_where

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
    with said_where(folder.resolve()):
        return _read_and_try(folder, exercises, seed)


def _read_and_try(folder: Path, exercises: Iterable[Exercise], seed: int) -> Mapping[str, tuple[Case, ...]]:
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
    examiner = Examiner(exercise, seed, cases, goes_on=True)
    try:
        unjudged = next(_find_unjudged(examiner.questions()), "")
        _, _, report = examiner.ask(answer)
    except Exception as error:
        raise HiddenError(f"A hidden case of {exercise.id} fails: {_describe(error, folder)}.") from None
    if unjudged:
        raise HiddenError(f"{unjudged}\n{VERBS}")
    if report.failed:
        names = ", ".join(sorted(report.failed))
        raise HiddenError(
            f"The reference itself does not pass these hidden cases of {exercise.id} {exercise.name}: "
            f"{names}.\nEither they demand something wrong, or more than the exercise's docstring does."
        )


VERBS = (
    "What must come is said by a verb behind the call: ask(key).gives(value), .gives_one_of([value, value]), "
    ".raises(Error), .refuses(), .holds(check)."
)


def _find_unjudged(questions: Plan) -> Iterator[str]:
    """Name cases of which everything, or a call of the exercise, passes whatever comes."""
    related = {asked.index for relation in questions.relations for asked in relation.asked}
    for case in questions.cases:
        asked = [each for each in questions.asked if each.case is case]
        judged = [each for each in asked if each.index in related or _is_judged(each)]
        place = f"{_place(case)}: the hidden case {case.name}"
        if not asked:
            yield f"{place} asks nothing, so everybody would pass it."
        elif not judged:
            yield f"{place} asks and judges nothing of what comes."
        elif any(_is_plain_call(each) and each not in judged for each in asked):
            yield f"{place} has a call ask(...) that nothing judges."


def _is_judged(asked: Asked) -> bool:
    """Whether the case itself says what must come; that a class makes an object is always demanded."""
    return bool(asked.checks) and getattr(asked.op, "how", "") != "keep"


def _is_plain_call(asked: Asked) -> bool:
    """Whether it calls the exercise with plain values, so that nothing but what comes tells how it went."""
    op = asked.op
    if not isinstance(op, Call) or op.how == "keep":
        return False
    return not any(isinstance(each, Slot | Callback) for each in (*op.args, *op.kwargs.values()))


def _place(case: Case) -> str:
    code = case.function.__code__
    return f"{Path(code.co_filename).name}, line {code.co_firstlineno}"


def _describe(error: Exception, folder: Path) -> str:
    """Name an error, and the last line in the instructor's own files on the way to it."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(folder.resolve())
    ]
    last = frames[-1] if frames else None
    place = f"{Path(last.filename).name}, line {last.lineno}: " if last else ""
    what = str(error) or (last.line if last else "") or "it says no more"
    return f"{place}{type(error).__name__}: {what}"


def _name_unknown(unknown: str, cases: tuple[Case, ...]) -> str:
    alike = difflib.get_close_matches(unknown, [each.id for each in all_exercises()], 1)
    guess = f" Do you mean {alike[0]}?" if alike else ""
    return f"The hidden case {cases[0].name} is for {unknown}, and there is no such exercise.{guess}"
