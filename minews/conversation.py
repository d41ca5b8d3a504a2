"""What the two ends say to each other once they talk: whole messages and the Close, as frames and back.

Text and binary messages travel in one frame each. A message in fragments is refused with 1003, since putting
fragments together is the business of a later module. The functions here are small and given: the server and
the client of blocking are made of them.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

from .closing import MAX_REASON, decode_close, encode_close
from .frames import encode_frame
from .http import take_head
from .tcp import CHUNK
from .types import Frame, Opcode, ProtocolError, Role

__all__ = [
    "read_close",
    "read_message",
    "receive_before",
    "receive_response_head",
    "send_last",
    "write_close",
    "write_frame",
    "write_message",
]


def write_frame(role: Role, opcode: int, payload: bytes = b"") -> bytes:
    """Write one whole frame as this end must send it (RFC 6455 section 5.3).

    Arguments:
        role: which end I am. A client masks each frame, with a new key that nobody can foresee; a server
            masks none.
        opcode: what the frame carries.
        payload: its bytes, not masked yet.

    Returns:
        The bytes to send.

    >>> write_frame(Role.SERVER, Opcode.PONG, b"Hi"), len(write_frame(Role.CLIENT, Opcode.PONG, b"Hi"))
    (b'\\x8a\\x02Hi', 8)
    """
    masking_key = os.urandom(4) if role is Role.CLIENT else None
    return encode_frame(Frame(fin=True, opcode=opcode, payload=payload, masking_key=masking_key))


def write_message(role: Role, message: str | bytes) -> bytes:
    """Write a message as one frame, ready to send: text for a str, binary for bytes (RFC 6455 section 5.6).

    >>> write_message(Role.SERVER, "Hi"), write_message(Role.SERVER, b"Hi")
    (b'\\x81\\x02Hi', b'\\x82\\x02Hi')
    """
    if isinstance(message, str):
        return write_frame(role, Opcode.TEXT, message.encode())
    return write_frame(role, Opcode.BINARY, message)


def write_close(role: Role, code: int = 1005, reason: str = "") -> bytes:
    """Write a Close (RFC 6455 sections 5.5.1 and 7.4).

    Arguments:
        role: which end I am.
        code: says why. 1005 means that none is said: the Close is empty.
        reason: one sentence for people; what is not ASCII becomes "?", and what has no room is cut off.

    Returns:
        The bytes to send.

    Raises:
        ValueError: if no Close may carry this code.

    >>> write_close(Role.SERVER, 1000, "bye"), write_close(Role.SERVER, 1005)
    (b'\\x88\\x05\\x03\\xe8bye', b'\\x88\\x00')
    """
    if code == 1005:
        return write_frame(role, Opcode.CLOSE)
    short = reason.encode("ascii", "replace")[:MAX_REASON].decode("ascii")
    return write_frame(role, Opcode.CLOSE, encode_close(code, short))


def read_message(frame: Frame) -> str | bytes:
    """Return what a data frame carries, as a whole message (RFC 6455 sections 5.6 and 8.1).

    Arguments:
        frame: what `check_frame` let in, and no control frame.

    Returns:
        A str for text, bytes for binary.

    Raises:
        ProtocolError: 1007 if a text is not UTF-8; 1003 if the message comes in fragments, which are not
            taken here; 1002 if the frame continues a message that nobody began.

    >>> read_message(Frame(True, Opcode.TEXT, "né".encode())), read_message(Frame(True, Opcode.BINARY, b"n"))
    ('né', b'n')
    """
    if frame.opcode == Opcode.CONT:
        raise ProtocolError(1002, "there is no message to continue")
    if not frame.fin:
        raise ProtocolError(1003, "messages in fragments are not taken here")
    if frame.opcode == Opcode.BINARY:
        return frame.payload
    try:
        return frame.payload.decode()
    except UnicodeDecodeError:
        raise ProtocolError(1007, "a text message is not UTF-8") from None


def read_close(frame: Frame) -> int:
    """Return the code in a Close, 1005 if it carries none (RFC 6455 sections 5.5.1, 7.1.5 and 7.4).

    Arguments:
        frame: a Close that `check_frame` let in.

    Raises:
        ProtocolError: 1002 if it has a single byte, or a code that may not travel; 1007 if its reason is not
            UTF-8.

    >>> read_close(Frame(True, Opcode.CLOSE, b"\\x03\\xe8bye")), read_close(Frame(True, Opcode.CLOSE, b""))
    (1000, 1005)
    """
    return decode_close(frame.payload)[0]


def send_last(conn: socket.socket, data: bytes) -> None:
    """Send something that does not matter any more if the peer has gone: then it is lost without a word."""
    with contextlib.suppress(OSError):
        conn.sendall(data)


def receive_before(conn: socket.socket, deadline: float) -> bytes:
    """Receive what has come, at least one byte.

    Arguments:
        conn: a connection. Its time limit becomes what is left until the deadline: set it anew before you
            send.
        deadline: until when to wait, as `time.monotonic` counts.

    Raises:
        EOFError: if the peer has gone, politely or not.
        TimeoutError: if nothing comes until then.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("nothing came in time")
    conn.settimeout(left)
    try:
        data = conn.recv(CHUNK)
    except ConnectionError:
        data = b""
    if not data:
        raise EOFError("the peer has gone")
    return data


def receive_response_head(conn: socket.socket, deadline: float) -> tuple[bytes, bytes]:
    """Receive the head of a server's response, and keep what came after it (RFC 9112 section 2.2).

    Arguments:
        conn, deadline: as for `receive_before`.

    Returns:
        (the head with the empty line that ends it, the bytes already received beyond it).

    Raises:
        HandshakeError: 502 if what comes is no head, or one longer than MAX_HEAD bytes.
        EOFError, TimeoutError: as `receive_before` does.
    """
    buffer = bytearray()
    while (head := take_head(buffer, response=True)) is None:
        buffer += receive_before(conn, deadline)
    return head, bytes(buffer)
