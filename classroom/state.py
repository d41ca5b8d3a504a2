"""What the classroom remembers between runs, in .minews/state.json.

    verdicts   by exercise and the hash of the region: what a check found, and for which version of the cases
    saved      by notebook and exercise: the text that was last in the cell and in the file alike
    hints      by exercise: how many levels of hints were shown since its failure was another one
    last       by exercise: what the last check said, so that a hint can fit it, and what failed last
    student    "name": whose work it is, if `submit` was told; a state without this section is as good

All of it can be lost without harm: verdicts are found anew, and a text whose last saved version is unknown is
treated as carefully as one that was changed. So where nothing can be written, nothing is remembered, and a
file that can't be read is put aside and begun anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from . import places

__all__ = [
    "Remembered",
    "find_verdict",
    "hint_level",
    "last_words",
    "remember_hint_level",
    "remember_saved",
    "remember_student_name",
    "remember_verdict",
    "saved_text",
    "student_name",
]

VERSION = 1
SECTIONS = ("verdicts", "saved", "hints", "last")
KEPT_VERDICTS = 50  # for each exercise, the newest ones
PATIENCE = 5.0  # seconds to wait for another process


@dataclass(frozen=True, slots=True)
class Remembered:
    """A verdict found earlier; `context` names the version of the cases and of all else behind it."""

    verdict: str
    passed: int
    total: int
    context: str


def find_verdict(exercise_id: str, text_hash: str, context: str) -> Remembered | None:
    """Return what a check found for this very text with these very cases, or None if there was none."""
    entry = _section("verdicts", exercise_id).get(text_hash)
    try:
        found = Remembered(**entry) if isinstance(entry, dict) else None
    except TypeError:
        return None
    return found if found is not None and found.context == context else None


def remember_verdict(
    exercise_id: str, text_hash: str, found: Remembered, words: str, failure: str = ""
) -> None:
    """Store what a check found. Where another thing fails than before, hints begin again.

    Arguments:
        words: what was said, for a hint that fits.
        failure: what failed, such as the name of the mistake; "" if nothing did, or nothing could be tried.
    """

    def change(state: dict[str, Any]) -> None:
        verdicts = _inner(state["verdicts"], exercise_id)
        verdicts.pop(text_hash, None)
        verdicts[text_hash] = asdict(found)
        for old in list(verdicts)[:-KEPT_VERDICTS]:
            del verdicts[old]
        before = _inner(state["last"], exercise_id).get("failure", "")
        if failure and before and failure != before:
            state["hints"].pop(exercise_id, None)
        last = {"verdict": found.verdict, "words": words[:4000], "failure": failure or before}
        state["last"][exercise_id] = last

    _update(change)


def last_words(exercise_id: str) -> str:
    """Return what the last check said, if the exercise had not passed; "" otherwise."""
    last = _section("last", exercise_id)
    words = last.get("words")
    return words if isinstance(words, str) and last.get("verdict") in ("failed", "error") else ""


def saved_text(notebook: str, exercise_id: str) -> str | None:
    """Return the text of an exercise as this notebook last saved it, or None."""
    text = _section("saved", notebook).get(exercise_id)
    return text if isinstance(text, str) else None


def remember_saved(notebook: str, exercise_id: str, text: str) -> None:
    """Store the text that now stands in this notebook's cell and in the file alike."""
    if saved_text(notebook, exercise_id) != text:
        _update(lambda state: _inner(state["saved"], notebook).update({exercise_id: text}))


def hint_level(exercise_id: str) -> int:
    """Return how many levels of hints were shown: 0 to 4."""
    level = _read()["hints"].get(exercise_id)
    return level if isinstance(level, int) and 0 <= level <= 4 else 0


def remember_hint_level(exercise_id: str, level: int) -> None:
    """Store how many levels of hints were shown."""
    _update(lambda state: state["hints"].update({exercise_id: level}))


def student_name() -> str:
    """Return the student's name as `submit` was last told it, or ""."""
    section = _read().get("student")
    name = section.get("name") if isinstance(section, dict) else None
    return name if isinstance(name, str) else ""


def remember_student_name(name: str) -> None:
    """Store the student's name; "" forgets it."""
    _update(lambda state: state.update(student={"name": name}))


def _section(name: str, key: str) -> dict[str, Any]:
    entry = _read()[name].get(key)
    return entry if isinstance(entry, dict) else {}


def _inner(section: dict[str, Any], key: str) -> dict[str, Any]:
    if not isinstance(section.get(key), dict):
        section[key] = {}
    inner: dict[str, Any] = section[key]
    return inner


# The file


def _path() -> Path:
    return places.state_folder() / "state.json"


def _empty() -> dict[str, Any]:
    return {"version": VERSION, **{name: {} for name in SECTIONS}}


def _read() -> dict[str, Any]:
    """Read without a lock, and only what is new: the file is only ever replaced as a whole."""
    try:
        status = _path().stat()
        return _read_version(_path(), status.st_ino, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):
        return _empty()


@lru_cache(maxsize=2)
def _read_version(path: Path, inode: int, changed: int, size: int) -> dict[str, Any]:
    return _parse(path.read_bytes())


def _parse(data: bytes) -> dict[str, Any]:
    try:
        state = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise ValueError("no state of this version")
    if not all(isinstance(state.get(name), dict) for name in SECTIONS):
        raise ValueError("a section is missing")
    return state


def _update(change: Callable[[dict[str, Any]], None]) -> None:
    with suppress(OSError, Timeout), FileLock(places.state_folder() / "state.lock", timeout=PATIENCE):
        path = _path()
        try:
            state = _parse(path.read_bytes())
        except FileNotFoundError:
            state = _empty()
        except ValueError:
            os.replace(path, places.keep_copy("", "state-unreadable", ".json"))
            state = _empty()
        change(state)
        _write(path, json.dumps(state, indent=1))


def _write(path: Path, text: str) -> None:
    waiting = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        waiting.write_text(text, encoding="ascii")
        os.replace(waiting, path)
    finally:
        waiting.unlink(missing_ok=True)
