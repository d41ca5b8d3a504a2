"""TCP is a river of bytes: what one send put in, any number of recvs may take out.

The first functions put the borders back: exactly so many bytes, up to a delimiter, or a length in front. The
others are about the two ends of a connection's life: listening, and leaving without losing the last words.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time

__all__ = [
    "CHUNK",
    "echo_once",
    "graceful_close",
    "length_prefixed",
    "listen_on",
    "recv_exactly",
    "recv_until",
    "split_length_prefixed",
    "unacknowledged",
]

CHUNK = 65_536  # bytes asked of one recv
MAX_DRAINED = 1 << 20  # bytes that graceful_close keeps


def recv_exactly(sock: socket.socket, n: int) -> bytes:
    """Receive exactly n bytes, in as many pieces as they come (RFC 9293 section 3.9.1.3).

    Arguments:
        sock: a connected socket.
        n: how many bytes; 0 gives b"" at once.

    Returns:
        n bytes. What follows them stays in the socket.

    Raises:
        EOFError: if the peer finishes before n bytes have come.

    >>> near, far = socket.socketpair()  # two sockets, connected with each other
    >>> far.sendall(b"Hello")
    >>> recv_exactly(near, 2), recv_exactly(near, 3)
    (b'He', b'llo')
    >>> near.close(), far.close()
    (None, None)
    """
    pieces = []
    while n:
        piece = sock.recv(min(n, CHUNK))  # n may be huge: never ask for all of it at once
        if not piece:
            raise EOFError(f"the stream ended {n} bytes too early")
        pieces.append(piece)
        n -= len(piece)
    return b"".join(pieces)


def recv_until(sock: socket.socket, delimiter: bytes, limit: int = 65_536) -> tuple[bytes, bytes]:
    """Receive until a delimiter has come, and keep what came after it.

    Arguments:
        sock: a connected socket.
        delimiter: the bytes to wait for, at least one.
        limit: how many bytes may come up to the end of the delimiter.

    Returns:
        (what came up to and including the delimiter, the bytes already received beyond it).

    Raises:
        EOFError: if the peer finishes before the delimiter has come.
        ValueError: as soon as `limit` bytes have come and the delimiter does not end within them, also if the
            stream ends there.

    >>> near, far = socket.socketpair()
    >>> far.sendall(b"one line\\r\\nand a")
    >>> recv_until(near, b"\\r\\n")
    (b'one line\\r\\n', b'and a')
    >>> near.close(), far.close()
    (None, None)
    """
    if not delimiter:
        raise ValueError("a delimiter has at least one byte")
    buffer = bytearray()
    while True:
        # The delimiter may be cut itself: look again at as many bytes as could be its beginning.
        start = max(0, len(buffer) - len(delimiter) + 1)
        piece = sock.recv(CHUNK)
        buffer += piece
        end = buffer.find(delimiter, start, limit) + len(delimiter)
        if end >= len(delimiter):
            return bytes(buffer[:end]), bytes(buffer[end:])
        if len(buffer) >= limit:
            raise ValueError(f"no {delimiter!r} within {limit} bytes")
        if not piece:
            raise EOFError(f"the stream ended before {delimiter!r}")


def length_prefixed(payload: bytes) -> bytes:
    """Put the length of a payload in front of it.

    Arguments:
        payload: at most 65,535 bytes.

    Returns:
        The length in 2 bytes, the high byte first (network order), then the payload.

    Raises:
        ValueError: if the payload is longer.

    >>> length_prefixed(b"Hi")
    b'\\x00\\x02Hi'
    """
    if len(payload) > 65_535:
        raise ValueError(f"{len(payload)} bytes do not fit a 2-byte length")
    return len(payload).to_bytes(2, "big") + payload


def split_length_prefixed(buffer: bytearray) -> list[bytes]:
    """Take every whole length-prefixed message off the front of a buffer.

    Arguments:
        buffer: the bytes received so far. Whole messages are removed from it; the start of the next one
            stays.

    Returns:
        The payloads, in order; an empty list if no message is whole yet.

    >>> buffer = bytearray(b"\\x00\\x02Hi\\x00\\x00\\x00\\x05He")
    >>> split_length_prefixed(buffer), bytes(buffer)
    ([b'Hi', b''], b'\\x00\\x05He')
    """
    messages = []
    start = 0
    while len(buffer) - start >= 2:
        end = start + 2 + int.from_bytes(buffer[start : start + 2], "big")
        if end > len(buffer):
            break
        messages.append(bytes(buffer[start + 2 : end]))
        start = end
    del buffer[:start]
    return messages


def echo_once(conn: socket.socket) -> int:
    """Send back whatever comes, piece by piece as it comes, until the peer has finished.

    Arguments:
        conn: a connected socket. The caller closes it.

    Returns:
        How many bytes were sent back.
    """
    total = 0
    while piece := conn.recv(CHUNK):
        conn.sendall(piece)
        total += len(piece)
    return total


def listen_on(port: int, reuse: bool = True) -> socket.socket:
    """Listen for connections on 127.0.0.1 (RFC 9293 section 3.9.1).

    Arguments:
        port: 0 lets the system choose a free one; `getsockname()[1]` tells which.
        reuse: True sets SO_REUSEADDR, so that connections of an earlier server that still sit in TIME-WAIT do
            not stand in the way. A second live listener is refused all the same.

    Returns:
        The listening socket.

    Raises:
        OSError: if the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # Windows does not wait for TIME-WAIT, and there this option would let two servers share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def graceful_close(sock: socket.socket, timeout: float = 2.0) -> bytes:
    """Say goodbye without tearing the line: finish writing, read what is still on its way, close.

    Closing a socket with unread input sends RST instead of FIN, and the peer may lose what we sent last
    (RFC 9293 section 3.6; RFC 6455 section 7.1.1).

    Arguments:
        sock: a connected socket; it is closed in any case.
        timeout: seconds to wait for the peer to finish, at most.

    Returns:
        The bytes that came after we had finished, as many as came in time. (The reference keeps the first MiB
        of them and drops the rest.)

    >>> near, far = socket.socketpair()
    >>> far.sendall(b"last words")
    >>> far.close()
    >>> graceful_close(near)
    b'last words'
    """
    drained = bytearray()
    deadline = time.monotonic() + timeout
    # An OSError says that the peer is gone or too slow: there is nobody left to be polite to.
    with sock, contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            piece = sock.recv(CHUNK)
            if not piece:
                break
            drained += piece[: MAX_DRAINED - len(drained)]
    return bytes(drained)


def unacknowledged(sock: socket.socket) -> int:
    """Return how many bytes we have sent that the peer's system has not taken yet (RFC 9293 section 3.3.1).

    Arguments:
        sock: a connected TCP socket.

    Returns:
        The bytes; 0 where the system does not say, or the connection is over.

    >>> with socket.create_server(("127.0.0.1", 0)) as listener:
    ...     with socket.create_connection(listener.getsockname()) as sock:
    ...         unacknowledged(sock)
    0
    """
    try:
        import fcntl
        import termios

        return int.from_bytes(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except (ImportError, AttributeError, OSError, ValueError):
        return 0
