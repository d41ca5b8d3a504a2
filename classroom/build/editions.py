"""Make the two editions of a lesson: the student's notebook, and the solutions.

Both are made cell by cell from the lesson, and nothing in them depends on the machine: ids come from the
lesson, metadata is fixed, and the student's edition has no outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbformat import NotebookNode

from ..syllabus import Exercise, Lesson
from .exercises import merge_preambles, reference_source, skeleton
from .lessons import Cell
from .notebooks import make_cell, make_notebook
from .prose import describe_exercise, describe_mistakes

CLASSROOM = "from classroom import check, hint, reset, solution, status, yours"


def make_student_edition(lesson: Lesson, cells: Sequence[Cell]) -> NotebookNode:
    """The notebook that a student gets: exercises unsolved, no outputs."""
    made = []
    for cell, below in zip(cells, [*cells[1:], None], strict=True):
        if cell.kind == "solution":
            continue
        if cell.exercise:
            made.append(_code(cell, f"{skeleton(cell.exercise)}\n\ncheck({cell.exercise.name})"))
        else:
            made.append(_plain_cell(lesson, cell, below))
    return make_notebook(lesson.number, made)


def make_solutions(lesson: Lesson, cells: Sequence[Cell]) -> NotebookNode:
    """The same notebook with the code of minews in each exercise, and why it works; not executed yet."""
    made: list[NotebookNode] = []
    waiting: list[NotebookNode] = []
    for cell, below in zip(cells, [*cells[1:], None], strict=True):
        if cell.kind == "solution":
            made.append(_markdown(cell, cell.source))
            continue
        made += waiting
        waiting = []
        if cell.exercise:
            made.append(
                _code(cell, f"{reference_source(cell.exercise)}\n\ncheck({cell.exercise.name}, save=False)")
            )
            waiting = list(_mistakes_cell(cell.exercise))
        else:
            made.append(_plain_cell(lesson, cell, below))
    return make_notebook(lesson.number, made + waiting)


def setup_source(lesson: Lesson) -> str:
    """The setup cell: what the lesson's exercises import, then the classroom."""
    modules = dict.fromkeys(exercise.module for exercise in lesson.exercises)
    return "\n\n".join(part for part in (merge_preambles(modules), CLASSROOM) if part)


def _plain_cell(lesson: Lesson, cell: Cell, below: Cell | None) -> NotebookNode:
    if cell.kind == "setup":
        return _code(cell, setup_source(lesson))
    if cell.kind == "code":
        return _code(cell, cell.source)
    introduces = below.exercise if below else None
    return _markdown(cell, f"{cell.source}\n\n{describe_exercise(introduces)}" if introduces else cell.source)


def _mistakes_cell(exercise: Exercise) -> Iterator[NotebookNode]:
    if text := describe_mistakes(exercise):
        yield make_cell("markdown", f"exercise-{exercise.id.replace('.', '-')}-mistakes", text)


def _code(cell: Cell, source: str) -> NotebookNode:
    return make_cell("code", cell.id, source, cell.tags)


def _markdown(cell: Cell, source: str) -> NotebookNode:
    return make_cell("markdown", cell.id, source, cell.tags)
