"""Of several versions of one exercise in a submission, choose the one that counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..syllabus import Exercise

__all__ = ["Found", "Piece", "choose"]


@dataclass(frozen=True)
class Piece:
    """The answer to one exercise: its source, the imports and helpers above it, and where it stood.

    `file` is a name for people; `first_line` is the line of that file, or of the notebook's cell, at which
    `text` begins.
    """

    exercise: str
    text: str
    preamble: str
    file: str
    first_line: int


@dataclass(frozen=True)
class Found:
    """A piece, and what decides whether it is the one that counts; `hash` tells versions of it apart."""

    piece: Piece
    hash: str
    is_written: bool
    is_in_exercises: bool
    is_module: bool
    copy_number: int

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """The higher one counts: written, in exercises/, in a module, the newer copy."""
        return self.is_written, self.is_in_exercises, self.is_module, self.copy_number


def choose(found: Sequence[Found], exercises: Iterable[Exercise], problems: list[str]) -> dict[str, Piece]:
    """Choose a piece for each exercise; where two written ones differ, `problems` gets a sentence."""
    chosen: dict[str, Piece] = {}
    for exercise in exercises:
        versions = [each for each in found if each.piece.exercise == exercise.id]
        if not versions:
            continue
        best = max(versions, key=lambda each: each.rank)  # the first of equals
        chosen[exercise.id] = best.piece
        rivals = [each for each in versions if each.is_written and each.hash != best.hash]
        if rivals:
            names = ", ".join(dict.fromkeys(each.piece.file for each in rivals))
            problems.append(
                f"{exercise.id} {exercise.name} is written in {best.piece.file} and differently in {names}: "
                f"the one in {best.piece.file} counts."
            )
    return chosen
