"""From the bytes of a submission to its answers: a piece of code for each exercise, and words for the rest.

    exercises/handshake.py    each region, as `check` reads it, wherever the file lies, whatever its name
    04_handshake.ipynb        the cells that define exercises, under what they need of other cells
    work.zip                  the same, one level deep

Nothing is executed. Everything is bounded, since the bytes may be anybody's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from ..syllabus import Exercise
from .archives import unpack
from .choosing import Found, Piece, choose
from .names import kind_of, list_names, read_name, shorten
from .sources import Unreadable, find_pieces

__all__ = ["Piece", "Work", "read_work"]

UNPACK = "Unpack it, so that each of them is a submission."
MAX_PROBLEMS = 40
MAX_SECONDS = 5.0  # of CPU time, after which no further file is read; a whole course takes a tenth of one
COURSE_FOLDERS = frozenset({"minews", "solutions", "lessons", "tests", "classroom", "benchmarks"})
OWN_FOLDERS = frozenset({"exercises", "notebooks"})


@dataclass(frozen=True)
class Work:
    """The answers in a submission by the exercise's id; what could not be read, why, and what counts."""

    pieces: dict[str, Piece]
    problems: tuple[str, ...]


def read_work(files: Iterable[tuple[str, bytes]], wanted: Iterable[Exercise]) -> Work:
    """Read the answers out of a submission's files.

    Arguments:
        files: names inside the submission, and bytes, as `read_submission` gives them.
        wanted: the exercises to look for; others are left alone.

    Returns:
        Also skeletons that nobody has written in; nothing for an exercise of which there is no trace.
    """
    exercises = tuple(wanted)
    reader = _Reader(exercises)
    opened = reader.open_archives(list(files))
    if several := _find_students(name for name, _ in opened):
        return Work({}, (f"The work of several students is in it: {list_names(several)}. {UNPACK}",))
    begin = time.process_time()
    for name, data in sorted(_without_course_folders(opened), key=_importance):
        if time.process_time() - begin < MAX_SECONDS:
            reader.read(name, data)
        else:
            reader.problems.append(f"{shorten(name)} was not read, since the files before it took too long.")
    pieces = choose(reader.found, exercises, reader.problems)
    if not pieces and not reader.problems:
        reader.problems.append(_explain_nothing([name for name, _ in opened]))
    return Work(pieces, tuple(reader.problems[:MAX_PROBLEMS]))


@dataclass
class _Reader:
    """What was found so far, and the problems on the way."""

    exercises: tuple[Exercise, ...]
    found: list[Found] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def open_archives(self, files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """All files, those out of zip files in place of these; under the zip's name if it is not alone."""
        result: list[tuple[str, bytes]] = []
        for name, data in files:
            if kind_of(name) != "archive":
                result.append((name, data))
                continue
            unpacked = unpack(name, data)
            self.problems += unpacked.problems
            result += [
                (inner if len(files) == 1 else f"{name}/{inner}", each) for inner, each in unpacked.files
            ]
            if not unpacked.files and not unpacked.problems:
                self.problems.append(
                    f"{shorten(name)} holds no Python file and no notebook; nothing in it counts."
                )
        return result

    def read(self, name: str, data: bytes) -> None:
        """Look for answers in one module or notebook."""
        try:
            found, problems = find_pieces(name, data, self.exercises)
        except Unreadable as error:
            self.problems.append(f"{shorten(name)} can't be read: {error}. Nothing in it counts.")
            return
        self.found += found
        self.problems += problems


def _find_students(names: Iterable[str]) -> list[str]:
    """The first name of each student in a learning platform's download of a whole class, else none."""
    found: dict[tuple[str, str], str] = {}
    for part in chain.from_iterable(name.split("/") for name in names):
        handed = read_name(part)
        if handed.platform:
            found.setdefault((handed.platform, handed.student), part)
    return list(found.values()) if len(found) > 1 else []


def _without_course_folders(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Leave out the course's own folders, as in a zip of the whole checkout: they are not the student's.

    If there is nothing else, they count: somebody may have called a folder `solutions`.
    """
    return [each for each in files if not _is_of_course(each[0])] or files


def _is_of_course(name: str) -> bool:
    """Whether a file lies in one of the course's folders; the checkout itself may be called minews, too."""
    folders = _parts(name)[:-1]
    telling = [folder for folder in folders if folder in COURSE_FOLDERS | OWN_FOLDERS]
    return bool(telling) and (telling[-1] in COURSE_FOLDERS or "tests" in telling)


def _importance(file: tuple[str, bytes]) -> tuple[bool, bool, int]:
    """What should be read first, in case that there is too much: exercises/, modules, what lies less deep."""
    parts = _parts(file[0])
    return "exercises" not in parts, kind_of(file[0]) != "module", len(parts)


def _parts(name: str) -> list[str]:
    return name.replace("\\", "/").lower().split("/")


def _explain_nothing(names: list[str]) -> str:
    listed = f" in {list_names(names)}" if names else ""
    return f"None of the exercises was found{listed}, so there was nothing to grade."
