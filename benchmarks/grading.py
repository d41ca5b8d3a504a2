"""How many submissions a second: the grader, `nbgrader autograde` in one batch, and a pytest process each.

    python3 benchmarks/grading.py [--quick] [--lessons 4,5] [--count N] [--rounds N] [--nbgrader-python PATH]

All grade the same submissions, answers right and wrong to all exercises of a lesson, on all processors, in
rounds that take turns; all must give the same points. nbgrader is given a notebook with nothing in it but
the exercises and a test cell each, made as the README says (`check(...)`), and once more with test cells that
hold the same cases against the answer in the kernel itself, without a process of its own: the least that
anybody could ask. The pytest file does the same. The grader isolates, the others don't.
All of them only grade: feedback and a report are what nbgrader has other commands for.

nbgrader is installed into an environment of its own, unless there is one. It ends with 1 if a wish is not
met, for whichever lesson.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.grading_scale import descendants
from classroom import regions
from classroom.build.exercises import merge_preambles
from classroom.grading.journal import read_results
from classroom.syllabus import Exercise, all_exercises
from tests.classroom.made_up_class import Answers, Known, mistaken, modules, right, variants, zipped

WANTED, DREAMT = 30, 100  # times nbgrader
MEMORY = 100  # MiB a job
NBGRADER = "nbgrader==0.9.6"
SEED = 6455
CLASS = 300  # submissions, copies with changes, that are graded by the grader alone, besides
CASES = '''
"""The course's cases, held against an answer in this very process."""

from functools import lru_cache
from pathlib import Path

from classroom import regions
from classroom.answers import make_answer
from classroom.cutting import cut_answer
from classroom.engine import Examiner
from classroom.syllabus import find_exercise
from classroom.workers import InProcess


@lru_cache(maxsize=None)
def examiner(number):
    return Examiner(find_exercise(number), {seed}, run=InProcess().run)


def hold(number, text):
    exercise = find_exercise(number)
    answer = make_answer(exercise, text, regions.preamble(exercise.module), "answer.py", 1)
    _, _, report = examiner(number).ask(answer)
    assert not report.failed


def hold_cell(number, cells):
    name = find_exercise(number).name
    source = next(each for each in reversed(cells) if f"def {{name}}(" in each or f"class {{name}}" in each)
    hold(number, cut_answer(source).text)


def hold_region(number, folder):
    exercise = find_exercise(number)
    path = regions.path_of(exercise, Path(folder))
    hold(number, regions.read_regions(path)[number].text)
