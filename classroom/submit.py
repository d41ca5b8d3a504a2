"""`submit`: pack the student's exercises and their verdicts into one zip file to hand in."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
import zipfile
from datetime import datetime
from pathlib import Path

from . import places, state
from .progress import Progress, find_progress
from .unsaved import find_unsaved, say_unsaved

__all__ = ["pack", "submit"]

MAX_FILE = 4 << 20  # bytes; nothing that is written by hand is larger
MAX_NAME = 100  # characters of a student's name
MAX_PART = 100  # bytes of it in the file's name

NO_NAME = 'Your name is not in it; `python3 -m classroom submit --name "Ann Lee"` puts it in, now and later.'


def submit(out: Path | None = None, name: str | None = None) -> int:
    """Write the submission and say what is in it, and what is not done yet.

    Arguments:
        out: a folder, or the file's name; a new file in the student's folder if None.
        name: the student's name, which is remembered; the remembered one if None, and "" forgets it.

    Returns:
        0 if it was written, 1 if not.
    """
    if not places.exercises_folder().is_dir():
        print(f"There is no folder {places.shown(places.exercises_folder())} to hand in.", file=sys.stderr)
        return 1
    student = state.student_name() if name is None else _tidy(name)
    if name is not None:
        state.remember_student_name(student)
    found = find_progress()
    path = _choose_path(out, student)
    try:
        names = pack(path, found, student)
    except OSError as error:
        problem = "exists already" if path.is_file() else f"can't be written ({error.strerror or error})"
        print(f"{places.shown(path)} {problem}; nothing was written.", file=sys.stderr)
        return 1
    print(f"Written: {places.shown(path)}, which holds")
    print(*(f"    {each}" for each in names), sep="\n")
    print(f"It says that it is the work of {student}." if student else NO_NAME)
    print(_say_what_is_missing(found))
    if said := say_unsaved(find_unsaved()):
        print(said)
    return 0


def _tidy(name: str) -> str:
    """A name on one line: white space, controls and what can't be stored become single spaces."""
    plain = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in name)
    return unicodedata.normalize("NFC", " ".join(plain.split()))[:MAX_NAME].strip()


def _spell(name: str) -> str:
    """A name as a part of a file's name that any file system takes: letters and digits, "-" between words."""
    letters = unicodedata.normalize("NFKD", name)
    letters = re.sub("(?<=[A-Za-z])[\u0300-\u036f]+", "", letters)  # Zoe for Zoë
    letters = unicodedata.normalize("NFC", letters)
    kept = "".join(
        each if each.isalnum() or unicodedata.category(each)[0] == "M" else "-" for each in letters
    )
    short = kept.encode("utf-8")[:MAX_PART].decode("utf-8", "ignore")
    return "-".join(filter(None, short.split("-")))


def _choose_path(out: Path | None, student: str) -> Path:
    parts = ["submission", _spell(student), f"{datetime.now():%Y%m%d-%H%M%S}"]
    name = f"{'-'.join(filter(None, parts))}.zip"
    if out is None:
        return places.work_folder() / name
    return out / name if out.is_dir() or out.suffix.lower() != ".zip" else out


def pack(path: Path, found: Progress, student: str = "") -> list[str]:
    """Write the zip file.

    Arguments:
        path: where; it must not exist yet.
        found: how the exercises stand; becomes summary.json.
        student: whose work it is, for summary.json; "" if nobody said.

    Returns:
        The names of what is in it.

    Raises:
        OSError: it can't be written; then nothing is left of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    files = {"summary.json": _summarise(found, student).encode("ascii")}
    files |= _read_exercises() | _read_notebooks()
    with path.open("xb") as target:
        try:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, data in files.items():
                    archive.writestr(name, data)
        except BaseException:
            target.close()
            os.unlink(path)
            raise
    return list(files)


def _read_exercises() -> dict[str, bytes]:
    folder = places.exercises_folder()
    paths = [
        path for path in sorted(folder.rglob("*.py")) if path.is_file() and path.stat().st_size <= MAX_FILE
    ]
    return {f"exercises/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}


def _read_notebooks() -> dict[str, bytes]:
    """The notebooks with code that is not in exercises/."""
    paths = dict.fromkeys(each.notebook for each in find_unsaved())
    return {path.relative_to(places.work_folder()).as_posix(): path.read_bytes() for path in paths}


def _summarise(found: Progress, student: str) -> str:
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    exercises = [each.as_json() for each in found.standings]
    who = {"student": student} if student else {}
    return json.dumps({**who, "made": made, "exercises": exercises}, indent=1) + "\n"


def _say_what_is_missing(found: Progress) -> str:
    left = [each for each in found.standings if each.verdict != "passed"]
    if not left:
        return f"All {len(found.standings)} exercises in it pass."
    words = {"not-written": "not written", "failed": "not right yet", "error": "can't be loaded"}
    lines = [
        f"    {each.exercise.id} {each.exercise.name}: {words.get(each.verdict, each.verdict)}"
        for each in left
    ]
    passed = len(found.standings) - len(left)
    return "\n".join([f"{passed} of {len(found.standings)} exercises in it pass. Not done yet:", *lines])
