"""`classroom test` hands its words to pytest and its exit code back."""

from __future__ import annotations

import pytest

from classroom import testing
from classroom.testing import run_tests


@pytest.mark.parametrize(
    ("words", "code"),
    [(["tests/test_cuts.py"], 0), (["tests/test_cuts.py", "-k", "nothing"], 5), (["none.py"], 4)],
)
def test_words_go_in_and_the_exit_code_comes_out(words, code, capfd):
    assert run_tests(["--collect-only", "-q", "-p", "no:cacheprovider", *words]) == code


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ([], ["-m", "not slow"]),
        (["-k", "fast", "-x"], ["-m", "not slow", "-k", "fast", "-x"]),
        (["--all"], []),
        (["-m", "slow"], ["-m", "slow"]),
        (["tests/test_cuts.py::test_one"], ["tests/test_cuts.py::test_one"]),
    ],
    ids=" ".join,
)
def test_slow_tests_run_only_where_they_are_asked_for(words, chosen, monkeypatch):
    started = []
    monkeypatch.setattr(testing.subprocess, "Popen", lambda command, **_: started.append(command) or Done())
    assert run_tests(words) == 0
    assert started[0][7:] == chosen


@pytest.mark.xdist_group("told")
def test_xdist_is_told_to_which_group_a_test_belongs(request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("no groups are run here: `classroom test` does so")
    assert request.node.nodeid.endswith("@told")


class Done:
    def wait(self) -> int:
        return 0
