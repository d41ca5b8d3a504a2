"""A worker that is no child of the judge, with what `subprocess.Popen` has of a process."""

import contextlib
import math
import os
import signal
import subprocess
import time
from collections.abc import Callable

from .link import LOST

GONE = 1.0  # seconds after which a killed worker counts as gone where nobody can know
SHORTEST, LONGEST = 0.0005, 0.05  # seconds between looks whether a worker still lives
Status = Callable[[int], int | None]


class Forked:
    """A worker that another process has forked, and two pipes to it.

    status: returns an exit code by the process id, None while it runs. Raises OSError if nobody knows.
    """

    def __init__(self, status: Status, pid: int, to_worker: int, from_worker: int) -> None:
        self.pid = pid
        self.stdin, self.stdout = open(to_worker, "wb", 0), open(from_worker, "rb", 0)  # noqa: SIM115
        self.returncode: int | None = None
        self._status = status
        self._killed = math.inf

    def poll(self) -> int | None:
        """Return the exit code (-n: signal n; LOST: the template that knew is gone), None while it runs."""
        if self.returncode is None:
            try:
                self.returncode = self._status(self.pid)
            except OSError:
                late = time.monotonic() > self._killed + GONE
                self.returncode = LOST if late or not self.is_there() else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        end = math.inf if timeout is None else time.monotonic() + timeout
        pause = SHORTEST
        while (code := self.poll()) is None:
            left = end - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired("worker", timeout or 0)
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST)
        return code

    def kill(self) -> None:
        """Kill it, if it still runs."""
        if self.poll() is None:
            self._killed = min(self._killed, time.monotonic())
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """Kill it, and the processes that it has started in its session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def is_there(self) -> bool:
        """Whether there is such a process of this user's."""
        try:
            os.kill(self.pid, 0)
        except OSError:
            return False
        return True
