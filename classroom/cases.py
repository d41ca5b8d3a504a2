"""The vocabulary in which the tests of an exercise are written.

A case is a plain function that asks and says what must come back. It runs before the student's code does:
what it asks is recorded, carried out in a worker in one go, and judged afterwards. So a case computes its
expectations here, on the trusted side, and never sees a live object of the student's.

    @case("4.2")
    def published_example(ask):
        "The key and the accept value that RFC 6455 prints in section 1.3."
        ask("dGhlIHNhbXBsZSBub25jZQ==").gives("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from minews.types import Opcode

from . import places
from .syllabus import Exercise
from .worker import protocol
from .worker.outcomes import full_name
from .worker.protocol import Ended, NotWritten, Op, Ops, Outcome, Raised, Returned

__all__ = [
    "RETURN_GUESS",
    "Ask",
    "Asked",
    "Case",
    "Finding",
    "Question",
    "case",
    "cases_of",
    "collect_cases",
    "describe_type_slip",
    "load_file",
    "load_files",
    "plan",
]


@dataclass(frozen=True, slots=True)
class Value:
    """A value that must come, just so."""

    value: object


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with an outcome.

    Arguments:
        note: one sentence for the student: what was seen.
        must: what must hold: a Value, shown beside the one that came, words, or lines to show as they stand.
        mark: a part of the bytes or text that came, which the note is about; it is marked when shown.
        question: one question that helps without giving the answer.
        rfc: the section that settles it, where it is another one than the exercise's.
        came: what to show of the value that came, or words for it, where all of it would be too much; a
            tuple of lines is shown as it stands.
    """

    note: str
    must: Value | str | tuple[str, ...] | None = None
    mark: bytes | str | None = None
    question: str = ""
    rfc: str = ""
    came: Value | str | tuple[str, ...] | None = None


Judge = Callable[[Outcome], Finding | None]

# A question, or what chooses one once it is known what came: given what came and what must come.
Question = str | Callable[[object, object], str]


@dataclass(slots=True)
class Asked:
    """One thing asked of the student's code, with what must come back."""

    op: Op
    index: int
    case: Case
    checks: list[Judge] = field(default_factory=list)
    observe: Callable[[object], object] | None = None
    before: tuple[Asked, ...] = ()  # what was asked of the same object before
    story: tuple[str, ...] = ()

    def tells(self, *lines: str) -> Asked:
        """Show these lines as what was tried, in place of the call: what the peer of a socket does, say."""
        self.story = lines
        return self

    def gives(self, value: object, note: str = "", question: Question = "") -> Asked:
        """Demand exactly this value, of exactly this type; see `fields.ask_by_field` for a question."""
        return self._add(lambda outcome: _differs(outcome, value, note, question))

    def gives_one_of(
        self,
        values: Sequence[object],
        note: str = "",
        question: Question = "",
        or_raises: type[BaseException] | None = None,
    ) -> Asked:
        """Demand one of these values, or an exception of this class: the RFC leaves the choice open."""
        if isinstance(values, (str, bytes, bytearray)):
            raise TypeError(f"gives_one_of takes a list of values, gives_one_of([{values!r}, ...])")
        error = _Wanted(or_raises, {}, ()) if or_raises else None

        def check(outcome: Outcome) -> Finding | None:
            if any(_differs(outcome, value, note, question) is None for value in values):
                return None
            if error is not None and error.check(outcome, "", "") is None:
                return None
            return _differs(outcome, values[0], note, question)

        return self._add(check)

    def holds(
        self,
        check: Callable[[Any], Finding | None],
        observe: Callable[[Any], object] | None = None,
        must: Value | str = "a value",
    ) -> Asked:
        """Demand that `check`, given the value that came, finds nothing.

        `observe` says what of the value counts when it is compared with a known mistake's; `must` is shown
        where no value came at all.
        """
        self.observe = observe or self.observe
        return self._add(
            lambda outcome: check(outcome.value) if isinstance(outcome, Returned) else _stopped(outcome, must)
        )

    def raises(
        self,
        error: type[BaseException],
        note: str = "",
        question: str = "",
        headers: Iterable[tuple[str, str]] = (),
        **attributes: object,
    ) -> Asked:
        """Demand an exception of this class; an attribute is a value, or a tuple of them, the best first."""
        wanted = _Wanted(
            error, {name: _as_tuple(value) for name, value in attributes.items()}, tuple(headers)
        )
        return self._add(lambda outcome: wanted.check(outcome, note, question))

    def refuses(
        self, note: str = "", question: str = "", observe: Callable[[Any], object] | None = None
    ) -> Asked:
        """Demand any exception: for a caller's mistake, only a quiet result is wrong.

        `observe` is as in `holds`.
        """
        self.observe = observe or self.observe

        def check(outcome: Outcome) -> Finding | None:
            if isinstance(outcome, Returned):
                return Finding(note or "It returned a value, quietly.", "an exception", question=question)
            return None if isinstance(outcome, Raised) else _stopped(outcome, "an exception")

        return self._add(check)

    def changes_nothing(self, question: str = "") -> Asked:
        """Demand that no bytearray among the arguments was changed."""

        def check(outcome: Outcome) -> Finding | None:
            if not isinstance(outcome, Returned) or not outcome.changed:
                return None
            left = bytes(next(iter(outcome.changed.values())))
            shown = f"{left[:16].hex(' ')}{' ...' if len(left) > 16 else ''}" if left else "nothing"
            return Finding(
                "It changed what it was given, and its caller still needs that.",
                "the right value, and an argument that is as it was",
                question=question
                or "Which line of yours writes into the argument, and where else could it write?",
                came=f"the right value, but the argument held {shown} afterwards",
            )

        return self._add(check)

    def judged_by(self, check: Judge) -> Asked:
        """Demand that `check`, given the outcome itself, returned or raised, finds nothing."""
        return self._add(check)

    def _add(self, check: Judge) -> Asked:
        self.checks.append(check)
        return self


