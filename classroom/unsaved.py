"""Code in a notebook that is not in exercises/, since its cell was never run: nobody should lose it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import places, regions
from .notebook_answers import Cells, code_cells
from .syllabus import Exercise, all_exercises

__all__ = ["Unsaved", "find_unsaved", "say_unsaved"]

MAX_NOTEBOOK = 8 << 20  # bytes; the grader reads no larger one


@dataclass(frozen=True)
class Unsaved:
    """An answer in a notebook that differs from exercises/; `is_alone`: there is none in exercises/."""

    exercise: Exercise
    notebook: Path
    is_alone: bool

    def __str__(self) -> str:
        counts = "this counts" if self.is_alone else "exercises/ has another, which counts"
        return f"{self.exercise.id} {self.exercise.name} in {places.shown(self.notebook)}: {counts}"


def find_unsaved() -> list[Unsaved]:
    """Find the answers in the student's notebooks that are not in exercises/ just so."""
    folder = places.work_folder() / "notebooks"
    found: list[Unsaved] = []
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            with suppress(OSError, ValueError, RecursionError):  # it is no notebook that could be read
                found += _compare(path)
    return found


def _compare(path: Path) -> Iterator[Unsaved]:
    if path.stat().st_size > MAX_NOTEBOOK:
        return
    answers = Cells(code_cells(path.read_text(encoding="utf-8-sig"))).answers(all_exercises())
    for exercise in all_exercises():
        answer, region = answers.get(exercise.id), regions.read_region(exercise)
        if answer is None or not answer.is_written:
            continue
        is_alone = region is None or regions.is_skeleton(region.text, exercise)
        if region is None or regions.short_hash(answer.text) != region.hash:
            yield Unsaved(exercise, path, is_alone)


def say_unsaved(found: list[Unsaved]) -> str:
    """Say what was found, and what to do about it; "" if there is nothing."""
    if not found:
        return ""
    return "\n".join([
        "Code in notebooks that is not in exercises/, since its cell was not run or the file was changed:",
        *(f"    {each}" for each in found),
        "These notebooks are packed, too. Run the cells and submit again, and their code is tested before.",
    ])  # fmt: skip
