"""Bytes to plain values, bounded before anything is built."""

from collections.abc import Callable
from typing import TypeVar

from minews import types

from . import plain
from .encoding import DOUBLE, LENGTH
from .plain import ENUMS, RECORDS, TAG_OF_CONTAINER

_T = TypeVar("_T")
_MARGIN = 3  # an encoder at its depth limit still writes an Other, or the pairs of Headers
_CONTAINER_OF_TAG = {tag: kind for kind, tag in TAG_OF_CONTAINER.items()}
_RECORD_OF_NAME = {kind.__name__.encode(): kind for kind in RECORDS}
_MEMBERS_OF_ENUM: dict[bytes, dict[bytes, object]] = {
    kind.__name__.encode(): {name.encode(): member for name, member in kind.__members__.items()}  # type: ignore[attr-defined]
    for kind in ENUMS
}


class DecodeError(ValueError):
    """The bytes are no message that an encoder can have made."""


class Decoder:
    """One message being read, from offset `at`."""

    __slots__ = ("_data", "_depth", "_hashed", "_trusted", "_values", "at")

    def __init__(self, data: bytes, trusted: bool) -> None:
        self._data = data
        self._trusted = trusted
        self.at = 0
        self._depth = 0
        self._values = 0
        self._hashed = 0

    def take(self) -> object:
        """Read one value with all that is in it."""
        self._values += 1
        if self._values > plain.MAX_VALUES and not self._trusted:
            raise DecodeError(f"more than {plain.MAX_VALUES} values")
        tag = self._data[self.at : self.at + 1]
        if not tag:
            raise DecodeError("cut short")
        self.at += 1
        take = _TAKE.get(tag)
        if take is None:
            raise DecodeError(f"unknown tag {tag!r}")
        return take(self, tag)

    def _bytes(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self._data):
            raise DecodeError("cut short")
        piece = self._data[self.at : end]
        self.at = end
        return piece

    def sized(self, tag: bytes = b"") -> bytes:
        data, start = self._data, self.at + 4
        end = start + int.from_bytes(data[self.at : start], "big")
        if end > len(data):
            raise DecodeError("cut short")
        self.at = end
        return data[start:end]

    def number(self, tag: bytes) -> int:
        data = self.sized()
        if len(data) > plain.MAX_INT_BITS // 8 + 1:
            raise DecodeError("an int too large")
        return int.from_bytes(data, "big", signed=True)

    def double(self, tag: bytes) -> float:
        value: float = DOUBLE.unpack(self._bytes(8))[0]
        return value

    def items(self, tag: bytes) -> object:
        build = _CONTAINER_OF_TAG[tag]
        return build(self._several(1, hashed=build in (set, frozenset)))

    def mapping(self, tag: bytes) -> dict[object, object]:
        values = self._several(2, hashed=True)
        return dict(zip(values[::2], values[1::2], strict=True))

    def _several(self, parts: int, *, hashed: bool) -> list[object]:
        count = self._count(parts)
        self._hashed += count if hashed else 0
        if self._hashed > plain.MAX_HASHED and not self._trusted:
            raise DecodeError(f"more than {plain.MAX_HASHED} keys")
        return self._inside(count * parts)

    def _count(self, parts: int) -> int:
        (count,) = LENGTH.unpack(self._bytes(4))
        if count * parts > len(self._data) - self.at:  # each value takes a byte at least
            raise DecodeError("cut short")
        return int(count)

    def _inside(self, count: int) -> list[object]:
        self._depth += 1
        if self._depth > plain.MAX_DEPTH + _MARGIN:
            raise DecodeError("nested too deep")
        values = [self.take() for _ in range(count)]
        self._depth -= 1
        return values

    def record(self, tag: bytes) -> object:
        kind = self._known(_RECORD_OF_NAME)
        names = RECORDS[kind]
        value: object = object.__new__(kind)
        for name, content in zip(names, self._inside(len(names)), strict=True):
            object.__setattr__(value, name, content)  # a frozen class can't be filled otherwise
        return value

    def member(self, tag: bytes) -> object:
        return self._known(self._known(_MEMBERS_OF_ENUM))

    def headers(self, tag: bytes) -> types.Headers:
        texts = self._inside(2 * self._count(2))
        if not all(type(text) is str for text in texts):
            raise DecodeError("Headers of something else than str")
        return types.Headers(zip(texts[::2], texts[1::2], strict=True))  # type: ignore[arg-type]

    def _known(self, table: dict[bytes, _T]) -> _T:
        name = self._bytes(self._bytes(1)[0])
        if name not in table:
            raise DecodeError(f"unknown name {name!r}")
        return table[name]


_TAKE: dict[bytes, Callable[[Decoder, bytes], object]] = {
    b"N": lambda decoder, tag: None,
    b"T": lambda decoder, tag: True,
    b"F": lambda decoder, tag: False,
    b"i": Decoder.number,
    b"d": Decoder.double,
    b"s": lambda decoder, tag: decoder.sized().decode("utf-8", "surrogatepass"),
    b"b": Decoder.sized,
    b"a": lambda decoder, tag: bytearray(decoder.sized()),
    b"h": Decoder.headers,
    b"m": Decoder.mapping,
    b"r": Decoder.record,
    b"e": Decoder.member,
    **dict.fromkeys(_CONTAINER_OF_TAG, Decoder.items),
}
