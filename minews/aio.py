"""WebSocket on asyncio: a server and a client for many connections at once, with backpressure.

A connection that is read slowly stops reading from its peer; a peer that reads slowly stops whoever sends to
it, and nobody else. One clock for all connections pings, and ends what takes too long.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from .closing import NO_CLOSE, reconnect_delays
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
from .tls import client_tls_context
from .types import Close, HandshakeError, Message, Pong, Response, State

if TYPE_CHECKING:
    from .speed import FastConnection

__all__ = ["AsyncConnection", "AsyncServer", "broadcast", "connect", "connect_again", "serve"]

TICK = 0.25  # seconds between two looks at the clock
INBOX = 1 << 16  # bytes of messages that wait to be read; with more, nothing is taken from the peer
OUTBOX = 1 << 16  # bytes that wait to be sent; with more, send waits
MESSAGE_COST = 64  # bytes that a waiting message takes besides its data
MAX_REDIRECTS = 5
EVICTED = 1 << 20  # bytes unsent with which a broadcast gives a connection up

Handler = Callable[["AsyncConnection"], Awaitable[None]]


class AsyncConnection(asyncio.Protocol):
    """One end of a connection. `connect` and `serve` make them; asyncio calls some of it.

    One task at a time may receive; any number may send. Iterating over it gives messages until it ends.
    """

    __slots__ = (
        "_clock", "_closed", "_conn", "_deadline", "_drained", "_head", "_heard", "_heard_at", "_inbox",
        "_inbox_size", "_limits", "_on_head", "_ping", "_pinged_at", "_pongs", "_reading", "_transport",
        "_waiter", "agreement", "latency",
    )  # fmt: skip

    def __init__(self, limits: Limits, clock: _Clock, on_head: Callable[[AsyncConnection], None]) -> None:
        self.agreement: Agreement | None = None
        self.latency: float | None = None  # seconds, of the last Pong that answered one of our Pings
        self._limits, self._clock, self._on_head = limits, clock, on_head
        self._head: bytearray | None = bytearray()  # None once the handshake is over
        self._conn: FastConnection | None = None
        self._inbox: deque[str | bytes] = deque()
        self._inbox_size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] | None = None
        self._pongs: deque[tuple[bytes, float, asyncio.Future[float]]] | None = None
        self._ping: tuple[bytes, float] | None = None
        self._reading = self._heard = True
        self._heard_at = self._pinged_at = clock.now
        self._deadline: float | None = clock.now + limits.open_time

    # What applications use.

    async def recv(self) -> str | bytes:
        """Wait for the next message.

        Returns:
            A str for a text message, bytes for a binary one.

        Raises:
            EOFError: when the connection has ended, and all that came before is read.
        """
        while not self._inbox:
            if self._waiter is not None:
                raise RuntimeError("another task waits for this connection's messages already")
            if self._over():
                raise EOFError(f"the connection ended with {self.close_code}")
            self._waiter = self._clock.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        message = self._inbox.popleft()
        self._inbox_size -= len(message) + MESSAGE_COST
        if not self._reading and self._inbox_size <= INBOX // 2:
            self._reading = True
            self._transport.resume_reading()
        return message

    async def send(self, message: str | bytes) -> None:
        """Send a message, text for a str and binary for bytes; wait while the peer reads too slowly.

        Raises:
            EOFError: if the connection is not open any more.
        """
        self.write_message(message)
        while self._drained is not None:
            await asyncio.shield(self._drained)

    def write_message(self, message: str | bytes) -> None:
        """Send a message without waiting, however slowly the peer reads: look at `unsent` before.

        Raises:
            EOFError: if the connection is not open any more.
        """
        conn = self._opened()
        if isinstance(message, str):
            conn.send_text(message)
        else:
            conn.send_binary(message)
        self._transport.write(conn.data_to_send())

    async def ping(self) -> float:
        """Send a Ping and wait for its Pong; return the seconds that this took.

        Raises:
            EOFError: if the connection ends before.
        """
        conn, answer = self._opened(), self._clock.loop.create_future()
        if self._pongs is None:
            self._pongs = deque()
        payload = os.urandom(8)
        self._pongs.append((payload, self._clock.loop.time(), answer))
        conn.send_ping(payload)
        self._transport.write(conn.data_to_send())
        return cast(float, await answer)

    async def close(self, code: int = 1000, reason: str = "") -> int:
        """Send a Close, wait until the connection has ended, and return the code it ended with.

        Raises:
            ValueError: if no Close may carry the code, or the reason is too long.
        """
        self._start_closing(code, reason)
        if self._closed is None and not self._transport.is_closing():
            self._closed = self._clock.loop.create_future()
        if self._closed is not None:
            await asyncio.shield(self._closed)
        return self.close_code

    async def __aenter__(self) -> AsyncConnection:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close(1000 if error is None else 1011)

    def __aiter__(self) -> AsyncConnection:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.recv()
        except EOFError:
            raise StopAsyncIteration from None

    @property
    def state(self) -> State:
        """Where the connection stands in its life."""
        return State.CONNECTING if self._conn is None else self._conn.state

    @property
    def close_code(self) -> int:
        """The code that it ended with; see `Connection`."""
        return NO_CLOSE if self._conn is None else self._conn.close_code

    @property
    def close_reason(self) -> str:
        """The reason that it ended with."""
        return "" if self._conn is None else self._conn.close_reason

    @property
    def unsent(self) -> int:
        """Bytes that wait because the peer reads slowly."""
        return self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection at once, without a word."""
        self._transport.abort()

    def __repr__(self) -> str:
        return f"<AsyncConnection {self.state.value}>"

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(OUTBOX)
        self._clock.watch(self)

    def data_received(self, data: bytes) -> None:
        self._heard = True
        conn = self._conn
        if conn is None:
            if self._head is not None:
                self._head += data
                self._on_head(self)
            return
        for event in conn.receive_data(data):
            if type(event) is Message:
                self._inbox.append(event.data)
                self._inbox_size += len(event.data) + MESSAGE_COST
            elif type(event) is Pong:
                self._note_pong(event.payload)
            elif type(event) is Close:
                self._deadline = self._clock.now + self._limits.close_time
        if output := conn.data_to_send():
            self._transport.write(output)
            if self._drained is not None and self.unsent > EVICTED:
                self.abort()  # it sends Pings and reads no Pongs
        if self._waiter is not None and not self._waiter.done() and (self._inbox or self._over()):
            self._waiter.set_result(None)
        if self._inbox_size > INBOX and self._reading:
            self._reading = False
            self._transport.pause_reading()
        if conn.tcp_should_end:
            self._transport.close()

    def eof_received(self) -> None:
        """Let asyncio close the connection: whoever sends no more, reads no more either."""

    def connection_lost(self, error: Exception | None) -> None:
        self._clock.forget(self)
        if self._conn is not None:
            self._conn.receive_eof()
        elif self._head is not None:
            self._head = None
            self._on_head(self)
        for future in (self._waiter, self._drained, self._closed):
            if future is not None and not future.done():
                future.set_result(None)
        self._drained = None
        for _, _, answer in self._pongs or ():
            if not answer.done():
                answer.set_exception(EOFError("the connection ended before the Pong"))

    def pause_writing(self) -> None:
        self._drained = self._clock.loop.create_future()
        self._deadline = self._clock.now + self._limits.idle_time

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None
        self._deadline = None if self.state is State.OPEN else self._clock.now + self._limits.close_time

    # What server and client call.

    def take_head(self, *, response: bool = False) -> bytes | None:
        """Return the whole head that has come, or None. Raises HandshakeError, and EOFError if none can."""
        if self._head is None:
            raise EOFError("the peer left before the handshake was over")
        return take_head(self._head, response=response)

    def begin(self, agreement: Agreement) -> None:
        """Go over from heads to frames, those first that came with the head."""
        assert self._head is not None
        rest, self._head = bytes(self._head), None
        self.agreement, self._conn = agreement, agreement.connect(self._limits)
        self._deadline = None
        if rest:
            self.data_received(rest)

    def refuse(self, error: HandshakeError) -> None:
        """Answer a request with an error, and end."""
        self._head = None
        self._transport.write(refuse(error))
        self._transport.close()

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._transport.write(data)

    async def start_tls(self, tls: ssl.SSLContext, host: str) -> None:
        """Go on inside TLS."""
        started = await self._clock.loop.start_tls(self._transport, self, tls, server_hostname=host)
        assert started is not None
        self._transport = started

    def look_at_clock(self, now: float) -> None:
        """Ping, if it is time; end what took too long."""
        if self._heard or not self._reading:
            self._heard, self._heard_at = False, now
        if (self._deadline is not None and now > self._deadline) or (
            self._conn is not None and now > self._heard_at + self._limits.idle_time
        ):
            self._give_up()
        elif (
            self._limits.ping_time is not None
            and self.state is State.OPEN
            and now > max(self._heard_at, self._pinged_at) + self._limits.ping_time
        ):
            assert self._conn is not None
            self._ping, self._pinged_at = (os.urandom(4), self._clock.loop.time()), now
            self._conn.send_ping(self._ping[0])
            self._transport.write(self._conn.data_to_send())

    def _give_up(self) -> None:
        if self._conn is None and self._head is not None and not self._transport.is_closing():
            self.refuse(HandshakeError(408, reason="the request did not come in time"))
            self._deadline = self._clock.now + self._limits.close_time
        else:
            self.abort()

    def _start_closing(self, code: int, reason: str) -> None:
        if self._conn is not None and self._conn.state is State.OPEN:
            self._conn.send_close(code, reason)
            self._transport.write(self._conn.data_to_send())
            self._deadline = self._clock.now + self._limits.close_time
            if not self._reading:
                self._reading = True
                self._transport.resume_reading()

    def _opened(self) -> FastConnection:
        if self._conn is None or self._transport.is_closing():
            raise EOFError("the connection is not open")
        return self._conn

    def _over(self) -> bool:
        return self._conn is None or self._conn.ended or self._transport.is_closing()

    def _note_pong(self, payload: bytes) -> None:
        now = self._clock.loop.time()
        if self._ping is not None and payload == self._ping[0]:
            self.latency, self._ping = now - self._ping[1], None
        waiting = self._pongs or ()
        if any(payload == sent for sent, _, _ in waiting):
            while self._pongs:  # section 5.5.3: one Pong may answer all Pings before it
                sent, when, answer = self._pongs.popleft()
                self.latency = now - when
                if not answer.done():
                    answer.set_result(self.latency)
                if sent == payload:
                    break


