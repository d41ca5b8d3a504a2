"""The command `grade`: every submission in a folder becomes a line of the journal, whatever happens."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ..cases import cases_of, collect_cases
from ..syllabus import LESSONS, Exercise, all_exercises
from .changes import say_changes
from .course import CourseError
from .course_file import load_course
from .executors import do_jobs, executor_for
from .hashing import hash_tests
from .hidden import HiddenError, read_hidden
from .jobs import lost_result
from .journal import Journal, JournalError
from .judging import TRUSTED, Settings
from .progress import Progress
from .sandbox import Keeper, SandboxError
from .submissions import Ambiguous, Submission, is_results, list_submissions, read_submission
from .times import load_times

__all__ = ["Refused", "Request", "grade"]


class Refused(Exception):
    """Nothing can be graded like this; the text says why and what to do."""


@dataclass(frozen=True)
class Request:
    """What the command was asked for.

    Arguments:
        submissions, out: the folders.
        lessons: the numbers of the lessons to grade; all that have exercises if there are none.
        hidden: a folder with hidden cases, written like those in tests/exercises.
        jobs: how many submissions at the same time; as many as there are processors if None.
        scheduler: the address of a Dask scheduler that hands out the jobs.
        seed: what the cases draw their inputs from; a new one for each run if None.
        trusted: run the submissions without a sandbox.
        course: the file that says what counts, for the report.
        named: those of the lessons that were named one by one, so that each must have exercises.
    """

    submissions: Path
    out: Path
    lessons: tuple[int, ...] = ()
    hidden: Path | None = None
    jobs: int | None = None
    scheduler: str | None = None
    seed: int | None = None
    trusted: bool = False
    course: Path | None = None
    named: Collection[int] = ()


def grade(request: Request) -> int:
    """Grade what is new or changed, and say how it went.

    Returns:
        0 if everything has a result, 1 if the grader itself failed somewhere.

    Raises:
        Refused: see there.
    """
    if not request.submissions.exists():
        raise Refused(f"There is nothing at {request.submissions}.")
    if request.submissions.suffix.lower() == ".zip":
        raise Refused(f"{request.submissions} is a zip file: unpack it, and name the folder.")
    _refuse_out(request)
    exercises = _exercises(request.lessons, request.named)
    _check_course(request)
    isolation = TRUSTED if request.trusted else _probe(request.scheduler)
    if request.trusted:
        print(_UNISOLATED, file=sys.stderr)
    try:
        with Journal(request.out) as journal:
            settings = _settings(request, exercises, journal)
            run = _describe(settings, exercises, request, isolation)
            say_changes(request.out, journal.read_run(), run)
            failed = _grade_all(request, settings, journal, run)
    except (JournalError, HiddenError) as error:
        raise Refused(str(error)) from None
    return 1 if failed else 0


def _probe(scheduler: str | None) -> str:
    """Say how this machine isolates; a cluster's machines say it themselves."""
    if scheduler is not None:
        return "as each machine of the cluster says"
    try:
        keeper = Keeper()
        try:
            keeper.try_out()
        finally:
            keeper.end()
    except SandboxError as error:
        raise Refused(_NO_SANDBOX.format(reason=error)) from None
    return ", ".join(keeper.means)


def _refuse_out(request: Request) -> None:
    """Refuse a folder for the results where they would be taken for a submission."""
    folder, out = request.submissions.resolve(), request.out.resolve()
    if folder.is_dir() and (out == folder or folder in out.parents):
        raise Refused(
            f"{request.out} lies in {request.submissions}, where it would be graded as a student: choose a "
            "folder for the results beside it."
        )


def _say_results_inside(folder: Path) -> None:
    """Name the folders that are no submissions, since they hold what was graded earlier."""
    found = [path.name for path in sorted(folder.iterdir()) if is_results(path)] if folder.is_dir() else []
    if found:
        print(f"Left out, since results of an earlier run are in it: {', '.join(found)}", file=sys.stderr)


def _check_course(request: Request) -> None:
    """Read course.toml before anything is graded, and the times that it names."""
    own = request.out / "course.toml"
    try:
        load_times(load_course(request.course or (own if own.is_file() else None)))
    except CourseError as error:
        raise Refused(f"{error}\nNothing was graded.") from None


