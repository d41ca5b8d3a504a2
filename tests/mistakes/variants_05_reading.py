"""Correct answers to the exercises of lesson 5 that read, and that look different from the reference.

Each must pass every case, and none may be called a mistake: where RFC 6455 leaves something open, they choose
another way than the reference does. The first variant of each exercise is the plain one, from which the third
hint is made.
"""

import struct
from collections import deque
from itertools import cycle

from classroom.mistakes import variant
from minews.frames import apply_mask, decode_frame, decode_payload_len
from minews.types import Frame, Opcode, ProtocolError, Role

MAX_PAYLOAD = 1_048_576

# 5.5 decode_frame


@variant(
    "5.5",
    blocks=True,
    stray={
        "offset-after-length": "    masking_key = bytes(buf[2:6])",
        "payload-to-the-end": "payload = bytes(buf[start:])",
        "leftover-off-by-one": "return frame, used + len(payload)",
    },
)
def along_the_figure(buf):
    length = decode_payload_len(buf[1:10])
    if length is None:
        return None
    payload_len, used = length
    start = 1 + used
    masking_key = None
    if buf[1] & 0b1000_0000:
        masking_key = bytes(buf[start : start + 4])
        start += 4
    end = start + payload_len
    if len(buf) < end:
        return None
    payload = bytes(buf[start:end])
    if masking_key is not None:
        payload = apply_mask(payload, masking_key)
    frame = Frame(
        fin=bool(buf[0] & 0b1000_0000),
        opcode=buf[0] & 0b0000_1111,
        payload=payload,
        rsv1=bool(buf[0] & 0b0100_0000),
        rsv2=bool(buf[0] & 0b0010_0000),
        rsv3=bool(buf[0] & 0b0001_0000),
        masking_key=masking_key,
    )
    return frame, end


@variant("5.5")
def with_struct_and_no_neighbour(buf):
    data = bytes(buf)
    try:
        first, second = struct.unpack_from("!BB", data)
        offset, size = 2, second % 128
        if size == 126:
            (size,) = struct.unpack_from("!H", data, 2)
            offset = 4
        elif size == 127:
            (size,) = struct.unpack_from("!Q", data, 2)
            offset = 10
        key = None
        if second >= 128:
            (key,) = struct.unpack_from("4s", data, offset)
            offset += 4
        (payload,) = struct.unpack_from(f"{min(size, 2**40)}s", data, offset)
    except struct.error:
        return None
    if key is not None:
        payload = bytes(a ^ b for a, b in zip(payload, cycle(key), strict=False))
    bits = [bool(first >> place & 1) for place in (7, 6, 5, 4)]
    return Frame(bits[0], first % 16, payload, *bits[1:], masking_key=key), offset + size


class _Short(Exception):
    pass


class _Cursor:
    """Reads bytes one after the other, and raises where they end."""

    def __init__(self, data):
        self.data, self.at = memoryview(data), 0

    def take(self, count):
        if len(self.data) - self.at < count:
            raise _Short
        self.at += count
        return bytes(self.data[self.at - count : self.at])


@variant("5.5")
def with_a_cursor(buf):
    cursor = _Cursor(bytes(buf))
    try:
        first, second = cursor.take(2)
        n = second & 0x7F
        if n >= 126:
            n = int.from_bytes(cursor.take(2 if n == 126 else 8), "big")
        key = cursor.take(4) if second & 0x80 else None
        payload = cursor.take(n)
    except _Short:
        return None
    if key:
        payload = apply_mask(payload, key)
    opcode = first & 0xF
    if opcode in list(Opcode):
        opcode = Opcode(opcode)
    return Frame(first > 127, opcode, payload, first & 64 > 0, first & 32 > 0, first & 16 > 0, key), cursor.at


