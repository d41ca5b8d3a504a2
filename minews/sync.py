"""WebSocket on blocking sockets and threads: the same as `aio`, for programs that do one thing at a time."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType

from .handshake import make_key, parse_ws_url, refuse
from .http import parse_request_head, parse_response_head, take_head
from .limits import Limits
from .opening import (
    Agreement,
    ClientOptions,
    ServerOptions,
    accept_request,
    check_answer,
    check_proxy_answer,
    follow_redirect,
    proxy_address,
    proxy_request,
    write_request,
)
from .tcp import CHUNK, graceful_close
from .tls import client_tls_context
from .types import HandshakeError, Message, Pong, Response, State

__all__ = ["SyncConnection", "SyncServer", "connect", "serve"]

MAX_REDIRECTS = 5
Trace = Callable[[str, bytes], None]  # called with "sent" or "received", and the bytes of frames

POLL = 0.1  # seconds until a listener sees that it should end


class SyncConnection:
    """One end of a connection. `connect` and `serve` make them.

    One thread at a time may receive; any number may send. Pings are answered, and sent, while one waits in
    `recv`. Iterating over it gives messages until it ends.
    """

    def __init__(
        self,
        conn: socket.socket,
        agreement: Agreement,
        limits: Limits,
        rest: bytes = b"",
        trace: Trace | None = None,
    ) -> None:
        self.agreement = agreement
        self._trace = trace or (lambda direction, data: None)
        self.latency: float | None = None  # seconds, of the last Pong that answered one of our Pings
        self._conn, self._limits = conn, limits
        self._protocol = agreement.connect(limits)
        self._inbox: deque[str | bytes] = deque()
        self._ping: tuple[bytes, float] | None = None
        self._heard_at = time.monotonic()
        self._lock = threading.Lock()  # around what is written, so that frames are not mixed
        conn.settimeout(limits.idle_time)
        with contextlib.suppress(OSError):
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if rest:
            self._take(rest)

    def recv(self, timeout: float | None = None) -> str | bytes:
        """Wait for the next message.

        Arguments:
            timeout: seconds to wait at most; None waits as long as the connection lasts.

        Returns:
            A str for a text message, bytes for a binary one.

        Raises:
            EOFError: when the connection has ended, and all that came before is read.
            TimeoutError: if no message comes in time. The connection stays open.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._inbox:
            if self._protocol.ended or self._protocol.state is State.CLOSED:
                raise EOFError(f"the connection ended with {self.close_code}")
            self._receive(deadline)
        return self._inbox.popleft()

    def send(self, message: str | bytes) -> None:
        """Send a message, text for a str and binary for bytes; wait while the peer reads too slowly.

        Raises:
            EOFError: if the connection is not open any more.
            TimeoutError: if the peer takes nothing for the idle time. The connection is lost then.
        """
        with self._lock:
            if isinstance(message, str):
                self._protocol.send_text(message)
            else:
                self._protocol.send_binary(message)
            self._flush()

    def ping(self, payload: bytes = b"") -> None:
        """Send a Ping; its Pong shows in `latency`, once `recv` has met it.

        Raises:
            EOFError: if the connection is not open any more.
            ValueError: if the payload has more than 125 bytes.
        """
        with self._lock:
            self._ping = payload or os.urandom(4), time.monotonic()
            self._protocol.send_ping(self._ping[0])
            self._flush()

    def close(self, code: int = 1000, reason: str = "") -> int:
        """Send a Close, wait for the peer's and for the end of TCP; return the code that it ended with.

        Raises:
            ValueError: if no Close may carry the code, or the reason is too long.
        """
        self.say_goodbye(code, reason)
        deadline = time.monotonic() + self._limits.close_time
        with contextlib.suppress(OSError, EOFError):
            while not self._protocol.ended and self._protocol.state is not State.CLOSED:
                self._receive(deadline)
        self._end(max(0.0, deadline - time.monotonic()))
        return self.close_code

    def say_goodbye(self, code: int = 1000, reason: str = "") -> None:
        """Send a Close and wait for nothing: another thread still receives what is on its way.

        Raises:
            ValueError: as `close` does.
        """
        with self._lock, contextlib.suppress(OSError):
            self._protocol.send_close(code, reason)
            self._flush()

    @property
    def state(self) -> State:
        """Where the connection stands in its life."""
        return self._protocol.state

    @property
    def close_code(self) -> int:
        """The code that it ended with; see `Connection`."""
        return self._protocol.close_code

    @property
    def close_reason(self) -> str:
        """The reason that it ended with."""
        return self._protocol.close_reason

    def abort(self) -> None:
        """Drop the connection at once, without a word; a thread that waits for it goes on."""
        with contextlib.suppress(OSError):
            self._conn.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> SyncConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(1000 if error is None else 1011)

    def __iter__(self) -> Iterator[str | bytes]:
        with contextlib.suppress(EOFError):
            while True:
                yield self.recv()

    def __repr__(self) -> str:
        return f"<SyncConnection {self.state.value}>"

    def _receive(self, deadline: float | None) -> None:
        """Take what comes next; raise TimeoutError at the deadline."""
        now, ping_time = time.monotonic(), self._limits.ping_time
        waits = [self._heard_at + self._limits.idle_time]
        waits += [] if deadline is None else [deadline]
        if ping_time is not None and self._ping is None and self.state is State.OPEN:
            waits.append(self._heard_at + ping_time)
        wait = min(waits) - now
        if wait <= 0 and min(waits) == deadline:
            raise TimeoutError("nothing came in time")
        try:
            self._conn.settimeout(max(wait, 0.001))
            data = self._conn.recv(CHUNK)
        except TimeoutError:
            self._wake_peer(time.monotonic())
            return
        except OSError:
            data = b""
        self._heard_at = time.monotonic()
        if not data:
            self._protocol.receive_eof()
        else:
            self._take(data)

    def _wake_peer(self, now: float) -> None:
        """Ping a peer that was silent for long, and give one up that was for too long."""
        if now >= self._heard_at + self._limits.idle_time:
            self._protocol.receive_eof()
        elif (
            self._limits.ping_time is not None
            and self._ping is None
            and self.state is State.OPEN
            and now >= self._heard_at + self._limits.ping_time
        ):
            self.ping()

    def _take(self, data: bytes) -> None:
        self._trace("received", data)
        with self._lock:
            for event in self._protocol.receive_data(data):
                if type(event) is Message:
                    self._inbox.append(event.data)
                elif type(event) is Pong and self._ping and event.payload == self._ping[0]:
                    self.latency, self._ping = time.monotonic() - self._ping[1], None
            with contextlib.suppress(OSError):
                self._flush()

    def _flush(self) -> None:
        data = self._protocol.data_to_send()
        if not data:
            return
        self._trace("sent", data)
        self._conn.settimeout(self._limits.idle_time)
        try:
            self._conn.sendall(data)
        except OSError:
            # A part of a frame may be on its way, and nothing could follow that.
            self._protocol.receive_eof()
            self.abort()
            raise

    def _end(self, patience: float) -> None:
        self._protocol.receive_eof()
        if isinstance(self._conn, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                self._conn.settimeout(patience)
                self._conn = self._conn.unwrap()
        graceful_close(self._conn, patience)


class SyncServer:
    """A server with a thread for each connection; `serve` starts one. It goes on whatever one peer does.

    Attributes:
        port: where it listens.
        error: the first exception that a handler raised, or None.
    """

    def __init__(
        self,
        handler: Callable[[SyncConnection], None],
        listener: socket.socket,
        options: ServerOptions,
        limits: Limits,
        tls: ssl.SSLContext | None,
        max_connections: int,
    ) -> None:
        self.port = listener.getsockname()[1]
        self.error: Exception | None = None
        self._handler, self._listener, self._options = handler, listener, options
        self._limits, self._tls, self._max_connections = limits, tls, max_connections
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._sockets: dict[threading.Thread, socket.socket] = {}
        self._open: dict[threading.Thread, SyncConnection] = {}
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path on this server."""
        return f"{'wss' if self._tls else 'ws'}://{host}:{self.port}{path}"

    def close(self, code: int = 1001, reason: str = "the server ends") -> None:
        """Stop listening, send every peer a Close, and wait for all threads; twice is no error."""
        self._ending.set()
        self._thread.join()
        self._listener.close()
        with self._lock:
            visits, opened = list(self._sockets.items()), dict(self._open)
        for conn in opened.values():
            conn.say_goodbye(code, reason)
        deadline = time.monotonic() + self._limits.close_time
        for visit, raw in visits:
            if visit in opened:
                visit.join(max(0.0, deadline - time.monotonic()))
            with contextlib.suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)
            visit.join(self._limits.close_time)

    def __enter__(self) -> SyncServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SyncServer {self.url()} {len(self._open)} connections>"

    def _accept(self) -> None:
        self._listener.settimeout(POLL)
        while not self._ending.is_set():
            try:
                conn, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                self._ending.wait(POLL)  # too many files are open, or the client has left: that may pass
                continue
            visit = threading.Thread(target=self._visit, args=(conn,), daemon=True)
            with self._lock:
                self._sockets[visit] = conn
            try:
                visit.start()
            except RuntimeError:  # too many threads: that may pass
                del self._sockets[visit]
                conn.close()

    def _visit(self, conn: socket.socket) -> None:
        me = threading.current_thread()
        try:
            self._serve(conn, me)
        except (OSError, EOFError):
            pass  # the peer left, or was too slow
        finally:
            with self._lock:
                self._open.pop(me, None)
                self._sockets.pop(me)
            conn.close()

    def _serve(self, conn: socket.socket, me: threading.Thread) -> None:
        deadline = time.monotonic() + self._limits.open_time
        if self._tls is not None:
            conn.settimeout(self._limits.open_time)
            conn = self._tls.wrap_socket(conn, server_side=True)
            with self._lock:
                self._sockets[me] = conn
        try:
            head, rest = _receive_head(conn, deadline)
            if len(self._open) >= self._max_connections:
                raise HandshakeError(503, reason="too many connections, come back later")
            answer, agreement = accept_request(parse_request_head(head), self._options)
        except TimeoutError:
            conn.settimeout(1)
            conn.sendall(refuse(HandshakeError(408, reason="the request did not come in time")))
            return
        except HandshakeError as error:
            conn.settimeout(self._limits.close_time)
            conn.sendall(refuse(error))
            graceful_close(conn, 1.0)
            return
        conn.settimeout(self._limits.idle_time)
        conn.sendall(answer)
        self._handle(SyncConnection(conn, agreement, self._limits, rest), me)

    def _handle(self, conn: SyncConnection, me: threading.Thread) -> None:
        with self._lock:
            self._open[me] = conn
        code, reason = 1000, ""
        try:
            if not self._ending.is_set():
                self._handler(conn)
        except (EOFError, OSError):
            pass  # it sent to a peer that had gone
        except Exception as error:
            self.error = self.error or error
            code, reason = 1011, "the server made a mistake"
        conn.close(code, reason)


def serve(
    handler: Callable[[SyncConnection], None],
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    options: ServerOptions | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    max_connections: int = 500,
) -> SyncServer:
    """Start a server in the background.

    Arguments:
        handler: called with each new connection, in a thread of its own; when it returns, the connection is
            closed with 1000, and with 1011 if it raised.
        host, port: where to listen; port 0 is a free port.
        options, limits, tls, max_connections: as for `aio.serve`.

    Returns:
        The server, already listening; a context manager that closes it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=128)
    return SyncServer(handler, listener, options or ServerOptions(), limits or Limits(), tls, max_connections)


