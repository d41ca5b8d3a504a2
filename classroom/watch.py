"""`watch`: test an exercise whenever its region of exercises/*.py is saved, until Ctrl-C."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import watchfiles

from . import answers, places, regions
from .checks import print_result
from .engine import Result
from .syllabus import Exercise, all_exercises
from .workers import WorkerError

__all__ = ["Snapshot", "find_changed", "take_snapshot", "watch"]

Snapshot = Mapping[str, str]  # by exercise id: what tells one version of its region from another
PAUSE = 50  # milliseconds without another change until a save counts as complete


def watch(stop: threading.Event | None = None, tell: Callable[[Result], None] = print_result) -> int:
    """Test exercises as they are saved.

    Arguments:
        stop: ends it when set; Ctrl-C does so in any case.
        tell: what to do with each result.

    Returns:
        0 once it is stopped, 1 if there is nothing to watch.
    """
    folder = places.exercises_folder()
    if not folder.is_dir():
        print(f"There is no folder {places.shown(folder)} to watch.", file=sys.stderr)
        return 1
    before = take_snapshot()
    print(
        f"Watching {places.shown(folder)}: save a file there, and what changed is tested. Ctrl-C ends it.",
        flush=True,
    )
    try:
        for _ in watchfiles.watch(
            folder, watch_filter=_is_python, step=PAUSE, stop_event=stop, yield_on_timeout=False
        ):
            after = take_snapshot(before)
            for exercise in find_changed(before, after):
                _check(exercise, tell)
            before = after
    except KeyboardInterrupt:
        pass
    print("\nNo longer watching.", flush=True)
    return 0


def _is_python(change: watchfiles.Change, path: str) -> bool:
    return path.endswith(".py")


def _check(exercise: Exercise, tell: Callable[[Result], None]) -> None:
    try:
        tell(answers.check_region(exercise, regions.read_region(exercise)))
    except (WorkerError, OSError) as error:
        print(f"{exercise.id} {exercise.name} could not be checked: {error}", file=sys.stderr)


def take_snapshot(before: Snapshot | None = None) -> Snapshot:
    """Note how every region stands.

    Arguments:
        before: what to assume where a file can't be read at this very moment, since an editor replaces it.
    """
    result: dict[str, str] = {}
    for exercise in all_exercises():
        path = regions.path_of(exercise)
        try:
            result[exercise.id] = _note(path, exercise)
        except OSError:
            result[exercise.id] = (before or {}).get(exercise.id, "")
    return result


def _note(path: Path, exercise: Exercise) -> str:
    region = regions.read_regions(path).get(exercise.id)
    if region is None:
        return ""
    return f"{regions.short_hash(regions.read_preamble(path))} {region.hash}"


def find_changed(before: Snapshot, after: Snapshot) -> list[Exercise]:
    """The exercises whose region, or whose imports, are not as they were."""
    return [
        each for each in all_exercises() if after.get(each.id) and after.get(each.id) != before.get(each.id)
    ]
