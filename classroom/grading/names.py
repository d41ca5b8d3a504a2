"""What the names of files tell: who handed in, through which platform, and what kind of file it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = [
    "Handed",
    "clean_name",
    "copy_number",
    "is_junk",
    "kind_of",
    "list_names",
    "read_name",
    "tidy_path",
]

KINDS = {".py": "module", ".ipynb": "notebook", ".zip": "archive"}
JUNK = frozenset(
    {"__macosx", "__pycache__", "node_modules", "venv", "site-packages", "thumbs.db", "desktop.ini"}
)
MAX_NAME = 120  # characters of a name that people are shown

# mueller_12345_67890_work.zip, mueller_LATE_12345_67890_work.zip, mueller_12345_text.html
_CANVAS = re.compile(
    r"(?P<person>[^_]+)_(?P<late>LATE_)?(?P<id>[1-9]\d*)_(?:[1-9]\d{2,}_(?P<file>.+)|text\.html)", re.DOTALL
)
# Ann Lee_4711_assignsubmission_file_ (a folder), Ann Lee_4711_assignsubmission_file_work.zip
_MOODLE = re.compile(
    r"(?P<person>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?", re.DOTALL
)
# submission-Ann-Lee-20261122-120000.zip, as `submit --name` calls it
_SUBMIT = re.compile(r"submission-(?P<words>.+)-\d{8}-\d{6}(?: \(\d+\))?(?:\.zip)?", re.DOTALL)
# What people, browsers and platforms add to a name: "handshake (1)", "handshake-2", "handshake - Copy (3)"
_COPY = re.compile(
    r"(?:(?:(?<![ _-])[ _-]++cop(?:y|ie))?(?<![ _])[ _]*+\((?P<a>\d+)\)|-(?P<b>\d+)"
    r"|(?<![ _-])[ _-]++(?:copy|kopie)[ _]?(?P<c>\d*))$"
)


@dataclass(frozen=True, slots=True)
class Handed:
    """What the name of a submission says. `file` is the name that the student gave, "" for a folder."""

    platform: str
    student: str
    person: str
    late: bool
    file: str


def read_name(name: str, *, is_folder: bool = False) -> Handed:
    """Read the name of a file or folder as a learning platform or a person made it."""
    if match := _CANVAS.fullmatch(name):
        return _handed("canvas", match, bool(match["late"]))
    if match := _MOODLE.fullmatch(name):
        return _handed("moodle", match, False)
    if match := _SUBMIT.fullmatch(name):
        return Handed("", _show(match["words"].replace("-", " ")), "", False, name)
    stem = name if is_folder else PurePosixPath(name).stem
    return Handed("", _show(stem), "", False, name)


def _handed(platform: str, match: re.Match[str], late: bool) -> Handed:
    return Handed(platform, match["id"], _show(match["person"]), late, match["file"] or "")


def _show(text: str) -> str:
    return clean_name(unicodedata.normalize("NFC", text))


def clean_name(name: str) -> str:
    """Spell a name so that it can be printed and stored anywhere: odd bytes, invisible marks as escapes."""
    return "".join(_escape(letter) if _is_odd(letter) else letter for letter in name)


def _is_odd(letter: str) -> bool:
    """Controls, lone surrogates, line separators, and marks that turn the direction of what follows."""
    return (
        unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}
        or letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


def _escape(letter: str) -> str:
    number = ord(letter)
    if 0xDC80 <= number <= 0xDCFF:  # a byte of a file name that is not UTF-8
        number -= 0xDC00
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def list_names(names: Iterable[str], most: int = 5) -> str:
    """Write names in a row for people, the first few of them."""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(shorten(name) for name in found[:most]) + more


def shorten(name: str) -> str:
    """A name as people are shown it: cleaned, its middle left out if it is very long."""
    shown = clean_name(name[: 4 * MAX_NAME])
    return shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME // 2]}...{shown[-MAX_NAME // 2 :]}"


# Inside a submission


def kind_of(name: str) -> str:
    """ "module", "notebook" or "archive" by a file's name, "" for all else; handshake.py.txt is a module."""
    path = PurePosixPath(name.lower().rstrip(" ."))
    if path.suffix in {".txt", ".json"} and KINDS.get(PurePosixPath(path.stem).suffix) in {
        "module",
        "notebook",
    }:
        path = PurePosixPath(path.stem)
    return KINDS.get(path.suffix, "")


def is_junk(name: str) -> bool:
    """Whether one part of a path is what systems and tools leave about: .DS_Store, ._x, __pycache__."""
    return name.startswith(".") or name.lower() in JUNK


def tidy_path(name: str) -> str:
    """The path of a file inside a submission, without what was added to its name: exercises/handshake.py.

    Only the last part changes, except that Windows' backslashes become slashes.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    return str(path.with_name(f"{_split(path.name)[0]}.py")) if kind_of(path.name) == "module" else str(path)


def copy_number(name: str) -> int:
    """The number that a browser or platform added to a name: 2 for "handshake (2).py", 0 for none."""
    return _split(PurePosixPath(name).name)[1]


def _split(name: str) -> tuple[str, int]:
    stem = re.sub(r"(?i)(\.(?:py|ipynb))(\.(?:txt|json))?[ .]*$", "", name).lower()
    match = _COPY.search(stem)
    digits = next((each for each in match.groups() if each), "1") if match else "0"
    return (stem[: match.start()].strip() if match else stem) or stem, int(digits[:6])
