"""The same, faster: masks by the word, and the frames that come most often read and written in one step.

The clear functions say what is right; these must agree with them, and the tests hold them to it, byte by
byte. What is rare (control frames, fragments, whatever breaks a rule) still goes through the clear ones.

In one thing they do more: a payload is unmasked while it comes, so that a fault in a text ends the connection
at once, though its frame is not whole yet (RFC 6455 section 8.1).
"""

from __future__ import annotations

import copy
import importlib
import os
from functools import cache
from types import ModuleType
from typing import Any

from .connection import Connection, Event
from .frames import FIN, MASK, RSV1, RSV2, RSV3, decode_payload_len, encode_payload_len
from .messages import Utf8Stream
from .types import Frame, Message, Opcode, ProtocolError, Role, State

__all__ = ["FastConnection", "apply_mask_fast", "draw_random"]

NUMPY_GAINS = 1024  # bytes from which on numpy is faster than one large number
TABLES_GAIN = 8192  # bytes from which on four tables are, where there is no numpy
BLOCK = 1 << 17  # bytes to use them on, before what was read leaves the cache
POOL = 4096  # random bytes to ask the system for at once
SMALL = 512  # bytes: smaller pieces of a payload are put together, so that many of them take no more room

OPEN, TEXT, BINARY = State.OPEN, Opcode.TEXT, Opcode.BINARY
FIN_TEXT, FIN_BINARY = FIN | TEXT, FIN | BINARY

