"""How far a run has come: on one line of a terminal, or now and then a line in a file."""

from __future__ import annotations

import sys
import time
from typing import TextIO

__all__ = ["Progress"]

OFTEN, SELDOM = 0.2, 15.0  # seconds between two lines, on a terminal and elsewhere


class Progress:
    """Counts what is done. `total`: how many submissions; `known`: those that an earlier run has graded."""

    def __init__(self, total: int, known: int = 0, stream: TextIO | None = None) -> None:
        self._total, self._known, self._done = total, known, 0
        self._stream = stream or sys.stderr
        self._begin = self._last = time.monotonic()

    def known_one(self) -> None:
        """Count a submission that needs no new result."""
        self._known += 1

    def add(self) -> None:
        """Count a result, and show how far that is, but not too often."""
        self._done += 1
        now = time.monotonic()
        if now - self._last >= (OFTEN if self._stream.isatty() else SELDOM):
            self._last = now
            self._show()

    def _show(self) -> None:
        begin, end = ("\r", "\x1b[K") if self._stream.isatty() else ("", "\n")
        print(begin + self.text(), end=end, file=self._stream, flush=True)

    def text(self) -> str:
        """Return the line: how many, how fast, and how long it will still take."""
        passed = time.monotonic() - self._begin
        rate = self._done / passed if passed else 0.0
        left = self._total - self._known - self._done
        words = f"graded {self._known + self._done:,} of {self._total:,}"
        if not rate or not left:
            return words
        return f"{words}; {rate:.1f} a second, {_duration(left / rate)} left"

    def summary(self) -> str:
        """Return what came of it all: how many were graded now, and how many an earlier run had graded."""
        kept = f", {self._known:,} kept from an earlier run" if self._known else ""
        return f"graded {self._done:,}{kept}"

    def close(self) -> None:
        """Wipe the line away."""
        if self._stream.isatty():
            print("\r\x1b[K", end="", file=self._stream, flush=True)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes // 60} h {minutes % 60} min"
