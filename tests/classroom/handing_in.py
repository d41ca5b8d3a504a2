"""Small submissions of lesson 0, for the tests of the grader."""

from __future__ import annotations

import json
from pathlib import Path

from classroom.grading.journal import read_results
from classroom.grading.running import Request, grade

EXERCISE = "0.1"
RIGHT = "def payload_length(text):\n    return len(text.encode())\n"
LETTERS = "def payload_length(text):\n    return len(text)\n"
ENDLESS = "def payload_length(text):\n    while text != 'Hello':\n        pass\n    return 5\n"
SKELETON = 'def payload_length(text):\n    raise NotImplementedError("exercise 0.1")\n'


def module(source: str) -> str:
    return f"# %% exercise {EXERCISE} payload_length\n{source}"


def hand_in(folder: Path, name: str, source: str) -> Path:
    path = folder / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(module(source), "utf-8")
    return path


def grade_all(folder: Path, grades: Path, **options) -> int:
    return grade(Request(folder, grades, **{"lessons": (0,), "jobs": 1, **options}))


def results_in(grades: Path) -> dict[str, dict]:
    """The results of a run by the names of the submissions; the last line of each counts."""
    return {result["submission"]: result for _, result in read_results(grades / "results.jsonl")}


def verdicts_in(grades: Path) -> dict[str, tuple]:
    """What a result says of the exercise: its verdict, and cases passed."""
    found = {}
    for name, result in results_in(grades).items():
        entry = result["exercises"].get(EXERCISE, {})
        found[name] = (entry.get("verdict"), entry.get("passed"))
    return found


def lines_in(grades: Path) -> list[str]:
    return [json.loads(line)["submission"] for line in (grades / "results.jsonl").read_text().splitlines()]
