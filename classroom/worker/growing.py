"""Bytes that grow: a reader that hands its whole buffer to a neighbour with each piece sends what is new.

Each end of the pipe keeps the last long argument that crossed it. One that begins with that is sent as
`Longer`: what follows.
"""

from .protocol import CallJudge, Longer

LONG = 4096  # bytes, below which it isn't worth it
_BYTES = (bytes, bytearray)


def shorten(call: CallJudge, last: bytearray) -> None:
    """Let the arguments of a call be as short as they can. last: the last long one, from call to call."""
    sent: list[object] = []
    for value in call.args:
        if isinstance(value, _BYTES) and len(value) >= LONG:
            if last and value.startswith(last):
                value = value[len(last) :]
                last += value
                sent.append(Longer(value))
                continue
            last[:] = value
        sent.append(value)
    call.args = tuple(sent)


def restore(call: CallJudge, last: bytearray, most: int, *, shared: bool = False) -> int:
    """Let the arguments of a call be what they were before `shorten`, which is not trusted to have made them.

    last: the last long one, from call to call; shared: it may itself stand for an argument, whatever the type
    of that, until the next call. Returns how many bytes there are in those that came as `Longer`; at most
    `most`, or it raises ValueError.
    """
    size = 0
    restored: list[object] = []
    shared = shared and len(call.args) == 1
    for value in call.args:
        if isinstance(value, Longer):
            if type(value.more) not in _BYTES:
                raise ValueError("Longer takes bytes")
            size += len(last) + len(value.more)
            if size > most:
                raise ValueError("more in one call than any answer gives")
            last += value.more
            value = last if shared else type(value.more)(last)
        elif isinstance(value, _BYTES) and len(value) >= LONG:
            last[:] = value
        restored.append(value)
    call.args = tuple(restored)
    return size
