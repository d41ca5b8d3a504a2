"""Reading course.toml, strictly: whatever is wrong in it is said with its place and what to write instead."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ..syllabus import LESSONS, all_exercises
from .course import Course, CourseError, Late, exercises_of

__all__ = ["load_course"]

KEYS = ("title", "lessons", "partial", "decimals", "points", "late", "columns")
LATE_KEYS = ("time", "deadline", "zone", "grace", "percent_per_day", "maximum", "deadlines")
# Canvas leaves out a column whose title has one of these in it.
NOT_IN_CANVAS = tuple(
    f"{kind} {what}" for kind in ("Current", "Final", "Override") for what in ("Score", "Points", "Grade")
)


def load_course(path: Path | None) -> Course:
    """Read a course.toml.

    Arguments:
        path: the file; None for a course without one.

    Raises:
        CourseError: it can't be read, or says something that can't be meant.
    """
    if path is None:
        return Course()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return _read_course(data, path.absolute().parent)
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror or error}.") from None
    except UnicodeError:
        raise CourseError(f"{path} is not text in UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path} is not TOML: {error}.{_dotted_hint(str(error))}") from None
    except CourseError as error:
        raise CourseError(f"{path}: {error}") from None


def _dotted_hint(error: str) -> str:
    """Where a lesson and an unquoted exercise of it meet, TOML only says that something is there twice."""
    overwrites = "overwrite" in error or "immutable" in error
    return ' The number of an exercise stands in quotes: "5.2" = 3.' if overwrites else ""


def _read_course(data: dict[str, Any], folder: Path) -> Course:
    _refuse_unknown(data, KEYS, "")
    by_lesson, by_exercise, each = _read_points(_table(data, "points"))
    course = Course(
        title=_read_text(data, "title", "minews"),
        lessons=_read_lessons(data.get("lessons", [])),
        partial=_read_bool(data, "partial", True),
        decimals=_read_decimals(data.get("decimals", 2)),
        each=each,
        by_lesson=by_lesson,
        by_exercise=by_exercise,
        late=_read_late(_table(data, "late"), folder) if "late" in data else None,
        columns=_read_columns(_table(data, "columns")),
    )
    for lesson in by_lesson:
        _check_shares(course, lesson)
    return course


def _refuse_unknown(data: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            meant = f" Do you mean {near[0]!r}?" if near else f" It may hold: {', '.join(known)}."
            raise CourseError(f"{where or 'the file'} has no entry {key!r}.{meant}")


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise CourseError(f"{key} is a table, written as [{key}], not {value!r}.")
    return value


def _read_text(data: Mapping[str, Any], key: str, default: str) -> str:
    value = data.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise CourseError(f"{key} is a text in quotes, not {value!r}.")
    return " ".join(value.split())


def _read_bool(data: Mapping[str, Any], key: str, default: bool) -> bool:
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise CourseError(f"{key} is true or false, not {value!r}.")
    return value


def _read_decimals(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 6:
        raise CourseError(f"decimals is a number from 0 to 6, not {value!r}.")
    return value


def _read_lessons(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(isinstance(each, int) for each in value):
        raise CourseError(f"lessons is a list of numbers such as [4, 5], not {value!r}.")
    return tuple(_find_lesson(str(each), "lessons") for each in dict.fromkeys(value))


def _find_lesson(word: str, where: str) -> int:
    known = [str(lesson.number) for lesson in LESSONS if lesson.exercises]
    if word not in known:
        raise CourseError(
            f"{where}: there is no lesson {word!r} with exercises; there are {', '.join(known)}."
        )
    return int(word)


def _number(value: object, where: str, most: int | None = None) -> Fraction:
    """A number that is not negative, exactly as it is written: 0.1 is a tenth."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise CourseError(f"{where} is a number from 0 on, not {value!r}.")
    if most is not None and value > most:
        raise CourseError(f"{where} is at most {most}, not {value!r}.")
    return Fraction(str(value))


# Points


def _read_points(data: Mapping[str, Any]) -> tuple[dict[int, Fraction], dict[str, Fraction], Fraction]:
    by_lesson: dict[int, Fraction] = {}
    by_exercise: dict[str, Fraction] = {}
    each = Fraction(1)
    for key, value in _flatten(data).items():
        where = f"[points] {key}"
        if key == "each":
            each = _number(value, where)
        elif "." in key:
            by_exercise[_find_exercise(key)] = _number(value, where)
        elif key.isdecimal():
            by_lesson[_find_lesson(key, where)] = _number(value, where)
        else:
            by_exercise[_find_exercise(key)] = _number(value, where)
    return by_lesson, by_exercise, each


