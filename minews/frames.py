"""Frames: how WebSocket cuts its bytes (RFC 6455 section 5).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-------+-+-------------+-------------------------------+
    |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
    |I|S|S|S|  (4)  |A|     (7)     |         (16 or 64 bits)       |
    |N|V|V|V|       |S|             |   if payload len is 126, 127  |
    | |1|2|3|       |K|             |                               |
    +-+-+-+-+-------+-+-------------+-------------------------------+
    |      Masking-key, 4 bytes if MASK is set  |  Payload Data ... |
    +-------------------------------------------+-------------------+

Decoding only decodes; which frames are allowed is what `check_frame` says. Too few bytes are never an error:
they mean "not yet", and that is None.
"""

from __future__ import annotations

from .types import Frame, Opcode, ProtocolError, Role

__all__ = [
    "MAX_PAYLOAD",
    "FrameReader",
    "apply_mask",
    "check_frame",
    "decode_frame",
    "decode_payload_len",
    "encode_frame",
    "encode_payload_len",
]

MAX_PAYLOAD = 1_048_576  # bytes in one frame that a FrameReader takes if nobody says otherwise: 1 MiB

FIN, RSV1, RSV2, RSV3 = 0b1000_0000, 0b0100_0000, 0b0010_0000, 0b0001_0000  # in the first byte
MASK = 0b1000_0000  # in the second byte

DATA_OPCODES = frozenset({Opcode.CONT, Opcode.TEXT, Opcode.BINARY})
CONTROL_OPCODES = frozenset({Opcode.CLOSE, Opcode.PING, Opcode.PONG})


def apply_mask(data: bytes, masking_key: bytes) -> bytes:
    """Mask a payload, or unmask it: the same step does both (RFC 6455 section 5.3).

    Byte i of the result is byte i of the data XOR byte i mod 4 of the key.

    Arguments:
        data: the payload, any number of bytes.
        masking_key: 4 bytes.

    Returns:
        As many bytes as came in.

    Raises:
        ValueError: if the key is not 4 bytes (not tested).

    >>> apply_mask(b"Hello", b"\\x37\\xfa\\x21\\x3d").hex(" ")
    '7f 9f 4d 51 58'
    """
    if len(masking_key) != 4:
        raise ValueError(f"a masking key has 4 bytes, not {len(masking_key)}")
    return bytes(byte ^ masking_key[index % 4] for index, byte in enumerate(data))


def encode_payload_len(n: int, masked: bool) -> bytes:
    """Write the MASK bit and the payload length, in the shortest of the three forms (RFC 6455 section 5.2).

    Up to 125 the length is in 7 bits; up to 65,535 those say 126 and 2 bytes follow; above they say 127 and
    8 bytes follow. Numbers of several bytes have their high byte first.

    Arguments:
        n: the length of the payload in bytes, from 0 to 2**63 - 1.
        masked: whether the MASK bit is set.

    Returns:
        1, 3 or 9 bytes: the second byte of the frame, and the extended payload length if there is one.

    Raises:
        ValueError: if n is below 0, or (not tested) 2**63 or more.

    >>> encode_payload_len(5, True).hex(), encode_payload_len(256, False).hex()
    ('85', '7e0100')
    """
    mask = MASK if masked else 0
    if 0 <= n <= 125:
        return bytes([mask | n])
    if 126 <= n <= 65_535:
        return bytes([mask | 126]) + n.to_bytes(2, "big")
    if 65_536 <= n < 2**63:
        return bytes([mask | 127]) + n.to_bytes(8, "big")
    raise ValueError(f"no payload has {n} bytes")


def decode_payload_len(buf: bytes) -> tuple[int, int] | None:
    """Read the payload length (RFC 6455 section 5.2).

    Arguments:
        buf: bytes that start with the second byte of a frame, the one with MASK and the 7-bit length. More
            bytes may follow.

    Returns:
        (payload length in bytes, bytes used), or None if too few bytes have come. The first byte counts as
        used, too: 1, 3 or 9.

    Raises:
        ProtocolError: 1002 if the top bit of an 8-byte length is set, or if a shorter form would have done
            (not tested).

    >>> decode_payload_len(b"\\x7e\\x01\\x00..."), decode_payload_len(b"\\x7f\\x00")
    ((256, 3), None)
    """
    if not buf:
        return None
    short = buf[0] & 0b0111_1111
    if short < 126:
        return short, 1
    used = 3 if short == 126 else 9
    if len(buf) < used:
        return None
    n = int.from_bytes(buf[1:used], "big")
    if n >= 2**63:
        raise ProtocolError(1002, "the top bit of the payload length is set")
    if n <= (125 if short == 126 else 65_535):
        raise ProtocolError(1002, "the payload length is not written in its shortest form")
    return n, used


def encode_frame(frame: Frame) -> bytes:
    """Write a frame (RFC 6455 section 5.2).

    If it has a masking key, set MASK, put the key behind the length, and mask the payload.

    Arguments:
        frame: its payload is not masked yet.

    Returns:
        The bytes of the frame.

    Raises:
        ValueError: if the opcode is not from 0 to 15, or (not tested) the masking key not 4 bytes.

    >>> encode_frame(Frame(fin=True, opcode=Opcode.TEXT, payload=b"Hello")).hex(" ")
    '81 05 48 65 6c 6c 6f'
    """
    if not 0 <= frame.opcode <= 15:
        raise ValueError(f"an opcode has 4 bits: {frame.opcode} does not fit")
    first = int(frame.opcode)
    for bit, is_set in ((FIN, frame.fin), (RSV1, frame.rsv1), (RSV2, frame.rsv2), (RSV3, frame.rsv3)):
        first |= bit if is_set else 0
    key = frame.masking_key
    head = bytes([first]) + encode_payload_len(len(frame.payload), masked=key is not None)
    return head + frame.payload if key is None else head + key + apply_mask(frame.payload, key)


