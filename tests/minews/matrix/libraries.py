"""Libraries of Python in the matrix: websockets, aiohttp, and wsproto on a plain socket."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence

import aiohttp
import wsproto
from aiohttp import web
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as websockets_connect
from websockets.sync.server import serve as websockets_serve
from wsproto import events
from wsproto.extensions import PerMessageDeflate

from minews import parse_ws_url
from tests.minews.conformance.endpoints import client_tls, server_tls
from tests.minews.matrix.features import PATIENCE, TRUSTING, WORDS, Cannot
from tests.minews.matrix.ours import loop_in_a_thread

# websockets


class WebsocketsClient:
    """The blocking client of websockets."""

    def __init__(self, url: str, secure: bool, deflate: bool) -> None:
        compression = "deflate" if deflate else None
        self._conn = websockets_connect(
            url, ssl=client_tls(secure), compression=compression, proxy=None, max_size=TRUSTING
        ).__enter__()  # `close` ends it

    def send(self, message: str | bytes) -> None:
        self._conn.send(message)

    def recv(self) -> str | bytes:
        return self._conn.recv(PATIENCE)

    def send_fragments(self, words: Sequence[str]) -> None:
        self._conn.send(iter(words))

    def ping(self) -> None:
        assert self._conn.ping(b"\xff\x00").wait(PATIENCE)

    def came_in_fragments(self) -> bool:
        return True

    def deflated(self) -> bool:
        return bool(self._conn.protocol.extensions)

    def close(self, code: int) -> int:
        self._conn.close(code, "bye")
        return self._conn.close_code or 0

    def wait_closed(self) -> int:
        with contextlib.suppress(ConnectionClosed):
            self.recv()
        return self._conn.close_code or 0


def follow_as_websockets(conn) -> None:  # type: ignore[no-untyped-def]
    pong = threading.Event()
    for message in conn:
        match message:
            case "!ping":
                pong = conn.ping()
                conn.send("pinged")
            case "and?":
                conn.send("pong" if pong.is_set() else "no pong")
            case "!fragments":
                conn.send(iter(WORDS))
            case "!close 3001":
                conn.close(3001, "as you say")
            case _:
                conn.send(message)


@contextlib.contextmanager
def websockets_server(secure: bool) -> Iterator[int]:
    """The blocking server of websockets; gives its port."""
    quiet = logging.Logger("websockets under test", level=logging.CRITICAL + 1)
    tls = server_tls(secure)
    with websockets_serve(
        follow_as_websockets, "127.0.0.1", 0, ssl=tls, max_size=TRUSTING, logger=quiet
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join(PATIENCE)


# aiohttp


def refuse_fragments(kind: type) -> None:
    """Raise Cannot, unless a class of aiohttp has learnt to send a frame without FIN."""
    if "fin" not in inspect.signature(kind.send_frame).parameters:  # type: ignore[attr-defined]
        raise Cannot("aiohttp sends each message in one frame: send_frame has no FIN to leave out")
    raise AssertionError("aiohttp can send fragments by now: try it")


class AiohttpClient:
    """The client of aiohttp, one step after the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop, url: str, secure: bool, deflate: bool) -> None:
        self._loop = loop
        self._conn = self._do(self._connect(url, client_tls(secure), 15 if deflate else 0))

    def _do(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _connect(
        self, url: str, tls: ssl.SSLContext | None, compress: int
    ) -> aiohttp.ClientWebSocketResponse:
        self._session = aiohttp.ClientSession()
        return await self._session.ws_connect(
            url, ssl=tls or True, compress=compress, max_msg_size=TRUSTING, autoping=False
        )

    def send(self, message: str | bytes) -> None:
        send = self._conn.send_str if isinstance(message, str) else self._conn.send_bytes
        self._do(send(message))  # type: ignore[arg-type]

    def recv(self) -> str | bytes:
        while (message := self._do(self._conn.receive())).type is aiohttp.WSMsgType.PING:
            self._do(self._conn.pong(message.data))
        return message.data

    def send_fragments(self, words: Sequence[str]) -> None:
        self.close(1000)
        refuse_fragments(aiohttp.ClientWebSocketResponse)

    def ping(self) -> None:
        self._do(self._conn.ping(b"\xff\x00"))
        message = self._do(self._conn.receive())
        assert (message.type, bytes(message.data)) == (aiohttp.WSMsgType.PONG, b"\xff\x00")

    def came_in_fragments(self) -> bool:
        return True

    def deflated(self) -> bool:
        return bool(self._conn.compress)

    def close(self, code: int) -> int:
        self._do(self._conn.close(code=code, message=b"bye"))
        return self._leave()

    def wait_closed(self) -> int:
        self._do(self._conn.receive())
        return self._leave()

    def _leave(self) -> int:
        self._do(self._session.close())
        return self._conn.close_code or 0


async def follow_as_aiohttp(request: web.Request) -> web.WebSocketResponse:
    conn, pong = web.WebSocketResponse(max_msg_size=TRUSTING, autoping=False, autoclose=False), False
    await conn.prepare(request)
    async for message in conn:
        match message.type, message.data:
            case aiohttp.WSMsgType.PING, data:
                await conn.pong(data)
            case aiohttp.WSMsgType.PONG, _:
                pong = True
            case aiohttp.WSMsgType.TEXT, "!ping":
                await conn.ping(b"?")
                await conn.send_str("pinged")
            case aiohttp.WSMsgType.TEXT, "and?":
                await conn.send_str("pong" if pong else "no pong")
            case aiohttp.WSMsgType.TEXT, "!close 3001":
                await conn.close(code=3001, message=b"as you say")
            case aiohttp.WSMsgType.TEXT, text:
                await conn.send_str(text)
            case aiohttp.WSMsgType.BINARY, data:
                await conn.send_bytes(data)
    if not conn.closed:  # left to itself it answers every Close with 1000
        await conn.close(code=conn.close_code or 1000)
    return conn


@contextlib.contextmanager
def aiohttp_server(secure: bool) -> Iterator[int]:
    """The server of aiohttp, its loop in a thread; gives its port."""

    async def start() -> tuple[web.AppRunner, int]:
        application = web.Application()
        application.router.add_get("/", follow_as_aiohttp)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_tls(secure)).start()
        return runner, runner.addresses[0][1]

    with loop_in_a_thread() as loop:
        runner, port = asyncio.run_coroutine_threadsafe(start(), loop).result(PATIENCE)
        try:
            yield port
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(PATIENCE)


