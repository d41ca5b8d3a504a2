"""What came of a submission, in sentences: for its author, in feedback and in what other programs show."""

from __future__ import annotations

import re

from ..build.exercises import file_of
from ..syllabus import all_exercises
from .course import Course
from .points import Grade
from .results import ExerciseResult, RunInfo, SubmissionResult

__all__ = [
    "GRADER_FAILED",
    "count_untried",
    "is_there",
    "say_hidden",
    "say_late",
    "say_missing",
    "say_nothing",
    "say_score",
    "say_summary",
    "say_untried",
    "say_verdict",
]

WORDS = {
    "passed": "passed",
    "failed": "not right yet",
    "error": "could not be loaded",
    "not-written": "not written yet",
    "missing": "not handed in",
    "ungraded": "not graded: the grader itself failed here",
}
OUT_OF_TIME = "not run: the time of the submission was used up before"
GRADER_FAILED = (
    "The grader itself failed on this submission, which says nothing about your code. "
    "There are no points yet; your instructor has been told."
)
NOTHING_THERE = "No exercise was found in what was handed in."
# Endings after which cases may have been left out, and what feedback says of the others that failed.
_TIMED_OUT = frozenset({"endless", "waiting", "out-of-time"})
_OTHERS = re.compile(r"^Besides +(\d+) other cases? fails?, too:", re.MULTILINE)


def say_verdict(exercise: ExerciseResult) -> str:
    """The verdict in words; code that passes what is shown and fails what is hidden is not simply right."""
    if exercise.fails_only_hidden:
        return "passed all that is shown, not all that is hidden"
    if exercise.verdict == "error" and exercise.ending == "out-of-time":
        return OUT_OF_TIME
    return WORDS[exercise.verdict]


def say_hidden(exercise: ExerciseResult) -> str:
    """How many hidden cases failed or passed; "" where there are none, or nothing was there to be tested."""
    failed, total = exercise.hidden_failed, exercise.hidden_total
    if not total or exercise.verdict in ("missing", "not-written", "ungraded"):
        return ""
    if failed:
        return f"{failed} hidden {'case' if failed == 1 else 'cases'} failed."
    return "The hidden case passed." if total == 1 else f"All {total} hidden cases passed."


def count_untried(exercise: ExerciseResult) -> int:
    """How many cases were left out, since others before them had taken all the time; 0 if none were.

    They count as not passed. The feedback names the case that failed first, and says how many others failed.
    """
    if exercise.verdict != "failed" or exercise.ending not in _TIMED_OUT:
        return 0
    besides = _OTHERS.search(exercise.feedback)
    failed = bool(exercise.case) + int(besides[1] if besides else 0)
    return max(exercise.total - exercise.passed - failed, 0)


def say_untried(exercise: ExerciseResult) -> str:
    """A sentence on the cases that were left out, or ""."""
    untried = count_untried(exercise)
    if not untried:
        return ""
    were = "was" if untried == 1 else "were"
    return f"{untried} of the {exercise.total} cases {were} not tried: others did not come to an end in time."


def say_missing(result: SubmissionResult, grade: Grade, run: RunInfo) -> str:
    """A sentence on what was not handed in, or ""."""
    missing = [number for number in grade.exercises if not result.exercise(number).is_there]
    if not missing:
        return ""
    if len(missing) == len(grade.exercises):
        return NOTHING_THERE
    files = {each.id: f" (exercises/{file_of(each.module)})" for each in all_exercises()}
    names = (f"{number} {run.names.get(number, '')}".strip() + files.get(number, "") for number in missing)
    return f"Not handed in: {', '.join(names)}."


def say_nothing(exercise: ExerciseResult, run: RunInfo) -> str:
    """What to say of an exercise about which `check` had nothing to say."""
    name = f"{exercise.exercise} {run.names.get(exercise.exercise, '')}".strip()
    if exercise.verdict == "missing":
        return f"{name}: nothing was handed in for it."
    return f"{name}: {say_verdict(exercise)}."


def say_score(grade: Grade, course: Course) -> str:
    """The points in a few words."""
    if not grade.is_known:
        return "No points yet: the grader failed"
    return f"{course.show(grade.points)} of {course.show(grade.maximum)} points"


def say_late(grade: Grade, course: Course) -> list[str]:
    """A sentence for each lesson that was late."""
    return [
        f"Lesson {each.lesson} was handed in {each.days} {'day' if each.days == 1 else 'days'} late: "
        f"{course.show(each.percent)} % of its points are taken off, "
        f"{course.show(each.points)} of {course.show(each.raw)} are left."
        for each in grade.lessons.values()
        if each.days and each.raw
    ]


def say_summary(result: SubmissionResult, grade: Grade, course: Course) -> str:
    """All of it in a line, for the gradebook's comments."""
    if not grade.is_known:
        return GRADER_FAILED
    parts = [say_score(grade, course) + ".", *result.problems, *say_late(grade, course)]
    if not is_there(result, grade):
        return " ".join([*parts, NOTHING_THERE])
    return " ".join(
        [*parts, "; ".join(_say_briefly(result.exercise(each)) for each in grade.exercises) + "."]
    )


def _say_briefly(exercise: ExerciseResult) -> str:
    cases = f" ({exercise.passed} of {exercise.total} cases)" if exercise.verdict == "failed" else ""
    hidden = (
        f", {say_hidden(exercise).rstrip('.')}" if exercise.hidden_failed and say_hidden(exercise) else ""
    )
    words = say_verdict(exercise) if exercise.verdict == "error" else WORDS[exercise.verdict]
    return f"{exercise.exercise} {words}{cases}{hidden}"


def is_there(result: SubmissionResult, grade: Grade) -> bool:
    """Whether anything was handed in that could be read."""
    return any(result.exercise(number).is_there for number in grade.exercises)
