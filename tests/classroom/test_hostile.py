"""Hostile submissions: none gains a point that it has not earned, costs anybody else one, or stays.

The attacks are in tests/classroom/hostile. All are graded in one run, with honest submissions between them.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from classroom import engine
from classroom.answers import make_answer
from classroom.grading import judging, running
from classroom.grading.journal import read_results
from classroom.grading.judging import Judge, Settings
from classroom.grading.running import Request, grade
from classroom.grading.submissions import Submission
from classroom.syllabus import all_exercises, find_exercise
from classroom.worker import codec
from classroom.worker.host import GarbledError, checked
from classroom.worker.plain import RECORDS
from classroom.worker.protocol import Ended, Loaded, Outcome, Raised, Returned
from classroom.worker.talk import Transcript
from tests.classroom.hostile.attacks import ALL, EARNED, WRONG, Attack
from tests.classroom.hostile.handing import hand_in, hand_in_odd_files, module_with

pytestmark = pytest.mark.usefixtures("sandboxed")

TESTED = engine.Tested("answer.py", 1, 2, "")
LARGE = """
import os, stat, struct, sys
protocol, codec = sys.modules["worker.protocol"], sys.modules["worker.codec"]

def say(*messages):
    data = b"".join(struct.pack(">I", len(each)) + each for each in messages)
    for fd in range(3, 64):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode):
                done = os.write(fd, data)
                while done < len(data): done += os.write(fd, data[done:])
        except OSError: pass
"""
WALL = 4.0  # seconds: honest answers take a tenth, on a machine that has nothing else to do
LONGEST = 600.0  # seconds of the whole run, on a machine that has much else to do
EXERCISES = ("4.1", "4.2")
HONEST = {"4.2": "", "4.6": "", "4.8": ""}  # the reference's answers
HIDDEN = '''
from classroom.cases import case

@case("4.6")
def a_name_that_the_instructor_reads(ask):
    """A title that nobody must see: OPEN SESAME."""
    ask(["sesame-1", "sesame-2"], ["sesame-2"]).gives("sesame-2")
    ask(["sesame-3"], ["sesame-4"]).gives(None)
'''


def entry_of(result: dict, exercise: str) -> dict:
    assert result["error"] is None, result["error"]
    return result["exercises"][exercise]


def hold(attack: Attack, result: dict, earned: dict[str, int]) -> list[str]:
    """What did not end as it must, in words."""
    entry = entry_of(result, attack.exercise)
    wrong = []
    if entry["passed"] > (attack.passed if attack.passed >= 0 else earned[attack.exercise]):
        wrong.append(f"{attack.name} has {entry['passed']} cases")
    if attack.passed >= 0 and entry["passed"] < attack.passed:
        wrong.append(f"{attack.name} has only {entry['passed']} cases")
    if attack.verdict and entry["verdict"] != attack.verdict:
        wrong.append(f"{attack.name}: {entry['verdict']}, not {attack.verdict}")
    endings = (attack.ending,) if isinstance(attack.ending, str) else attack.ending
    if endings is not None and entry["ending"] not in endings:
        wrong.append(f"{attack.name} ended with {entry['ending']!r}, not {attack.ending!r}")
    others = {each["verdict"] for number, each in result["exercises"].items() if number != attack.exercise}
    if others - {"passed", "missing"}:
        wrong.append(f"{attack.name} has changed what other exercises get: {others}")
    return wrong


def without_times(entry: dict) -> dict:
    return {name: value for name, value in entry.items() if name != "seconds"}


class Descendants:
    """Notes, as long as it is entered, every process that descends from this one; `left`: which stayed."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, str]] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._before = set(_all_processes())
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def left(self) -> set[tuple[int, str]]:
        return {each for each in _all_processes() if each in self._seen - self._before}

    def count(self) -> int:
        return len(self._seen - self._before)

    def _look(self) -> None:
        while not self._over.wait(0.1):
            ours = {os.getpid()}
            for (number, born), parent in sorted(_all_processes().items()):
                if parent in ours:
                    ours.add(number)
                    self._seen.add((number, born))


