"""WebSocket on asyncio: a server and a client for many connections at once, with backpressure.

A connection whose messages nobody reads stops reading from its peer; a peer that reads slowly stops whoever
sends to it, and nobody else. One clock for all connections of a server pings, and ends what takes too long.

>>> async def echo(conn):
...     async for message in conn:
...         await conn.send(message)
>>> async def talk():
...     async with await serve(echo) as server, await connect(server.url()) as conn:
...         await conn.send("Hello")
...         return await conn.recv()
>>> asyncio.run(talk())
'Hello'

What one connection may hold, besides a message that is not whole yet (Limits.max_message): INBOX and what one
read from the socket brings of messages that wait to be read (where they may be compressed, what BIT bytes
inflate to); OUTBOX, HELD and one message that wait to be sent by `send`; EVICTED and one message where
`broadcast` or `write_message` do not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from typing import Any, cast
from weakref import WeakKeyDictionary

from .closing import encode_close
from .limits import Limits
from .opening import Agreement, ClientOptions, ServerOptions
from .reaching import Attempts, Wire, open_client
from .session import EVICTED, INBOX, MESSAGE_COST, NOT_YET, OUTBOX, Reception, Session
from .tcp import unacknowledged
from .tls import default_client_tls_context
from .types import HandshakeError, State

__all__ = ["AsyncConnection", "AsyncServer", "broadcast", "connect", "connect_again", "serve"]

READ = 1 << 16  # bytes to take from a socket at once
BREATH = 100  # messages that may be sent at one go before other tasks get their turn
NEXT_ADDRESS = 0.25  # seconds after which a host's next address is tried, beside those that do not answer
HELD = 1 << 14  # bytes, or characters, of messages that may wait to be written at one go

OPEN = State.OPEN  # found faster by this name

# What comes is taken out of the buffer as soon as it is there: one is enough for all connections. asyncio by
# itself takes 256 KiB for each read, which can take half of all the time.
_buffers: WeakKeyDictionary[asyncio.AbstractEventLoop, memoryview] = WeakKeyDictionary()

Handler = Callable[["AsyncConnection"], Awaitable[None]]


class AsyncConnection(Session, asyncio.BufferedProtocol):
    """One end of a connection. `connect` and `serve` make them; asyncio calls some of it.

    One task at a time may receive; any number may send. Iterating over it gives messages until it ends.

    Pings are answered by themselves, also while nobody receives; but behind INBOX bytes of messages that
    nobody took, they wait with all that the peer sends. See `Session` for its attributes.
    """

    __slots__ = (
        "_drained", "_ended", "_head", "_heard", "_heard_at", "_held", "_keeper", "_owed", "_reading",
        "_stalled", "_transport", "_waiter",
    )  # fmt: skip

    def __init__(self, keeper: _Keeper, received: bytearray) -> None:
        super().__init__(keeper.limits)
        self._keeper = keeper
        self._head: bytearray | None = received  # what came of the peer's head; None once that is over
        self._held = 0  # what messages cost that are not written yet; if any, `_flush` is called soon
        self._owed = 0  # bytes of Pongs written since the peer reads too slowly
        self._waiter: asyncio.Future[None] | None = None  # of who receives, or opens
        self._drained: asyncio.Future[None] | None = None  # of those who send, while the peer reads slowly
        self._ended: asyncio.Future[None] = keeper.loop.create_future()  # done once all is over
        self._stalled = (0, 0.0)  # the fewest bytes that were left to be taken, and since when
        self._reading = self._heard = True
        self._heard_at = 0.0  # when the clock last saw that something had come

    # What applications use.

    def recv(self) -> Coroutine[Any, Any, str | bytes]:
        """Wait for the next message: a str for a text message, bytes for a binary one.

        Raises:
            EOFError: when the connection has ended, and all that came before is read.
            RuntimeError: if another task is receiving.
        """
        return self._receive(EOFError)

    async def send(self, message: str | bytes) -> None:
        """Send a message, text for a str and binary for bytes; wait before while the peer reads too slowly.

        If it is cancelled while it waits, nothing of the message is sent. While messages wait to be read,
        short ones leave together, as soon as every task that could go on has had its turn.

        Raises:
            EOFError: if the connection is not open any more: it is lost, or one of us sent a Close. What the
                peer sent before that can still be received.
        """
        self._keeper.breath -= 1
        if self._keeper.breath == 0:
            self._keeper.breath = BREATH
            await asyncio.sleep(0)
        while self._drained is not None:
            await asyncio.shield(self._drained)
        self._send_message(message)
        if not self._inbox:
            self._flush()
            return
        if not self._held:  # who sends will soon send more: one write is then enough for all
            self._keeper.loop.call_soon(self._flush)
        self._held += len(message) + MESSAGE_COST
        if self._held > HELD:
            self._flush()

    def write_message(self, message: str | bytes) -> None:
        """Do as `send`, but do not wait, however slowly the peer reads: look at `unsent` before."""
        self._send_message(message)
        self._flush()

    async def ping(self) -> float:
        """Send a Ping and wait for its Pong; return the seconds that this took (section 5.5.2).

        Raises:
            EOFError: if the connection is not open, or ends before.
        """
        answer: asyncio.Future[float] = self._keeper.loop.create_future()
        payload = self._send_ping(waiter=answer)
        try:
            return await answer
        finally:
            self._pings.pop(payload, None)

    async def close(self, code: int = 1000, reason: str = "") -> int:
        """Send a Close, wait until the connection has ended, and return the code it ended with.

        A peer that takes nothing of what is unsent, or does not answer, is dropped after `Limits.close_time`,
        and one that does not end TCP after as long again. Messages that still come can be received; those
        that find INBOX bytes waiting are dropped. Any number of tasks may close.

        Raises:
            ValueError: if no Close may carry the code, or the reason is too long.
        """
        self._start_closing(code, reason)
        await asyncio.shield(self._ended)
        return self.close_code

    async def __aenter__(self) -> AsyncConnection:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.close(1000 if kind is None else 1011)

    def __aiter__(self) -> AsyncConnection:
        return self

    def __anext__(self) -> Coroutine[Any, Any, str | bytes]:
        return self._receive(StopAsyncIteration)

    @property
    def unsent(self) -> int:
        """Bytes that wait because the peer reads slowly."""
        self._flush()
        return self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection at once, without a word."""
        self._protocol.receive_eof()
        self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(OUTBOX)
        self._keeper.watch(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._keeper.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._hear(self._keeper.buffer[:nbytes].tobytes())

    def _hear(self, data: bytes) -> None:
        self._heard, protocol = True, self._protocol
        if protocol is NOT_YET:
            if self._head is not None:
                self._head += data
                self._wake_at_once()
            return
        if self._later:  # TLS may hand over more, though we do not read
            self._later += data
            return
        ended = self._take(data)
        if protocol._output:  # as most often there is none, not even a call is spent on it
            self._write_answers(protocol.data_to_send())
        if ended:
            _settle(self._waiter)
            self._finish()
            return
        if self._inbox_size > INBOX and self._reading and protocol.state is OPEN:
            self._reading = False
            self._transport.pause_reading()
        if self._inbox and self._waiter is not None:
            self._wake_at_once()

    def eof_received(self) -> None:
        """Let asyncio close the connection: whoever sends no more, reads no more either."""
        self._flush()
        self._protocol.receive_eof()
        _settle(self._waiter)
        self._be_patient()

    def connection_lost(self, error: Exception | None) -> None:
        self._keeper.forget(self)
        self._protocol.receive_eof()
        _settle(self._waiter)
        self.resume_writing()
        _settle(self._ended)
        for _, answer in self._pings.values():
            if answer is not None and not answer.done():
                answer.set_exception(EOFError("the connection ended before the Pong"))

    def pause_writing(self) -> None:
        self._drained = self._keeper.loop.create_future()
        self._owed = 0
        self._be_patient()

    def resume_writing(self) -> None:
        _settle(self._drained)
        self._drained = None

    # What server and client call.

    def _begin(self, agreement: Agreement) -> None:
        """Go over from heads to frames, those first that came with the head."""
        assert self._head is not None
        rest, self._head = bytes(self._head), None
        super()._begin(agreement)
        if rest:
            self._hear(rest)

    async def _start_tls(self, tls: ssl.SSLContext, host: str | None = None) -> None:
        """Go on inside TLS, as the client of a host or as a server. Raises OSError if that fails."""
        try:
            started = await self._keeper.loop.start_tls(
                self._transport, self, tls, server_side=host is None, server_hostname=host,
                ssl_handshake_timeout=self._limits.open_time, ssl_shutdown_timeout=self._limits.close_time,
            )  # fmt: skip
            if started is None:  # what Python 3.11 says if the peer leaves
                raise ConnectionResetError("the peer left while TLS began")
        except BaseException:
            self._transport.abort()
            self.connection_lost(None)  # asyncio does not tell before TLS has begun
            raise
        self._transport = started
        started.set_write_buffer_limits(OUTBOX)

    def _send_message(self, message: str | bytes) -> None:
        if self._transport.is_closing():  # it is lost, and asyncio will soon tell
            self._protocol.receive_eof()
        super()._send_message(message)

    async def _hear_more(self) -> None:
        """Wait for more of the peer's head, or for the end. Raises EOFError if that is there already."""
        if self._ended.done():
            raise EOFError("the peer left before the handshake was over")
        self._waiter = asyncio.Future(loop=self._keeper.loop)
        await self._waiter

    def _start_closing(self, code: int, reason: str) -> None:
        encode_close(code, reason)  # raises, whatever the state is
        if self._protocol.state is OPEN:
            self._protocol.send_close(code, reason)
            self._flush()
            self._be_patient()
            if not self._reading:
                self._read_on()  # the peer's Close stands behind what was not read

    def _look_at_clock(self, now: float) -> None:
        """Ping, if it is time; end what took too long."""
        if self._head is not None:
            return  # whoever opens the connection sees to that
        if self._heard or not self._reading:  # if we do not read, we can't blame it for its silence
            self._heard, self._heard_at = False, now
        ending = self._protocol.state is not OPEN
        if ending or self._drained is not None:
            least, since = self._stalled
            if (untaken := self._untaken()) < least:
                self._stalled = untaken, now
            elif now > since + (self._limits.close_time if ending else self._limits.idle_time):
                self.abort()
                return
        self._mind_silence(now - self._heard_at)

    def _be_patient(self) -> None:
        """From now on the peer has its time, to take something of what is unsent or to end."""
        self._stalled = self._untaken(), self._keeper.now

    def _untaken(self) -> int:
        """Bytes that wait until the peer reads on, in our buffer or in the system's."""
        return self.unsent + unacknowledged(self._transport.get_extra_info("socket"))

    async def _receive(self, end: type[Exception]) -> str | bytes:
        while not self._inbox:
            if self._waiter is not None and not self._waiter.done():
                raise RuntimeError("another task waits for this connection's messages already")
            if self._protocol.state is not OPEN:
                self._check_open(end)
            self._waiter = asyncio.Future(loop=self._keeper.loop)
            await self._waiter
        message = self._inbox.pop()
        self._inbox_size -= len(message) + MESSAGE_COST
        if not self._reading and self._inbox_size <= INBOX // 2:
            self._read_on()
        return message

    def _wake_at_once(self) -> None:
        """Let the task that receives go on now, which saves a turn of the loop for each message.

        A future leaves to the loop's next turn to call back the task that awaits it. Here that is called as
        the loop would do it: we are between two tasks, as asyncio calls us, and nothing is left to be done.
        """
        waiter: Any = self._waiter
        self._waiter = None
        callbacks = getattr(waiter, "_callbacks", None)
        if not callbacks or asyncio.current_task(self._keeper.loop) is not None:
            _settle(waiter)
            return
        ((go_on, context),) = callbacks
        waiter.remove_done_callback(go_on)
        waiter.set_result(None)
        context.run(go_on, waiter)

    def _read_on(self) -> None:
        self._reading = True
        self._transport.resume_reading()
        if data := self._later:
            self._later = b""
            self._hear(data)

    def _finish(self) -> None:
        """Say that all is said, and let the peer end TCP; give it `close_time` for that.

        To close at once would reset the connection if the peer has sent more, and the reset could take away
        from it what we said last (section 7.1.1).
        """
        self._be_patient()
        if not self._protocol.tcp_should_end:
            return  # we are a client, and the server ends first
        if not self._transport.can_write_eof():
            self._transport.close()
            return
        try:
            self._transport.write_eof()
        except OSError:  # it was reset
            self._transport.abort()

    def _write_answers(self, output: bytes) -> None:
        """Send Pongs, and give up who sends Pings for ever and does not read the answers."""
        self._transport.write(output)
        if self._drained is not None:
            self._owed += len(output)
            if self._owed > OUTBOX:
                self.abort()

    def _flush(self) -> None:
        self._held = 0
        if (output := self._protocol.data_to_send()) and not self._transport.is_closing():
            self._transport.write(output)

    _give_up = abort


class _Keeper:
    """What all connections of a server share, or the one of a client has: limits, clock, buffer.

    `on_made` is called with a connection that TCP has just made.
    """

    def __init__(self, limits: Limits, on_made: Callable[[AsyncConnection], None]) -> None:
        self.limits, self.on_made = limits, on_made
        self.loop = asyncio.get_running_loop()
        self.now = 0.0  # seconds; it stands while there is nobody, or our own program is held up
        self._looked_at = self.loop.time()
        if self.loop not in _buffers:
            _buffers[self.loop] = memoryview(bytearray(READ))
        self.buffer = _buffers[self.loop]
        self.watched: set[AsyncConnection] = set()  # all that TCP has made and not lost
        self.left = asyncio.Event()  # set when somebody has left
        times = limits.open_time, limits.idle_time, limits.close_time, limits.ping_time or 4.0
        self.tick = max(0.01, min(1.0, min(times) / 4))  # seconds between two looks at the clock
        self.breath = BREATH
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, conn: AsyncConnection) -> None:
        self.watched.add(conn)
        if self._timer is None:
            self._looked_at = self.loop.time()
            self._timer = self.loop.call_later(self.tick, self._look)
        self.on_made(conn)

    def forget(self, conn: AsyncConnection) -> None:
        self.watched.discard(conn)
        self.left.set()
        if not self.watched and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        time = self.loop.time()
        self.now += min(time - self._looked_at, 2 * self.tick)  # no peer is to blame for more
        self._looked_at = time
        self._timer = self.loop.call_later(self.tick, self._look)
        for conn in list(self.watched):
            conn._look_at_clock(self.now)