def decode_frame(buf: bytes) -> tuple[Frame, int] | None:
    """Read one frame off the front of some bytes (RFC 6455 section 5.2).

    Arguments:
        buf: the bytes received so far, any number of them, with whatever comes after this frame. They are not
            changed.

    Returns:
        (the frame, its payload unmasked; how many bytes it took), or None if it is not whole yet.

    Raises:
        ProtocolError: 1002, as `decode_payload_len` does (a frame with such a length may be read, too).

    >>> frame, used = decode_frame(bytes.fromhex("81 85 37fa213d 7f9f4d5158"))
    >>> frame.payload, used
    (b'Hello', 11)
    """
    length = decode_payload_len(buf[1:10])
    if length is None:
        return None
    payload_len, used = length
    start = 1 + used
    masking_key = None
    if buf[1] & MASK:
        masking_key = bytes(buf[start : start + 4])
        start += 4
    end = start + payload_len
    if len(buf) < end:
        return None
    payload = bytes(buf[start:end])
    if masking_key is not None:
        payload = apply_mask(payload, masking_key)
    first = buf[0]
    return Frame(
        fin=bool(first & FIN),
        opcode=first & 0b0000_1111,
        payload=payload,
        rsv1=bool(first & RSV1),
        rsv2=bool(first & RSV2),
        rsv3=bool(first & RSV3),
        masking_key=masking_key,
    ), end


def check_frame(frame: Frame, receiver: Role) -> None:
    """Check that a frame is one that the other end may send (RFC 6455 sections 5.1, 5.2 and 5.5).

    A client masks every frame and a server none. The reserved bits are 0, the opcode is one of the six that
    are defined, and a control frame is whole and carries at most 125 bytes.

    Arguments:
        frame: what came.
        receiver: which end I am.

    Raises:
        ProtocolError: 1002, if anything is not as it must be.

    >>> check_frame(Frame(fin=True, opcode=Opcode.TEXT, payload=b"Hello"), Role.SERVER)
    Traceback (most recent call last):
    minews.types.ProtocolError: 1002 a client masks every frame
    """
    if (frame.masking_key is not None) != (receiver is Role.SERVER):
        who = "a client masks every frame" if receiver is Role.SERVER else "a server masks no frame"
        raise ProtocolError(1002, who)
    if frame.rsv1 or frame.rsv2 or frame.rsv3:
        raise ProtocolError(1002, "a reserved bit is set")
    if frame.opcode in CONTROL_OPCODES:
        if not frame.fin:
            raise ProtocolError(1002, "a control frame is not fragmented")
        if len(frame.payload) > 125:
            raise ProtocolError(1002, "a control frame carries at most 125 bytes")
    elif frame.opcode not in DATA_OPCODES:
        raise ProtocolError(1002, f"opcode {frame.opcode:#x} is reserved")


class FrameReader:
    """Turn a stream that cuts anywhere into frames (RFC 6455 section 6.2).

    It only decodes: whoever gets the frames asks `check_frame` about each.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        """Start with nothing received.

        Arguments:
            max_payload: the longest payload to take, in bytes.
        """
        self._max_payload = max_payload
        self._buffer = bytearray()
        self._error: ProtocolError | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Take what one recv gave, and return the frames that are whole now.

        Good frames are not lost to a bad one behind them: they are returned, and the next call raises, even
        if it brings nothing (`feed(b"")`). A call that has no good frame to return raises at once. After an
        error nothing more is taken in: each call raises again.

        Arguments:
            data: any number of bytes: a piece of a frame, several frames, or nothing.

        Returns:
            The frames, in order; an empty list if none is whole yet. What is left over waits for the next
            call.

        Raises:
            ProtocolError: 1009 as soon as a frame announces more than `max_payload` bytes, and 1002 as
                `decode_payload_len` does.

        >>> reader = FrameReader()
        >>> reader.feed(b"\\x81\\x02H"), [frame.payload for frame in reader.feed(b"i\\x89\\x00")]
        ([], [b'Hi', b''])
        """
        if self._error is not None:
            raise self._error.with_traceback(None)
        self._buffer += data
        frames = []
        try:
            while (size := self._whole_size()) and (decoded := decode_frame(bytes(self._buffer[:size]))):
                frames.append(decoded[0])
                del self._buffer[:size]
        except ProtocolError as error:
            self._error = error
            if not frames:
                raise
        return frames

    def _whole_size(self) -> int:
        """Return the size in bytes of the frame in front; 0 while it is not whole."""
        # Until it is whole only these few bytes are copied, so that a frame may come byte by byte.
        length = decode_payload_len(bytes(self._buffer[1:10]))
        if length is None:
            return 0
        payload_len, used = length
        if payload_len > self._max_payload:
            raise ProtocolError(
                1009, f"{payload_len} bytes in one frame, at most {self._max_payload} are taken"
            )
        size = 1 + used + (4 if self._buffer[1] & MASK else 0) + payload_len
        return size if len(self._buffer) >= size else 0
