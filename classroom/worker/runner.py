"""Loads code and does ops on it; knows nothing of pipes, so that it also works inside the judge's process."""

import contextlib
import functools
import itertools
import sys
from collections.abc import AsyncIterable, Callable, Iterable
from inspect import isawaitable
from typing import TYPE_CHECKING, NoReturn

from . import loading, outcomes, plain, recipes
from .outcomes import BlockedForever, MachineryError
from .printing import Printing
from .protocol import (
    Call,
    Callback,
    Ended,
    Get,
    Load,
    Loaded,
    LoadFailed,
    LoadObject,
    Make,
    Method,
    Op,
    Other,
    Outcome,
    Recipe,
    Returned,
    Slot,
    Trace,
)
from .sources import Sources
from .supplies import Ask, Neighbours

if TYPE_CHECKING:
    from .streams import VirtualLoop

PATIENCE = 1000  # how often the code may go on asking for what will never come

_set_recursion_limit = sys.setrecursionlimit
_RECURSION_LIMIT = sys.getrecursionlimit()


class Waits:
    """Notes that the code waits for what will never come, so that swallowing the signal doesn't help it."""

    def __init__(self, sources: Sources, end: Callable[[Ended], None]) -> None:
        self._sources = sources
        self._end = end
        self._count = 0
        self.noted: Ended | None = None

    def block(self, detail: str) -> NoReturn:
        """Stop the op here. `detail`: what the code waits for, in plain words."""
        line, text = self._sources.deepest(sys._getframe())
        self.noted = self.noted or Ended("waiting", detail, line, text)
        self._count += 1
        if self._count > PATIENCE:
            self._end(self.noted)
        raise BlockedForever(detail)

    def take(self) -> Ended | None:
        """Return what was noted since the last call."""
        noted, self.noted, self._count = self.noted, None, 0
        return noted


class Runner:
    """One piece of code, loaded, and the slots of its run.

    ask: reaches the judge for a neighbour or a callback. end: reports an `Ended` and stops the process.
    """

    def __init__(self, ask: Ask, end: Callable[[Ended], None]) -> None:
        self._ask = ask
        self._neighbours = Neighbours(ask)
        self._end = end
        self._undo: list[Callable[[], object]] = []
        self.printing = Printing(0)
        self.forget()

    def finish(self) -> None:
        """End what recipes have begun: nothing may ask the judge between two runs."""
        while self._undo:
            with contextlib.suppress(Exception, BlockedForever):  # what the code did to it, it did to itself
                self._undo.pop()()

    def forget(self) -> None:
        """Begin anew, with nothing loaded."""
        self.finish()
        self.answer = loading.Answer()
        self.waits = Waits(self.answer.sources, self._end)
        self._slots: dict[int, object] = {}
        self._loop: VirtualLoop | None = None

    @property
    def loop(self) -> "VirtualLoop":
        """The event loop of this run, made when it is first needed: asyncio takes 50 ms to import."""
        if self._loop is None:
            from . import streams

            self._loop = streams.VirtualLoop(self.waits.block)
            self.at_end(functools.partial(streams.close, self._loop))
        return self._loop

    def at_end(self, undo: Callable[[], object]) -> None:
        """Let `undo` be called when this run is over, the last first."""
        self._undo.append(undo)

    def load(self, request: Load | LoadObject, *, closed: bool = True) -> Loaded | LoadFailed | Ended:
        """Load what is asked for; see `loading.load` for `closed`."""
        self.forget()
        self.printing = Printing(request.limits.output)
        self.printing.redirect()
        if isinstance(request, Load):
            loaded = loading.load(request, self._ask, self.answer, closed=closed)
        else:
            loaded = loading.load_object(request, self.answer)
        loaded.printed = self._printed()
        return loaded

    def run(self, index: int, op: Op) -> Outcome:
        """Do one op and return its outcome; whatever the code raises is an outcome too."""
        self.printing.redirect()
        try:
            outcome: Outcome = self._do(index, op)
        except MachineryError:
            raise
        except BaseException as error:
            _set_recursion_limit(_RECURSION_LIMIT)
            outcome = outcomes.describe(error, self.answer.sources)
        _set_recursion_limit(_RECURSION_LIMIT)
        outcome = self.waits.take() or outcome
        outcome.printed = self._printed()
        return outcome

    def _printed(self) -> str:
        self.printing.restore()
        return self.printing.taken()

    def _do(self, index: int, op: Op) -> Returned:
        into = index if op.into is None else op.into
        if isinstance(op, Call):
            assert self.answer.target is not None
            return self._call(self.answer.target, op, into)
        if isinstance(op, Method):
            return self._call(getattr(self._kept(op.slot), op.name), op, into)
        if isinstance(op, Make):
            built = self._build(Recipe(op.recipe, op.args, op.kwargs))
            return self._keep(built, into)
        if isinstance(op, Get):
            return self._value(getattr(self._kept(op.slot), op.name), into)
        assert isinstance(op, Trace)
        kept = self._kept(op.slot)
        return Returned(getattr(kept, "trace", kept))

    def _call(self, function: Callable[..., object], op: Call | Method, into: int) -> Returned:
        args = [self._whole(value) for value in op.args]
        kwargs = {name: self._whole(value) for name, value in op.kwargs.items()}
        named = itertools.chain(enumerate(args), kwargs.items())
        arrays = {str(name): (value, bytes(value)) for name, value in named if type(value) is bytearray}
        value = self._collected(function(*args, **kwargs), op)
        returned = self._keep(value, into) if op.how == "keep" else self._value(value, into)
        returned.changed = {name: array for name, (array, before) in arrays.items() if array != before}
        return returned

    def _collected(self, value: object, op: Call | Method) -> object:
        """Return what `op.how` wants of a result."""
        if op.how == "items" and isinstance(value, AsyncIterable):
            from . import streams

            return self._awaited(streams.first_items(value, op.limit))
        if op.how == "items":
            return list(itertools.islice(_iterated(value), op.limit))
        if op.how == "await":
            return self._awaited(value)
        return value

    def _awaited(self, value: object) -> object:
        if not isawaitable(value):
            name = plain.type_name(value)
            raise TypeError(f"the call gave {name}, not a coroutine: does it begin with `async def`?")
        return self.loop.finish(value)

    def _value(self, value: object, into: int) -> Returned:
        self._slots[into] = value
        return Returned(value)

    def _keep(self, value: object, into: int) -> Returned:
        self._slots[into] = value
        return Returned(Other(plain.type_name(value), ""))

    def _kept(self, slot: int) -> object:
        if slot not in self._slots:
            raise LookupError(f"nothing was kept in slot {slot}: what should have made it did not succeed")
        return self._slots[slot]

    def _whole(self, value: object) -> object:
        """Return an argument in which `_real` has replaced everything."""
        return value if type(value) in plain.SIMPLE else plain.replaced(value, self._real)

    def _real(self, value: object) -> object:
        """Return what an argument stands for."""
        if isinstance(value, Slot):
            return self._kept(value.number)
        if isinstance(value, Callback):
            return self._neighbours.callback(value)
        if isinstance(value, Recipe):
            return self._build(value)
        return value

    def _build(self, recipe: Recipe) -> object:
        args = [self._whole(value) for value in recipe.args]
        kwargs = {name: self._whole(value) for name, value in recipe.kwargs.items()}
        return recipes.build(recipe.name, args, kwargs, self)


def _iterated(value: object) -> Iterable[object]:
    if not isinstance(value, Iterable):
        raise TypeError(f"the call gave {plain.type_name(value)}, which cannot be iterated")
    return value
