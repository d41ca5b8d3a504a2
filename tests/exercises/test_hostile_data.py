"""What a student's code gives or sends costs the judge work in proportion to its size, and no more."""

from __future__ import annotations

from pathlib import Path

from classroom.cases import load_file
from tests.effort import LINEAR, growth

HERE = Path(__file__).parent
LESSON_06 = load_file(HERE / "lesson_06.py")
REQUEST = b"GET / HTTP/1.1\r\nsec-WebSocket-Key:%sa b \r\nHost: a\r\n\r\n"


def test_a_key_without_an_end_is_looked_for_once():
    find = LESSON_06._answers(str.encode)
    start = b"\r\nsec-websocket-key:"
    assert growth(lambda size: find(start + size * b" " + b"\r\r\n\r\n"), 1_000) < LINEAR


def test_the_key_is_what_stands_behind_the_spaces():
    find = LESSON_06._answers(str.encode)
    assert [find(REQUEST % spaces) for spaces in (b"", b" ", b"   ")] == [b"a b "] * 3
    assert find(REQUEST[:-2] % b" ") is None
