"""What a worker says of an outcome, cut to what one that nobody tampered with would say at most.

Values are left alone: they are bounded by the message that they come in.
"""

from dataclasses import fields, is_dataclass

from . import codec
from .protocol import CallJudge, Ended, FromWorker, Raised, Returned, UseRaised, UseReturned

LETTERS = 10_000  # of a text
PRINTED = 66_000  # letters of what was printed; a bit more than `Limits.output`
PARTS = 100  # of a tuple
MOST_LINES = 10_000_000
ATTRIBUTES = 64 << 10  # bytes of what an exception holds
WAYS = frozenset({"endless", "waiting", "exit", "os-exit", "crash", "memory", "recursion", "garbled"})
_WHOLE = (CallJudge, UseReturned, UseRaised)


def clipped(message: FromWorker) -> FromWorker:
    """Return the message, in which every text, tuple and number of a line has a bounded size."""
    if isinstance(message, _WHOLE) or not is_dataclass(message):
        return message
    if type(message) is Returned and len(message.printed) <= PRINTED:
        return message  # which is what comes most often
    for each in fields(message):
        value = getattr(message, each.name)
        if each.name == "value":
            continue
        if isinstance(message, Raised) and each.name == "attributes":
            message.attributes = {name: part for name, part in list(value.items())[:PARTS] if _is_small(part)}
        elif not isinstance(message, Returned) or each.name == "printed":
            setattr(message, each.name, _clip(value, PRINTED if each.name == "printed" else LETTERS))
    if isinstance(message, Ended) and message.how not in WAYS:
        message.how = "garbled"
    return message


def _clip(value: object, letters: int = LETTERS) -> object:
    if isinstance(value, str):
        return value[:letters]
    if isinstance(value, tuple):
        return tuple(map(_clip, value[:PARTS]))
    if type(value) is int:
        return min(max(value, -1), MOST_LINES)
    return value


def _is_small(value: object) -> bool:
    try:
        return len(codec.encode(value, ATTRIBUTES)) <= ATTRIBUTES
    except codec.TooMuchError:
        return False
