"""How the work on something grows with its size, so that a test can tell what is linear from what is not."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.peers.memory import warm_memory

TIMES = 8  # as large: what is linear takes about so long, what is quadratic 64 times as long
LINEAR = 24  # the most that counts as linear, since other programs disturb
ROUNDS = 20  # the most: other programs do not disturb all of them, and what is quadratic is so in each
SHORTEST = 2e-4  # seconds: what takes less than this is done again and again, to be measured at all


def growth(work: Callable[[int], object], size: int, times: int = TIMES) -> float:
    """Return how many times as long the work takes at so many times the size, in CPU time of this thread.

    Of several rounds the shortest counts; there are more of them while it looks like more than linear.
    """
    warm_memory()
    repeat = 1
    while _seconds(work, size, repeat) < SHORTEST:
        repeat *= 2
    small = large = float("inf")
    for done in range(ROUNDS):
        small = min(small, _seconds(work, size, repeat))
        large = min(large, _seconds(work, times * size, repeat))
        if done and large / small < LINEAR:
            break
    return large / small


def _seconds(work: Callable[[int], object], size: int, repeat: int) -> float:
    begin = time.thread_time()
    for _ in range(repeat):
        work(size)
    return time.thread_time() - begin
