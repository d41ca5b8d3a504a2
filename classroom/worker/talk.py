"""One exchange with a worker: what is loaded, which ops are done, and what came of them."""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from . import codec
from .endings import ending
from .host import GarbledError, Host, Process, TamperedError, WorkerError
from .lacking import defined_names, lacking_names
from .lending import BrokenOffError
from .packing import pack
from .protocol import (
    CallJudge,
    Ended,
    Failed,
    FromWorker,
    Limits,
    Load,
    Loaded,
    LoadFailed,
    LoadObject,
    NotWritten,
    Op,
    Ops,
    Outcome,
    Raised,
    Ready,
    Returned,
    Run,
    Source,
    UseLent,
    UseRaised,
    UseReturned,
    as_tuple,
)
from .table import Callbacks

START = 30.0  # seconds that a worker may take to start, on a machine that is busy
MOST_LENT = 64 << 20  # bytes that may come in through sockets that are lent, in one run
MOST_NESTED = 8  # calls of the judge inside uses of what such a call has lent
GRACE = 2.0  # seconds after a worker's own wall limit until the judge ends it
IMPORTING = 5.0  # seconds more where a trusted file may have to be imported first


@dataclass(frozen=True)
class Answer:
    """A student's code for one exercise.

    filename, first_line: where the code stands, for messages. neighbours: plain names of the functions and
    classes that it may call, to be found among the callbacks. sources: the student's own versions to use in
    their place. constants: plain values that its preamble imports from minews.
    """

    exercise_id: str
    name: str
    source: str
    preamble: str = ""
    filename: str = "answer.py"
    first_line: int = 1
    neighbours: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    constants: Mapping[str, object] = field(default_factory=dict)

    def request(self, callbacks: Callbacks, limits: Limits) -> Load:
        """Return what a worker is asked to load."""
        functions, classes = callbacks.kinds(self.neighbours)
        return Load(
            self.exercise_id,
            self.name,
            self.source,
            self.preamble,
            self.filename,
            self.first_line,
            functions,
            callbacks.pure(functions),
            tuple(_with_kinds(source, callbacks) for source in self.sources),
            dict(self.constants),
            classes,
            limits,
        )

    def lacking(self) -> tuple[str, ...]:
        """Return the names that the code uses and that nothing supplies."""
        supplied = {*self.neighbours, *self.constants, *_names_of_preamble(self.preamble)}
        return lacking_names(self.source, supplied)


_names_of_preamble = lru_cache(maxsize=16)(defined_names)  # the same for all exercises of a module


def _with_kinds(source: Source, callbacks: Callbacks) -> Source:
    """Return a source that says which of its neighbours are classes."""
    functions, classes = callbacks.kinds(source.neighbours)
    return replace(source, neighbours=functions, classes=classes)


@dataclass
class Transcript:
    """What came of a run: one outcome an op, fewer when the code took the worker down.

    held: bytes of the objects that the outcomes are, about.
    torn: the worker went down without a word, and took outcomes with it that were to travel together.
    """

    loaded: Loaded | LoadFailed | Ended
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0
    torn: bool = False
    held: int = 0


class Worker:
    """One worker process, for one check. Use as a context manager, or call `end`. start: see `Host`."""

    def __init__(self, start: Callable[[int], Process] | None = None) -> None:
        self._host = Host(start)
        self._ready = False

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def end(self) -> None:
        """Kill the process and wait until it is gone. May be called again."""
        self._host.end()

    def leave(self) -> None:
        """Leave the worker to the process that this one was forked from."""
        self._host.leave()

    def run(
        self,
        answer: Answer,
        ops: Iterable[Op],
        callbacks: Mapping[str, Callable[..., object]] | None = None,
        limits: Limits | None = None,
        *,
        together: bool = False,
    ) -> Transcript:
        """Load the answer and do the ops on it. together: see `Run`; a torn transcript tells too little."""
        limits = limits or Limits()
        table = Callbacks(callbacks or {})
        transcript = self.run_loaded(answer.request(table, limits), as_tuple(ops), table, together)
        if isinstance(transcript.loaded, Loaded):
            transcript.loaded.lacking = answer.lacking()
        _name_lines(transcript, answer)
        return transcript

    def run_loaded(
        self, request: Load | LoadObject, ops: tuple[Op, ...], table: Callbacks, together: bool = False
    ) -> Transcript:
        """Load whatever is asked for and do the ops on it."""
        self._await_start()
        begin = time.monotonic()
        patience = GRACE if isinstance(request, Load) else GRACE + IMPORTING
        talk = _Talk(self._host, request, table, begin + request.limits.wall + patience)
        try:
            transcript = talk.hold(ops, together)
        except OSError as error:
            raise WorkerError(f"the connection to the worker failed: {error}") from error
        transcript.seconds, transcript.held = time.monotonic() - begin, self._host.held
        return transcript

    def _await_start(self) -> None:
        if self._ready:
            return
        try:
            ready = self._host.receive(time.monotonic() + START)
        except (EOFError, TimeoutError, GarbledError) as error:
            words = self._host.last_words()
            raise WorkerError(f"the worker did not start ({type(error).__name__})\n{words}") from None
        if not isinstance(ready, Ready):
            raise WorkerError(f"the worker did not start: {ready}")
        self._ready = True


