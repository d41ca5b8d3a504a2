"""What an answer may use besides its own code: neighbours, constants, and an explanation for the rest."""

import importlib.machinery
import itertools
import sys
from collections import deque
from collections.abc import Callable, ItemsView, Iterator, KeysView, Sequence, ValuesView
from types import ModuleType
from typing import NoReturn, cast

from minews import types

from . import calls, codec, plain
from .growing import LONG
from .lending import Loan, Use, is_socket
from .protocol import (
    Callback,
    CallJudge,
    CallRaised,
    CallReturned,
    ErrorValue,
    Handle,
    Load,
    NeighbourClass,
    Source,
)

Ask = Callable[[CallJudge | bytes, Use], CallReturned | CallRaised]  # a call, or its message, see `calls`
CLOSED = ("minews", "classroom", "exercises", "solutions")
_ITERABLES = (Iterator, KeysView, ValuesView, ItemsView, range, deque)
_MOST_ITEMS = 100_000
_MOST_REMEMBERED = 2000  # answers of neighbours that give the same for the same
_LONGEST_REMEMBERED = 4096  # bytes of the message of such a call
_SIZED = (bytes, bytearray, str)
_use_nothing = Loan().use
_HANDLE = "_handle_at_the_judge"
_ERRORS = {types.HandshakeError: ("status", "headers", "reason"), types.ProtocolError: ("code", "reason")}


class Neighbours:
    """Functions and classes that stand for the judge's: each call goes there and comes back."""

    def __init__(self, ask: Ask, pure: Sequence[str] = ()) -> None:
        self._ask = ask
        self._pure = pure
        self._remembered: dict[bytes, CallReturned | CallRaised | bytearray] = {}  # encoded: it may change

    def function(self, name: str) -> Callable[..., object]:
        """Return a function that calls what the judge has as `name`."""
        head, is_pure = calls.head_of(name), name in self._pure

        def neighbour(*args: object, **kwargs: object) -> object:
            message = None if kwargs else calls.written(head, args)
            if message is None:
                return self._call(CallJudge(name, args, kwargs))
            return _came_of(self._ask_once(message) if is_pure else self._ask(message, _use_nothing))

        neighbour.__name__ = neighbour.__qualname__ = name
        return neighbour

    def callback(self, wanted: Callback) -> Callable[..., object]:
        """Return the function, or coroutine function, that stands for a `Callback`."""
        function = self.function(wanted.name)
        if not wanted.awaits:
            return function

        async def awaited(*args: object, **kwargs: object) -> object:
            return function(*args, **kwargs)

        return awaited

    def kind(self, described: NeighbourClass) -> type:
        """Return a class, to be called or derived from, whose objects live at the judge."""
        name, call = described.name, self._call

        def start(self: object, *args: object, **kwargs: object) -> None:
            object.__setattr__(self, _HANDLE, call(CallJudge(name, args, kwargs)))

        members: dict[str, object] = {"__init__": start}
        members.update({each: _method(each, call) for each in described.methods})
        members.update({each: _attribute(each, call) for each in described.attributes})
        return type(name, (), members)

    def _call(self, call: CallJudge) -> object:
        loan = Loan()

        def sendable(value: object) -> object:
            return loan.token(value) if is_socket(value) else _sendable(value)

        call.args = tuple(plain.replaced(value, sendable) for value in call.args)
        call.kwargs = {name: plain.replaced(value, sendable) for name, value in call.kwargs.items()}
        _refuse_what_cannot_cross(call)
        if call.name in self._pure and not _is_long(call):
            answer = self._ask_once(bytes(codec.encode(call)))
        else:
            answer = self._ask(call, loan.use)
        if loan.stopped is not None:
            raise loan.stopped
        return _came_of(answer)

    def _ask_once(self, message: bytes) -> CallReturned | CallRaised:
        """Ask what gives the same each time, unless it was asked before: in messages, 1 and True differ."""
        known = self._remembered.get(message)
        if isinstance(known, bytearray):
            return cast("CallReturned", codec.decode(known))
        if known is not None:
            return known
        answer = self._ask(message, _use_nothing)
        if len(message) <= _LONGEST_REMEMBERED and len(self._remembered) < _MOST_REMEMBERED:
            self._remembered[message] = answer if _is_fixed(answer) else codec.encode(answer)
        return answer


def _came_of(answer: CallReturned | CallRaised) -> object:
    """Return what a call returns, or raise what it raises."""
    if isinstance(answer, CallRaised):
        raise _same_exception(answer)
    return iter(answer.value) if answer.iterates else answer.value  # type: ignore[call-overload]


def _is_long(call: CallJudge) -> bool:
    """Whether a call had better cross in short, see `growing`: to look it up would take its time, too."""
    return any(type(each) in _SIZED and len(each) >= LONG for each in call.args)  # type: ignore[arg-type]


def _is_fixed(answer: CallReturned | CallRaised) -> bool:
    return isinstance(answer, CallRaised) or (not answer.iterates and plain.is_fixed(answer.value))


def _method(name: str, call: Callable[[CallJudge], object]) -> Callable[..., object]:
    def method(self: object, *args: object, **kwargs: object) -> object:
        return call(CallJudge("", args, kwargs, _started(self), name))

    method.__name__ = name
    return method


