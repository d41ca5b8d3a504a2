"""Conversations: what one end says, told to a student line by line, and what the other end answered.

The cases of lesson 6 are made of them. A peer is scripted; what the student's code sent to it is read back
here, by the reference, into lines such as 'TEXT "Hello"'.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from classroom.cases import Finding
from minews.frames import check_frame, decode_frame, encode_frame
from minews.types import Frame, Opcode, ProtocolError, Role

SHORT = 40  # characters of a payload that are written out
LABEL = 20  # characters
HEADS = {"server": "answer, 101", "client": "request"}


@dataclass(frozen=True, slots=True)
class Said:
    """Some bytes that a peer sends, and the words for them."""

    words: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """A frame that must come, in words, and the test that it has to pass."""

    words: str
    fits: Callable[[Frame], bool]


class Peer:
    """The other end: writes its frames, masked if it is a client."""

    def __init__(self, rng: random.Random, role: Role) -> None:
        self._rng = rng
        self._role = role

    def text(self, text: str) -> Said:
        return self.frame(Opcode.TEXT, text.encode())

    def binary(self, data: bytes) -> Said:
        return self.frame(Opcode.BINARY, data)

    def ping(self, data: bytes = b"") -> Said:
        return self.frame(Opcode.PING, data)

    def pong(self, data: bytes = b"") -> Said:
        return self.frame(Opcode.PONG, data)

    def close(self, code: int | None = 1000, reason: str = "") -> Said:
        payload = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
        return self.frame(Opcode.CLOSE, payload)

    def frame(self, opcode: int, payload: bytes = b"", fin: bool = True, **bits: bool) -> Said:
        key = self._rng.randbytes(4) if self._role is Role.CLIENT else None
        frame = Frame(fin, opcode, payload, masking_key=key, **bits)
        return Said(describe(frame), encode_frame(frame))

    def masked_wrongly(self, opcode: int, payload: bytes) -> Said:
        """A frame that is masked where it must not be, or not masked where it must."""
        key = None if self._role is Role.CLIENT else self._rng.randbytes(4)
        frame = Frame(True, opcode, payload, masking_key=key)
        return Said(f"{describe(frame)}, {'masked' if key else 'not masked'}", encode_frame(frame))


# Frames in words.


def describe(frame: Frame) -> str:
    """Write a frame as a line: its opcode, what it carries, and what is unusual about it."""
    known = next((each for each in Opcode if each == frame.opcode), None)
    name = known.name if known is not None else f"a frame with opcode {frame.opcode:#x}"
    words = [f"{name} {_describe_payload(frame)}"]
    words += [] if frame.fin else ["FIN not set"]
    words += [f"{bit.upper()} set" for bit in ("rsv1", "rsv2", "rsv3") if getattr(frame, bit)]
    return ", ".join(words)


def _describe_payload(frame: Frame) -> str:
    data = frame.payload
    if frame.opcode == Opcode.CLOSE and len(data) >= 2:
        reason = f" {_quote(data[2:])}" if data[2:] else ""
        return f"{int.from_bytes(data[:2], 'big')}{reason}"
    return _quote(data) if data else "(empty)"


def _quote(data: bytes) -> str:
    if len(data) > SHORT:
        return f"of {len(data):,} bytes"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data.hex(" ")
    return f'"{text}"' if text.isprintable() else data.hex(" ")


def wanted(opcode: int, payload: bytes) -> Wanted:
    """Just this frame, whole."""
    frame = Frame(True, opcode, payload)
    return Wanted(describe(frame), lambda came: replace(came, masking_key=None) == frame)


def wanted_text(text: str) -> Wanted:
    return wanted(Opcode.TEXT, text.encode())


def wanted_close(*codes: int | None) -> Wanted:
    """A Close with one of these codes, whatever its reason; None is one without a code."""
    first = "CLOSE (empty)" if codes[0] is None else f"CLOSE {codes[0]}"
    starts = [b"" if code is None else code.to_bytes(2, "big") for code in codes]
    return Wanted(first, lambda came: came.opcode == Opcode.CLOSE and came.payload[:2] in starts)


# What a peer does, in words.

AFTERWARDS = {
    "stall": "and then waits",
    "eof": "and then leaves, without another word",
    "reset": "and then the connection breaks",
}


def tell(call: str, who: str, said: Sequence[Said], how: str, after: str) -> list[str]:
    """Tell what was called, and what the peer says."""
    lines = [call]
    for number, each in enumerate(said):
        lines.append(f"{who + ' sends' if number == 0 else '':<{LABEL}}{each.words}")
    start = "" if said else who
    return [*lines, f"{start:<{LABEL}}{how + ', ' if how else ''}{AFTERWARDS[after]}."]


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut bytes at these places, which are counted from the start."""
    pairs = zip([0, *places], [*places, len(data)], strict=True)
    return [data[start:end] for start, end in pairs if end > start]


