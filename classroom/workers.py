"""The judge's side of the workers: a student's code goes in, a transcript of what it did comes out.

    run(answer, ops, callbacks)                  in a spare worker that was started in advance
    run_trusted(path, names, ops, callbacks)     the same ops on objects of a file of the project's own
    InProcess().run(answer, ops, callbacks)      here, where no process can be started

An error of the machinery raises WorkerError; whatever the student's code does is in the Transcript.
"""

import atexit
import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from .worker.fallback import run_here
from .worker.forking import end_template
from .worker.host import WorkerError
from .worker.lacking import lacking_names
from .worker.protocol import Ended, Limits, Loaded, LoadObject, Op, as_tuple
from .worker.table import Callbacks
from .worker.talk import Answer, Transcript, Worker

__all__ = [
    "Answer",
    "InProcess",
    "Limits",
    "Transcript",
    "Worker",
    "WorkerError",
    "end_spare",
    "lacking_names",
    "prepare_spare",
    "run",
    "run_trusted",
]

ROOT = Path(__file__).parents[1]
TRUSTED_LIMITS = Limits(cpu=0.3, wall=3.0)  # of each mistake


class _Spare:
    """The worker that was started in advance, and the thread that starts the next one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def take(self) -> Worker:
        """Return the spare, or a worker that is only starting."""
        self._join()
        with self._lock:
            worker, self._worker = self._worker, None
        return worker or Worker()

    def renew(self, used: Worker | None = None) -> None:
        """In the background: end a used worker and start the next spare."""
        self._join()
        self._thread = threading.Thread(target=self._renew, args=(used,), name="spare worker")
        self._thread.start()

    def _renew(self, used: Worker | None) -> None:
        if used is not None:
            used.end()
        with self._lock, contextlib.suppress(OSError):
            if self._worker is None and not self._closed:
                self._worker = Worker()

    def close(self, *, for_good: bool = False) -> None:
        """End the spare, and the template that it was forked from."""
        self._closed = for_good
        self._join()
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()
        end_template()

    def forget(self) -> None:
        """In a process that was forked from the judge: leave the spare to it."""
        if self._worker is not None:
            self._worker.leave()
        self._lock, self._worker, self._thread = threading.Lock(), None, None  # there is no other thread here

    def _join(self) -> None:
        thread = self._thread
        if thread is not None:
            thread.join()


_spare = _Spare()
atexit.register(_spare.close, for_good=True)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_spare.forget)


def prepare_spare() -> None:
    """Start a spare worker in the background, so that the first check is as fast as the others."""
    _spare.renew()


def end_spare() -> None:
    """End the spare worker, and the template, and wait until they are gone; the next `run` starts another."""
    _spare.close()


def run(
    answer: Answer,
    ops: Iterable[Op],
    callbacks: Mapping[str, Callable[..., object]] | None = None,
    limits: Limits | None = None,
) -> Transcript:
    """Do the ops on the answer in a worker of its own, or here where no process can be started.

    callbacks: what the answer may call, by name: its neighbours, and what ops name as `Callback`.
    """
    try:
        worker = _spare.take()
    except OSError:
        return InProcess().run(answer, ops, callbacks, limits)
    try:
        return worker.run(answer, ops, callbacks, limits)
    finally:
        _spare.renew(worker)


class InProcess:
    """A worker that is no process, for hosts that can't start one. It survives no crash, and no os._exit."""

    def run(
        self,
        answer: Answer,
        ops: Iterable[Op],
        callbacks: Mapping[str, Callable[..., object]] | None = None,
        limits: Limits | None = None,
    ) -> Transcript:
        """Do the ops on the answer in this process."""
        table = Callbacks(callbacks or {})
        begin = time.monotonic()
        loaded, outcomes = run_here(answer.request(table, limits or Limits()), tuple(ops), table)
        if isinstance(loaded, Loaded):
            loaded.lacking = answer.lacking()
        return Transcript(loaded, outcomes, time.monotonic() - begin)

    def end(self) -> None:
        """Do nothing: there is no process."""


def run_trusted(
    path: str | Path,
    names: Sequence[str],
    ops: Iterable[Op],
    callbacks: Mapping[str, Callable[..., object]] | None = None,
    limits: Limits | None = None,
) -> dict[str, Transcript]:
    """Do the same ops on several objects of a trusted file, which may import minews; each has its own limits.

    Where one takes the worker down, the rest are done in another.
    """
    limits, ops = limits or replace(TRUSTED_LIMITS), as_tuple(ops)
    table = Callbacks(callbacks or {})
    requests = {name: LoadObject(str(ROOT), str(Path(path).resolve()), name, limits=limits) for name in names}
    transcripts: dict[str, Transcript] = {}
    while left := [name for name in names if name not in transcripts or transcripts[name].torn]:
        worker = _spare.take()
        try:
            _run_until_gone(worker, {name: requests[name] for name in left}, ops, table, transcripts)
        finally:
            _spare.renew(worker)
    return transcripts


def _run_until_gone(
    worker: Worker,
    requests: Mapping[str, LoadObject],
    ops: tuple[Op, ...],
    table: Callbacks,
    transcripts: dict[str, Transcript],
) -> None:
    """Add transcripts, one a request, until an object takes the worker down; a torn one is made anew."""
    for name, request in requests.items():
        together = name not in transcripts
        transcript = transcripts[name] = worker.run_loaded(request, ops, table, together)
        if any(isinstance(each, Ended) and each.gone for each in (transcript.loaded, *transcript.outcomes)):
            return
