"""Echo servers, each in a process of its own that tells what CPU time it has taken so far.

They serve until the pipe says "stop"; asked anything else, they answer with the nanoseconds that the process
has worked, in the kernel and out of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any

from .memory import warm_memory

Ready = Callable[[int], None]  # called with the port


async def asyncio_raw(ready: Ready, stop: asyncio.Event) -> None:
    class Echo(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.write = transport.write

        def data_received(self, data: bytes) -> None:
            self.write(data)

    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    ready(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()


async def asyncio_minews(ready: Ready, stop: asyncio.Event) -> None:
    from minews import aio

    async def echo(conn: aio.AsyncConnection) -> None:
        async for message in conn:
            await conn.send(message)

    async with await aio.serve(echo) as server:
        ready(server.port)
        await stop.wait()


async def asyncio_websockets(ready: Ready, stop: asyncio.Event) -> None:
    from websockets.asyncio.server import serve

    async def echo(conn: Any) -> None:
        async for message in conn:
            await conn.send(message)

    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        ready(server.sockets[0].getsockname()[1])
        await stop.wait()


async def asyncio_websockets_python(ready: Ready, stop: asyncio.Event) -> None:
    import websockets.frames
    import websockets.utils

    websockets.frames.apply_mask = websockets.utils.apply_mask
    await asyncio_websockets(ready, stop)


async def asyncio_aiohttp(ready: Ready, stop: asyncio.Event) -> None:
    from aiohttp import WSMsgType, web

    async def echo(request: web.Request) -> web.WebSocketResponse:
        conn = web.WebSocketResponse(compress=False)
        await conn.prepare(request)
        async for message in conn:
            if message.type is WSMsgType.TEXT:
                await conn.send_str(message.data)
        return conn

    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ready(runner.addresses[0][1])
    await stop.wait()
    await runner.cleanup()


def threads_raw(ready: Ready, stop: Callable[[], object]) -> None:
    def echo(conn: socket.socket) -> None:
        with conn:
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := conn.recv(1 << 16):
                conn.sendall(data)

    def accept() -> None:
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=echo, args=(conn,), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, daemon=True).start()
    ready(listener.getsockname()[1])
    stop()


def threads_minews(ready: Ready, stop: Callable[[], object]) -> None:
    from minews import sync

    def echo(conn: sync.SyncConnection) -> None:
        for message in conn:
            conn.send(message)

    with sync.serve(echo) as server:
        ready(server.port)
        stop()


def threads_websockets(ready: Ready, stop: Callable[[], object]) -> None:
    from websockets.sync.server import serve

    def echo(conn: Any) -> None:
        for message in conn:
            conn.send(message)

    with serve(echo, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        ready(server.socket.getsockname()[1])
        stop()
        server.shutdown()
        thread.join()


ASYNCIO: dict[str, Callable[[Ready, asyncio.Event], Any]] = {
    "raw": asyncio_raw,
    "minews": asyncio_minews,
    "aiohttp": asyncio_aiohttp,
    "websockets": asyncio_websockets,
    "websockets, no C": asyncio_websockets_python,
}
THREADS: dict[str, Callable[[Ready, Callable[[], object]], None]] = {
    "raw": threads_raw,
    "minews": threads_minews,
    "websockets": threads_websockets,
}


def run_server(name: str, on_threads: bool, pipe: Pipe) -> None:
    """Serve until the pipe says so; without the library, end at once."""
    logging.disable()
    warm_memory()
    with contextlib.suppress(ImportError):
        if on_threads:
            THREADS[name](pipe.send, lambda: _answer_until_stopped(pipe))
        else:
            asyncio.run(_run_on_asyncio(name, pipe))


def _answer_until_stopped(pipe: Pipe) -> None:
    while pipe.recv() != "stop":
        pipe.send(time.process_time_ns())


async def _run_on_asyncio(name: str, pipe: Pipe) -> None:
    stop = asyncio.Event()

    def answer() -> None:
        if pipe.recv() == "stop":
            stop.set()
        else:
            pipe.send(time.process_time_ns())

    asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
    await ASYNCIO[name](pipe.send, stop)


class Server:
    """One of these servers, running.

    Raises:
        EOFError: by `start`, if it does not come up, for instance since its library is missing.
    """

    def __init__(self, name: str, on_threads: bool) -> None:
        self.speaks = name != "raw"  # WebSocket
        self._pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=run_server, args=(name, on_threads, theirs))
        self._process.start()
        theirs.close()
        self.port = self._pipe.recv()

    def cpu(self) -> int:
        """Return the nanoseconds that it has worked so far."""
        self._pipe.send("cpu")
        return int(self._pipe.recv())

    def stop(self) -> None:
        """End it."""
        self._pipe.send("stop")
        self._process.join(10)
        self._process.kill()
