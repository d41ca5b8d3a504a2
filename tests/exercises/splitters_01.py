"""Splitters of length-prefixed messages, right and wrong ones, for the examples of exercise 1.6.

Each takes the pieces of a stream in the order in which they arrive and returns the payloads that it gives
out, or gives them one by one. The docstring of a wrong one is the question with which a student is helped to
catch it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest

from minews.tcp import split_length_prefixed

Pieces = tuple[bytes, ...]
Splitter = Callable[[Pieces], Iterable[bytes]]


def gives(splitter: Splitter, pieces: Pieces, payloads: Iterable[bytes]) -> bool:
    """Tell whether a splitter gives out these payloads, no others, and does not break.

    It is asked no further than to the first difference. What comes of a lack of memory is let out.
    """
    try:
        return all(given == each for given, each in zip_longest(splitter(pieces), payloads))
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return False


def right(pieces: Pieces) -> list[bytes]:
    return _fed(pieces, split_length_prefixed)


def _fed(pieces: Pieces, take: Callable[[bytearray], list[bytes]]) -> list[bytes]:
    """Add the pieces to a buffer, one by one, and collect what `take` takes off it each time."""
    buffer, payloads = bytearray(), []
    for piece in pieces:
        buffer += piece
        payloads += take(buffer)
    return payloads


def _loop(end_of: Callable[[bytearray], int | None], least: int = 2) -> Callable[[bytearray], list[bytes]]:
    """Make a `take` that goes on as long as `end_of` finds the end of a first message."""

    def take(buffer: bytearray) -> list[bytes]:
        payloads = []
        while len(buffer) >= least and (end := end_of(buffer)) is not None:
            payloads.append(bytes(buffer[2:end]))
            del buffer[:end]
        return payloads

    return take


def _end(buffer: bytearray) -> int:
    """Return where the first message ends, whether all of it is there or not."""
    return 2 + int.from_bytes(buffer[:2], "big")


# Wrong splitters.


def piece_is_a_message(pieces: Pieces) -> list[bytes]:
    """Each piece is taken for one whole message. How else may TCP cut the stream?"""
    return [piece[2:] for piece in pieces]


def first_message_only(pieces: Pieces) -> list[bytes]:
    """It looks once for each piece. What if a piece holds two messages?"""

    def take(buffer: bytearray) -> list[bytes]:
        if len(buffer) < 2 or len(buffer) < (end := _end(buffer)):
            return []
        payload = bytes(buffer[2:end])
        del buffer[:end]
        return [payload]

    return _fed(pieces, take)


def rest_thrown_away(pieces: Pieces) -> list[bytes]:
    """It begins each piece with an empty buffer. What does it lose, and when?"""
    return [payload for piece in pieces for payload in split_length_prefixed(bytearray(piece))]


def buffer_never_emptied(pieces: Pieces) -> Iterator[bytes]:
    """It leaves in the buffer what it has given out. When does that show?"""
    buffer, left = bytearray(), list[bytes]()  # what is left, split once and not for each piece
    for piece in pieces:
        buffer += piece
        left += split_length_prefixed(buffer)
        yield from left


def little_endian(pieces: Pieces) -> list[bytes]:
    """It reads the low byte of the length first. For which message does that matter?"""

    def end_of(buffer: bytearray) -> int | None:
        end = 2 + int.from_bytes(buffer[:2], "little")
        return end if end <= len(buffer) else None

    return _fed(pieces, _loop(end_of))


def length_counts_itself(pieces: Pieces) -> list[bytes]:
    """It takes the length for that of the whole message. Which simple example shows that it doesn't?"""

    def end_of(buffer: bytearray) -> int | None:
        end = max(2, int.from_bytes(buffer[:2], "big"))
        return end if end <= len(buffer) else None

    return _fed(pieces, _loop(end_of))


def high_byte_ignored(pieces: Pieces) -> list[bytes]:
    """It looks at the second byte of the length only. From which length on is that too little?"""

    def end_of(buffer: bytearray) -> int | None:
        end = 2 + buffer[1]
        return end if end <= len(buffer) else None

    return _fed(pieces, _loop(end_of))


def empty_message_is_the_end(pieces: Pieces) -> list[bytes]:
    """It stops at a length of 0. Does a message need a payload?"""

    def end_of(buffer: bytearray) -> int | None:
        end = _end(buffer)
        return end if 2 < end <= len(buffer) else None

    return _fed(pieces, _loop(end_of))


def length_always_whole(pieces: Pieces) -> list[bytes]:
    """It reads two bytes of length wherever there is one. Where would TCP have to cut to break it?"""

    def end_of(buffer: bytearray) -> int | None:
        end = 2 + (buffer[0] << 8 | buffer[1])
        return end if end <= len(buffer) else None

    return _fed(pieces, _loop(end_of, least=1))


def half_a_payload_given_out(pieces: Pieces) -> list[bytes]:
    """It gives out what is there of a payload. Where would TCP have to cut to show it?"""
    return _fed(pieces, _loop(lambda buffer: min(_end(buffer), len(buffer))))


def length_taken_too_soon(pieces: Pieces) -> list[bytes]:
    """It removes the length, then finds the payload not whole, and forgets. Which cut shows it?"""

    def take(buffer: bytearray) -> list[bytes]:
        payloads = []
        while len(buffer) >= 2:
            size = int.from_bytes(buffer[:2], "big")
            del buffer[:2]
            if len(buffer) < size:
                break
            payloads.append(bytes(buffer[:size]))
            del buffer[:size]
        return payloads

    return _fed(pieces, take)


def last_message_held_back(pieces: Pieces) -> list[bytes]:
    """It waits for a byte behind a message before it gives it out. When is there none?"""

    def end_of(buffer: bytearray) -> int | None:
        end = _end(buffer)
        return end if end < len(buffer) else None

    return _fed(pieces, _loop(end_of))


def text_only(pieces: Pieces) -> list[bytes]:
    """It decodes each payload as UTF-8 and encodes it again. What else may a payload hold?"""
    return [payload.decode().encode() for payload in right(pieces)]


def payloads_stripped(pieces: Pieces) -> list[bytes]:
    """It takes white space off the ends of a payload. Who said that it doesn't count?"""
    return [payload.strip() for payload in right(pieces)]


def gives_nothing(pieces: Pieces) -> list[bytes]:
    """It never gives anything out. What is your simplest example with a whole message in it?"""
    return []


WRONG: dict[str, Splitter] = {
    splitter.__name__.replace("_", "-"): splitter
    for splitter in (
        gives_nothing,
        piece_is_a_message,
        first_message_only,
        rest_thrown_away,
        buffer_never_emptied,
        little_endian,
        length_counts_itself,
        high_byte_ignored,
        empty_message_is_the_end,
        length_always_whole,
        half_a_payload_given_out,
        length_taken_too_soon,
        last_message_held_back,
        text_only,
        payloads_stripped,
    )
}