def _all_processes() -> dict[tuple[int, str], int]:
    """The parent of each process, by its number and the time at which it began; not of zombies."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = path.read_text().rpartition(")")[2].split()
            if words[0] != "Z":
                found[int(path.parent.name), words[19]] = int(words[1])
    return found


@pytest.mark.slow
def test_the_most_telling_attacks_earn_nothing():
    """One judge, in this process; the honest submission before, between and after gets the same each time."""
    with Descendants() as descendants:
        _judge_the_telling()
    assert descendants.count() and not descendants.left()


def _judge_the_telling() -> None:
    judge = Judge(Settings(EXERCISES, 7, "", wall=WALL))
    try:
        honest = _submission("honest", {"4.2": ""})
        before = judge.grade(honest)
        assert {each["verdict"] for each in before["exercises"].values()} == {"passed"}
        earned = {
            each: entry_of(judge.grade(_submission("wrong", {each: WRONG[each]})), each)["passed"]
            for each in EXERCISES
        }
        wrong = []
        for attack in (each for each in ALL if each.telling):
            wrong += hold(
                attack, judge.grade(_submission(attack.name, {attack.exercise: attack.source})), earned
            )
        after = judge.grade(honest)
    finally:
        judge.end()
    assert not wrong
    assert list(map(without_times, after["exercises"].values())) == list(
        map(without_times, before["exercises"].values())
    )


def _submission(name: str, changed: dict[str, str]) -> Submission:
    files = (("exercises/handshake.py", module_with(changed).encode()),)
    return Submission(name, name, "", False, 0.0, files)


@pytest.mark.slow
def test_all_attacks_in_one_run(tmp_path, monkeypatch):
    folder, grades, hidden, temporary = (tmp_path / name for name in ("in", "grades", "hidden", "temporary"))
    for each in (folder, hidden, temporary):
        each.mkdir()
    temporary.chmod(0o1777)
    (hidden / "lesson_04.py").write_text(HIDDEN, "utf-8")
    monkeypatch.setattr(running, "Settings", partial(Settings, wall=WALL))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    honest, odd = _hand_in_all(folder)
    handed_in = _list(folder)

    begin = time.monotonic()
    with Descendants() as descendants:
        code = grade(Request(folder, grades, (4, 5), hidden=hidden, jobs=2, seed=11))
    took = time.monotonic() - begin

    lines = [json.loads(line) for line in (grades / "results.jsonl").read_text("ascii").splitlines()]
    results = {result["submission"]: result for _, result in read_results(grades / "results.jsonl")}
    assert len(lines) == len(results) == len(list(folder.iterdir()))
    assert code == 0 and not [each["error"] for each in lines if each["error"]]
    _hold_all(results, honest)
    for name, result in results.items():
        if name not in honest and not any(name == each.name or name.startswith("wrong") for each in ALL):
            assert all(each["passed"] <= EARNED for each in result["exercises"].values()), name
    assert len(results) == len(ALL) + len(honest) + len(odd) + len(WRONG)
    _find_nothing_wild(grades)
    assert descendants.count() and not descendants.left()
    assert not list(temporary.iterdir())
    assert _list(folder) == handed_in
    assert {path.name for path in grades.iterdir()} <= {"results.jsonl", "run.json", ".lock"}
    assert took < LONGEST


def _hand_in_all(folder: Path) -> tuple[list[str], list[str]]:
    """Write all attacks, honest submissions between them, and wrong ones that are no attacks."""
    honest = []
    for number, attack in enumerate(ALL):
        hand_in(folder, attack.name, {attack.exercise: attack.source}, find_exercise(attack.exercise).module)
        if number % 8 == 0:
            honest.append(f"{attack.name}, honest")  # comes just behind it
            hand_in(folder, honest[-1], HONEST)
    for exercise, source in WRONG.items():
        hand_in(folder, f"wrong {exercise}", {exercise: source})
    return honest, hand_in_odd_files(folder)


def _hold_all(results: dict[str, dict], honest: list[str]) -> None:
    first = [without_times(each) for each in results[honest[0]]["exercises"].values()]
    assert {each["verdict"] for each in first} == {"passed", "missing"}
    assert all(each["hidden_passed"] == each["hidden_total"] for each in first if each["verdict"] == "passed")
    for name in honest:
        assert [without_times(each) for each in results[name]["exercises"].values()] == first, name
    earned = {each: entry_of(results[f"wrong {each}"], each)["passed"] for each in WRONG}
    assert not [line for attack in ALL for line in hold(attack, results[attack.name], earned)]


def _find_nothing_wild(grades: Path) -> None:
    """Nothing of the hidden cases, and nothing that moves a terminal, in what students are told."""
    text = (grades / "results.jsonl").read_text("ascii")
    assert "sesame" not in text.lower()
    for line in text.splitlines():
        for entry in json.loads(line)["exercises"].values():
            assert entry["feedback"].replace("\n", "").replace("\t", "").isprintable(), entry["feedback"]
            assert "a_name_that_the_instructor_reads" not in entry["feedback"]
            assert len(entry["feedback"]) < 600_000


def _list(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in folder.rglob("*"))


def test_a_neighbour_is_no_oracle_for_what_comes_after():
    """Whoever may call an exercise's reference comes after it, so that its answers come too late."""
    numbers = {f"{each.module}.{each.name}": index for index, each in enumerate(all_exercises())}
    for index, exercise in enumerate(all_exercises()):
        assert all(numbers.get(name, -1) < index for name in exercise.neighbours), exercise.id


