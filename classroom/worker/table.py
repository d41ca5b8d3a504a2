"""What a worker may call at the judge: listed functions, and the listed methods of what they returned."""

import contextlib
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from minews import types

from . import codec, plain
from .lending import BorrowedSocket, UnwoundError, Use
from .outcomes import MESSAGE_LENGTH, full_name, message_of
from .protocol import CallJudge, CallRaised, CallReturned, ErrorValue, Handle, Lent, NeighbourClass

MOST_ITEMS = 1000  # of an iterator that a function of the reference returns
MOST_OBJECTS = 10_000  # objects that the judge keeps for one worker
MOST_ANSWERS = 2000  # that are kept of a function that gives the same for the same
LONGEST_KEPT = 4096  # bytes of the message in which it was called
_ANSWERS = "answers_to_the_same"
_Marked = TypeVar("_Marked", bound=Callable[..., object])


class TooManyObjectsError(Exception):
    """A worker lets the judge keep too many objects."""


class Callbacks:
    """The judge's table for one run. Nothing but the names in it, and of its classes, can be reached."""

    def __init__(self, functions: Mapping[str, Callable[..., object]]) -> None:
        self._functions = dict(functions)
        answers = (getattr(each, _ANSWERS, None) for each in self._functions.values())
        self._answers: list[dict[bytes, bytearray]] = [each for each in answers if each is not None]
        self._objects: list[object] = []

    def kinds(self, names: Iterable[str]) -> tuple[tuple[str, ...], tuple[NeighbourClass, ...]]:
        """Divide callbacks into functions, and classes with what a worker must know of them."""
        kinds = {name: self._functions.get(name) for name in names}
        classes = tuple(_described(name, kind) for name, kind in kinds.items() if isinstance(kind, type))
        return tuple(name for name, kind in kinds.items() if not isinstance(kind, type)), classes

    def pure(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of some callbacks that give the same value for the same arguments, see `mark_pure`."""
        return tuple(name for name in names if self.is_pure(name))

    def is_pure(self, name: str) -> bool:
        """Whether a callback gives the same value for the same arguments, whatever the type of its bytes."""
        return hasattr(self._functions.get(name), _ANSWERS)

    def known(self, message: bytes) -> bytearray | None:
        """Return the answer to the message of a call of a pure function, if that came before."""
        if len(message) <= LONGEST_KEPT:  # to look up something long takes its time, too
            for each in self._answers:
                if message in each:
                    return each[message]
        return None

    def answer(self, call: CallJudge, use: Use, message: bytes = b"") -> bytearray:
        """Do what the worker asks for, and return the message with what came of it, an exception or a value.

        use: reaches the sockets that the worker lends for this call. message: what the call came in, if that
        says all of it.
        """
        answer = self._answer(call, use)
        answers: dict[bytes, bytearray] | None = getattr(self._functions.get(call.name), _ANSWERS, None)
        may_be_kept = 0 < len(message) <= LONGEST_KEPT and _says_all(call)
        if answers is not None and may_be_kept and len(answers) < MOST_ANSWERS:
            answers[message] = answer
        return answer

    def _answer(self, call: CallJudge, use: Use) -> bytearray:
        try:
            value = self._value(call, use)
            if isinstance(value, Iterator):
                return _written(CallReturned(list(itertools.islice(value, MOST_ITEMS)), iterates=True))
            return _written(CallReturned(value))
        except UnwoundError:
            return _written(CallRaised("", (), ""))
        except TooManyObjectsError as error:
            return _written(CallRaised("MemoryError", error.args, message_of(error)))
        except (MemoryError, RecursionError):
            raise  # what the judge has run out of is no answer, and is none to keep
        except Exception as error:
            return _written(CallRaised(full_name(type(error)), _args_of(error), message_of(error)))

    def _value(self, call: CallJudge, use: Use) -> object:
        def real(value: object) -> object:
            return BorrowedSocket(value.number, use) if isinstance(value, Lent) else self._real(value)

        args = [value if type(value) in plain.SIMPLE else plain.replaced(value, real) for value in call.args]
        kwargs = {name: plain.replaced(value, real) for name, value in call.kwargs.items()}
        if call.handle is not None:
            return self._member(call.handle, call.member, args, kwargs)
        if call.name not in self._functions:
            raise NameError(f"nothing is called {call.name} here")
        function = self._functions[call.name]
        value = function(*args, **kwargs)
        return self._keep(value) if isinstance(function, type) else value

    def _member(self, number: int, name: str, args: list[object], kwargs: dict[str, object]) -> object:
        kept = self._real(Handle(number))
        described = _described("", type(kept))
        if name in described.methods:
            return getattr(kept, name)(*args, **kwargs)
        if name in described.attributes:
            return getattr(kept, name)
        raise AttributeError(f"{type(kept).__name__} has no {name} to call here")

    def _keep(self, value: object) -> Handle:
        if len(self._objects) >= MOST_OBJECTS:
            raise TooManyObjectsError("too many objects")
        self._objects.append(value)
        return Handle(len(self._objects) - 1)

    def _real(self, value: object) -> object:
        if isinstance(value, ErrorValue):
            kind = types.HandshakeError if value.type == "HandshakeError" else types.ProtocolError
            return kind(**value.fields)  # type: ignore[arg-type]
        if not isinstance(value, Handle):
            return value
        if not 0 <= value.number < len(self._objects):
            raise LookupError(f"there is no object {value.number}")
        return self._objects[value.number]


def mark_pure(function: _Marked) -> _Marked:
    """Say of a callback that it gives the same value for the same arguments, and does nothing besides.

    It keeps none of them, and takes bytes in whatever buffer they come.
    """
    setattr(function, _ANSWERS, {})
    return function


def _says_all(call: CallJudge) -> bool:
    """Whether a call means the same from each worker: objects and sockets are one worker's own."""
    values = *call.args, *call.kwargs.values()
    return call.handle is None and all(plain.is_simple(each) or type(each) is int for each in values)


def _described(name: str, kind: type) -> NeighbourClass:
    """Return the public methods and attributes that the class itself shows."""
    public = {each for each in dir(kind) if not each.startswith("_")}
    methods = {each for each in public if callable(getattr(kind, each))}
    fields = {each for base in kind.__mro__ for each in inspect.get_annotations(base)}
    attributes = (public | {each for each in fields if not each.startswith("_")}) - methods
    return NeighbourClass(name, tuple(sorted(methods)), tuple(sorted(attributes)))


def _args_of(error: Exception) -> tuple[object, ...]:
    """What an exception is made of, as far as it crosses: cut where it is too much, else its text."""
    for args in (error.args, tuple(map(_cut, error.args))):
        with contextlib.suppress(codec.TooMuchError, codec.DecodeError):
            return () if codec.contains_other(codec.decode(codec.encode(args))) else args
    return (message_of(error),)


def _cut(value: object) -> object:
    return value[:MESSAGE_LENGTH] if isinstance(value, str | bytes | list | tuple) else value


def _written(answer: CallReturned | CallRaised) -> bytearray:
    """Return the message. Raises TypeError if it can't cross, which is a mistake of the judge's."""
    return codec.encode(answer, codec.MAX_REQUEST, trusted=True)
