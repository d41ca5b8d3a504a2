"""Measuring: each contestant in turn, round after round, so that what disturbs one disturbs all."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Job = Callable[[int], object]  # does something so many times


@dataclass(frozen=True, slots=True)
class Figure:
    """What the rounds gave: the median, and the middle half of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Figure:
        """Sum up one value for each round."""
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


def format_number(value: float) -> str:
    """Write three digits, or all that stand before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def time_jobs(jobs: dict[str, Job], seconds: float, rounds: int) -> dict[str, list[float]]:
    """Return the nanoseconds of CPU time that one operation takes, for each job and round.

    Arguments:
        jobs: what to compare, by name.
        seconds: for all jobs and rounds together, roughly.
        rounds: how often each has its turn.
    """
    share = seconds / rounds / len(jobs)
    counts = {name: _count_for(job, share) for name, job in jobs.items()}
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    gc.collect()
    gc.freeze()  # what other contests left behind is not looked through again and again
    for _ in range(rounds):
        for name, job in jobs.items():
            taken[name].append(_time(job, counts[name]))
    gc.unfreeze()
    return taken


def _time(job: Job, count: int) -> float:
    start = time.process_time_ns()
    job(count)
    return (time.process_time_ns() - start) / count


def _count_for(job: Job, share: float) -> int:
    """Return how often a job fits into so many seconds; it is warm then."""
    count = 1
    while (each := _time(job, count)) * count < min(share, 0.01) * 1e9:
        count *= 2
    return max(1, int(share * 1e9 / each))
