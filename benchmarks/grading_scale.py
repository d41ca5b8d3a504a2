"""Ten thousand submissions through the grader, killed twice on the way: is the final table the same?

    python3 benchmarks/grading_scale.py [--count N] [--lesson N] [--seed N] [--folder PATH]

The submissions are copies, with changes, of what is known to be right, wrong or unwritten in one lesson. They
are graded once without a disturbance. Then once more, and a third and two thirds of the way the command is
ended with SIGKILL, and started again when nothing is left of it. It ends with 1 if a process stays, or if the
two tables (verdict, points and mistakes of each exercise of each submission) differ in a letter.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from classroom.build.exercises import file_of
from classroom.grading.journal import read_results
from classroom.syllabus import Exercise, all_exercises
from tests.classroom.made_up_class import Known, mistaken, module_text, right, unwritten, variants, zipped

PATIENCE = 20.0  # seconds until nothing may be left of a command that was killed
LOOK = 0.02  # seconds between looks at the journal


def make_submissions(folder: Path, exercises: Sequence[Exercise], count: int, seed: int) -> None:
    """Write zip files: known answers in changing combinations, each with something of its own in the text."""
    chance = random.Random(seed)
    known = {
        each.id: [*mistaken(each, False), *variants(each), right(each), unwritten(each)] for each in exercises
    }
    folder.mkdir()
    for number in range(count):
        answers = {each.id: _changed(chance.choice(known[each.id]), number) for each in exercises}
        files = {
            f"exercises/{file_of(module)}": module_text(module, answers).encode()
            for module in dict.fromkeys(each.module for each in exercises)
        }
        (folder / f"student{number:05}.zip").write_bytes(zipped(files))


def _changed(known: Known, number: int) -> Known:
    return Known(known.exercise, known.kind, f"{known.text.rstrip()}\n\n\nHANDED_IN_BY = {number}\n")


def start_grading(handed_in: Path, out: Path, lesson: int, seed: int) -> subprocess.Popen[bytes]:
    """Start the command, its words going to a file beside the journal."""
    command = [sys.executable, "-m", "classroom", "grade", str(handed_in), "--out", str(out)]
    with (out.parent / f"{out.name}.txt").open("ab") as words:
        return subprocess.Popen(
            [*command, "--lessons", str(lesson), "--seed", str(seed)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )


def count_lines(path: Path) -> int:
    """Return how many results stand in a journal."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def descendants(pid: int) -> set[tuple[int, str]]:
    """Return the processes below one, each by its number and the time of its start. Linux only."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for number, parent, began in _processes():
        parents.setdefault(parent, []).append((number, began))
    found, left = set[tuple[int, str]](), [pid]
    while left:
        for child in parents.get(left.pop(), ()):
            found.add(child)
            left.append(child[0])
    return found


def _processes() -> Iterator[tuple[int, int, str]]:
    """Yield number, parent and start of each process that is no zombie."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent, *rest = path.read_text().rpartition(")")[2].split()
            if state != "Z":
                yield int(path.parent.name), int(parent), rest[17]


def wait_until_gone(wanted: set[tuple[int, str]]) -> tuple[float, int]:
    """Return the seconds until none of these processes is left, and how many there still are."""
    begin = time.monotonic()
    while left := wanted & {(number, began) for number, _, began in _processes()}:
        if time.monotonic() - begin > PATIENCE:
            break
        time.sleep(LOOK)
    return time.monotonic() - begin, len(left)


def grade_and_kill(handed_in: Path, out: Path, lesson: int, seed: int, kills: Sequence[int]) -> int:
    """Grade, killing the command when the journal has so many lines; return how many processes stayed."""
    stayed = 0
    for lines in kills:
        process = start_grading(handed_in, out, lesson, seed)
        while count_lines(out / "results.jsonl") < lines and process.poll() is None:
            time.sleep(LOOK)
        below = descendants(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        seconds, left = wait_until_gone(below)
        stayed += left
        print(
            f"killed at {count_lines(out / 'results.jsonl'):,} results; of {len(below)} processes below it "
            f"{left} were left after {seconds:.1f} s",
            flush=True,
        )
    if start_grading(handed_in, out, lesson, seed).wait():
        sys.exit(f"the grader failed: {(out.parent / f'{out.name}.txt').read_text()[-2000:]}")
    return stayed


def read_table(out: Path) -> dict[str, object]:
    """The final table. Raises ValueError where a submission has two results."""
    table: dict[str, object] = {}
    for _, result in read_results(out / "results.jsonl"):
        if result["submission"] in table:
            raise ValueError(f"{result['submission']} was counted twice")
        table[result["submission"]] = {
            key: (entry["verdict"], entry["passed"], entry["total"], entry["mistakes"], result["error"])
            for key, entry in result["exercises"].items()
        }
    return dict(sorted(table.items()))


def print_table(title: str, table: dict[str, object], seconds: float) -> None:
    """Say how large a table is, and its hash."""
    digest = hashlib.sha256(json.dumps(table).encode()).hexdigest()[:16]
    rate = len(table) / seconds
    print(f"{title}: {len(table):,} submissions in {seconds:.1f} s, {rate:.1f} a second; {digest}")


def main() -> int:
    """Grade twice, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--lesson", type=int, default=0)
    parser.add_argument("--seed", type=int, default=6455)
    parser.add_argument("--folder", type=Path, help="an empty folder to work in; a temporary one by default")
    options = parser.parse_args()
    exercises = [each for each in all_exercises() if each.lesson == options.lesson]
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        return run(folder, exercises, options.count, options.seed)


def run(folder: Path, exercises: Sequence[Exercise], count: int, seed: int) -> int:
    """Make the submissions, grade them twice, compare the tables; return the exit code."""
    lesson, handed_in = exercises[0].lesson, folder / "handed in"
    print(
        f"seed {seed}, lesson {lesson} ({len(exercises)} exercises), load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    make_submissions(handed_in, exercises, count, seed)
    print(f"{count:,} submissions made", flush=True)
    tables, stayed = [], 0
    for title, kills in (("undisturbed", ()), ("killed twice", (count // 3, 2 * count // 3))):
        begin, out = time.monotonic(), folder / title
        stayed += grade_and_kill(handed_in, out, lesson, seed, kills)
        tables.append(read_table(out))
        print_table(title, tables[-1], time.monotonic() - begin)
    same = tables[0] == tables[1] and len(tables[0]) == count
    if not same:
        different = [name for name in tables[0] | tables[1] if tables[0].get(name) != tables[1].get(name)]
        for name in itertools.islice(different, 10):
            print(f"{name}: {tables[0].get(name)}\n    {tables[1].get(name)}")
    print(f"load {os.getloadavg()[0]:.1f}; the tables are {'identical' if same else 'DIFFERENT'}")
    return 0 if same and not stayed else 1


if __name__ == "__main__":
    sys.exit(main())
