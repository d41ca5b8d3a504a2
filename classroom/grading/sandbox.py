"""The judge's end of the sandboxes: one for each submission, in which workers are forked.

What they are made of is in `classroom.worker.boxes`, which runs on the other side.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import Self

from ..worker import boxes, template
from ..worker.forked import Forked
from ..worker.forking import Forker
from ..worker.host import FLAGS, MAIN, SET_VARIABLES
from ..worker.link import LOST
from ..worker.talk import Worker

__all__ = ["Keeper", "Sandbox", "SandboxError"]

START = 30.0  # seconds that a keeper may take to start, on a machine that is busy
SETTINGS = {
    "disk": 16 << 20,  # bytes that may be written
    "files": 1024,
    "memory": 512 << 20,  # bytes of address space above the start
    "processes": 32,  # and threads
    "descriptors": 128,
    "cpu": 8,  # seconds of each worker, if it evades the limit of its check
}
FIRST_USER = 0x1000_0000  # users that nobody has: one for each judge, and one for what it judges
FIRST_JUDGE = 0x1100_0000
FEWEST_USERS = 2048  # that a container must have, for some of them to be nobody\'s


class SandboxError(RuntimeError):
    """This system gives no sandbox, or gives none any more; the text says why."""


def unused_user(*, judges: bool = False) -> int:
    """Return a user that nobody is, one for this process as a judge and one for what it judges.

    In a container that itself runs in a user namespace, such as rootless Podman's, there are only so many.
    """
    with open("/proc/self/uid_map", encoding="ascii") as file:
        ranges = [(int(first), int(count)) for first, _, count in map(str.split, file)]
    wanted = (FIRST_JUDGE if judges else FIRST_USER) + os.getpid()
    if any(first <= wanted < first + count for first, count in ranges):
        return wanted
    first, count = max(ranges, key=lambda each: each[1])
    if count < FEWEST_USERS and os.geteuid() == 0:
        raise SandboxError("root has no other users here; start as an ordinary user")
    pair = os.getpid() % max(count // 4, 1)
    return first + count - FEWEST_USERS // 2 - 2 * pair - judges


class Keeper:
    """The process that makes the sandboxes. `means`: how it isolates, in words.

    asyncio: whether answers will need it; without, they start sooner. Raises SandboxError where the system
    can't isolate enough.
    """

    def __init__(self, *, asyncio: bool = False) -> None:
        if not sys.platform.startswith("linux"):
            raise SandboxError("only Linux has what the sandbox is made of")
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        self._control, theirs = socket.socketpair()
        self._control.settimeout(START)
        settings = {**SETTINGS, "uid": unused_user(), "asyncio": int(asyncio)}
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    *FLAGS,
                    str(MAIN),
                    boxes.ARGUMENT,
                    *(f"{k}={v}" for k, v in settings.items()),
                ],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=self._words,
                env=dict(SET_VARIABLES),
                cwd="/",
                start_new_session=True,
            )
        try:
            self.means = self._read_means()
        except BaseException:
            self.end()
            raise

    def _read_means(self) -> tuple[str, ...]:
        assert self._process.stdout is not None
        line = b""
        if select.select([self._process.stdout], [], [], START)[0]:
            line = self._process.stdout.readline(10_000)
        message = json.loads(line or "{}")
        if "means" not in message:
            raise SandboxError(message.get("refused") or f"the sandbox did not start\n{self.last_words()}")
        return tuple(message["means"])

    def last_words(self) -> str:
        """Return what the keeper wrote to stderr."""
        self._words.seek(0)
        return self._words.read(10_000).decode("utf-8", "replace").strip()

    def open(self) -> Sandbox:
        """Make a sandbox. Raises SandboxError."""
        mine, theirs = socket.socketpair()
        with theirs:
            try:
                pid = self._ask(boxes.OPEN, 0, [theirs.fileno()])
            except OSError as error:
                mine.close()
                raise SandboxError(
                    f"the keeper of the sandboxes is gone: {error}\n{self.last_words()}"
                ) from None
        if pid <= 0:
            mine.close()
            raise SandboxError(f"no sandbox could be made: {os.strerror(-pid)}")
        return Sandbox(mine, self, pid)

    def try_out(self) -> None:
        """Make a sandbox and a worker in it, and end both. Raises SandboxError."""
        with self.open() as box:
            try:
                Worker(box.start).end()
            except OSError:
                raise SandboxError(f"no sandbox could be made\n{self.last_words()}".strip()) from None

    def close(self, pid: int) -> None:
        """End a sandbox with all that is in it, and wait until it is gone."""
        with contextlib.suppress(OSError):
            self._ask(boxes.CLOSE, pid)

    def _ask(self, kind: int, pid: int, descriptors: list[int] | None = None) -> int:
        socket.send_fds(self._control, [boxes.REQUEST.pack(kind, pid)], descriptors or [])
        data = self._control.recv(boxes.REPLY.size, socket.MSG_WAITALL)
        if len(data) < boxes.REPLY.size:
            raise ConnectionError("it ended")
        (answer,) = boxes.REPLY.unpack(data)
        return int(answer)

    def end(self) -> None:
        """End the keeper, and every sandbox that is left. May be called again."""
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._words.close()


class Sandbox(Forker):
    """One sandbox. `start` forks a worker in it. Use as a context manager, or call `end`."""

    def __init__(self, control: socket.socket, keeper: Keeper, pid: int) -> None:
        super().__init__(control)
        self._keeper = keeper
        self._pid = pid
        self.is_clean = True  # whether the last `clear` has found nothing left behind

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def make(self, pid: int, to_worker: int, from_worker: int) -> Forked:
        """Return what stands for a worker: its process id means something in the sandbox only."""
        return _Inmate(self, pid, to_worker, from_worker)

    def clear(self) -> bool:
        """Kill all that runs in the sandbox, but for itself; return whether it could be done: `is_clean`."""
        self.is_clean = False
        with self._lock, contextlib.suppress(OSError):
            left = self._ask(template.CLEAR, 0)
            self.is_clean = bool(left)
            return left is not None
        return False

    def end(self) -> None:
        """End the sandbox with all that is in it, and wait until it is gone. May be called again."""
        super().end()
        if self._pid:
            self._keeper.close(self._pid)
            self._pid = 0


class _Inmate(Forked):
    """A worker in a sandbox."""

    def __init__(self, sandbox: Sandbox, pid: int, to_worker: int, from_worker: int) -> None:
        super().__init__(sandbox.status, pid, to_worker, from_worker)
        self.sandbox = sandbox

    def kill(self) -> None:
        """See `Forked`."""
        if self.returncode is None:
            self.kill_all()

    def kill_all(self) -> None:
        """See `Forked`. How a worker ended is asked before, or by nobody."""
        if self.sandbox.clear() and self.returncode is None:
            self.returncode = LOST

    def is_there(self) -> bool:
        """See `Forked`: whoever could tell is gone, and the sandbox with it."""
        return False
