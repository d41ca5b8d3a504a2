"""How fast this machine computes. Nothing of the system is needed for it: a browser measures itself, too."""

import time
from functools import cache

ROUNDS, ORDINARY = 20_000, 0.0008  # of a loop, and the seconds that an ordinary machine takes for them
SLOWEST = 5.0  # times what an ordinary machine takes


@cache
def slowness() -> float:
    """Return how many times as long as an ordinary machine this one takes to compute; 1 to `SLOWEST`.

    The right answer of a student with an old computer must not pass for one that never ends.
    """
    least = min(timed_loop() for _ in range(5))  # the others may have been interrupted
    return min(max(1.0, least / ORDINARY), SLOWEST)


def timed_loop() -> float:
    """Return the seconds that the loop takes once."""
    begin = time.perf_counter()
    total = 0
    for number in range(ROUNDS):
        total += number
    return time.perf_counter() - begin
