"""`check`, the last line of every exercise's cell: save the student's code, test it, say what came of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING

from . import answers, cells, places, regions, saving
from .cells import NotAnExercise
from .cutting import Cut, cut_answer
from .feedback import Block
from .graders import runs_under_grader
from .lacking import explain_lacking
from .saving import Choice, Saving
from .showing import show
from .syllabus import Exercise
from .worker.lacking import defined_names, lacking_names
from .workers import WorkerError

if TYPE_CHECKING:
    from .engine import Result

__all__ = ["CheckFailed", "check"]


class CheckFailed(AssertionError):
    """A check that did not pass, for graders that count exceptions. Its text is the feedback."""


class _Refused(Exception):
    """There is nothing to check; the text says why and what to do. The verdict may be known all the same."""


def check(
    thing: object, *, save: bool = True, keep: Choice | None = None, raising: bool | None = None
) -> None:
    """Save the code of an exercise, test it and show what came of it.

    Arguments:
        thing: your function or class; or the number or name of an exercise, as text, to test what stands in
            exercises/.
        save: False tests the cell's code and writes nothing.
        keep: after cell and file were both changed: which of them counts, "cell" or "file".
        raising: raise CheckFailed unless the exercise passes. By default only where a grader runs the
            notebook, see `classroom.graders`; what is tested then is the cell, and nothing is saved.
    """
    if keep not in (None, "cell", "file"):
        raise ValueError(f'keep is "cell" or "file", not {keep!r}')
    caller = sys._getframe(1)
    graded = runs_under_grader(caller)
    names = {**caller.f_globals, **caller.f_locals}
    try:
        result = _check(thing, names, caller, save and not graded, keep, graded)
    except (_Refused, NotAnExercise, WorkerError) as error:
        text, passed = _in_words(error), False
        show(text)
    else:
        text, passed = result.feedback.text(), result.verdict == "passed"
        show(text, result.feedback.html())
    if not passed and (graded if raising is None else raising):
        raise CheckFailed(text)


def _check(
    thing: object,
    names: Mapping[str, object],
    caller: FrameType,
    save: bool,
    keep: Choice | None,
    graded: bool,
) -> Result:
    exercise = cells.exercise_of(thing, names)
    if isinstance(thing, str):
        if not graded:
            return answers.check_region(exercise, regions.read_region(exercise))
        # A grader's exercises/ is not the student's: what counts is what the notebook defined.
        if exercise.name not in names:
            raise _Refused(_NOT_HERE.format(exercise=exercise))
        thing = names[exercise.name]
    _refuse_reference(thing, exercise)
    if cells.comes_from(thing, places.exercises_folder()):
        if graded:
            raise _Refused(_NOT_HERE.format(exercise=exercise))
        return answers.check_region(exercise, regions.read_region(exercise))
    cell = cells.find_cell(thing, exercise, caller)
    if cell is None:
        raise _Refused(_LOST_CELL.format(exercise=exercise))
    cut = cut_answer(cell.text)
    blocks = [Block("Left out", cut.left_out)] if cut.left_out else []
    if not save:
        return _check_cell(exercise, cut, names, blocks)
    saved = saving.bring_together(exercise, cut.text, saving.notebook_name(names), keep)
    return _check_saved(exercise, cut, saved, names, blocks)


def _check_saved(
    exercise: Exercise, cut: Cut, saved: Saving, names: Mapping[str, object], blocks: list[Block]
) -> Result:
    if saved.source == "neither":
        return _undecided(exercise, saved)
    if saved.source == "file":
        return _with(answers.check_region(exercise, saved.region), saved.blocks)
    blocks = [*saved.blocks, *blocks]
    if saved.region is None:
        return _check_cell(exercise, cut, names, blocks)
    preamble = answers.preamble_for(exercise, saved.region.path)
    blocks += _missing(exercise, saved.region.text, preamble, names)
    return _with(answers.check_region(exercise, saved.region), blocks)


def _check_cell(exercise: Exercise, cut: Cut, names: Mapping[str, object], blocks: list[Block]) -> Result:
    result = answers.judge_text(exercise, cut.text, file="the cell", first_line=cut.first_line)
    return _with(result, [*blocks, *_missing(exercise, cut.text, regions.preamble(exercise.module), names)])


def _missing(exercise: Exercise, text: str, preamble: str, names: Mapping[str, object]) -> list[Block]:
    if regions.is_skeleton(text, exercise):
        return []
    lacking = lacking_names(text, {*exercise.neighbour_names, *defined_names(preamble)})
    return [Block("Missing", explain_lacking(exercise, lacking, names))] if lacking else []


def _undecided(exercise: Exercise, saved: Saving) -> Result:
    """The result when cell and file contradict each other: no verdict on either."""
    result = answers.error_result(exercise, places.shown(regions.path_of(exercise)), "")
    result.feedback.headline = f"{exercise.id} {exercise.name}: the cell and the file differ."
    result.feedback.tested = "nothing, until you have chosen"
    result.feedback.blocks = list(saved.blocks)
    return result


def _with(result: Result, blocks: list[Block] | tuple[Block, ...]) -> Result:
    """Put what happened to the code before what came of it.

    What is missing is said once, by whoever knows the notebook in which it stands.
    """
    labels = {block.label for block in blocks}
    rest = [block for block in result.feedback.blocks if block.label != "Missing" or "Missing" not in labels]
    result.feedback.blocks = [*blocks, *rest]
    return result


def _refuse_reference(thing: object, exercise: Exercise) -> None:
    if (
        cells.comes_from(thing, places.ROOT / "minews")
        or cells.module_of(thing).partition(".")[0] == "minews"
    ):
        raise _Refused(_REFERENCE.format(exercise=exercise))


def _in_words(error: Exception) -> str:
    if isinstance(error, WorkerError):
        return f"The check itself went wrong, which says nothing about your code: {error}\n{_DOCTOR}"
    return str(error)


_REFERENCE = (
    "{exercise.id} {exercise.name}: this is the reference, not your own.\n"
    "Run the cell in which you define {exercise.name}, then check it again."
)
_NOT_HERE = "{exercise.id} {exercise.name}: this notebook does not define it."
_LOST_CELL = (
    "{exercise.id} {exercise.name}: the text of its cell can't be found.\n"
    "Take away a line such as %%time at the top of the cell, or a decorator, and run the cell again;\n"
    'or write it in exercises/, and run check("{exercise.id}").'
)
_DOCTOR = "Try again; if it stays, python3 -m classroom doctor looks for the cause."
