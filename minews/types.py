"""The values that travel between the layers of minews: enums, frames, messages, heads and errors.

Nothing here does protocol work. Every other module imports this one and it imports none of them, so that the
reference and a student's own stack can share the very same classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum

__all__ = [
    "Close",
    "Frame",
    "HandshakeError",
    "Headers",
    "Message",
    "Opcode",
    "Ping",
    "Pong",
    "ProtocolError",
    "Request",
    "Response",
    "Role",
    "State",
    "WsUrl",
]


class Opcode(IntEnum):
    """What a frame carries (RFC 6455 section 5.2). The values not listed are reserved."""

    CONT = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class Role(Enum):
    """Which end of the connection *I* am (RFC 6455 section 1.3)."""

    CLIENT = "client"
    SERVER = "server"


class State(Enum):
    """Where a connection stands in its life (RFC 6455 sections 4.1 and 7.1)."""

    CONNECTING = "connecting"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame (RFC 6455 section 5.2).

    `payload` is always unmasked. `masking_key` records the 4 bytes that were, or are to be, on the wire;
    None means that the frame is not masked.
    """

    fin: bool
    opcode: int
    payload: bytes
    rsv1: bool = False
    rsv2: bool = False
    rsv3: bool = False
    masking_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One whole message (RFC 6455 section 5.4): str data for Opcode.TEXT, bytes for Opcode.BINARY."""

    opcode: int
    data: bytes | str


@dataclass(frozen=True, slots=True)
class Ping:
    """A Ping came, and its Pong is on the way (RFC 6455 section 5.5.2)."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """A Pong came, asked for or not (RFC 6455 section 5.5.3)."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """The connection ends (RFC 6455 section 7.1): with the peer's Close, or since it broke a rule.

    `code` is 1005 where the Close had none, and 1006 where there was no Close.
    """

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class WsUrl:
    """The four parts of a ws or wss URL (RFC 6455 section 3).

    `secure` is True for wss; `host` has no brackets, even for IPv6; `resource_name` is the path with the
    query, and never empty.
    """

    secure: bool
    host: str
    port: int
    resource_name: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self.secure else 'ws'}://{host}:{self.port}{self.resource_name}"


class Headers:
    """The header fields of a request or response, in the order in which they came.

    Names match in any case, one name may stand on several lines, and values lose the white space around
    them (RFC 9110 sections 5.1, 5.2 and 5.5).

    >>> headers = Headers([("Upgrade", "websocket"), ("Via", "a"), ("via", " b ")])
    >>> headers.get("UPGRADE"), headers.get_all("Via"), "Host" in headers
    ('websocket', ['a', 'b'], False)
    """

    __slots__ = ("_items", "_values")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._items = tuple((name, value.strip(" \t")) for name, value in pairs)
        self._values: dict[str, list[str]] = {}  # by the name in small letters
        for name, value in self._items:
            self._values.setdefault(name.lower(), []).append(value)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of the field `name`, or `default` where there is none."""
        values = self._values.get(name.lower())
        return values[0] if values else default

    def get_all(self, name: str) -> list[str]:
        """Return the values of all lines of the field `name`, in order; an empty list where there is none."""
        return list(self._values.get(name.lower(), ()))

    def items(self) -> list[tuple[str, str]]:
        """Return all (name, value) pairs, in order, names spelled as they were received."""
        return list(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._folded() == other._folded()

    def __hash__(self) -> int:
        return hash(self._folded())

    def __repr__(self) -> str:
        return f"Headers({self.items()!r})"

    def _folded(self) -> tuple[tuple[str, str], ...]:
        return tuple((name.lower(), value) for name, value in self._items)


@dataclass(frozen=True, slots=True)
class Request:
    """The head of an HTTP request (RFC 9112 section 3); `version` is spelled as on the wire: "HTTP/1.1"."""

    method: str
    target: str
    version: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class Response:
    """The head of an HTTP response (RFC 9112 section 4)."""

    status: int
    reason: str
    headers: Headers


class HandshakeError(Exception):
    """The opening handshake failed (RFC 6455 sections 4.1 and 4.2).

    Arguments:
        status: an HTTP status code. At the server: the one to answer with. At the client: the one that the
            server sent, or 502 if what came was no HTTP response at all.
        headers: (name, value) pairs. At the server: what the answer must carry besides the usual ones. At the
            client: those of the response, without what tells of its body.
        reason: one sentence for people: what was wrong.
    """

    def __init__(self, status: int, headers: Iterable[tuple[str, str]] = (), reason: str = "") -> None:
        self.status = status
        self.headers = list(headers)
        self.reason = reason
        super().__init__(status, self.headers, reason)

    def __str__(self) -> str:
        return f"{self.status} {self.reason}".rstrip()


class ProtocolError(Exception):
    """The peer broke a rule after the handshake (RFC 6455 section 7.1.7).

    Arguments:
        code: the close code that says how: 1002, 1003, 1007, 1008 or 1009 (section 7.4.1).
        reason: one sentence for people: what was wrong.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(code, reason)

    def __str__(self) -> str:
        return f"{self.code} {self.reason}".rstrip()
