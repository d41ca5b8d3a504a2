"""`classroom test` hands its words to pytest and its exit code back."""

from __future__ import annotations

import re

import pytest

from classroom import places
from classroom.testing import run_tests


@pytest.mark.parametrize(
    ("words", "code"),
    [(["tests/test_cuts.py"], 0), (["tests/test_cuts.py", "-k", "nothing"], 5), (["none.py"], 4)],
)
def test_words_go_in_and_the_exit_code_comes_out(words, code, capfd):
    assert run_tests(["--collect-only", "-q", "-p", "no:cacheprovider", *words]) == code


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ["test_fast"]),
        (["--all"], ["test_fast", "test_slow"]),
        (["-m", "slow"], ["test_slow"]),
        (["-k", "fast"], ["test_fast"]),
    ],
    ids=["no words", "--all", "-m slow", "-k fast"],
)
def test_slow_tests_run_only_where_they_are_asked_for(words, found, tmp_path, capfd):
    path = tmp_path / "test_two.py"
    path.write_text(
        "import pytest\ndef test_fast(): pass\n@pytest.mark.slow\ndef test_slow(): pass\n", encoding="utf-8"
    )
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", "-c", str(places.ROOT / "pyproject.toml")]
    assert run_tests([*options, str(path), *words]) == 0
    assert re.findall(r"::(test_\w+)", capfd.readouterr().out) == found


def test_a_slow_test_that_is_named_runs(tmp_path, capfd):
    path = tmp_path / "test_one.py"
    path.write_text("import pytest\n@pytest.mark.slow\ndef test_slow(): pass\n", encoding="utf-8")
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", "-c", str(places.ROOT / "pyproject.toml")]
    assert run_tests([*options, f"{path}::test_slow"]) == 0
