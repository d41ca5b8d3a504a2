"""Say in plain lines how what is on disk differs from what the build would make."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from nbformat import NotebookNode

from ..regions import find_regions, read_text
from ..syllabus import Exercise, Lesson
from .exercises import exercises_in, fresh_file, is_skeleton, skeleton
from .notebooks import read_notebook
from .running import find_output_problems

RESULTS = ("outputs", "execution_count")


def compare_exercises(path: Path, module: str) -> Iterator[str]:
    """How a file of exercises differs from one with nothing solved."""
    if not path.exists():
        yield "is missing"
        return
    found, expected = read_text(path), fresh_file(module)
    if found == expected:
        return
    regions = find_regions(found, path)
    named = [line for item in exercises_in(module) for line in _compare_region(item, regions.get(item.id))]
    yield from named or first_difference(found, expected)


def _compare_region(exercise: Exercise, region: object) -> Iterator[str]:
    name, text = f"{exercise.id} {exercise.name}", getattr(region, "text", None)
    if text is None:
        yield f"{name} has no region"
    elif text != skeleton(exercise) and not is_skeleton(text, exercise):
        yield f"{name} is written; a clone hands out skeletons"
    elif text != skeleton(exercise):
        yield f"{name} is not the skeleton that minews.{exercise.module} gives now"
        yield from first_difference(text, skeleton(exercise))


def compare_notebook(path: Path, expected: NotebookNode, lesson: Lesson, solved: bool) -> Iterator[str]:
    """How a notebook differs from the one that the build makes.

    Arguments:
        solved: it is a solutions notebook: its outputs may differ, but must be there and be sound.
    """
    found = read_notebook(path)
    if found is None:
        yield "is not a valid notebook" if path.exists() else "is missing"
        return
    different = list(_compare_cells(found, expected, lesson, solved)) or list(
        _compare_metadata(found, expected)
    )
    yield from different
    if solved and not different:
        yield from find_output_problems(found)


def _compare_cells(
    found: NotebookNode, expected: NotebookNode, lesson: Lesson, solved: bool
) -> Iterator[str]:
    for cell, wanted in zip_longest(found.cells, expected.cells):
        if cell is None:
            yield f"{_name_cell(wanted, lesson)} is missing"
        elif wanted is None or cell.get("id") != wanted.id:
            yield f"{_name_cell(cell, lesson)} stands where the lesson has {_name_cell(wanted, lesson)}"
            return  # all that follows is out of step
        elif cell.source != wanted.source:
            yield f"{_name_cell(wanted, lesson)} differs"
            yield from first_difference(cell.source, wanted.source)
        elif _without_results(cell) != _without_results(wanted):
            yield f"{_name_cell(wanted, lesson)} has another type or metadata"
        elif not solved and cell != wanted:
            yield f"{_name_cell(wanted, lesson)} has outputs"


def _compare_metadata(found: NotebookNode, expected: NotebookNode) -> Iterator[str]:
    for key in sorted({*found.metadata, *expected.metadata}):
        if found.metadata.get(key) != expected.metadata.get(key):
            yield f"the notebook's metadata differ at {key!r}"
    if (found.nbformat, found.nbformat_minor) != (expected.nbformat, expected.nbformat_minor):
        yield "the notebook has another nbformat version"


def _without_results(cell: NotebookNode) -> dict[str, object]:
    return {key: value for key, value in cell.items() if key not in RESULTS}


def _name_cell(cell: NotebookNode | None, lesson: Lesson) -> str:
    if cell is None:
        return "no cell"
    for exercise in lesson.exercises:
        if cell.get("id") == f"exercise-{exercise.id.replace('.', '-')}":
            return f"the cell of exercise {exercise.id} {exercise.name}"
    return f'cell "{cell.get("id")}"'


def first_difference(found: str, expected: str) -> Iterator[str]:
    """The first line in which two texts differ, both ways."""
    for number, (is_now, should_be) in enumerate(zip_longest(found.split("\n"), expected.split("\n")), 1):
        if is_now != should_be:
            yield f"    line {number} is        {_show_line(is_now)}"
            yield f"    line {number} should be {_show_line(should_be)}"
            return


def _show_line(line: str | None) -> str:
    return "missing" if line is None else repr(line) if line != line.strip() or not line else line
