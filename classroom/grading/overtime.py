"""The judge's own time: what code gives back may make judging slow, and nobody else should wait for that."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..worker.pace import slowness

__all__ = ["JUDGING", "OvertimeError", "cpu_limited"]

JUDGING = 20.0  # seconds that judging an exercise may compute on an ordinary computer; most take a hundredth


class OvertimeError(BaseException):
    """Judging takes too long. Not an Exception: what is judged must not catch it."""


@contextmanager
def cpu_limited(seconds: float) -> Iterator[None]:
    """Raise OvertimeError in what runs for longer: in the main thread, where the system can interrupt it."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def interrupt(*_: object) -> None:
        raise OvertimeError

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds * slowness())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
