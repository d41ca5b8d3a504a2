"""Read the lessons as they are written: lessons/NN_title.py, jupytext's py:percent.

    # %% [markdown] id="why-a-key"                      prose
    # %% id="draw-a-key"                                an experiment: plain code
    # %% setup                                          becomes the imports and `from classroom import ...`
    # %% exercise 4.1 make_key                          becomes the exercise, then check(make_key)
    # %% [markdown] tags=["solution"] id="make-key-why" prose for solutions/ only, under the exercise above it

Every cell has an id that never changes and is the notebook cell's own id, except `setup` and the exercises,
which get theirs here ("setup", "exercise-4-1"). These have no body. Each exercise of the lesson stands once,
in the order of the syllabus, under a markdown cell that introduces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jupytext

from ..syllabus import Exercise, Lesson

Kind = Literal["markdown", "code", "setup", "exercise", "solution"]
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
EXERCISE = re.compile(r"exercise (?P<id>\S+) (?P<name>\S+)")
KNOWN_KEYS = {"id", "title", "tags", "lines_to_next_cell"}


class LessonError(Exception):
    """A lesson is not written as it must be; `problems` says what is wrong, a line each."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.problems = [f"lessons/{path.name}: {problem}" for problem in problems]
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson; `exercise` is there in cells of that kind only."""

    kind: Kind
    id: str
    source: str
    tags: tuple[str, ...] = ()
    exercise: Exercise | None = None


def read_lesson(path: Path, lesson: Lesson) -> list[Cell]:
    """Read a lesson and make sure that it is whole.

    Arguments:
        path: lessons/NN_title.py.
        lesson: what the syllabus says about it.

    Raises:
        LessonError: with everything that is wrong with it.
    """
    if not path.exists():
        raise LessonError(path, ["the syllabus lists this lesson, but the file does not exist"])
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    exercises = {exercise.id: exercise for exercise in lesson.exercises}
    cells = [_read_cell(cell.cell_type, cell.source, cell.metadata, exercises) for cell in notebook.cells]
    problems = [*_find_cell_problems(notebook.cells, cells), *_find_order_problems(cells, lesson)]
    if problems:
        raise LessonError(path, problems)
    return cells


def _read_cell(kind: str, source: str, metadata: dict[str, Any], exercises: dict[str, Exercise]) -> Cell:
    title, tags = metadata.get("title", ""), tuple(metadata.get("tags", ()))
    if title == "setup":
        return Cell("setup", "setup", source)
    if match := EXERCISE.fullmatch(title):
        return Cell(
            "exercise", f"exercise-{match['id'].replace('.', '-')}", source, (), exercises.get(match["id"])
        )
    if kind == "markdown":
        rest = tuple(tag for tag in tags if tag != "solution")
        return Cell("solution" if "solution" in tags else "markdown", metadata.get("id", ""), source, rest)
    return Cell("code", metadata.get("id", ""), source, tags)


def _find_cell_problems(raw: list[Any], cells: list[Cell]) -> Iterator[str]:
    for position, (written, cell) in enumerate(zip(raw, cells, strict=True), 1):
        name = f"cell {position} ({_beginning(written)})"
        title = written.metadata.get("title", "")
        match = EXERCISE.fullmatch(title)
        if not ID.fullmatch(cell.id):
            yield f'{name} needs an id="..." of letters, digits, - and _'
        if written.cell_type == "raw":
            yield f"{name} is neither markdown nor code"
        if title.startswith("exercise") and not match:
            yield f'{name}: write "# %% exercise 4.2 accept_value"'
        if match and (cell.exercise is None or cell.exercise.name != match["name"]):
            yield f"{name}: the syllabus has no exercise {match['id']} {match['name']} in this lesson"
        if cell.kind in ("setup", "exercise") and cell.source.strip():
            yield f"{name} has a body, but the build writes it"
        if unknown := set(written.metadata) - KNOWN_KEYS:
            yield f"{name}: unknown words in the marker: {', '.join(sorted(unknown))}"
        if cell.id and any(other.id == cell.id for other in cells[: position - 1]):
            yield f'{name}: the id "{cell.id}" is taken by a cell above'


def _find_order_problems(cells: list[Cell], lesson: Lesson) -> Iterator[str]:
    found = [cell.exercise.id for cell in cells if cell.exercise]
    expected = [exercise.id for exercise in lesson.exercises]
    if found != expected:
        yield f"its exercises are {', '.join(found) or 'none'}; the syllabus says {', '.join(expected)}"
    if [cell.kind for cell in cells].count("setup") != 1:
        yield 'it needs one "# %% setup" cell'
    for above, cell in zip([None, *cells], cells, strict=False):
        kind = above.kind if above else None
        if cell.kind == "exercise" and kind != "markdown":
            yield f"{cell.id} needs a markdown cell above it that introduces it"
        if cell.kind == "solution" and kind not in ("exercise", "solution"):
            yield f'"{cell.id}" is for solutions, so it must stand under an exercise'


def _beginning(cell: Any) -> str:
    text = cell.metadata.get("id") or cell.metadata.get("title") or cell.source.strip().split("\n")[0]
    return str(text)[:40]
