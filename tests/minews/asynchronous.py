"""Help for tests on asyncio: a test that leaves nothing behind, and a peer of which every byte is ours."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import socket
import struct
import threading
from pathlib import Path

from minews import Frame, FrameReader, Opcode, encode_frame, parse_response_head
from tests.minews.heads import request_head

PATIENCE = 10  # seconds, until a test that hangs fails
CERTIFICATE = str(Path(__file__).with_name("localhost.pem"))  # and its key; for localhost and 127.0.0.1
DESCRIPTORS = Path("/proc/self/fd")


def asynchronous(test, patience: float = PATIENCE):
    """Turn a coroutine function into a test: in the end no task, timer, thread, file or error is left."""

    @functools.wraps(test)
    def run(*arguments, **options):
        gc.collect()
        files, threads = open_files(), threading.enumerate()
        asyncio.run(watch(test(*arguments, **options), patience))
        gc.collect()  # an open socket that nobody knows any more is a ResourceWarning now
        assert open_files() <= files
        assert set(threading.enumerate()) <= set(threads)

    return run


async def watch(test, patience: float) -> None:
    loop, failures = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: failures.append(context))
    async with asyncio.timeout(patience):
        await test
    assert asyncio.all_tasks() == {asyncio.current_task()}
    for _ in range(3):  # what was closed last is still being told
        await asyncio.sleep(0)
    assert not [timer for timer in loop._scheduled if not timer.cancelled()]
    assert not failures


def expect_failure() -> list[BaseException]:
    """Let the test's loop take errors of handlers from now on; return the list that they come to."""
    loop, failures = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: failures.append(context["exception"]))
    return failures


def open_files() -> int:
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0


async def until(condition) -> None:
    """Let the loop go on until something has happened."""
    while not condition():
        await asyncio.sleep(0.001)


def masked(opcode, payload=b"", *, fin=True, **bits) -> bytes:
    """A frame as a client sends it."""
    return encode_frame(Frame(fin, opcode, payload, masking_key=b"\x01\x02\x03\x04", **bits))


def plain(opcode, payload=b"", *, fin=True) -> bytes:
    """A frame as a server sends it."""
    return encode_frame(Frame(fin, opcode, payload))


def close_payload(code: int, reason: str = "") -> bytes:
    return code.to_bytes(2, "big") + reason.encode()


class Peer:
    """A socket that sends what a test says, and reads only when a test says so."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.received = sock, b""
        self._reader, self._frames = FrameReader(1 << 24), []

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, data)
        await asyncio.sleep(0)  # who sends and sends would keep all others from their turns

    async def read(self) -> bytes:
        """What comes next, b"" at the end of TCP."""
        piece = await asyncio.get_running_loop().sock_recv(self.sock, 1 << 16)
        self.received += piece
        return piece

    async def head(self) -> bytes:
        while b"\r\n\r\n" not in self.received:
            assert await self.read(), f"TCP ended within the head {self.received!r}"
        head, _, rest = self.received.partition(b"\r\n\r\n")
        self.received = rest
        return head + b"\r\n\r\n"

    async def frame(self) -> Frame:
        """The next frame."""
        while not self._frames:
            if not self.received:
                assert await self.read(), "TCP ended before the next frame"
            self._frames += self._reader.feed(self.received)
            self.received = b""
        return self._frames.pop(0)

    async def rest(self) -> bytes:
        """All that still comes, until TCP ends."""
        while await self.read():
            pass
        return self.received

    async def leaves(self) -> None:
        """Wait until TCP ends, in whichever way."""
        with contextlib.suppress(ConnectionError):
            await self.rest()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger(1, 0))
        self.sock.close()


@contextlib.contextmanager
def deaf_address():
    """An address at which connecting takes for ever: more have come than the system lets wait there."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, contextlib.ExitStack() as waiting:
        for _ in range(4):
            sock = waiting.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listening.getsockname())
        yield listening.getsockname()


def linger(on: int, seconds: int) -> bytes:
    return struct.pack("hh" if os.name == "nt" else "ii", on, seconds)


@contextlib.asynccontextmanager
async def tcp(server, buffers: int | None = None):
    """A Peer that has said nothing yet to a server; with small `buffers` it soon stalls, or is stalled."""
    with socket.socket() as sock:
        if buffers is not None:
            set_buffers(sock, buffers)
            if hasattr(server, "_listener"):
                set_buffers(server._listener.sockets[0], buffers)  # those that it accepts get the same
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
        yield Peer(sock)


@contextlib.asynccontextmanager
async def opened(server, more: bytes = b"", buffers: int | None = None):
    """A Peer after the handshake with a server; `more` came in one piece with its request."""
    async with tcp(server, buffers) as peer:
        await peer.send(request_head() + more)
        assert parse_response_head(await peer.head()).status == 101
        yield peer


def set_buffers(sock, size: int) -> None:
    for kind in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, kind, size)


async def say_goodbye(peer, code: int = 1000) -> None:
    """Close the connection as a client should."""
    await peer.send(masked(Opcode.CLOSE, close_payload(code)))
    while (await peer.frame()).opcode != Opcode.CLOSE:
        pass
    await peer.leaves()


@contextlib.asynccontextmanager
async def listener(visit):
    """A server of which every byte is ours: a coroutine function gets a Peer for each connection.

    Gives what has the `port` and the `url`, and ends when all visits have ended.
    """
    loop, tasks = asyncio.get_running_loop(), []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)

        async def accept() -> None:
            while True:
                sock, _ = await loop.sock_accept(listening)
                tasks.append(loop.create_task(serve(sock)))

        async def serve(sock) -> None:
            with sock:
                await visit(Peer(sock))

        accepting = loop.create_task(accept())
        try:
            yield Place(listening.getsockname()[1])
        finally:
            accepting.cancel()
            await asyncio.gather(accepting, return_exceptions=True)
            await asyncio.gather(*tasks)


class Place:
    """Where a listener is."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, path: str = "/") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"
