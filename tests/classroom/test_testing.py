"""`classroom test` hands its words to pytest and its exit code back."""

from __future__ import annotations

import pytest

from classroom.testing import run_tests


@pytest.mark.parametrize(
    ("words", "code"),
    [(["tests/test_cuts.py"], 0), (["tests/test_cuts.py", "-k", "nothing"], 5), (["none.py"], 4)],
)
def test_words_go_in_and_the_exit_code_comes_out(words, code, capfd):
    assert run_tests(["--collect-only", "-q", "-p", "no:cacheprovider", *words]) == code