def _attribute(name: str, call: Callable[[CallJudge], object]) -> property:
    return property(lambda self: call(CallJudge("", (), {}, _started(self), name)))


def _handle_of(value: object) -> int | None:
    handle = vars(value).get(_HANDLE) if hasattr(value, "__dict__") else None
    return handle.number if isinstance(handle, Handle) else None


def _started(value: object) -> int:
    number = _handle_of(value)
    if number is None:
        raise TypeError(f"{type(value).__name__}.__init__ must call super().__init__() first")
    return number


def _sendable(value: object) -> object:
    """Return what to send in place of an argument: the reference takes any iterable, so its items may go."""
    if isinstance(value, _ITERABLES):
        return [plain.replaced(each, _sendable) for each in itertools.islice(value, _MOST_ITEMS)]
    if isinstance(value, memoryview):
        return bytes(value)
    if type(value) in _ERRORS:
        names = _ERRORS[type(value)]
        return ErrorValue(type(value).__name__, {name: getattr(value, name) for name in names})
    number = _handle_of(value)
    return value if number is None else Handle(number)


def _refuse_what_cannot_cross(call: CallJudge) -> None:
    if not call.kwargs and all(map(plain.is_simple, call.args)):
        return
    sent = codec.decode(codec.encode((call.args, call.kwargs)))
    if codec.contains_other(sent):
        kinds = ", ".join(plain.type_name(value) for value in (*call.args, *call.kwargs.values()))
        name = call.name or call.member
        raise TypeError(f"{name}() takes plain values and sockets in a check; it was given: {kinds}")


def _same_exception(answer: CallRaised) -> BaseException:
    """Return an exception of the class that the judge's function raised."""
    errors: dict[str, object] = {"minews.types." + name: value for name, value in vars(types).items()}
    builtins = sys.modules["builtins"]
    kind = errors.get(answer.type) or getattr(builtins, answer.type, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(*answer.args)
        except TypeError:
            return kind(answer.message)
    return RuntimeError(f"{answer.type}: {answer.message}")


class _Absent(type):
    """The class of placeholders for what a preamble imports and this exercise may not use."""

    def __call__(cls, *args: object, **kwargs: object) -> NoReturn:
        raise NameError(cls.__doc__)


class _Stub(ModuleType):
    """`minews` or one of its modules, as far as it is there in a check."""

    def __init__(self, name: str, supplies: "Supplies") -> None:
        super().__init__(name)
        self._supplies = supplies
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._supplies.imported(self.__name__, name)


class Supplies:
    """The names that one answer is given, and the finder that answers its imports of `minews`.

    It is what importlib.abc calls a MetaPathFinder and a Loader, but importing that takes 10 ms.
    """

    def __init__(self, request: Load, ask: Ask) -> None:
        self._neighbours = Neighbours(ask, request.pure)
        self._exercise = request.exercise_id
        self.names = self._made_for(request)
        self.given = (*request.neighbours, *(kind.name for kind in request.classes))
        self.lenient = False  # while a preamble runs: it imports for all exercises of its module

    def _made_for(self, request: Load | Source) -> dict[str, object]:
        names: dict[str, object] = dict(request.constants)
        names.update({name: self._neighbours.function(name) for name in request.neighbours})
        names.update({kind.name: self._neighbours.kind(kind) for kind in request.classes})
        return names

    def names_for(self, source: Source) -> dict[str, object]:
        """Return what a neighbour in the student's own words may use: its own neighbours come with it."""
        return self._made_for(source) | self.names

    def install(self) -> None:
        """Answer all imports of the project's packages from now on; `minews.types` is real."""
        package = _Stub("minews", self)
        package.types = sys.modules["minews.types"]  # type: ignore[attr-defined]
        sys.modules["minews"] = package
        sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for the project's own packages; see importlib.abc.MetaPathFinder."""
        package = name.partition(".")[0]
        if package not in CLOSED:
            return None
        if package != "minews":
            raise ImportError(f"{name} is not there in a check, only your own code is", name=name)
        return importlib.machinery.ModuleSpec(name, self)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Make a stub; see importlib.abc.Loader."""
        return _Stub(spec.name, self)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the stub as it is: its names are looked up when they are asked for."""

    def imported(self, module: str, name: str) -> object:
        """Return what `from module import name` gives. Raises ImportError for what may not be used here."""
        if name in self.names:
            return self.names[name]
        if module == "minews" and name in vars(types):
            return vars(types)[name]
        if self.lenient:
            return _Absent(name, (), {"__doc__": self._explain(name)})
        raise ImportError(self._explain(name), name=module)

    def _explain(self, name: str) -> str:
        given = ", ".join(self.given) or "none"
        return (
            f"{name} of the reference is not there in the check of exercise {self._exercise}. "
            f"What it may use of minews: {given}"
        )


def remove_supplies() -> None:
    """Take all `Supplies` out of the import system, and the stubs with them."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Supplies)]
    for name, module in list(sys.modules.items()):
        if isinstance(module, _Stub):
            del sys.modules[name]
