"""Bytes that grow: a reader that hands its whole buffer to a neighbour with each piece sends what is new.

Each end of the pipe keeps the last long argument that crossed it. One that begins with that is sent as
`Longer`: what follows.
"""

from .protocol import CallJudge, Longer

LONG = 4096  # bytes, below which it isn't worth it
_BYTES = (bytes, bytearray)


def shorten(call: CallJudge, last: bytes) -> bytes:
    """Let the arguments of a call be as short as they can; return the last long one, for the next call."""
    sent: list[object] = []
    for value in call.args:
        if isinstance(value, _BYTES) and len(value) >= LONG:
            sent.append(Longer(value[len(last) :]) if last and value.startswith(last) else value)
            last = bytes(value)
        else:
            sent.append(value)
    call.args = tuple(sent)
    return last


def restore(call: CallJudge, last: bytes, most: int) -> tuple[bytes, int]:
    """Let the arguments of a call be what they were before `shorten`, which is not trusted to have made them.

    Returns the last long one, and how many bytes there are in those that came as `Longer`; at most `most`, or
    it raises ValueError.
    """
    size = 0
    restored: list[object] = []
    for value in call.args:
        if isinstance(value, Longer):
            if type(value.more) not in _BYTES:
                raise ValueError("Longer takes bytes")
            size += len(last) + len(value.more)
            if size > most:
                raise ValueError("more in one call than any answer gives")
            last += value.more
            value = bytearray(last) if type(value.more) is bytearray else last
        elif isinstance(value, _BYTES) and len(value) >= LONG:
            last = bytes(value)
        restored.append(value)
    call.args = tuple(restored)
    return last, size
