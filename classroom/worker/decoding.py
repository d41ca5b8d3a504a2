"""Bytes to plain values, bounded before anything is built."""

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from minews import types

from . import plain
from .encoding import DOUBLE
from .plain import ENUMS, RECORDS, TAG_OF_CONTAINER
from .protocol import Other

_T = TypeVar("_T")
_MARGIN = 3  # an encoder at its depth limit still writes an Other, or the pairs of Headers
_CONTAINER_OF_TAG = {ord(tag): kind for kind, tag in TAG_OF_CONTAINER.items()}
_RECORD_OF_NAME = {kind.__name__.encode(): (kind, len(names)) for kind, names in RECORDS.items()}
_OURS = frozenset(kind for kind in RECORDS if kind.__module__ == Other.__module__)  # plain records
_MEMBERS_OF_ENUM: dict[bytes, dict[bytes, object]] = {
    kind.__name__.encode(): {name.encode(): member for name, member in kind.__members__.items()}  # type: ignore[attr-defined]
    for kind in ENUMS
}
_CONSTANTS = {ord("N"): None, ord("T"): True, ord("F"): False}
_BYTES = ord("b")
_SIZED = frozenset(b"bs")


class DecodeError(ValueError):
    """The bytes are no message that an encoder can have made."""


class Decoder:
    """One message being read, from offset `at`."""

    __slots__ = ("_data", "_depth", "_hashed", "_trusted", "_values", "_wide", "at")

    def __init__(self, data: bytes, trusted: bool) -> None:
        self._data = data
        self._trusted = trusted
        self.at = 0
        self._depth = 0
        self._values = 0
        self._hashed = 0
        self._wide = 0  # bytes of texts, beyond those in the message

    @property
    def weight(self) -> int:
        """What all values that were read take in memory, in bytes, about."""
        return len(self._data) + self._values * plain.VALUE_WEIGHT + self._wide

    def take(self, count: int) -> list[object]:
        """Read so many values with all that is in them. What comes most often is read right here."""
        self._count_values(count)
        data, at, size = self._data, self.at, len(self._data)
        values: list[object] = []
        for _ in range(count):
            if at >= size:
                raise DecodeError("cut short")
            tag = data[at]
            at += 1
            if tag in _SIZED:
                start = at + 4
                at = start + int.from_bytes(data[at:start], "big")
                if at > size:
                    raise DecodeError("cut short")
                piece = data[start:at]
                values.append(piece if tag == _BYTES else self._text(piece))
            elif tag in _CONSTANTS:
                values.append(_CONSTANTS[tag])
            elif tag in _TAKE:
                self.at = at
                values.append(_TAKE[tag](self, tag))
                at = self.at
            else:
                raise DecodeError(f"unknown tag {tag}")
        self.at = at
        return values

    def _count_values(self, count: int) -> None:
        self._values += count
        if self._values > plain.MAX_VALUES and not self._trusted:
            raise DecodeError(f"more than {plain.MAX_VALUES} values")

    def _text(self, data: bytes) -> str:
        text = data.decode("utf-8", "surrogatepass")
        if not text.isascii():  # one wide letter makes all of them wide
            self._wide += max(sys.getsizeof(text) - len(data) - plain.VALUE_WEIGHT, 0)
            if self.weight > plain.MAX_WEIGHT and not self._trusted:
                raise DecodeError("more than there may be in memory")
        return text

    def _bytes(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self._data):
            raise DecodeError("cut short")
        piece = self._data[self.at : end]
        self.at = end
        return piece

    def _length(self) -> int:
        return int.from_bytes(self._bytes(4), "big")

    def number(self, tag: int) -> int:
        data = self._bytes(self._length())
        if len(data) > plain.MAX_INT_BITS // 8 + 1:
            raise DecodeError("an int too large")
        return int.from_bytes(data, "big", signed=True)

    def double(self, tag: int) -> float:
        value: float = DOUBLE.unpack(self._bytes(8))[0]
        return value

    def array(self, tag: int) -> bytearray:
        return bytearray(self._bytes(self._length()))

    def items(self, tag: int) -> object:
        build = _CONTAINER_OF_TAG[tag]
        if build in (set, frozenset):
            self._count_values(plain.SET_WEIGHT - 1)
        return build(self._several(1, hashed=build in (set, frozenset)))

    def mapping(self, tag: int) -> dict[object, object]:
        values = self._several(2, hashed=True)
        return dict(zip(values[::2], values[1::2], strict=True)) if values else {}

    def _several(self, parts: int, *, hashed: bool) -> list[object]:
        count = self._count(parts)
        if not count:
            return []
        self._hashed += count if hashed else 0
        if self._hashed > plain.MAX_HASHED and not self._trusted:
            raise DecodeError(f"more than {plain.MAX_HASHED} keys")
        return self._inside(count * parts)

    def _count(self, parts: int) -> int:
        count = self._length()
        if count * parts > len(self._data) - self.at:  # each value takes a byte at least
            raise DecodeError("cut short")
        return count

    def _inside(self, count: int) -> list[object]:
        self._depth += 1
        if self._depth > plain.MAX_DEPTH + _MARGIN:
            raise DecodeError("nested too deep")
        values = self.take(count)
        self._depth -= 1
        return values

    def record(self, tag: int) -> object:
        kind, count = self._known(_RECORD_OF_NAME)
        return make_record(kind, self._inside(count))

    def member(self, tag: int) -> object:
        return self._known(self._known(_MEMBERS_OF_ENUM))

    def headers(self, tag: int) -> types.Headers:
        texts = self._inside(2 * self._count(2))
        if not all(type(text) is str for text in texts):
            raise DecodeError("Headers of something else than str")
        return types.Headers(zip(texts[::2], texts[1::2], strict=True))  # type: ignore[arg-type]

    def _known(self, table: dict[bytes, _T]) -> _T:
        start = self.at + 1
        self.at = start + (self._data[self.at] if start <= len(self._data) else 0)
        name = self._data[start : self.at]
        if name not in table:
            raise DecodeError(f"unknown name {name!r}")
        return table[name]


def make_record(kind: type, values: Sequence[object]) -> object:
    """Return a record with these values in its fields, whatever its __init__ does not allow."""
    if kind in _OURS:
        return kind(*values)
    value: object = object.__new__(kind)
    for name, content in zip(RECORDS[kind], values, strict=True):
        object.__setattr__(value, name, content)  # a frozen class can't be filled otherwise
    return value


_TAKE: dict[int, Callable[[Decoder, int], object]] = {
    ord("i"): Decoder.number,
    ord("d"): Decoder.double,
    ord("a"): Decoder.array,
    ord("h"): Decoder.headers,
    ord("m"): Decoder.mapping,
    ord("r"): Decoder.record,
    ord("e"): Decoder.member,
    **dict.fromkeys(_CONTAINER_OF_TAG, Decoder.items),
}