def _exercises(lessons: Sequence[int], named: Collection[int] = ()) -> tuple[Exercise, ...]:
    """Return the exercises of these lessons; a range may have gaps, which are lessons to come."""
    found = tuple(each for each in all_exercises() if not lessons or each.lesson in lessons)
    empty = sorted(set(named) - {each.lesson for each in found}) or [*lessons][: not found]
    if empty:
        listed = ", ".join(str(lesson.number) for lesson in LESSONS if lesson.exercises)
        raise Refused(f"Lesson {empty[0]} has no exercises; these have: {listed}.")
    return found


def _settings(request: Request, exercises: Sequence[Exercise], journal: Journal) -> Settings:
    hidden = request.hidden
    seed = journal.seed_of_run() if request.seed is None else request.seed
    if seed is None:
        seed = secrets.randbelow(2**32)
    if hidden is not None:
        read_hidden(hidden, exercises, seed)
    return Settings(
        exercises=tuple(each.id for each in exercises),
        seed=seed,
        tests=hash_tests((each.lesson for each in exercises), hidden),
        hidden="" if hidden is None else str(hidden.resolve()),
        trusted=request.trusted,
    )


def _describe(
    settings: Settings, exercises: Sequence[Exercise], request: Request, isolation: str
) -> dict[str, Any]:
    hidden = collect_cases(request.hidden.resolve()) if request.hidden else {}
    return {
        "seed": settings.seed,
        "tests": settings.tests,
        "lessons": sorted({each.lesson for each in exercises}),
        "isolation": isolation,
        "hidden_folder": settings.hidden,
        **({"course": str(request.course.resolve())} if request.course else {}),
        "exercises": {
            each.id: {
                "name": each.name,
                "title": each.title,
                "total": len(cases_of(each)),
                "hidden_total": len(hidden.get(each.id, ())),
                "hidden": {case.name: case.title for case in hidden.get(each.id, ())},
            }
            for each in exercises
        },
    }


def _grade_all(request: Request, settings: Settings, journal: Journal, run: Mapping[str, Any]) -> int:
    """Grade what has no result yet, and return how many results are errors of the grader."""
    try:
        entries = list_submissions(request.submissions)
    except Ambiguous as error:
        raise Refused(str(error)) from None
    if not entries:
        raise Refused(f"There is no submission in {request.submissions}.")
    _say_results_inside(request.submissions)
    progress = Progress(len(entries))
    run = {**run, "submissions": [each.name for each in entries]}

    def read_new() -> Iterator[Submission]:
        for entry in entries:
            submission = read_submission(entry)
            if journal.has(
                submission.name, submission.hash, settings.tests, settings.exercises, settings.trusted
            ):
                progress.known_one()
            else:
                yield submission

    submissions = read_new()
    first = next(submissions, None)
    if first is None:
        journal.note_new(run)
        print(f"{progress.summary()}; nothing was new.", file=sys.stderr)
        return 0
    journal.describe_run(run, finished=False)
    failed = 0
    try:
        with executor_for(request.jobs, request.scheduler) as (executor, at_once):
            for result in _results(chain([first], submissions), settings, executor, at_once):
                journal.add(result)
                failed += result["error"] is not None
                progress.add()
    except ValueError as error:
        raise Refused(str(error)) from None
    finally:
        progress.close()
    journal.describe_run(run, finished=not failed)
    print(f"{progress.summary()}; seed {settings.seed}.", file=sys.stderr)
    return failed


def _results(
    submissions: Iterable[Submission], settings: Settings, executor: Executor, at_once: int
) -> Iterator[dict[str, Any]]:
    for submission, outcome in do_jobs(submissions, settings, executor, at_once):
        if isinstance(outcome, SandboxError):
            raise Refused(_NO_SANDBOX.format(reason=outcome))
        if isinstance(outcome, BaseException):
            yield lost_result(submission, settings, f"{type(outcome).__name__}: {outcome}")
        else:
            yield outcome


_UNISOLATED = """\
--trust-submissions: nothing is isolated. Whatever is graded runs as you, and may do all that you may."""
_NO_SANDBOX = """\
Submissions can't be isolated here: {reason}
Nothing was graded. Grade on a Linux host, or in a container (Containerfile says how). Where you trust
everybody who handed something in, --trust-submissions grades without isolation."""
