"""When a submission was handed in: the time of its files, or what a CSV of the learning platform says."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .course import Course, CourseError, Late
from .results import SubmissionResult

__all__ = ["Times", "load_times"]


@dataclass(slots=True)
class Times:
    """Times of handing-in, by submission or student.

    Arguments:
        late: how course.toml asks for them, or None if nobody asks.
        listed: the rows of the CSV.
        unused: those of them that belong to no submission that was asked for until now.
    """

    late: Late | None = None
    listed: dict[str, datetime] = field(default_factory=dict)
    unused: dict[str, None] = field(init=False)  # in the order of the file

    def __post_init__(self) -> None:
        self.unused = dict.fromkeys(self.listed)

    def find(self, result: SubmissionResult) -> datetime | None:
        """When it was handed in; None if that is not known or does not matter."""
        if self.late is None:
            return None
        if self.late.time == "file":
            return _from_stamp(result.modified)
        names = result.submission, result.student
        for name in names:
            self.unused.pop(name, None)
        return next((self.listed[name] for name in names if name in self.listed), None)


def _from_stamp(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, OSError, ValueError):
        return None


def load_times(course: Course) -> Times:
    """Read the CSV that course.toml names, if it names one.

    Its first line is `submission,time`. A submission is called by its name or by the student's id. A time is
    written as 2026-11-22T23:59:00, with an offset or without; then it is in the zone of course.toml.

    Raises:
        CourseError: it can't be read; the text says which line is wrong.
    """
    late = course.late
    if late is None or isinstance(late.time, str):
        return Times(late)
    return Times(late, _read_table(late.time, late))


def _read_table(path: Path, late: Late) -> dict[str, datetime]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise CourseError(f"[late] time: {path} can't be read: {error.strerror or error}.") from None
    except (UnicodeError, csv.Error):
        raise CourseError(f"[late] time: {path} is not a CSV in UTF-8.") from None
    if not rows or [word.strip().lower() for word in rows[0][:2]] != ["submission", "time"]:
        raise CourseError(f"{path}: the first line is submission,time.")
    return dict(_read_row(path, number, row, late) for number, row in enumerate(rows[1:], 2) if any(row))


def _read_row(path: Path, number: int, row: list[str], late: Late) -> tuple[str, datetime]:
    try:
        name, word = row[0], row[1].strip()
        time = datetime.fromisoformat(word)
    except (IndexError, ValueError):
        raise CourseError(
            f"{path}, line {number}: {','.join(row)!r} is not a submission and a time such as "
            "2026-11-22T23:59:00."
        ) from None
    # In UTC, since Python counts hours between two times of one zone as its clocks do, not as they pass.
    return name, (time if time.tzinfo else time.replace(tzinfo=late.zone)).astimezone(UTC)
