"""Say where an instructor's own code is, if it keeps everybody waiting: a hidden case may never end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

__all__ = ["said_where"]

SECONDS = 5.0  # until it is said


@contextmanager
def said_where(folder: Path) -> Iterator[None]:
    """While this lasts, say on stderr which line of the files in a folder this thread does not leave."""
    done = threading.Event()
    words = threading.Thread(target=_watch, args=(folder, threading.get_ident(), done), daemon=True)
    words.start()
    try:
        yield
    finally:
        done.set()
        words.join()


def _watch(folder: Path, thread: int, done: threading.Event) -> None:
    said = False
    while not said and not done.wait(SECONDS):
        frame = _find_frame(sys._current_frames().get(thread), folder)
        if frame is not None:
            said = True
            place = f"{frame.f_code.co_filename}, line {frame.f_lineno}"
            print(f"Still waiting for {place}. Ctrl-C stops it, if it never ends.", file=sys.stderr)


def _find_frame(frame: FrameType | None, folder: Path) -> FrameType | None:
    """The innermost frame in a file of the folder."""
    while frame is not None and not Path(frame.f_code.co_filename).is_relative_to(folder):
        frame = frame.f_back
    return frame
