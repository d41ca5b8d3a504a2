"""What the classroom remembers survives restarts, other processes, and damage."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from classroom import places, state
from classroom.state import Remembered

PASSED = Remembered("passed", 3, 3, "cases 1")


def state_file():
    return places.state_folder() / "state.json"


def test_a_verdict_is_found_again_for_the_same_text_and_the_same_cases():
    state.remember_verdict("4.2", "0123abcd", PASSED, "")
    assert state.find_verdict("4.2", "0123abcd", "cases 1") == PASSED


def test_a_verdict_of_another_text_exercise_or_version_of_the_cases_is_not_found():
    state.remember_verdict("4.2", "0123abcd", PASSED, "")
    assert state.find_verdict("4.2", "ffffffff", "cases 1") is None
    assert state.find_verdict("4.1", "0123abcd", "cases 1") is None
    assert state.find_verdict("4.2", "0123abcd", "cases 2") is None


def test_only_the_newest_verdicts_are_kept():
    for number in range(state.KEPT_VERDICTS + 5):
        state.remember_verdict("4.2", f"{number:08x}", PASSED, "")
    assert state.find_verdict("4.2", f"{4:08x}", "cases 1") is None
    assert state.find_verdict("4.2", f"{5:08x}", "cases 1") == PASSED


def test_words_are_told_only_of_an_exercise_that_did_not_pass():
    state.remember_verdict("4.2", "0", Remembered("failed", 1, 3, "c"), "Came 'x'")
    assert state.last_words("4.2") == "Came 'x'"
    state.remember_verdict("4.2", "1", PASSED, "well done")
    assert state.last_words("4.2") == ""


def test_each_notebook_has_its_own_saved_text():
    state.remember_saved("a.ipynb", "4.2", "X = 1")
    state.remember_saved("b.ipynb", "4.2", "X = 2")
    assert state.saved_text("a.ipynb", "4.2") == "X = 1"
    assert state.saved_text("b.ipynb", "4.2") == "X = 2"
    assert state.saved_text("c.ipynb", "4.2") is None


def test_texts_that_are_no_unicode_survive():
    state.remember_saved("a.ipynb", "4.2", "X = '\udcff'")
    assert state.saved_text("a.ipynb", "4.2") == "X = '\udcff'"


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"version": 99}', b"[" * 100_000, b'{"version": 1, "saved": []}'],
)
def test_a_damaged_file_is_put_aside_and_begun_anew(damage):
    state_file().write_bytes(damage)
    assert state.hint_level("4.2") == 0
    state.remember_hint_level("4.2", 2)
    assert state.hint_level("4.2") == 2
    kept = list((places.state_folder() / "kept").iterdir())
    assert [path.read_bytes() for path in kept] == [damage]


@pytest.mark.parametrize("level", ["2", 9, -1, None, [1]])
def test_entries_of_the_wrong_kind_count_as_none(level):
    sections = {
        "verdicts": {"4.2": {"0": {"x": 1}, "1": 7}},
        "saved": {"a": 3},
        "hints": {"4.2": level},
        "last": {"4.2": 1},
    }
    state_file().write_text(json.dumps({"version": 1, **sections}))
    assert state.find_verdict("4.2", "0", "") is None
    assert state.find_verdict("4.2", "1", "") is None
    assert state.saved_text("a", "4.2") is None
    assert state.hint_level("4.2") == 0
    assert state.last_words("4.2") == ""
    state.remember_saved("a", "4.2", "X = 1")
    state.remember_verdict("4.2", "0", PASSED, "")
    assert state.saved_text("a", "4.2") == "X = 1"


def test_where_nothing_can_be_written_nothing_is_remembered_and_nothing_breaks(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MINEWS_WORK", str(tmp_path / "file"))
    state.remember_hint_level("4.2", 3)
    state.remember_verdict("4.2", "0", PASSED, "")
    assert state.hint_level("4.2") == 0
    assert state.find_verdict("4.2", "0", "cases 1") is None


def test_no_half_written_file_is_left_when_writing_fails(monkeypatch):
    state.remember_hint_level("4.2", 1)

    def refuse(source, target):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", refuse)
    state.remember_hint_level("4.2", 2)
    assert state.hint_level("4.2") == 1
    assert not list(places.state_folder().glob(".*.new"))


def test_processes_that_write_at_the_same_time_lose_nothing():
    code = (
        "import sys; from classroom import state\n"
        "for number in range(20): state.remember_saved(sys.argv[1], str(number), 'X')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, name], cwd=places.ROOT) for name in "abcd"]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert all(state.saved_text(name, str(number)) == "X" for name in "abcd" for number in range(20))
