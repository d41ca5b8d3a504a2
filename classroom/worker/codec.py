"""Plain values to bytes and back: all that crosses between a worker and the judge.

A value crosses if it is exactly of a type that `plain` lists. A subclass of str, a generator, an object of
the student's own: each becomes an `Other`, which names it and can do nothing. Decoding is bounded in size,
depth and number before anything is built, so that whatever a hostile worker writes costs the judge little.
"""

from .decoding import DecodeError, Decoder
from .encoding import Encoder, TooMuchError
from .plain import MAX_MESSAGE, MAX_REQUEST, contains_other, guarded_repr, type_name

__all__ = [
    "MAX_MESSAGE",
    "MAX_REQUEST",
    "DecodeError",
    "TooMuchError",
    "contains_other",
    "decode",
    "decode_weighed",
    "encode",
    "guarded_repr",
    "type_name",
]


def encode(value: object, limit: int = MAX_MESSAGE, *, trusted: bool = False) -> bytearray:
    """Return `value` as bytes. Whatever its type: what can't cross is replaced by an `Other`.

    trusted: the judge's own words; they may have any number of values, and a TypeError tells of what can't
    cross. Raises TooMuchError for more than `limit` bytes, or more values or keys than a message may have.
    """
    encoder = Encoder(limit, trusted)
    encoder.put((value,))
    return encoder.out


def decode(data: bytes | bytearray, limit: int = MAX_MESSAGE, *, trusted: bool = False) -> object:
    """Return the value that `data` holds. Raises DecodeError for anything that `encode` does not write."""
    return decode_weighed(data, limit, trusted=trusted)[0]


def decode_weighed(
    data: bytes | bytearray, limit: int = MAX_MESSAGE, *, trusted: bool = False
) -> tuple[object, int]:
    """Return what `decode` does, and about how many bytes of memory that takes."""
    if len(data) > limit:
        raise DecodeError(f"{len(data)} bytes, and {limit} are the limit")
    decoder = Decoder(bytes(data), trusted)
    try:
        value = decoder.take(1)[0]
    except (TypeError, UnicodeDecodeError) as error:  # an unhashable key, bad UTF-8
        raise DecodeError(str(error)) from None
    if decoder.at != len(data):
        raise DecodeError(f"{len(data) - decoder.at} bytes too many")
    return value, decoder.weight
