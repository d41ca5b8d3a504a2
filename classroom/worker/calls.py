"""Calls of nothing but bytes, text, numbers and truth values, written at once: neighbours are called often.

The message is the one that `codec` writes; only the way there is shorter.
"""

from . import codec
from .encoding import HEAD_OF_RECORD
from .growing import LONG
from .plain import TAG_OF_CONTAINER
from .protocol import CallJudge

MOST_ARGUMENTS = 8
_TAGS: dict[type[object], bytes] = {bytes: b"b", bytearray: b"a"}
_TAIL = bytes(codec.encode({}) + codec.encode(None) + codec.encode(""))  # kwargs, handle, member


def head_of(name: str) -> bytes:
    """Return how the message of a call begins."""
    return HEAD_OF_RECORD[CallJudge] + codec.encode(name) + TAG_OF_CONTAINER[tuple]


def written(head: bytes, args: tuple[object, ...]) -> bytes | None:
    """Return the message of a call that is given `args`, None where it takes `codec` to write it."""
    if len(args) > MOST_ARGUMENTS:
        return None
    parts = [head, len(args).to_bytes(4, "big")]
    for value in args:
        kind = type(value)
        if kind in _TAGS:
            tag, data = _TAGS[kind], value
        elif kind is str:
            tag, data = b"s", value.encode("utf-8", "surrogatepass")  # type: ignore[attr-defined]
        elif kind is bool:
            parts.append(b"T" if value else b"F")
            continue
        elif kind is int and -(1 << 63) <= value < 1 << 63:  # type: ignore[operator]
            tag, data = b"i", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)  # type: ignore[attr-defined]
        else:
            return None
        if len(data) >= LONG:  # type: ignore[arg-type]
            return None
        parts += (tag, len(data).to_bytes(4, "big"), data)  # type: ignore[arg-type]
    parts.append(_TAIL)
    return b"".join(parts)
