"""The same as a worker, inside this process: where none can be started, as in a browser.

Values are encoded and decoded as if they crossed, so the outcomes are the same. An endless loop is ended by a
trace function; a crash, a long call in C, or a loop that swallows all exceptions is not.
"""

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

from . import codec, plain
from .lending import BrokenOffError, Use
from .outcomes import BlockedForever
from .pace import slowness
from .protocol import (
    CallJudge,
    CallRaised,
    CallReturned,
    Ended,
    Limits,
    Load,
    Loaded,
    LoadFailed,
    Op,
    Outcome,
    Returned,
    TooLarge,
)
from .runner import Runner
from .table import Callbacks

EVERY = 200  # lines of the student's code between two looks at the clock
SLOWER = 5  # times, at most, that code takes while each line of it is counted


class OutOfTime(BlockedForever):
    """The CPU limit is passed."""


class _Clock:
    """Raises OutOfTime from the lines of one file, once `limits` are passed."""

    def __init__(self, filename: str, limits: Limits) -> None:
        self._filename = filename
        self._end = time.process_time() + limits.cpu * slowness() * SLOWER
        self._lines = 0
        self.line: int | None = None

    def trace(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        """Look at the clock now and then; see sys.settrace."""
        if frame.f_code.co_filename != self._filename:
            return None
        self._lines += 1
        if self._lines % EVERY == 0 and time.process_time() > self._end:
            self.line = frame.f_lineno
            raise OutOfTime
        return self.trace


def run_here(
    request: Load, ops: tuple[Op, ...], table: Callbacks
) -> tuple[Loaded | LoadFailed | Ended, list[Outcome]]:
    """Load and run as a worker does, and return what it would send."""

    def end(ended: Ended) -> None:
        raise BlockedForever(ended.detail)

    def ask(call: CallJudge | bytes, use: Use) -> CallReturned | CallRaised:
        copied: Any = codec.decode(call) if isinstance(call, bytes) else _copied(call)
        try:
            message = table.answer(copied, lambda wanted: _copied(use(_copied(wanted))))
        except BrokenOffError as error:
            raise BlockedForever(str(error.cause)) from None
        answer: Any = codec.decode(message, codec.MAX_REQUEST, trusted=True)
        return cast(CallReturned | CallRaised, answer)

    copied: Any = codec.decode(
        codec.encode(ops, codec.MAX_REQUEST, trusted=True), codec.MAX_REQUEST, trusted=True
    )
    runner = Runner(ask, end)
    clock = _Clock(request.filename, request.limits)
    outcomes: list[Outcome] = []
    before = sys.gettrace()
    sys.settrace(clock.trace)
    try:
        loaded = _in_time(runner.load(request, closed=False), clock, runner)
        for index, op in enumerate(copied if isinstance(loaded, Loaded) else ()):
            outcomes.append(_in_time(_crossed(runner.run(index, op), request.limits.reply), clock, runner))
            if clock.line:
                break
    finally:
        sys.settrace(before)
        runner.forget()
    return loaded, outcomes


def _copied(message: object) -> Any:
    return codec.decode(codec.encode(message))


def _in_time(outcome: Any, clock: _Clock, runner: Runner) -> Any:
    if clock.line is None:
        return outcome
    text = runner.answer.sources.text(clock.line)
    return Ended("endless", "it computed without coming to an end", clock.line, text, outcome.printed, True)


def _crossed(outcome: Outcome, limit: int) -> Any:
    try:
        return codec.decode(codec.encode(outcome, limit))
    except codec.TooMuchError as error:
        value = outcome.value if isinstance(outcome, Returned) else outcome
        return Returned(TooLarge(plain.type_name(value), error.size), {}, outcome.printed)
