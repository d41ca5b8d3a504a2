"""The grader's runs: each submission has one result, whatever happens on the way."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.grading_scale import descendants
from classroom import places
from classroom.cases import cases_of, plan
from classroom.cli import main
from classroom.grading import hashing, jobs, patience, running
from classroom.grading import hidden as hidden_cases
from classroom.grading.executors import do_jobs, executor_for
from classroom.grading.judging import TRUSTED, Settings
from classroom.grading.progress import Progress
from classroom.grading.report import report
from classroom.grading.running import Refused
from classroom.grading.sandbox import SandboxError
from classroom.grading.submissions import list_submissions, read_submission
from classroom.syllabus import all_exercises
from tests.classroom.handing_in import (
    ENDLESS,
    EXERCISE,
    LETTERS,
    RIGHT,
    SKELETON,
    grade_all,
    hand_in,
    lines_in,
    results_in,
    verdicts_in,
)

pytestmark = pytest.mark.usefixtures("sandboxed")

HIDDEN = '''
from classroom.cases import case

@case("0.1")
def secret_text(ask):
    """A secret sentence."""
    ask("secret \\u00fc").gives(9)

@case("0.1")
def secret_letters(ask):
    """Another secret sentence."""
    ask("secret").gives(6)
'''


TIMES = '[late]\ntime = "times.csv"\ndeadline = 2026-11-22T23:59:00\npercent_per_day = 10\n'


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "submissions"
    hand_in(folder, "ann", RIGHT)
    hand_in(folder, "bob", LETTERS)
    hand_in(folder, "cem", SKELETON)
    return folder


@pytest.fixture
def grades(tmp_path):
    return tmp_path / "grades"


def test_each_submission_gets_its_points_the_mistake_and_what_was_tested(handed_in, grades):
    (handed_in / "dee.zip").write_bytes(b"no zip file")
    assert grade_all(handed_in, grades) == 0
    found = results_in(grades)
    total = found["ann.py"]["exercises"][EXERCISE]["total"]
    verdicts = verdicts_in(grades)
    assert verdicts["ann.py"] == ("passed", total)
    assert verdicts["bob.py"][0] == "failed" and 0 < verdicts["bob.py"][1] < total
    assert verdicts["cem.py"] == ("not-written", 0)
    assert verdicts["dee.zip"] == ("missing", 0) and found["dee.zip"]["problems"]
    bob = found["bob.py"]["exercises"][EXERCISE]
    assert bob["mistakes"] and bob["case"] and "Known as" in bob["feedback"]
    assert bob["tested"]["file"] == "bob.py" and bob["tested"]["lines"] == [2, 3]
    assert found["bob.py"]["error"] is None and "namespace" in found["bob.py"]["isolation"]


@pytest.mark.slow
def test_the_seed_of_a_run_is_recorded_and_new_each_time(handed_in, tmp_path):
    seeds = set()
    for name in ("first", "second"):
        grade_all(handed_in, tmp_path / name)
        seeds |= {result["seed"] for result in results_in(tmp_path / name).values()}
        seeds.add(json.loads((tmp_path / name / "run.json").read_text())["seed"])
    assert len(seeds) == 2


def test_what_is_graded_already_is_not_graded_again(handed_in, grades):
    grade_all(handed_in, grades)
    grade_all(handed_in, grades)
    assert sorted(lines_in(grades)) == ["ann.py", "bob.py", "cem.py"]


@pytest.mark.slow
def test_only_what_changed_is_graded_again(handed_in, grades):
    grade_all(handed_in, grades)
    hand_in(handed_in, "bob", RIGHT)
    grade_all(handed_in, grades)
    assert lines_in(grades)[3:] == ["bob.py"]
    assert verdicts_in(grades)["bob.py"][0] == "passed"


@pytest.mark.slow
def test_other_tests_ask_for_new_results(handed_in, grades, tmp_path):
    grade_all(handed_in, grades)
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "lesson_00.py").write_text(HIDDEN, "utf-8")
    grade_all(handed_in, grades, hidden=hidden)
    assert len(lines_in(grades)) == 6


def test_hidden_cases_are_counted_and_not_shown(handed_in, grades, tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "lesson_00.py").write_text(HIDDEN, "utf-8")
    grade_all(handed_in, grades, hidden=hidden)
    found = {name: result["exercises"][EXERCISE] for name, result in results_in(grades).items()}
    assert [(each["hidden_passed"], each["hidden_total"]) for each in found.values()] == [
        (2, 2),
        (1, 2),
        (0, 2),
    ]
    assert [each["hidden_failed"] for each in found.values()] == [[], ["secret_text"], []]
    assert '"secret' not in (grades / "results.jsonl").read_text().replace('["secret_text"]', "")
    assert report(grades) == 0
    page = (grades / "report.html").read_text()
    assert "A secret sentence." in page and "1 of 2" in page
    files = [path for name in ("exports", "feedback") for path in (grades / name).rglob("*.*")]
    assert len(files) > 10
    assert not [path for path in files if "secret" in shown(path)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0", "lesson_00.py, line 1: ZeroDivisionError"),
        ("", "has no cases for these lessons"),
        (HIDDEN.replace("gives(6)", "gives(7)"), "reference itself does not pass .* secret_letters"),
        (HIDDEN.replace("0.1", "0.10"), "for 0.10, and there is no such exercise. Do you mean 0.1?"),
        (HIDDEN.replace('ask("secret").gives(6)', ""), "line 9: .* secret_letters asks nothing"),
        (HIDDEN.replace(".gives(6)", ""), r"(?s)secret_letters asks and judges nothing.*gives\(value\)"),
        (HIDDEN.replace("gives(6)", "gives(6); ask('a')"), r"secret_letters has a call ask\(...\)"),
        (HIDDEN.replace("gives(6)", "gives_one_of('6', '7')"), r"line 12: .* a list .*\(\['6', ...\]\)"),
        (HIDDEN.replace('ask("secret").gives(6)', "assert not ask"), "line 12: AssertionError: assert not"),
    ],
    ids=["broken", "empty", "wrong", "unknown", "asks nothing", "judges nothing", "a call", "str", "assert"],
)
def test_hidden_cases_that_are_of_no_use_are_refused_before_anything_is_graded(
    handed_in, grades, tmp_path, text, words
):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "lesson_00.py").write_text(text, "utf-8")
    with pytest.raises(Refused, match=words):
        grade_all(handed_in, grades, hidden=hidden)
    assert not lines_in(grades)


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda each: each.id)
def test_no_case_of_the_course_is_taken_for_one_that_judges_nothing(exercise):
    assert list(hidden_cases._find_unjudged(plan(cases_of(exercise), 7))) == []


def test_a_hidden_case_that_does_not_end_is_named_with_its_line(tmp_path, monkeypatch, capsys):
    said, path = threading.Event(), tmp_path / "lesson_00.py"
    path.write_text("import time\nwhile not done():\n    time.sleep(0)\n")
    monkeypatch.setattr(patience, "SECONDS", 0.01)
    monkeypatch.setattr(patience, "print", lambda *words, **_: said.set() or print(*words), raising=False)
    with patience.said_where(tmp_path):
        exec(compile(path.read_text(), str(path), "exec"), {"done": said.is_set})
    assert f"Still waiting for {path}, line " in capsys.readouterr().out


def test_a_folder_of_hidden_cases_that_is_not_there_is_named(handed_in, grades, tmp_path):
    with pytest.raises(Refused, match="There is no folder"):
        grade_all(handed_in, grades, hidden=tmp_path / "nowhere")


def shown(path: Path) -> str:
    """What somebody can read in a file: points for GitHub Classroom are in base64."""
    data = path.read_bytes()
    return (base64.b64decode(data) if path.name.endswith(".result.txt") else data).decode()


def test_how_many_hidden_cases_there_are_is_noted(handed_in, grades, tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "lesson_00.py").write_text(HIDDEN, "utf-8")
    grade_all(handed_in, grades, hidden=hidden)
    run = json.loads((grades / "run.json").read_text())
    assert run["exercises"][EXERCISE]["hidden_total"] == 2
    assert run["submissions"] == ["ann.py", "bob.py", "cem.py"]
    (handed_in / "cem.py").unlink()
    grade_all(handed_in, grades, hidden=hidden)
    assert json.loads((grades / "run.json").read_text())["submissions"] == ["ann.py", "bob.py"]


@pytest.mark.slow
def test_a_run_that_is_interrupted_ends_at_once_and_says_how_to_go_on(tmp_path, grades):
    folder = tmp_path / "submissions"
    for number in range(40):
        hand_in(folder, f"s{number:02}", ENDLESS)
    command = [
        sys.executable,
        "-m",
        "classroom",
        "grade",
        str(folder),
        "--out",
        str(grades),
        "--lessons",
        "0",
    ]
    process = subprocess.Popen(command, cwd=places.ROOT, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not results_in(grades):
        process.poll()
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    assert process.returncode == 130 and "The same command goes on from here." in said
    assert time.monotonic() - begin < 5, "a job of this run takes longer"
    assert all(result["error"] is None for result in results_in(grades).values())


@pytest.mark.slow
def test_a_line_that_was_torn_is_written_anew(handed_in, grades):
    grade_all(handed_in, grades)
    path = grades / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    torn = lines_in_whole(path)
    grade_all(handed_in, grades)
    assert len(torn) == 2 and sorted(lines_in(grades)) == ["ann.py", "bob.py", "cem.py"]


def lines_in_whole(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path, grades):
    folder = tmp_path / "submissions"
    for number in range(12):
        hand_in(folder, f"s{number:02}", RIGHT if number % 3 else LETTERS)
    command = [sys.executable, "-m", "classroom", "grade", str(folder), "--out", str(grades)]
    command += ["--lessons", "0", "--jobs", "1"]
    process = subprocess.Popen(command, cwd=places.ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None and len(results_in(grades)) < 3:
        process.poll()
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = len(lines_in_whole(grades / "results.jsonl"))
    seed = json.loads((grades / "run.json").read_text())["seed"]
    assert 3 <= left < 12
    assert grade_all(folder, grades) == 0
    assert len(lines_in(grades)) == 12 and {each["seed"] for each in results_in(grades).values()} == {seed}
    grade_all(folder, tmp_path / "undisturbed", seed=seed)
    assert verdicts_in(grades) == verdicts_in(tmp_path / "undisturbed")


@pytest.mark.slow
def test_two_runs_do_not_write_to_one_folder(handed_in, grades):
    with running.Journal(grades), pytest.raises(Refused, match="in use"):
        grade_all(handed_in, grades)


@pytest.mark.slow
def test_a_judge_that_is_lost_is_replaced_and_nothing_else_is(handed_in, grades):
    killed = threading.Event()

    def kill_the_first_judge():
        while not (judges := list(jobs._all)):
            time.sleep(0)
        os.kill(judges[0]._process.pid, signal.SIGKILL)
        killed.set()

    thread = threading.Thread(target=kill_the_first_judge)
    thread.start()
    assert grade_all(handed_in, grades) == 0
    thread.join()
    assert killed.is_set() and sorted(lines_in(grades)) == ["ann.py", "bob.py", "cem.py"]
    assert verdicts_in(grades)["ann.py"][0] == "passed"


@pytest.mark.slow
def test_a_submission_that_costs_every_judge_its_life_is_an_error_and_graded_again(
    handed_in, grades, monkeypatch, capfd
):
    real = jobs.JudgeProcess.grade

    def die(judge, submission):
        if submission.name == "bob.py":
            os.kill(judge._process.pid, signal.SIGKILL)
        return real(judge, submission)

    monkeypatch.setattr(jobs.JudgeProcess, "grade", die)
    assert grade_all(handed_in, grades) == 1
    assert "the judge ended with -9" in results_in(grades)["bob.py"]["error"]
    assert verdicts_in(grades)["ann.py"][0] == "passed"
    monkeypatch.setattr(jobs.JudgeProcess, "grade", real)
    assert grade_all(handed_in, grades) == 0
    assert lines_in(grades).count("bob.py") == 2 and results_in(grades)["bob.py"]["error"] is None


@pytest.mark.slow
def test_the_cases_after_one_that_never_ends_are_still_asked(handed_in, grades):
    hand_in(handed_in, "eve", ENDLESS)
    grade_all(handed_in, grades)
    entry = results_in(grades)["eve.py"]["exercises"][EXERCISE]
    assert (entry["verdict"], entry["ending"]) == ("failed", "endless")


def test_without_a_sandbox_nothing_is_graded_and_the_way_out_is_named(handed_in, grades, monkeypatch):
    def refuse():
        raise SandboxError("no namespaces")

    monkeypatch.setattr(running, "Keeper", refuse)
    with pytest.raises(Refused, match=r"(?s)no namespaces.*container.*--trust-submissions"):
        grade_all(handed_in, grades)
    assert not grades.exists()


@pytest.mark.slow
def test_trusted_submissions_need_no_sandbox_and_are_marked(handed_in, grades, monkeypatch, capsys):
    monkeypatch.setattr(running, "Keeper", None)
    assert grade_all(handed_in, grades, trusted=True) == 0
    assert verdicts_in(grades)["ann.py"][0] == "passed"
    assert {each["isolation"] for each in results_in(grades).values()} == {TRUSTED}
    assert "--trust-submissions: nothing is isolated." in capsys.readouterr().err
    assert report(grades) == 0
    page = (grades / "report.html").read_text()
    assert "Nothing was isolated" in page.partition("<main>")[2][:300]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lessons": (99,)}, "Lesson 99 has no exercises"),
        ({"lessons": (0, 2), "named": {2}}, "Lesson 2 has no exercises"),
        ({}, "There is nothing at"),
    ],
)
def test_what_can_not_be_graded_is_refused_in_words(tmp_path, grades, options, words):
    folder = tmp_path / ("submissions" if options else "nowhere")
    (tmp_path / "submissions").mkdir()
    with pytest.raises(Refused, match=words):
        grade_all(folder, grades, **options)


def test_results_among_the_submissions_are_refused(handed_in):
    for grades in (handed_in, handed_in / "grades"):
        with pytest.raises(Refused, match="would be graded as a student"):
            grade_all(handed_in, grades)
    assert sorted(path.name for path in handed_in.iterdir()) == ["ann.py", "bob.py", "cem.py"]


def test_a_file_in_the_place_of_the_results_is_named(handed_in, grades):
    grades.write_text("precious")
    with pytest.raises(Refused, match="is not a folder"):
        grade_all(handed_in, grades)


@pytest.mark.parametrize(
    ("text", "words"), [("titel = 1", "Do you mean 'title'"), (TIMES, "times.csv can't be read")]
)
def test_a_wrong_course_file_is_refused_before_anything_is_graded(handed_in, grades, tmp_path, text, words):
    (tmp_path / "course.toml").write_text(text)
    with pytest.raises(Refused, match=words):
        grade_all(handed_in, grades, course=tmp_path / "course.toml")
    assert not grades.exists()


def test_what_was_asked_otherwise_the_last_time_is_said(handed_in, grades, tmp_path, capsys):
    course, hidden = tmp_path / "course.toml", tmp_path / "hidden"
    course.write_text("")
    hidden.mkdir()
    (hidden / "lesson_00.py").write_text(HIDDEN, "utf-8")
    grade_all(handed_in, grades, hidden=hidden, course=course)
    assert "the last time" not in capsys.readouterr().err
    grade_all(handed_in, grades)
    said = capsys.readouterr().err
    assert f"with --lessons 0 --tests {hidden} --course {course} the last time, now with --lessons 0." in said
    grade_all(handed_in, grades, course=course)
    assert f"now with --lessons 0 --course {course}." in capsys.readouterr().err
    grade_all(handed_in, grades, course=course)
    said = capsys.readouterr().err
    assert "the last time" not in said and "graded 0, 3 kept from an earlier run; nothing was new." in said


@pytest.mark.slow
def test_any_executor_does_the_jobs(handed_in):
    settings = Settings((EXERCISE,), 7, hashing.hash_tests([0]))
    submissions = [read_submission(entry) for entry in list_submissions(handed_in)]
    with ProcessPoolExecutor(1) as pool:
        outcomes = {each.name: result for each, result in do_jobs(submissions, settings, pool, 1)}
    assert {name: each["exercises"][EXERCISE]["verdict"] for name, each in outcomes.items()} == {
        "ann.py": "passed",
        "bob.py": "failed",
        "cem.py": "not-written",
    }


def test_a_cluster_s_package_is_named_with_the_environment_it_goes_into(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setattr(sys, "executable", str(places.ROOT / ".venv" / "bin" / "python"))
    words = r'\.venv/bin/python -m pip install -e "\.\[cluster\]"'
    with pytest.raises(ValueError, match=words), executor_for(None, "tcp://127.0.0.1:1"):
        pass


def test_judges_share_out_the_processors(monkeypatch):
    class OnPaper:
        def __init__(self, settings, processor):
            self.settings = settings
            given.append(processor)

        def grade(self, submission):
            together.wait(20)  # so that each thread has a judge of its own
            return {}

        def end(self):
            """Nothing has begun."""

    given, together = [], threading.Barrier(3)
    monkeypatch.setattr(jobs, "JudgeProcess", OnPaper)
    with jobs.judges([3, 5]), ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: jobs.grade_submission(None, Settings((), 1, "")), range(3)))
    assert sorted(given) == [3, 3, 5]
    given.clear()
    with jobs.judges(), ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: jobs.grade_submission(None, Settings((), 1, "")), range(3)))
    assert given == [None] * 3


@pytest.mark.parametrize("options", [[], ["--no-report"]], ids=str)
def test_grade_ends_with_a_report_unless_there_shall_be_none(handed_in, grades, options, capsys):
    command = ["grade", str(handed_in), "--out", str(grades), "--lessons", "0", *options]
    assert main(command) == 0
    assert (grades / "report.html").exists() == (not options)
    assert results_in(grades)
    capsys.readouterr()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not share out processors")
def test_a_judge_and_what_it_starts_stay_on_its_processor():
    mine = max(os.sched_getaffinity(0))
    judge = jobs.JudgeProcess(Settings((EXERCISE,), 1, ""), mine)
    try:
        started = [judge._process.pid, *(pid for pid, _ in descendants(judge._process.pid))]
        assert len(started) > 1
        assert [os.sched_getaffinity(pid) for pid in started] == [{mine}] * len(started)
    finally:
        judge.end()


def test_progress_says_how_many_how_fast_and_how_long(monkeypatch):
    now = iter([100.0, 110.0, 110.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    progress = Progress(1000)
    progress.known_one()
    progress._done = 99
    assert progress.text() == "graded 100 of 1,000; 9.9 a second, about 2 min left"
    assert progress.summary() == "graded 99, 1 kept from an earlier run"
