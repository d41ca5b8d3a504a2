"""Runs the tests of a module against its mutants: each in a process of its own, with a limit of time."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.minews.mutants.mutating import Mutant, find_mutants

ROOT = Path(__file__).resolve().parents[3]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
NO_MUTANT = -1

# Each module of the core, and the tests that concern it: its own first.
TESTS = {
    "frames": ("test_frames", "test_connection", "test_speed"),
    "messages": ("test_messages", "test_connection", "test_deflate"),
    "closing": ("test_closing", "test_connection"),
    "connection": ("test_connection", "test_speed"),
    "handshake": ("test_handshake", "test_opening"),
    "http": ("test_http", "test_handshake", "test_opening"),
    "speed": ("test_speed", "test_connection"),
    "deflate": ("test_deflate",),
}


@dataclass(frozen=True)
class Outcome:
    """What the tests said of a mutant: "killed", "survived" or "explained", which is no failure."""

    module: str
    mutant: Mutant
    verdict: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.verdict:9} {self.module}.py:{self.mutant.line} {self.mutant.name}"


class BrokenTests(Exception):
    """The tests fail without a mutant."""


def read_source(module: str) -> str:
    return (ROOT / "minews" / f"{module}.py").read_text(encoding="utf-8")


@functools.cache
def read_reasons() -> dict[tuple[str, str], str]:
    """Return why a mutant is no fault: {(module, name): reason}."""
    rows = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]
    return {(row["module"], name): row["why"] for row in rows for name in row["mutants"]}


def find_stale(module: str) -> list[str]:
    """Return the mutants in the table that the module has no more."""
    names = {mutant.name for mutant in find_mutants(read_source(module))}
    return [name for where, name in read_reasons() if where == module and name not in names]


def run_mutants(
    chosen: Iterable[tuple[str, Mutant]], at_once: int = os.cpu_count() or 1
) -> Iterator[Outcome]:
    """Give the outcome for each mutant, in order.

    Raises:
        BrokenTests: if the tests of a module fail already as it is.
    """
    chosen = list(chosen)
    with ThreadPoolExecutor(at_once) as pool:
        modules = sorted({module for module, _ in chosen})
        limits = dict(zip(modules, pool.map(measure, modules), strict=True))
        yield from pool.map(lambda each: run_mutant(*each, limits[each[0]]), chosen)


def measure(module: str) -> float:
    """Return the seconds that the tests of a module may take with a mutant."""
    started = time.monotonic()
    if not passes(module, NO_MUTANT, None):
        raise BrokenTests(f"the tests of {module} fail without a mutant")
    return 10 + 5 * (time.monotonic() - started)


def run_mutant(module: str, mutant: Mutant, limit: float) -> Outcome:
    started = time.monotonic()
    if (module, mutant.name) in read_reasons():
        return Outcome(module, mutant, "explained", 0.0)
    survived = passes(module, mutant.number, limit)
    return Outcome(module, mutant, "survived" if survived else "killed", time.monotonic() - started)


def passes(module: str, number: int, limit: float | None) -> bool:
    """Whether all tests pass, with a mutant or without, in time."""
    files = [f"tests/minews/{name}.py" for name in TESTS[module]]
    command = [sys.executable, "-m", "tests.minews.mutants.child", module, str(number), *files]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, timeout=limit, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