@dataclass(slots=True)
class Relation:
    """What must hold between the values, or the outcomes, of several calls."""

    asked: tuple[Asked, ...]
    check: Callable[..., Finding | None]
    of_outcomes: bool = False

    def judge(self, outcomes: Mapping[int, Outcome]) -> Finding | None:
        """Return what is wrong, or None; a call that returned no value is judged by its own checks."""
        values = [outcomes.get(asked.index) for asked in self.asked]
        if self.of_outcomes:
            return None if None in values else self.check(*values)
        if not all(isinstance(value, Returned) for value in values):
            return None
        return self.check(*(value.value for value in values if isinstance(value, Returned)))


class Ask:
    """What a case function is given. Calling it calls the student's function or class."""

    def __init__(self, case: Case, plan: Plan, seed: str) -> None:
        self.rng = random.Random(seed)
        self._case = case
        self._plan = plan

    def __call__(self, *args: object, **kwargs: object) -> Asked:
        """Call the student's function with these arguments."""
        return self._record(protocol.Call(self._wrap(args), self._wrap(kwargs)))

    def items(self, *args: object, limit: int = 1000, **kwargs: object) -> Asked:
        """Call the student's generator function; what it yields comes as a list of at most `limit` items."""
        return self._record(protocol.Call(self._wrap(args), self._wrap(kwargs), how="items", limit=limit))

    def awaits(self, *args: object, **kwargs: object) -> Asked:
        """Call the student's coroutine function and run it to its end."""
        return self._record(protocol.Call(self._wrap(args), self._wrap(kwargs), how="await"))

    def new(self, *args: object, **kwargs: object) -> Kept:
        """Make an object of the student's class; it stays in the worker."""
        made = self._record(protocol.Call(self._wrap(args), self._wrap(kwargs), how="keep"))
        return Kept(self, made.judged_by(_check_object))

    def make(self, recipe: str, *args: object, **kwargs: object) -> Kept:
        """Build something in the worker, such as a scripted socket, and keep it for arguments and `trace`."""
        return Kept(self, self._record(protocol.Make(recipe, self._wrap(args), self._wrap(kwargs))))

    def together(self, asked: Sequence[Asked], check: Callable[..., Finding | None]) -> None:
        """Demand that `check`, given the values of several calls, finds nothing."""
        self._plan.relations.append(Relation(tuple(asked), check))

    def together_with_errors(self, asked: Sequence[Asked], check: Callable[..., Finding | None]) -> None:
        """Demand that `check`, given the outcomes of several calls, returned or raised, finds nothing."""
        self._plan.relations.append(Relation(tuple(asked), check, of_outcomes=True))

    def _record(self, op: Op) -> Asked:
        op.into = len(self._plan.asked)
        asked = Asked(op, op.into, self._case)
        self._plan.asked.append(asked)
        return asked

    def _wrap(self, value: Any) -> Any:
        """Replace what can't cross: kept objects by slots, functions by callbacks in the judge's table."""
        if isinstance(value, Kept):
            return protocol.Slot(value.asked.index)
        if isinstance(value, tuple):
            return tuple(self._wrap(item) for item in value)
        if isinstance(value, list):
            return [self._wrap(item) for item in value]
        if isinstance(value, dict):
            return {key: self._wrap(item) for key, item in value.items()}
        if callable(value) and not isinstance(value, type):
            name = f"{self._case.name}.{getattr(value, '__name__', 'callback')}.{len(self._plan.callbacks)}"
            self._plan.callbacks[name] = value
            return protocol.Callback(name)
        return value


