"""Bring a notebook's cell and its region of exercises/*.py together, and never lose either.

Three texts are compared: the cell, the file, and the text that was last in both. Only the cell changed: it is
saved. Only the file changed: the file counts. Both changed: nothing is written, and the student chooses.
What is replaced is kept in .minews/kept/ first, unless nobody had written it yet.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from . import places, regions, state
from .feedback import Block
from .regions import Region
from .syllabus import Exercise

__all__ = ["Choice", "Saving", "bring_together", "keep_text", "notebook_name"]

Choice = Literal["cell", "file"]
Source = Literal["cell", "file", "neither"]
DIFF_LINES = 80
_MARKER = re.compile(r"(?m)^(#[ \t]*%)%")  # would end the region: the file gets it with one per cent sign
PATIENCE = 10.0  # seconds to wait for another notebook that saves


@dataclass(frozen=True, slots=True)
class Saving:
    """What counts: "cell", "file" or "neither"; its region, if it stands in the file; what to say."""

    source: Source
    region: Region | None
    blocks: tuple[Block, ...]


def notebook_name(names: Mapping[str, object]) -> str:
    """Tell notebooks apart: the path that Jupyter or VS Code gives this one, "" where neither does."""
    return os.environ.get("JPY_SESSION_NAME") or str(names.get("__vsc_ipynb_file__", ""))


def bring_together(exercise: Exercise, cell: str, notebook: str, keep: Choice | None) -> Saving:
    """Save a cell into its region, or find that the file or nobody has the last word.

    Arguments:
        cell: the answer as it stands in the cell.
        notebook: which notebook it is in, see `notebook_name`.
        keep: the student's own choice after both were changed.
    """
    if not places.exercises_folder().is_dir():
        folder = places.shown(places.exercises_folder())
        return Saving(
            "cell",
            None,
            (Block("Not saved", (f"There is no folder {folder}, so only the cell was checked.",)),),
        )
    try:
        with FileLock(places.state_folder() / "saving.lock", timeout=PATIENCE):
            return _decide(exercise, cell, notebook, keep)
    except (OSError, Timeout) as error:
        reason = getattr(error, "strerror", "") or str(error)
        file = places.shown(regions.path_of(exercise))
        said = f"{file} can't be written ({reason}), so only the cell was checked."
        return Saving("cell", None, (Block("Not saved", (said,)),))


def _decide(exercise: Exercise, cell: str, notebook: str, keep: Choice | None) -> Saving:
    cell = _MARKER.sub(r"\1", cell)
    region = regions.read_region(exercise)
    file = region.text if region else regions.skeleton(exercise)
    base = state.saved_text(notebook, exercise.id) or regions.skeleton(exercise)
    cell_unwritten, file_unwritten = (regions.is_skeleton(text, exercise) for text in (cell, file))
    if region and _same(cell, file):
        state.remember_saved(notebook, exercise.id, cell)
        return Saving("cell", region, ())
    if keep == "file":
        return _take_file(exercise, cell, notebook, region)
    if keep == "cell":
        return _save(exercise, cell, notebook, file)
    if cell_unwritten:
        return Saving("file", region, () if file_unwritten else (_unwritten_cell(exercise),))
    if file_unwritten or _same(file, base):
        return _save(exercise, cell, notebook, file)
    if _same(cell, base):
        return Saving("file", region, (_changed_file(exercise),))
    return Saving("neither", region, _show_both(exercise, cell, file))


def _same(one: str, other: str) -> bool:
    return regions.short_hash(one) == regions.short_hash(other)


def _save(exercise: Exercise, cell: str, notebook: str, before: str) -> Saving:
    kept = _keep(exercise, before)
    region = regions.write_region(exercise, cell)
    state.remember_saved(notebook, exercise.id, cell)
    said = f"In {places.shown(region.path)}."
    return Saving("cell", region, (Block("Saved", (f"{said} {kept}".strip(),)),))


def _take_file(exercise: Exercise, cell: str, notebook: str, region: Region | None) -> Saving:
    """The cell has lost: it counts as seen, so that the file has the last word until the cell is edited."""
    kept = _keep(exercise, cell, "The cell's code")
    state.remember_saved(notebook, exercise.id, cell)
    said = f"The file counts, and nothing was written to it. {kept}".strip()
    return Saving("file", region, (Block("File", (said, _COPY_IT)),))


def _keep(exercise: Exercise, text: str, what: str = "What stood there") -> str:
    if regions.is_skeleton(text, exercise):
        return ""
    return f"{what} is kept in {places.shown(keep_text(exercise, text))}."


def keep_text(exercise: Exercise, text: str) -> Path:
    """Keep a copy of an answer, with whatever odd bytes the student's file had.

    Raises:
        OSError: .minews/kept/ can't be written.
    """
    return places.keep_copy(f"{text.rstrip()}\n", f"{exercise.id}-{exercise.name}")


# What is said

_COPY_IT = "Copy it into the cell if you want to go on there."


def _unwritten_cell(exercise: Exercise) -> Block:
    file = places.shown(regions.path_of(exercise))
    return Block("File", (f"The cell is still unwritten, so your code in {file} was checked.", _COPY_IT))


def _changed_file(exercise: Exercise) -> Block:
    file = places.shown(regions.path_of(exercise))
    said = f"{file} was changed since this cell was last saved, and the cell was not: the file was checked."
    return Block("File", (said, _COPY_IT))


def _show_both(exercise: Exercise, cell: str, file: str) -> tuple[Block, ...]:
    path = places.shown(regions.path_of(exercise))
    said = f"The cell and {path} were both changed, each in its own way. Nothing was written or checked."
    diff = difflib.unified_diff(file.splitlines(), cell.splitlines(), "file", "cell", n=2, lineterm="")
    lines = tuple(diff)
    if len(lines) > DIFF_LINES:
        lines = (*lines[:DIFF_LINES], f"... and {len(lines) - DIFF_LINES} more lines")
    choice = (
        f'check({exercise.name}, keep="cell") saves the cell,',
        f'check({exercise.name}, keep="file") takes the file.',
        "The other one is kept aside.",
    )
    return (
        Block("Both", (said,)),
        Block("Differ", ("lines with - stand in the file, lines with + in the cell",)),
        Block("", lines, fixed=True),
        Block("Choose", choice),
    )
