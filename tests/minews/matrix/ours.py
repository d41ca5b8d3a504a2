"""minews in the matrix: its two servers, which follow orders, and its two clients."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence

from minews import FrameReader, aio, sync
from minews.deflate import DeflateParams
from minews.limits import Limits
from minews.opening import ClientOptions, ServerOptions
from tests.minews.conformance.endpoints import client_tls, server_tls
from tests.minews.matrix.features import PATIENCE, TRUSTING, Cannot

# curl does not answer a Close, and so is waited for.
LIMITS = Limits(max_frame=TRUSTING, max_message=TRUSTING, close_time=0.5)
GRANTED = ServerOptions(deflate=True, origins=["*"])
NO_FRAGMENTS = "minews sends each message in one frame"


async def follow_async(conn: aio.AsyncConnection) -> None:
    async for message in conn:
        match message:
            case "!ping":
                await conn.ping()
                await conn.send("pinged")
            case "and?":
                await conn.send("pong")
            case "!close 3001":
                await conn.close(3001, "as you say")
            case _:
                await conn.send(message)


def follow(conn: sync.SyncConnection) -> None:
    for message in conn:
        match message:
            case "!ping":
                conn.latency = None
                conn.ping()
                conn.send("pinged")
            case "and?":
                conn.send("no pong" if conn.latency is None else "pong")
            case "!close 3001":
                conn.close(3001, "as you say")
            case _:
                conn.send(message)


@contextlib.contextmanager
def asyncio_server(secure: bool) -> Iterator[int]:
    """The server of `minews.aio`, its loop in a thread; gives its port."""
    with loop_in_a_thread() as loop:
        serving = aio.serve(follow_async, options=GRANTED, limits=LIMITS, tls=server_tls(secure))
        server = asyncio.run_coroutine_threadsafe(serving, loop).result(PATIENCE)
        try:
            yield server.port
        finally:
            asyncio.run_coroutine_threadsafe(server.close(), loop).result(PATIENCE)


@contextlib.contextmanager
def blocking_server(secure: bool) -> Iterator[int]:
    """The server of `minews.sync`; gives its port."""
    with sync.serve(follow, options=GRANTED, limits=LIMITS, tls=server_tls(secure)) as server:
        yield server.port


@contextlib.contextmanager
def loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop beside the test, to which coroutines can be given."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class AsyncioClient:
    """The client of `minews.aio`, one step after the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop, url: str, secure: bool, deflate: bool) -> None:
        self._loop = loop
        options = ClientOptions(deflate=DeflateParams() if deflate else None)
        self._conn = self._do(aio.connect(url, options=options, limits=LIMITS, tls=client_tls(secure)))

    def _do(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def send(self, message: str | bytes) -> None:
        self._do(self._conn.send(message))

    def recv(self) -> str | bytes:
        async def receive() -> str | bytes:
            return await self._conn.recv()

        return self._do(receive())

    def send_fragments(self, words: Sequence[str]) -> None:
        raise Cannot(NO_FRAGMENTS)

    def ping(self) -> None:
        assert self._do(self._conn.ping()) >= 0

    def came_in_fragments(self) -> bool:
        return True

    def deflated(self) -> bool:
        return self._conn.agreement.deflate is not None

    def close(self, code: int) -> int:
        return self._do(self._conn.close(code, "bye"))

    def wait_closed(self) -> int:
        with contextlib.suppress(EOFError):
            self.recv()
        return self.close(1000)


class BlockingClient:
    """The client of `minews.sync`, which can show the frames that came."""

    def __init__(self, url: str, secure: bool, deflate: bool) -> None:
        options = ClientOptions(deflate=DeflateParams() if deflate else None)
        self._frames, self._fins = FrameReader(TRUSTING), []
        self._conn = sync.connect(
            url, options=options, limits=LIMITS, tls=client_tls(secure), trace=self._note
        )

    def _note(self, direction: str, data: bytes) -> None:
        if direction == "received":
            self._fins += [frame.fin for frame in self._frames.feed(data)]

    def send(self, message: str | bytes) -> None:
        self._conn.send(message)

    def recv(self) -> str | bytes:
        return self._conn.recv(PATIENCE)

    def send_fragments(self, words: Sequence[str]) -> None:
        raise Cannot(NO_FRAGMENTS)

    def ping(self) -> None:
        self._conn.ping(b"matrix")
        self.send("after the Ping")  # what comes back comes behind the Pong
        assert self.recv() == "after the Ping"
        assert self._conn.latency is not None

    def came_in_fragments(self) -> bool:
        return False in self._fins

    def deflated(self) -> bool:
        return self._conn.agreement.deflate is not None

    def close(self, code: int) -> int:
        return self._conn.close(code, "bye")

    def wait_closed(self) -> int:
        with contextlib.suppress(EOFError):
            self.recv()
        return self.close(1000)
