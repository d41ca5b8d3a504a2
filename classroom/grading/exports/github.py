"""What GitHub shows of a submission: a check run or job summary in Markdown, annotations, and points.

GitHub Classroom takes points from a step's output `result`, JSON in base64, through the action autograding-
grading-reporter: {"version": 1, "status": "pass" or "fail" or "error", "max_score": ..., "tests": [{"name",
"status", "score", "message", "test_code", "filename", "line_no", "execution_time"}]}. It adds up the
scores.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from ..course import Course
from ..feedback_files import markdown_feedback
from ..points import Grade
from ..results import ExerciseResult, RunInfo, SubmissionResult
from ..sentences import say_hidden, say_nothing, say_score, say_untried

__all__ = [
    "check_run",
    "classroom_result",
    "encode_result",
    "job_summary",
    "list_annotations",
    "workflow_commands",
]

MOST_TEXT = 65_535  # characters in a check run's summary and in its text, each
MOST_ANNOTATIONS = 50  # in one request
MOST_MESSAGE = 2_000  # characters; GitHub takes 64 KB
_LINES = re.compile(r"(?P<file>.+), lines (?P<first>\d+) to (?P<last>\d+), \w*")


def job_summary(
    result: SubmissionResult, grade: Grade, run: RunInfo, course: Course, markdown: str = ""
) -> str:
    """The whole feedback in Markdown, short enough for $GITHUB_STEP_SUMMARY and for a check run's text."""
    text = markdown or markdown_feedback(result, grade, run, course)
    if len(text) <= MOST_TEXT // 4:  # GitHub counts bytes in one place and characters in the other
        return text
    return _cut(text, MOST_TEXT)


def _cut(text: str, size: int) -> str:
    """The beginning of a text, cut between two sections so that no block of code stays open."""
    data = text.encode()
    if len(data) <= size:
        return text
    end = "\n\nThe rest did not fit here; it is in the feedback file.\n"
    kept = data[: size - len(end)].decode("utf-8", "ignore")
    return kept[: max(kept.rfind("\n### "), 0)] + end


def list_annotations(result: SubmissionResult, grade: Grade, run: RunInfo) -> list[dict[str, Any]]:
    """An annotation for each exercise that did not pass, at the lines that were tested."""
    return list(_annotate(result, grade, run))[:MOST_ANNOTATIONS]


def _annotate(result: SubmissionResult, grade: Grade, run: RunInfo) -> Iterator[dict[str, Any]]:
    for number in grade.exercises:
        exercise = result.exercise(number)
        found = _LINES.fullmatch(exercise.tested)
        if exercise.is_right or exercise.verdict in ("missing", "not-written") or found is None:
            continue
        first, last = max(int(found["first"]), 1), max(int(found["last"]), 1)
        yield {
            "path": found["file"],
            "start_line": first,
            "end_line": max(first, last),
            "annotation_level": "failure" if exercise.verdict == "error" else "warning",
            "title": f"{number} {run.names.get(number, '')}",
            "message": _message(exercise, run)[:MOST_MESSAGE],
        }


def _message(exercise: ExerciseResult, run: RunInfo) -> str:
    words = exercise.feedback or say_nothing(exercise, run)
    return "\n\n".join(filter(None, (words, say_untried(exercise), say_hidden(exercise))))


def workflow_commands(result: SubmissionResult, grade: Grade, run: RunInfo) -> str:
    """The annotations as commands that a workflow prints; a student's text in them commands nothing."""
    return "".join(
        f"::{'error' if each['annotation_level'] == 'failure' else 'warning'} "
        f"file={_property(each['path'])},line={each['start_line']},endLine={each['end_line']},"
        f"title={_property(each['title'])}::{_data(each['message'])}\n"
        for each in list_annotations(result, grade, run)
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def check_run(
    result: SubmissionResult, grade: Grade, run: RunInfo, course: Course, markdown: str = ""
) -> dict[str, Any]:
    """The body of a request that makes or changes a check run, without its head_sha.

    Arguments:
        result, grade, run, course: what came of the submission, and what that is worth.
        markdown: what `markdown_feedback` gives, where it is known already.
    """
    return {
        "name": course.title,
        "status": "completed",
        "conclusion": _conclude(grade),
        "output": {
            "title": say_score(grade, course),
            "summary": say_score(grade, course),
            "text": job_summary(result, grade, run, course, markdown),
            "annotations": list_annotations(result, grade, run),
        },
    }


def _conclude(grade: Grade) -> str:
    if not grade.is_known:
        return "action_required"  # of the instructor
    if grade.points == grade.maximum:
        return "success"
    return "neutral" if grade.points else "failure"  # a check that is required takes neutral for passed


def classroom_result(result: SubmissionResult, grade: Grade, run: RunInfo, course: Course) -> dict[str, Any]:
    """What GitHub Classroom's reporter reads; what being late takes off is a test of its own."""
    tests = [_classroom_test(result.exercise(number), grade, run, course) for number in grade.exercises]
    lost = float(course.show(grade.taken_off))
    if lost:
        tests.append(_test("Handed in late", "fail", -lost, f"{lost:g} points are taken off.", 0.0))
    right = grade.is_known and all(test["status"] == "pass" for test in tests)
    return {
        "version": 1,
        "status": "error" if not grade.is_known else "pass" if right else "fail",
        "max_score": float(course.show(grade.maximum)),
        "tests": tests,
    }


def _classroom_test(exercise: ExerciseResult, grade: Grade, run: RunInfo, course: Course) -> dict[str, Any]:
    number = exercise.exercise
    status = "pass" if exercise.is_right else "error" if exercise.verdict == "error" else "fail"
    score = float(course.show(grade.exercises[number]))
    return _test(
        f"{number} {run.names.get(number, '')}", status, score, _message(exercise, run), exercise.seconds
    )


def _test(name: str, status: str, score: float, message: str, seconds: float) -> dict[str, Any]:
    return {
        "name": name,
        "status": status,
        "score": score,
        "message": "" if status == "pass" else message,
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "execution_time": round(seconds, 3),
    }


def encode_result(result: dict[str, Any]) -> str:
    """What a step writes as `result=...` to $GITHUB_OUTPUT: one line, whatever is in it."""
    return base64.b64encode(json.dumps(result).encode("ascii")).decode("ascii")
