"""What the bytes of one connection meant: a Session, read with the course's reference.

Reading never fails: bytes that make no sense are an event that says so. What the recorded bytes come from:
recording.py.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from minews.frames import MASK, check_frame, decode_frame, decode_payload_len
from minews.http import END_OF_HEAD, parse_request_head, parse_response_head
from minews.types import Frame, HandshakeError, ProtocolError, Role

__all__ = ["Direction", "Event", "Kind", "Note", "Session"]

Direction: TypeAlias = Literal["sent", "received"]
Kind: TypeAlias = Literal["connected", "request", "response", "frame", "body", "broken", "unfinished", "end"]


@dataclass(frozen=True, slots=True)
class Note:
    """One call that moved bytes.

    Arguments:
        seconds: when, since the recording began.
        direction: "sent" or "received", as this end sees it.
        data: the bytes. Received b"" is the end of the peer's stream; sent b"" is the end of ours.
    """

    seconds: float
    direction: Direction
    data: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a session.

    Arguments:
        seconds: when it was there whole, since the recording began; None if that was not recorded.
        sender: which end sent it; for "connected" and "end" the end that did it.
        kind: "connected", "request", "response", "frame", "body" (bytes that belong to a response without
            WebSocket), "broken" (bytes that can't be read), "unfinished" (a head or frame that is not whole)
            or "end" (no more bytes from this end).
        data: the bytes on the wire, empty for "connected" and "end".
        frame: the frame, payload unmasked, for a "frame".
        problem: what was wrong, in a sentence; "" if nothing was.
    """

    seconds: float | None
    sender: Role
    kind: Kind
    data: bytes = b""
    frame: Frame | None = None
    problem: str = ""


class Session:
    """What happened on one connection, read from its bytes. Several threads may add to it."""

    def __init__(self, notes: Sequence[Note] = (), role: Role = Role.SERVER) -> None:
        """Begin with what was recorded, or with nothing.

        Arguments:
            notes: what one end sent and received, as a RecordedSocket notes it.
            role: which end that was.
        """
        self._lock = threading.Lock()
        self._pieces: list[tuple[float | None, Role, bytes]] = []
        other = Role.CLIENT if role is Role.SERVER else Role.SERVER
        for note in notes:
            self.add(role if note.direction == "sent" else other, note.data, note.seconds)

    @classmethod
    def from_bytes(cls, client: bytes, server: bytes) -> Session:
        """Make one of everything that each end sent, with the times unknown.

        Frames of the two ends stand in the order: all of the client's, then all of the server's.

        Arguments:
            client: what the client sent, from the request on.
            server: what the server sent, from its answer on.
        """
        session = cls()
        head_end = client.find(END_OF_HEAD) + len(END_OF_HEAD)
        answer_end = server.find(END_OF_HEAD) + len(END_OF_HEAD)
        for sender, data in (
            (Role.CLIENT, client[:head_end]),
            (Role.SERVER, server[:answer_end]),
            (Role.CLIENT, client[head_end:]),
            (Role.SERVER, server[answer_end:]),
        ):
            if data:
                session.add(sender, data)
        return session

    def add(self, sender: Role, data: bytes, seconds: float | None = None) -> None:
        """Add what one end sent next.

        Arguments:
            sender: who sent it.
            data: any number of bytes; b"" is the end of what it sends.
            seconds: when, since the session began.
        """
        with self._lock:
            self._pieces.append((seconds, sender, bytes(data)))

    def events(self) -> list[Event]:
        """What happened so far, in order; what is not whole yet is an "unfinished" event at the end."""
        with self._lock:
            pieces = list(self._pieces)
        streams = {role: _Stream(role, _is_open(pieces)) for role in Role}
        if not pieces:
            return []
        events = [Event(None if pieces[0][0] is None else 0.0, Role.CLIENT, "connected")]
        for seconds, sender, data in pieces:
            events += streams[sender].feed(seconds, data)
        for stream in streams.values():
            events += stream.rest()
        return events


def _is_open(pieces: Sequence[tuple[float | None, Role, bytes]]) -> bool:
    """Whether the server agreed to WebSocket: only then what follows the heads is frames."""
    answer = b"".join(data for _, sender, data in pieces if sender is Role.SERVER)[:64]
    return answer.split(b" ", 2)[1:2] == [b"101"]


class _Stream:
    """What one end sends, taken apart as it comes: a head, then frames, or a body."""

    def __init__(self, sender: Role, is_open: bool) -> None:
        self._sender = sender
        self._is_open = is_open
        self._buffer = bytearray()
        self._in_head, self._broken, self._ended = True, False, False
        self._seconds: float | None = None

    def feed(self, seconds: float | None, data: bytes) -> list[Event]:
        self._seconds = seconds
        if self._ended:
            return []
        if not data:
            self._ended = True
            return [*self.rest(), Event(seconds, self._sender, "end")]
        self._buffer += data
        events = []
        while self._buffer and (event := self._next_event()):
            events.append(event)
        return events

    def rest(self) -> list[Event]:
        """What is left over when nothing more comes."""
        if not self._buffer:
            return []
        if self._broken:
            return [
                self._take(len(self._buffer), "broken", problem="it comes after bytes that can't be read")
            ]
        what = "head" if self._in_head else "frame"
        return [self._take(len(self._buffer), "unfinished", problem=f"the {what} is not whole")]

    def _next_event(self) -> Event | None:
        if self._broken:
            return None
        if self._in_head:
            return self._next_head()
        if not self._is_open:
            return self._take(len(self._buffer), "body")
        return self._next_frame()

    def _next_head(self) -> Event | None:
        end = self._buffer.find(END_OF_HEAD)
        if end < 0:
            return None
        self._in_head = False
        size, problem = end + len(END_OF_HEAD), ""
        kind: Kind = "request" if self._sender is Role.CLIENT else "response"
        try:
            parse = parse_request_head if kind == "request" else parse_response_head
            parse(bytes(self._buffer[:size]))
        except HandshakeError as error:
            problem = error.reason
        return self._take(size, kind, problem=problem)

    def _next_frame(self) -> Event | None:
        try:
            size = _frame_size(self._buffer)
            if size is None or len(self._buffer) < size:
                return None
            decoded = decode_frame(bytes(self._buffer[:size]))
        except ProtocolError as error:
            return self._give_up(error.reason)
        assert decoded is not None  # its size has just been read
        frame, problem = decoded[0], ""
        try:
            check_frame(frame, Role.CLIENT if self._sender is Role.SERVER else Role.SERVER)
        except ProtocolError as error:
            problem = error.reason
        return self._take(size, "frame", frame=frame, problem=problem)

    def _give_up(self, problem: str) -> Event:
        """Where one frame can't be read, nobody knows where the next begins."""
        self._broken = True
        return self._take(len(self._buffer), "broken", problem=problem)

    def _take(self, size: int, kind: Kind, frame: Frame | None = None, problem: str = "") -> Event:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return Event(self._seconds, self._sender, kind, data, frame, problem)


def _frame_size(buffer: bytearray) -> int | None:
    """How many bytes the frame in front has, once its head is there."""
    length = decode_payload_len(bytes(buffer[1:10]))
    if length is None:
        return None
    payload_len, used = length
    return 1 + used + (4 if buffer[1] & MASK else 0) + payload_len
