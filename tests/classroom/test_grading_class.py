"""A whole made-up class through the grader: exactly the expected points, mistakes and verdicts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from classroom import places
from classroom.grading.journal import read_results
from classroom.grading.judging import Judge, Settings
from classroom.grading.submissions import list_submissions, read_submission
from classroom.mistakes import mistakes_of
from tests.classroom.made_up_class import BROKEN, EXERCISES, LESSONS, make_class

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is Linux's")


def grade_class(folder, made, seed):
    """Grade made-up submissions in a process of its own, and return the results by name."""
    for each in made:
        each.write(folder / "handed in")
    command = [sys.executable, "-m", "classroom", "grade", str(folder / "handed in"), "--out", str(folder)]
    lessons = ",".join(map(str, LESSONS))
    done = subprocess.run(
        [*command, "--lessons", lessons, "--seed", str(seed)],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {result["submission"]: result for _, result in read_results(folder / "results.jsonl")}


def differences(made, results):
    """In words, where the results are not what was expected."""
    found = [f"{each.name} ({each.kind}) has no result" for each in made if each.name not in results]
    found += [f"{name} was not handed in" for name in results.keys() - {each.name for each in made}]
    for each in made:
        result = results.get(each.name, {"exercises": {}, "error": None})
        if result["error"]:
            found.append(f"{each.name} ({each.kind}): {result['error']}")
        for key, entry in result["exercises"].items():
            points = each.expected[key]
            wanted = (points.verdict, points.passed, list(points.mistakes))
            came = (entry["verdict"], entry["passed"], entry["mistakes"])
            if came != wanted:
                found.append(f"{each.name} ({each.kind}) {key}: {came} and not {wanted}")
    return found


def assert_exact(folder, count, seed):
    print(f"seed {seed}")
    made = list(make_class(count, seed))
    assert len({each.name for each in made}) == count
    results = grade_class(folder, made, seed)
    assert not differences(made, results)
    assert all(result["exercises"].keys() == {each.id for each in EXERCISES} for result in results.values())
    return made, results


@pytest.mark.slow
def test_three_hundred_submissions_get_exactly_what_they_must(tmp_path):
    made, results = assert_exact(tmp_path, 300, 20261122)
    named = {
        (key, name) for each in made for key, points in each.expected.items() for name in points.mistakes
    }
    assert named == {(each.id, known.name) for each in EXERCISES for known in mistakes_of(each)}
    assert {each.kind for each in made} >= {breaks.__name__.replace("_", " ") for breaks in BROKEN}
    assert all(result["problems"] for each in made if (result := results[each.name]) and _is_spoilt(each))


def _is_spoilt(made):
    """Whether a file of it can't be read at all, which must be said."""
    return made.kind in ("no zip", "cut zip", "empty file", "empty folder", "torn notebook", "binary module")


@pytest.mark.slow
def test_a_small_class_gets_exactly_what_it_must(tmp_path):
    print("seed 1")
    exercises = [each for each in EXERCISES if each.id in ("4.2", "5.3")]
    made = list(make_class(12, 1, loops=False, exercises=exercises))
    for each in made:
        each.write(tmp_path)
    judge = Judge(Settings(tuple(each.id for each in exercises), 1, ""))
    try:
        entries = [read_submission(each) for each in list_submissions(tmp_path)]
        results = {each.name: judge.grade(each) for each in entries}
    finally:
        judge.end()
    assert not differences(made, results)
