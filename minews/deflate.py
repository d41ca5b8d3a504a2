"""permessage-deflate: messages that travel compressed (RFC 7692).

A message is deflated as a whole, before it is cut into fragments; RSV1 in its first frame says so. Both ends
may remember what they sent before (context takeover), so that a message costs little if it repeats the last.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from .http import TOKEN
from .messages import MAX_MESSAGE, MessageAssembler, Utf8Stream
from .types import Frame, HandshakeError, Message, Opcode, ProtocolError, Role

__all__ = [
    "EXTENSION",
    "DeflateAssembler",
    "DeflateParams",
    "Inflater",
    "accept_deflate",
    "deflate_message",
    "inflate_message",
    "make_compress",
    "negotiate_deflate",
    "offer_deflate",
    "parse_extensions",
    "room_for_deflated",
]

EXTENSION = "permessage-deflate"
TAIL = b"\x00\x00\xff\xff"  # ends every flush, so it is not sent (section 7.2.1)
END = b"\x03\x00"  # a last block with nothing in it
BEGINS = Opcode.TEXT, Opcode.BINARY  # the opcodes with which a message begins
MAX_WINDOW = 15  # bits, if nothing is agreed
WINDOW_BITS = {str(bits): bits for bits in range(8, MAX_WINDOW + 1)}
SMALLEST_WINDOW = 9  # bits: zlib cannot look back any less
MAX_STREAMS = 100  # in one message: each block with BFINAL ends one
WORTHWHILE = 16  # bytes: what is shorter hardly ever shrinks
LEVEL = 6  # zlib's: 1 is fast, 9 is thorough
MEMORY_LEVEL = 5  # zlib's: 144 KiB for a compressor, instead of 256, and results 1 % longer

# RFC 6455 section 9.1: one element of the list, which may be empty, and a parameter in it.
_OWS = r"[ \t]*"
_PARAM = rf'{_OWS};{_OWS}({TOKEN})(?:{_OWS}={_OWS}({TOKEN}|"(?:[^"\\]|\\.)*"))?'
_ELEMENT = re.compile(rf"{_OWS}(?:({TOKEN})((?:{_PARAM})*){_OWS})?(?:,|\Z)", re.ASCII)

Extension = tuple[str, dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class DeflateParams:
    """The parameters of permessage-deflate: what is wanted, or agreed (RFC 7692 section 7.1).

    Arguments:
        server_no_context_takeover, client_no_context_takeover: whether that end forgets, after each message,
            what it sent.
        server_max_window_bits, client_max_window_bits: how far that end looks back at most: 2**bits bytes, 8
            to 15 bits; None says nothing about it, and so allows 15.

    Raises:
        ValueError: for a window of any other size.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int | None = None
    client_max_window_bits: int | None = None

    def __post_init__(self) -> None:
        for bits in (self.server_max_window_bits, self.client_max_window_bits):
            if bits is not None and bits not in WINDOW_BITS.values():
                raise ValueError(f"a window has 8 to 15 bits, not {bits}")

    def __str__(self) -> str:
        said = [(field.name, value) for field in fields(self) if (value := getattr(self, field.name))]
        return "; ".join([EXTENSION, *(name if value is True else f"{name}={value}" for name, value in said)])

    def of_sender(self, role: Role) -> tuple[int, bool]:
        """Return the window of what an end sends, in bits, and whether it forgets after each message."""
        if role is Role.SERVER:
            return self.server_max_window_bits or MAX_WINDOW, self.server_no_context_takeover
        return self.client_max_window_bits or MAX_WINDOW, self.client_no_context_takeover


