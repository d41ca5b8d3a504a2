"""Where things are: the checkout, and the folder that holds the student's work."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "lessons"
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = ROOT / "solutions"
TESTS = ROOT / "tests"


def work_folder() -> Path:
    """Return the folder in which the student works: $MINEWS_WORK if it is set, else the checkout."""
    return Path(os.environ.get("MINEWS_WORK") or ROOT).resolve()


def exercises_folder() -> Path:
    """Return the folder of the student's own package, exercises/."""
    return work_folder() / "exercises"


def state_folder() -> Path:
    """Return the folder of what the classroom remembers, .minews/, making it on demand."""
    folder = work_folder() / ".minews"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep_copy(text: str, label: str, suffix: str = ".py") -> Path:
    """Keep a text that is about to be replaced, with whatever odd bytes its file had (surrogateescape).

    Arguments:
        text: what would be lost.
        label: the start of the file's name, such as "4.2-accept_value".
        suffix: the end of the file's name.

    Returns:
        The path of the new file, in .minews/kept/.
    """
    folder = state_folder() / "kept"
    folder.mkdir(exist_ok=True)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    number = 0
    while True:
        more = f"-{number}" if number else ""
        path = folder / f"{label}-{stamp}{more}{suffix}"
        try:
            with path.open("x", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            number += 1
        else:
            return path


def shown(path: Path | str) -> str:
    """Write a path for people: relative to the student's folder or the checkout when it is inside."""
    full = Path(path)
    for base in (work_folder(), ROOT):
        if full.is_relative_to(base):
            return full.relative_to(base).as_posix()
    return str(path)
