"""Reading and writing a process's pipes without ever waiting longer than asked, on each system."""

import contextlib
import os
import queue
import selectors
import threading
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


class SelectPipes:
    """Pipes of systems whose selectors take them: all but Windows."""

    def __init__(self, reading: IO[bytes], writing: IO[bytes]) -> None:
        self._reading, self._writing = reading, writing
        self._readable, self._writable = (
            _watching(reading, selectors.EVENT_READ),
            _watching(writing, selectors.EVENT_WRITE),
        )

    def read(self, timeout: float) -> bytes | None:
        """See Pipes."""
        if not self._readable.select(timeout):
            return None
        with contextlib.suppress(BlockingIOError):
            return os.read(self._reading.fileno(), PIECE)
        return None

    def write(self, data: memoryview, timeout: float) -> int:
        """See Pipes."""
        try:
            return os.write(self._writing.fileno(), data)
        except BlockingIOError:
            self._writable.select(timeout)
            return 0
        except BrokenPipeError:
            raise EOFError from None

    def close(self) -> None:
        """See Pipes."""
        self._readable.close()
        self._writable.close()
        self._reading.close()
        self._writing.close()


def _watching(file: IO[bytes], event: int) -> selectors.BaseSelector:
    """Return a selector for one file, which will not block from now on. It takes no descriptor of its own."""
    os.set_blocking(file.fileno(), False)
    selector = getattr(selectors, "PollSelector", selectors.SelectSelector)()
    selector.register(file, event)
    watching: selectors.BaseSelector = selector
    return watching


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
