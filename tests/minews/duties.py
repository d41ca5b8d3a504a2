"""The duties of RFC 6455 and RFC 7692, and the tests that prove them.

rfc6455.toml and rfc7692.toml have the duties; `@pytest.mark.rfc("R036")` ties a test to one.
`python tests/minews/duties.py` shows each duty with its tests.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
TABLES = {"rfc6455.toml": 117, "rfc7692.toml": 31}  # and how many duties each has
LESSONS_IN_SCOPE = {4, 5, 6, 7, 8, 12}  # the lessons whose modules are written

# Marks under which a test may pass without having proved anything.
EXCUSES = {"skip", "skipif", "xfail", "peer", "browser"}


def read_duties(*tables: str) -> dict[str, dict[str, Any]]:
    """Return the rows of some tables, or of all, by their id."""
    texts = [(HERE / table).read_text(encoding="utf-8") for table in tables or TABLES]
    return tomllib.loads("\n".join(texts))


class TieCollector:
    """A pytest plugin that notes which test is tied to which duty."""

    def __init__(self) -> None:
        self.ties: list[dict[str, Any]] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            excuses = sorted({mark.name for mark in item.iter_markers()} & EXCUSES)
            duties = {duty for mark in item.iter_markers("rfc") for duty in mark.args}
            self.ties += [{"duty": duty, "test": item.nodeid, "excuses": excuses} for duty in sorted(duties)]


def collect_ties(folder: Path = HERE) -> list[dict[str, Any]]:
    """Collect the tests below `folder` without running them, and return a row for each duty of each test."""
    collector = TieCollector()
    with contextlib.redirect_stdout(sys.stderr):
        code = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", str(folder)], [collector])
    if code != pytest.ExitCode.OK:
        raise SystemExit(f"the tests could not be collected: {code!r}")
    return collector.ties


def print_table() -> None:
    ties = collect_ties()
    for name, row in read_duties().items():
        print(f"{name}  section {row['section']}, {row['actor']} {row['level']}: {row['duty']}")
        tests = [f"    {tie['test']}" for tie in ties if tie["duty"] == name]
        lessons = " and ".join(map(str, row["lessons"]))
        print("\n".join(tests) or f"    {row.get('untested') or f'comes with lesson {lessons}'}")


if __name__ == "__main__":
    if "--json" in sys.argv:
        print(json.dumps(collect_ties()))
    else:
        print_table()
