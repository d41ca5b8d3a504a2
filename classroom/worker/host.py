"""The judge's end of a worker: starting the process, exchanging messages with it, ending it.

Nothing that a worker does may block the judge: every wait has a deadline, and a process that is dead counts
as the end of its stream even where a child of it still holds the pipe.
"""

import contextlib
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, lru_cache
from math import inf
from pathlib import Path
from types import GenericAlias, UnionType
from typing import cast

from . import codec, growing, plain, protocol
from .clipping import clipped
from .encoding import HEAD_OF_RECORD
from .forked import Forked
from .forking import start_forked
from .pipes import Pipes, PollPipes, ThreadPipes

MAIN = Path(__file__).with_name("__main__.py")
FLAGS = ("-P", "-s", "-X", "utf8")  # no folder and no user's packages on the path; the environment is ours
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE", "VIRTUAL_ENV")
SET_VARIABLES = {
    "PYTHONHASHSEED": "0",  # a set prints the same in each check
    "MALLOC_ARENA_MAX": "1",  # glibc reserves 64 MiB of address space for each more
    # What is given back to the system must be asked for again, which takes longer than a message does.
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}
LENGTH = struct.Struct(">I")
LOOK = 0.05  # seconds between looks whether the process still lives
LAST_WORDS = 1 << 16  # bytes
# A right reader that hands its whole buffer to the judge for each piece that comes takes 40 MiB in all.
MOST_RECEIVED = 256 << 20  # bytes of all messages, but for what comes from sockets that are lent
MOST_HELD = 128 << 20  # bytes, about, of the objects that all outcomes of one run are
MOST_CALLED = 4 << 20  # bytes of one call: what the reference makes of them takes the judge's time
TOO_MUCH = "more in all than any answer gives"
FROM_WORKER = protocol.FromWorker.__args__
SHARED = HEAD_OF_RECORD[protocol.Returned], HEAD_OF_RECORD[protocol.Raised]  # how a message begins
SHORT, MOST_KNOWN = 1000, 4096  # bytes of an outcome that is remembered; how many are
LIGHT = 8 << 10  # bytes of the objects that such an outcome is, at most


class WorkerError(RuntimeError):
    """The machinery failed, not the student's code."""


class TamperedError(WorkerError):
    """A worker that had started says that it failed: either it did, or the student's code says so."""


class GarbledError(Exception):
    """What came from the worker is no message."""


Process = subprocess.Popen[bytes] | Forked


class Host:
    """One worker process. Starting one raises OSError where no process can be started.

    start: starts it some other way than here, given the descriptor of its stderr; such a worker may
    say less.
    """

    def __init__(self, start: Callable[[int], Process] | None = None) -> None:
        self._most: float = inf if start is None else MOST_RECEIVED
        self._most_held: float = inf if start is None else MOST_HELD
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        try:
            self.process = start(self._words.fileno()) if start else self._start()
        except BaseException:
            self._words.close()
            raise
        self._pipes: Pipes = _pipes_of(self.process)
        self._received = bytearray()
        self._taken = 0  # bytes
        self.held = 0  # bytes of the objects that all outcomes are, about
        self._last = bytearray()  # the last long argument of a call

    def _start(self) -> Process:
        if not sys.executable:
            raise OSError("there is no Python program to start")
        flags = (getattr(subprocess, name, 0) for name in ("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW"))
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        environment = {**kept, **SET_VARIABLES}
        command, folder = [sys.executable, *FLAGS, str(MAIN)], tempfile.gettempdir()
        forked = start_forked(command, environment, folder, self._words.fileno())
        return forked or subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            bufsize=0,
            cwd=folder,
            env=environment,
            start_new_session=True,
            creationflags=sum(flags),
        )

    def send(self, message: object, deadline: float) -> None:
        """Send a message, or the bytes of one.

        Raises TypeError (it can't cross), EOFError and TimeoutError (deadline passed).
        """
        if not isinstance(message, bytes | bytearray):
            message = codec.encode(message, codec.MAX_REQUEST, trusted=True)
        left = memoryview(LENGTH.pack(len(message)) + message)
        while left:
            left = left[self._pipes.write(left, self._wait(deadline)) :]

    def receive(self, deadline: float) -> protocol.FromWorker:
        """Return the next message. Raises GarbledError, EOFError and TimeoutError (deadline passed)."""
        return self.read(self.take(deadline))

    def take(self, deadline: float) -> bytes:
        """Return the bytes of the next message, for `read`. Raises what `receive` does."""
        while (data := self._next()) is None:
            piece = self._pipes.read(self._wait(deadline))
            if piece == b"" or (piece is None and self.process.poll() is not None and not self._drain()):
                raise EOFError
            self._received += piece or b""
        return data

    def read(self, data: bytes) -> protocol.FromWorker:
        """Return the message that has these bytes. Raises GarbledError."""
        message, weight = _weighed(data)
        if isinstance(message, protocol.Outcome):
            self.held += weight
            if self.held > self._most_held:
                raise GarbledError(TOO_MUCH)
        if not isinstance(message, protocol.UseReturned):
            self.count(len(data))
        if isinstance(message, protocol.CallJudge) and len(data) > MOST_CALLED:
            raise GarbledError(TOO_MUCH)
        return message

    def _wait(self, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, LOOK)

    def _drain(self) -> bool:
        """Take what a dead process has left in its pipe; return whether there was anything."""
        data = self._pipes.read(0)
        self._received += data or b""
        return bool(data)

    def _next(self) -> bytes | None:
        received = self._received
        if len(received) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(received)
        if length > codec.MAX_MESSAGE:
            raise GarbledError(f"a message of {length} bytes")
        end = LENGTH.size + length
        if len(received) < end:
            return None
        data = bytes(received[LENGTH.size : end])
        del received[:end]
        return data

    def count(self, size: int) -> None:
        """Count bytes that have come. Raises GarbledError for more than any answer gives."""
        self._taken += size
        if self._taken > self._most:
            raise GarbledError(TOO_MUCH)

    def restore(self, call: protocol.CallJudge, *, shared: bool) -> bool:
        """Make the arguments of the call that came last whole, see `growing`; return whether they were.

        Raises GarbledError.
        """
        is_whole = not any(isinstance(each, protocol.Longer) for each in call.args)
        try:
            self.count(growing.restore(call, self._last, MOST_CALLED, shared=shared))
        except ValueError as error:
            raise GarbledError(str(error)) from None
        return is_whole

    def exit_code(self, patience: float) -> int | None:
        """Return the exit code (-n: signal n), None if the process still runs after `patience` seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(patience)
        return None

    def last_words(self) -> str:
        """Return what the process wrote to stderr: a failed start's traceback, or where a crash was."""
        self._words.seek(0)
        return self._words.read(LAST_WORDS).decode("utf-8", "replace")

    def end(self) -> None:
        """Kill the process, with those that it started, and leave nothing behind."""
        if isinstance(self.process, Forked):
            self.process.kill_all()
        elif hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self._pipes.close()
        self.process.wait()
        self._words.close()

    def leave(self) -> None:
        """Leave the worker to the process that this one was forked from."""
        self._pipes.close()
        self._words.close()
        self.process.returncode = 0  # it is no child of this process, so nobody shall wait for it


