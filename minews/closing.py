"""Closing: what a Close says, which codes may travel, and when to come back (RFC 6455 section 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .types import HandshakeError, ProtocolError

if TYPE_CHECKING:
    import random

__all__ = ["decode_close", "encode_close", "failure_code", "may_send_code", "reconnect_delays"]

MAX_REASON = 123  # bytes: a control frame carries 125, and the code takes 2

NO_CODE = 1005  # the Close that came had none
NO_CLOSE = 1006  # the connection ended without a Close
NEVER_SENT = frozenset({1004, NO_CODE, NO_CLOSE, 1015})


def may_send_code(code: int) -> bool:
    """Tell whether a Close may carry a code (RFC 6455 section 7.4).

    1000 to 2999 belong to the protocol, 3000 to 3999 to libraries, 4000 to 4999 to applications. 1005, 1006
    and 1015 are only what a program tells its user, and 1004 means nothing.

    >>> may_send_code(1000), may_send_code(1006), may_send_code(5000)
    (True, False, False)
    """
    return 1000 <= code <= 4999 and code not in NEVER_SENT


def encode_close(code: int | None, reason: str = "") -> bytes:
    """Write the payload of a Close (RFC 6455 section 5.5.1).

    Arguments:
        code: why the connection ends; None for a Close that does not say.
        reason: a few words, 123 bytes in UTF-8 at most.

    Returns:
        The code in 2 bytes, the high byte first, then the reason; b"" without a code.

    Raises:
        ValueError: for a code that may not travel, a reason without a code, or one that is too long.

    >>> encode_close(1000, "done")
    b'\\x03\\xe8done'
    """
    words = reason.encode()
    if code is None:
        if words:
            raise ValueError("a reason needs a code before it")
        return b""
    if not may_send_code(code):
        raise ValueError(f"no Close carries the code {code}")
    if len(words) > MAX_REASON:
        raise ValueError(f"a reason of {len(words)} bytes does not fit a control frame")
    return code.to_bytes(2, "big") + words


def decode_close(payload: bytes) -> tuple[int, str]:
    """Read the payload of a Close (RFC 6455 sections 5.5.1, 7.1.5 and 7.1.6).

    Arguments:
        payload: at most 125 bytes, since a control frame has no more.

    Returns:
        (code, reason); (1005, "") if there is neither.

    Raises:
        ProtocolError: 1002 if the payload is a single byte, or if the code may not travel; 1007 if the reason
            is not UTF-8.

    >>> decode_close(b"\\x03\\xe8done"), decode_close(b"")
    ((1000, 'done'), (1005, ''))
    """
    if not payload:
        return NO_CODE, ""
    code = int.from_bytes(payload[:2], "big")
    if not may_send_code(code):  # what a single byte says is no code, either
        raise ProtocolError(1002, "a Close carries no code, or one that may travel")
    try:
        return code, bytes(payload[2:]).decode()
    except UnicodeDecodeError:
        raise ProtocolError(1007, "the reason in a Close is not UTF-8") from None


def failure_code(error: Exception) -> int:
    """Return the code with which to end a connection on which an error came up (RFC 6455 section 7.4.1).

    Arguments:
        error: what was raised while the connection was served.

    Returns:
        The code of a ProtocolError. 1006 if the peer has gone, or never got in, since no Close reaches it;
        1011 for any other error: our own program failed.

    >>> failure_code(ProtocolError(1009)), failure_code(EOFError()), failure_code(ZeroDivisionError())
    (1009, 1006, 1011)
    """
    if isinstance(error, ProtocolError):
        return error.code
    if isinstance(error, EOFError | ConnectionError | HandshakeError):
        return NO_CLOSE
    return 1011


def reconnect_delays(rng: random.Random, first_max: float = 5.0, cap: float = 60.0) -> Iterator[float]:
    """Give the seconds to wait before each new attempt to connect (RFC 6455 section 7.2.3).

    The first delay is random, so that the clients of a server that failed do not all come back at once; the
    bound of the random delay doubles each time.

    Arguments:
        rng: where the randomness comes from.
        first_max: bound of the first delay, in seconds.
        cap: bound of every delay, in seconds.

    >>> import random
    >>> delays = reconnect_delays(random.Random(1))
    >>> [round(next(delays), 1) for _ in range(5)]
    [0.7, 8.5, 15.3, 10.2, 29.7]
    """
    bound = first_max
    while True:
        yield rng.uniform(0, min(bound, cap))
        bound = min(2 * bound, cap)
