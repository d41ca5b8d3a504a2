"""The regions of exercises/*.py: where the student's code of each exercise stands.

A region starts after its marker, `# %% exercise 4.2 accept_value`, and runs to the next `# %%` line or to the
end of the file. Students edit these files by hand and with every kind of editor, so reading survives whatever
they do: lost or doubled markers, CRLF, a byte order mark, code that does not parse.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from filelock import FileLock

from . import places
from .build.exercises import (
    file_of,
    fresh_file,
    is_skeleton,
    marker,
    preamble,
    reference_source,
    skeleton,
)
from .build.names import DEFINITIONS, bound_names
from .build.sources import (
    Source,
    find_definition,
    first_line,
    needed_statements,
    parse_or_none,
    parse_source,
)
from .syllabus import Exercise, all_exercises

__all__ = [
    "Region",
    "is_skeleton",
    "path_of",
    "preamble",
    "read_preamble",
    "read_region",
    "read_regions",
    "reference_source",
    "short_hash",
    "skeleton",
    "write_region",
]

CELL = re.compile(r"#[ \t]*%%")
MARKER = re.compile(r"#[ \t]*%%[ \t]*exercise[ \t]+(?P<id>\d+\.\d+)(?!\S)")


@dataclass(frozen=True)
class Region:
    """The place of one exercise in a file. `first_line` and `last_line` count from 1 and belong to `text`."""

    exercise: str
    path: Path
    first_line: int
    last_line: int
    text: str

    @property
    def hash(self) -> str:
        """What tells one version of the text from another: see `short_hash`."""
        return short_hash(self.text)


def short_hash(text: str) -> str:
    """The first 8 hex digits of the SHA-256 of a text, white space at the ends of its lines ignored."""
    lines = [line.rstrip() for line in _unify(text).split("\n")]
    return hashlib.sha256("\n".join(lines).strip("\n").encode("utf-8", "surrogatepass")).hexdigest()[:8]


# Reading


def path_of(exercise: Exercise, folder: Path | None = None) -> Path:
    """The file that holds an exercise, in `folder` or in the student's exercises/."""
    return (folder or places.exercises_folder()).joinpath(*exercise.module.split(".")).with_suffix(".py")


def read_text(path: Path) -> str:
    """Read what a student wrote: line ends become LF, a byte order mark goes, odd bytes come through."""
    return _unify(path.read_bytes().decode("utf-8", "surrogateescape"))


def read_preamble(path: Path) -> str:
    """The text before the first marker, or "" if the file or every marker is missing."""
    lines = read_text(path).split("\n") if path.exists() else []
    first = next((number for number, line in enumerate(lines) if CELL.match(line)), None)
    return "" if first is None else "\n".join(lines[:first]).strip("\n")


def read_regions(path: Path) -> dict[str, Region]:
    """Find the exercises in a file.

    Of a doubled region the last one counts. An exercise without a marker is found by the name of its function
    or class, if the file parses: its text then also holds the helpers and imports that it needs, with empty
    lines in place of everything else, so that line numbers stay true.

    Returns:
        Regions by the exercise's id; empty if there is no such file.
    """
    return find_regions(read_text(path), path) if path.exists() else {}


def find_regions(text: str, path: Path) -> dict[str, Region]:
    """As `read_regions`, for a text that stands, or will stand, at `path`."""
    regions = {region.exercise: region for region in _marked_regions(path, text.split("\n"))}
    unmarked = [exercise for exercise in exercises_of(path) if exercise.id not in regions]
    tree = parse_or_none(text) if unmarked else None
    source = Source(path.name, tuple(text.split("\n")), tree) if tree else None
    found = (_unmarked_region(path, source, exercise) for exercise in unmarked if source)
    return regions | {region.exercise: region for region in found if region}


def read_region(exercise: Exercise) -> Region | None:
    """The student's region of an exercise, or None if there is none yet."""
    return read_regions(path_of(exercise)).get(exercise.id)


def exercises_of(path: Path) -> tuple[Exercise, ...]:
    """The exercises that belong into a file; all of them if it is none of exercises/*.py."""
    spelled = f"/{path.as_posix()}"
    fitting = [item for item in all_exercises() if spelled.endswith(f"/{file_of(item.module)}")]
    longest = max((len(item.module) for item in fitting), default=0)
    return tuple(item for item in fitting if len(item.module) == longest) or all_exercises()


