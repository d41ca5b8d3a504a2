"""A loop that never ended gets a question about what keeps it going."""

from __future__ import annotations

import textwrap

import pytest

from classroom.loops import ask_about_loop
from classroom.syllabus import find_exercise
from tests.mistakes.answering import judge_answer, student_answer


def ask(code: str, line: str) -> str:
    return ask_about_loop(textwrap.dedent(code), line, {"decode_frame"})


@pytest.mark.parametrize(
    ("loop", "line", "question"),
    [
        (
            "while len(data) < n:\n    piece = sock.recv(n)",
            "piece = sock.recv(n)",
            "The loop goes on as long as `len(data) < n`. Which line inside it changes `data` or `n`?",
        ),
        (
            "while self.buffer:\n    got = decode_frame(self.buffer)\n    self.frames.append(got)",
            "got = decode_frame(self.buffer)",
            "The loop goes on as long as `self.buffer`. Which line inside it changes `self.buffer`?",
        ),
        (
            "while data:\n    for frame in reader.feed(data):\n        answer(frame)",
            "answer(frame)",
            "The loop goes on as long as `data`. Which line inside it changes `data`?",
        ),
        (
            "while data:\n    while left:\n        left -= 1\n        x = 1",
            "x = 1",
            "The loop goes on as long as `data`. Which line inside it changes `data`?",
        ),
        (
            "while data:\n    data = cut(data)\n    while left:\n        left = cut(left)\n        x = 1",
            "x = 1",
            "The loop goes on as long as `left`. "
            "In which case does a turn of it change nothing, so that the next one is the same?",
        ),
        (
            "while True:\n    x = 1",
            "x = 1",
            "`while True` ends by a `break`, a `return` or a `raise`. Where in it is one of them?",
        ),
        (
            "while True:\n    if x:\n        break",
            "if x:",
            "`while True` ends by a `break`, a `return` or a `raise`. "
            "Which of yours had to be reached here, and under which condition is it?",
        ),
    ],
)
def test_what_keeps_a_loop_going_is_asked_about(loop, line, question):
    assert ask(f"def f(n):\n{textwrap.indent(loop, '    ')}\n", line) == question


@pytest.mark.parametrize(
    "change",
    [
        "buffer = buffer[n:]",
        "del buffer[:n]",
        "buffer[:n] = b''",
        "buffer.clear()",
        "buffer += b'x'",
        "take_off(buffer)",
        "for buffer in pieces: pass",
        "x, buffer = parts",
    ],
)
def test_a_condition_that_something_may_change_is_not_called_unchanged(change):
    said = ask(f"while buffer:\n    if whole:\n        {change}\n    x = 1\n", "x = 1")
    assert said.startswith(
        "The loop goes on as long as `buffer`. In which case does a turn of it change nothing"
    )


def test_a_method_of_its_own_may_change_any_attribute():
    said = ask("while self.buffer:\n    x = self.read()\n", "x = self.read()")
    assert "In which case" in said


def test_a_condition_that_is_long_is_not_repeated():
    said = ask(f"while {' + '.join(['data'] * 20)}:\n    x = 1\n", "x = 1")
    assert said == "The condition of the loop stays true. Which line inside it changes `data`?"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("x = 1\n", "x = 1"),
        ("for x in y:\n    z = 1\n", "z = 1"),
        ("while a:\n    x = 1\nwhile b:\n    x = 1\n", "x = 1"),
        ("while a:\n    x = 1\n", "y = 1"),
        ("while a:\n    x = 1\n", ""),
        ("while a\n", "while a"),
    ],
)
def test_where_the_loop_is_not_known_nothing_is_asked(code, line):
    assert ask(code, line) == ""


def test_the_line_and_the_question_are_shown_for_a_loop_that_is_not_known():
    code = """
def serve_connection(conn, on_text, on_binary=None):
    _, leftover = accept_handshake(conn)
    reader = FrameReader()
    data = leftover or conn.recv(65536)
    while data:
        for frame in reader.feed(data):
            on_text(read_message(frame))
"""
    result = judge_answer(student_answer(find_exercise("6.2"), code))
    said = result.feedback.text()
    assert (result.mistakes, result.ending) == ([], "endless")
    assert "It was at line " in said
    assert "Ask       The loop goes on as long as `data`. Which line inside it changes `data`?" in said


def test_a_name_goes_before_the_question_about_the_loop():
    code = """
def split_length_prefixed(buffer):
    messages, at = [], 0
    while len(buffer) - at >= 2:
        n = int.from_bytes(buffer[at : at + 2], "big")
        if len(buffer) - at < 2 + n:
            break
        messages.append(bytes(buffer[at + 2 : at + 2 + n]))
    return messages
"""
    result = judge_answer(student_answer(find_exercise("1.4"), code))
    assert result.mistakes == ["buffer-not-shortened"]
    assert "Which line of your loop makes the buffer shorter, so that it can end?" in result.feedback.text()
