"""Ops on their way from the judge to a worker, in a form that is read in no time.

Only the judge packs, for a worker that runs the same Python. What a worker writes is never read like this.
"""

import marshal
from collections.abc import Iterable
from typing import Any

from . import codec
from .decoding import make_record
from .plain import ENUMS, RECORDS
from .protocol import Op

_KINDS: tuple[type[Op], ...] = Op.__args__
_OTHERS: dict[str, Any] = {kind.__name__: kind for kind in (*RECORDS, *ENUMS)}
_PLAIN = frozenset({str, bytes, int, float, bool, type(None)})
_CONTAINERS = frozenset({list, tuple, set, frozenset})
_FORMAT = 2  # the last in which nothing is shared that was the same list at the judge's


class _Unpackable(Exception):
    """It takes `codec` to write this."""


def pack(ops: Iterable[Op]) -> bytes:
    """Return ops as bytes. Raises TypeError for what can't cross, see `codec`."""
    return marshal.dumps([_packed(op) for op in ops], _FORMAT)


def unpack(data: bytes) -> list[Op]:
    """Return the ops that were packed."""
    return [_unpacked(each) for each in marshal.loads(data)]


def _packed(op: Op) -> tuple[object, ...] | bytes:
    values = tuple(getattr(op, name) for name in RECORDS[type(op)])
    try:
        flat = _flat(values)
    except _Unpackable:
        return bytes(codec.encode(op, codec.MAX_REQUEST, trusted=True))
    return (_KINDS.index(type(op)), flat != values, flat)


def _unpacked(packed: tuple[int, bool, tuple[object, ...]] | bytes) -> Op:
    if isinstance(packed, bytes):
        op: Op = codec.decode(packed, codec.MAX_REQUEST, trusted=True)  # type: ignore[assignment]
        return op
    kind, is_changed, values = packed
    return _KINDS[kind](*(map(_whole, values) if is_changed else values))


def _flat(value: Any) -> Any:
    """Return what stands for a value: records and members of enums are tuples that begin with `...`."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in _CONTAINERS:
        return kind(map(_flat, value))
    if kind is dict:
        return dict(zip(map(_flat, value), map(_flat, value.values()), strict=True))
    if kind in RECORDS:
        return (..., kind.__name__, *(_flat(getattr(value, name)) for name in RECORDS[kind]))
    if kind in ENUMS:
        return (..., kind.__name__, value.name)
    raise _Unpackable


def _whole(value: Any) -> Any:
    """Return what a flat value stands for."""
    kind = type(value)
    if kind is tuple and value and value[0] is ...:
        _, name, *parts = value
        other = _OTHERS[name]
        return other[parts[0]] if other in ENUMS else make_record(other, list(map(_whole, parts)))
    if kind in _CONTAINERS:
        return kind(map(_whole, value))
    if kind is dict:
        return dict(zip(map(_whole, value), map(_whole, value.values()), strict=True))
    return value