def _marked_regions(path: Path, lines: list[str]) -> Iterator[Region]:
    cells = [number for number, line in enumerate(lines) if CELL.match(line)]
    for start, end in pairwise([*cells, len(lines)]):
        if match := MARKER.match(lines[start]):
            first, last = _trim(lines, start + 1, end)
            yield Region(match["id"], path, first + 1, max(last, first + 1), "\n".join(lines[first:last]))


def _trim(lines: list[str], first: int, last: int) -> tuple[int, int]:
    """Leave out the empty lines at both ends of a range of lines."""
    while first < last and not lines[first].strip():
        first += 1
    while first < last and not lines[last - 1].strip():
        last -= 1
    return first, last


def _unmarked_region(path: Path, source: Source, exercise: Exercise) -> Region | None:
    if not any(isinstance(node, DEFINITIONS) and node.name == exercise.name for node in source.tree.body):
        return None
    try:
        nodes = needed_statements(source, [exercise.name], _given_names(source) - {exercise.name})
    except RecursionError:  # an expression nested so deep that nobody wrote it by hand
        return None
    kept = [""] * len(source.lines)
    for node in nodes:
        start, end = first_line(source, node), node.end_lineno or node.lineno
        kept[start - 1 : end] = source.lines[start - 1 : end]
    first = first_line(source, nodes[0])
    last = max(node.end_lineno or node.lineno for node in nodes)
    return Region(exercise.id, path, first, last, "\n".join(kept[first - 1 : last]))


def _given_names(source: Source) -> set[str]:
    """Names that an unmarked function gets from elsewhere: other exercises, what stands above all cells."""
    first = next((number for number, line in enumerate(source.lines, 1) if CELL.match(line)), 0)
    above = [bound_names(node) for node in source.tree.body if node.lineno < first]
    return {exercise.name for exercise in all_exercises()}.union(*above)


# Writing


def write_region(exercise: Exercise, text: str) -> Region:
    """Put a text into an exercise's region of the student's file, and keep all else in the file as it is.

    A missing file is made, with the skeletons of the other exercises; a missing marker is put back.
    A line of the text that looks like a cell marker loses one of its per cent signs.

    Returns:
        The region as it now stands in the file.
    """
    path = path_of(exercise)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(places.state_folder() / "exercises.lock"):
        before = read_text(path) if path.exists() else fresh_file(exercise.module)
        write_text(path, replace_region(before, path, exercise, text))
    return read_regions(path)[exercise.id]


def replace_region(before: str, path: Path, exercise: Exercise, text: str) -> str:
    """The text of a file with one region replaced, or added where it belongs."""
    lines = before.split("\n")
    start, end = _find_place(lines, before, exercise, exercises_of(path))
    own = MARKER.match(lines[start]) if start < end else None
    first = lines[start] if own else marker(exercise)
    above = "\n".join(lines[:start]).rstrip("\n")
    below = "\n".join(lines[end:]).strip("\n")
    written = re.sub(r"(?m)^(#[ \t]*%)%", r"\1", _unify(text)).split("\n")
    body = "\n".join(written[slice(*_trim(written, 0, len(written)))])
    return "\n\n\n".join(part for part in (above, f"{first}\n{body}", below) if part) + "\n"


def _find_place(
    lines: list[str], text: str, exercise: Exercise, order: tuple[Exercise, ...]
) -> tuple[int, int]:
    """First and last line (counted from 0, the last one excluded) that a region's new text replaces."""
    cells = [number for number, line in enumerate(lines) if CELL.match(line)]
    markers = {match["id"]: number for number in cells if (match := MARKER.match(lines[number]))}
    if exercise.id in markers:
        start = markers[exercise.id]
        return start, next((number for number in cells if number > start), len(lines))
    if node := find_definition(text, exercise.name):
        source = parse_source(text, "exercises")
        return first_line(source, node) - 1, node.end_lineno or node.lineno
    later = order[order.index(exercise) + 1 :] if exercise in order else ()
    place = next((markers[item.id] for item in later if item.id in markers), len(lines))
    return place, place


def write_text(path: Path, text: str) -> None:
    """Replace a file at one stroke, with the line ends and byte order mark that it had."""
    old = path.read_bytes() if path.exists() else b""
    data = text.encode("utf-8", "surrogateescape")
    if b"\r\n" in old:
        data = data.replace(b"\n", b"\r\n")
    if old.startswith(b"\xef\xbb\xbf"):
        data = b"\xef\xbb\xbf" + data
    target = path.resolve()
    waiting = target.with_name(f".{target.name}.{os.getpid()}.new")
    waiting.write_bytes(data)
    if target.exists():
        shutil.copymode(target, waiting)
    os.replace(waiting, target)


def _unify(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
