"""permessage-deflate: messages that travel compressed (RFC 7692).

A message is deflated as a whole, before it is cut into fragments; RSV1 in its first frame says so. Both ends
may remember what they sent before (context takeover), so that a message costs little if it repeats the last.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .http import list_elements
from .messages import MAX_MESSAGE, MessageAssembler, classify
from .types import Frame, HandshakeError, Message, Opcode, ProtocolError, Role

__all__ = [
    "EXTENSION",
    "DeflateAssembler",
    "DeflateParams",
    "accept_deflate",
    "deflate_message",
    "inflate_message",
    "make_compress",
    "negotiate_deflate",
    "offer_deflate",
    "parse_extensions",
]

EXTENSION = "permessage-deflate"
TAIL = b"\x00\x00\xff\xff"  # ends every flush, so it is not sent (section 7.2.1)
WINDOW_BITS = {str(bits): bits for bits in range(8, 16)}
SMALLEST_WINDOW = 9  # bits: zlib cannot deflate with a window of 8

Extension = tuple[str, dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class DeflateParams:
    """What both ends agreed on (RFC 7692 section 7.1).

    The first two say who forgets what it sent after each message; the others are the bits of each end's
    window, 8 to 15: it looks back 2**bits bytes.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15

    def __str__(self) -> str:
        words = [EXTENSION]
        for name in ("server_no_context_takeover", "client_no_context_takeover"):
            words += [name] if getattr(self, name) else []
        for name in ("server_max_window_bits", "client_max_window_bits"):
            words += [f"{name}={getattr(self, name)}"] if getattr(self, name) < 15 else []
        return "; ".join(words)


def parse_extensions(values: list[str]) -> list[Extension]:
    """Read the values of Sec-WebSocket-Extensions (RFC 6455 section 9.1).

    Arguments:
        values: one for each line of that name.

    Returns:
        (name, parameters) for each extension, in order. A parameter without a value has None; one that
        stands twice, or has no name, has "", which is no value at all.

    >>> parse_extensions(["permessage-deflate; client_max_window_bits; server_max_window_bits=10", "x-a"])
    [('permessage-deflate', {'client_max_window_bits': None, 'server_max_window_bits': '10'}), ('x-a', {})]
    """
    return [_parse_extension(element) for value in values for element in list_elements([value])]


def _parse_extension(text: str) -> Extension:
    name, *words = (word.strip(" \t") for word in text.split(";"))
    params: dict[str, str | None] = {}
    for word in words:
        key, equals, value = (part.strip(" \t") for part in word.partition("="))
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        params[key] = "" if key in params or not key else value if equals else None
    return name, params


def negotiate_deflate(offers: list[Extension]) -> DeflateParams | None:
    """Choose, at the server, the first offer that can be met (RFC 7692 sections 5.1 and 7.1).

    Arguments:
        offers: what the client offers, as `parse_extensions` gives it.

    Returns:
        The parameters to answer with; None if there is no such offer.

    >>> str(negotiate_deflate([("permessage-deflate", {"server_max_window_bits": "10"})]))
    'permessage-deflate; server_max_window_bits=10'
    """
    for name, params in offers:
        if name == EXTENSION and (agreed := _read_params(params, bare_window=True)):
            return agreed
    return None


def offer_deflate(params: DeflateParams | None = None) -> str:
    """Write the offer of a client: what it asks for, and that the server may choose the client's window."""
    params = params or DeflateParams()
    return str(params) if params.client_max_window_bits < 15 else f"{params}; client_max_window_bits"


def accept_deflate(values: list[str], offered: DeflateParams | None = None) -> DeflateParams | None:
    """Check, at a client that offered it, what the server answered (RFC 7692 sections 5.1 and 7.1).

    Arguments:
        values: those of Sec-WebSocket-Extensions in the answer.
        offered: what was asked for.

    Returns:
        What is agreed; None if the server wants no compression.

    Raises:
        HandshakeError: if it answered with anything else than that.
    """
    answers, asked = parse_extensions(values), offered or DeflateParams()
    if not answers:
        return None
    agreed = _read_params(answers[0][1], bare_window=False)
    if len(answers) > 1 or answers[0][0] != EXTENSION or agreed is None:
        raise HandshakeError(101, reason="the server chose extensions that nobody asked for")
    if agreed.server_max_window_bits > asked.server_max_window_bits or (
        asked.server_no_context_takeover and not agreed.server_no_context_takeover
    ):
        raise HandshakeError(101, reason="the server takes more of permessage-deflate than it was offered")
    smaller = min(agreed.client_max_window_bits, asked.client_max_window_bits)
    forgets = agreed.client_no_context_takeover or asked.client_no_context_takeover
    return replace(agreed, client_max_window_bits=smaller, client_no_context_takeover=forgets)


