"""A server that no peer can stop: a thread for each connection, and limits on their time and number.

What happens on a connection is the business of blocking; here it is opened, watched and closed. The functions
at the end are for every server that gives each connection a thread.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from .blocking import LINGER, receive_head, route, serve_connection
from .conversation import send_last, write_close
from .handshake import refuse
from .http import parse_request_head
from .tcp import CHUNK, graceful_close, listen_on
from .types import HandshakeError, Role

__all__ = ["BlockingServer", "TimedSocket"]

POLL = 0.1  # seconds until a thread that waits sees that the server ends

Data = TypeVar("Data", str, bytes)
Visits = dict[threading.Thread, Any]  # the threads of a server that are at work, each with its connection


class BlockingServer:
    """A server that gives each connection a thread of its own, so that no peer can keep another waiting.

    It listens on 127.0.0.1, answers requests for pages and handshakes on the same port, and goes on serving
    whatever one peer does. Limits hold for the head (MAX_HEAD bytes), a frame (MAX_PAYLOAD bytes), the number
    of connections and time. A peer that gets nothing done in time, however many bytes it sends, gets a 408
    before the handshake and a Close with 1008 after it; when the server ends, its peers get one with 1001.

    >>> from minews.tcp import recv_until
    >>> with BlockingServer(str.upper, pages={"/": b"<p>Hello"}) as server:
    ...     with socket.create_connection(("127.0.0.1", server.port)) as browser:
    ...         browser.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
    ...         recv_until(browser, b"\\r\\n")[0]
    b'HTTP/1.1 200 OK\\r\\n'
    """

    def __init__(
        self,
        on_text: Callable[[str], str | None],
        *,
        on_binary: Callable[[bytes], bytes | None] | None = None,
        pages: Mapping[str, bytes] | None = None,
        port: int = 0,
        handshake_time: float = 10.0,
        idle_time: float = 300.0,
        max_connections: int = 100,
    ) -> None:
        """Prepare a server; `start` or a `with` block starts it.

        Arguments:
            on_text, on_binary: answer a message, as for `serve_connection`; called in the connection's
                thread. Any exception ends that connection with 1011; the first is kept in `error`, and raised
                at the end of the `with` block.
            pages: HTML by path, as for `route`.
            port: where to listen; 0 lets the system choose.
            handshake_time: seconds until the whole request must have come.
            idle_time: seconds until the next message or Ping must have come whole, or an answer been taken.
            max_connections: who comes when there are so many is refused with 503.
        """
        self.port = port
        self.error: Exception | None = None
        self._on_text, self._on_binary, self._pages = on_text, on_binary, dict(pages or {})
        self._times = handshake_time, idle_time
        self._max_connections = max_connections
        self._visits: Visits = {}
        self._refusals: Visits = {}
        self._listener: socket.socket | None = None

    def start(self) -> None:
        """Listen, and serve in the background; a server that does so already goes on.

        Raises:
            OSError: if the port is taken.
        """
        if self._listener is None:
            self._listener = listen_on(self.port)
            self.port = self._listener.getsockname()[1]
            self._ending = threading.Event()
            self._thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop listening, say goodbye to every peer, and wait for all threads; closing twice is no error."""
        if self._listener is None:
            return
        self._ending.set()
        self._thread.join()
        self._listener.close()
        self._listener = None
        visits = self._visits | self._refusals
        wait_for_visits(visits, 2 * LINGER)
        for conn in visits.values():  # it takes nothing that we send: enough waited
            hang_up(conn)
        wait_for_visits(visits, 2 * LINGER)  # an on_text that does not come back is left behind

    def url(self, path: str = "/", scheme: str = "ws") -> str:
        """Return the URL of a path on this server."""
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def __enter__(self) -> BlockingServer:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        if self.error is not None and kind is None:
            raise self.error

    def __repr__(self) -> str:
        state = "ended" if self._listener is None else f"{len(self._visits)} connections"
        return f"<BlockingServer {self.url()} {state}>"

    def _accept(self, listener: socket.socket) -> None:
        for conn in accept_each(listener, self._ending):
            if len(self._visits) < self._max_connections:
                timed = TimedSocket(conn, self._ending, *self._times)
                begin_visit(self._visits, timed, self._visit)
            elif len(self._refusals) < self._max_connections:
                begin_visit(self._refusals, conn, self._turn_away, LINGER)
            else:  # no thread for a polite end: what the peer has sent may cost it our answer
                self._turn_away(conn, 0.0)

    def _visit(self, conn: TimedSocket) -> None:
        last_words = self._answer(conn)
        if conn.fileno() >= 0:  # else it was closed already
            self._say_goodbye(socket.socket(fileno=conn.detach()), last_words, LINGER)

    def _turn_away(self, conn: socket.socket, linger: float) -> None:
        full = HandshakeError(503, reason="too many connections, come back later")
        self._say_goodbye(conn, refuse(full), linger)

    def _say_goodbye(self, conn: socket.socket, last_words: bytes, linger: float) -> None:
        conn.settimeout(linger)
        send_last(conn, last_words)
        graceful_close(conn, linger)

    def _answer(self, conn: TimedSocket) -> bytes:
        """Serve one connection, and return what is left to say when it has not ended by itself."""
        upgrades = False
        try:
            head, rest = receive_head(conn)
            page = route(parse_request_head(head), self._pages)
            if page is not None:
                conn.sendall(page)
                return b""
            upgrades = True
            conn.put_back(head + rest)
            serve_connection(
                conn, conn.renewing(self._on_text), self._on_binary and conn.renewing(self._on_binary)
            )
            return b""
        except HandshakeError as error:
            return refuse(error)
        except TimeoutError:
            if self._ending.is_set():
                status, code, reason = 503, 1001, "the server ends"
            else:
                status, code, reason = 408, 1008, "nothing got done in time"
        except (EOFError, ConnectionError):
            return b""
        except Exception as error:
            self.error = self.error or (error.args[0] if isinstance(error, _HandlerError) else error)
            status, code, reason = 500, 1011, "the server made a mistake"
        if upgrades:
            return write_close(Role.SERVER, code, reason)
        return refuse(HandshakeError(status, reason=reason))


