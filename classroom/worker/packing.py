"""Ops on their way from the judge to a worker: those that hold only plain values are read in no time.

Only the judge packs, for a worker that runs the same Python. What a worker writes is never read like this.
"""

import marshal
from collections.abc import Iterable
from dataclasses import fields

from . import codec
from .protocol import Op

_KINDS: tuple[type[Op], ...] = Op.__args__
_FIELDS = {kind: tuple(each.name for each in fields(kind)) for kind in _KINDS}
_PLAIN = frozenset({str, bytes, int, float, bool, type(None)})
_CONTAINERS = frozenset({list, tuple, set, frozenset})
_FORMAT = 2  # the last in which nothing is shared that was the same list at the judge's


def pack(ops: Iterable[Op]) -> bytes:
    """Return ops as bytes. Raises TypeError for what can't cross, see `codec`."""
    return marshal.dumps([_packed(op) for op in ops], _FORMAT)


def unpack(data: bytes) -> list[Op]:
    """Return the ops that were packed."""
    return [_unpacked(each) for each in marshal.loads(data)]


def _packed(op: Op) -> tuple[object, ...] | bytes:
    values = [getattr(op, name) for name in _FIELDS[type(op)]]
    if all(map(_is_plain, values)):
        return (_KINDS.index(type(op)), *values)
    return bytes(codec.encode(op, codec.MAX_REQUEST, trusted=True))


def _unpacked(packed: tuple[int, object] | bytes) -> Op:
    if isinstance(packed, bytes):
        op: Op = codec.decode(packed, codec.MAX_REQUEST, trusted=True)  # type: ignore[assignment]
        return op
    kind, *values = packed
    return _KINDS[kind](*values)  # type: ignore[arg-type]


def _is_plain(value: object) -> bool:
    if type(value) is dict:
        return all(map(_is_plain, value)) and all(map(_is_plain, value.values()))
    if type(value) in _CONTAINERS:
        return all(map(_is_plain, value))  # type: ignore[call-overload]
    return type(value) in _PLAIN