def _flatten(data: Mapping[str, Any]) -> dict[str, Any]:
    """Take `5.2 = 3`, which TOML reads as a table 5 that holds 2, for what it means."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            found |= {f"{key}.{inner}": inner_value for inner, inner_value in value.items()}
        else:
            found[key] = value
    return found


def _find_exercise(word: str) -> str:
    known = {name: each.id for each in all_exercises() for name in (each.id, each.name)}
    if word in known:
        return known[word]
    near = difflib.get_close_matches(word, ["each", *known], 1, 0.5)
    meant = f" Do you mean {near[0]!r}?" if near else " Write a lesson (4), an exercise (4.2) or each."
    raise CourseError(f"[points]: there is no exercise {word!r}.{meant}")


def _check_shares(course: Course, lesson: int) -> None:
    """The exercises of a lesson with points of their own must leave room for the others, and fill it."""
    own = [course.by_exercise[each] for each in exercises_of(lesson) if each in course.by_exercise]
    whole, given = course.by_lesson[lesson], sum(own)
    if given > whole:
        raise CourseError(
            f"[points]: lesson {lesson} has {float(whole):g} points in all, "
            f"and its exercises alone have {float(given):g}."
        )
    if len(own) == len(exercises_of(lesson)) and given != whole:
        raise CourseError(
            f"[points]: the exercises of lesson {lesson} have {float(given):g} points together, "
            f"so leave out {lesson} = {float(whole):g} or change one of them."
        )


# Late days


def _read_late(data: dict[str, Any], folder: Path) -> Late:
    _refuse_unknown(data, LATE_KEYS, "[late]")
    zone = _read_zone(data.get("zone", "UTC"))
    named = _table(data, "deadlines")
    deadlines = {
        _find_lesson(key, "[late.deadlines]"): _read_time(value, zone, f"[late.deadlines] {key}")
        for key, value in named.items()
    }
    deadline = _read_time(data["deadline"], zone, "[late] deadline") if "deadline" in data else None
    if deadline is None and not deadlines:
        raise CourseError("[late] has no deadline: write deadline = 2026-11-22T23:59:00.")
    if "percent_per_day" not in data:
        raise CourseError(
            "[late] does not say what a day costs: write percent_per_day = 10, or 0 for nothing."
        )
    return Late(
        time=_read_source(data, folder),
        zone=zone,
        deadline=deadline,
        deadlines=deadlines,
        grace=timedelta(minutes=float(_number(data.get("grace", 0), "[late] grace (minutes)"))),
        percent_per_day=_number(data["percent_per_day"], "[late] percent_per_day", 100),
        maximum=_number(data.get("maximum", 100), "[late] maximum", 100),
    )


def _read_source(data: Mapping[str, Any], folder: Path) -> str | Path:
    if "time" not in data:
        raise CourseError(
            '[late] does not say from where it is known when something was handed in: write time = "file" '
            'for the time of the files, or time = "times.csv" for a CSV with the columns submission,time.'
        )
    value = _read_text(data, "time", "file")
    if value == "file":
        return value
    if not value.lower().endswith(".csv"):
        raise CourseError(f'[late] time is "file" or the name of a .csv file, not {value!r}.')
    return folder / value


def _read_zone(value: object) -> tzinfo:
    if value == "UTC":
        return UTC
    try:
        return ZoneInfo(value)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError, OSError):
        raise CourseError(
            f'[late] zone is a name such as "Europe/Berlin", not {value!r}. Where this machine knows no '
            "zones, write the offset into the deadline: 2026-11-22T23:59:00+01:00."
        ) from None


def _read_time(value: object, zone: tzinfo, where: str) -> datetime:
    if isinstance(value, date) and not isinstance(value, datetime):
        raise CourseError(f"{where} is a day; write the time, too: {value}T23:59:00.")
    if not isinstance(value, datetime):
        raise CourseError(f"{where} is a time without quotes, such as 2026-11-22T23:59:00, not {value!r}.")
    # In UTC, since Python counts hours between two times of one zone as its clocks do, not as they pass.
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def _read_columns(data: Mapping[str, Any]) -> dict[int, str]:
    found = {_find_lesson(key, "[columns]"): _read_text(data, key, "") for key in data}
    for lesson, title in found.items():
        bad = next((words for words in NOT_IN_CANVAS if words in title), None)
        if bad:
            raise CourseError(
                f"[columns] {lesson}: Canvas does not import a column with {bad!r} in its title."
            )
    if len(set(found.values())) < len(found):
        raise CourseError("[columns]: two lessons have the same column.")
    return found