class _Talk:
    """One exchange with a worker, under one deadline for all of it."""

    def __init__(self, host: Host, request: Load | LoadObject, table: Callbacks, deadline: float) -> None:
        self._host = host
        self._request = request
        self._table = table
        self._deadline = deadline
        self._nested = 0
        self._lent = 0  # bytes
        self._broken_off: BrokenOffError | None = None
        self._lost = False  # it is gone, and has not said how

    def hold(self, ops: tuple[Op, ...], together: bool = False) -> Transcript:
        """Load, run, and collect the outcomes."""
        loaded = self._expect((Loaded, LoadFailed, Ended), self._request)
        assert isinstance(loaded, Loaded | LoadFailed | Ended)
        transcript = Transcript(loaded)
        if isinstance(loaded, Loaded) and ops:
            self._collect(ops, together, transcript.outcomes)
            transcript.torn = together and self._lost
        return transcript

    def _collect(self, ops: tuple[Op, ...], together: bool, outcomes: list[Outcome]) -> None:
        request: object | None = _written(ops, together)
        for _ in ops:
            outcome = self._expect((Returned, Raised, NotWritten, Ended), request)
            assert isinstance(outcome, Returned | Raised | NotWritten | Ended)
            outcomes.append(outcome)
            if isinstance(outcome, Ended) and outcome.gone:
                break
            request = None

    def _expect(self, kinds: tuple[type, ...], request: object | None) -> FromWorker:
        """Send the request, if there is one, and return what answers it, or how the worker ended."""
        try:
            if request is not None:
                self._host.send(request, self._deadline)
            message = self._next()
        except (GarbledError, TimeoutError, EOFError) as error:
            self._lost = True
            return self._ending(error)
        if not isinstance(message, kinds):
            return Ended("garbled", f"{type(message).__name__} came out of turn", gone=True)
        return message

    def _next(self) -> FromWorker:
        try:
            message = self._receive()
        except BrokenOffError as error:
            if isinstance(error.cause, Exception):
                raise error.cause from None
            message = error.cause
        return _tampered(message) if isinstance(message, Failed) else message

    def _receive(self) -> FromWorker:
        """Return the next message that is no call; those are answered."""
        while True:
            data = self._host.take(self._deadline)
            answer = self._table.known(data)
            if answer is None:
                message = self._host.read(data)
                if not isinstance(message, CallJudge):
                    return message
                is_whole = self._host.restore(message, shared=self._table.is_pure(message.name))
                answer = self._table.answer(message, self._use, data if is_whole else b"")
            else:
                self._host.count(len(data))
            with contextlib.suppress(EOFError):  # a worker that is gone by now has said why before it went
                self._host.send(answer, self._deadline)

    def _use(self, wanted: UseLent) -> UseReturned | UseRaised:
        """Let the worker do something to a socket that it lends while it waits for the answer to its call."""
        if self._broken_off is None:
            self._nested += 1
            done = self._exchange(wanted)
            self._nested -= 1
            if isinstance(done, UseReturned | UseRaised):
                return done
            self._broken_off = BrokenOffError(done)
        raise self._broken_off

    def _exchange(self, wanted: UseLent) -> FromWorker | Exception:
        try:
            if self._nested > MOST_NESTED:
                raise GarbledError("calls inside calls without an end")
            self._host.send(wanted, self._deadline)
            done = self._receive()
            self._lent += (
                len(done.value) if isinstance(done, UseReturned) and type(done.value) is bytes else 0
            )
            if self._lent > MOST_LENT:
                raise GarbledError("more bytes from sockets than anybody takes")
            return done
        except (OSError, EOFError, GarbledError) as error:
            return error

    def _ending(self, error: Exception) -> Ended:
        """Return how the worker ended, once it is dead or its time is up. error: why nothing comes of it."""
        if isinstance(error, GarbledError):
            return Ended("garbled", str(error), gone=True)
        if isinstance(error, TimeoutError):
            return Ended("waiting", "it did not come back, and had to be ended from outside", gone=True)
        code = self._host.exit_code(max(0.0, self._deadline - time.monotonic()))
        request = self._request
        filename = request.filename if isinstance(request, Load) else request.path
        return ending(code, self._host.last_words(), filename)


def _written(ops: tuple[Op, ...], together: bool = False) -> object:
    """Return the message that asks for ops; where they are asked of many workers, as bytes."""
    if not isinstance(ops, Ops):
        return Run(pack(ops), together)
    if together not in ops.encoded:
        request = Run(pack(ops), together)
        ops.encoded[together] = codec.encode(request, codec.MAX_REQUEST, trusted=True)
    return ops.encoded[together]


def _tampered(failed: Failed) -> Ended:
    """Return how to report a worker that failed because the student's code broke what Python has built in."""
    if not failed.builtins:
        raise TamperedError(failed.traceback)
    return Ended("crash", f"it replaced what Python has built in: {', '.join(failed.builtins)}", gone=True)


def _name_lines(transcript: Transcript, answer: Answer) -> None:
    """Add the text of the line to endings that only know its number."""
    lines = answer.source.splitlines()
    for outcome in (transcript.loaded, *transcript.outcomes):
        if isinstance(outcome, Ended) and outcome.line and not outcome.text:
            index = outcome.line - answer.first_line
            outcome.text = lines[index].strip() if 0 <= index < len(lines) else ""
