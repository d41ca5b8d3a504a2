"""A relay in front of a server: it passes all bytes on, both ways, and keeps a recording of each connection.

    with Relay(server.port) as relay:
        client.connect(relay.url("/chat"))
        ...
    draw_session(relay.sessions[-1])  # behind the block: inside it, the last bytes may still be on their way

So a session can be drawn whatever the client and the server are, and neither has to know about it.
"""

from __future__ import annotations

import contextlib
import select
import socket
from types import TracebackType

from .pages import Host
from .recording import RecordedSocket, Session, record
from .servers import Server, serve

__all__ = ["Relay"]

CHUNK = 65_536  # bytes asked of one recv


class Relay:
    """Listens on a free port of 127.0.0.1 and passes on what comes; it can stand wherever a server can."""

    def __init__(self, target: int | Host) -> None:
        """Prepare it; `start` or a `with` block starts it.

        Arguments:
            target: the port of 127.0.0.1 where the server listens, or the server itself, which is then
                started and closed together with the relay.
        """
        self._target = target
        self._recorded: list[RecordedSocket] = []
        self._running = contextlib.ExitStack()
        self._front: Server | None = None

    @property
    def sessions(self) -> list[Session]:
        """What went over each connection so far, seen from the server's side; a copy each time.

        What a client has just sent or received may not be noted yet. After `close` everything is.
        """
        return [conn.session() for conn in list(self._recorded)]

    def start(self) -> None:
        """Listen, and pass on in the background; one that does so already goes on.

        Raises:
            OSError: if the server can't listen.
        """
        if self._front is not None:
            return
        if not isinstance(self._target, int):
            self._target.start()
            self._running.callback(self._target.close)
        self._front = self._running.enter_context(serve(self._pass_on))

    def close(self) -> None:
        """Stop, and end all connections; the recordings stay."""
        self._front = None
        self._running.close()

    def url(self, path: str = "/", scheme: str = "ws") -> str:
        """Return the URL of a path on the server, by way of the relay, which must have been started."""
        if self._front is None:
            raise RuntimeError("the relay has not been started")
        return self._front.url(path, scheme)

    def __enter__(self) -> Relay:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pass_on(self, conn: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._port()), timeout=5) as behind:
            near = record(conn)
            self._recorded.append(near)
            with contextlib.suppress(OSError):  # one of the two is gone: so is the connection
                _pump(near, behind)

    def _port(self) -> int:
        if isinstance(self._target, int):
            return self._target
        return int(self._target.url("/").split(":")[2].partition("/")[0])


def _pump(near: RecordedSocket, far: socket.socket) -> None:
    """Pass on what comes from either end until both have finished."""
    others: dict[RecordedSocket | socket.socket, RecordedSocket | socket.socket] = {near: far, far: near}
    while others:
        ready, _, _ = select.select(list(others), [], [])
        for conn in ready:
            data = conn.recv(CHUNK)
            other = far if conn is near else near
            if data:
                other.sendall(data)
            else:
                del others[conn]
                other.shutdown(socket.SHUT_WR)