def cut_at_random(rng: random.Random, said: Sequence[Said]) -> tuple[list[bytes], str]:
    """Cut what is said in a few places; return the pieces and say how long they are."""
    data = b"".join(each.data for each in said)
    places = sorted(rng.sample(range(1, len(data)), min(rng.randint(2, 5), len(data) - 1)))
    pieces = cut(data, places)
    *first, last = [str(len(piece)) for piece in pieces]
    return pieces, f"in pieces of {', '.join(first)} and {last} bytes"


# What the student's code sent.


@dataclass(slots=True)
class Sent:
    """What was sent: the head, the frames behind it, and what is wrong with the bytes themselves."""

    head: bytes
    frames: list[Frame]
    problem: str = ""

    def lines(self, who: str) -> tuple[str, ...]:
        """Tell it as a conversation."""
        words = [self.head.partition(b"\r\n")[0].decode("latin-1")] if self.head else []
        words += [describe(frame) for frame in self.frames]
        words += [self.problem] if self.problem else []
        words = words or ["nothing"]
        return tuple(
            f"{who + ' sent' if number == 0 else '':<{LABEL}}{each}" for number, each in enumerate(words)
        )


def sent_in(trace: object) -> bytes:
    """All bytes that a traced socket was given to send."""
    assert isinstance(trace, list)
    return b"".join(event[1] for event in trace if event[0] in ("send", "sendall", "received"))


def read_sent(data: bytes, receiver: Role) -> Sent:
    """Read a head, and the frames behind it as their receiver would."""
    head, end, rest = data.partition(b"\r\n\r\n") if data[:5] in (b"HTTP/", b"GET /") else (b"", b"", data)
    sent = Sent(head + end, [])
    if head and not end:
        sent.problem = "a head that has no end"
        return sent
    rest = memoryview(rest)  # of which nothing is copied when its front is taken off
    while rest:
        try:
            decoded = decode_frame(rest)
        except ProtocolError as error:
            sent.problem = f"bytes that are no frame: {error.reason} ({rest[:2].hex(' ')} ...)"
            return sent
        if decoded is None:
            sent.problem = f"the start of a frame, and no more ({rest[:2].hex(' ')} ...)"
            return sent
        try:
            check_frame(decoded[0], receiver)
        except ProtocolError as error:
            sent.problem = f"{describe(decoded[0])}, but {error.reason}"
            return sent
        sent.frames.append(decoded[0])
        rest = rest[decoded[1] :]
    return sent


def has_closed(data: bytes) -> bool:
    """Whether a Close stands among the frames behind the head, whatever else is wrong with them."""
    rest = memoryview(data.partition(b"\r\n\r\n")[2])
    with contextlib.suppress(ProtocolError):
        while (decoded := decode_frame(rest)) is not None:
            if decoded[0].opcode == Opcode.CLOSE:
                return True
            rest = rest[decoded[1] :]
    return False


def compare(sent: Sent, want: Sequence[Wanted], who: str, question: str = "") -> Finding | None:
    """Hold the frames that were sent against those that must come, one after the other."""
    must = tuple(
        f"{f'a {who} sends' if number == 0 else '':<{LABEL}}{each}"
        for number, each in enumerate([f"the head of its {HEADS[who]}", *(each.words for each in want)])
    )
    note = ""
    for number, each in enumerate(want):
        if number >= len(sent.frames):
            note = f"{each.words} must come"
            note = f"{note}. Instead came {sent.problem}." if sent.problem else f"{note}, and nothing did."
            break
        if not each.fits(sent.frames[number]):
            note = f"{describe(sent.frames[number])} came where {each.words} must come."
            break
    if not note and sent.problem:
        note = f"Then came {sent.problem}."
    elif not note and len(sent.frames) > len(want):
        note = f"{describe(sent.frames[len(want)])} came, and nothing more may come."
    return Finding(note, must, came=sent.lines(f"your {who}"), question=question) if note else None


def observe_sent(data: bytes, receiver: Role) -> object:
    """What counts of it when it is compared with a known mistake's: no key, and no reason in a Close."""
    sent = read_sent(data, receiver)
    frames = [
        describe(replace(frame, payload=frame.payload[:2]) if frame.opcode == Opcode.CLOSE else frame)
        for frame in sent.frames
    ]
    keys = [frame.masking_key for frame in sent.frames]
    status = sent.head.split(b"\r\n")[0] if sent.head else b""
    return status, frames, len(set(keys)) == len(keys), re.sub(r"\(.*", "", sent.problem)
