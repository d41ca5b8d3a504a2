"""One submission judged: each exercise in a worker of its own, all workers in one sandbox.

Nothing that decides a score is ever inside. The result is plain data, one JSON line of the journal.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from .. import answers, regions, workers
from ..cases import Case, cases_of, collect_cases
from ..engine import Examiner, Result, Tested
from ..feedback import tame
from ..files import set_aside
from ..syllabus import Exercise, find_exercise
from ..worker.host import TamperedError, WorkerError
from ..worker.protocol import Ended, Limits, Op, as_tuple
from ..worker.talk import Answer, Transcript, Worker
from .copies import fingerprint
from .overtime import JUDGING, OvertimeError, cpu_limited
from .reading import Piece, read_work
from .sandbox import Keeper, Sandbox, SandboxError
from .submissions import Submission

__all__ = ["TRUSTED", "Judge", "Settings"]

LIMITS = Limits(memory=256 << 20)
MOST_SAID = 200  # letters of a worker's last words
ASYNCHRONOUS = frozenset({"aio", "chat"})  # modules of exercises that need asyncio
SHARE = 4.0  # times the limit of time that each exercise of a submission has, and one more
OUT_OF_TIME = Ended("out-of-time", "what was run before it had used up the time of the submission", gone=True)
BROKEN = Ended("crash", "it broke what runs it", gone=True)
OVERTIME = "overtime"  # an ending that no worker has
TRUSTED = "none: the submissions were trusted"


@dataclass(frozen=True)
class Settings:
    """What a run grades, and how: all that a judge must know.

    Arguments:
        exercises: their ids, such as "4.2".
        seed: what all cases draw their inputs from.
        tests: the hash of everything that a verdict depends on, see `hashing`.
        hidden: the folder of the hidden cases, "" if there are none.
        trusted: run submissions without a sandbox.
        wall: seconds after which an answer that only waits is ended.
    """

    exercises: tuple[str, ...]
    seed: int
    tests: str
    hidden: str = ""
    trusted: bool = False
    wall: float = LIMITS.wall


class Judge:
    """Grades submissions, one after the other. Raises SandboxError where the system can't isolate."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._exercises = [find_exercise(each) for each in settings.exercises]
        self._boxes = None if settings.trusted else _Boxes(settings)
        self.isolation = self._boxes.means if self._boxes else TRUSTED
        run = self._boxes.run if self._boxes else partial(workers.run, limits=LIMITS)
        hidden = collect_cases(Path(settings.hidden)) if settings.hidden else {}
        self._visible = {each.id: self._examiner(each, cases_of(each), run) for each in self._exercises}
        self._hidden = {
            each.id: self._examiner(each, hidden[each.id], run)
            for each in self._exercises
            if each.id in hidden
        }

    def _examiner(
        self, exercise: Exercise, cases: Iterable[Case], run: Callable[..., Transcript]
    ) -> Examiner:
        return Examiner(exercise, self.settings.seed, tuple(cases), run, goes_on=True)

    def prepare(self) -> None:
        """Do what takes long before the first submission: draw questions, start a worker."""
        for examiner in (*self._visible.values(), *self._hidden.values()):
            examiner.questions()
        workers.prepare_spare()

    def grade(self, submission: Submission) -> dict[str, Any]:
        """Return the result of a submission; what goes wrong on this side is its `error`."""
        start = time.perf_counter()
        result: dict[str, Any] = {
            "submission": submission.name,
            "student": submission.student,
            "person": submission.person,
            "hash": submission.hash,
            "tests": self.settings.tests,
            "seed": self.settings.seed,
            "modified": submission.modified,
            "late": submission.late,
            "isolation": self.isolation,
            "problems": [],
            "error": None,
            "exercises": {},
        }
        try:
            if self._boxes is not None:
                self._boxes.begin()
            self._fill(result, submission)
        except Exception as error:  # whatever it is, it is said, and costs this submission alone its points
            result["error"] = str(error) if isinstance(error, SandboxError) else traceback.format_exc()
            result["exercises"] = {}
        finally:
            self._leave_box()
        result["seconds"] = round(time.perf_counter() - start, 3)
        return result

    def _fill(self, result: dict[str, Any], submission: Submission) -> None:
        problems = [submission.problem] if submission.problem else []
        pieces: Mapping[str, Piece] = {}
        if not submission.problem:
            try:
                with cpu_limited(JUDGING):
                    work = read_work(submission.files, self._exercises)
                pieces, problems = work.pieces, [*submission.notes, *work.problems]
            except OvertimeError:
                problems = [*submission.notes, "It takes too long to read. Nothing in it counts."]
        result["problems"] = problems
        for exercise in self._exercises:
            try:
                with cpu_limited(JUDGING):
                    entry = self._judge_one(exercise, pieces.get(exercise.id))
            except SandboxError:
                raise
            except OvertimeError:
                self._leave_box()
                entry = _entry(exercise, len(self._visible[exercise.id].cases), "error")
                entry["ending"] = OVERTIME
            except Exception as error:  # of this exercise; the others have nothing to do with it
                entry = _entry(exercise, len(self._visible[exercise.id].cases), "ungraded")
                result["error"] = f"{exercise.id} {exercise.name}: {_described_error(error)}"
            result["exercises"][exercise.id] = entry
        result["problems"] += self._boxes.notes() if self._boxes else []
        self._leave_box()  # what the hidden cases show stays in a sandbox of their own
        for exercise_id, examiner in self._hidden.items():
            try:
                with cpu_limited(JUDGING):
                    self._ask_hidden(examiner, pieces.get(exercise_id), result["exercises"][exercise_id])
            except SandboxError:
                raise
            except OvertimeError:  # none of them has passed, as `_entry` says
                self._leave_box()
                result["exercises"][exercise_id]["hidden_total"] = len(examiner.cases)
            except Exception as error:  # its text may be the student's, who must not see what was asked
                where = traceback.extract_tb(error.__traceback__)[-1]
                result["error"] = (
                    f"{exercise_id}: its hidden cases could not be asked "
                    f"({Path(where.filename).name}, line {where.lineno}: {type(error).__name__})"
                )

    def _judge_one(self, exercise: Exercise, piece: Piece | None) -> dict[str, Any]:
        examiner = self._visible[exercise.id]
        if piece is None:
            return _entry(exercise, len(examiner.cases))
        result = examiner.judge(*_put_together(exercise, piece))
        entry = {**_entry(exercise, len(examiner.cases)), **_described(result)}
        if entry["verdict"] != "not-written":
            entry |= {"source": piece.text, "tokens": fingerprint(piece.text)}
        return entry

    def _ask_hidden(self, examiner: Examiner, piece: Piece | None, entry: dict[str, Any]) -> None:
        """Count the hidden cases that pass, and name those that fail, for the instructor alone."""
        entry["hidden_total"] = len(examiner.cases)
        if piece is None or entry["verdict"] in ("missing", "not-written", "error", "ungraded"):
            return
        answer, _ = _put_together(examiner.exercise, piece)
        _, _, report = examiner.ask(answer)
        entry["hidden_passed"] = len(examiner.cases) - len(report.failed)
        entry["hidden_failed"] = sorted(report.failed)

    def _leave_box(self) -> None:
        if self._boxes is not None:
            self._boxes.leave()

    def end(self) -> None:
        """End all processes of this judge. May be called again."""
        if self._boxes is not None:
            self._boxes.end()
        workers.end_spare()


