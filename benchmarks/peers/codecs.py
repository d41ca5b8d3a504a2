"""Reading and writing messages without a socket: the same bytes, the shortest way through each library.

What counts as read is a message that an application could use: text is decoded, everywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from minews import FastConnection, Opcode, Role, encode_payload_len, speed
from minews.frames import FIN
from minews.speed import apply_mask_fast

from .rounds import Job

ROOM = 1 << 21  # bytes in one message that every reader takes
READ = 1 << 16  # bytes that a socket gives at once

Feed = Callable[[bytes], object]  # takes what a read gave, and makes messages of it


def masked_frame(payload: bytes, opcode: int) -> bytes:
    """Return a frame as a client sends it."""
    key = os.urandom(4)
    return (
        bytes((FIN | opcode,)) + encode_payload_len(len(payload), True) + key + apply_mask_fast(payload, key)
    )


def minews_reader() -> Feed:
    return FastConnection(Role.SERVER, max_frame=ROOM, max_message=ROOM).receive_data


def wsproto_reader() -> Feed:
    from wsproto.connection import Connection, ConnectionType

    conn = Connection(ConnectionType.SERVER)

    def feed(data: bytes) -> object:
        conn.receive_data(data)
        return list(conn.events())

    return feed


def websockets_reader() -> Feed:
    from websockets.protocol import Protocol, Side

    conn = Protocol(Side.SERVER, max_size=ROOM)
    conn.logger.disabled = True

    def feed(data: bytes) -> object:
        conn.receive_data(data)
        return [
            frame.data.decode() if frame.opcode == Opcode.TEXT else frame.data
            for frame in conn.events_received()
        ]

    return feed


class _Unhurried:
    """The protocol and the transport that aiohttp asks for, with room for everything."""

    _reading_paused = _paused = False
    transport = None

    def write(self, data: bytes) -> None:
        self.last = data

    def writelines(self, pieces: list[bytes]) -> None:
        self.last = b"".join(pieces)

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


def aiohttp_reader() -> Feed:
    from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader

    def begin() -> tuple[Any, Any]:
        loop = asyncio.new_event_loop()
        queue = WebSocketDataQueue(_Unhurried(), 1 << 30, loop=loop)
        loop.close()
        return queue, WebSocketReader(queue, ROOM, False, True)

    queue, reader = begin()

    def feed(data: bytes) -> object:
        nonlocal queue, reader
        reader.feed_data(data)
        messages = list(queue._buffer)
        queue._buffer.clear()
        if queue._size > 1 << 30:  # it counts what nobody took by `read`, which needs a loop
            queue, reader = begin()
        return messages

    return feed


READERS: dict[str, Callable[[], Feed]] = {
    "minews": minews_reader,
    "wsproto": wsproto_reader,
    "websockets": websockets_reader,
    "aiohttp": aiohttp_reader,
}


def reading(feed: Feed, pieces: list[bytes]) -> Job:
    """Return the job of reading some pieces, again and again."""

    def job(count: int) -> None:
        for _ in range(count):
            for piece in pieces:
                feed(piece)

    return job


Write = Callable[[str], object]  # makes of a text what is to be sent


def minews_writer(client: bool) -> Write:
    conn = FastConnection(Role.CLIENT if client else Role.SERVER)

    def write(text: str) -> object:
        conn.send_text(text)
        return conn.data_to_send()

    return write


def wsproto_writer(client: bool) -> Write:
    from wsproto.connection import Connection, ConnectionType
    from wsproto.events import TextMessage

    conn = Connection(ConnectionType.CLIENT if client else ConnectionType.SERVER)
    return lambda text: conn.send(TextMessage(data=text))


def websockets_writer(client: bool) -> Write:
    from websockets.protocol import Protocol, Side

    conn = Protocol(Side.CLIENT if client else Side.SERVER)

    def write(text: str) -> object:
        conn.send_text(text.encode())
        return conn.data_to_send()

    return write


def aiohttp_writer(client: bool) -> Write:
    from aiohttp._websocket.writer import WebSocketWriter

    peer = _Unhurried()
    send = WebSocketWriter(peer, peer, use_mask=client).send_frame

    def write(text: str) -> object:
        with contextlib.suppress(StopIteration):
            send(text.encode(), Opcode.TEXT).send(None)
        return peer.last

    return write


WRITERS: dict[str, Callable[[bool], Write]] = {
    "minews": minews_writer,
    "wsproto": wsproto_writer,
    "websockets": websockets_writer,
    "aiohttp": aiohttp_writer,
}


def writing(write: Write, text: str) -> Job:
    """Return the job of writing a text, again and again."""

    def job(count: int) -> None:
        for _ in range(count):
            write(text)

    return job


@contextlib.contextmanager
def only_python() -> Iterator[None]:
    """Take numpy from minews and the C extension from websockets, for a while."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_put(speed, "_import_numpy", lambda: None))
        with contextlib.suppress(ImportError):
            import websockets.frames
            import websockets.utils

            stack.enter_context(_put(websockets.frames, "apply_mask", websockets.utils.apply_mask))
        yield


@contextlib.contextmanager
def _put(where: Any, name: str, what: object) -> Iterator[None]:
    before = getattr(where, name)
    setattr(where, name, what)
    try:
        yield
    finally:
        setattr(where, name, before)
