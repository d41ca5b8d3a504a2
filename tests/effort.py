"""How the work on something grows with its size, so that a test can tell what is linear from what is not."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 8  # as large: what is linear takes about so long, what is quadratic 64 times as long
LINEAR = 24  # the most that counts as linear, since other programs disturb


def growth(work: Callable[[int], object], size: int, times: int = TIMES) -> float:
    """Return how many times as long the work takes at so many times the size, in CPU time of this thread."""
    return _shortest(work, times * size, 2) / _shortest(work, size, 5)


def _shortest(work: Callable[[int], object], size: int, rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        begin = time.thread_time()
        work(size)
        seconds.append(time.thread_time() - begin)
    return max(min(seconds), 1e-6)
