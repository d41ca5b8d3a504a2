"""Endpoints that send back what comes: minews in all its forms, and libraries of others.

Each is a context manager. A server gives its URL; a client is a function that connects to a URL until it is
refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator

from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect as websockets_connect
from websockets.sync.server import serve as websockets_serve

from minews import HandshakeError, aio, sync
from minews.deflate import DeflateParams
from minews.limits import Limits
from minews.opening import ClientOptions, ServerOptions
from minews.tls import client_tls_context, server_tls_context
from tests.minews.asynchronous import CERTIFICATE, PATIENCE
from tests.minews.talks import node

LARGEST = 1 << 24  # bytes in one message of the cases
LIMITS = Limits(max_frame=LARGEST, max_message=LARGEST)
GRANTED = ServerOptions(deflate=True)
ASKED = ClientOptions(deflate=DeflateParams())


@functools.cache
def server_tls(secure: bool) -> ssl.SSLContext | None:
    return server_tls_context(CERTIFICATE, CERTIFICATE) if secure else None


@functools.cache
def client_tls(secure: bool) -> ssl.SSLContext | None:
    return client_tls_context(CERTIFICATE) if secure else None


async def echo_async(conn: aio.AsyncConnection) -> None:
    async for message in conn:
        await conn.send(message)


def echo(conn: sync.SyncConnection) -> None:
    for message in conn:
        conn.send(message)


@contextlib.contextmanager
def asyncio_server(secure: bool) -> Iterator[str]:
    """The server of `minews.aio`, its loop in a thread."""
    told: list[str] = []
    ready, loop = threading.Event(), asyncio.new_event_loop()
    end = asyncio.Event()

    async def run() -> None:
        try:
            async with await aio.serve(
                echo_async, options=GRANTED, limits=LIMITS, tls=server_tls(secure)
            ) as server:
                told.append(server.url())
                ready.set()
                await end.wait()
        finally:
            ready.set()

    def main() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(run())

    thread = threading.Thread(target=main)
    thread.start()
    ready.wait(PATIENCE)
    try:
        yield told[0]
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(PATIENCE)


@contextlib.contextmanager
def blocking_server(secure: bool) -> Iterator[str]:
    """The server of `minews.sync`."""
    with sync.serve(echo, options=GRANTED, limits=LIMITS, tls=server_tls(secure)) as server:
        yield server.url()


def asyncio_client(url: str, secure: bool) -> None:
    """The client of `minews.aio`."""

    async def visit() -> None:
        while True:
            with contextlib.suppress(EOFError):
                async with await aio.connect(
                    url, options=ASKED, limits=LIMITS, tls=client_tls(secure)
                ) as conn:
                    await echo_async(conn)

    run_until_gone(lambda: asyncio.run(visit()))


def blocking_client(url: str, secure: bool) -> None:
    """The client of `minews.sync`."""

    def visit() -> None:
        with (
            contextlib.suppress(EOFError),
            sync.connect(url, options=ASKED, limits=LIMITS, tls=client_tls(secure)) as conn,
        ):
            echo(conn)

    run_until_gone(visit)


def run_until_gone(visit: Callable[[], None]) -> None:
    """Connect again and again; a handshake that the tester spoilt is no reason to stop, 410 is."""
    while True:
        try:
            visit()
        except HandshakeError as error:
            if error.status == 410:
                return


SERVERS = {"asyncio": asyncio_server, "blocking": blocking_server}
CLIENTS = {"asyncio": asyncio_client, "blocking": blocking_client}


@contextlib.contextmanager
def websockets_server() -> Iterator[str]:
    """The server of PyPI's `websockets`, on threads."""
    quiet = logging.Logger("websockets under test", level=logging.CRITICAL + 1)

    def handler(conn) -> None:  # type: ignore[no-untyped-def]
        for message in conn:
            conn.send(message)

    with websockets_serve(
        handler, "127.0.0.1", 0, max_size=LARGEST, close_timeout=1, logger=quiet
    ) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{running.socket.getsockname()[1]}/"
        finally:
            running.shutdown()
            thread.join(PATIENCE)


NODE_ECHO = """
const [library] = process.argv.slice(1);
const { WebSocketServer } = require(library);
const options = { host: "127.0.0.1", port: 0, perMessageDeflate: { threshold: 0 }, maxPayload: 1 << 24 };
const server = new WebSocketServer(options, () => console.log(server.address().port));
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
"""


@contextlib.contextmanager
def node_ws_server() -> Iterator[str]:
    """The server of npm's `ws`."""
    with subprocess.Popen(node(NODE_ECHO), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield f"ws://127.0.0.1:{int(running.stdout.readline())}/"
        finally:
            running.terminate()


def websockets_client(url: str) -> None:
    """The client of PyPI's `websockets`, blocking."""
    while True:
        try:
            with websockets_connect(url, proxy=None, max_size=LARGEST, close_timeout=1) as conn:
                for message in conn:
                    conn.send(message)
        except InvalidStatus as error:
            if error.response.status_code == 410:
                return
        except (WebSocketException, OSError, EOFError):
            pass  # the tester spoilt the handshake, or the talk


NODE_CLIENT = """
const [library, url] = process.argv.slice(1);
const WebSocket = require(library);
const visit = () => {
  let gone = false;
  const options = { perMessageDeflate: { threshold: 0, clientMaxWindowBits: true }, maxPayload: 1 << 24 };
  const socket = new WebSocket(url, { ...options, closeTimeout: 1000 });
  socket.on("unexpected-response", (_, response) => {
    gone = response.statusCode === 410;
    response.destroy();
    gone ? process.exit(0) : visit();
  });
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }, () => {}));
  socket.on("close", () => gone || visit());
};
visit();
"""


def node_ws_client(url: str) -> None:
    """The client of npm's `ws`."""
    subprocess.run(node(NODE_CLIENT, url), check=True, timeout=300)
