"""Which types cross between a worker and the judge, and how much of them one message may hold."""

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from enum import Enum

from minews import types

from . import protocol
from .protocol import Other, TooLarge

MAX_MESSAGE = 16 << 20  # bytes
MAX_REQUEST = 256 << 20  # bytes; the judge is trusted, so this only catches mistakes
MAX_DEPTH = 100
MAX_INT_BITS = 10_000
MAX_VALUES = 200_000  # values in one message, at all depths: a slow machine takes 0.2 s to write as many
MAX_HASHED = 5_000  # keys of dicts and sets in one message: colliding keys take quadratic time
MAX_WEIGHT = 32 << 20  # bytes, about, of the objects that a message is decoded to
VALUE_WEIGHT = 64  # bytes of a value, besides those that it takes in the message
SET_WEIGHT = 4  # values as which a set counts
REPR_LENGTH = 200

SIMPLE = frozenset({str, bytes, bytearray, bool, type(None)})
"""Types of which every value crosses, if there is room for it."""

TAG_OF_CONTAINER: dict[type, bytes] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"z"}


def _classes_of(module: object) -> list[type]:
    return [value for value in vars(module).values() if isinstance(value, type)]


def _is_enum(kind: type) -> bool:
    return issubclass(kind, Enum) and bool(kind.__members__)


_KNOWN = [*_classes_of(types), *_classes_of(protocol)]

RECORDS: dict[type, tuple[str, ...]] = {
    kind: tuple(each.name for each in fields(kind)) for kind in _KNOWN if is_dataclass(kind)
}
"""The dataclasses that cross, with their fields."""

ENUMS: frozenset[type] = frozenset(kind for kind in _KNOWN if _is_enum(kind))
"""The enums that cross."""

FIXED = frozenset({str, bytes, int, float, bool, type(None), types.Headers, *ENUMS})
FROZEN = frozenset(kind for kind in RECORDS if kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]

_name_of_type = type.__dict__["__name__"].__get__  # a metaclass of the student's can't get in its way


def type_name(value: object) -> str:
    """Return the name of the class of `value` (cut at 100), whatever that class does to hide it."""
    name: str = str.__getitem__(_name_of_type(type(value)), slice(0, 100))
    return name


def guarded_repr(value: object) -> str:
    """Return the first 200 characters of repr(value), or a note when its repr fails."""
    try:
        return str.__getitem__(repr(value), slice(0, REPR_LENGTH))
    except BaseException as error:
        return f"(its repr raised {type_name(error)})"


def other(value: object) -> Other:
    """Return the `Other` that stands for `value`."""
    return Other(type_name(value), guarded_repr(value))


def are_pairs(value: object) -> bool:
    """Whether `value` is a list of (str, str), which is all that Headers may hold."""
    return type(value) is list and all(
        type(pair) is tuple and len(pair) == 2 and all(type(each) is str for each in pair) for pair in value
    )


def replaced(value: object, replace: Callable[[object], object]) -> object:
    """Return `value` with `replace` applied to everything in its containers that is no container itself."""
    if type(value) in TAG_OF_CONTAINER:
        return type(value)(replaced(part, replace) for part in value)  # type: ignore[attr-defined, call-arg]
    if type(value) is dict:
        return {replaced(key, replace): replaced(part, replace) for key, part in value.items()}
    return replace(value)


def is_simple(value: object) -> bool:
    """Whether a value is certain to cross, room apart: of a simple type, or a list or tuple of such."""
    if type(value) in (list, tuple):
        return all(type(each) in SIMPLE for each in value)  # type: ignore[attr-defined]
    return type(value) in SIMPLE


def is_fixed(value: object) -> bool:
    """Whether a decoded value can't be changed, so that several may share it."""
    kind = type(value)
    if kind in FIXED:
        return True
    if kind is tuple:
        return all(map(is_fixed, value))  # type: ignore[call-overload]
    return kind in FROZEN and all(is_fixed(getattr(value, name)) for name in RECORDS[kind])


def contains_other(value: object) -> bool:
    """Whether an `Other` or a `TooLarge` stands anywhere in the containers of a decoded value."""
    if isinstance(value, Other | TooLarge):
        return True
    parts: Iterable[object] = ()
    if isinstance(value, list | tuple | set | frozenset):
        parts = value
    elif isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    return any(contains_other(part) for part in parts)
