"""WebSocket on blocking sockets and threads, for programs that do one thing at a time.

No thread waits while it holds what another one needs: whoever waits for bytes does so in `recv` of the socket
or, with TLS, in a selector; who waits for room to write, too; and what is done under the lock does not block.
Bytes that the peer does not take yet stay in `_outbox`, and who sent them waits until they are gone.

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
import random
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from .closing import encode_close
from .conversation import receive_before
from .limits import Limits
from .opening import Agreement, ClientOptions, ServerOptions
from .reaching import Attempts, Wire, open_client
from .serving import Visits, accept_each, begin_visit, hang_up, wait_for_visits
from .session import EVICTED, INBOX, OUTBOX, Reception, Session
from .tcp import CHUNK, graceful_close, unacknowledged
from .tls import default_client_tls_context, end_tls, start_tls
from .types import HandshakeError, State

__all__ = ["SyncConnection", "SyncServer", "broadcast", "connect", "connect_again", "serve"]

GLANCE = 0.5  # seconds after which who only sends looks whether something has come
ANSWER_TIME = 1.0  # seconds that a client gets to take our answer, and to read why it is refused

AT_ONCE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # SO_LINGER: closing sends RST

# Neither takes a file descriptor of its own.
Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)

# Where a socket can be told how long to wait (by two longs of 8 bytes), one call of the system waits and
# reads, and others still do not wait.
PATIENT = struct.calcsize("l") == 8 and hasattr(socket, "SO_RCVTIMEO") and hasattr(socket, "MSG_DONTWAIT")

OPEN = State.OPEN  # found faster by this name

NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

Trace = Callable[[str, bytes], None]  # called with "sent" or "received", and the bytes of frames
Handler = Callable[["SyncConnection"], None]


class SyncConnection(Session):
    """One end of a connection. `connect` and `serve` make them.

    Any number of threads may send, and receive: each message goes to one of them. Iterating over it gives
    messages until it ends. Pings are answered, and sent, while a thread waits in `recv`, and now and then by
    `send`; silence counts only while one waits. See `Session` for its attributes.
    """

    def __init__(
        self, sock: socket.socket, agreement: Agreement, limits: Limits, rest: bytes, trace: Trace | None
    ) -> None:
        """Take over a socket on which the handshake is over; `rest` came behind the peer's head."""
        super().__init__(limits)
        self._begin(agreement)
        self._sock, self._trace = sock, trace
        self._outbox = bytearray()  # what is to be sent, and the peer has no room for
        self._owed = 0  # bytes of Pongs since the outbox was empty
        self._emptying = False  # a thread sees to what a broadcast has left in the outbox
        self._broken = False  # nothing more can be sent
        self._silence = 0.0  # seconds that a thread waited in vain since something came
        self._receiving = threading.Lock()  # of who waits for bytes
        self._sending = threading.Lock()  # of who waits for room
        self._lock = threading.Lock()  # around the protocol, the outbox and the socket; nobody waits in it
        self._patient = PATIENT and not isinstance(sock, ssl.SSLSocket)  # it waits in `recv` of the socket
        self._at_once = socket.MSG_DONTWAIT if self._patient else 0  # for calls that must not wait
        self._told = 0.0  # the patience that the socket knows of
        self._looked_at = time.monotonic()  # when somebody last looked whether something has come
        sock.setblocking(self._patient)
        with contextlib.suppress(OSError):  # the peer has gone already; that will be found out
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pending: Callable[[], int] = getattr(sock, "pending", int)  # bytes that wait inside TLS
        self._selector = Selector()
        self._selector.register(sock, EVENT_READ)
        if rest:
            self._show("received", rest)
            with self._lock:
                self._take_and_answer(rest)

    def recv(self, timeout: float | None = None) -> str | bytes:
        """Wait for the next message: a str for a text message, bytes for a binary one.

        Arguments:
            timeout: seconds to wait at most; None waits as long as the connection lasts.

        Raises:
            EOFError: when the connection has ended, and all that came before is read.
            TimeoutError: if no message comes in time. The connection stays open.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        in_time = self._receiving.acquire(
            True, -1 if timeout is None else min(max(0.0, timeout), threading.TIMEOUT_MAX)
        )
        if not in_time:
            raise TimeoutError("other threads received what came in time")
        try:
            while not self._inbox:
                if self._protocol.state is not OPEN:
                    self._check_open()
                if not in_time:
                    raise TimeoutError(f"no message came within {timeout} seconds")
                in_time = self._receive(deadline)
            return self._pop()
        finally:
            self._receiving.release()

    def send(self, message: str | bytes) -> None:
        """Send a message, text for a str and binary for bytes; wait while the peer reads too slowly.

        Raises:
            EOFError: if the connection is not open any more: it is lost, or one of us sent a Close. What the
                peer sent before that can still be received.
            TimeoutError: if the peer takes nothing for the idle time. The connection is lost then.
        """
        if time.monotonic() - self._looked_at > GLANCE:
            self._glance()
        with self._lock:
            self._send_message(message)
            self._flush()
        self._wait_until_sent()

    def ping(self, payload: bytes = b"") -> None:
        """Send a Ping; its Pong shows in `latency`, once `recv` has met it (section 5.5.2).

        Arguments:
            payload: 125 bytes at most; 8 random ones in place of none.

        Raises:
            EOFError, TimeoutError: as `send` does.
            ValueError: if the payload has more than 125 bytes.
        """
        with self._lock:
            self._send_ping(payload)
        self._wait_until_sent()

    def close(self, code: int = 1000, reason: str = "") -> int:
        """Send a Close, wait for the peer's and for the end of TCP; return the code that it ended with.

        Another thread that waits in `recv` gets what still comes, then EOFError. Messages that find INBOX
        bytes waiting are dropped. A peer that takes nothing of what is unsent, or does not answer, gets
        `Limits.close_time`, and as long for the end of TCP; what the system has taken by then still goes out.

        Raises:
            ValueError: if no Close may carry the code, or the reason is too long.
        """
        self.say_goodbye(code, reason)
        deadline = time.monotonic() + self._limits.close_time
        in_time = self._receiving.acquire(timeout=self._limits.close_time)
        if not in_time:
            self._let_go()
            hang_up(self._sock)  # wakes who receives
            self._receiving.acquire()
        try:
            untaken = self._untaken()
            while in_time and not self._is_finished():
                in_time = self._receive(deadline)
                if self._outbox and (left := self._untaken()) < untaken:  # it reads: that may take its time
                    untaken, in_time = left, True
                    deadline = time.monotonic() + self._limits.close_time
            if not self._is_finished():
                self._let_go()
            self._end(max(0.0, deadline - time.monotonic()))
        finally:
            self._receiving.release()
        return self.close_code

    def say_goodbye(self, code: int = 1000, reason: str = "") -> None:
        """Do as `close`, but wait for nothing: another thread still receives what is on its way."""
        with self._lock:
            self._protocol.send_close(code, reason)
            self._flush()

    def abort(self) -> None:
        """Drop the connection at once, without a word; threads that wait for it go on."""
        with self._lock:
            self._give_up()

    @property
    def state(self) -> State:
        """Where the connection stands in its life."""
        return State.CLOSED if self._broken else self._protocol.state

    def __enter__(self) -> SyncConnection:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(1000 if kind is None else 1011)

    def __iter__(self) -> Iterator[str | bytes]:
        with contextlib.suppress(EOFError):
            while True:
                yield self.recv()

    # What the thread does that receives.

    def _receive(self, deadline: float) -> bool:
        """Wait for what comes next and take it, or do what silence asks for; tell whether there was time."""
        self._looked_at = began = time.monotonic()
        left, patience = deadline - began, self._patience() - self._silence
        later = self._later
        try:
            data = later or self._read_within(patience if patience < left else left)
        except NOT_NOW:  # there is room, or a part of what TLS makes bytes of
            self._empty()
            return left > 0
        except OSError:
            data = b""
        if data and not later:
            self._show("received", data)
        with self._lock:
            self._later = b""
            if data:
                self._silence = 0.0
                self._take_and_answer(data)
            elif data is None:
                self._silence += time.monotonic() - began
                self._mind_silence(self._silence)
            else:
                self._protocol.receive_eof()
        return left > 0

    def _read_within(self, patience: float) -> bytes | None:
        """Wait for bytes, and read them; return None if there are none in time."""
        if self._patient and patience > 0 and not self._outbox:
            if patience != self._told:
                self._tell_socket(patience)
            try:
                return self._sock.recv(CHUNK)
            except BlockingIOError:
                return None
        if self._outbox:  # that we owe something is no reason to wait, if there is room for it
            there = _wait_for(self._sock, EVENT_READ | EVENT_WRITE, patience)
        else:
            there = bool(self._pending() or self._selector.select(patience))
        if not there:
            return None
        with self._lock:  # TLS can't read and write at once
            return self._sock.recv(CHUNK, self._at_once)

    def _tell_socket(self, patience: float) -> None:
        self._told = patience
        seconds, microseconds = divmod(max(1, int(patience * 1e6)), 1_000_000)  # 0 would wait for ever
        timeout = struct.pack("ll", seconds, microseconds)
        with contextlib.suppress(OSError):  # it was reset, and waits no more
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)

    def _glance(self) -> None:
        """Take what has come, if no other thread does: a Ping wants an answer, and a Close may be there."""
        if self._inbox_size <= INBOX and self._receiving.acquire(blocking=False):
            try:
                self._receive(time.monotonic())
            finally:
                self._receiving.release()

    def _show(self, direction: str, data: bytes) -> None:
        if self._trace is not None:
            self._trace(direction, data)

    def _take_and_answer(self, data: bytes) -> None:
        self._take(data)
        before = len(self._outbox)
        if (before or self._protocol._output) and not self._flush():
            self._owed += len(self._outbox) - before
            if self._owed > OUTBOX:
                self._give_up()  # it sends Pings for ever, and does not read the answers

    # What every thread does that sends.

    def _flush(self) -> bool:
        """Write what there is room for; return whether nothing is left."""
        if data := self._protocol.data_to_send():
            self._show("sent", data)
            self._outbox += data
        try:
            while self._outbox and not self._broken:
                del self._outbox[: self._sock.send(self._outbox, self._at_once)]
        except NOT_NOW:
            return False
        except OSError:
            self._broken = True  # what the peer said before may still be there to be read
        self._outbox.clear()
        self._owed = 0
        return True

    def _wait_until_sent(self) -> None:
        """Wait until all is on its way, whoever sent it. Raises TimeoutError, EOFError."""
        if self._outbox and not self._wait_for_room():
            raise TimeoutError(f"the peer took nothing for {self._limits.idle_time} seconds")
        if self._broken:
            raise EOFError("the connection is lost")

    def _wait_for_room(self) -> bool:
        """Wait until nothing waits to be sent; return False if the peer took nothing, and is given up."""
        with self._sending:
            while not self._empty():
                if not _wait_for(self._sock, EVENT_WRITE, self._limits.idle_time):
                    self.abort()
                    return False
        return True

    def _empty(self) -> bool:
        with self._lock:
            done = self._flush()
            self._emptying = self._emptying and not done
            return done

    def _post(self, message: str | bytes) -> bool:
        """Send a message, and let another thread wait until it is on its way; tell whether it is sent."""
        with self._lock:
            if self.state is not State.OPEN:
                return False
            if len(self._outbox) > EVICTED:
                self._give_up()
                return False
            self._send_message(message)
            if not self._flush() and not self._emptying:
                with contextlib.suppress(RuntimeError):  # too many threads: the next one to send sees to it
                    threading.Thread(target=self._wait_for_room, daemon=True).start()
                    self._emptying = True
            return True

    # How it ends.

    def _is_finished(self) -> bool:
        """Whether all is said and sent, or the peer has ended TCP."""
        said = self._protocol.tcp_should_end and not self._outbox
        return said or self._protocol.state is State.CLOSED

    def _untaken(self) -> int:
        """Bytes that wait until the peer reads on, in our buffer or in the system's."""
        return len(self._outbox) + unacknowledged(self._sock)

    def _give_up(self) -> None:
        """Give up a peer that takes nothing: it hears of that at once, and of nothing else."""
        self._broken = True
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._protocol.receive_eof()
        hang_up(self._sock)

    def _let_go(self) -> None:
        """Wait for the peer no longer. What the system has taken of what we sent, it may still read."""
        with self._lock:
            if self._outbox:
                self._give_up()
            else:
                with contextlib.suppress(OSError, AttributeError):  # only Linux can be told for how long
                    milliseconds = int(self._limits.idle_time * 1000)
                    self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def _end(self, patience: float) -> None:
        """Close the socket, once nobody waits for it any more; twice is no error."""
        with self._lock:
            self._protocol.receive_eof()
            self._broken = True  # from here on nobody else reads or writes
        end_tls(self._sock, patience)
        with contextlib.suppress(OSError):  # wakes who waits for room
            socket.socket.shutdown(self._sock, socket.SHUT_WR)
        with self._sending:
            graceful_close(self._sock, patience)


