"""WebSocket on blocking sockets and threads: the same as `aio`, for programs that do one thing at a time.

No thread waits while it holds what another one needs: whoever waits, for bytes or for room to write, does
so in a selector, and what is done under the lock does not block (but for the last words of TLS). Bytes that
the peer does not take yet stay in `_outbox`, and whoever sent them waits until they are gone.

>>> def echo(conn):
...     for message in conn:
...         conn.send(message)
>>> with serve(echo) as server, connect(server.url()) as conn:
...     conn.send("Hello")
...     conn.recv()
'Hello'
"""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from selectors import EVENT_READ, EVENT_WRITE
from types import TracebackType
from typing import Any

from .closing import encode_close
from .handshake import refuse
from .http import parse_request_head, parse_response_head, take_head
from .limits import Limits
from .opening import (
    Agreement,
    ClientOpening,
    ClientOptions,
    ServerOptions,
    accept_request,
    check_proxy_answer,
    proxy_address,
    proxy_connect_request,
)
from .tcp import CHUNK, graceful_close
from .tls import client_tls_context, end_tls, start_tls
from .tls import connect as reach
from .types import HandshakeError, Message, Pong, Request, Response, State, WsUrl

__all__ = ["SyncConnection", "SyncServer", "connect", "serve"]

INBOX = 1 << 16  # bytes of messages that are kept after our Close, until the peer's comes
MESSAGE_COST = 64  # bytes that a waiting message takes besides its data
OUTBOX = 1 << 16  # bytes of Pongs that a peer may leave unread
POLL = 0.1  # seconds until a listener sees that it should end, where nothing wakes it
REFUSAL_TIME = 1.0  # seconds that a client that is refused gets to read why

AT_ONCE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # SO_LINGER: closing sends RST

# Neither takes a file descriptor of its own.
Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)

NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

Trace = Callable[[str, bytes], None]  # called with "sent" or "received", and the bytes of frames


