"""Read the zip file that a student handed in, and believe nothing that it says about itself.

Sizes are those of the bytes that really come out; nothing is written to disk; only files that could hold
answers are inflated at all.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from .names import is_junk, kind_of, shorten

__all__ = ["Unpacked", "unpack"]

MAX_ENTRIES = 20_000  # in a zip file; each takes about a kilobyte of memory
MAX_ANSWERS = 500  # files that could hold answers
MAX_PATH, MAX_DEPTH = 1_000, 50  # letters of a path, and folders in it
MAX_INFLATED = 8 << 20  # bytes of one file
MAX_TOTAL = 32 << 20  # bytes of all files that come out of a zip file
MAX_PROBLEMS = 10
_ENTRY = b"PK\x01\x02"  # with which each entry of the directory begins
_ENCRYPTED = 1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # of the others one chunk can inflate without any bound
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # NotImplementedError among them
    ValueError,
    OverflowError,
)
_REALLY = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"<": "a web page",
    b"%PDF": "a PDF file",
}


@dataclass
class Unpacked:
    """What came out of a zip file: names with slashes, and bytes; and what did not, in plain words."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def unpack(name: str, data: bytes) -> Unpacked:
    """Read the modules and notebooks in a zip file.

    Arguments:
        name: of the zip file, for people.
    """
    result = Unpacked()
    try:
        archive = _open(data)
    except ValueError as error:
        result.problems.append(f"{shorten(name)} {error}; nothing in it counts.")
        return result
    problems: list[str] = []
    with archive:
        entries = _choose_entries(archive, problems)
        left = MAX_TOTAL
        for inner, info in entries.items():
            try:
                content = _inflate(archive, info, left)
            except ValueError as error:
                problems.append(f"{shorten(inner)} {error}")
                continue
            result.files.append((inner, content))
            left -= len(content)
    more = len(problems) - MAX_PROBLEMS
    result.problems += [f"In {shorten(name)}: {problem}." for problem in problems[:MAX_PROBLEMS]]
    result.problems += [f"In {shorten(name)}: {more} more files were left out."] if more > 0 else []
    return result


def _open(data: bytes) -> zipfile.ZipFile:
    """Read the directory of a zip file.

    Raises:
        ValueError: it has none, or a far too long one; the text goes after the file's name.
    """
    if not data:
        raise ValueError("is empty")
    if data.count(_ENTRY) > MAX_ENTRIES:
        raise ValueError(f"holds more than {MAX_ENTRIES:,} files and was not opened; zip only your own work")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN:
        kind = next((kind for start, kind in _REALLY.items() if data.startswith(start)), "")
        what = f"is {kind}, not a zip file" if kind else "is damaged or no zip file"
        raise ValueError(what) from None


def _choose_entries(archive: zipfile.ZipFile, problems: list[str]) -> dict[str, zipfile.ZipInfo]:
    """The entries that could hold answers, by their names. Of two with one name the later one counts."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        inner = info.orig_filename.replace("\\", "/")
        if len(inner) > MAX_PATH or inner.count("/") > MAX_DEPTH:
            limits = f"{MAX_PATH:,} letters or {MAX_DEPTH} folders"
            problems.append(f"{shorten(inner)} has a path of more than {limits} and was left out")
            continue
        if inner.endswith("/") or any(map(is_junk, set(inner.split("/")) - {".", ".."})):
            continue
        refused = next(_reasons_to_refuse(inner, info), "")
        if refused:
            problems.append(f"{shorten(inner)} {refused}")
        elif kind_of(inner):
            found[inner.removeprefix("./")] = info
    for inner in list(found)[MAX_ANSWERS:]:
        problems.append(f"{shorten(inner)} is one of more than {MAX_ANSWERS} files and was not read")
        del found[inner]
    return found


def _reasons_to_refuse(inner: str, info: zipfile.ZipInfo) -> Iterator[str]:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        yield "is a link and was not followed; put the file itself into the zip"
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        yield "is not a plain file and was left out"
    if inner.startswith("/") or re.match(r"[A-Za-z]:", inner) or ".." in inner.split("/"):
        yield "points outside of the submission and was left out"
    if not kind_of(inner):
        return
    if "\0" in inner:
        yield "has a name that no file can have and was left out"
    if info.flag_bits & _ENCRYPTED:
        yield "is encrypted and can't be read; zip it without a password"
    if kind_of(inner) == "archive":
        yield "is a zip file in a zip file and was not opened: unpack a zip of a whole class first"
    if info.compress_type not in _METHODS:
        yield "is packed in a way that is not read here; zip it with the usual method (deflate)"


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> bytes:
    """The bytes of an entry.

    Raises:
        ValueError: there are too many, or they are damaged; the text goes after the file's name.
    """
    room = min(MAX_INFLATED, left)
    try:
        with archive.open(info) as file:
            data = file.read(room + 1)
    except _BROKEN:
        raise ValueError("is damaged in the zip file and can't be read") from None
    if len(data) <= room:
        return data
    if room < MAX_INFLATED:
        raise ValueError(f"was not read, since all files are larger than {MAX_TOTAL >> 20} MiB together")
    raise ValueError(f"is larger than {MAX_INFLATED >> 20} MiB when unpacked and was not read")