class AsyncServer(Reception):
    """A server; `serve` starts one. It goes on whatever one peer does.

    See `Reception` for its attributes. Each error of a handler goes to asyncio's exception handler, too,
    which logs it.
    """

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None, *arguments: Any) -> None:
        super().__init__(tls is not None, *arguments)
        self._handler, self._tls = handler, tls
        self._keeper = _Keeper(self._limits, self._welcome)
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # one for each visitor
        self._closers: set[asyncio.Task[None]] = set()  # those of them that wait until the server is closed
        self._ending: asyncio.Task[None] | None = None

    async def listen(self, host: str | None, port: int) -> None:
        """Start to accept connections."""
        self._listener = await self._keeper.loop.create_server(
            lambda: AsyncConnection(self._keeper, bytearray()), host, port, backlog=1024
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def close(self, code: int = 1001, reason: str = "the server ends") -> None:
        """Stop listening, send every peer a Close, and wait for all handlers.

        Peers that do not answer are dropped after `Limits.close_time`, and handlers that go on are cancelled
        soon after. Any number of tasks may close, even handlers, which then go on.

        Raises:
            ValueError: if no Close may carry the code, or the reason is too long.
        """
        encode_close(code, reason)
        me: Any = asyncio.current_task()
        if me in self._tasks:
            self._closers.add(me)
            self._keeper.left.set()
        if self._ending is None:
            self._ending = self._keeper.loop.create_task(self._end(code, reason))
        await asyncio.shield(self._ending)
        if self._closers and me not in self._closers:
            _, late = await asyncio.wait(self._closers, timeout=self._limits.close_time)
            for task in late:
                task.cancel()

    async def __aenter__(self) -> AsyncServer:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _end(self, code: int, reason: str) -> None:
        assert self._listener is not None
        keeper = self._keeper
        # A connection that asyncio is accepting while its server closes would be lost with its socket open
        # (cpython issue 109564): accept no more, let those that were accepted begin, then close.
        for listening in self._listener.sockets:
            with contextlib.suppress(NotImplementedError):  # Windows accepts in another way
                keeper.loop.remove_reader(listening.fileno())
        for _ in range(3):
            await asyncio.sleep(0)
        self._listener.close()
        for conn in list(keeper.watched):
            if conn in self.connections:
                conn._start_closing(code, reason)
            else:
                conn.abort()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._see_all_leave(), keeper.limits.close_time + 2 * keeper.tick)
        for task in self._tasks - self._closers:
            task.cancel()
        for conn in list(keeper.watched):
            conn.abort()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._see_all_leave(), keeper.limits.close_time)

    async def _see_all_leave(self) -> None:
        """Wait until every connection is over, and every handler but those that wait for just this."""
        while self._keeper.watched or self._tasks - self._closers:
            self._keeper.left.clear()
            await self._keeper.left.wait()

    def _welcome(self, conn: AsyncConnection) -> None:
        """Begin with a connection that was just made; drop it if it comes too late, or is one of too many."""
        if self._ending is not None or len(self._keeper.watched) > 2 * self._max_connections:
            conn.abort()
            return
        task = self._keeper.loop.create_task(self._visit(conn))
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._closers.discard(task)
        self._keeper.left.set()

    async def _visit(self, conn: AsyncConnection) -> None:
        """Answer a request; if all is agreed, let the handler have the connection, and close it then."""
        try:
            await self._open(conn)
        except BaseException as error:
            conn.abort()
            if isinstance(error, OSError | EOFError):  # it left, was too slow, or speaks no TLS
                return
            raise
        if conn not in self.connections:
            return
        code, reason = 1000, ""
        try:
            try:
                await self._handler(conn)
            except Exception as error:
                code, reason = self._judge(error, conn)
            await conn.close(code, reason)
        finally:
            self.connections.discard(conn)
            conn.abort()

    async def _open(self, conn: AsyncConnection) -> None:
        """Wait for a request and answer it. Raises OSError, EOFError."""
        keeper, received = self._keeper, conn._head
        assert received is not None
        deadline = keeper.now + self._limits.open_time
        if self._tls is not None:
            await conn._start_tls(self._tls)
        while (decided := self._answer(received, late=keeper.now >= deadline)) is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(deadline - keeper.now, keeper.tick)):
                    await conn._hear_more()
        if conn._transport.is_closing():
            return  # nobody is there any more to be answered
        answer, agreement = decided
        conn._transport.write(answer)
        if agreement is None:
            conn._head = None
            conn._finish()
        else:
            self.connections.add(conn)
            conn._begin(agreement)

    def _note(self, error: Exception) -> None:
        super()._note(error)
        self._keeper.loop.call_exception_handler(
            {"message": "a WebSocket handler failed", "exception": error}
        )


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
    """Start a server, with the arguments of `sync.serve`.

    The handler is a coroutine function; host None is every address, and port 0 then a free port for each.

    Raises:
        OSError: if it can't listen there.
    """
    server = AsyncServer(handler, tls, options, limits, max_connections)
    await server.listen(host, port)
    return server


