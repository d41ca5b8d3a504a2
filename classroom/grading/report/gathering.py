"""What a report needs of ten thousand results: counts and short texts, without the long ones."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from ..points import Grade
from ..results import ExerciseResult, SubmissionResult

__all__ = ["Class", "Row", "Slow", "Stop"]

MANY_TIMES = 5  # the class's median
MORE_THAN = 0.5  # seconds beyond it: below that nobody waits, and clocks and other programs decide
FEWEST = 5  # answers to an exercise, before their time says what is usual
ENDINGS = {
    "endless": "it never came back",
    "waiting": "it waited for what never came",
    "memory": "it took more memory than there is",
    "recursion": "it called itself without end",
    "crash": "it crashed Python",
    "exit": "it ended the program",
    "os-exit": "it ended the program",
    "output": "it printed without end",
    "garbled": "it broke the connection over which it is checked",
    "out-of-time": "the time of the submission was used up before",
    "overtime": "what it gave back took too long to be judged",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One submission in the report."""

    submission: str
    student: str
    person: str
    grade: Grade
    late: bool
    problems: tuple[str, ...]
    error: str
    seconds: float
    seed: int = 0
    absent: frozenset[int] = frozenset()  # lessons of which nothing was handed in that could be read
    is_empty: bool = False  # whether that are all


@dataclass(frozen=True, slots=True)
class Slow:
    """An answer whose time stands out: who, which exercise, how long, and why it is named."""

    place: int
    exercise: str
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Stop:
    """How many came as far as an exercise, having passed all before it in its lesson, and did not pass it.

    Whoever handed in nothing for the lesson that could be read is not among them.
    """

    exercise: str
    stopped: int
    arrived: int


@dataclass(slots=True)
class Class:
    """All results of a class; `add` them in order, places count from 0.

    Arguments:
        exercises: the numbers of those that count, in the order of the course.
    """

    exercises: Sequence[str]
    rows: list[Row] = field(default_factory=list)
    verdicts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    hidden_failed: Counter[str] = field(default_factory=Counter)
    hidden_asked: Counter[str] = field(default_factory=Counter)
    hidden_cases: Counter[tuple[str, str]] = field(default_factory=Counter)
    hidden_alone: Counter[tuple[str, str]] = field(default_factory=Counter)  # of who passed all that is shown
    earned: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    mistakes: Counter[tuple[str, str]] = field(default_factory=Counter)
    cases: Counter[tuple[str, str]] = field(default_factory=Counter)
    times: dict[str, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    timed: dict[str, array[int]] = field(default_factory=lambda: defaultdict(lambda: array("L")))
    ended: list[Slow] = field(default_factory=list)
    prints: list[dict[str, array[int]]] = field(default_factory=list)
    first_missed: Counter[str] = field(default_factory=Counter)
    done: int = 0
    absent: Counter[int] = field(default_factory=Counter)

    def add(self, result: SubmissionResult, grade: Grade) -> None:
        """Count one result; one on which the grader failed counts only as that."""
        place = len(self.rows)
        lessons = {_lesson_of(number) for number in self.exercises}
        there = {_lesson_of(each) for each in self.exercises if result.exercise(each).is_there}
        absent = frozenset() if result.error else frozenset(lessons - there)
        self.rows.append(
            Row(
                result.submission,
                result.student,
                result.person,
                grade,
                result.late,
                result.problems,
                result.error,
                result.seconds,
                result.seed,
                absent,
                absent >= lessons,
            )
        )
        self.prints.append({})
        if result.error:
            return
        missed: dict[int, str] = {}  # by lesson, since each can be done without the others
        for number in self.exercises:
            exercise, is_there = result.exercise(number), _lesson_of(number) in there
            self._count(place, exercise, float(grade.exercises[number]) if is_there else None)
            if not exercise.is_right and is_there:
                missed.setdefault(_lesson_of(number), number)
        self.first_missed.update(missed.values())
        self.absent.update(absent)
        self.done += not missed and not absent

    def _count(self, place: int, exercise: ExerciseResult, earned: float | None) -> None:
        number = exercise.exercise
        self.verdicts[number][exercise.verdict] += 1
        self.hidden_failed[number] += exercise.fails_only_hidden
        if earned is not None:
            self.earned[number].append(earned)
        if exercise.verdict in ("missing", "not-written", "ungraded"):
            return
        self._count_hidden(exercise)
        if exercise.mistakes:
            self.mistakes[number, exercise.mistakes[0]] += 1
        elif exercise.case:
            self.cases[number, exercise.case] += 1
        if exercise.ending:
            why = ENDINGS.get(exercise.ending, exercise.ending)
            self.ended.append(Slow(place, number, exercise.seconds, f"stopped: {why}"))
        else:
            self.times[number].append(exercise.seconds)
            self.timed[number].append(place)
        if exercise.tokens:
            self.prints[place][number] = exercise.tokens

    def _count_hidden(self, exercise: ExerciseResult) -> None:
        if exercise.verdict == "error" or len(exercise.hidden_names) != exercise.hidden_failed:
            return  # not asked, or by a grader that did not name them
        number = exercise.exercise
        self.hidden_asked[number] += bool(exercise.hidden_total)
        self.hidden_cases.update((number, name) for name in exercise.hidden_names)
        if exercise.fails_only_hidden:
            self.hidden_alone.update((number, name) for name in exercise.hidden_names)

    @property
    def graded(self) -> list[Row]:
        """The submissions that have points."""
        return [row for row in self.rows if not row.error]

    @property
    def counted(self) -> list[Row]:
        """Those of them that count for median and mean: who handed in something that could be read."""
        return [row for row in self.graded if not row.is_empty]

    def stops(self) -> list[Stop]:
        """For each exercise how many came to it, and how many of them no further in its lesson."""
        left: dict[int, int] = {}
        found = []
        for number in self.exercises:
            lesson = _lesson_of(number)
            arrived = left.setdefault(lesson, len(self.graded) - self.absent[lesson])
            found.append(Stop(number, self.first_missed[number], arrived))
            left[lesson] -= self.first_missed[number]
        return found

    def usual_times(self) -> Mapping[str, float]:
        """The median of the seconds that an exercise takes, of answers that came back by themselves."""
        return {number: median(times) for number, times in self.times.items() if len(times) >= FEWEST}

    def slow(self) -> list[Slow]:
        """Answers that were stopped or slow, the slowest first.

        That is an answer that the grader had to stop, and one that came back by itself and took more than
        MANY_TIMES the median of the class for this exercise, and MORE_THAN seconds beyond it.
        """
        return sorted([*self.ended, *self._far_from_the_class()], key=lambda each: -each.seconds)

    def _far_from_the_class(self) -> Iterator[Slow]:
        for number, usual in self.usual_times().items():
            for place, seconds in zip(self.timed[number], self.times[number], strict=True):
                if seconds > MANY_TIMES * usual and seconds > usual + MORE_THAN:
                    times = seconds / usual if usual else 0
                    why = f"{times:,.0f} times the median of the class" if times else "the median is 0"
                    yield Slow(place, number, seconds, why)


def _lesson_of(exercise: str) -> int:
    return int(exercise.partition(".")[0])
