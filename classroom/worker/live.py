"""Real sockets, whose far end plays a script on a thread of the worker."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import NoReturn

from .scripted import After, Ends, Step

PAUSE = 0.002  # seconds between two steps, so that they mostly arrive apart
Socket = socket.socket  # as it is now, whatever a recipe puts in its place
PATIENCE = 2.0  # seconds that a callable step waits for something to answer


class FarEnd:
    """The peer of a socket under test: plays the script, and keeps what it receives."""

    def __init__(self, script: Iterable[Step], after: After) -> None:
        self._script = list(script)
        self._after = after
        self._received = bytearray()
        self._looked_at = 0  # bytes of it that a callable step has seen
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._asking = threading.Lock()
        self._socket: socket.socket | None = None

    def play(self, connection: socket.socket) -> None:
        """Play the script on `connection`, then read until the stream ends or `end` is called."""
        connection.setblocking(False)  # before anybody asks for the trace
        self._socket = connection
        with contextlib.suppress(OSError):  # the code under test may leave at any time
            for step in self._script:
                self._send(connection, step)
            if self._after != "stall":
                connection.shutdown(socket.SHUT_WR)
        while not self._ended.wait(PAUSE):
            self._drain()

    def _send(self, connection: socket.socket, step: Step) -> None:
        if not isinstance(step, bytes):
            step = self._asked(connection, step)
        while step and not self._ended.is_set():
            if select.select([], [connection], [], PAUSE)[1]:
                step = step[connection.send(step) :]
            self._drain()
        self._ended.wait(PAUSE)

    def _asked(self, connection: socket.socket, step: Callable[[bytes], bytes | None]) -> bytes:
        """Return what a callable step gives, which may wait until there is something to answer."""
        end, answer, over = time.monotonic() + PATIENCE, None, False
        while answer is None and not over and time.monotonic() < end:
            with self._asking:  # so that nobody asks the judge once `end` has come back
                if self._ended.is_set():
                    break
                if len(self._received) == self._looked_at:
                    select.select([connection], [], [], PAUSE)
                    over = self._drain()
                if len(self._received) > self._looked_at or over:
                    self._looked_at = len(self._received)
                    answer = step(bytes(self._received))
        return answer or b""

    def _drain(self) -> bool:
        """Read what has arrived; return whether the stream has ended."""
        with self._lock, contextlib.suppress(OSError):
            while self._socket is not None:
                data = self._socket.recv(1 << 16)
                if not data:
                    return True
                self._received += data
        return False

    def trace(self) -> list[tuple[object, ...]]:
        """Return [("received", data)], and ("eof",) after it when the code has ended its stream."""
        ended = self._drain()
        received: list[tuple[object, ...]] = [("received", bytes(self._received))]
        return [*received, ("eof",)] if ended else received

    def end(self) -> None:
        """Close this end."""
        self._ended.set()
        with self._asking:
            if self._socket is not None:
                self._socket.close()


class RealSocket(socket.socket):
    """A connected socket under test, with a trace."""

    far: FarEnd
    ends: Ends

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Receive as any socket does, but not for ever after the end of the stream."""
        got = super().recv(bufsize, flags)
        self.ends.count(bufsize, got)
        return got

    @property
    def trace(self) -> list[tuple[object, ...]]:
        """What the far end has received."""
        return self.far.trace()


def real_socket(block: Callable[[str], NoReturn], script: Iterable[Step], after: After = "eof") -> RealSocket:
    """Return one end of a real pair of sockets; the other plays the script. `block`: see ScriptedSocket."""
    near, far = socket.socketpair()
    connection = RealSocket(near.family, near.type, near.proto, near.detach())
    connection.far, connection.ends = FarEnd(script, after), Ends(block)
    threading.Thread(target=connection.far.play, args=(far,), name="far end", daemon=True).start()
    return connection


class Listener:
    """A real server on 127.0.0.1 that accepts one connection and plays a script on it."""

    def __init__(self, script: Iterable[Step], after: After = "eof") -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._far = FarEnd(script, after)
        threading.Thread(target=self._serve, name="listener", daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            self._far.play(connection)

    @property
    def trace(self) -> list[tuple[object, ...]]:
        """What the server has received."""
        return self._far.trace()

    def end(self) -> None:
        """Close both sockets."""
        self._listener.close()
        self._far.end()
