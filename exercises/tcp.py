"""Your own minews.tcp: the exercises of lesson 1.

This file is yours, and nothing overwrites what you write.
Each exercise has its region, from its `# %% exercise` line to the next one. Running the exercise's cell in
the notebook saves your code here. You can as well write here: `python3 -m classroom check 1.1` tests it.
"""

import socket


# %% exercise 1.1 recv_exactly
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
    raise NotImplementedError("exercise 1.1")


# %% exercise 1.2 recv_until
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
    raise NotImplementedError("exercise 1.2")


# %% exercise 1.3 length_prefixed
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
    raise NotImplementedError("exercise 1.3")


# %% exercise 1.4 split_length_prefixed
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
    raise NotImplementedError("exercise 1.4")


# %% exercise 1.5 echo_once
def echo_once(conn: socket.socket) -> int:
    """Send back whatever comes, piece by piece as it comes, until the peer has finished.

    Arguments:
        conn: a connected socket. The caller closes it.

    Returns:
        How many bytes were sent back.
    """
    raise NotImplementedError("exercise 1.5")
