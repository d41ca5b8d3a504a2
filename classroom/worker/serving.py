"""A worker's main loop: one message of the judge after the other, until the pipe closes."""

import builtins
import os
import select
import threading
from collections.abc import Callable
from dataclasses import replace
from os import _exit

from . import limits, plain
from .codec import TooMuchError
from .link import Link
from .pace import slowness
from .packing import unpack
from .protocol import (
    Ended,
    Failed,
    Limits,
    Load,
    LoadObject,
    Op,
    Outcome,
    Raised,
    Ready,
    Returned,
    Run,
    TooLarge,
)
from .runner import Runner

IMPORTING = 5.0  # seconds more for importing a trusted file, with all that it imports
IDLE = 0.25  # seconds after which a spare begins to import what checks often need
OFTEN_NEEDED = ("base64", "hashlib", "random", "re", "socket", "struct", "typing")
SOMETIMES_NEEDED = ("asyncio", "ssl", "urllib.parse", "zlib")
_BUILTINS = dict(vars(builtins))


class Serving:
    """The worker's state between messages."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._main = threading.get_ident()
        self._runner = Runner(link.ask, self._end)
        self._watch = limits.Watch(self._exceeded)
        self._limits = Limits()

    def serve(self) -> None:
        """Answer the judge's messages."""
        while (message := self._link.receive()) is not None:
            if isinstance(message, Load | LoadObject):
                self._load(message)
            elif isinstance(message, Run):
                self._do_all(message)
                self._watch.disarm()

    def _do_all(self, request: Run) -> None:
        send = self._link.hold if request.together else self._link.send
        ops = unpack(request.ops)
        for index, op in enumerate(ops):
            outcome = self._run(index, op)
            if index == len(ops) - 1:
                self._runner.finish()
                send = self._link.send
            self._send(outcome, send)

    def _run(self, index: int, op: Op) -> Outcome:
        outcome = self._runner.run(index, op)
        if isinstance(outcome, Raised) and outcome.line is None and _changed_builtins():
            raise RuntimeError("the worker may have failed for what the code did to the builtins")
        return outcome

    def _load(self, request: Load | LoadObject) -> None:
        self._limits = request.limits
        first = replace(self._limits, cpu=self._limits.cpu + IMPORTING, wall=self._limits.wall + IMPORTING)
        self._watch.arm(first if isinstance(request, LoadObject) else self._limits)
        loaded = self._runner.load(request)
        if isinstance(request, LoadObject):
            self._watch.arm(self._limits)
        self._link.send(loaded)

    def _send(self, outcome: Outcome, send: Callable[[Outcome, int], None]) -> None:
        try:
            send(outcome, self._limits.reply)
        except TooMuchError as error:
            value = outcome.value if isinstance(outcome, Returned) else outcome
            self._link.send(Returned(TooLarge(plain.type_name(value), error.size), {}, outcome.printed))
        except MemoryError:
            self._link.send(Ended("memory", "there was no memory left to send the answer"))

    def _exceeded(self, how: str, detail: str) -> None:
        line, text = self._runner.answer.sources.current(self._main)
        self._end(Ended(how, detail, line, text, self._runner.printing.taken()))

    def _end(self, ended: Ended) -> None:
        ended.gone = True
        self._link.send(ended, patience=0.5)
        _exit(0)


def serve(reading: int, writing: int) -> None:
    """Serve the judge on these two descriptors, then end the process, whatever threads are left."""
    link = Link(reading, writing)
    try:
        limits.prepare_last_words()
        link.send(Ready(os.getpid()))
        _import_while_idle(reading)
        Serving(link).serve()
    except BaseException:
        changed = _changed_builtins()
        vars(builtins).update(_BUILTINS)
        import traceback

        link.send(Failed(traceback.format_exc(), changed), patience=0.5)
    _exit(0)


def _import_while_idle(reading: int) -> None:
    """A spare has time: import what a check would wait for, unless one comes."""
    for name in OFTEN_NEEDED:
        __import__(name)
    slowness()
    if os.name == "posix" and not select.select([reading], [], [], IDLE)[0]:
        for name in SOMETIMES_NEEDED:
            __import__(name)


def _changed_builtins() -> tuple[str, ...]:
    """Return the builtins that the student's code replaced or removed: our own code needs them as well."""
    now = vars(builtins)
    return tuple(name for name, value in _BUILTINS.items() if now.get(name) is not value and name != "_")