@dataclass(slots=True)
class Kept:
    """An object that stays in the worker."""

    ask: Ask
    asked: Asked
    calls: list[Asked] = field(default_factory=list)

    def call(self, method: str, *args: object, **kwargs: object) -> Asked:
        """Call one of its methods."""
        wrap = self.ask._wrap
        return self._record(protocol.Method(self.asked.index, method, wrap(args), wrap(kwargs)))

    def get(self, attribute: str) -> Asked:
        """Read one of its attributes."""
        return self._record(protocol.Get(self.asked.index, attribute))

    def _record(self, op: Op) -> Asked:
        asked = self.ask._record(op)
        asked.before = (self.asked, *self.calls)
        self.calls.append(asked)
        return asked

    def trace(self) -> Asked:
        """Read the log of what was done to it."""
        return self.ask._record(protocol.Trace(self.asked.index))


@dataclass(frozen=True, slots=True)
class Case:
    """One test of an exercise: `title` is a sentence about the protocol, the function's docstring."""

    exercise_id: str
    name: str
    title: str
    function: Callable[[Ask], None]


@dataclass
class Plan:
    """All that the cases of one exercise ask, in order."""

    cases: tuple[Case, ...]
    asked: list[Asked] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    callbacks: dict[str, Callable[..., object]] = field(default_factory=dict)

    @cached_property
    def ops(self) -> Ops:
        """What a worker is asked to do."""
        return Ops(asked.op for asked in self.asked)


_CASES: dict[str, list[Case]] = {}
Function = TypeVar("Function", bound=Callable[[Ask], None])


def case(exercise_id: str) -> Callable[[Function], Function]:
    """Register the decorated function as a case of this exercise."""

    def register(function: Function) -> Function:
        title = " ".join((function.__doc__ or function.__name__.replace("_", " ")).split())
        _CASES.setdefault(exercise_id, []).append(Case(exercise_id, function.__name__, title, function))
        return function

    return register


def cases_of(exercise: Exercise, folder: Path | None = None) -> tuple[Case, ...]:
    """Return the cases of an exercise, from tests/exercises/lesson_NN*.py."""
    load_files(folder or places.TESTS / "exercises", f"lesson_{exercise.lesson:02}")
    return tuple(_CASES.get(exercise.id, ()))


@cache
def collect_cases(folder: Path) -> dict[str, tuple[Case, ...]]:
    """Return the cases in a folder's lesson_NN*.py by the exercise's id; `cases_of` does not know of them."""
    known = {key: list(cases) for key, cases in _CASES.items()}
    _CASES.clear()
    try:
        load_files(folder, "lesson_")
        return {key: tuple(cases) for key, cases in _CASES.items()}
    finally:
        _CASES.clear()
        _CASES.update(known)


def load_files(folder: Path, stem: str) -> None:
    """Import every file of a folder whose name begins so, each once."""
    for path in sorted(folder.glob(f"{stem}*.py")):
        load_file(path)


@cache
def load_file(path: Path) -> ModuleType | None:
    """Import a file of the project by its path, once; None if there is no such file."""
    if not path.is_file():
        return None
    name = "minews_" + "_".join((path.parent.name, path.stem))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plan(cases: Iterable[Case], seed: int) -> Plan:
    """Run case functions to record what they ask; the same seed always asks the same."""
    result = Plan(tuple(cases))
    for each in result.cases:
        each.function(Ask(each, result, f"{seed}/{each.exercise_id}/{each.name}"))
    return result


