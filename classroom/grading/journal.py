"""Results as they come, one JSON line each, so that a run that was killed goes on where it was.

GRADES/results.jsonl   the last line of a submission counts
GRADES/run.json        what is graded, and the seed from which the run draws its inputs
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

__all__ = ["Journal", "JournalError", "read_results"]

RESULTS, RUN = "results.jsonl", "run.json"


class JournalError(Exception):
    """The folder can't be used for this run; the text says why and what to do."""


def read_results(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the results in a journal, each with the offset in bytes of its end; not a line torn there."""
    if not path.exists():
        return
    end = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            end += len(line)
            try:
                result = json.loads(line)
            except ValueError:  # torn by a machine that went down
                continue
            if isinstance(result, dict) and isinstance(result.get("submission"), str):
                yield end, result


class Journal:
    """The folder GRADES while a run writes to it. Use as a context manager. Raises JournalError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / RESULTS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / ".lock")
            self._lock.acquire(timeout=0)
        except (FileExistsError, NotADirectoryError):
            raise JournalError(f"{folder} is not a folder; --out names one, for the results.") from None
        except Timeout:
            raise JournalError(f"{folder} is in use: another run writes to it.") from None
        except OSError as error:
            raise JournalError(f"{folder} can't be written: {error.strerror or error}.") from None
        self._known: dict[str, tuple[object, ...]] = {}
        whole = 0
        for end, result in read_results(self.path):
            self._known[result["submission"]] = _state_of(result)
            whole = end
        self._file = self.path.open("ab")
        self._file.truncate(whole)  # of a line that was torn, nothing is left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._lock.release()

    def has(self, name: str, hash_of_it: str, tests: str, exercises: tuple[str, ...], trusted: bool) -> bool:
        """Whether there is a result of just this submission, judged by just these tests, without an error."""
        return self._known.get(name) == (hash_of_it, tests, exercises, trusted, False)

    def add(self, result: Mapping[str, Any]) -> None:
        """Write a result. It is there for good when this returns, unless the machine itself goes down."""
        self._file.write(json.dumps(result, separators=(",", ":")).encode("ascii") + b"\n")
        self._file.flush()
        self._known[str(result["submission"])] = _state_of(result)

    def seed_of_run(self) -> int | None:
        """Return the seed of a run that did not come to its end."""
        run = self.read_run()
        seed = run.get("seed") if not run.get("finished") else None
        return seed if isinstance(seed, int) else None

    def note_new(self, run: Mapping[str, Any]) -> None:
        """Note of a run in which nothing was graded which submissions there are now, and what counts."""
        old = self.read_run()
        kept = {key: value for key, value in old.items() if key != "course"}
        new = {key: run[key] for key in ("submissions", "course") if key in run}
        if old:
            self._write_run({**kept, **new})

    def read_run(self) -> dict[str, Any]:
        """Return what the last run noted; nothing if there was none."""
        try:
            run = json.loads((self.folder / RUN).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return run if isinstance(run, dict) else {}

    def describe_run(self, run: Mapping[str, Any], finished: bool) -> None:
        """Write what is graded, at one stroke."""
        made = datetime.now().astimezone().isoformat(timespec="seconds")
        self._write_run({**run, "finished": finished, "made": made})

    def _write_run(self, run: Mapping[str, Any]) -> None:
        waiting = self.folder / f".{RUN}.new"
        waiting.write_text(json.dumps(run, indent=1) + "\n", "utf-8")
        os.replace(waiting, self.folder / RUN)


def _state_of(result: Mapping[str, Any]) -> tuple[object, ...]:
    from .judging import TRUSTED

    return (
        result.get("hash"),
        result.get("tests"),
        tuple(result.get("exercises") or ()),
        result.get("isolation") == TRUSTED,
        result.get("error") is not None,
    )