@pytest.mark.slow
def test_small_messages_that_are_large_in_memory_cost_nobody_else_anything(tmp_path):
    source = f"""{LARGE}
def check_client_handshake(*args, **kwargs):
    data = bytes(codec.encode(protocol.Returned([])))
    at = data.index(b"l\\0\\0\\0\\0")
    say(*[data[:at] + b"l" + struct.pack(">I", 199_000) + b"S\\0\\0\\0\\0" * 199_000 + data[at + 5:]] * 51)
    os._exit(0)
"""
    hand_in(tmp_path / "in", "large", {"4.5": source})
    hand_in(tmp_path / "in", "honest", HONEST)
    assert grade(Request(tmp_path / "in", tmp_path / "out", (4,), jobs=1, seed=7)) == 0
    results = {each["submission"]: each for _, each in read_results(tmp_path / "out" / "results.jsonl")}
    assert entry_of(results["large"], "4.5")["verdict"] == "failed"
    assert entry_of(results["honest"], "4.2")["verdict"] == "passed"


def test_cases_are_left_out_once_what_came_is_too_much(monkeypatch):
    monkeypatch.setattr(engine, "MOST_HELD", 100)
    runs = []

    def run(answer, ops, callbacks):
        runs.append(len(ops))
        return Transcript(Loaded(), [Ended("garbled", gone=True)], held=40)

    examiner = engine.Examiner(find_exercise("4.2"), 7, run=run, goes_on=True)
    examiner.judge(make_answer(examiner.exercise, WRONG["4.2"], "", "answer.py", 1), TESTED)
    assert len(runs) == 3


@pytest.mark.slow
def test_a_submission_has_a_bounded_time(monkeypatch):
    """Waiting in each exercise can't keep a judge for longer than a submission's share of time."""
    monkeypatch.setattr(judging, "SHARE", 0.1)
    waiting = "import time\n{}\n    time.sleep(60)\n"
    changed = {each: waiting.format(WRONG[each].splitlines()[0]) for each in EXERCISES}
    judge = Judge(Settings(EXERCISES, 7, "", wall=1.0))
    try:
        late = judge.grade(_submission("waiting", changed))
        honest = judge.grade(_submission("honest", {"4.2": ""}))
    finally:
        judge.end()
    assert [each["ending"] for each in late["exercises"].values()] == ["waiting", "out-of-time"]
    assert late["error"] is None and "4.2" in late["problems"][0]
    assert {each["verdict"] for each in honest["exercises"].values()} == {"passed"}


@pytest.mark.slow
@pytest.mark.parametrize("exercise_id", ["4.3", "6.3"])
def test_values_of_forms_that_nobody_thought_of_are_wrong_and_no_error(exercise_id):
    """Records whose parts are of any type, and exceptions that say anything, are judged and shown."""
    exercise = find_exercise(exercise_id)
    sent: list[Outcome] = []
    examiner = engine.Examiner(
        exercise, 7, run=lambda answer, ops, callbacks: Transcript(Loaded(), sent * len(ops))
    )
    answer = make_answer(exercise, WRONG["4.2"], "", "answer.py", 1)
    for outcome in _odd_outcomes():
        sent[:] = [outcome]
        result = examiner.judge(answer, engine.Tested("answer.py", 1, 2, ""))
        text = result.feedback.text()
        assert result.verdict == "failed" and text.replace("\n", "").isprintable(), outcome
        assert len(text) < 600_000


def _odd_outcomes() -> list[Outcome]:
    """What a worker may send that is no worker any more, as the judge receives it."""
    wild = "\x1b[2J\u202e<b>" * 20_000
    made: list[Outcome] = [
        Raised(
            wild,
            (wild, *("x" * 500)),
            wild,
            {"status": wild, wild: [wild]},
            10**3000,
            wild,
            ((1, wild, wild),),
            wild,
        ),
        Raised(
            "minews.types.HandshakeError", ("HandshakeError",), "", {"headers": [[1], "ab", None, (1, 2)]}
        ),
        Ended(wild, wild, -5, wild, wild),
        Returned([[]] * 100_000),
        Returned(10**3000),
    ]
    for kind, names in RECORDS.items():
        for part in (None, "x", -1, [[]], {(): b""}):
            value = object.__new__(kind)
            for name in names:
                object.__setattr__(value, name, part)
            made += [Returned(value), Returned([value]), Returned((value, value))]
    sent = []
    for each in made:
        with contextlib.suppress(GarbledError):
            sent.append(checked(codec.encode(each)))
    return sent
