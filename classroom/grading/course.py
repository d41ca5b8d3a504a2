"""course.toml: what an exercise is worth, whether part of it counts, and what late days cost.

    title = "Computer networks, winter term"
    lessons = [4, 5]            # those that count; without this line all that were graded
    partial = true              # false: an exercise gives its points only if every case of it passes
    decimals = 2                # digits after the point; halves are rounded up, and only at the end

    [points]
    each = 1                    # for every exercise about which nothing else is said
    4 = 20                      # lesson 4 in all, shared out equally among its exercises
    "5.2" = 3                   # one exercise

    [late]
    time = "file"               # when it was handed in: the file's own time, or a CSV "submission,time",
                                # whose names are those of the first two columns of exports/points.csv
    deadline = 2026-11-22T23:59:00
    zone = "Europe/Berlin"      # for times that name no offset; "UTC" if it is not said
    grace = 15                  # minutes after the deadline in which nothing is taken off
    percent_per_day = 10        # for each day that has begun since the deadline
    maximum = 50                # percent that are taken off at most

    [late.deadlines]            # lessons with a deadline of their own
    5 = 2026-11-29T23:59:00

    [columns]                   # how the gradebook calls the assignment of a lesson; "Lesson 4" otherwise
    4 = "Handshake (1234567)"

Without the file each exercise is worth 1 point, a part of its cases that part of it, and nothing is late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from ..syllabus import LESSONS

__all__ = ["Course", "CourseError", "Late"]


class CourseError(ValueError):
    """course.toml can't be used; the text says where, why and what to write in its place."""


@dataclass(frozen=True, slots=True)
class Late:
    """What being late costs.

    Arguments:
        time: "file", or the path of the CSV that says when a submission was handed in.
        zone: for times that name no offset.
        deadline: for every lesson that is not in `deadlines`; None if there is none.
        deadlines: by lesson.
        grace: after the deadline, in which nothing is taken off.
        percent_per_day: of the points, for each day that has begun since the deadline.
        maximum: percent that are taken off at most.
    """

    time: str | Path = "file"
    zone: tzinfo = UTC
    deadline: datetime | None = None
    deadlines: Mapping[int, datetime] = field(default_factory=dict)
    grace: timedelta = timedelta(0)
    percent_per_day: Fraction = Fraction(0)
    maximum: Fraction = Fraction(100)

    def deadline_of(self, lesson: int) -> datetime | None:
        """When a lesson has to be handed in; None if any time will do."""
        return self.deadlines.get(lesson, self.deadline)

    def days(self, lesson: int, handed_in: datetime | None) -> int:
        """The days by which something is late, each that has begun counted whole; 0 within the grace."""
        deadline = self.deadline_of(lesson)
        if deadline is None or handed_in is None or handed_in <= deadline + self.grace:
            return 0
        return -((deadline - handed_in) // timedelta(days=1))

    def percent(self, days: int) -> Fraction:
        """What so many days take off, in percent of the points."""
        return min(self.percent_per_day * days, self.maximum)


@dataclass(frozen=True, slots=True)
class Course:
    """What course.toml says.

    Arguments:
        title: above the report and the feedback.
        lessons: those that count; empty for all that were graded.
        partial: whether a part of an exercise's cases gives that part of its points.
        decimals: digits after the point.
        each: points of an exercise about which nothing else is said.
        by_lesson: points of whole lessons.
        by_exercise: points of single exercises.
        late: what being late costs, or None if nothing is late.
        columns: what the gradebook calls a lesson's assignment.
    """

    title: str = "minews"
    lessons: tuple[int, ...] = ()
    partial: bool = True
    decimals: int = 2
    each: Fraction = Fraction(1)
    by_lesson: Mapping[int, Fraction] = field(default_factory=dict)
    by_exercise: Mapping[str, Fraction] = field(default_factory=dict)
    late: Late | None = None
    columns: Mapping[int, str] = field(default_factory=dict)
    _worth: dict[str, Fraction] = field(default_factory=dict, compare=False, repr=False)

    def counts(self, exercise: str) -> bool:
        """Whether an exercise belongs to a lesson that counts."""
        return not self.lessons or _lesson_of(exercise) in self.lessons

    def points(self, exercise: str) -> Fraction:
        """What an exercise is worth, exactly."""
        if exercise not in self._worth:
            self._worth[exercise] = self._find_worth(exercise)
        return self._worth[exercise]

    def _find_worth(self, exercise: str) -> Fraction:
        lesson = _lesson_of(exercise)
        if exercise in self.by_exercise or lesson not in self.by_lesson:
            return self.by_exercise.get(exercise, self.each)
        rest = self.by_lesson[lesson] - sum(self.by_exercise.get(each, 0) for each in exercises_of(lesson))
        others = [each for each in exercises_of(lesson) if each not in self.by_exercise]
        return rest / len(others)

    def column(self, lesson: int) -> str:
        """What the gradebook calls the assignment of a lesson."""
        return self.columns.get(lesson, f"Lesson {lesson}")

    def show(self, points: Fraction) -> str:
        """Points for people and gradebooks: rounded, halves up, without zeros at the end."""
        return _round(points, self.decimals)


@lru_cache(65536)
def _round(points: Fraction, decimals: int) -> str:
    scale = 10**decimals
    whole, part = divmod((points * scale * 2 + 1) // 2, scale)
    return f"{whole}.{part:0{decimals}}".rstrip("0").rstrip(".") if decimals else str(whole)


def exercises_of(lesson: int) -> tuple[str, ...]:
    """The numbers of the exercises of a lesson."""
    return tuple(exercise.id for each in LESSONS if each.number == lesson for exercise in each.exercises)


def _lesson_of(exercise: str) -> int:
    return int(exercise.partition(".")[0])