class _HandlerError(Exception):
    """Holds what a handler raised, so that an EOFError of its own, say, is not taken for the peer's."""


class TimedSocket(socket.socket):
    """A connection whose peer must get something done in time, whoever reads from it, and however.

    What is received goes through a buffer, which can take bytes back. A recv that waits gives up at the
    deadline, and when the server ends. Whatever we send moves the deadline, and so does a message handled.
    """

    def __init__(
        self, conn: socket.socket, ending: threading.Event, handshake_time: float, idle_time: float
    ) -> None:
        super().__init__(fileno=conn.detach())
        self._received = bytearray()
        self._ending = ending
        self._idle_time = idle_time
        self._deadline = time.monotonic() + handshake_time

    def put_back(self, data: bytes) -> None:
        self._received[:0] = data

    def renewing(self, handler: Callable[[Data], Data | None]) -> Callable[[Data], Data | None]:
        """Return the handler of a message, after which the time runs anew; it raises only _HandlerError."""

        def handle(message: Data) -> Data | None:
            try:
                answer = handler(message)
            except Exception as error:
                raise _HandlerError(error) from error
            self._renew()
            return answer

        return handle

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        # A socket with a timeout forgets MSG_WAITALL, so the buffer sees to it.
        wanted = bufsize if flags & socket.MSG_WAITALL else min(bufsize, 1)
        while len(self._received) < wanted and (piece := self._wait()):
            self._received += piece
        taken = bytes(self._received[:bufsize])
        if not flags & socket.MSG_PEEK:
            del self._received[:bufsize]
        return taken

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0, /) -> int:
        view = memoryview(buffer).cast("B")
        taken = self.recv(nbytes or len(view), flags)
        view[: len(taken)] = taken
        return len(taken)

    def send(self, data: Any, flags: int = 0, /) -> int:
        self.settimeout(self._idle_time)
        sent = super().send(data, flags)
        self._renew()
        return sent

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        self.settimeout(self._idle_time)
        super().sendall(data, flags)
        self._renew()

    def _renew(self) -> None:
        self._deadline = time.monotonic() + self._idle_time

    def _wait(self) -> bytes:
        while not self._ending.is_set() and (left := self._deadline - time.monotonic()) > 0:
            self.settimeout(min(left, POLL))
            with contextlib.suppress(TimeoutError):
                return super().recv(CHUNK)
        raise TimeoutError("the peer got nothing done in time")


def accept_each(listener: socket.socket, ending: threading.Event) -> Iterator[socket.socket]:
    """Yield the connections that come, until `ending` is set, which is looked at every POLL seconds."""
    listener.settimeout(POLL)
    while not ending.is_set():
        try:
            yield listener.accept()[0]
        except TimeoutError:
            continue
        except OSError:  # the client left before we came, or too many files are open: that may pass
            ending.wait(POLL)


def begin_visit(visits: Visits, conn: socket.socket, serve: Callable[..., None], *arguments: Any) -> None:
    """Serve a connection in a thread that is one of `visits` meanwhile, and close it then.

    If there are too many threads, it is closed at once.
    """

    def run() -> None:
        try:
            serve(conn, *arguments)
        finally:
            conn.close()
            del visits[threading.current_thread()]

    visit = threading.Thread(target=run, daemon=True)
    visits[visit] = conn  # before it runs, so that none is forgotten
    try:
        visit.start()
    except RuntimeError:  # there are too many threads: that may pass
        del visits[visit]
        conn.close()


def wait_for_visits(visits: Iterable[threading.Thread], seconds: float) -> None:
    """Wait until some visits are over, so many seconds at most."""
    deadline = time.monotonic() + seconds
    for visit in visits:
        visit.join(max(0.0, deadline - time.monotonic()))


def hang_up(conn: socket.socket) -> None:
    """End TCP both ways, which wakes who waits for it."""
    with contextlib.suppress(OSError):
        # An SSLSocket's own shutdown forgets its TLS, and who reads then would get what is hidden in it.
        socket.socket.shutdown(conn, socket.SHUT_RDWR)
