"""A run that is killed twice with SIGKILL ends with the same table; benchmarks/ has it with ten thousand."""

from __future__ import annotations

import sys

import pytest

from benchmarks import grading_scale
from classroom.syllabus import find_exercise

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is Linux's"),
]


def test_sixty_submissions_killed_twice_end_in_the_same_table(tmp_path, capsys):
    assert grading_scale.run(tmp_path, [find_exercise("0.1")], 60, 6455) == 0
    said = capsys.readouterr().out
    print(said)
    assert "the tables are identical" in said
    assert said.count(" 0 were left after") == 2


def test_a_table_that_differs_is_seen(tmp_path, capsys, monkeypatch):
    tables = iter([{"a.zip": {"0.1": ("passed", 3)}}, {"a.zip": {"0.1": ("failed", 2)}}])
    monkeypatch.setattr(grading_scale, "make_submissions", lambda *_: None)
    monkeypatch.setattr(grading_scale, "grade_and_kill", lambda *_: 0)
    monkeypatch.setattr(grading_scale, "read_table", lambda _: next(tables))
    assert grading_scale.run(tmp_path, [find_exercise("0.1")], 1, 1) == 1
    assert "DIFFERENT" in capsys.readouterr().out