def parse_extensions(values: list[str]) -> list[Extension]:
    """Read the values of the lines of Sec-WebSocket-Extensions (RFC 6455 section 9.1).

    Returns:
        (name, parameters) for each extension, in order. A parameter without a value has None; one that
        stands twice has "", which is no value at all.

    Raises:
        HandshakeError: 400 if a value breaks the grammar, for instance if what is in quotes is no token.

    >>> parse_extensions(["permessage-deflate; client_max_window_bits; server_max_window_bits=10, x-a"])
    [('permessage-deflate', {'client_max_window_bits': None, 'server_max_window_bits': '10'}), ('x-a', {})]
    """
    found = []
    for value in values:
        at = 0
        while at < len(value):
            element = _ELEMENT.match(value, at)
            if element is None:
                raise HandshakeError(400, reason="Sec-WebSocket-Extensions is no list of extensions")
            if element[1]:
                found.append((element[1], _parse_params(element[2])))
            at = element.end()
    return found


def _parse_params(text: str) -> dict[str, str | None]:
    params: dict[str, str | None] = {}
    for name, value in re.findall(_PARAM, text, re.ASCII):
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
            if not re.fullmatch(TOKEN, value):
                raise HandshakeError(400, reason="a parameter of an extension is no token")
        params[name] = "" if name in params else value or None
    return params


def negotiate_deflate(offers: list[Extension], wanted: DeflateParams | None = None) -> DeflateParams | None:
    """Choose, at the server, the first offer that can be met (sections 5 and 7.1).

    Arguments:
        offers: what the client offers, as `parse_extensions` gives it.
        wanted: what the server asks for besides; None for nothing. A client that does not say that it knows
            client_max_window_bits cannot be asked for a smaller window.

    Returns:
        The parameters to answer with; None if there is no such offer.

    >>> str(negotiate_deflate([("permessage-deflate", {"server_max_window_bits": "10"})]))
    'permessage-deflate; server_max_window_bits=10'
    """
    ours = wanted or DeflateParams()
    limited = ours.of_sender(Role.CLIENT)[0] < MAX_WINDOW
    for name, params in offers:
        offered = _read_params(params, bare_window=True) if name == EXTENSION else None
        knows = "client_max_window_bits" in params
        if offered is not None and (knows or not limited):
            return DeflateParams(
                offered.server_no_context_takeover or ours.server_no_context_takeover,
                offered.client_no_context_takeover or ours.client_no_context_takeover,
                _smaller(offered.server_max_window_bits, ours.server_max_window_bits),
                _smaller(offered.client_max_window_bits, ours.client_max_window_bits) if knows else None,
            )
    return None


def _smaller(*windows: int | None) -> int | None:
    return min((bits for bits in windows if bits is not None), default=None)


def offer_deflate(params: DeflateParams | None = None) -> str:
    """Write a client's offer: what it asks for, and that the server may choose the client's window.

    What `params` say of the client itself are hints that it keeps to.

    >>> offer_deflate(DeflateParams(server_no_context_takeover=True))
    'permessage-deflate; server_no_context_takeover; client_max_window_bits'
    """
    params = params or DeflateParams()
    return f"{params}; client_max_window_bits" if params.client_max_window_bits is None else str(params)


def accept_deflate(values: list[str], offered: DeflateParams | None = None) -> DeflateParams | None:
    """Check, at a client, the answer to what `offer_deflate` offered (sections 5 and 7.1).

    Returns:
        What is agreed; None if the server wants no compression.

    Raises:
        HandshakeError: 101, the status of the answer, if it says anything that was not offered. A window for
            the client that is larger than the one it offered is no such thing: the offer is a hint, which the
            server may ignore and the client keeps to (section 7.1.2.2).

    >>> accept_deflate(["permessage-deflate; client_max_window_bits=10"]).client_max_window_bits
    10
    """
    try:
        answers, asked = parse_extensions(values), offered or DeflateParams()
    except HandshakeError as error:
        raise HandshakeError(101, reason=error.reason) from None
    if not answers:
        return None
    agreed = _read_params(answers[0][1], bare_window=False)
    if len(answers) > 1 or answers[0][0] != EXTENSION or agreed is None:
        raise HandshakeError(101, reason="the server chose extensions that nobody asked for")
    if agreed.of_sender(Role.SERVER)[0] > asked.of_sender(Role.SERVER)[0] or (
        asked.server_no_context_takeover and not agreed.server_no_context_takeover
    ):
        raise HandshakeError(101, reason="the server takes more of permessage-deflate than it was offered")
    smaller = _smaller(agreed.client_max_window_bits, asked.client_max_window_bits)
    forgets = agreed.client_no_context_takeover or asked.client_no_context_takeover
    return replace(agreed, client_max_window_bits=smaller, client_no_context_takeover=forgets)


