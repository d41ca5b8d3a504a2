"""Lesson 5 where no mistake has a name: the question goes by the field that is wrong."""

from __future__ import annotations

import pytest

from classroom.syllabus import find_exercise
from tests.mistakes.answering import judge_answer, student_answer, wrapped_reference

WRONG = [
    ("5.1", "list(right)", "Which call makes bytes of a list of numbers?"),
    ("5.2", "right if len(right) < 9 else bytes([127]) + right[1:]", "Which bit of this byte is MASK?"),
    ("5.2", "right[:1] if len(right) == 1 else bytes(right[0]) + right[1:]", "What is `bytes(126)`"),
    ("5.2", "right if len(right) < 9 else right[:1] + right[2:]", "How many bytes does this form have"),
    ("5.2", "right[:1] + bytes(byte ^ 1 for byte in right[1:])", "What number do those behind it make"),
    ("5.3", "right and (right[0], right[1] + (right[1] == 3))", "Does `used` count the first byte, too?"),
    ("5.3", "right and right[::-1]", "Which of the two numbers comes first?"),
    ("5.3", "right and (right[0] ^ (right[1] == 3), right[1])", "Which of them make the number"),
    ("5.3", "right and right[0]", "how does a function return two?"),
    ("5.3", "None", "Which condition of yours says that more must come?"),
    ("5.5", "right or 1 / len(args[0])", "Which byte does your code look at here"),
    ("5.6", "True", "A good frame returns nothing. What does yours return?"),
    ("5.8", "{}", "Which of them have no table yet?"),
    ("5.8", "list(right)", "Which brackets make a dict"),
]


@pytest.mark.parametrize("number, expression, question", WRONG)
def test_the_question_is_about_the_field_that_is_wrong(number, expression, question):
    text = judge_answer(wrapped_reference(find_exercise(number), expression)).feedback.text()
    assert question in text.partition("Ask ")[2].partition("\n")[0], text


CHANGES = [
    ("FIN", "2", "How many of them belong to FIN, to RSV and to the opcode?"),
    ("MASK", "7", "Which one is MASK"),
    ("payload length", "value + 1", "Which one is MASK"),
    ("extended payload length", "value + 1", "How many bytes are this length"),
    ("masking key", "value[::-1] if isinstance(value, bytes) else value", "Which 4 bytes of this frame"),
    ("masking key", "'37 fa 21 3d'", 'How do you write these four as bytes? `bytes.fromhex("37 fa 21 3d")`'),
    ("payload", "value[1:]", "Which bytes of this frame are left"),
]


@pytest.mark.parametrize("field, value, question", CHANGES)
def test_a_table_is_asked_about_the_field_that_is_wrong(field, value, question):
    change = f"({value}) if field == {field!r} else value"
    rows = f"[(at, field, {change}) for at, field, value in rows]"
    expression = f"{{name: {rows} for name, rows in right.items()}}"
    text = judge_answer(wrapped_reference(find_exercise("5.8"), expression)).feedback.text()
    assert question in text.partition("Ask ")[2].partition("\n")[0], text


def test_only_code_that_gives_something_else_each_time_is_told_that_its_key_is_its_own():
    result = judge_answer(wrapped_reference(find_exercise("5.1"), "bytes(255 - byte for byte in right)"))
    assert (result.verdict, result.mistakes) == ("failed", [])


ONE_LOOP = """
class FrameReader:
    def __init__(self, max_payload=1_048_576):
        self.max_payload, self.buffer = max_payload, bytearray()

    def feed(self, data):
        self.buffer += data
        frames = []
        while True:
            length = decode_payload_len(self.buffer[1:10])
            if length and length[0] > self.max_payload:
                {error}
            decoded = decode_frame(self.buffer)
            if decoded is None:
                return frames
            frames.append(decoded[0])
            del self.buffer[: decoded[1]]
"""


def test_a_reader_in_one_loop_loses_the_good_frames_in_front_of_a_bad_one():
    answer = student_answer(find_exercise("5.7"), ONE_LOOP.format(error="raise ProtocolError(1009)"))
    result = judge_answer(answer)
    assert (result.verdict, result.mistakes) == ("failed", ["good-frames-lost"]), result.feedback.text()


def test_a_reader_that_forgets_an_error_which_came_at_once_is_refused():
    error = "self.buffer.clear(); raise ProtocolError(1009)"
    result = judge_answer(student_answer(find_exercise("5.7"), ONE_LOOP.format(error=error)))
    assert "A bad frame came before: from then on each call raises." in result.feedback.text()


def test_a_length_that_decode_payload_len_refuses_must_not_cost_the_good_frames_either():
    error = "if frames: return frames\n                raise ProtocolError(1009)"
    result = judge_answer(student_answer(find_exercise("5.7"), ONE_LOOP.format(error=error)))
    assert "A good frame was whole in front of the bad one." in result.feedback.text()
