"""The same class graded again and again while every processor is busy: is the result the same each time?

    python3 benchmarks/grading_repeat.py [--runs N] [--idle]

The class holds every variant of lessons 4 and 5, so that none may lose a point, and answers of all other
kinds: known mistakes, half done and broken work. Beside it a busy loop runs for each processor. What is not
as it must be, which is known without the grader, is printed, and it ends with 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from classroom.grading.journal import read_results
from tests.classroom.made_up_class import (
    EXERCISES,
    FORMS,
    LESSONS,
    Judged,
    Known,
    MadeUp,
    make_class,
    right,
    variants,
)

SEED = 6455
OTHERS = 12  # submissions besides those that hold the variants
EACH = 10  # runs after which it says how it stands


def keep_busy() -> None:
    """Use one processor for ever."""
    while True:
        pass


def make_whole_class() -> list[MadeUp]:
    """Every variant, in different forms, and some of everything."""
    judged, made = Judged(SEED), list(make_class(OTHERS, SEED, loops=False))
    for number in range(max(len(variants(each)) for each in EXERCISES)):
        answers: dict[str, Known] = {
            each.id: dict(enumerate(variants(each))).get(number, right(each)) for each in EXERCISES
        }
        name, files = FORMS[number % len(FORMS)](f"variants{number:04}", answers)
        made.append(
            MadeUp(name, "variants", files, {key: judged.points(each) for key, each in answers.items()})
        )
    return made


Table = dict[tuple[str, str], tuple[object, ...]]


def grade_once(handed_in: Path, out: Path) -> Table:
    """Run the command; return verdict, points, mistakes and ending of each exercise of each submission."""
    command = [sys.executable, "-m", "classroom", "grade", str(handed_in), "--out", str(out)]
    lessons = ",".join(map(str, LESSONS))
    done = subprocess.run(
        [*command, "--lessons", lessons, "--seed", str(SEED)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"the grader ended with {done.returncode}: {done.stderr[-1000:]}")
    return {
        (result["submission"], key): (entry["verdict"], entry["passed"], *entry["mistakes"])
        for _, result in read_results(out / "results.jsonl")
        for key, entry in result["exercises"].items()
    }


def repeat(runs: int) -> int:
    """Grade the class so many times; return how many runs were not as they must be."""
    made = make_whole_class()
    expected: Table = {
        (each.name, key): (points.verdict, points.passed, *points.mistakes)
        for each in made
        for key, points in each.expected.items()
    }
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        for each in made:
            each.write(Path(name) / "handed in")
        begin = time.monotonic()
        for number in range(runs):
            table = grade_once(Path(name) / "handed in", Path(name) / str(number))
            places = expected.keys() | table.keys()
            differing = sorted(place for place in places if table.get(place) != expected.get(place))
            wrong += bool(differing)
            for place in differing:
                print(f"run {number}, {place}: {table.get(place)} and not {expected.get(place)}", flush=True)
            if number % EACH == EACH - 1:
                print(
                    f"{number + 1} runs, {wrong} not as they must be, load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
    print(
        f"{runs} runs of {len(made)} submissions, {len(expected)} answers each, in "
        f"{time.monotonic() - begin:.0f} s, load {os.getloadavg()[0]:.1f}: "
        f"{runs - wrong} as they must be, {wrong} not"
    )
    return wrong


def main() -> int:
    """Grade under load, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--idle", action="store_true", help="without the busy loops")
    options = parser.parse_args()
    count = 0 if options.idle else len(os.sched_getaffinity(0))
    busy = [multiprocessing.Process(target=keep_busy, daemon=True) for _ in range(count)]
    for each in busy:
        each.start()
    print(f"seed {SEED}, {count} busy loops, load {os.getloadavg()[0]:.1f}", flush=True)
    try:
        return 1 if repeat(options.runs) else 0
    finally:
        for each in busy:
            each.kill()
            each.join()


if __name__ == "__main__":
    sys.exit(main())