'''
PYTEST_FILE = """
import os
import pytest
from grading_cases import hold_region


@pytest.mark.parametrize("number", {numbers!r})
def test_answer(number):
    hold_region(number, os.environ["ANSWERS"])
"""
READ_GRADEBOOK = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    found = book.assignment_submissions("lesson")
    print(json.dumps({each.student.id: each.score for each in found}))
"""


@dataclass
class Work:
    """One lesson's submissions, in the forms in which each grader takes them."""

    folder: Path
    exercises: tuple[Exercise, ...]
    answers: dict[str, Answers]
    nbgrader: Path

    @property
    def environment(self) -> dict[str, str]:
        """For the others; nbgrader looks for programs beside its Python."""
        path = os.pathsep.join([str(self.nbgrader.parent), os.environ.get("PATH", os.defpath)])
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)]), "PATH": path}


@dataclass
class Runs:
    """What one grader took, round by round: seconds, seconds that all processors computed, submissions."""

    name: str
    run: Callable[[], dict[str, float]]
    count: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: float = 0.0  # MiB

    @property
    def rates(self) -> list[float]:
        return [self.count / seconds for seconds in self.wall]

    def once(self) -> dict[str, float]:
        """Run it once more, and return the points that it gives."""
        begin, before = time.monotonic(), _computed()
        points = self.run()
        self.wall.append(time.monotonic() - begin)
        self.cpu.append(_computed() - before)
        return points


def _computed() -> float:
    """Return the seconds that all processors have computed: nobody of ours waits for a sandbox."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, hard, soft, *_ = map(int, file.readline().split()[1:])
    return (user + nice + system + hard + soft) / os.sysconf("SC_CLK_TCK")


def make_answers(exercises: Sequence[Exercise], count: int) -> dict[str, Answers]:
    """Two answers of three are right, in the reference's words or in others."""
    chance = random.Random(SEED)
    made: dict[str, Answers] = {}
    for number in range(count):
        made[f"student{number:05}"] = {
            each.id: chance.choice([right(each), *variants(each)])
            if chance.random() < 2 / 3
            else chance.choice(mistaken(each, False))
            for each in exercises
        }
    return made


# The three graders


def lay_out(work: Work) -> None:
    """Write the files that all of them start from."""
    (work.folder / "grading_cases.py").write_text(CASES.format(seed=SEED))
    (work.folder / "test_answers.py").write_text(
        PYTEST_FILE.format(numbers=[each.id for each in work.exercises])
    )
    for name, answers in work.answers.items():
        files = modules(answers)
        for path, data in files.items():
            target = work.folder / "pytest" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        for copy in range(1 + CLASS // len(work.answers)):
            zipped_one = work.folder / ("one" if copy == 0 else "more") / f"{name}-{copy:02}.zip"
            zipped_one.parent.mkdir(exist_ok=True)
            own = {key: _changed(known, copy) for key, known in answers.items()}
            zipped_one.write_bytes(zipped(modules(own)))
    for kind in ("check", "plain"):
        _lay_out_course(work, kind)


def _changed(known: Known, copy: int) -> Known:
    return Known(known.exercise, known.kind, f"{known.text.rstrip()}\n\n\nCOPY = {copy}\n") if copy else known


def _lay_out_course(work: Work, kind: str) -> None:
    course = work.folder / kind
    source = course / "source" / "lesson" / "lesson.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(_assignment(work.exercises, kind)))
    _call([work.nbgrader, "-m", "nbgrader", "generate_assignment", "lesson", "--create"], work, course)
    release = json.loads((course / "release" / "lesson" / "lesson.ipynb").read_text())
    for name, answers in work.answers.items():
        texts = {f"exercise-{key.replace('.', '-')}": known.text for key, known in answers.items()}
        for cell in release["cells"]:
            cell["source"] = texts.get(cell["id"], cell["source"])
        target = course / "submitted" / name / "lesson" / "lesson.ipynb"
        target.parent.mkdir(parents=True)
        target.write_text(json.dumps(release))


def _assignment(exercises: Sequence[Exercise], kind: str) -> dict[str, object]:
    """A notebook of the exercises alone, each with its test cell."""
    setup = {
        "check": "from classroom import check",
        "plain": "from grading_cases import hold_cell",
    }[kind]
    cells = [_cell("setup", f"{setup}\n{merge_preambles(dict.fromkeys(each.module for each in exercises))}")]
    for each in exercises:
        number = each.id.replace(".", "-")
        test = {
            "check": f"from classroom import check\ncheck({each.name})",
            "plain": f"from grading_cases import hold_cell\nhold_cell({each.id!r}, In)",
        }
        marks = {
            "grade": True,
            "grade_id": f"test-{number}",
            "locked": True,
            "points": 1,
            "schema_version": 3,
            "solution": False,
            "task": False,
            "cell_type": "code",
        }
        cells += [
            _cell(f"exercise-{number}", regions.skeleton(each)),
            _cell(f"test-{number}", test[kind], marks),
        ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def _cell(name: str, source: str, marks: dict[str, object] | None = None) -> dict[str, object]:
    metadata = {"nbgrader": marks} if marks else {}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _call(command: Sequence[str | Path], work: Work, folder: Path) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=work.environment, capture_output=True, text=True
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def run_nbgrader(work: Work, kind: str) -> dict[str, float]:
    """All submissions in one batch."""
    course = work.folder / kind
    _call([work.nbgrader, "-m", "nbgrader", "autograde", "lesson", "--force"], work, course)
    points: dict[str, float] = json.loads(_call([work.nbgrader, "-c", READ_GRADEBOOK], work, course))
    return points


def run_pytest(work: Work) -> dict[str, float]:
    """A process for each submission, as many at once as there are processors."""

    def run_one(name: str) -> float:
        answers = work.folder / "pytest" / name / "exercises"
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-c",
                os.devnull,
                "test_answers.py",
            ],
            cwd=work.folder,
            env={**work.environment, "ANSWERS": str(answers)},
            capture_output=True,
            text=True,
        )
        words = done.stdout.replace(",", "").split()
        return float(words[words.index("passed") - 1]) if "passed" in words else 0.0

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return dict(zip(work.answers, pool.map(run_one, work.answers), strict=True))


def run_grader(work: Work, handed_in: str, watch: Callable[[int], None] | None = None) -> dict[str, float]:
    """The command, as an instructor types it."""
    with tempfile.TemporaryDirectory(dir=work.folder) as out:
        lesson = str(work.exercises[0].lesson)
        command = [sys.executable, "-m", "classroom", "grade", str(work.folder / handed_in), "--out", out]
        with subprocess.Popen(
            [*command, "--lessons", lesson, "--seed", str(SEED), "--no-report"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while watch is not None and process.poll() is None:
                watch(process.pid)
        if process.returncode:
            sys.exit(f"the grader ended with {process.returncode}")
        results = [result for _, result in read_results(Path(out) / "results.jsonl")]
    return {
        result["submission"].partition("-")[0]: float(
            sum(each["verdict"] == "passed" for each in result["exercises"].values())
        )
        for result in results
    }


# Memory


class Memory:
    """The most memory, in MiB, that a judge process took with its sandboxes, keeper and workers."""

    def __init__(self) -> None:
        self.most = 0.0
        self._own = 0.0

    def look(self, pid: int) -> None:
        """Look once at all judges of a command; a page that several share counts in part for each (PSS)."""
        for judge, _ in descendants(pid):
            if _command_of(judge).endswith("classroom.grading.judge_process"):
                tree = [judge, *(number for number, _ in descendants(judge))]
                self.most = max(self.most, sum(map(_share_of, tree)))
        threading.Event().wait(0.05)


def _command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode().replace("\0", " ")
    return ""


def _share_of(pid: int) -> float:
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("Pss:"))) / 1024
    return 0.0


# The whole


def make_environment(folder: Path) -> Path:
    """Install nbgrader, with the course, into an environment of its own; return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    print("installing nbgrader into an environment of its own", flush=True)
    subprocess.run([python, "-m", "pip", "install", "-q", f"{ROOT}[course]", NBGRADER], check=True)
    return python


def compare(work: Work, rounds: int) -> list[Runs]:
    """Run all graders in turns on one lesson, print a table and the memory, and return what they took."""
    count = len(work.answers)
    contestants = [
        Runs("nbgrader, check(...)", lambda: run_nbgrader(work, "check"), count),
        Runs("nbgrader, plain asserts", lambda: run_nbgrader(work, "plain"), count),
        Runs("a pytest process each", lambda: run_pytest(work), count),
        Runs("grade, with its start", lambda: run_grader(work, "one"), count),
        Runs("grade, a whole class", lambda: run_grader(work, "more"), CLASS // count * count),
    ]
    loads = [os.getloadavg()[0]]
    for _ in range(rounds):
        points = [each.once() for each in contestants]
        if any(each != points[-1] for each in points):
            different = [name for name in points[-1] if len({str(each.get(name)) for each in points}) > 1]
            sys.exit(
                f"the points differ: { {name: [each.get(name) for each in points] for name in different} }"
            )
        loads.append(os.getloadavg()[0])
    memory = Memory()
    run_grader(work, "one", memory.look)
    print_table(work, contestants, loads)
    kind = "PSS of judge, keeper, sandbox and workers"
    print(f"memory of a job: {memory.most:.1f} MiB ({kind}), wanted {MEMORY}")
    contestants[-1].memory = memory.most
    return contestants


def print_table(work: Work, contestants: Sequence[Runs], loads: Sequence[float]) -> None:
    """Print what came of it; each ratio is the median of those of the rounds."""
    lesson, count = work.exercises[0].lesson, len(work.answers)
    print(
        f"\nlesson {lesson}, {len(work.exercises)} exercises, {count} submissions (a whole class: "
        f"{contestants[-1].count}), {len(os.sched_getaffinity(0))} processors, load "
        f"{' '.join(f'{each:.1f}' for each in loads)}; all give the same points"
    )
    print(f"{'':<26}{'a second':>9}{'best':>8}{'CPU s each':>12}{'x nbgrader':>12}{'by CPU':>8}")
    base = min(contestants[:2], key=lambda each: statistics.median(each.wall))
    by_cpu = min(contestants[:2], key=lambda each: statistics.median(each.cpu))
    for each in contestants:
        ratio = statistics.median(a / b for a, b in zip(each.rates, base.rates, strict=True))
        spent = [seconds / each.count for seconds in each.cpu]
        costs = statistics.median(b / by_cpu.count / a for a, b in zip(spent, by_cpu.cpu, strict=True))
        print(
            f"{each.name:<26}{statistics.median(each.rates):>9.2f}{max(each.rates):>8.2f}"
            f"{statistics.median(spent):>12.3f}{ratio:>12.1f}{costs:>8.1f}"
        )


def print_verdict(lessons: Sequence[list[Runs]]) -> bool:
    """Print how much faster all lessons were graded than by each way to use nbgrader.

    Returns whether the wishes are met in each of the lessons.
    """
    seconds = [sum(each) for each in zip(*map(_medians, lessons), strict=True)]
    guide, plain = (each / seconds[-1] for each in seconds[:2])
    print(
        f"\nall of it: {guide:.1f} times nbgrader as the guide sets it up, {plain:.1f} times it with plain "
        f"asserts; wanted {WANTED}, dreamt of {DREAMT}"
    )
    met = [min(other[:2]) / other[-1] >= WANTED for other in map(_medians, lessons)]
    return all(met) and all(each[-1].memory <= MEMORY for each in lessons)


def _medians(contestants: Sequence[Runs]) -> list[float]:
    """The seconds that each took for a submission."""
    return [statistics.median(each.wall) / each.count for each in contestants]


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few submissions, one round")
    parser.add_argument("--lessons", default="4,5")
    parser.add_argument("--count", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--nbgrader-python", type=Path, help="the Python of an environment that has nbgrader")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # all are measured as they are installed: compiled
    count, rounds = (
        options.count or (6 if options.quick else 24),
        options.rounds or (1 if options.quick else 3),
    )
    lessons: list[list[Runs]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = options.nbgrader_python or make_environment(folder / "environment")
        for lesson in map(int, options.lessons.split(",")):
            exercises = tuple(each for each in all_exercises() if each.lesson == lesson)
            work = Work(folder / str(lesson), exercises, make_answers(exercises, count), python.absolute())
            work.folder.mkdir()
            lay_out(work)
            lessons.append(compare(work, rounds))
    return 0 if print_verdict(lessons) else 1


if __name__ == "__main__":
    sys.exit(main())
