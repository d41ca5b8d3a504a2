"""Judging has its own limit of time: whatever code gives back, the next submission is not kept waiting."""

from __future__ import annotations

import itertools
import signal
import threading

import pytest

from classroom.grading import jobs, judging
from classroom.grading.judging import Judge, Settings
from classroom.grading.overtime import OvertimeError, cpu_limited
from classroom.grading.submissions import list_submissions, read_submission
from tests.classroom.handing_in import EXERCISE, RIGHT, hand_in


def spin() -> None:
    for _ in itertools.count():
        pass


class TestTheLimit:
    def test_what_computes_for_longer_is_interrupted(self):
        with pytest.raises(OvertimeError), cpu_limited(0.05):
            try:
                spin()
            except Exception:
                pytest.fail("it was caught by what is judged")

    def test_afterwards_all_is_as_it_was(self):
        before = signal.getsignal(signal.SIGVTALRM)
        with cpu_limited(60):
            pass
        assert signal.getsignal(signal.SIGVTALRM) is before
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] == 0

    def test_where_nothing_can_be_interrupted_there_is_none(self):
        def run():
            with cpu_limited(60):
                done.append(signal.getitimer(signal.ITIMER_VIRTUAL)[0])

        done = []
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        assert done == [0]


def test_an_answer_that_takes_too_long_to_judge_is_an_error_of_its_own(tmp_path, monkeypatch, sandboxed):
    hand_in(tmp_path, "ann", RIGHT)
    monkeypatch.setattr(judging, "JUDGING", 0.2)
    real = Judge._judge_one
    judge = Judge(Settings((EXERCISE, "4.2"), 1, ""))
    try:
        monkeypatch.setattr(
            Judge, "_judge_one", lambda *given: spin() if given[1].id == "4.2" else real(*given)
        )
        (submission,) = map(read_submission, list_submissions(tmp_path))
        result = judge.grade(submission)
        monkeypatch.setattr(Judge, "_judge_one", real)
        again = judge.grade(submission)
    finally:
        judge.end()
    assert result["error"] is None
    assert result["exercises"][EXERCISE]["verdict"] == "passed"
    late = result["exercises"]["4.2"]
    assert (late["verdict"], late["ending"], late["passed"]) == ("error", "overtime", 0)
    assert "takes too long to be judged" in late["feedback"]
    assert again["exercises"]["4.2"]["verdict"] == "missing"


def test_what_takes_too_long_to_read_counts_for_nothing(tmp_path, monkeypatch, sandboxed):
    hand_in(tmp_path, "ann", RIGHT)
    monkeypatch.setattr(judging, "JUDGING", 0.2)
    monkeypatch.setattr(judging, "read_work", lambda *_: spin())
    judge = Judge(Settings((EXERCISE,), 1, ""))
    try:
        (submission,) = map(read_submission, list_submissions(tmp_path))
        result = judge.grade(submission)
    finally:
        judge.end()
    assert result["error"] is None
    assert result["exercises"][EXERCISE]["verdict"] == "missing"
    assert "too long to read" in result["problems"][-1]


@pytest.mark.parametrize("full", [False, True])
def test_a_judge_that_has_used_up_much_memory_is_replaced(full, monkeypatch):
    class Process:
        def __init__(self, settings, processor):
            self.settings = settings
            made.append(self)

        def grade(self, submission):
            return {"submission": submission, "full": full}

        def end(self):
            ended.append(self)

    made, ended = [], []
    monkeypatch.setattr(jobs, "JudgeProcess", Process)
    monkeypatch.setattr(jobs, "_mine", threading.local())
    with jobs.judges():
        assert [jobs.grade_submission(each, None) for each in "ab"] == [
            {"submission": "a"},
            {"submission": "b"},
        ]
        assert len(made) == (2 if full else 1)
    assert ended == made