def _pipes_of(process: Process) -> Pipes:
    assert process.stdin and process.stdout
    kind = ThreadPipes if sys.platform == "win32" else PollPipes
    return kind(process.stdout, process.stdin)


def checked(data: bytes) -> protocol.FromWorker:
    """Return the message of a worker, every field of the declared type. Raises GarbledError."""
    return _weighed(data)[0]


def _weighed(data: bytes) -> tuple[protocol.FromWorker, int]:
    """Return the message, and about how many bytes of memory it takes."""
    known = _known_outcome(bytes(data)) if len(data) <= SHORT else None
    return _checked(data) if known is None else (_copied(known), LIGHT)


@lru_cache(maxsize=MOST_KNOWN)
def _known_outcome(data: bytes) -> protocol.Returned | protocol.Raised | None:
    """Return the outcome in a message, None if others may not share its parts: right answers say the same."""
    message, weight = _checked(data) if data.startswith(SHARED) else (None, 0)
    if weight > LIGHT:
        return None
    parts: Iterable[object] = ()
    if isinstance(message, protocol.Raised):
        parts = message.attributes.values()
    elif isinstance(message, protocol.Returned) and not message.changed:
        parts = [message.value]
    else:
        return None
    return message if all(map(_is_shared, parts)) else None


def _is_shared(value: object) -> bool:
    """Whether nobody can change a value, but for the list that it may be: that is copied."""
    return all(map(plain.is_fixed, value)) if type(value) is list else plain.is_fixed(value)


def _copied(known: protocol.Returned | protocol.Raised) -> protocol.Returned | protocol.Raised:
    if isinstance(known, protocol.Raised):
        attributes = {name: _copied_list(each) for name, each in known.attributes.items()}
        return replace(known, attributes=attributes)
    return protocol.Returned(_copied_list(known.value), {}, known.printed)


def _copied_list(value: object) -> object:
    return list(value) if type(value) is list else value


def _checked(data: bytes) -> tuple[protocol.FromWorker, int]:
    try:
        message, weight = codec.decode_weighed(data)
    except codec.DecodeError as error:
        raise GarbledError(str(error)) from None
    if not isinstance(message, FROM_WORKER) or not _fits_record(message):
        raise GarbledError(f"{codec.type_name(message)} with wrong contents")
    return clipped(cast("protocol.FromWorker", message)), weight


def _fits_record(message: object) -> bool:
    return all(_fits(getattr(message, name), hint) for name, hint in _hints_of(type(message)))  # type: ignore[arg-type]


@cache
def _hints_of(kind: type[object]) -> tuple[tuple[str, object], ...]:
    """Return the fields of a record with their types, but for those of which anything is right."""
    return tuple((name, hint) for name, hint in kind.__annotations__.items() if hint is not object)


def _fits(value: object, hint: object) -> bool:
    """Whether `value` is exactly what an annotation of `protocol` declares."""
    if type(value) is hint or hint is object:
        return True
    if isinstance(hint, UnionType):
        return any(_fits(value, each) for each in hint.__args__)
    if not isinstance(hint, GenericAlias):
        return False
    parts = hint.__args__
    if type(value) is not hint.__origin__:
        return False
    if isinstance(value, dict):
        return all(_fits(key, parts[0]) and _fits(part, parts[1]) for key, part in value.items())
    assert isinstance(value, tuple)
    if parts[-1] is Ellipsis:
        return all(_fits(part, parts[0]) for part in value)
    return len(value) == len(parts) and all(map(_fits, value, parts))
