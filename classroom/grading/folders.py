"""Read what lies in a student's folder as bytes: bounded, following no links, opening only plain files.

The coordinator does this, perhaps as root, so a folder is opened once and read through its descriptor where
the system can: nobody puts a link in its place in between.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from .names import is_junk, kind_of, shorten

__all__ = ["MAX_DEPTH", "MAX_FILE", "MAX_FILES", "MAX_SEEN", "MAX_TOTAL", "Collector"]

MAX_FILE = 16 << 20  # bytes
MAX_TOTAL = 32 << 20  # bytes of all files of a submission
MAX_FILES = 500
MAX_SEEN = 20_000  # names that are looked at in a submission
MAX_DEPTH = 16
MAX_NOTES = 20
_HAS_DIR_FD = {os.open, os.stat} <= os.supports_dir_fd and os.scandir in os.supports_fd
_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)


@dataclass
class Collector:
    """The files of one submission, as they are found, and `notes` on what was left out and why.

    `others` are files that are no answer by their name; `newest` is the newest mtime, in seconds.
    """

    files: list[tuple[str, bytes]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    newest: float = 0.0
    _seen: int = 0
    _total: int = 0

    def add(self, path: Path, name: str) -> None:
        """Read a file, or all that is in a folder; `name` is what it is called inside the submission."""
        self._add(str(path), name, None, 0)

    def note(self, sentence: str) -> None:
        """Remember what was left out; after many notes it is only said that there were more."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append(sentence)
        elif len(self.notes) == MAX_NOTES:
            self.notes.append("More of this kind was left out.")

    def _add(self, path: str, name: str, folder: int | None, depth: int) -> None:
        """Look at one name. `path` is relative to the descriptor `folder`, if there is one."""
        try:
            status = os.stat(path, dir_fd=folder, follow_symlinks=False)
            if _is_link(status):
                self.note(f"{shorten(name)} is a link and was not followed; hand in the file itself.")
            elif stat.S_ISDIR(status.st_mode):
                self._add_folder(path, name, folder, depth)
            elif stat.S_ISREG(status.st_mode):
                self._add_file(path, name, folder, status)
            else:
                self.note(f"{shorten(name)} is not a file but a {_kind_of_node(status)}; it was left alone.")
        except (OSError, ValueError) as error:  # ValueError: a name that this system cannot spell
            reason = getattr(error, "strerror", None) or error
            self.note(f"{shorten(name)} can't be read ({reason}); it does not count.")

    def _add_folder(self, path: str, name: str, folder: int | None, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.note(f"{shorten(name)} lies more than {MAX_DEPTH} folders deep and was not opened.")
            return
        if not _HAS_DIR_FD:
            for each in self._names_in(path, name):
                self._add(os.path.join(path, each), _join(name, each), None, depth + 1)
            return
        here = os.open(path, _FLAGS | os.O_DIRECTORY, dir_fd=folder)
        try:
            for each in self._names_in(here, name):
                self._add(each, _join(name, each), here, depth + 1)
        finally:
            os.close(here)

    def _names_in(self, folder: int | str, name: str) -> list[str]:
        """The names in a folder that matter, in order, as far as there is room for them."""
        with os.scandir(folder) as found:
            names = [each.name for each in islice(found, MAX_SEEN - self._seen + 1)]
        self._seen += len(names)
        if self._seen > MAX_SEEN:
            self.note(
                f"There are more than {MAX_SEEN:,} files; in {shorten(name) or 'it'} some were not read."
            )
            self._seen = MAX_SEEN
            names = names[:-1]
        return sorted(each for each in names if not is_junk(each))

    def _add_file(self, path: str, name: str, folder: int | None, status: os.stat_result) -> None:
        if not kind_of(name):
            self.others.append(name)
            return
        room = min(MAX_FILE, MAX_TOTAL - self._total)
        if status.st_size > room:
            self._refuse_size(name, MAX_FILE if status.st_size > MAX_FILE else 0)
        elif len(self.files) >= MAX_FILES:
            self.note(f"There are more than {MAX_FILES} files; {shorten(name)} was not read.")
        elif (data := _read(path, folder, room)) is None:
            self._refuse_size(name, MAX_FILE)
        else:
            self.files.append((name, data))
            self._total += len(data)
            self.newest = max(self.newest, status.st_mtime)

    def _refuse_size(self, name: str, limit: int) -> None:
        if limit:
            self.note(f"{shorten(name)} is larger than {limit >> 20} MiB and was not read.")
        else:
            self.note(
                f"All files are larger than {MAX_TOTAL >> 20} MiB together; {shorten(name)} was not read."
            )


def _join(name: str, each: str) -> str:
    return f"{name}/{each}" if name else each


def _is_link(status: os.stat_result) -> bool:
    """Whether it is a symbolic link, or a junction of Windows."""
    tags = {getattr(stat, "IO_REPARSE_TAG_SYMLINK", -1), getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)}
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) in tags


def _kind_of_node(status: os.stat_result) -> str:
    kinds = {stat.S_IFIFO: "named pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(status.st_mode), "device")


def _read(path: str, folder: int | None, most: int) -> bytes | None:
    """The bytes of a plain file; None if there are more than `most`."""
    descriptor = os.open(path, _FLAGS, dir_fd=folder)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it changed while it was read")
        data = file.read(most + 1)
    return data if len(data) <= most else None