def connect(
    url: str,
    *,
    options: ClientOptions | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    proxy: str | None = None,
    trace: Trace | None = None,
) -> SyncConnection:
    """Open a connection.

    Arguments:
        url, options, limits, tls, proxy: as for `aio.connect`, with the same errors.
        trace: called with "sent" or "received" and the bytes, once the handshake is over.
    """
    options, limits = options or ClientOptions(), limits or Limits()
    deadline = time.monotonic() + limits.open_time
    for _ in range(MAX_REDIRECTS):
        conn = _dial(url, deadline, tls, proxy)
        try:
            response, rest, key = _ask(conn, url, options, deadline)
            moved = follow_redirect(url, response)
            if moved is None:
                return SyncConnection(conn, check_answer(response, key, options), limits, rest, trace)
        except BaseException:
            conn.close()
            raise
        conn.close()
        url, options = moved, options.for_another(url, moved)
    raise HandshakeError(response.status, reason=f"more than {MAX_REDIRECTS} redirects")


def _dial(url: str, deadline: float, tls: ssl.SSLContext | None, proxy: str | None) -> socket.socket:
    where = parse_ws_url(url)
    address = proxy_address(proxy) if proxy else (where.host, where.port)
    conn = socket.create_connection(address, deadline - time.monotonic())
    try:
        if proxy:
            conn.sendall(proxy_request(where, proxy))
            check_proxy_answer(_receive_response(conn, deadline)[0])
        if where.secure:
            return (tls or client_tls_context()).wrap_socket(conn, server_hostname=where.host)
    except BaseException:
        conn.close()
        raise
    return conn


def _ask(
    conn: socket.socket, url: str, options: ClientOptions, deadline: float
) -> tuple[Response, bytes, str]:
    key = make_key()
    conn.sendall(write_request(parse_ws_url(url), key, options))
    return *_receive_response(conn, deadline), key


def _receive_response(conn: socket.socket, deadline: float) -> tuple[Response, bytes]:
    try:
        head, rest = _receive_head(conn, deadline, response=True)
    except HandshakeError as error:
        raise HandshakeError(502, reason=error.reason) from None
    return parse_response_head(head), rest


def _receive_head(conn: socket.socket, deadline: float, *, response: bool = False) -> tuple[bytes, bytes]:
    """Receive a head, and what came after it."""
    buffer = bytearray()
    while (head := take_head(buffer, response=response)) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the head did not come in time")
        conn.settimeout(left)
        piece = conn.recv(CHUNK)
        if not piece:
            raise EOFError("the peer left before the handshake was over")
        buffer += piece
    return head, bytes(buffer)