class SyncConnection:
    """One end of a connection. `connect` and `serve` make them.

    Any number of threads may send, and receive: each message goes to one of them. Iterating over it gives
    messages until it ends. Pings are answered, and sent, while a thread waits in `recv`.

    Attributes:
        agreement: what was agreed in the handshake; at a server with the client's request.
        latency: seconds that the last Ping took to its Pong, or None; one goes out every `Limits.ping_time`
            in which a thread waited and nothing came.
    """

    def __init__(
        self,
        conn: socket.socket,
        agreement: Agreement,
        limits: Limits,
        rest: bytes = b"",
        trace: Trace | None = None,
    ) -> None:
        """Take over a socket on which the handshake is over.

        Arguments:
            conn: the socket; the connection closes it.
            agreement: what came of the handshake.
            limits: what the peer may cost.
            rest: bytes that came behind the peer's head.
            trace: called with "sent" or "received", and the bytes, whenever some are.
        """
        self.agreement = agreement
        self.latency: float | None = None
        self._conn, self._limits, self._trace = conn, limits, trace
        self._protocol = agreement.connect(limits)
        self._inbox: deque[str | bytes] = deque()
        self._outbox = bytearray()  # what is to be sent, and the peer has no room for
        self._owed = 0  # bytes of Pongs since the outbox was empty
        self._broken = False  # nothing more can be sent
        self._ping: tuple[bytes, float] | None = None  # the last one, and when it was sent
        self._silence = 0.0  # seconds waited since bytes came
        self._ping_at = limits.ping_time or math.inf  # seconds of silence after which a Ping is due
        self._receiving = threading.Lock()  # of who waits for bytes
        self._sending = threading.Lock()  # of who waits for room
        self._lock = threading.Lock()  # around the protocol, the outbox and the socket; nobody waits in it
        conn.setblocking(False)
        with contextlib.suppress(OSError):  # the peer has gone already; that will be found out
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pending: Callable[[], int] = getattr(conn, "pending", int)  # bytes that wait inside TLS
        self._selector = Selector()
        self._selector.register(conn, EVENT_READ)
        if rest:
            with self._lock:
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
        in_time = self._receiving.acquire(timeout=-1 if timeout is None else max(0.0, timeout))
        if not in_time:
            raise TimeoutError("other threads received what came in time")
        try:
            while not self._inbox:
                if self._protocol.ended or self._protocol.state is State.CLOSED:
                    raise EOFError(f"the connection ended with {self.close_code}")
                if not in_time:
                    raise TimeoutError(f"no message came within {timeout} seconds")
                in_time = self._receive(deadline)
            return self._inbox.popleft()
        finally:
            self._receiving.release()

    def send(self, message: str | bytes) -> None:
        """Send a message, text for a str and binary for bytes; wait while the peer reads too slowly.

        Raises:
            EOFError: if the connection is not open any more: it is lost, or one of us sent a Close. What the
                peer sent before that can still be received.
            TimeoutError: if the peer takes nothing for the idle time. The connection is lost then.
        """
        protocol = self._protocol
        if isinstance(message, str):
            self._write(protocol.send_text, message)
        else:
            self._write(protocol.send_binary, message)

    def ping(self, payload: bytes = b"") -> None:
        """Send a Ping; its Pong shows in `latency`, once `recv` has met it (section 5.5.2).

        Arguments:
            payload: 125 bytes at most; 8 random ones in place of none.

        Raises:
            EOFError, TimeoutError: as `send` does.
            ValueError: if the payload has more than 125 bytes.
        """
        self._write(self._send_ping, payload)

    def close(self, code: int = 1000, reason: str = "") -> int:
        """Send a Close, wait for the peer's and for the end of TCP; return the code that it ended with.

        Another thread that waits in `recv` gets what still comes, then EOFError. Messages that find INBOX
        bytes waiting are dropped. All this takes `Limits.close_time`, and as long for the end of TCP.

        Raises:
            ValueError: if no Close may carry the code, or the reason is too long.
        """
        self.say_goodbye(code, reason)
        deadline = time.monotonic() + self._limits.close_time
        in_time = self._receiving.acquire(timeout=self._limits.close_time)
        if not in_time:
            self.abort()
            self._receiving.acquire()
        try:
            while not self._is_finished() and in_time:
                in_time = self._receive(deadline)
            if not self._is_finished():
                self.abort()
            self._end(max(0.0, deadline - time.monotonic()))
        finally:
            self._receiving.release()
        return self.close_code

    def say_goodbye(self, code: int = 1000, reason: str = "") -> None:
        """Send a Close and wait for nothing: another thread still receives what is on its way.

        Raises:
            ValueError: as `close` does.
        """
        with self._lock:
            self._protocol.send_close(code, reason)
            self._push()

    def abort(self) -> None:
        """Drop the connection at once, without a word; threads that wait for it go on."""
        with self._lock:
            self._drop()

    @property
    def state(self) -> State:
        """Where the connection stands in its life."""
        return State.CLOSED if self._broken else self._protocol.state

    @property
    def close_code(self) -> int:
        """The code that it ended with; see `Connection`."""
        return self._protocol.close_code

    @property
    def close_reason(self) -> str:
        """The reason that it ended with."""
        return self._protocol.close_reason

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

    # What the thread does that receives.

    def _receive(self, deadline: float | None) -> bool:
        """Wait for what comes next and take it, or do what silence asks for; tell whether time is left."""
        began = time.monotonic()
        patience = min(self._ping_at, self._limits.idle_time) - self._silence
        if deadline is not None:
            patience = min(patience, deadline - began)
        if self._wait_for_bytes(max(0.0, patience)):
            with self._lock:
                self._read()
        else:
            self._silence += time.monotonic() - began
            self._mind_silence()
        return deadline is None or time.monotonic() < deadline

    def _wait_for_bytes(self, patience: float) -> bool:
        """Wait for something to read, or for room if we owe something; tell whether there is."""
        if self._outbox:
            return _wait_for(self._conn, EVENT_READ | EVENT_WRITE, patience)
        return bool(self._pending() or self._selector.select(patience))

    def _read(self) -> None:
        try:
            data = self._conn.recv(CHUNK)
        except NOT_NOW:
            self._push()
            return
        except OSError:
            data = b""
        if not data:
            self._protocol.receive_eof()
            return
        self._silence, self._ping_at = 0.0, self._limits.ping_time or math.inf
        self._take(data)

    def _mind_silence(self) -> None:
        """Ping a peer that was silent for long, and give up one that was for too long."""
        if self._silence >= self._limits.idle_time:
            self.abort()
        elif self._silence >= self._ping_at:
            self._ping_at += self._limits.ping_time or math.inf
            with self._lock:
                if self._protocol.state is State.OPEN:
                    self._send_ping()
                    self._push()

    def _take(self, data: bytes) -> None:
        if self._trace is not None:
            self._trace("received", data)
        for event in self._protocol.receive_data(data):
            if type(event) is Message:
                self._keep(event.data)
            elif type(event) is Pong and self._ping is not None and event.payload == self._ping[0]:
                self.latency, self._ping = time.monotonic() - self._ping[1], None
        before = len(self._outbox)
        if not self._push():
            self._owed += len(self._outbox) - before
            if self._owed > OUTBOX:
                self._drop()  # it sends Pings for ever, and does not read the answers

    def _keep(self, message: str | bytes) -> None:
        if self._protocol.state is State.OPEN or self._inbox_size() <= INBOX:
            self._inbox.append(message)

    def _inbox_size(self) -> int:
        return sum(len(message) + MESSAGE_COST for message in self._inbox)

    # What every thread does that sends.

    def _write(self, send: Callable[[Any], None], what: str | bytes) -> None:
        """Send a frame, and wait until it is on its way."""
        with self._lock:
            send(what)
            done = self._push()
        if not done:
            self._wait_for_room()
        if self._broken:
            raise EOFError("the connection is lost")

    def _wait_for_room(self) -> None:
        with self._sending:
            while not self._push_now():
                if not _wait_for(self._conn, EVENT_WRITE, self._limits.idle_time):
                    self.abort()
                    raise TimeoutError(f"the peer took nothing for {self._limits.idle_time} seconds")

    def _push_now(self) -> bool:
        with self._lock:
            return self._push()

    def _push(self) -> bool:
        """Write what there is room for; return whether nothing is left."""
        if data := self._protocol.data_to_send():
            if self._trace is not None:
                self._trace("sent", data)
            self._outbox += data
        try:
            while self._outbox and not self._broken:
                del self._outbox[: self._conn.send(self._outbox)]
        except NOT_NOW:
            return False
        except OSError:
            self._broken = True  # what the peer said before may still be there to be read
        self._outbox.clear()
        self._owed = 0
        return True

    def _send_ping(self, payload: bytes = b"") -> None:
        payload = payload or os.urandom(8)
        self._protocol.send_ping(payload)
        self._ping = payload, time.monotonic()

    # How it ends.

    def _is_finished(self) -> bool:
        """Whether all is said and sent, or the peer has ended TCP."""
        said = self._protocol.tcp_should_end and not self._outbox
        return said or self._protocol.state is State.CLOSED

    def _drop(self) -> None:
        """Give up a peer that takes nothing: it hears of that at once, and of nothing else."""
        self._broken = True
        with contextlib.suppress(OSError):
            self._conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._protocol.receive_eof()
        _hang_up(self._conn)

    def _end(self, patience: float) -> None:
        """Close the socket, once nobody waits for it any more."""
        if self._conn.fileno() < 0:
            return
        with self._lock:
            self._protocol.receive_eof()
            self._broken = True
            end_tls(self._conn, patience)
            with contextlib.suppress(OSError):  # wakes who waits for room
                socket.socket.shutdown(self._conn, socket.SHUT_WR)
        with self._sending:
            graceful_close(self._conn, patience)