# REPEAT[n]: what to multiply a key with, so that it stands under each of n bytes.
REPEAT = [int.from_bytes(b"\x01\x00\x00\x00" * ((n + 3) // 4), "little") for n in range(130)]
ONES, EACH = (int.from_bytes(bytes(each), "little") for each in ([1] * 256, range(256)))

# By the second byte of a frame that is short: the length of its payload, that in whole words, the repeat.
MASKED = [None] * 128 + [(n, n + -n % 4, REPEAT[n]) for n in range(126)] + [None] * 2
PLAIN = [(n, n, 0) for n in range(126)] + [None] * 130
NOTHING = [None] * 256

# By the first byte and the length: the two bytes of a short frame's head, and as a client has them.
FIRSTS = FIN_TEXT, FIN_BINARY, FIN_TEXT | RSV1, FIN_BINARY | RSV1
HEADS = {first: [bytes((first, n)) for n in range(126)] for first in FIRSTS}
MASKED_HEADS = {
    first: [(n + 6, 6 + n + -n % 4, first | (MASK | n) << 8, REPEAT[n + 4] << 16) for n in range(126)]
    for first in FIRSTS
}

_new, _number = object.__new__, int.from_bytes
_set_opcode, _set_data = (vars(Message)[name].__set__ for name in ("opcode", "data"))

_drawn: list[bytes] = []  # random bytes that nobody got yet, four at a time
# Two processes must not have the same keys before them. (Where there is no fork, there is no such function.)
getattr(os, "register_at_fork", dict)(after_in_child=_drawn.clear)


def draw_random(count: int) -> bytes:
    """Return random bytes, as `os.urandom` does; four, a masking key, cost less here (RFC 6455 section 5.3).

    They come from a pool, and nobody gets the same four again, in a forked process neither.

    >>> len(draw_random(4))
    4
    """
    if count != 4:
        return os.urandom(count)
    try:
        return _drawn.pop()
    except IndexError:
        block = os.urandom(POOL)
        _drawn.extend(block[at : at + 4] for at in range(4, POOL, 4))
        return block[:4]


def apply_mask_fast(data: bytes, masking_key: bytes) -> bytes:
    """Mask a payload, or unmask it, as `apply_mask` does (RFC 6455 section 5.3).

    Arguments:
        data: the payload, any number of bytes.
        masking_key: 4 bytes.

    Returns:
        As many bytes as came in.

    Raises:
        ValueError: if the key is not 4 bytes.

    >>> apply_mask_fast(b"Hello", b"\\x37\\xfa\\x21\\x3d").hex(" ")
    '7f 9f 4d 51 58'
    """
    if len(masking_key) != 4:
        raise ValueError(f"a masking key has 4 bytes, not {len(masking_key)}")
    n = len(data)
    if n >= NUMPY_GAINS and (numpy := _import_numpy()) is not None:
        words = numpy.frombuffer(data, numpy.uint64, n // 8)
        masked: bytes = (words ^ numpy.frombuffer(bytes(masking_key) * 2, numpy.uint64)).tobytes()
        rest = data[len(masked) :]
        return masked + apply_mask_fast(rest, masking_key) if rest else masked
    if n >= TABLES_GAIN:
        room = bytearray(data)
        _mask_with_tables(room, masking_key)
        return bytes(room)
    mask = (bytes(masking_key) * (n // 4 + 1))[:n]
    return (_number(data, "little") ^ _number(mask, "little")).to_bytes(n, "little")


def _mask_with_tables(data: bytearray, masking_key: bytes) -> None:
    """Mask every fourth byte at once, at its place: by a table that says for each byte what it becomes."""
    tables = [(EACH ^ ONES * key).to_bytes(256, "little") for key in masking_key]
    for block in range(0, len(data), BLOCK):
        for start, table in enumerate(tables):
            fourth = slice(block + start, block + BLOCK, 4)
            data[fourth] = data[fourth].translate(table)


@cache
def _import_numpy() -> ModuleType | None:
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None


class _Part:
    """What has come of one frame: as it came, or unmasked where it is text, to find the fault in it."""

    __slots__ = ("first", "key", "left", "message", "pieces", "text")

    def __init__(self, first: int, length: int, key: bytes | None, text: Utf8Stream | None) -> None:
        self.first, self.left, self.key = first, length, key  # left: bytes that are still to come
        self.text = text  # where it is text, finds the fault in it
        self.message = text is not None and first == FIN_TEXT  # whether what that decodes is the message
        self.pieces: list[Any] = []

    def take(self, data: bytes, at: int) -> int:
        """Take from `data` what belongs to it, and return where that ends. Raises ProtocolError."""
        stop = min(len(data), at + self.left)
        piece: Any = data[at:stop]
        self.left -= len(piece)
        if self.text is not None:
            if self.key is not None:
                piece = apply_mask_fast(piece, self.key)
                turn = len(piece) % 4
                self.key = self.key[turn:] + self.key[:turn]
            decoded = self.text.push(piece, self.message and not self.left)
            piece = decoded if self.message else piece
        if self.pieces and len(self.pieces[-1]) < SMALL:
            self.pieces[-1] += piece
        else:
            self.pieces.append(piece)
        return stop

    def payload(self) -> bytes:
        """Return the payload, once it is whole; a large one is unmasked at its place, which saves a copy."""
        if self.key is None or self.text is not None:
            return b"".join(self.pieces)
        room = bytearray().join([*self.pieces, bytes(7)])  # the last word may stand out
        if len(room) < TABLES_GAIN:
            return apply_mask_fast(bytes(room[:-7]), self.key)
        if (numpy := _import_numpy()) is None:
            _mask_with_tables(room, self.key)
        else:
            words = numpy.frombuffer(room, numpy.uint64, len(room) // 8)
            words ^= numpy.frombuffer(self.key * 2, numpy.uint64)
        return bytes(memoryview(room)[:-7])


class FastConnection(Connection):
    """A `Connection` that reads a whole message in one frame without a Frame, and writes one so.

    >>> server = FastConnection(Role.SERVER)
    >>> server.receive_data(bytes.fromhex("81 85 37fa213d 7f9f4d5158"))
    [Message(opcode=<Opcode.TEXT: 1>, data='Hello')]
    """

    __slots__ = ("_busy", "_masked", "_odd", "_part", "_rest", "_shapes")

    def __init__(self, role: Role, **options: Any) -> None:
        """Begin in OPEN, with the arguments of `Connection`."""
        super().__init__(role, **{"random_bytes": draw_random} | options)
        self._masked = role is Role.SERVER  # whether what comes is masked
        self._shapes: list[Any] = (MASKED if self._masked else PLAIN) if self.limit > 125 else NOTHING
        self._busy = False  # whether anything is under way, or over: else, a message may begin here
        self._rest = b""  # the beginning of a head
        self._part: _Part | None = None  # the frame whose head has come
        self._odd = False  # a head breaks a rule: the clear reader shall say which, and it ends there

    def receive_data(self, data: bytes) -> list[Event]:
        """Take bytes of the peer's, as `Connection.receive_data` does."""
        events: list[Event] = []
        if type(data) is not bytes:
            data = bytes(data)
        at = 0 if self._busy else self._read_whole(data, 0, events)
        if at < len(data):
            self._read_others(data[at:], events)
        return events

    def _read_whole(self, data: bytes, at: int, events: list[Event]) -> int:
        """Read messages in one whole frame each, as many as follow each other; return where they end.

        This loop is what most of the time goes into: it makes no Frame, unmasks what is short by one
        multiplication, and fills the slots of a frozen Message directly.
        """
        end, masked, shapes = len(data), self._masked, self._shapes
        while at + 1 < end:
            first, shape = data[at], shapes[data[at + 1]]
            if first != 0x81 and first != 0x82:
                break
            if shape is None:
                if (found := self._find_payload(data, at)) is None or (stop := sum(found)) > end:
                    break
                if found[1] > self.limit:
                    break
                payload = data[found[0] : stop]
                if masked:
                    payload = apply_mask_fast(payload, data[found[0] - 4 : found[0]])
            else:
                n, size, repeat = shape
                start = at + 6 if masked else at + 2
                stop = start + n
                if stop > end:
                    break
                if masked:
                    both = _number(data[at + 2 : stop], "little")  # the key, and the payload above it
                    payload = (both >> 32 ^ (both & 0xFFFF_FFFF) * repeat).to_bytes(size, "little")
                    if n != size:
                        payload = payload[:n]
                else:
                    payload = data[start:stop]
            message = _new(Message)
            if first == 0x81:
                try:
                    _set_data(message, payload.decode())
                except UnicodeDecodeError:
                    break
                _set_opcode(message, TEXT)
            else:
                _set_data(message, payload)
                _set_opcode(message, BINARY)
            events.append(message)
            at = stop
        return at

    def _find_payload(self, data: bytes, at: int) -> tuple[int, int] | None:
        """Return where the payload of the frame at `at` begins, and its length; None if that is not known."""
        try:
            length = decode_payload_len(data[at + 1 : at + 10])
        except ProtocolError:
            self._odd = True
            return None
        if length is None:
            return None
        n, used = length
        if n > self._longest or (data[at + 1] >= MASK) is not self._masked:
            self._odd = True
            return None
        start = at + 1 + used + 4 * self._masked
        return (start, n) if start <= len(data) else None

    def _read_others(self, data: bytes, events: list[Event]) -> None:
        """Read what is no whole message: what is cut in two, control frames, fragments, what is wrong."""
        data, self._rest, at = self._rest + data, b"", 0
        try:
            while at < len(data) and not (self._odd or self.ended):
                if self._part is None:
                    at = self._begin_part(data, at)
                if (part := self._part) is not None:
                    at = part.take(data, at)
                    if not part.left:
                        events += self._end_part(part)
                        if self._assembler.idle and not self.ended:
                            at = self._read_whole(data, at, events)
        except ProtocolError as error:
            events.append(self._fail(error))
        if self._odd:
            events += super().receive_data(data[at:])
        calm = self._part is None and self._assembler.idle and not self._rest
        self._busy = not calm or self._odd or self.ended

    def _begin_part(self, data: bytes, at: int) -> int:
        """Read the head at `at`; return where its payload begins, or the end of `data` if it is not whole."""
        found = self._find_payload(data, at)
        if found is None:
            if not self._odd:
                self._rest, at = data[at:], len(data)
            return at
        first, (start, n) = data[at], found
        key = data[start - 4 : start] if self._masked else None
        text = self._text_in(first) if start + n > len(data) and n <= self.limit else None
        self._part = _Part(first, n, key, text)
        return start

    def _text_in(self, first: int) -> Utf8Stream | None:
        """Return what is to decode the payload of a frame, if it is text, and not compressed."""
        if self._assembler.idle:
            return Utf8Stream() if first in (TEXT, FIN_TEXT) else None
        return copy.deepcopy(self._assembler.text) if first in (Opcode.CONT, FIN) else None

    def _end_part(self, part: _Part) -> list[Event]:
        self._part, first = None, part.first
        if part.message:
            return [Message(TEXT, "".join(part.pieces))]
        rsv1, rsv2, rsv3 = bool(first & RSV1), bool(first & RSV2), bool(first & RSV3)
        frame = Frame(first >= FIN, first & 0b0000_1111, part.payload(), rsv1, rsv2, rsv3, part.key)
        event = self._receive_frame(frame)
        return [] if event is None else [event]

    def send_text(self, text: str) -> None:
        """Send a text message, as `Connection.send_text` does."""
        self._send_message(FIN_TEXT, text.encode())

    def send_binary(self, data: bytes) -> None:
        """Send a binary message, as `Connection.send_binary` does."""
        self._send_message(FIN_BINARY, data if type(data) is bytes else bytes(memoryview(data)))

    def _send_message(self, first: int, payload: bytes) -> None:
        if self.state is not OPEN:
            raise EOFError("the connection is not open any more")
        if self._compress is not None and (packed := self._compress(payload)) is not None:
            first, payload = first | RSV1, packed
        n, masked = len(payload), not self._masked
        if n > 125:
            head = bytes((first,)) + encode_payload_len(n, masked)
            if masked:
                key = self._random_bytes(4)
                head, payload = head + key, apply_mask_fast(payload, key)
            self._output += head, payload
        elif masked:
            size, room, start, repeat = MASKED_HEADS[first][n]
            # Head, key and payload as one number: the key at its place, and over each byte of the payload.
            keys = _number(self._random_bytes(4), "little") * repeat
            number = _number(payload, "little") << 48 ^ keys | start
            self._output.append(number.to_bytes(room, "little")[:size])
        else:
            self._output.append(HEADS[first][n] + payload)