class SyncServer(Reception):
    """A server with a thread for each connection; `serve` starts one. It goes on whatever one peer does.

    See `Reception` for its attributes.
    """

    def __init__(
        self, handler: Handler, listener: socket.socket, tls: ssl.SSLContext | None, *arguments: Any
    ) -> None:
        super().__init__(tls is not None, *arguments)
        self.port = listener.getsockname()[1]
        self._handler, self._listener, self._tls = handler, listener, tls
        self._ending = threading.Event()
        self._visits: Visits = {}  # each with its socket, or once it is opened its SyncConnection
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self, code: int = 1001, reason: str = "the server ends") -> None:
        """Stop listening, send every peer a Close, and wait for all threads; twice is no error.

        Peers that do not answer are dropped after `Limits.close_time`; a handler that has not come back after
        as long again is left behind. A handler may close its server, too.

        Raises:
            ValueError: if no Close may carry the code, or the reason is too long.
        """
        encode_close(code, reason)
        self._ending.set()
        hang_up(self._listener)
        self._thread.join()
        self._listener.close()
        visits = self._visits.copy()
        for visitor in visits.values():
            if isinstance(visitor, SyncConnection):
                visitor.say_goodbye(code, reason)
            else:
                hang_up(visitor)
        visits.pop(threading.current_thread(), None)  # a handler that closes its server goes on
        wait_for_visits(visits, self._limits.close_time)
        for conn in self.connections.intersection(visits.values()):
            conn.abort()
        wait_for_visits(visits, self._limits.close_time)

    def __enter__(self) -> SyncServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        for sock in accept_each(self._listener, self._ending):
            try:
                if len(self._visits) >= 2 * self._max_connections:
                    raise OSError("too many connections")
                if self._tls is not None:
                    sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            except OSError:  # or the client has left
                sock.close()
            else:
                begin_visit(self._visits, sock, self._visit)

    def _visit(self, sock: Any) -> None:
        with contextlib.suppress(OSError, EOFError):  # it left, was too slow, or speaks no TLS
            deadline = time.monotonic() + self._limits.open_time
            if self._tls is not None:
                sock.settimeout(self._limits.open_time)
                sock.do_handshake()
            received = bytearray()
            while (decided := self._answer(received, late=time.monotonic() >= deadline)) is None:
                with contextlib.suppress(TimeoutError):
                    received += receive_before(sock, deadline)
            answer, agreement = decided
            sock.settimeout(ANSWER_TIME)
            sock.sendall(answer)
            if agreement is None:
                end_tls(sock, ANSWER_TIME)
                graceful_close(sock, ANSWER_TIME)
            else:
                self._handle(SyncConnection(sock, agreement, self._limits, bytes(received), None))

    def _handle(self, conn: SyncConnection) -> None:
        self._visits[threading.current_thread()] = conn
        self.connections.add(conn)
        code, reason = 1000, ""
        try:
            if self._ending.is_set():
                code, reason = 1001, "the server ends"
            else:
                self._handler(conn)
        except Exception as error:
            code, reason = self._judge(error, conn)
        finally:
            conn.close(code, reason)
            self.connections.discard(conn)