@variant("5.5")
def as_bits_of_text(buf):
    if len(buf) < 2:
        return None
    head = "".join(f"{byte:08b}" for byte in buf[:2])
    fin, rsv1, rsv2, rsv3, mask = (head[place] == "1" for place in (0, 1, 2, 3, 8))
    length = decode_payload_len(bytes(buf[1:15]))
    if length is None or len(buf) < 1 + length[1] + 4 * mask + length[0]:
        return None
    size, used = length
    _, key, payload = buf[: 1 + used], buf[1 + used : 1 + used + 4 * mask], buf[1 + used + 4 * mask :][:size]
    payload = apply_mask(bytes(payload), bytes(key)) if mask else bytes(payload)
    frame = Frame(fin, int(head[4:8], 2), payload, rsv1, rsv2, rsv3, bytes(key) if mask else None)
    return frame, len(key) + size + used + 1


@variant("5.5")
def refuses_bad_lengths_with_a_code_of_its_own(buf):
    if len(buf) < 2:
        return None
    size, start = buf[1] & 127, 2
    for short, extra, least in ((126, 2, 126), (127, 8, 1 << 16)):
        if buf[1] & 127 == short:
            start += extra
            if len(buf) < start:
                return None
            size = int.from_bytes(buf[2:start], "big")
            if not least <= size < 1 << 63:
                raise ProtocolError(1009, "what a length")
    key = None
    if buf[1] >> 7:
        key, start = bytes(buf[start : start + 4]), start + 4
    if start + size > len(buf):
        return None
    payload = bytearray(buf[start : start + size])
    for place in range(size if key else 0):
        payload[place] ^= key[place & 3]
    first = buf[0]
    return (
        Frame(
            opcode=first & 15,
            fin=bool(first & 128),
            rsv1=bool(first & 64),
            rsv2=bool(first & 32),
            rsv3=bool(first & 16),
            payload=bytes(payload),
            masking_key=key,
        ),
        start + size,
    )


# 5.6 check_frame


@variant(
    "5.6",
    blocks=True,
    stray={
        "mask-direction-reversed": "must_be_masked = receiver is Role.CLIENT",
        "unknown-opcode-ignored": 'if frame.opcode > 15:\n    raise ProtocolError(1002, "no such opcode")',
        "fragments-refused": 'if not frame.fin:\n    raise ProtocolError(1002, "in fragments")',
    },
)
def rule_after_rule(frame, receiver):
    must_be_masked = receiver is Role.SERVER
    is_masked = frame.masking_key is not None
    if is_masked != must_be_masked:
        raise ProtocolError(1002, "MASK is not as it must be")
    if frame.rsv1 or frame.rsv2 or frame.rsv3:
        raise ProtocolError(1002, "a reserved bit is set")
    if frame.opcode not in (0x0, 0x1, 0x2, 0x8, 0x9, 0xA):
        raise ProtocolError(1002, "a reserved opcode")
    if frame.opcode >= 0x8 and not frame.fin:
        raise ProtocolError(1002, "a control frame in fragments")
    if frame.opcode >= 0x8 and len(frame.payload) > 125:
        raise ProtocolError(1002, "a long control frame")


