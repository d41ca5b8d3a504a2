"""results.json for Gradescope: what its autograder reads from /autograder/results/results.json.

Text is marked as plain ("text"), so that nothing a student wrote is shown as HTML. Where the grader failed
there is no file: Gradescope then says that the autograder failed, which is the truth, and keeps no score.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..course import Course
from ..points import Grade
from ..results import RunInfo, SubmissionResult
from ..sentences import say_hidden, say_late, say_nothing, say_untried

__all__ = ["gradescope_results"]


def gradescope_results(
    result: SubmissionResult, grade: Grade, run: RunInfo, course: Course
) -> dict[str, Any]:
    """Return what results.json holds.

    Arguments:
        result: what the grader found.
        grade: its points.
        run: names and titles of the exercises.
        course: how to round.

    Raises:
        ValueError: the grader failed on this submission, so there is nothing to say.
    """
    if not grade.is_known:
        raise ValueError("the grader failed, so there are no points")
    lines = [*result.problems, *say_late(grade, course)]
    return {
        "score": _number(grade.points, course),
        "execution_time": round(result.seconds, 3),
        "output": "\n".join(lines),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(result, number, grade, run, course) for number in grade.exercises],
        "extra_data": {"seed": result.seed, "tests": result.tests, "hash": result.hash},
    }


def _test(
    result: SubmissionResult, number: str, grade: Grade, run: RunInfo, course: Course
) -> dict[str, Any]:
    exercise = result.exercise(number)
    lines = [exercise.feedback or say_nothing(exercise, run), say_untried(exercise), say_hidden(exercise)]
    return {
        "name": f"{run.names.get(number, '')}: {run.exercises[number]}",
        "number": number,
        "score": _number(grade.exercises[number], course),
        "max_score": _number(grade.maxima[number], course),
        "status": "passed" if exercise.is_right else "failed",
        "output": "\n\n".join(filter(None, lines)),
        "visibility": "visible",
    }


def _number(points: Fraction, course: Course) -> float:
    return float(course.show(points))