class _Clock:
    """One timer for all connections of a server, or for one of a client."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time()
        self.watched: set[AsyncConnection] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, conn: AsyncConnection) -> None:
        self.watched.add(conn)
        if self._timer is None:
            self._tick()

    def forget(self, conn: AsyncConnection) -> None:
        self.watched.discard(conn)
        if not self.watched and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self.now = self.loop.time()
        for conn in list(self.watched):
            conn.look_at_clock(self.now)
        self._timer = self.loop.call_later(TICK, self._tick)


class AsyncServer:
    """A server; `serve` starts one. It goes on whatever one peer does.

    Attributes:
        port: where it listens.
        connections: those that are open now.
        error: the first exception that a handler raised, or None.
    """

    def __init__(
        self, handler: Handler, options: ServerOptions, limits: Limits, max_connections: int, secure: bool
    ) -> None:
        self.port = 0
        self.connections: set[AsyncConnection] = set()
        self.error: BaseException | None = None
        self._handler, self._options, self._limits = handler, options, limits
        self._max_connections, self._secure = max_connections, secure
        self._clock = _Clock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def listen(self, host: str | None, port: int, tls: ssl.SSLContext | None) -> None:
        """Start to accept connections."""
        self._listener = await self._clock.loop.create_server(
            lambda: AsyncConnection(self._limits, self._clock, self._answer),
            host,
            port,
            ssl=tls,
            backlog=1024,
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path on this server."""
        return f"{'wss' if self._secure else 'ws'}://{host}:{self.port}{path}"

    async def close(self, code: int = 1001, reason: str = "the server ends") -> None:
        """Stop listening, send every peer a Close, then wait for all handlers; the last are cancelled."""
        if self._listener is None:
            return
        # A connection accepted in the very moment of close() would be forgotten (cpython issue 109564).
        await asyncio.sleep(0.05)
        self._listener.close()
        self._listener = None
        open_now, waiting = list(self.connections), self._clock.watched - self.connections
        for conn in waiting:
            conn.abort()
        await asyncio.gather(*(conn.close(code, reason) for conn in open_now))
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._limits.close_time)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def __aenter__(self) -> AsyncServer:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncServer {self.url()} {len(self.connections)} connections>"

    def _answer(self, conn: AsyncConnection) -> None:
        """Take what has come of a request, and answer it once it is whole."""
        try:
            head = conn.take_head()
            if head is None:
                return
            if len(self.connections) >= self._max_connections:
                raise HandshakeError(503, reason="too many connections, come back later")
            answer, agreement = accept_request(parse_request_head(head), self._options)
        except HandshakeError as error:
            conn.refuse(error)
        except EOFError:
            pass  # it left; nobody is there to be answered
        else:
            conn.write(answer)
            self.connections.add(conn)
            task = self._clock.loop.create_task(self._serve(conn))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            conn.begin(agreement)

    async def _serve(self, conn: AsyncConnection) -> None:
        code, reason = 1000, ""
        try:
            await self._handler(conn)
        except EOFError:
            pass  # it sent to a peer that had gone
        except Exception as error:
            self.error = self.error or error
            code, reason = 1011, "the server made a mistake"
        try:
            await conn.close(code, reason)
        finally:
            self.connections.discard(conn)


