"""What an idle connection costs a server: private memory, measured before and after many handshakes.

    python3 benchmarks/idle_memory.py [--connections N] [--peers]

The server runs in a process of its own, with a handler that waits for messages that never come. Private
memory is what that process has for itself (USS), without what the kernel keeps for its sockets; psutil counts
it, or Linux by itself. It ends with 1 if a connection of minews costs more than is wanted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import multiprocessing
import socket
import sys
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

WANTED, DREAMT = 6.0, 3.0  # KiB a connection
WARM = 100  # connections before the first measurement, so that pools and caches are filled
SPARE = 200  # files that a process needs besides its connections

REQUEST = (
    "GET /chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def serve_minews(stop: asyncio.Event, pipe: Pipe) -> None:
    from minews import aio
    from minews.limits import Limits

    async def handle(conn: aio.AsyncConnection) -> None:
        async for _ in conn:
            pass

    async with await aio.serve(handle, limits=Limits(idle_time=600, ping_time=None)) as server:
        pipe.send(server.port)
        await stop.wait()


async def serve_tcp(stop: asyncio.Event, pipe: Pipe) -> None:
    """Answer the handshake and keep the transport: what asyncio alone costs."""

    class Bare(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(b"HTTP/1.1 101 OK\r\n\r\n")  # type: ignore[attr-defined]

    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0, backlog=1024)
    pipe.send(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()


async def serve_websockets(stop: asyncio.Event, pipe: Pipe) -> None:
    from websockets.asyncio.server import serve

    async def handle(conn) -> None:  # type: ignore[no-untyped-def]
        async for _ in conn:
            pass

    async with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        pipe.send(server.sockets[0].getsockname()[1])
        await stop.wait()


async def serve_aiohttp(stop: asyncio.Event, pipe: Pipe) -> None:
    from aiohttp import web

    async def handle(request: web.Request) -> web.WebSocketResponse:
        answer = web.WebSocketResponse(compress=False)
        await answer.prepare(request)
        async for _ in answer:
            pass
        return answer

    app = web.Application()
    app.router.add_get("/chat", handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    pipe.send(runner.addresses[0][1])
    await stop.wait()
    await runner.cleanup()


SERVERS = {
    "asyncio alone": serve_tcp,
    "minews": serve_minews,
    "websockets": serve_websockets,
    "aiohttp": serve_aiohttp,
}


def private_memory() -> int:
    """Return the bytes that this process has for itself."""
    try:
        import psutil
    except ImportError:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Private_"))
    return int(psutil.Process().memory_full_info().uss)


def run_server(name: str, pipe: Pipe) -> None:
    """Serve until the pipe says so; answer each word on it with the private memory in bytes."""

    logging.disable()  # every peer leaves without a Close at the end

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def answer() -> None:
            if pipe.recv() == "stop":
                stop.set()
            else:
                gc.collect()
                pipe.send(private_memory())

        loop.add_reader(pipe.fileno(), answer)
        await SERVERS[name](stop, pipe)

    asyncio.run(run())


def shake_hands(port: int) -> socket.socket:
    """Open one connection."""
    conn = socket.create_connection(("127.0.0.1", port))
    conn.sendall(REQUEST.format(port=port).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        piece = conn.recv(4096)
        if not piece:
            raise ConnectionError(f"the server left after {head!r}")
        head += piece
    return conn


def measure(name: str, connections: int) -> float:
    """Return the bytes that one idle connection costs a server."""
    pipe, other = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=run_server, args=(name, other))
    server.start()
    with contextlib.ExitStack() as opened:
        port = pipe.recv()
        for _ in range(WARM):
            opened.enter_context(shake_hands(port))
        pipe.send("measure")
        before = pipe.recv()
        for _ in range(connections):
            opened.enter_context(shake_hands(port))
        pipe.send("measure")
        after = pipe.recv()
    pipe.send("stop")
    server.join()
    return float(after - before) / connections


def allowed_connections(wanted: int) -> int:
    """Return how many connections the limit on open files allows, after raising it as far as it goes."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - WARM - SPARE)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--connections", type=int, default=5000)
    parser.add_argument("--peers", action="store_true", help="measure websockets and aiohttp, too")
    options = parser.parse_args()
    connections = allowed_connections(options.connections)
    if connections < options.connections:
        print(f"only {connections} connections: no more files may be open")
    kib: dict[str, float] = {}
    for name in SERVERS if options.peers else ("asyncio alone", "minews"):
        kib[name] = measure(name, connections) / 1024
        print(f"{name:14} {kib[name]:6.2f} KiB private memory an idle connection, {connections} of them")
    print(f"wanted: {WANTED} KiB, dreamt of: {DREAMT} KiB")
    return int(kib["minews"] > WANTED)


if __name__ == "__main__":
    sys.exit(main())