class SyncServer:
    """A server with a thread for each connection; `serve` starts one. It goes on whatever one peer does.

    Attributes:
        port: where it listens.
        error: the first exception that a handler, or `admit`, raised, or None.
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
        self._lock = threading.Lock()  # around the visits
        self._visits: dict[threading.Thread, socket.socket | SyncConnection] = {}
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def connections(self) -> set[SyncConnection]:
        """Those that are open now."""
        with self._lock:
            return {visitor for visitor in self._visits.values() if isinstance(visitor, SyncConnection)}

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path on this server."""
        return f"{'ws' if self._tls is None else 'wss'}://{host}:{self.port}{path}"

    def close(self, code: int = 1001, reason: str = "the server ends") -> None:
        """Stop listening, send every peer a Close, and wait for all threads; twice is no error.

        Peers that do not answer are dropped after `Limits.close_time`; a handler that has not come back after
        as long again is left behind. A handler may close its server, too.

        Raises:
            ValueError: if no Close may carry the code, or the reason is too long.
        """
        encode_close(code, reason)
        self._ending.set()
        _hang_up(self._listener)
        self._thread.join()
        self._listener.close()
        with self._lock:
            visits = dict(self._visits)
        for visitor in visits.values():
            if isinstance(visitor, SyncConnection):
                visitor.say_goodbye(code, reason)
            else:
                _hang_up(visitor)
        visits.pop(threading.current_thread(), None)  # a handler that closes its server goes on
        self._wait_for(visits)
        for visitor in visits.values():
            if isinstance(visitor, SyncConnection):
                visitor.abort()
        self._wait_for(visits)

    def __enter__(self) -> SyncServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SyncServer {self.url()} {len(self.connections)} connections>"

    def _wait_for(self, visits: Iterable[threading.Thread]) -> None:
        deadline = time.monotonic() + self._limits.close_time
        for visit in visits:
            visit.join(max(0.0, deadline - time.monotonic()))

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
            self._welcome(conn)

    def _welcome(self, conn: socket.socket) -> None:
        """Give a new connection its thread; with too many at once that say nothing, drop it."""
        visit = threading.Thread(target=self._visit, daemon=True)
        with self._lock:
            self._visits[visit] = conn
            too_many = len(self._visits) > 2 * self._max_connections
        try:
            if too_many:
                raise RuntimeError("too many connections")
            visit.start()
        except RuntimeError:  # there are too many threads: that may pass
            with self._lock:
                del self._visits[visit]
            conn.close()

    def _visit(self) -> None:
        me = threading.current_thread()
        try:
            self._serve(me)
        except (OSError, EOFError):
            pass  # it left, was too slow, or speaks no TLS
        finally:
            self._visits[me].close()  # which is done already, unless the opening failed
            with self._lock:
                del self._visits[me]

    def _serve(self, me: threading.Thread) -> None:
        deadline = time.monotonic() + self._limits.open_time
        conn = self._secure(me, deadline)
        try:
            head, rest = _receive_head(conn, deadline)
            if len(self.connections) >= self._max_connections:
                raise HandshakeError(503, reason="too many connections, come back later")
            answer, agreement = self._decide(parse_request_head(head))
        except TimeoutError:
            self._refuse(conn, HandshakeError(408, reason="the request did not come in time"))
        except HandshakeError as error:
            self._refuse(conn, error)
        else:
            conn.settimeout(self._limits.close_time)
            conn.sendall(answer)
            self._handle(SyncConnection(conn, agreement, self._limits, rest), me)

    def _secure(self, me: threading.Thread, deadline: float) -> socket.socket:
        """Begin TLS, if there is to be TLS, in the connection's own thread."""
        with self._lock:  # the socket that `close` finds is always the one in use
            conn = self._visits[me]
            assert isinstance(conn, socket.socket)
            if self._tls is None:
                return conn
            secured = self._tls.wrap_socket(conn, server_side=True, do_handshake_on_connect=False)
            self._visits[me] = secured
        secured.settimeout(_left(deadline))
        secured.do_handshake()
        return secured

    def _decide(self, request: Request) -> tuple[bytes, Agreement]:
        try:
            return accept_request(request, self._options)
        except HandshakeError:
            raise
        except Exception as error:  # of the application's `admit`
            self.error = self.error or error
            raise HandshakeError(500, reason="the server made a mistake") from None

    def _refuse(self, conn: socket.socket, error: HandshakeError) -> None:
        conn.settimeout(REFUSAL_TIME)
        conn.sendall(refuse(error))
        end_tls(conn, REFUSAL_TIME)
        graceful_close(conn, REFUSAL_TIME)

    def _handle(self, conn: SyncConnection, me: threading.Thread) -> None:
        with self._lock:
            self._visits[me] = conn
        code, reason = 1000, ""
        try:
            if self._ending.is_set():
                code, reason = 1001, "the server ends"
            else:
                self._handler(conn)
        except Exception as error:
            # It is no mistake to send to a peer that has gone, or to wait in vain for one that takes nothing.
            if not isinstance(error, EOFError | TimeoutError) or conn.state is State.OPEN:
                self.error = self.error or error
                code, reason = 1011, "the server made a mistake"
        finally:
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
        options: what to grant.
        limits: what a peer may cost.
        tls: makes it a wss server; see `server_tls_context`.
        max_connections: who comes when so many are open is refused with 503. Twice as many may be there with
            those that open; who comes then is dropped.

    Returns:
        The server, already listening; a context manager that closes it.

    Raises:
        OSError: if it can't listen there.
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
        url: such as "wss://example.com/chat".
        options: what to ask for.
        limits: what the server may cost.
        tls: for wss; see `client_tls_context`.
        proxy: an HTTP proxy to go through with CONNECT, such as "http://user:word@proxy.example:3128".
        trace: called with "sent" or "received", and the bytes, whenever some are, once the handshake is over.
            It must not use the connection.

    Returns:
        The connection, open; a context manager that closes it.

    Raises:
        ValueError: if the URL is none.
        OSError: if nobody answers there. (TimeoutError and ssl.SSLError are ones, too.)
        EOFError: if the server leaves within its head.
        HandshakeError: if the server does not agree.
    """
    limits = limits or Limits()
    deadline = time.monotonic() + limits.open_time
    opening = ClientOpening(url, options or ClientOptions())
    while True:
        conn = _dial(opening.where, deadline, tls, proxy)
        try:
            conn.sendall(opening.request)
            response, rest = _receive_response(conn, deadline)
            agreement = opening.judge(response)
            if agreement is not None:
                return SyncConnection(conn, agreement, limits, rest, trace)
        except BaseException:
            conn.close()
            raise
        conn.close()


def _dial(where: WsUrl, deadline: float, tls: ssl.SSLContext | None, proxy: str | None) -> socket.socket:
    """Return a connection to a server, through a proxy and with TLS if so wanted."""
    if proxy is None:
        return reach(where, timeout=_left(deadline), context=tls)
    conn = socket.create_connection(proxy_address(proxy), _left(deadline))
    try:
        conn.sendall(proxy_connect_request(where, proxy))
        response, rest = _receive_response(conn, deadline)
        check_proxy_answer(response)
        if rest:
            raise HandshakeError(502, reason="the proxy said more than it was asked")
    except BaseException:
        conn.close()
        raise
    return start_tls(conn, where.host, tls or client_tls_context(), _left(deadline)) if where.secure else conn


def _receive_response(conn: socket.socket, deadline: float) -> tuple[Response, bytes]:
    head, rest = _receive_head(conn, deadline, response=True)
    return parse_response_head(head), rest


def _receive_head(conn: socket.socket, deadline: float, *, response: bool = False) -> tuple[bytes, bytes]:
    """Receive a head; return it, and what came behind it."""
    buffer = bytearray()
    while (head := take_head(buffer, response=response)) is None:
        conn.settimeout(_left(deadline))
        piece = conn.recv(CHUNK)
        if not piece:
            raise EOFError("the peer left before the handshake was over")
        buffer += piece
    return head, bytes(buffer)


def _left(deadline: float) -> float:
    """Return the seconds that are left, more than 0. Raises TimeoutError if there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the opening handshake took too long")
    return left


def _wait_for(conn: socket.socket, events: int, seconds: float) -> bool:
    with Selector() as selector:
        selector.register(conn, events)
        return bool(selector.select(seconds))


def _hang_up(conn: socket.socket) -> None:
    """End TCP both ways, which wakes who waits for it."""
    with contextlib.suppress(OSError):
        # An SSLSocket's own shutdown forgets its TLS, and who reads then would get what is hidden in it.
        socket.socket.shutdown(conn, socket.SHUT_RDWR)