def _read_params(params: dict[str, str | None], bare_window: bool) -> DeflateParams | None:
    """Read parameters; None if one is unknown or has no right value. An offer may name a window barely."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        if name in ("server_no_context_takeover", "client_no_context_takeover") and value is None:
            found[name] = True
        elif name == "client_max_window_bits" and value is None and bare_window:
            continue
        elif name in ("server_max_window_bits", "client_max_window_bits") and value in WINDOW_BITS:
            found[name] = WINDOW_BITS[value]
        else:
            return None
    agreed = DeflateParams(**found)
    windows = agreed.server_max_window_bits, agreed.client_max_window_bits
    return agreed if min(windows) >= SMALLEST_WINDOW else None


def deflate_message(data: bytes, compressor: Any) -> bytes:
    """Compress the payload of a message (RFC 7692 section 7.2.1).

    Arguments:
        data: the payload.
        compressor: a `zlib.compressobj` for raw deflate; it remembers what went before.

    Returns:
        The compressed payload, never empty.

    >>> deflate_message(b"Hello", zlib.compressobj(wbits=-15)).hex(" ")
    'f2 48 cd c9 c9 07 00'
    """
    deflated: bytes = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return deflated[: -len(TAIL)] or b"\x00"


def inflate_message(data: bytes, decompressor: Any, max_size: int) -> bytes:
    """Decompress the payload of a message, within a bound (RFC 7692 section 7.2.2).

    Arguments:
        data: the compressed payload of all its fragments.
        decompressor: a `zlib.decompressobj` for raw deflate; it remembers what went before.
        max_size: bytes that may come of it, at most. A thousand times as many as went in is possible.

    Raises:
        ProtocolError: 1009 if there are more, found before they take memory; 1002 if it is no deflate.

    >>> inflate_message(bytes.fromhex("f248cdc9c90700"), zlib.decompressobj(wbits=-15), 100)
    b'Hello'
    """
    try:
        inflated: bytes = decompressor.decompress(data + TAIL, max_size + 1)
    except zlib.error:
        raise ProtocolError(1002, "a compressed message cannot be inflated") from None
    if len(inflated) > max_size:
        raise ProtocolError(1009, f"a message takes more than {max_size} bytes")
    return inflated


def make_compress(params: DeflateParams, role: Role, level: int = 6) -> Callable[[bytes], bytes]:
    """Return what compresses one payload after the other, as `Connection` takes it.

    Arguments:
        params: what was agreed.
        role: which end I am.
        level: 1 is fast, 9 is thorough; see zlib.
    """
    server = role is Role.SERVER
    bits = params.server_max_window_bits if server else params.client_max_window_bits
    forgets = params.server_no_context_takeover if server else params.client_no_context_takeover
    kept = zlib.compressobj(level, wbits=-bits)

    def compress(data: bytes) -> bytes:
        return deflate_message(data, zlib.compressobj(level, wbits=-bits) if forgets else kept)

    return compress


class DeflateAssembler(MessageAssembler):
    """A `MessageAssembler` that inflates the messages whose first frame has RSV1 (RFC 7692 section 6)."""

    def __init__(self, params: DeflateParams, role: Role, max_message: int = MAX_MESSAGE) -> None:
        """Begin with no message.

        Arguments:
            params: what was agreed.
            role: which end I am.
            max_message: bytes in one message, at most, inflated.
        """
        super().__init__(max_message)
        server = role is Role.SERVER
        self._bits = params.client_max_window_bits if server else params.server_max_window_bits
        self._forgets = params.client_no_context_takeover if server else params.server_no_context_takeover
        self._inflater = zlib.decompressobj(wbits=-self._bits)
        self._kind: int | None = None  # of the compressed message under way

    def understood(self, frame: Frame) -> Frame:
        """Return the frame without the RSV1 that this extension gives a meaning to."""
        first = classify(frame) == "data" and frame.opcode != Opcode.CONT
        return replace(frame, rsv1=False) if first else frame

    def push(self, frame: Frame) -> Message | None:
        """Take the next frame, as MessageAssembler.push does.

        Raises:
            ProtocolError: besides those, 1002 if it cannot be inflated.
        """
        if frame.rsv1:
            self._kind, frame = frame.opcode, replace(frame, rsv1=False, opcode=Opcode.BINARY)
        message = super().push(frame)
        if message is None or self._kind is None:
            return message
        assert isinstance(message.data, bytes)
        kind, self._kind = self._kind, None
        data = inflate_message(message.data, self._inflater, self._max_message)
        if self._forgets:
            self._inflater = zlib.decompressobj(wbits=-self._bits)
        if kind == Opcode.BINARY:
            return Message(Opcode.BINARY, data)
        try:
            return Message(Opcode.TEXT, data.decode())
        except UnicodeDecodeError:
            raise ProtocolError(1007, "a text message is not UTF-8") from None
