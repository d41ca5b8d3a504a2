"""Plain values to bytes: a tag for each value, then its length or its parts."""

import struct
import sys
from collections.abc import Callable, Iterable
from enum import EnumType
from itertools import chain
from typing import Any

from minews import types

from . import plain
from .plain import ENUMS, RECORDS, TAG_OF_CONTAINER, type_name
from .protocol import Other

LENGTH = struct.Struct(">I")
NOTHING = LENGTH.pack(0)
LONG = 1 << 16  # characters
DOUBLE = struct.Struct(">d")


class TooMuchError(Exception):
    """The value takes more than the message may have; `size`: bytes or values so far."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(size)


class Encoder:
    """One message being written; `out` holds its bytes. trusted: see `codec.encode`."""

    __slots__ = ("_hashed", "_limit", "_open", "_trusted", "_values", "_wide", "out")

    def __init__(self, limit: int, trusted: bool) -> None:
        self.out = bytearray()
        self._limit = limit
        self._trusted = trusted
        self._values = 0
        self._hashed = 0
        self._wide = 0  # bytes of texts in memory, beyond those in the message
        self._open: set[int] = set()  # the containers that we are inside of, to see cycles and depth

    def put(self, values: Iterable[object]) -> None:
        """Write each value, or an `Other` in its place. What comes most often is written right here."""
        out = self.out
        for value in values:
            self._values += 1
            if self._values > plain.MAX_VALUES and not self._trusted:
                raise TooMuchError(self._values)
            kind = type(value)
            if kind is bytes:
                self.put_sized(b"b", value)  # type: ignore[arg-type]
            elif kind is str:
                if len(value) > LONG:  # type: ignore[arg-type]
                    self.check_room(len(value))  # type: ignore[arg-type] # before the time is taken to encode it
                data = value.encode("utf-8", "surrogatepass")  # type: ignore[attr-defined]
                self.put_sized(b"s", data)
                if not value.isascii():  # type: ignore[attr-defined]
                    self._wide += max(sys.getsizeof(value) - len(data) - plain.VALUE_WEIGHT, 0)
            elif value is None:
                out += b"N"
            elif type(kind) is type and kind in _PUT:  # a class of another kind may call itself equal to any
                _PUT[kind](self, value)
            elif type(kind) is EnumType and kind in ENUMS:
                self._put_name(b"e", kind.__name__)
                self._put_name(b"", str(value.name))  # type: ignore[attr-defined]
            elif self._trusted:
                raise TypeError(f"a value of type {type_name(value)} can't be sent to a worker")
            else:
                self.put((plain.other(value),))
        if len(out) > self._limit:
            raise TooMuchError(len(out))
        weight = len(out) + self._values * plain.VALUE_WEIGHT + self._wide
        if weight > plain.MAX_WEIGHT and not self._trusted:
            raise TooMuchError(weight)

    def put_sized(self, tag: bytes, data: bytes | bytearray) -> None:
        """Write a tag, a length and as many bytes."""
        count, out = len(data), self.out
        if len(out) + count > self._limit:
            raise TooMuchError(len(out) + count)
        out += tag + count.to_bytes(4, "big")
        out += data

    def check_room(self, count: int) -> None:
        """Raise TooMuchError unless there is room for as many bytes."""
        if len(self.out) + count > self._limit:
            raise TooMuchError(len(self.out) + count)

    def _check_count(self, more: int) -> None:
        """Raise TooMuchError if there will be too many values with some more."""
        if self._values + more > plain.MAX_VALUES and not self._trusted:
            raise TooMuchError(self._values + more)

    def _enter(self, value: object) -> bool:
        """Tell whether to write the parts of a value; if not, write what stands for it."""
        if id(value) in self._open:
            self.put((Other(type_name(value), f"a {type_name(value)} that contains itself"),))
        elif len(self._open) >= plain.MAX_DEPTH and type(value) is not Other:
            self.put((Other(type_name(value), f"nested more than {plain.MAX_DEPTH} deep"),))
        else:
            self._open.add(id(value))
            return True
        return False

    def put_items(self, value: list[object] | set[object]) -> None:
        """Write a list, tuple, set or frozenset."""
        if type(value) in (set, frozenset):
            self._values += plain.SET_WEIGHT - 1
        if not value:
            self.out += TAG_OF_CONTAINER[type(value)] + NOTHING
        elif self._enter(value):
            self._check_count(len(value))
            items = list(value)  # a copy: a thread of the student's may go on changing it
            if type(value) in (set, frozenset):
                self._count_hashed(len(items))
            self.out += TAG_OF_CONTAINER[type(value)] + len(items).to_bytes(4, "big")
            self.put(items)
            self._open.discard(id(value))

    def put_mapping(self, value: dict[object, object]) -> None:
        """Write a dict."""
        if not value:
            self.out += b"m" + NOTHING
        elif self._enter(value):
            self._check_count(2 * len(value))
            items = list(value.items())
            self._count_hashed(len(items))
            self.out += b"m" + len(items).to_bytes(4, "big")
            self.put(chain.from_iterable(items))
            self._open.discard(id(value))

    def _count_hashed(self, count: int) -> None:
        self._hashed += count
        if self._hashed > plain.MAX_HASHED and not self._trusted:
            raise TooMuchError(self._hashed)

    def put_record(self, value: object) -> None:
        """Write a record, an `Other` for one that was made without its __init__."""
        try:
            contents = [getattr(value, name) for name in RECORDS[type(value)]]
        except AttributeError:
            self.put((Other(type_name(value), "a record with fields missing"),))
            return
        if self._enter(value):
            self.out += HEAD_OF_RECORD[type(value)]
            self.put(contents)
            self._open.discard(id(value))

    def _put_name(self, tag: bytes, name: str) -> None:
        data = name.encode()
        self.out += tag
        self.out.append(len(data))
        self.out += data


def _head_of(kind: type) -> bytes:
    name = kind.__name__.encode()
    return b"r" + bytes([len(name)]) + name


HEAD_OF_RECORD = {kind: _head_of(kind) for kind in RECORDS}


def _put_int(encoder: Encoder, value: int) -> None:
    bits = value.bit_length()
    if bits > plain.MAX_INT_BITS:
        encoder.put((Other("int", f"a number of {bits} bits"),))
    else:
        encoder.put_sized(b"i", value.to_bytes(bits // 8 + 1, "big", signed=True))


def _put_float(encoder: Encoder, value: float) -> None:
    encoder.out += b"d" + DOUBLE.pack(value)


def _put_headers(encoder: Encoder, value: types.Headers) -> None:
    pairs = value.items() if hasattr(value, "_items") else None  # None: made without its __init__
    if pairs is None or not plain.are_pairs(pairs):
        encoder.put((Other("Headers", plain.guarded_repr(value)),))
        return
    encoder.out += b"h" + LENGTH.pack(len(pairs))
    encoder.put(chain.from_iterable(pairs))


_PUT: dict[type, Callable[[Encoder, Any], None]] = {
    bool: lambda encoder, value: encoder.out.extend(b"T" if value else b"F"),
    int: _put_int,
    float: _put_float,
    bytearray: lambda encoder, value: encoder.put_sized(b"a", value),
    types.Headers: _put_headers,
    dict: Encoder.put_mapping,
    **dict.fromkeys(TAG_OF_CONTAINER, Encoder.put_items),
    **dict.fromkeys(RECORDS, Encoder.put_record),
}