def _read_params(params: dict[str, str | None], bare_window: bool) -> DeflateParams | None:
    """Read parameters; None if one is unknown or has no right value. An offer may name a window barely."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        if name in ("server_no_context_takeover", "client_no_context_takeover") and value is None:
            found[name] = True
        elif name in ("server_max_window_bits", "client_max_window_bits") and value in WINDOW_BITS:
            found[name] = WINDOW_BITS[value]
        elif not bare_window or (name, value) != ("client_max_window_bits", None):
            return None
    return DeflateParams(**found)


def deflate_message(data: bytes, compressor: Any) -> bytes:
    """Compress the payload of a message (section 7.2.1).

    Arguments:
        data: the payload.
        compressor: a `zlib.compressobj` for raw deflate; it remembers what went before.

    Returns:
        The compressed payload, never empty.

    >>> deflate_message(b"Hello", zlib.compressobj(wbits=-15)).hex(" ")
    'f2 48 cd c9 c9 07 00'
    """
    deflated: bytes = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return deflated[: -len(TAIL)]


def inflate_message(data: bytes, decompressor: Any, max_size: int) -> bytes:
    """Decompress the payload of a message, within a bound (section 7.2.2).

    Arguments:
        data: the compressed payload of all its fragments.
        decompressor: an `Inflater`, or a `zlib.decompressobj` for raw deflate; it remembers what went before.
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


