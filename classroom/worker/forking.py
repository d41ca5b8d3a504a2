"""The judge's end of the template: workers that are forked there, and look like processes of `subprocess`.

Where that can't be, for whatever reason, the answer is None, and the caller starts a process of its own.
"""

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from . import template
from .forked import Forked

POSSIBLE = hasattr(os, "fork") and hasattr(socket, "send_fds")
PATIENCE = 10.0  # seconds until an answer of the template; one that somebody has stopped gives none
WIDE = 1 << 20  # bytes
Key = tuple[tuple[str, ...], dict[str, str], str]  # command, environment, folder


class Forker:
    """The judge's end of a process that forks workers, `control` being its socket. Threads may share it."""

    def __init__(self, control: socket.socket) -> None:
        control.settimeout(PATIENCE)
        self.answered = False
        self._control = control
        self._lock = threading.RLock()
        self._numbers = itertools.count()
        self._received = bytearray()
        self._living: set[int] = set()

    def start(self, words: int) -> Forked:
        """Start a worker. words: the descriptor of its stderr. Raises OSError: this is of no use any more."""
        reading, to_worker = os.pipe()
        from_worker, writing = os.pipe()
        for pipe in (to_worker, writing):
            _widen(pipe)
        try:
            pid = self._fork((reading, writing, words))
        except BaseException:
            os.close(to_worker)
            os.close(from_worker)
            raise
        finally:
            os.close(reading)
            os.close(writing)
        return self.make(pid, to_worker, from_worker)

    def make(self, pid: int, to_worker: int, from_worker: int) -> Forked:
        """Return what stands for a worker."""
        return Forked(self.status, pid, to_worker, from_worker)

    def _fork(self, streams: Sequence[int]) -> int:
        with self._lock:
            pid = self._ask(template.FORK, 0, streams)
            if pid is None:
                raise OSError("the template can't fork")
            self._living.add(pid)
            return pid

    def status(self, pid: int) -> int | None:
        """Return a worker's exit code, None while it runs. Raises OSError if nobody knows any more."""
        with self._lock:
            code = self._ask(template.STATUS, pid)
            if code is not None:
                self._living.discard(pid)
            return code

    def _ask(self, kind: int, pid: int, streams: Sequence[int] = ()) -> int | None:
        """Return what the template answers. An answer to what was broken off by Ctrl-C is left out."""
        number = next(self._numbers)
        try:
            data = template.REQUEST.pack(number, kind, pid)
            if streams:
                socket.send_fds(self._control, [data], streams)
            else:
                self._control.sendall(data)
            while (answer := self._receive())[0] != number:
                pass
        except OSError:
            self.end()
            raise
        self.answered = True
        return answer[2] if answer[1] else None

    def _receive(self) -> tuple[int, bool, int]:
        while len(self._received) < template.REPLY.size:
            data = self._control.recv(template.REPLY.size - len(self._received))
            if not data:
                raise ConnectionError("what forks the workers is gone")
            self._received += data
        number, known, value = template.REPLY.unpack(self._received)
        self._received.clear()
        return number, known, value

    def end(self) -> None:
        """End it, which its closed socket tells it. May be called again."""
        with self._lock:
            self._control.close()


def _widen(pipe: int) -> None:
    """Let a pipe hold what is asked, or given, at one go: nobody waits for room in it again and again."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # there may be too many large ones
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, WIDE)


class Template(Forker):
    """One template process. Starting one raises OSError."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str], folder: str) -> None:
        self.key = (command, environment, folder)
        self._retired = False
        control, theirs = socket.socketpair()
        super().__init__(control)
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(control.close)
            self._process = subprocess.Popen(
                [*command, template.ARGUMENT],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
            undo.pop_all()

    def status(self, pid: int) -> int | None:
        """See `Forker`."""
        with self._lock:
            code = super().status(pid)
            if self._retired and not self._living:
                self.end()
            return code

    def retire(self) -> None:
        """End the template as soon as the last of its workers is gone."""
        with self._lock:
            self._retired = True
            if not self._living:
                self.end()

    def end(self) -> None:
        """End the template and wait until it is gone. May be called again."""
        with self._lock:
            super().end()
            self._process.kill()
            self._process.wait()

    def leave(self) -> None:
        """Leave the template to the process that this one was forked from."""
        self._control.close()
        self._process.returncode = 0  # it is no child of this process, so nobody shall wait for it


class _Kept:
    """The template that this process uses, if any. A key is what one is started with."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._template: Template | None = None
        self._useless: Key | None = None  # of what gave no single answer

    def start(self, words: int, key: Key) -> Forked:
        used = self._take(key)
        try:
            return used.start(words)
        except OSError:
            with self._lock:
                if self._template is used:
                    self._template = None
            used.retire()
            if not used.answered:
                self._useless = key
            raise

    def _take(self, key: Key) -> Template:
        with self._lock:
            if self._useless == key:
                raise OSError("there can be no template")
            old = self._template
            if old is not None and old.key == key:
                return old
            self._template = None
            if old is not None:
                old.retire()
            self._template = Template(*key)
            return self._template

    def end(self) -> None:
        with self._lock:
            old, self._template = self._template, None
        if old is not None:
            old.retire()

    def forget(self) -> None:
        """In a process that was forked from the judge: leave the template to it."""
        if self._template is not None:
            self._template.leave()
        self._lock, self._template = threading.Lock(), None  # a thread that is not here may hold the lock


_kept = _Kept()
if POSSIBLE:
    os.register_at_fork(after_in_child=_kept.forget)


def start_forked(
    command: Sequence[str], environment: Mapping[str, str], folder: str, words: int
) -> Forked | None:
    """Return a worker that is forked by the template, which starts when it is first needed.

    command, environment, folder: how a worker would be started. words: the descriptor of its stderr.
    None where there can be no template, or where it doesn't do what it should.
    """
    key = (tuple(command), dict(environment), folder)
    for _ in range(2 if POSSIBLE else 0):  # one that was killed meanwhile is replaced
        with contextlib.suppress(OSError):
            return _kept.start(words, key)
    return None


def end_template() -> None:
    """End the template, as soon as no worker of it is left, and wait until it is gone."""
    _kept.end()
