"""What a conformance case is made of: the steps of a talk with an endpoint that sends messages back.

A case says what the tester sends and what must come back, not how: it is the same for servers and clients,
over TCP and TLS. Steps run in order; each waits for an answer or for the end of TCP, never for the clock.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field

from minews import Opcode

KEY = bytes.fromhex("c05e1f3a")  # with which the tester masks, unless a case is about the key


@dataclass(frozen=True, slots=True)
class Much:
    """A message that is too large to be written down: `size` bytes of a kind."""

    kind: str  # "letters", "numbers", "sentence", "words", "records", "zeros" or "noise"
    size: int
    seed: int = 0

    def data(self) -> str | bytes:
        made = fill(self.kind, self.size, self.seed)
        return made if self.kind in ("numbers", "zeros", "noise") else made.decode()


@functools.lru_cache(maxsize=8)
def fill(kind: str, size: int, seed: int) -> bytes:
    chance = random.Random(f"{kind} {size} {seed}")
    if kind == "noise":
        return chance.randbytes(size)
    if kind == "words":
        words = [chance.randbytes(chance.randint(1, 6)).hex() for _ in range(300)]
        return " ".join(chance.choices(words, k=size // 2 + 1)).encode()[:size]
    if kind == "records":
        lines = (f'{{"id": {i}, "time": {chance.random()}, "to": "é"}}\n' for i in range(size // 30 + 2))
        whole = "".join(lines).encode()[:size].decode(errors="ignore").encode()
        return whole + b"." * (size - len(whole))
    patterns = {
        "letters": "Aé€😀".encode(),  # letters of 1, 2, 3 and 4 bytes, so that any cut is in one of them
        "numbers": bytes(range(251)),
        "sentence": b"The quick brown fox jumps over the lazy dog. ",
        "zeros": b"\0",
    }
    pattern = patterns[kind]
    return pattern * (size // len(pattern)) + b"." * (size % len(pattern))


Words = str | bytes | Much


# What the tester sends.


@dataclass(frozen=True, slots=True)
class Sent:
    """One frame, right or wrong; masked if the tester is a client."""

    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0  # RSV1, RSV2 and RSV3 as one number: 4, 2 and 1
    form: int = 0  # bits that the payload length is written in: 7, 16 or 64; 0 is as few as will do
    length: int | None = None  # the payload length that it announces, where that is not true
    key: bytes = KEY
    wrong_mask: bool = False  # masked if the tester is a server, and not if it is a client


@dataclass(frozen=True, slots=True)
class Say:
    """A whole message, in one frame or in fragments of so many bytes, and compressed or not."""

    words: Words
    fragment: int = 0
    packed: bool = False
    level: int = 6  # how thoroughly it is compressed; 0 stores it


@dataclass(frozen=True, slots=True)
class Send:
    """Send frames, messages and plain bytes: in one piece, or in pieces of `cut` bytes."""

    items: tuple[Sent | Say | bytes, ...]
    cut: int = 0


@dataclass(frozen=True, slots=True)
class HalfClose:
    """Send no more: end the tester's half of TCP."""


# What the endpoint must answer.


@dataclass(frozen=True, slots=True)
class Expect:
    """These messages and these Pongs come: each kind in this order, the two in any."""

    echoes: tuple[Words, ...] = ()
    pongs: tuple[bytes, ...] = ()
    fewer_pongs: bool = False  # section 5.5.3: the last Pong may answer all Pings; that is non-strict


@dataclass(frozen=True, slots=True)
class Ends:
    """The endpoint sends a Close with this code, and TCP ends.

    Another code that may travel is non-strict; so is no Close at all, if the connection had to be failed
    (section 7.1.7: it SHOULD send one).
    """

    code: int
    failing: bool = True
    any_code: bool = False  # where another code is as good, so that all of them are a pass
    may_come: tuple[Words, ...] = ()  # messages that may or may not come before


@dataclass(frozen=True, slots=True)
class Gone:
    """TCP ends; whether a Close comes before makes no difference."""


@dataclass(frozen=True, slots=True)
class Either:
    """The RFC leaves it open: the endpoint fails the connection, or (non-strict) answers so and goes on."""

    code: int
    echoes: tuple[Words, ...] = ()
    pongs: tuple[bytes, ...] = ()
    any_code: bool = False  # as for Ends
    any_words: bool = False  # whether any one message goes on, since nobody can say which


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same steps, so many times."""

    times: int
    steps: tuple[Send | Expect, ...]


Step = Send | HalfClose | Expect | Ends | Gone | Either | Repeat


@dataclass(frozen=True, slots=True)
class Case:
    """One rule of the protocol, and the talk that shows whether an endpoint keeps it."""

    id: str
    title: str
    steps: tuple[Step, ...]
    role: str = ""  # "server" or "client", if it is about endpoints of that role only
    slow: bool = False  # large, or many messages
    deflate: str = ""  # the extension that the tester offers as a client, and answers with as a server
    refused: bool = False  # whether the endpoint must not take that
    category: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "category", int(self.id.partition(".")[0]))


# Shorthand, so that a case is a line or two.


def text(payload: str | bytes = b"", **more: object) -> Sent:
    return Sent(Opcode.TEXT, payload.encode() if isinstance(payload, str) else payload, **more)  # type: ignore[arg-type]


def binary(payload: bytes = b"", **more: object) -> Sent:
    return Sent(Opcode.BINARY, payload, **more)  # type: ignore[arg-type]


def cont(payload: str | bytes = b"", **more: object) -> Sent:
    return Sent(Opcode.CONT, payload.encode() if isinstance(payload, str) else payload, **more)  # type: ignore[arg-type]


def ping(payload: bytes = b"", **more: object) -> Sent:
    return Sent(Opcode.PING, payload, **more)  # type: ignore[arg-type]


def pong(payload: bytes = b"", **more: object) -> Sent:
    return Sent(Opcode.PONG, payload, **more)  # type: ignore[arg-type]


def close(code: int | None = 1000, reason: str | bytes = b"", **more: object) -> Sent:
    words = reason.encode() if isinstance(reason, str) else reason
    head = b"" if code is None else code.to_bytes(2, "big")
    return Sent(Opcode.CLOSE, head + words, **more)  # type: ignore[arg-type]


def send(*items: Sent | Say | bytes, cut: int = 0) -> Send:
    return Send(items, cut)


def echoes(*words: Words) -> Expect:
    return Expect(echoes=words)


def pongs(*payloads: bytes) -> Expect:
    return Expect(pongs=payloads)


def fails(code: int = 1002, *may_come: Words) -> Ends:
    return Ends(code, may_come=may_come)


def case(id: str, title: str, *steps: Step, **more: object) -> Case:
    """Make a case; one whose steps do not end the connection ends it in the usual way."""
    if not any(isinstance(step, Ends | Gone) for step in steps):
        steps = (*steps, send(close(1000, "bye")), Ends(1000, failing=False))
    return Case(id, title, steps, **more)  # type: ignore[arg-type]
