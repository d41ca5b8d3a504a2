"""Recordings: what went through a socket, piece by piece.

conn = record(conn)                             # use it as the socket that it was
draw_river(conn.sent, other.received)           # the pieces
draw_session(conn)                              # what they meant: sessions.py
"""

from __future__ import annotations

import io
import socket
import threading
import time
from types import TracebackType
from typing import Any

from minews.types import Role

from .sessions import Direction, Event, Note, Session

__all__ = ["Event", "Note", "RecordedSocket", "Session", "record"]


class RecordedSocket:
    """A connected socket that notes what goes through it; all else is as the socket does it.

    Several threads may use it. `makefile` is refused, since what goes through it would not be seen.
    """

    def __init__(self, conn: socket.socket) -> None:
        """Begin to record.

        Arguments:
            conn: a connected socket. Use only the recorded one from now on.
        """
        self._conn = conn
        self._start = time.perf_counter()
        self._lock = threading.Lock()
        self._notes: list[Note] = []
        self._ended = False

    @property
    def notes(self) -> list[Note]:
        """What went through it so far, in order."""
        with self._lock:
            return list(self._notes)

    @property
    def sent(self) -> list[bytes]:
        """What each send took, in order, without the empty ones."""
        return [note.data for note in self.notes if note.direction == "sent" and note.data]

    @property
    def received(self) -> list[bytes]:
        """What each recv gave, in order, without the b"" that is the end of the stream."""
        return [note.data for note in self.notes if note.direction == "received" and note.data]

    def session(self, role: Role = Role.SERVER) -> Session:
        """What the bytes mean so far.

        Arguments:
            role: which end of the connection was recorded.
        """
        return Session(self.notes, role)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As socket.recv does it. What is only peeked at is noted when it is taken."""
        data = self._conn.recv(size, flags)
        if not flags & socket.MSG_PEEK:
            self._note("received", data)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """As socket.recv_into does it."""
        count = self._conn.recv_into(buffer, nbytes, flags)
        if not flags & socket.MSG_PEEK:
            self._note("received", bytes(memoryview(buffer).cast("B")[:count]))
        return count

    def send(self, data: Any, flags: int = 0) -> int:
        """As socket.send does it: what it did not take is not noted."""
        start = time.perf_counter()
        count = self._conn.send(data, flags)
        self._note("sent", bytes(memoryview(data).cast("B")[:count]), start)
        return count

    def sendall(self, data: Any, flags: int = 0) -> None:
        """As socket.sendall does it."""
        start = time.perf_counter()
        self._conn.sendall(data, flags)
        self._note("sent", bytes(data), start)

    def shutdown(self, how: int) -> None:
        """As socket.shutdown does it."""
        self._conn.shutdown(how)
        if how != socket.SHUT_RD:
            self._note_our_end()

    def close(self) -> None:
        """As socket.close does it. The notes stay."""
        self._note_our_end()
        self._conn.close()

    def makefile(self, *args: Any, **kwargs: Any) -> None:
        """Refuse.

        Raises:
            io.UnsupportedOperation: always.
        """
        raise io.UnsupportedOperation("a recorded socket has no makefile: use recv and sendall")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)

    def __enter__(self) -> RecordedSocket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        sent, received = self.sent, self.received
        return (
            f"<recorded socket: {len(sent)} sends, {sum(map(len, sent))} bytes; "
            f"{len(received)} recvs, {sum(map(len, received))} bytes>"
        )

    def _note(self, direction: Direction, data: bytes, when: float | None = None) -> None:
        """Note a call that went well. A send counts from its start: the peer may answer before it ends."""
        if direction == "sent" and not data:
            return  # an empty send puts nothing on the wire
        seconds = (time.perf_counter() if when is None else when) - self._start
        with self._lock:
            self._notes.append(Note(seconds, direction, data))

    def _note_our_end(self) -> None:
        with self._lock:
            if not self._ended:
                self._ended = True
                self._notes.append(Note(time.perf_counter() - self._start, "sent", b""))


def record(conn: socket.socket) -> RecordedSocket:
    """Wrap a connected socket, so that what goes through it can be drawn.

    Arguments:
        conn: a connected socket. Use only the returned one from now on.

    >>> near, far = socket.socketpair()
    >>> near = record(near)
    >>> far.sendall(b"Hello")
    >>> near.recv(2), near.recv(10), near.received
    (b'He', b'llo', [b'He', b'llo'])
    >>> near.close(), far.close()
    (None, None)
    """
    return RecordedSocket(conn)