def serve(
    handler: Handler,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    options: ServerOptions | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    max_connections: int = 500,
) -> SyncServer:
    """Start a server in the background; return it, a context manager that closes it.

    Arguments:
        handler: called with each new connection, in a thread of its own; when it returns, the connection is
            closed with 1000, and with 1011 if it raised.
        host, port: where to listen; port 0 is a free port.
        options, limits: what to grant, and what a peer may cost.
        tls: makes it a wss server; see `server_tls_context`.
        max_connections: who comes when so many are open is refused with 503. Twice as many may be there with
            those that open; who comes then is dropped.

    Raises:
        OSError: if it can't listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=128)
    return SyncServer(handler, listener, tls, options, limits, max_connections)


def connect(
    url: str,
    *,
    options: ClientOptions | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    proxy: str | None = None,
    trace: Trace | None = None,
) -> SyncConnection:
    """Open a connection; return it, a context manager that closes it.

    Arguments:
        url: such as "wss://example.com/chat".
        options, limits: what to ask for, and what the server may cost.
        tls: for wss; see `client_tls_context`. None: certificates that the system trusts.
        proxy: an HTTP proxy to go through with CONNECT, such as "http://user:word@proxy.example:3128".
        trace: called with "sent" or "received", and the bytes, whenever some are, once the handshake is over.
            It must not use the connection.

    Raises:
        ValueError: if the URL is none or its host can't be, an option would break out of its line, or `tls`
            is given for ws.
        OSError: if nobody answers there. (TimeoutError and ssl.SSLError are ones, too.)
        EOFError: if the server leaves within its head.
        HandshakeError: if the server does not agree; with the status and headers of its response.
    """
    limits = limits or Limits()
    wire = _BlockingWire(limits, tls)
    try:
        agreement = _run(open_client(wire, url, options, limits.max_head, proxy))
    except BaseException as error:
        wire.sock.close()
        if isinstance(error, TimeoutError):
            raise wire.late(limits) from None
        if isinstance(error, EOFError):
            raise EOFError("the peer left before the handshake was over") from None
        raise
    return SyncConnection(wire.sock, agreement, limits, bytes(wire.received), trace)


def connect_again(
    url: str,
    *,
    rng: random.Random | None = None,
    sleep: Callable[[float], object] = time.sleep,
    **arguments: Any,
) -> Iterator[SyncConnection]:
    """Give a new connection whenever the last one has ended, after growing random delays (section 7.2.3).

    It goes on for ever if nobody breaks out; `contextlib.closing` then closes the last connection at once.

    Arguments:
        url, arguments: as for `connect`.
        rng: where the delays come from.
        sleep: waits so many seconds.

    Raises:
        ValueError: if the URL is none.
        OSError, HandshakeError: if that will not change by itself; see `Attempts`.
    """
    attempts = Attempts(rng)
    while True:
        try:
            conn = connect(url, **arguments)
        except (OSError, EOFError, HandshakeError) as error:
            delay = attempts.delay_after(error)
        else:
            with contextlib.closing(conn):
                yield conn
            delay = attempts.delay_after(None)
        sleep(delay)


def broadcast(connections: Iterable[SyncConnection], message: str | bytes) -> int:
    """Send one message to many, waiting for none; return how many it was sent to.

    A peer for which more than EVICTED bytes wait is given up; connections that are not open are left out.
    """
    return sum(conn._post(message) for conn in list(connections))


class _BlockingWire(Wire):
    """What `open_client` opens a connection with: its functions block, and never suspend it."""

    def __init__(self, limits: Limits, tls: ssl.SSLContext | None) -> None:
        super().__init__(tls)
        self.sock = socket.socket()  # so that there is always one to close
        self._deadline = time.monotonic() + limits.open_time

    async def dial(self, host: str, port: int) -> None:
        self.received.clear()
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        while True:  # each address gets a share of the time, until one answers
            left = (self._deadline - time.monotonic()) / len(addresses)
            if left <= 0:
                raise TimeoutError
            family, kind, protocol, _, address = addresses.pop(0)
            self.sock.close()
            self.sock = socket.socket(family, kind, protocol)
            self.sock.settimeout(left)
            try:
                self.sock.connect(address)
                return
            except OSError:
                if not addresses:
                    raise

    async def start_tls(self, host: str) -> None:
        context = self.tls or default_client_tls_context()
        self.sock = start_tls(self.sock, host, context, self._deadline - time.monotonic())

    async def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    async def receive(self) -> None:
        self.received += receive_before(self.sock, self._deadline)


def _run(coroutine: Coroutine[Any, Any, Agreement]) -> Agreement:
    """Run a coroutine that nothing suspends."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        agreement: Agreement = done.value
        return agreement
    raise RuntimeError("a coroutine that should block waits for an event loop")


def _wait_for(sock: socket.socket, events: int, seconds: float) -> bool:
    with Selector() as selector:
        selector.register(sock, events)
        return bool(selector.select(seconds))