async def connect(
    url: str,
    *,
    options: ClientOptions | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    proxy: str | None = None,
) -> AsyncConnection:
    """Open a connection, with the arguments of `sync.connect`.

    Raises:
        ValueError, OSError, EOFError, HandshakeError: as there.
    """
    limits = limits or Limits()
    wire = _AsyncWire(limits, tls)
    try:
        async with asyncio.timeout(limits.open_time):
            agreement = await open_client(wire, url, options, limits.max_head, proxy)
    except BaseException as error:
        await wire.drop()
        if isinstance(error, TimeoutError):
            raise wire.late(limits) from None
        raise
    wire.conn._begin(agreement)
    return wire.conn


class _AsyncWire(Wire):
    """What `open_client` opens a connection with."""

    conn: AsyncConnection

    def __init__(self, limits: Limits, tls: ssl.SSLContext | None) -> None:
        super().__init__(tls)
        self._keeper = _Keeper(limits, lambda conn: None)

    async def dial(self, host: str, port: int) -> None:
        await self.drop()
        keeper, received = self._keeper, self.received
        received.clear()
        _, self.conn = await keeper.loop.create_connection(
            lambda: AsyncConnection(keeper, received), host, port, happy_eyeballs_delay=NEXT_ADDRESS
        )

    async def start_tls(self, host: str) -> None:
        await self.conn._start_tls(self.tls or default_client_tls_context(), host)

    async def send(self, data: bytes) -> None:
        self.conn._transport.write(data)

    async def receive(self) -> None:
        await self.conn._hear_more()

    async def drop(self) -> None:
        for conn in list(self._keeper.watched):
            conn.abort()
            await asyncio.shield(conn._ended)


async def connect_again(
    url: str,
    *,
    rng: random.Random | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    **arguments: Any,
) -> AsyncGenerator[AsyncConnection, None]:
    """Give a new connection whenever the last one has ended, as `sync.connect_again` does.

    `contextlib.aclosing` closes the last connection at once when somebody breaks out.
    """
    attempts = Attempts(rng)
    while True:
        try:
            conn = await connect(url, **arguments)
        except (OSError, EOFError, HandshakeError) as error:
            delay = attempts.delay_after(error)
        else:
            try:
                yield conn
            finally:
                await conn.close()
            delay = attempts.delay_after(None)
        await sleep(delay)


def broadcast(connections: Iterable[AsyncConnection], message: str | bytes) -> int:
    """Send one message to many, waiting for none, as `sync.broadcast` does."""
    sent = 0
    for conn in list(connections):
        if conn.unsent > EVICTED:
            conn.abort()
        else:
            with contextlib.suppress(EOFError):
                conn.write_message(message)
                sent += 1
    return sent


def _settle(future: asyncio.Future[None] | None) -> None:
    """Let those go on who wait for a future, if there is one, and they wait still."""
    if future is not None and not future.done():
        future.set_result(None)
