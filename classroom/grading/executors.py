"""Who does the jobs: threads with a judge process each, any other executor, or a Dask cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from .. import places
from .jobs import grade_submission, judges, stop_judges
from .judging import Settings
from .submissions import Submission

__all__ = ["do_jobs", "executor_for"]

AHEAD = 2  # jobs for each that runs, so that nobody waits for the next one
ATTEMPTS = 3  # at a job whose executor lost it

MakeExecutor = Callable[[], Executor]
Result = dict[str, Any]


@contextmanager
def executor_for(jobs: int | None, scheduler: str | None) -> Iterator[tuple[Executor, int]]:
    """Give an executor and how many jobs it does at the same time.

    Arguments:
        jobs: how many; by default one for each processor that this process may use, or as the cluster has.
        scheduler: the address of a Dask scheduler, such as "tcp://127.0.0.1:8786".

    Raises:
        ValueError: there is no such scheduler, or Dask is not installed; the text says what to do.
    """
    if scheduler is None:
        processors = _processors()
        count = jobs or len(processors)
        with judges(processors), ThreadPoolExecutor(count, thread_name_prefix="judge") as pool:
            try:
                yield pool, count
            except BaseException:
                stop_judges()
                raise
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        return
    with _dask(scheduler) as (pool, found):
        yield pool, jobs or found


def _processors() -> list[int]:
    """Return the processors that this process may use, by their numbers."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))


@contextmanager
def _dask(scheduler: str) -> Iterator[tuple[Executor, int]]:
    try:
        import distributed
    except ImportError:
        python = places.shown(sys.executable)
        raise ValueError(
            f'A Dask scheduler needs the package "distributed". In the clone: '
            f'{python} -m pip install -e ".[cluster]"'
        ) from None
    try:
        connect: Any = distributed.Client
        client = connect(scheduler, timeout="20s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"There is no Dask scheduler at {scheduler}: {error}") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ValueError(f"The Dask scheduler at {scheduler} has no workers.")
        with client.get_executor(pure=False, retries=ATTEMPTS) as pool:
            yield pool, threads


def do_jobs(
    submissions: Iterable[Submission], settings: Settings, executor: Executor, at_once: int
) -> Iterator[tuple[Submission, Result | BaseException]]:
    """Grade submissions, and yield each with its result, or with what went wrong, as they come.

    Only as many submissions are read ahead as the executor needs to be busy.
    """
    left = iter(submissions)
    running: dict[Future[Result], tuple[Submission, int]] = {}
    while True:
        while len(running) < at_once * AHEAD and (submission := next(left, None)) is not None:
            running[executor.submit(grade_submission, submission, settings)] = (submission, 1)
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            submission, attempt = running.pop(future)
            error = future.exception()
            if error is None:
                yield submission, future.result()
            elif attempt < ATTEMPTS and not isinstance(error, BrokenExecutor) and _was_lost(error):
                again = executor.submit(grade_submission, submission, settings)
                running[again] = (submission, attempt + 1)
            else:
                yield submission, error


def _was_lost(error: BaseException) -> bool:
    """Whether a worker of a cluster was lost, and the job with it."""
    return type(error).__name__ in (
        "KilledWorker",
        "CancelledError",
        "FutureCancelledError",
        "CommClosedError",
    )
