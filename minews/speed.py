"""The same, faster: masks by the word, and the frames that come most often read and written in one step.

The clear functions say what is right; these must agree with them, and the tests hold them to it, byte by
byte. What is rare (control frames, fragments, whatever breaks a rule) still goes through the clear ones.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from types import ModuleType
from typing import Any

from .connection import Connection, Event
from .frames import FIN, RSV1, RSV2, RSV3, decode_payload_len
from .types import Frame, Message, Opcode, ProtocolError, Role, State

__all__ = ["FastConnection", "apply_mask_fast"]

NUMPY_GAINS = 1024  # bytes from which on numpy is faster than one large number

# REPEAT[n]: what to multiply a key with, so that it stands under each of n bytes.
REPEAT = [int.from_bytes(b"\x01\x00\x00\x00" * (n // 4 + (n % 4 > 0)), "little") for n in range(126)]

FIN_TEXT, FIN_BINARY = 0x80 | Opcode.TEXT, 0x80 | Opcode.BINARY

SHORT = [(n + -n % 4, repeat) for n, repeat in enumerate(REPEAT)]

_new = object.__new__
_set_opcode, _set_data = (vars(Message)[name].__set__ for name in ("opcode", "data"))


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
    if n < 126:
        mask = int.from_bytes(masking_key, "little") * REPEAT[n]
        return (int.from_bytes(data, "little") ^ mask).to_bytes((n + 3) // 4 * 4, "little")[:n]
    numpy = _import_numpy() if n >= NUMPY_GAINS else None
    if numpy is None:
        mask = int.from_bytes((bytes(masking_key) * (n // 4 + 1))[:n], "little")
        return (int.from_bytes(data, "little") ^ mask).to_bytes(n, "little")
    return _mask_with_numpy(numpy, data, bytes(masking_key))


def _mask_with_numpy(numpy: ModuleType, data: bytes, masking_key: bytes) -> bytes:
    whole = len(data) // 8 * 8
    words = numpy.frombuffer(data, numpy.uint64, whole // 8)
    masked: bytes = (words ^ numpy.frombuffer(masking_key * 2, numpy.uint64)).tobytes()
    rest = bytes(data[whole:])
    return masked + apply_mask_fast(rest, masking_key) if rest else masked


@lru_cache(maxsize=1)
def _import_numpy() -> ModuleType | None:
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None


class FastConnection(Connection):
    """A `Connection` that reads a whole message in one frame without a Frame, and writes one so.

    >>> server = FastConnection(Role.SERVER)
    >>> server.receive_data(bytes.fromhex("81 85 37fa213d 7f9f4d5158"))
    [Message(opcode=<Opcode.TEXT: 1>, data='Hello')]
    """

    __slots__ = ("_masked", "_odd", "_rest", "_wanted")

    def __init__(self, role: Role, **limits: Any) -> None:
        """Begin in OPEN, with the arguments of `Connection`."""
        super().__init__(role, **limits)
        self._masked = role is Role.SERVER  # whether what comes is masked
        self._rest = bytearray()  # the beginning of a frame
        self._wanted = 0  # bytes of it that must be there before it is worth looking again
        self._odd = False  # a frame breaks a rule: the clear reader shall say which, and it ends there

    def receive_data(self, data: bytes) -> list[Event]:
        """Take bytes of the peer's, as `Connection.receive_data` does."""
        if self._odd or self.ended:
            return super().receive_data(data)
        rest = self._rest
        if type(data) is not bytes:
            data = bytes(data)
        if rest:
            rest += data
            if len(rest) < self._wanted:
                return []
            data = bytes(rest)
            rest.clear()
        events: list[Event] = []
        at = self._read_short(data, events)
        if at == len(data):
            return events
        end = len(data)
        while at < end and not self.ended and (found := self._find_payload(data, at)):
            start, stop = found
            self._read_whole(data, at, start, stop, events)
            at = stop if stop == end or self.ended else self._read_short(data, events, stop)
        if self._odd:
            events += super().receive_data(data[at:])
        elif at < end:
            rest += data[at:]
        return events

    def _read_short(self, data: bytes, events: list[Event], at: int = 0) -> int:
        """Read messages in one short frame each, as many as follow each other; return where they end.

        This loop is what most of the time goes into: it makes no Frame, unmasks by one multiplication, and
        fills the slots of a frozen Message directly.
        """
        if not self._assembler.idle:
            return at
        end, masked, take = len(data) - 1, self._masked, events.append
        lowest, head = (0x80, 6) if masked else (0, 2)
        text, binary, number, new, message_class = Opcode.TEXT, Opcode.BINARY, int.from_bytes, _new, Message
        set_opcode, set_data, shapes = _set_opcode, _set_data, SHORT
        while at < end:
            first, n = data[at], data[at + 1] - lowest
            start = at + head
            stop = start + n
            if not (0 <= n <= 125 and (first == 0x81 or first == 0x82)) or stop > end + 1 or n > self.limit:
                break
            if masked:
                size, repeat = shapes[n]
                both = number(data[start - 4 : stop], "little")  # the key, and the payload above it
                payload = (both >> 32 ^ (both & 0xFFFF_FFFF) * repeat).to_bytes(size, "little")
                if n != size:
                    payload = payload[:n]
            else:
                payload = data[start:stop]
            message = new(message_class)
            if first == 0x81:
                try:
                    set_data(message, payload.decode())
                except UnicodeDecodeError:
                    break
                set_opcode(message, text)
            else:
                set_data(message, payload)
                set_opcode(message, binary)
            take(message)
            at = stop
        return at

    def _find_payload(self, data: bytes, at: int) -> tuple[int, int] | None:
        """Return where the payload of the frame at `at` begins and ends; None if it is not whole, or odd."""
        try:
            length = decode_payload_len(data[at + 1 : at + 10])
        except ProtocolError:
            self._odd = True
            return None
        if length is None:
            self._wanted = len(data) - at + 1
            return None
        n, used = length
        masked = data[at + 1] > 127
        if n > self.limit or masked is not self._masked:
            self._odd = True
            return None
        start = at + 1 + used + 4 * masked
        self._wanted = start + n - at
        return (start, start + n) if start + n <= len(data) else None

    def _read_whole(self, data: bytes, at: int, start: int, stop: int, events: list[Event]) -> None:
        """Read one whole frame of any kind, whose payload is from `start` to `stop`."""
        first, key, payload = data[at], None, data[start:stop]
        if self._masked:
            key = data[start - 4 : start]
            payload = apply_mask_fast(payload, key)
        rsv1, rsv2, rsv3 = bool(first & RSV1), bool(first & RSV2), bool(first & RSV3)
        frame = Frame(bool(first & FIN), first & 0b0000_1111, payload, rsv1, rsv2, rsv3, key)
        try:
            event = self._receive_frame(frame)
        except ProtocolError as error:
            event = self._fail(error)
        if event is not None:
            events.append(event)

    def send_text(self, text: str) -> None:
        """Send a text message, as `Connection.send_text` does."""
        payload = text.encode()
        if self._compress is None:
            self._send_fast(FIN_TEXT, payload)
        else:
            self._send_compressed(FIN_TEXT, payload)

    def send_binary(self, data: bytes) -> None:
        """Send a binary message, as `Connection.send_binary` does."""
        if self._compress is None:
            self._send_fast(FIN_BINARY, data)
        else:
            self._send_compressed(FIN_BINARY, bytes(data))

    def _send_compressed(self, first: int, payload: bytes) -> None:
        packed = self._compress(payload) if self._compress is not None else None
        if packed is None:
            self._send_fast(first, payload)
        else:
            self._send_fast(first | RSV1, packed)

    def _send_fast(self, first: int, payload: bytes) -> None:
        if self.state is not State.OPEN:
            raise EOFError("the connection is not open any more")
        n, mask = len(payload), 0 if self._masked else 0x80
        if n < 126:
            head = bytes((first, mask | n))
        elif n < 65_536:
            head = bytes((first, mask | 126)) + n.to_bytes(2, "big")
        else:
            head = bytes((first, mask | 127)) + n.to_bytes(8, "big")
        output = self._output
        output += head
        if mask:
            key = self._random_bytes(4)
            output += key
            output += apply_mask_fast(payload, key)
        else:
            output += payload
