"""How long a student waits for `check`: every exercise, solved, half wrong and looping, in an IPython shell.

    python3 benchmarks/check_latency.py [--rounds N] [--quick]

Each figure is the whole of a cell's run: saving it into an exercises folder of its own, a worker, the cases,
feedback. Rounds are interleaved over the exercises. A quick run has three of them, and one exercise of each
lesson that loops, since all loops take as long. It ends with 1 if a figure is over its bound. Bounds are
those of an ordinary machine: a slower one has so many times longer, as it has for the answers themselves.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from classroom import composing, regions, yours
from classroom.syllabus import Exercise, all_exercises
from classroom.worker import pace

MEDIAN, SLOWEST, LOOP = 0.2, 1.0, 3.0  # seconds
REBUILD, IMPORT = 0.05, 0.005
LOOPS = 60  # to measure the machine by, of about a millisecond each

WRONG = "def {name}(*args, **kwargs):\n    return b'wrong'"
LOOPING = """\
def {name}(*args, **kwargs):
    while True:
        try:
            args
        except BaseException:
            pass"""


def measure(rounds: int, looping: set[str]) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of each run: by kind of answer, then by exercise; only these loop."""
    shell = InteractiveShell.instance()
    shell.run_cell("from classroom import check")
    kinds: dict[str, Callable[[Exercise], str]] = {
        "right": regions.reference_source,
        "wrong": lambda exercise: WRONG.format(name=exercise.name),
        "looping": lambda exercise: LOOPING.format(name=exercise.name),
    }
    seconds: dict[str, dict[str, list[float]]] = {kind: {} for kind in kinds}
    for number in range(rounds):
        for exercise in all_exercises():
            shell.run_cell(regions.preamble(exercise.module))
            for kind, write in kinds.items():
                if kind == "looping" and (number > 0 or exercise.id not in looping):
                    continue
                # A comment makes each round's text a new one, so that no verdict is remembered.
                cell = f"{write(exercise)}\n# round {number}\n\ncheck({exercise.name})"
                seconds[kind].setdefault(exercise.id, []).append(run_cell(shell, cell))
    return seconds


def run_cell(shell: InteractiveShell, cell: str) -> float:
    """Run one cell quietly and return the seconds it took."""
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        result = shell.run_cell(cell, store_history=True)
        took = time.perf_counter() - start
    result.raise_error()
    return took


def measure_rebuild(rounds: int) -> float:
    """Return the seconds that `yours` takes at best to be put together anew, all exercises solved."""
    for exercise in all_exercises():
        regions.write_region(exercise, regions.reference_source(exercise))
    yours.status()  # judges what is not known yet
    return min(timed(lambda number=number: composing._build(number)) for number in range(rounds))


def timed(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure_import(rounds: int) -> float:
    """Return the seconds that `import classroom` takes at best, in a Python of its own."""
    code = "import time; begin = time.perf_counter(); import classroom; print(time.perf_counter() - begin)"
    command = [sys.executable, "-c", code]
    return min(float(subprocess.check_output(command, cwd=ROOT, text=True)) for _ in range(rounds))


def main() -> int:
    """Measure, print a table, and return 0 if every bound holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rounds = 3 if arguments.quick else arguments.rounds
    first = {each.lesson: each.id for each in reversed(all_exercises())}
    looping = set(first.values()) if arguments.quick else {each.id for each in all_exercises()}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINEWS_WORK"] = folder
        slow = [measure_slowness()]
        seconds = measure(rounds, looping)
        rebuilt, imported = [], []
        for _ in range(4):  # a machine that others use, too, has faster and slower times
            rebuilt.append(measure_rebuild(3 * rounds))
            imported.append(measure_import(rounds))
            slow.append(measure_slowness())
    print(f"check, in ms: median and slowest of {rounds} runs; a looping answer once, or not at all")
    print(f"{'exercise':<10}{'right':>8}{'slowest':>9}{'wrong':>8}{'slowest':>9}{'looping':>9}")
    for exercise_id in seconds["right"]:
        right, wrong = seconds["right"][exercise_id], seconds["wrong"][exercise_id]
        loop = seconds["looping"].get(exercise_id, [])
        figures = [statistics.median(right), max(right), statistics.median(wrong), max(wrong), *loop]
        columns = zip(figures, (8, 9, 8, 9, 9), strict=False)
        print(f"{exercise_id:<10}" + "".join(f"{1000 * figure:>{width}.0f}" for figure, width in columns))
    all_right = [each for runs in seconds["right"].values() for each in runs]
    all_loops = [each for runs in seconds["looping"].values() for each in runs]
    bounds = (
        ("a right answer, median", statistics.median(all_right), MEDIAN),
        ("a right answer, slowest", max(all_right), SLOWEST),
        ("an endless loop, slowest", max(all_loops), LOOP),
        ("yours put together anew, at best", min(rebuilt), REBUILD),
        ("import classroom, at best", min(imported), IMPORT),
    )
    times = max(slow)
    print(f"this machine takes {min(slow):.2f} to {times:.2f} times as long as an ordinary one")
    for what, figure, bound in bounds:
        holds = figure < bound * times
        print(f"{what}: {figure:.4f} s, bound {bound * times:.4g} s: {'holds' if holds else 'DOES NOT HOLD'}")
    return 0 if all(figure < bound * times for _, figure, bound in bounds) else 1


def measure_slowness() -> float:
    """Return how many times as long as an ordinary machine this one takes just now, 1 at least."""
    loops = statistics.fmean(pace.timed_loop() for _ in range(LOOPS))
    return max(1.0, loops / pace.ORDINARY)


if __name__ == "__main__":
    sys.exit(main())