# wsproto, which has no sockets of its own


class Wsproto:
    """One end of wsproto on a socket."""

    def __init__(self, sock: socket.socket, kind: wsproto.ConnectionType) -> None:
        self._sock, self._conn = sock, wsproto.WSConnection(kind)
        self._pieces: list[str | bytes] = []
        self._agreed: list[object] = []
        self.code = self.pongs = 0
        sock.settimeout(PATIENCE)

    def write(self, event: events.Event) -> None:
        self._sock.sendall(self._conn.send(event))

    def next_message(self) -> str | bytes | None:
        """Return what comes next; None if it is a Pong or the end of the handshake.

        Raises:
            EOFError: if the connection is closed.
        """
        while True:
            for event in self._conn.events():
                if self._takes(event):
                    return self._whole(event)
            data = self._sock.recv(1 << 16)
            self._conn.receive_data(data or None)

    def _takes(self, event: events.Event) -> bool:
        match event:
            case events.Ping():
                self.write(event.response())
            case events.Pong():
                self.pongs += 1
                return True
            case events.CloseConnection():
                self.code = event.code
                if self._conn.state is not wsproto.connection.ConnectionState.CLOSED:
                    self.write(event.response())
                raise EOFError
            case events.Request():
                self._agreed = [PerMessageDeflate()] if event.extensions else []
                self.write(events.AcceptConnection(extensions=self._agreed))
            case events.AcceptConnection():
                self._agreed = list(event.extensions)
                return True
            case events.Message():
                self._pieces.append(event.data)
                return event.message_finished
        return False

    def _whole(self, event: events.Event) -> str | bytes | None:
        if not isinstance(event, events.Message):
            return None
        pieces, self._pieces = self._pieces, []
        return (b"" if isinstance(event, events.BytesMessage) else "").join(pieces)  # type: ignore[arg-type]

    # As a client of the matrix.

    @classmethod
    def connect(cls, url: str, secure: bool, deflate: bool) -> Wsproto:
        where = parse_ws_url(url)
        sock = socket.create_connection((where.host, where.port), PATIENCE)
        if secure:
            sock = client_tls(True).wrap_socket(sock, server_hostname=where.host)  # type: ignore[union-attr]
        end = cls(sock, wsproto.ConnectionType.CLIENT)
        extensions = [PerMessageDeflate()] if deflate else []
        end.write(events.Request(host=where.host, target=where.resource_name, extensions=extensions))
        end.next_message()
        return end

    def send(self, message: str | bytes) -> None:
        text = isinstance(message, str)
        self.write(events.TextMessage(message) if text else events.BytesMessage(message))

    def recv(self) -> str | bytes:
        while (message := self.next_message()) is None:
            pass
        return message

    def send_fragments(self, words: Sequence[str]) -> None:
        for number, word in enumerate(words, 1):
            self.write(events.TextMessage(word, message_finished=number == len(words)))

    def ping(self) -> None:
        before = self.pongs
        self.write(events.Ping(b"\xff\x00"))
        assert self.next_message() is None and self.pongs == before + 1

    def came_in_fragments(self) -> bool:
        return True

    def deflated(self) -> bool:
        return bool(self._agreed)

    def close(self, code: int) -> int:
        self.write(events.CloseConnection(code, "bye"))
        return self.wait_closed()

    def wait_closed(self) -> int:
        with self._sock, contextlib.suppress(EOFError):
            self.recv()
        return self.code

    def follow(self) -> None:
        """Be a server that follows orders."""
        with self._sock, contextlib.suppress(EOFError, ConnectionError):
            while True:
                match self.recv():
                    case "!ping":
                        self.write(events.Ping(b"?"))
                        self.send("pinged")
                    case "and?":
                        self.send("pong" if self.pongs else "no pong")
                    case "!fragments":
                        self.send_fragments(WORDS)
                    case "!close 3001":
                        self.write(events.CloseConnection(3001, "as you say"))
                    case message:
                        self.send(message)


@contextlib.contextmanager
def wsproto_server(secure: bool) -> Iterator[int]:
    """A server of wsproto, a thread for each connection; gives its port."""
    tls, visits = server_tls(secure), []

    def visit(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock = sock if tls is None else tls.wrap_socket(sock, server_side=True)
            Wsproto(sock, wsproto.ConnectionType.SERVER).follow()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=accept, args=(listening, visit, visits))
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):  # where that does not wake accept
                socket.create_connection(listening.getsockname(), 1).close()
            accepting.join(PATIENCE)
            for each in visits:
                each.join(PATIENCE)


def accept(
    listening: socket.socket, visit: Callable[[socket.socket], None], visits: list[threading.Thread]
) -> None:
    with contextlib.suppress(OSError):
        while True:
            sock, _ = listening.accept()
            visits.append(threading.Thread(target=visit, args=(sock,)))
            visits[-1].start()
