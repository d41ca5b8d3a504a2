"""Results as the grader writes them: one JSON line a submission in results.jsonl, and run.json beside it.

The last line of a submission counts, since a journal may hold older ones. A line that was torn when a run was
killed is left out and named, never an error. Lines are read one at a time, so that ten thousand fit anywhere.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..syllabus import all_exercises

__all__ = [
    "VERDICTS",
    "ExerciseResult",
    "Journal",
    "RunInfo",
    "SubmissionResult",
    "clean_text",
    "open_journal",
    "read_result",
    "read_run",
]

VERDICTS = ("passed", "failed", "error", "not-written", "missing", "ungraded")


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """What came of one exercise of one submission.

    Arguments:
        exercise: its number, such as "4.2".
        verdict: one of VERDICTS; "ungraded" where the grader itself failed on this exercise.
        passed, total: visible cases.
        hidden_passed, hidden_total: hidden cases, of which students see only how many passed.
        hidden_names: names of the hidden cases that failed, which no student sees.
        mistakes: names of known mistakes, the best explanation first.
        case: the title of the first visible case that failed, or "".
        ending: how the code ended where it did not come back ("endless", "memory", "crash" ...), or "".
        seconds: how long the exercise took.
        tested: file, lines and hash of what was tested, as a sentence for people, or "".
        feedback: the words that `check` would print.
        tokens: the fingerprint of the code, see `copies.fingerprint`.
        source: the code itself, where the grader kept it, else "".
    """

    exercise: str
    verdict: str
    passed: int = 0
    total: int = 0
    hidden_passed: int = 0
    hidden_total: int = 0
    hidden_names: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    case: str = ""
    ending: str = ""
    seconds: float = 0.0
    tested: str = ""
    feedback: str = ""
    tokens: array[int] = field(default_factory=lambda: array("Q"))
    source: str = ""

    @property
    def hidden_failed(self) -> int:
        """The number of hidden cases that did not pass."""
        return self.hidden_total - self.hidden_passed

    @property
    def is_right(self) -> bool:
        """Whether it passed every case, those that are hidden too."""
        return self.verdict == "passed" and not self.hidden_failed

    @property
    def fails_only_hidden(self) -> bool:
        """Whether it passed every case that is shown, and failed a hidden one."""
        return self.verdict == "passed" and self.hidden_failed > 0

    @property
    def is_there(self) -> bool:
        """Whether something was handed in for it."""
        return self.verdict != "missing"


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """What came of one submission; the names are those of `Submission`.

    `error` is what went wrong in the grader itself, or "": then nothing here says anything about the student.
    """

    submission: str
    student: str
    person: str = ""
    hash: str = ""
    tests: str = ""
    seed: int = 0
    modified: float = 0.0
    late: bool = False
    isolation: str = ""
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    error: str = ""
    exercises: Mapping[str, ExerciseResult] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What to call the student: the person's name where it is known, else the id."""
        return self.person or self.student or self.submission

    def exercise(self, number: str) -> ExerciseResult:
        """The result of an exercise; one that does not appear is missing."""
        return self.exercises.get(number) or ExerciseResult(number, "missing")


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What run.json says of the whole run. `exercises` are their titles by number, in the course's order.

    `hidden` are the titles of the hidden cases by number and name, for the instructor alone.
    `submissions` are the names of those that were in the folder; None if that is not recorded.
    """

    seed: int = 0
    tests: str = ""
    isolation: str = ""
    made: str = ""
    lessons: tuple[int, ...] = ()
    exercises: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    course: str = ""
    hidden: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    submissions: frozenset[str] | None = None

    def has(self, submission: str) -> bool:
        """Whether a submission was in the folder when it was last graded, as far as that is recorded."""
        return self.submissions is None or submission in self.submissions


@dataclass(slots=True)
class Journal:
    """The newest result of each submission in a file, read from it when it is asked for."""

    path: Path
    places: dict[str, int]  # where the line of each submission begins, in bytes
    unread: tuple[int, ...]  # numbers of the lines that could not be read
    torn: bool  # whether the last line was cut off

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[SubmissionResult]:
        """All results, ordered by the name of the submission."""
        with self.path.open("rb") as file:
            for name in sorted(self.places):
                file.seek(self.places[name])
                yield read_result(json.loads(file.readline()))

    def find(self, name: str) -> SubmissionResult:
        """The result of one submission.

        Raises:
            KeyError: there is none.
        """
        with self.path.open("rb") as file:
            file.seek(self.places[name])
            return read_result(json.loads(file.readline()))


def open_journal(path: Path) -> Journal:
    """Find the lines that count in a results.jsonl.

    Raises:
        OSError: the file can't be read.
    """
    places: dict[str, int] = {}
    unread, start, torn = [], 0, False
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                places[read_result(json.loads(line)).submission] = start
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                torn = not line.endswith(b"\n")
                if line.strip() and not torn:
                    unread.append(number)
            start += len(line)
    return Journal(path, places, tuple(unread), torn)


def read_run(path: Path, results: Journal | None = None) -> RunInfo:
    """Read run.json; what it does not say is taken from the results and the syllabus.

    Arguments:
        path: the file, which may be missing.
        results: where to look for the exercises if the file names none.
    """
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        data = {}
    data = data if isinstance(data, dict) else {}
    listed = data.get("exercises") or {}
    found = set(listed) or {number for each in results or () for number in each.exercises}
    known = {exercise.id: exercise for exercise in all_exercises()}
    order = [number for number in known if number in found] + sorted(found - set(known))
    entry = {number: _entry(listed.get(number)) for number in order}
    titles = {
        number: clean_text(entry[number].get("title") or getattr(known.get(number), "title", number))
        for number in order
    }
    names = {
        number: clean_text(entry[number].get("name") or getattr(known.get(number), "name", ""))
        for number in order
    }
    lessons = data.get("lessons") or sorted({int(number.partition(".")[0]) for number in order})
    words = {key: clean_text(data.get(key, "")) for key in ("tests", "isolation", "made", "course")}
    listed = data.get("submissions")
    return RunInfo(
        seed=int(data.get("seed", 0)),
        lessons=tuple(lessons),
        exercises=titles,
        names=names,
        hidden={number: _hidden_titles(entry[number]) for number in order},
        submissions=frozenset(map(clean_text, listed)) if isinstance(listed, list) else None,
        **words,
    )


def _hidden_titles(entry: Mapping[str, Any]) -> dict[str, str]:
    return {clean_text(name): clean_text(title) for name, title in _entry(entry.get("hidden")).items()}


def _entry(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def read_result(data: Mapping[str, Any]) -> SubmissionResult:
    """Make a typed result of one JSON line.

    Raises:
        KeyError, TypeError, ValueError: it is not the line of a submission.
    """
    name = data["submission"]
    if not isinstance(name, str) or not isinstance(data["exercises"], dict):
        raise TypeError("not the line of a submission")
    words = {key: clean_text(data.get(key)) for key in ("person", "hash", "tests", "isolation", "error")}
    return SubmissionResult(
        submission=clean_text(name),
        student=clean_text(data.get("student") or name),
        seed=int(data.get("seed") or 0),
        modified=float(data.get("modified") or 0),
        late=bool(data.get("late")),
        seconds=float(data.get("seconds") or 0),
        problems=tuple(map(clean_text, data.get("problems") or ())),
        exercises={number: _read_exercise(number, each) for number, each in data["exercises"].items()},
        **words,
    )


def _read_exercise(number: str, data: Mapping[str, Any]) -> ExerciseResult:
    if data["verdict"] not in VERDICTS:
        raise ValueError(f"{data['verdict']!r} is no verdict")
    return ExerciseResult(
        exercise=number,
        verdict=data["verdict"],
        passed=int(data.get("passed") or 0),
        total=int(data.get("total") or 0),
        hidden_passed=int(data.get("hidden_passed") or 0),
        hidden_total=int(data.get("hidden_total") or 0),
        hidden_names=tuple(map(clean_text, data.get("hidden_failed") or ())),
        mistakes=tuple(map(clean_text, data.get("mistakes") or ())),
        case=clean_text(data.get("case")),
        ending=clean_text(data.get("ending")),
        seconds=float(data.get("seconds") or 0),
        tested=_say_tested(data.get("tested")),
        feedback=clean_text(data.get("feedback")),
        tokens=array("Q", data.get("tokens") or ()),
        source=clean_text(data.get("source")),
    )


def _say_tested(data: object) -> str:
    if not isinstance(data, dict) or not data.get("file"):
        return ""
    first, last = [*(data.get("lines") or ()), 0, 0][:2]
    return clean_text(f"{data['file']}, lines {first} to {last}, {data.get('hash', '')}")


def clean_text(value: object) -> str:
    """A text that every file can hold: halves of surrogate pairs become U+FFFD, None becomes ""."""
    text = "" if value is None else str(value)
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