def _put_together(exercise: Exercise, piece: Piece) -> tuple[Answer, Tested]:
    """Return what a worker needs to know of an answer, and what is to be said of where it stood."""
    text, imports = set_aside(piece.text, exercise)
    preamble = "\n".join([piece.preamble or regions.preamble(exercise.module), *imports])
    answer = answers.make_answer(exercise, text, preamble, piece.file, piece.first_line)
    return answer, answers.tested_text(piece.text, piece.file, piece.first_line)


def _entry(exercise: Exercise, total: int, verdict: str = "missing") -> dict[str, Any]:
    """What stands in a result for an exercise of which nothing is known."""
    return {
        "verdict": verdict,
        "passed": 0,
        "total": total,
        "hidden_passed": 0,
        "hidden_total": 0,
        "hidden_failed": [],
        "mistakes": [],
        "case": "",
        "ending": "",
        "seconds": 0.0,
        "tested": None,
        "feedback": f"{exercise.id} {exercise.name}: {_UNKNOWN[verdict]}",
        "source": "",
        "tokens": [],
    }


def _described_error(error: Exception) -> str:
    return str(error) if isinstance(error, WorkerError) else "".join(traceback.format_exception(error))


_UNKNOWN = {
    "missing": "not handed in.",
    "ungraded": "the grader itself failed here, which says nothing about your code. It will be graded again.",
    "error": "what your code gave back takes too long to be judged, so this counts as an error.",
}