@variant("5.6")
def list_of_what_is_wrong(frame, receiver):
    control = frame.opcode & 8
    wrong = {
        "mask": (frame.masking_key is None) == (receiver == Role.SERVER),
        "rsv": any([frame.rsv1, frame.rsv2, frame.rsv3]),
        "opcode": frame.opcode % 8 > 2,
        "control": control and (not frame.fin or len(frame.payload) >= 126),
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise ProtocolError(1002, name)


@variant("5.6")
def through_the_enum(frame, receiver):
    try:
        opcode = Opcode(frame.opcode)
    except ValueError:
        raise ProtocolError(1002) from None
    match receiver, frame.masking_key:
        case (Role.CLIENT, None):
            pass
        case (Role.SERVER, bytes()):
            pass
        case _:
            raise ProtocolError(1002)
    if opcode in {Opcode.CLOSE, Opcode.PING, Opcode.PONG} and (len(frame.payload) > 125 or not frame.fin):
        raise ProtocolError(1002)
    if (frame.rsv1, frame.rsv2, frame.rsv3) != (False, False, False):
        raise ProtocolError(1002)


def _demand(holds, reason):
    if not holds:
        raise ProtocolError(1002, reason)


@variant("5.6")
def demands(frame, receiver):
    if receiver.value == "server":
        _demand(frame.masking_key is not None, "masked")
    else:
        _demand(frame.masking_key is None, "not masked")
    _demand(not frame.rsv1 and not frame.rsv2 and not frame.rsv3, "no extension was agreed on")
    known = [opcode.value for opcode in Opcode]
    _demand(frame.opcode in known, "a known opcode")
    if frame.opcode in known[3:]:
        _demand(frame.fin, "whole")
        _demand(len(frame.payload) <= 125, "short")


@variant("5.6")
def through_an_assertion(frame, receiver):
    try:
        assert (frame.masking_key is None) is (receiver is Role.CLIENT)
        assert not (frame.rsv1 | frame.rsv2 | frame.rsv3)
        assert frame.opcode in range(3) or (frame.opcode in range(8, 11) and frame.fin)
        assert frame.opcode < 8 or len(frame.payload) < 126
    except AssertionError as error:
        raise ProtocolError(1002) from error


# 5.7 FrameReader


@variant(
    "5.7",
    blocks=True,
    stray={
        "only-the-new-bytes": "    self.buffer = bytearray(data)",
        "leftover-dropped": "            del self.buffer[:]",
    },
)
class BadBytesStayInFront:
    """Keeps no error: the bad bytes stay at the front of the buffer, so each call meets them again."""

    def __init__(self, max_payload=MAX_PAYLOAD):
        self.max_payload, self.buffer = max_payload, bytearray()

    def feed(self, data):
        self.buffer += data
        frames = []
        try:
            while decoded := self.decode_first():
                frames.append(decoded[0])
                del self.buffer[: decoded[1]]
        except ProtocolError:
            if not frames:
                raise
        return frames

    def decode_first(self):
        length = decode_payload_len(self.buffer[1:10])
        if length is not None and length[0] > self.max_payload:
            raise ProtocolError(1009, "the payload is too long")
        return decode_frame(self.buffer)


@variant("5.7")
class AnErrorIsKept:
    def __init__(self, max_payload=MAX_PAYLOAD):
        self.max_payload = max_payload
        self.buffer = bytearray()
        self.error = None

    def feed(self, data):
        if self.error is not None:
            raise self.error
        self.buffer += data
        frames = []
        try:
            while True:
                length = decode_payload_len(self.buffer[1:10])
                if length is not None and length[0] > self.max_payload:
                    raise ProtocolError(1009, "the payload is too long")
                decoded = decode_frame(self.buffer)
                if decoded is None:
                    break
                frames.append(decoded[0])
                del self.buffer[: decoded[1]]
        except ProtocolError as error:
            self.error = error
            if not frames:
                raise
        return frames


@variant("5.7")
class PositionInTheBuffer:
    """Counts how far it has read, and throws away what is read at the end of each call."""

    def __init__(self, max_payload=MAX_PAYLOAD):
        self.most, self.buffer, self.error = max_payload, bytearray(), None

    def feed(self, data):
        if self.error is not None:
            raise self.error
        self.buffer.extend(data)
        frames, position = [], 0
        try:
            while size := self.size_at(position):
                if position + size > len(self.buffer):
                    break
                frame, used = decode_frame(self.buffer[position : position + size])
                frames.append(frame)
                position += used
        except ProtocolError as error:
            self.error = error
            if not frames:
                raise
        self.buffer = self.buffer[position:]
        return frames

    def size_at(self, position):
        head = self.buffer[position + 1 : position + 10]
        length = decode_payload_len(head)
        if length is None:
            return 0
        if length[0] > self.most:
            raise ProtocolError(1009, f"more than {self.most} bytes")
        return 1 + sum(length) + (4 if head[0] & 128 else 0)


@variant("5.7")
class GeneratorInside:
    """One generator reads all frames; it waits at its `yield` until enough bytes are there."""

    def __init__(self, max_payload=MAX_PAYLOAD):
        self.max_payload = max_payload
        self.waiting = bytearray()
        self.frames = deque()
        self.parser = self.parse()
        self.wanted = next(self.parser)
        self.error = None

    def parse(self):
        while True:
            first, second = yield 2
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes((yield 2), "big")
            elif size == 127:
                size = int.from_bytes((yield 8), "big")
            if size > self.max_payload:
                raise ProtocolError(1009)
            key = (yield 4) if second & 0x80 else None
            payload = yield size
            if key:
                repeated = int.from_bytes((key * (size // 4 + 1))[:size], "big")
                payload = (int.from_bytes(payload, "big") ^ repeated).to_bytes(size, "big")
            bits = [bool(first & bit) for bit in (128, 64, 32, 16)]
            self.frames.append(Frame(bits[0], first & 15, payload, *bits[1:], key))

    def feed(self, data):
        self.waiting += data
        while self.error is None and len(self.waiting) >= self.wanted:
            piece = bytes(self.waiting[: self.wanted])
            del self.waiting[: self.wanted]
            try:
                self.wanted = self.parser.send(piece)
            except ProtocolError as error:
                self.error = error
        frames = list(self.frames)
        self.frames.clear()
        if self.error is not None and not frames:
            raise self.error
        return frames


@variant("5.7")
class ListOfPieces:
    """Keeps the pieces as they came, and joins them only when the frame in front is whole."""

    def __init__(self, max_payload=MAX_PAYLOAD):
        self.max_payload = max_payload
        self.pieces = []
        self.have = 0
        self.needed = 2

    def feed(self, data):
        self.pieces.append(bytes(data))
        self.have += len(data)
        if self.have < self.needed:
            return []
        stream, frames = b"".join(self.pieces), []
        while decoded := self.first_of(stream, frames):
            frames.append(decoded[0])
            stream = stream[decoded[1] :]
        self.pieces, self.have = [stream], len(stream)
        return frames

    def first_of(self, stream, frames):
        self.needed = 0
        try:
            length = decode_payload_len(stream[1:10])
            if length and length[0] > self.max_payload:
                raise ProtocolError(1009)
        except ProtocolError:
            if not frames:
                raise
            return None
        self.needed = len(stream) + 1
        if length is None:
            return None
        payload_len, used = length
        self.needed = 1 + used + payload_len + 4 * (stream[1] >> 7)
        return decode_frame(stream[: self.needed])


HEAD, LENGTH, MASKING_KEY, PAYLOAD = range(4)


@variant("5.7")
class StateMachine:
    """Takes one byte after the other and always knows in which part of a frame it is."""

    def __init__(self, max_payload=MAX_PAYLOAD):
        self.max_payload = max_payload
        self.state, self.left = HEAD, 2
        self.part = bytearray()
        self.dead = False

    def feed(self, data):
        frames = []
        for byte in bytes(data):
            if self.dead:
                break
            self.part.append(byte)
            self.left -= 1
            while self.left == 0 and not self.dead:
                self.finish_part(frames)
        if self.dead and not frames:
            raise ProtocolError(1009, "too long")
        return frames

    def finish_part(self, frames):
        part, self.part = bytes(self.part), bytearray()
        if self.state == HEAD:
            self.first, self.second, self.key = part[0], part[1], None
            self.size = self.second % 128
            if self.size >= 126:
                self.state, self.left = LENGTH, 2 if self.size == 126 else 8
                return
            self.after_length()
        elif self.state == LENGTH:
            self.size = int.from_bytes(part, "big")
            self.after_length()
        elif self.state == MASKING_KEY:
            self.key = part
            self.state, self.left = PAYLOAD, self.size
        else:
            frames.append(self.frame(part))
            self.state, self.left = HEAD, 2

    def after_length(self):
        self.dead = self.size > self.max_payload
        if self.second >= 128:
            self.state, self.left = MASKING_KEY, 4
        else:
            self.state, self.left = PAYLOAD, self.size

    def frame(self, payload):
        if self.key is not None:
            payload = bytes(byte ^ self.key[place % 4] for place, byte in enumerate(payload))
        fin, rsv1, rsv2, rsv3 = (self.first >> place & 1 == 1 for place in (7, 6, 5, 4))
        return Frame(fin, self.first & 15, payload, rsv1, rsv2, rsv3, self.key)