class Inflater:
    """Inflates whole messages, also where zlib would stop: at a block with BFINAL (section 7.2.3.4).

    Each message gets a `zlib.decompressobj` of its own, which starts from the window of the last one. So a
    message that ends amid a block is noticed, and between messages there is nothing but that window.

    >>> inflater = Inflater(15)
    >>> [inflate_message(bytes.fromhex(each), inflater, 5) for each in ("f348cdc9c9070000", "f200110000")]
    [b'Hello', b'Hello']
    """

    __slots__ = ("_bits", "_forgets", "_window")

    def __init__(self, bits: int, forgets: bool = False) -> None:
        """Begin with an empty window of 2**bits bytes; one that forgets is empty before each message."""
        self._bits, self._forgets, self._window = bits, forgets, bytearray()

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Inflate one message with its tail, to `max_length` bytes at most, 1 or more.

        Raises:
            zlib.error: if that is no deflate, or does not end where a block ends.
        """
        window, size = bytearray() if self._forgets else self._window, 1 << self._bits
        pieces, rest, room = [], data, max_length
        for _ in range(MAX_STREAMS):
            stream = zlib.decompressobj(wbits=-self._bits, zdict=window)
            piece = stream.decompress(rest, room)
            pieces.append(piece)
            window += piece[-size:]
            del window[:-size]
            room -= len(piece)
            if room and not stream.eof and (stream.decompress(END) or not stream.eof):
                raise zlib.error("the message ends amid a block")
            rest = stream.unused_data
            if not room or not rest:
                return b"".join(pieces)
        raise zlib.error(f"the message has {MAX_STREAMS} blocks with BFINAL")


def make_compress(params: DeflateParams, role: Role) -> Callable[[bytes], bytes | None]:
    """Return what compresses one payload after the other, as `Connection` takes it.

    Arguments:
        params, role: what was agreed, and which end I am.

    Returns:
        A function that gives the compressed payload; None where the message had better be sent as it is,
        since it is tiny, or got no shorter and is not worth remembering.

    >>> compress = make_compress(DeflateParams(), Role.CLIENT)
    >>> len(compress(b"Hello, hello, hello!")), len(compress(b"Hello, hello, hello!")), compress(b"Hello")
    (13, 5, None)
    """
    bits, forgets = params.of_sender(role)
    # With a window of 8 bits zlib may only repeat the very last byte, which no window is too small for.
    strategy = zlib.Z_RLE if bits < SMALLEST_WINDOW else zlib.Z_DEFAULT_STRATEGY
    settings = LEVEL, zlib.DEFLATED, -max(bits, SMALLEST_WINDOW), MEMORY_LEVEL, strategy
    kept: Any = None  # until there is something to compress

    def compress(data: bytes) -> bytes | None:
        nonlocal kept
        if len(data) < WORTHWHILE:
            return None
        compressor = kept or zlib.compressobj(*settings)
        deflated = deflate_message(data, compressor)
        # What fits the window may help the next message, even if it does not shrink itself.
        pays = len(deflated) < len(data) or (not forgets and len(data) < 1 << bits)
        # What the peer does not get, it cannot look back to: then the next one begins anew.
        kept = compressor if pays and not forgets else None
        return deflated if pays else None

    return compress


def room_for_deflated(size: int) -> int:
    """Return how many bytes a payload may take that is compressed, but does not get any shorter.

    Data that cannot be compressed is stored in blocks with heads of 5 bytes, for each 127 bytes or more.
    """
    return size + size // 16 + 64


class DeflateAssembler(MessageAssembler):
    """A `MessageAssembler` that inflates the messages whose first frame has RSV1 (RFC 7692 section 6).

    >>> assembler = DeflateAssembler(DeflateParams(), Role.SERVER)
    >>> assembler.push(Frame(True, Opcode.TEXT, bytes.fromhex("f248cdc9c90700"), rsv1=True)).data
    'Hello'
    """

    def __init__(self, params: DeflateParams, role: Role, max_message: int = MAX_MESSAGE) -> None:
        """Begin with no message; `max_message` is the size of one, at most, inflated."""
        super().__init__(max_message)
        peer = Role.SERVER if role is Role.CLIENT else Role.CLIENT
        self._inflater = Inflater(*params.of_sender(peer))
        self._largest = max_message
        self._kind: int | None = None  # of the compressed message under way

    def understood(self, frame: Frame) -> Frame:
        """Return the frame without the RSV1 that this extension gives a meaning to."""
        if not frame.rsv1 or frame.opcode not in BEGINS:
            return frame
        rest = frame.rsv2, frame.rsv3, frame.masking_key
        return Frame(frame.fin, frame.opcode, frame.payload, False, *rest)  # replace() takes thrice as long

    def push(self, frame: Frame) -> Message | None:
        """Take the next frame, as MessageAssembler.push does.

        Raises:
            ProtocolError: 1002, too, for RSV1 in another frame than the first of a message, and for a message
                that cannot be inflated.
        """
        if frame.rsv1 and frame.opcode not in BEGINS:
            raise ProtocolError(1002, "RSV1 is set in another frame than the first of a message")
        if self.idle:
            self._kind = frame.opcode if frame.rsv1 else None
            self._max_message = room_for_deflated(self._largest) if frame.rsv1 else self._largest
        # What is compressed is no text yet.
        message = super().push(Frame(frame.fin, Opcode.BINARY, frame.payload) if frame.rsv1 else frame)
        if message is None or self._kind is None:
            return message
        assert isinstance(message.data, bytes)
        data = inflate_message(message.data, self._inflater, self._largest)
        if self._kind == Opcode.BINARY:
            return Message(Opcode.BINARY, data)
        return Message(Opcode.TEXT, Utf8Stream().push(data, final=True))