async def serve(
    handler: Handler,
    host: str | None = "127.0.0.1",
    port: int = 0,
    *,
    options: ServerOptions | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    max_connections: int = 10_000,
) -> AsyncServer:
    """Start a server.

    Arguments:
        handler: a coroutine function, called with each new connection; when it returns, the connection is
            closed with 1000, and with 1011 if it raised.
        host, port: where to listen; None is every address, and port 0 a free port.
        options: what to grant.
        limits: what a peer may cost.
        tls: makes it a wss server; see `server_tls_context`.
        max_connections: who comes when there are so many is refused with 503.

    Returns:
        The server, already listening; a context manager that closes it.
    """
    server = AsyncServer(
        handler, options or ServerOptions(), limits or Limits(), max_connections, tls is not None
    )
    await server.listen(host, port, tls)
    return server


async def connect(
    url: str,
    *,
    options: ClientOptions | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    proxy: str | None = None,
) -> AsyncConnection:
    """Open a connection.

    Arguments:
        url: such as "wss://example.com/chat".
        options: what to ask for.
        limits: what the server may cost.
        tls: for wss; see `client_tls_context`.
        proxy: an HTTP proxy to go through with CONNECT, such as "http://user:word@proxy.example:3128".

    Raises:
        ValueError: if the URL is none.
        OSError: if nobody answers there. (TimeoutError and ssl.SSLError are ones, too.)
        EOFError: if the server leaves within its head.
        HandshakeError: if the server does not agree.
    """
    options, limits = options or ClientOptions(), limits or Limits()
    async with asyncio.timeout(limits.open_time):
        for _ in range(MAX_REDIRECTS):
            conn, response, key = await _ask(url, options, limits, tls, proxy)
            moved = follow_redirect(url, response)
            if moved is None:
                try:
                    conn.begin(check_answer(response, key, options))
                except BaseException:
                    conn.abort()
                    raise
                return conn
            conn.abort()
            url, options = moved, options.for_another(url, moved)
    raise HandshakeError(response.status, reason=f"more than {MAX_REDIRECTS} redirects")


