"""Limits: how much, and for how long, one peer may keep us busy (RFC 6455 sections 10.4 and 7.1.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from .http import MAX_HEAD
from .messages import MAX_MESSAGE

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a peer may cost, in bytes and seconds. The defaults are safe on the open network.

    Arguments:
        max_head: bytes in the head of a request or response. It can only be lowered: no head is longer than
            `http.MAX_HEAD`, 16 KiB.
        max_frame: bytes in the payload of one frame, 125 or more; where permessage-deflate is agreed a little
            more are taken.
        max_message: bytes in one message, inflated. Its fragments may take as much memory besides, and text
            four times as much, since Python keeps all letters of a text as wide as the widest.
        open_time: seconds for the whole opening handshake.
        idle_time: seconds without a byte from the peer, after which the connection is given up.
        close_time: seconds that the peer gets to answer our Close, and to end TCP.
        ping_time: seconds between two Pings, which keep idle connections alive; None sends none.

    Raises:
        ValueError: if one of them is not more than 0, or endless.

    >>> Limits(max_message=1 << 20).max_message
    1048576
    """

    max_head: int = MAX_HEAD
    max_frame: int = MAX_MESSAGE
    max_message: int = MAX_MESSAGE
    open_time: float = 10.0
    idle_time: float = 60.0
    close_time: float = 5.0
    ping_time: float | None = 20.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{field.name} is {value}: a limit is more than 0, and not endless")
