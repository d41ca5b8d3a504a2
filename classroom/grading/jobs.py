"""One submission, one job: what any `concurrent.futures.Executor` can run, on this machine or on another.

Each thread that runs jobs has a judge process of its own. One that is lost, or that takes for ever, is
replaced, and its job done once more; a job that costs two of them is an error of the grader, and said to be
one.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import pickle
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any

from .. import places
from ..worker.host import SET_VARIABLES
from .judge_process import LENGTH
from .judging import Settings
from .sandbox import SandboxError
from .submissions import Submission

__all__ = ["RESULT_LIMIT", "end_judges", "grade_submission", "judges", "lost_result", "stop_judges"]

START = 120.0  # seconds until a judge process is ready, on a machine that is busy
PATIENCE = 60.0  # seconds that an exercise may take at most, all cases of it
RESULT_LIMIT = 64 << 20  # bytes
ATTEMPTS = 2


class JudgeLost(Exception):
    """A judge process ended, or gave no answer."""


class JudgeProcess:
    """The process of `judge_process`, seen from here. Raises SandboxError where it can't isolate."""

    def __init__(self, settings: Settings, processor: int | None = None) -> None:
        self.settings = settings
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        paths = [str(places.ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "classroom.grading.judge_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env={**os.environ, **SET_VARIABLES, "PYTHONPATH": os.pathsep.join(paths)},
            cwd=tempfile.gettempdir(),
        )
        try:
            self._send((settings, processor))
            answer = self._receive(START)
        except BaseException:
            self.end()
            raise
        if "refused" in answer:
            self.end()
            raise SandboxError(str(answer["refused"]))
        self.isolation = str(answer["ready"])

    def grade(self, submission: Submission) -> dict[str, Any]:
        """Return the result of a submission. Raises JudgeLost."""
        self._send(submission)
        return self._receive(PATIENCE * (1 + len(self.settings.exercises)))

    def _send(self, value: object) -> None:
        assert self._process.stdin is not None
        data = pickle.dumps(value)
        try:
            self._process.stdin.write(LENGTH.pack(len(data)) + data)
            self._process.stdin.flush()
        except OSError:
            raise JudgeLost(self._describe_end()) from None

    def _receive(self, patience: float) -> dict[str, Any]:
        deadline = time.monotonic() + patience
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > RESULT_LIMIT:
            raise JudgeLost(f"a result of {length} bytes came")
        message = json.loads(self._read(length, deadline))
        assert isinstance(message, dict)
        return message

    def _read(self, count: int, deadline: float) -> bytes:
        assert self._process.stdout is not None
        stream: IO[bytes] = self._process.stdout
        data = bytearray()
        while len(data) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                raise JudgeLost("the judge gave no answer in time")
            piece = os.read(stream.fileno(), min(count - len(data), 1 << 20))
            if not piece:
                raise JudgeLost(self._describe_end())
            data += piece
        return bytes(data)

    def _describe_end(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._words.seek(0)
        words = self._words.read()[-2000:].decode("utf-8", "replace").strip()
        return f"the judge ended with {self._process.returncode}\n{words}".strip()

    def kill(self) -> None:
        """Let the process end at once; whoever waits for it hears that it is lost."""
        self._process.kill()

    def end(self) -> None:
        """End the process. May be called again."""
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._words.close()


_mine = threading.local()
_all: set[JudgeProcess] = set()
_lock = threading.Lock()
_stopped = threading.Event()
_processors: Iterator[int | None] = itertools.repeat(None)  # where the judge of the next thread runs


def grade_submission(submission: Submission, settings: Settings) -> dict[str, Any]:
    """Grade one submission in this thread's judge process, and return its result, a dict of plain data.

    Raises SandboxError where this machine can't isolate.
    """
    reason = "the run was stopped"
    for _ in range(ATTEMPTS):
        if _stopped.is_set():
            break
        try:
            result = _my_judge(settings).grade(submission)
        except JudgeLost as error:
            reason = str(error)
            _drop_mine()
        else:
            if result.pop("full", False):
                _drop_mine()
            return result
    return lost_result(submission, settings, reason)


def _my_judge(settings: Settings) -> JudgeProcess:
    judge: JudgeProcess | None = getattr(_mine, "judge", None)
    if judge is not None and judge.settings != settings:
        _drop_mine()
        judge = None
    if judge is None:
        if not hasattr(_mine, "processor"):
            _mine.processor = next(_processors)
        judge = _mine.judge = JudgeProcess(settings, _mine.processor)
        with _lock:
            _all.add(judge)
    return judge


def _drop_mine() -> None:
    judge, _mine.judge = getattr(_mine, "judge", None), None
    if judge is not None:
        with _lock:
            _all.discard(judge)
        judge.end()


@contextlib.contextmanager
def judges(processors: Sequence[int] = ()) -> Iterator[None]:
    """Let threads have judge processes, and end those when this is left.

    processors: where they run, each thread's on one of them; without, wherever the system likes. A judge and
    its worker take turns, and on one processor their turns take a fifth less.
    """
    global _processors
    _stopped.clear()
    _processors = itertools.cycle(processors or [None])
    try:
        yield
    finally:
        _processors = itertools.repeat(None)
        end_judges()


def stop_judges() -> None:
    """Let the jobs that run end at once, without a result that counts."""
    _stopped.set()
    with _lock:
        for judge in _all:
            judge.kill()


def end_judges() -> None:
    """End the judge processes of all threads of this process. The next job starts another."""
    with _lock:
        ending = list(_all)
        _all.clear()
    for judge in ending:
        judge.end()


atexit.register(end_judges)


def lost_result(submission: Submission, settings: Settings, reason: str) -> dict[str, Any]:
    """The result of a submission that cost every judge its life."""
    return {
        "submission": submission.name,
        "student": submission.student,
        "person": submission.person,
        "hash": submission.hash,
        "tests": settings.tests,
        "seed": settings.seed,
        "modified": submission.modified,
        "late": submission.late,
        "isolation": "",
        "problems": [],
        "error": reason,
        "exercises": {},
        "seconds": 0.0,
    }
