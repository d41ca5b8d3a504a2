"""A small server in the background, for as long as one `with` block of a notebook.

It listens on a free port of 127.0.0.1, gives each connection to a function and a thread, and leaves nothing
behind: no port, no thread, no connection. So a cell that uses it can be run again at any time.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Server", "real_server", "serve"]

PATIENCE = 5.0  # seconds that a connection may be silent
LINGER = 1.0  # seconds for the peer to close its side after ours
POLL = 0.02  # seconds until the listener sees that it should end

# What happens when a peer leaves or falls silent: the business of that peer, and no error of the experiment.
PEER_LEFT = (ConnectionError, EOFError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a background server listens."""

    port: int

    def url(self, path: str = "/", scheme: str = "ws") -> str:
        """The URL of a path on this server."""
        return f"{scheme}://127.0.0.1:{self.port}{path}"


@contextlib.contextmanager
def serve(answer: Callable[[socket.socket], object]) -> Iterator[Server]:
    """Run a server in the background.

    Arguments:
        answer: called with each new connection, in a thread of its own. When it returns, the server stops
            sending, waits a moment for the peer to do the same, and closes the connection. Errors that only
            mean that the peer left are ignored.

    Raises:
        Exception: at the end of the block, the first error that `answer` raised.
    """
    listener = _Listener(answer)
    thread = threading.Thread(target=listener.serve_forever, args=(POLL,), name="minews server")
    thread.start()
    try:
        yield Server(listener.server_address[1])
    finally:
        listener.shutdown()
        thread.join()
        listener.end_connections()
        listener.server_close()  # closes the port and waits for the threads
    if listener.errors:
        raise listener.errors[0]


@contextlib.contextmanager
def real_server(answer: Callable[[Any], None] = lambda websocket: None) -> Iterator[Server | None]:
    """Run the server of the Python package websockets in the background.

    Arguments:
        answer: called with each connection of that package after its handshake; when it returns, the
            connection is closed. It says nothing if nobody says otherwise.

    Without that package the block gets None, and a sentence says so.
    """
    try:
        from websockets.sync.server import serve as serve_websockets
        from websockets.version import version
    except ImportError:
        print("The Python package websockets is not installed: its part is left out.")
        yield None
        return
    quiet = logging.Logger("websockets of the experiment", level=logging.CRITICAL + 1)
    # Pings come from a thread of their own, which outlives its connection by a moment.
    options: dict[str, Any] = {"ping_interval": None} if int(version.split(".")[0]) >= 15 else {}
    with serve_websockets(answer, "127.0.0.1", 0, logger=quiet, **options) as real:
        thread = threading.Thread(target=real.serve_forever, name="websockets server")
        thread.start()
        try:
            yield Server(real.socket.getsockname()[1])
        finally:
            real.shutdown()
            thread.join()


class _Listener(socketserver.ThreadingTCPServer):
    request_queue_size = 128
    daemon_threads = False

    def __init__(self, answer: Callable[[socket.socket], object]) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.answer = answer
        self.errors: list[Exception] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)  # before its thread runs, so that none is forgotten
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(PATIENCE)
        try:
            self.answer(request)
            _say_goodbye(request)
        except PEER_LEFT:
            pass
        except Exception as error:
            self.errors.append(error)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        request.close()

    def end_connections(self) -> None:
        """Wake every thread that still waits for its peer."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _say_goodbye(connection: socket.socket) -> None:
    """Stop sending, and read until the peer has closed too: a reset could take our last bytes with it."""
    with contextlib.suppress(OSError):  # `answer` may have closed it
        connection.settimeout(LINGER)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