# How a value is judged.


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An exception that must come."""

    kind: type[BaseException]
    attributes: dict[str, tuple[object, ...]]
    headers: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.kind.__name__

    def __str__(self) -> str:
        parts = [f"{name} {values[0]}{_others(values[1:])}" for name, values in self.attributes.items()]
        parts += [f"the header {name}: {value}" for name, value in self.headers]
        return f"{self.name} with {' and '.join(parts)}" if parts else self.name

    def check(self, outcome: Outcome, note: str, question: str) -> Finding | None:
        if isinstance(outcome, Returned):
            return Finding(note or "It returned a value, quietly.", str(self), question=question)
        if not isinstance(outcome, Raised):
            return _stopped(outcome, str(self))
        if full_name(self.kind) not in outcome.bases:
            if self.name in outcome.bases:
                return Finding(
                    _OWN.format(name=self.name), str(self), question=_WHENCE.format(name=self.name)
                )
            raised = outcome.type.removeprefix("minews.types.")
            return Finding(note or f"It raised {raised}.", str(self), question=question)
        for name, values in self.attributes.items():
            got = outcome.attributes.get(name)
            if not any(same(got, value) for value in values):
                return Finding(f"Its {name} is {got!r}.", str(self), question=question)
        for header in self.headers:
            if not _has_header(outcome.attributes.get("headers"), header):
                return Finding(f"Its headers lack {header[0]}: {header[1]}.", str(self), question=question)
        return None


_OWN = "It raised a class of your own that is called {name}, too: it is not the one of minews."
_WHENCE = "Where does your code get the name {name} from?"


def _has_header(pairs: object, wanted: tuple[str, str]) -> bool:
    """Tell whether an error's headers, which the student made, hold this one; the name counts in any case."""
    if not isinstance(pairs, (list, tuple)):
        return False
    return any(
        isinstance(pair, (list, tuple))
        and len(pair) == 2
        and all(isinstance(part, str) for part in pair)
        and (pair[0].lower(), pair[1].strip()) == (wanted[0].lower(), wanted[1])
        for pair in pairs
    )


def _differs(outcome: Outcome, want: object, note: str, question: Question) -> Finding | None:
    if not isinstance(outcome, Returned):
        return _stopped(outcome, Value(want))
    got = outcome.value
    if same(got, want):
        return None
    asked = question if isinstance(question, str) else question(got, want)
    return Finding(describe_type_slip(got, want) or note, Value(want), question=asked)


def same(got: object, want: object) -> bool:
    """Tell whether two values are equal and of the very same types, at every depth.

    An Opcode is an int, in the RFC and in its type, so either of the two may come.
    """
    kind: type = type(want)
    if type(got) is not kind:
        return {type(got), kind} == {int, Opcode} and got == want
    if kind in _SINGLE:
        return got == want
    if isinstance(want, (list, tuple)):
        assert isinstance(got, (list, tuple))
        return len(got) == len(want) and all(map(same, got, want))
    if isinstance(want, dict):
        assert isinstance(got, dict)
        return list(got) == list(want) and all(same(got[key], want[key]) for key in want)
    names = _fields_of(kind)  # type: ignore[arg-type, unused-ignore]
    return all(same(getattr(got, name), getattr(want, name)) for name in names) if names else got == want


_SINGLE = frozenset({bytes, str, int, bool, type(None), Opcode})


@cache
def _fields_of(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass, none for another class."""
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) else ()


RETURN_GUESS = " Is a `return` missing?"  # left out where the code is known to have one, see feedback


def describe_type_slip(got: object, want: object) -> str:
    """Say in one line that a value is right but for its type, or is of another type altogether."""
    if type(got) is type(want):
        return ""
    if isinstance(got, protocol.TooLarge):
        return "The answer is far too large to be right."
    came = got.type_name if isinstance(got, protocol.Other) else type(got).__name__
    must = "None" if want is None else type(want).__name__
    if got is None:
        return f"It returned None where {must} must come.{RETURN_GUESS}"
    if _folded(got) == _folded(want):
        return f"The value is right, its type is not: {came} came, {must} must come."
    return f"{came} came, {must} must come."


def _folded(value: object) -> object:
    """Bring values that differ only by a kindred type to one form."""
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [_folded(item) for item in value]
    if isinstance(value, protocol.Other):
        return value.repr_text.strip("'\"")
    return value


def _check_object(outcome: Outcome) -> Finding | None:
    """Check that calling a class made an object."""
    if isinstance(outcome, Returned):
        made = outcome.value
        came = made.type_name if isinstance(made, protocol.Other) else type(made).__name__
        return Finding("", "an object", "Is it a class?", came="None") if came == "NoneType" else None
    return _stopped(outcome, "an object")


def _stopped(outcome: Outcome, want: Value | str = "a value") -> Finding | None:
    """Turn an outcome without a value into a finding; the outcome itself says what happened."""
    if isinstance(outcome, (Raised, NotWritten, Ended)):
        return Finding("", want)
    return None


def _as_tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _others(values: tuple[object, ...]) -> str:
    """Name in brackets what passes, too."""
    return f" ({' or '.join(map(str, values))} passes, too)" if values else ""
