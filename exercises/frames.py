"""Your own minews.frames: the exercises of lesson 5.

This file is yours, and nothing overwrites what you write.
Each exercise has its region, from its `# %% exercise` line to the next one. Running the exercise's cell in
the notebook saves your code here. You can as well write here: `python3 -m classroom check 5.1` tests it.
"""

from minews.types import Frame, Opcode, ProtocolError, Role


# %% exercise 5.1 apply_mask
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
    raise NotImplementedError("exercise 5.1")


# %% exercise 5.2 encode_payload_len
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
    raise NotImplementedError("exercise 5.2")


# %% exercise 5.3 decode_payload_len
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
    raise NotImplementedError("exercise 5.3")


# %% exercise 5.4 encode_frame
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
    raise NotImplementedError("exercise 5.4")


# %% exercise 5.5 decode_frame
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
    raise NotImplementedError("exercise 5.5")


# %% exercise 5.6 check_frame
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
    raise NotImplementedError("exercise 5.6")


# %% exercise 5.7 FrameReader
MAX_PAYLOAD = 1_048_576  # bytes in one frame that a FrameReader takes if nobody says otherwise: 1 MiB


class FrameReader:
    """Turn a stream that cuts anywhere into frames (RFC 6455 section 6.2).

    It only decodes: whoever gets the frames asks `check_frame` about each.
    """

    def __init__(self, max_payload: int = MAX_PAYLOAD) -> None:
        """Start with nothing received.

        Arguments:
            max_payload: the longest payload to take, in bytes.
        """
        raise NotImplementedError("exercise 5.7")

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
        raise NotImplementedError("exercise 5.7")
