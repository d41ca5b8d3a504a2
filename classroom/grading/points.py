"""Points: exact fractions from the results and course.toml, rounded only where they are written down.

A submission that the grader failed on has no points at all, which is not the same as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from .course import Course
from .results import ExerciseResult, RunInfo, SubmissionResult

__all__ = [
    "Grade",
    "LessonGrade",
    "counted_exercises",
    "exercise_points",
    "grade_submission",
    "maximum_points",
]


@dataclass(frozen=True, slots=True)
class LessonGrade:
    """The points of one lesson: what was earned, what is left of it, and out of how many.

    `days` is by how many days it was late, and `percent` what that takes off.
    """

    lesson: int
    raw: Fraction
    points: Fraction
    maximum: Fraction
    days: int = 0
    percent: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Grade:
    """The points of one submission. `is_known` is False where the grader failed: then there are none."""

    exercises: Mapping[str, Fraction]
    lessons: Mapping[int, LessonGrade]
    handed_in: datetime | None = None
    is_known: bool = True
    maxima: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def points(self) -> Fraction:
        """All points, after what being late took off."""
        return sum((each.points for each in self.lessons.values()), Fraction(0))

    @property
    def maximum(self) -> Fraction:
        """All points that could be had."""
        return sum((each.maximum for each in self.lessons.values()), Fraction(0))

    @property
    def taken_off(self) -> Fraction:
        """What being late took off."""
        return sum((each.raw - each.points for each in self.lessons.values()), Fraction(0))

    @property
    def days(self) -> int:
        """The most days by which a lesson was late."""
        return max((each.days for each in self.lessons.values()), default=0)


def counted_exercises(run: RunInfo, course: Course) -> tuple[str, ...]:
    """The exercises of the run that count, in the order of the course."""
    return tuple(number for number in run.exercises if course.counts(number))


def maximum_points(exercises: Sequence[str], course: Course) -> dict[int, Fraction]:
    """What can be had in each lesson."""
    found: dict[int, Fraction] = {}
    for number in exercises:
        lesson = int(number.partition(".")[0])
        found[lesson] = found.get(lesson, Fraction(0)) + course.points(number)
    return found


def exercise_points(result: ExerciseResult, course: Course) -> Fraction:
    """What an exercise earned, exactly, before anything is taken off for being late."""
    passed, total = result.passed + result.hidden_passed, result.total + result.hidden_total
    if not total or result.verdict in ("missing", "not-written"):
        return Fraction(0)
    worth = course.points(result.exercise)
    if not course.partial:
        return worth if passed == total else Fraction(0)
    return _take_part(worth, min(passed, total), total)


@lru_cache(65536)
def _take_part(worth: Fraction, passed: int, total: int) -> Fraction:
    return worth * passed / total


def grade_submission(
    result: SubmissionResult, exercises: Sequence[str], course: Course, handed_in: datetime | None = None
) -> Grade:
    """Give a submission its points.

    Arguments:
        result: what the grader found.
        exercises: those that count, see `counted_exercises`.
        course: what they are worth.
        handed_in: when; None if that is not known, and then nothing is late.
    """
    maxima = {number: course.points(number) for number in exercises}
    if result.error:
        lessons = {
            lesson: LessonGrade(lesson, Fraction(0), Fraction(0), most)
            for lesson, most in maximum_points(exercises, course).items()
        }
        return Grade({}, lessons, handed_in, False, maxima)
    earned = {number: exercise_points(result.exercise(number), course) for number in exercises}
    there = {int(number.partition(".")[0]) for number in exercises if result.exercise(number).is_there}
    lessons = {
        lesson: _grade_lesson(lesson, earned, most, course, handed_in, lesson in there)
        for lesson, most in maximum_points(exercises, course).items()
    }
    return Grade(earned, lessons, handed_in, True, maxima)


def _grade_lesson(
    lesson: int,
    earned: Mapping[str, Fraction],
    maximum: Fraction,
    course: Course,
    handed_in: datetime | None,
    is_there: bool,
) -> LessonGrade:
    """Give a lesson its points; what is not there at all is missing, and not late as well."""
    raw = sum((points for number, points in earned.items() if number.startswith(f"{lesson}.")), Fraction(0))
    days = course.late.days(lesson, handed_in) if course.late and is_there else 0
    percent = course.late.percent(days) if course.late else Fraction(0)
    return LessonGrade(lesson, raw, raw * (100 - percent) / 100, maximum, days, percent)
