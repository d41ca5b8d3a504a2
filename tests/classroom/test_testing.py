"""`classroom test` hands its words to pytest and its exit code back."""

from __future__ import annotations

import os
import subprocess
import sys

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


GROUPED = """\
import os, pathlib, pytest

@pytest.mark.xdist_group("costly")
@pytest.mark.parametrize("number", range(8))
def test_one(number):
    pathlib.Path(str(os.getpid())).touch()
"""


def test_a_group_of_tests_runs_in_one_process(tmp_path):
    (tmp_path / "test_grouped.py").write_text(GROUPED, encoding="utf-8")
    words = "-m pytest -q -n 2 --dist loadgroup -p no:cacheprovider"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    subprocess.run(
        [sys.executable, *words.split()], cwd=tmp_path, env=environment, check=True, capture_output=True
    )
    assert len([path for path in tmp_path.iterdir() if path.name.isdigit()]) == 1


class Done:
    def wait(self) -> int:
        return 0
