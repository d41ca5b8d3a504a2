"""`submit`: pack the student's exercises and their verdicts into one zip file to hand in."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from datetime import datetime
from pathlib import Path

from . import places
from .progress import Progress, find_progress
from .unsaved import find_unsaved, say_unsaved

__all__ = ["pack", "submit"]

MAX_FILE = 4 << 20  # bytes; nothing that is written by hand is larger


def submit(out: Path | None = None) -> int:
    """Write the submission and say what is in it, and what is not done yet.

    Arguments:
        out: a folder, or the file's name; a new file in the student's folder if None.

    Returns:
        0 if it was written, 1 if not.
    """
    if not places.exercises_folder().is_dir():
        print(f"There is no folder {places.shown(places.exercises_folder())} to hand in.", file=sys.stderr)
        return 1
    found = find_progress()
    path = _choose_path(out)
    try:
        names = pack(path, found)
    except OSError as error:
        problem = "exists already" if path.is_file() else f"can't be written ({error.strerror or error})"
        print(f"{places.shown(path)} {problem}; nothing was written.", file=sys.stderr)
        return 1
    print(f"Written: {places.shown(path)}, which holds")
    print(*(f"    {name}" for name in names), sep="\n")
    print(_say_what_is_missing(found))
    if said := say_unsaved(find_unsaved()):
        print(said)
    return 0


def _choose_path(out: Path | None) -> Path:
    name = f"submission-{datetime.now():%Y%m%d-%H%M%S}.zip"
    if out is None:
        return places.work_folder() / name
    return out / name if out.is_dir() or out.suffix.lower() != ".zip" else out


def pack(path: Path, found: Progress) -> list[str]:
    """Write the zip file.

    Arguments:
        path: where; it must not exist yet.
        found: how the exercises stand; becomes summary.json.

    Returns:
        The names of what is in it.

    Raises:
        OSError: it can't be written; then nothing is left of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    files = {"summary.json": _summarise(found).encode("ascii")} | _read_exercises() | _read_notebooks()
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


def _summarise(found: Progress) -> str:
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    exercises = [each.as_json() for each in found.standings]
    return json.dumps({"made": made, "exercises": exercises}, indent=1) + "\n"


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
