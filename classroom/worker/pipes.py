"""Reading and writing a process's pipes without ever waiting longer than asked, on each system."""

import contextlib
import os
import queue
import select
import threading
from collections.abc import Callable
from typing import IO, Protocol

PIECE = 1 << 18  # bytes


class Pipes(Protocol):
    """The two pipes of a process."""

    def read(self, timeout: float) -> bytes | None:
        """Return some bytes, b"" at the end of the stream, None when nothing came in `timeout` seconds."""

    def write(self, data: memoryview, timeout: float) -> int:
        """Write some of the bytes and return how many. Raises EOFError when nobody reads any more."""

    def close(self) -> None:
        """Close both."""


class PollPipes:
    """Pipes of systems that can wait for them: all but Windows."""

    def __init__(self, reading: IO[bytes], writing: IO[bytes]) -> None:
        self._reading, self._writing = reading, writing
        self._from, self._to = reading.fileno(), writing.fileno()
        self._readable, self._writable = _waiting(self._from, "POLLIN"), _waiting(self._to, "POLLOUT")

    def read(self, timeout: float) -> bytes | None:
        """See Pipes."""
        try:
            return os.read(self._from, PIECE) if self._readable(1000 * timeout) else None
        except BlockingIOError:
            return None

    def write(self, data: memoryview, timeout: float) -> int:
        """See Pipes."""
        try:
            return os.write(self._to, data)
        except BlockingIOError:
            self._writable(1000 * timeout)
            return 0
        except BrokenPipeError:
            raise EOFError from None

    def close(self) -> None:
        """See Pipes."""
        self._from = self._to = -1
        self._reading.close()
        self._writing.close()


def _waiting(descriptor: int, event: str) -> Callable[[float], object]:
    """Return what waits for a descriptor, which will not block from now on, so many milliseconds."""
    os.set_blocking(descriptor, False)
    poll = select.poll()
    poll.register(descriptor, getattr(select, event))
    return poll.poll


class ThreadPipes:
    """Pipes with a thread each: for Windows, where nothing else can give up waiting for one."""

    def __init__(self, reading: IO[bytes], writing: IO[bytes]) -> None:
        self._reading, self._writing = reading, writing
        self._incoming: queue.Queue[bytes] = queue.Queue()
        self._outgoing: queue.Queue[bytes] = queue.Queue()
        self._broken = False
        self._threads = [
            threading.Thread(target=work, name="worker pipe", daemon=True)
            for work in (self._keep_reading, self._keep_writing)
        ]
        for thread in self._threads:
            thread.start()

    def _keep_reading(self) -> None:
        data = b"more"
        while data:
            try:
                data = os.read(self._reading.fileno(), PIECE)
            except (OSError, ValueError):  # closed
                data = b""
            self._incoming.put(data)

    def _keep_writing(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := self._outgoing.get():
                view = memoryview(data)
                while view:
                    view = view[os.write(self._writing.fileno(), view) :]
        self._broken = True

    def read(self, timeout: float) -> bytes | None:
        """See Pipes."""
        try:
            return self._incoming.get(timeout=timeout) if timeout > 0 else self._incoming.get_nowait()
        except queue.Empty:
            return None

    def write(self, data: memoryview, timeout: float) -> int:
        """See Pipes."""
        if self._broken:
            raise EOFError
        self._outgoing.put(bytes(data))
        return len(data)

    def close(self) -> None:
        """See Pipes. The process is dead by now, so the threads come to their ends."""
        self._outgoing.put(b"")
        for thread in self._threads:
            thread.join(1)
        self._reading.close()
        self._writing.close()