async def _ask(
    url: str, options: ClientOptions, limits: Limits, tls: ssl.SSLContext | None, proxy: str | None
) -> tuple[AsyncConnection, Response, str]:
    """Connect, send the request, and return what the server answered."""
    where, key = parse_ws_url(url), make_key()
    loop, heard = asyncio.get_running_loop(), asyncio.Event()
    host, port = proxy_address(proxy) if proxy else (where.host, where.port)
    secure = (tls or client_tls_context()) if where.secure else None
    _, conn = await loop.create_connection(
        lambda: AsyncConnection(limits, _Clock(), lambda conn: heard.set()),
        host,
        port,
        ssl=None if proxy else secure,
        server_hostname=where.host if secure and not proxy else None,
    )
    try:
        if proxy:
            conn.write(proxy_request(where, proxy))
            check_proxy_answer(await _receive_head(conn, heard))
            if secure:
                await conn.start_tls(secure, where.host)
        conn.write(write_request(where, key, options))
        return conn, await _receive_head(conn, heard), key
    except BaseException:
        conn.abort()
        raise


async def _receive_head(conn: AsyncConnection, heard: asyncio.Event) -> Response:
    while True:
        try:
            head = conn.take_head(response=True)
        except HandshakeError as error:
            raise HandshakeError(502, reason=error.reason) from None
        if head is not None:
            return parse_response_head(head)
        await heard.wait()
        heard.clear()


async def connect_again(
    url: str, *, rng: random.Random | None = None, **arguments: Any
) -> AsyncIterator[AsyncConnection]:
    """Give a new connection whenever the last one has ended, after growing random delays (section 7.2.3).

    Arguments:
        url, arguments: as for `connect`.
        rng: where the delays come from.
    """
    rng = rng or random.Random()
    delays = reconnect_delays(rng)
    while True:
        try:
            conn = await connect(url, **arguments)
        except (OSError, EOFError, HandshakeError):
            await asyncio.sleep(next(delays))
            continue
        delays = reconnect_delays(rng)
        async with conn:
            yield conn
        await asyncio.sleep(next(delays))


def broadcast(connections: Iterable[AsyncConnection], message: str | bytes) -> int:
    """Send one message to many, waiting for none.

    A peer that reads so slowly that a MiB waits for it is given up, so that it costs no more.

    Arguments:
        connections: those of one server, or any; the ones that are not open are left out.
        message: text for a str, binary for bytes.

    Returns:
        How many it was sent to.
    """
    sent = 0
    for conn in list(connections):
        if conn.unsent > EVICTED:
            conn.abort()
        else:
            with contextlib.suppress(EOFError):
                conn.write_message(message)
                sent += 1
    return sent