def _described(result: Result) -> dict[str, Any]:
    plain = result.as_json()
    return {
        **{name: plain[name] for name in ("verdict", "passed", "total", "mistakes", "tested", "feedback")},
        "case": result.case,
        "ending": result.ending,
        "seconds": round(result.ran, 3),
    }


class _Boxes:
    """Runs answers in the sandbox of the submission that is judged; `means`: how it isolates, in words."""

    def __init__(self, settings: Settings) -> None:
        modules = {find_exercise(each).module for each in settings.exercises}
        self._keeper = Keeper(asyncio=not modules.isdisjoint(ASYNCHRONOUS))
        self._box: Sandbox | None = None
        self._limits = replace(LIMITS, wall=settings.wall)
        self._time = settings.wall * SHARE * (1 + len(settings.exercises))  # seconds
        self.means = ", ".join(self._keeper.means)
        self.begin()

    def begin(self) -> None:
        """Begin with another submission."""
        self._left = self._time
        self._broken: dict[str, str] = {}
        self._unasked: dict[str, None] = {}

    def notes(self) -> list[str]:
        """Say of which answers there is more to know than their feedback tells."""
        notes = [
            f"{each}: what ran it failed, twice ({reason}). Code that changes Python itself does that. If "
            "yours doesn't, tell your instructor."
            for each, reason in self._broken.items()
        ]
        if self._unasked:
            listed = ", ".join(self._unasked)
            notes.append(
                f"{listed}: not all of it was run, since the time of a submission was used up by then."
            )
        return notes

    def run(
        self,
        answer: Answer,
        ops: Iterable[Op],
        callbacks: Mapping[str, Callable[..., object]] | None = None,
    ) -> Transcript:
        """Do the ops on the answer in a worker of its own, see `workers.run`. Raises WorkerError."""
        ops = as_tuple(ops)
        try:
            transcript = self._run_once(answer, ops, callbacks, together=True)
            if not transcript.torn:
                return transcript
        except (WorkerError, OSError):  # what an earlier answer left behind may have been the reason
            self.leave()
        try:
            return self._run_once(answer, ops, callbacks)
        except TamperedError as error:
            self.leave()
            self._broken[answer.exercise_id] = tame(str(error).strip().rpartition("\n")[2][:MOST_SAID])
            return Transcript(replace(BROKEN))
        except OSError as error:
            raise WorkerError(f"the sandbox gives no worker: {error}") from error

    def _run_once(
        self,
        answer: Answer,
        ops: tuple[Op, ...],
        callbacks: Mapping[str, Callable[..., object]] | None,
        *,
        together: bool = False,
    ) -> Transcript:
        if self._left <= 0:
            self._unasked[answer.exercise_id] = None
            return Transcript(replace(OUT_OF_TIME))
        begin = time.monotonic()
        if self._box is None:
            self._box = self._keeper.open()
        worker = Worker(self._box.start)
        try:
            transcript = worker.run(answer, ops, callbacks, replace(self._limits), together=together)
        finally:
            worker.end()
            self._left -= time.monotonic() - begin
        ended = any(isinstance(each, Ended) for each in (transcript.loaded, *transcript.outcomes))
        if ended or not self._box.is_clean:
            self.leave()
        return transcript

    def leave(self) -> None:
        """End the sandbox, with all that is left in it; the next answer gets a new one."""
        if self._box is not None:
            box, self._box = self._box, None
            box.end()

    def end(self) -> None:
        """End the sandbox, and what makes them."""
        self.leave()
        self._keeper.end()
