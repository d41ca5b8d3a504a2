"""Find the answers in the bytes of one file, a module or a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

from .. import regions
from ..files import set_aside
from ..notebook_answers import TOO_LARGE, CellAnswer, Cells, code_cells, top_level_names
from ..regions import CELL, MARKER
from ..syllabus import Exercise, all_exercises
from .choosing import Found, Piece
from .names import copy_number, kind_of, shorten, tidy_path

__all__ = ["MAX_MODULE", "MAX_NOTEBOOK", "Unreadable", "find_pieces"]

MAX_MODULE = 128 << 10  # bytes; parsing can take a thousand times as much memory
MAX_NOTEBOOK = 8 << 20  # bytes, outputs and pictures included
_NO_PYTHON = re.compile("[\0\ud800-\udfff]")
_WIDE = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


class Unreadable(Exception):
    """A file holds nothing that could be read; the text says why, to go after "can't be read:"."""


def find_pieces(name: str, data: bytes, exercises: Sequence[Exercise]) -> tuple[list[Found], list[str]]:
    """Find the answers in a file.

    Arguments:
        name: its path inside the submission.
        exercises: those to look for.

    Returns:
        What was found, and sentences on what was not as it should be. Nothing for a file of another kind.

    Raises:
        Unreadable: nothing in it could be read.
        MemoryError: there is too little memory, which says nothing about the file.
    """
    kind, problems = kind_of(name), list[str]()
    if kind not in ("module", "notebook"):
        return [], problems
    find = _find_in_module if kind == "module" else _find_in_notebook
    try:
        found = list(find(name, data, exercises, problems))
    except RecursionError:
        raise Unreadable("it is nested far too deep for Python") from None
    usable = [each for each in found if _is_text(each.piece, problems)]
    return usable, problems


def _is_text(piece: Piece, problems: list[str]) -> bool:
    """Whether Python could read a piece at all: no NUL in it, and no half of a character."""
    for text in (piece.text, piece.preamble):
        if match := _NO_PYTHON.search(text):
            odd = match.group()
            what = "a NUL byte" if odd == "\0" else "half of a character"
            line = piece.first_line + piece.text.partition(odd)[0].count("\n")
            where = f"{piece.file}, line {line}" if odd in piece.text else f"{piece.file}, at the top"
            problems.append(
                f"{where}: {what} is no Python, so exercise {piece.exercise} in it does not count."
            )
            return False
    return True


def _decode(name: str, data: bytes, problems: list[str]) -> str:
    """The text of a file, line ends as LF; one that is not UTF-8 as what Windows would have written."""
    wide = next((wide for start, wide in _WIDE.items() if data.startswith(start)), "")
    if wide or data[1:8:2] == b"\0" * 4:
        raise Unreadable(f"it is saved as {wide or 'UTF-16'}, which Python can't read; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if kind_of(name) == "notebook":
            raise Unreadable("it is not text in UTF-8") from None
        problems.append(
            f"{shorten(name)} is not saved as UTF-8, so letters beyond ASCII may have come out wrong."
        )
        text = data.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@lru_cache(maxsize=64)
def _usual_preamble(module: str) -> str:
    return regions.preamble(module)


# Modules


def _find_in_module(
    name: str, data: bytes, exercises: Sequence[Exercise], problems: list[str]
) -> Iterator[Found]:
    path = Path(tidy_path(name))
    if len(data) > MAX_MODULE:
        raise Unreadable(f"it is larger than {MAX_MODULE >> 10} KiB, which nobody writes by hand")
    fitting = regions.exercises_of(path)
    expected = [each for each in exercises if each in fitting]
    if not data.strip():
        if fitting != all_exercises():  # it has the name of a module of the course
            raise Unreadable("it is empty")
        return
    notes: list[str] = []
    text = _decode(name, data, notes)
    found = list(_pieces_in_module(name, path, text, exercises, expected))
    if not found and "\0" in text and expected != list(exercises):
        raise Unreadable("it is no text")
    problems += notes if found else []
    for piece in found:
        yield _rate(name, piece, piece.text, _is_written(piece, exercises))


def _pieces_in_module(
    name: str, path: Path, text: str, exercises: Sequence[Exercise], expected: Sequence[Exercise]
) -> Iterator[Piece]:
    """The regions of a module; the whole of it for what has no region, since it is no Python, say."""
    lines = text.split("\n")
    is_marked = any(map(MARKER.match, lines))
    names = top_level_names(text)
    if not is_marked and not any(each.name in names for each in expected):
        return
    above = _text_above(lines)
    found = regions.find_regions(text, path)
    for exercise in exercises:
        usual, file = _usual_preamble(exercise.module), shorten(name)
        if exercise.id in found:
            region = found[exercise.id]
            preamble = above or usual if is_marked else f"{above}\n{usual}"
            yield Piece(exercise.id, region.text, preamble, file, region.first_line)
        elif exercise in expected and exercise.name in names:
            rest, imports = set_aside(text, exercise)
            yield Piece(exercise.id, rest, "\n".join([usual, *imports]), file, 1)


def _text_above(lines: list[str]) -> str:
    """What stands above the first cell: the imports of a module of exercises; "" if there are no cells."""
    first = next((number for number, line in enumerate(lines) if CELL.match(line)), 0)
    return "\n".join(lines[:first]).strip("\n")


# Notebooks


def _find_in_notebook(
    name: str, data: bytes, exercises: Sequence[Exercise], problems: list[str]
) -> Iterator[Found]:
    if len(data) > MAX_NOTEBOOK:
        raise Unreadable(f"it is larger than {MAX_NOTEBOOK >> 20} MiB; clear its outputs and save it again")
    if not data.strip():
        raise Unreadable("it is empty")
    try:
        texts = code_cells(_decode(name, data, problems))
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if TOO_LARGE in texts:
        problems.append(f"{shorten(name)} has a cell with more code than is read; that cell does not count.")
    answers = Cells(texts).answers(exercises)
    for exercise in exercises:
        if answer := answers.get(exercise.id):
            if answer.has_broken:
                problems.append(
                    f"In {shorten(name)} a later cell that defines {exercise.name} is no Python; "
                    "the last one that is counts."
                )
            yield _rate(name, _piece_of_cell(name, exercise, answer), answer.text, answer.is_written)


def _piece_of_cell(name: str, exercise: Exercise, answer: CellAnswer) -> Piece:
    text, imports = set_aside(answer.text, exercise)
    above = [_usual_preamble(exercise.module), *([answer.helpers] if answer.helpers else []), *imports]
    file = f"{shorten(name)}, cell of {exercise.name}"
    return Piece(exercise.id, text, "\n".join(above), file, answer.first_line)


def _is_written(piece: Piece, exercises: Sequence[Exercise]) -> bool:
    exercise = next(each for each in exercises if each.id == piece.exercise)
    return bool(piece.text.strip()) and not regions.is_skeleton(piece.text, exercise)


def _rate(name: str, piece: Piece, cut: str, is_written: bool) -> Found:
    """Say of a piece what decides whether it counts; `cut` is its text before anything was set aside."""
    return Found(
        piece,
        regions.short_hash(cut),
        is_written,
        is_in_exercises="exercises" in PurePosixPath(name.replace("\\", "/").lower()).parts[:-1],
        is_module=kind_of(name) == "module",
        copy_number=copy_number(name),
    )
