"""Say what was asked of the grader otherwise the last time, since its results are about to be replaced."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["say_changes"]


def say_changes(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Print on stderr how the options of two runs differ, if they do.

    Arguments:
        folder: GRADES.
        before, now: what run.json says of the last run and of the one that begins; empty if there was none.
    """
    if not before:
        return
    old, new = _options({"hidden_folder": now["hidden_folder"], **before}), _options(now)
    if old != new:
        print(
            f"{folder} was graded with {' '.join(old)} the last time, now with {' '.join(new)}. "
            "What differs by it is replaced.",
            file=sys.stderr,
        )


def _options(run: Mapping[str, Any]) -> list[str]:
    """The options that change results or points, as they would be typed."""
    lessons = ",".join(map(str, run.get("lessons") or ()))
    named = (("--tests", run.get("hidden_folder")), ("--course", run.get("course")))
    return [f"--lessons {lessons}", *(f"{option} {_show(path)}" for option, path in named if path)]


def _show(path: str) -> str:
    """A path as somebody in this folder would type it."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
