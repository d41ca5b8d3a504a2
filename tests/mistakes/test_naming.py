"""A name is given only to what is known: right parts of an answer are never called a mistake."""

from __future__ import annotations

import pytest

from classroom import places, regions
from classroom.cases import load_file
from classroom.syllabus import find_exercise
from tests.mistakes.answering import judge_answer, student_answer

NO_OFFER_AND_FIRST_LINE_ONLY = """
def check_server_handshake(response, key, offered=()):
    headers = response.headers
    protocol = headers.get("Sec-WebSocket-Protocol")
    if (
        response.status != 101
        or headers.get("Upgrade", "").lower() != "websocket"
        or "upgrade" not in header_tokens(headers.get_all("Connection"))
        or headers.get("Sec-WebSocket-Accept") != accept_value(key)
        or protocol not in offered
    ):
        raise HandshakeError(response.status)
    return protocol
"""

A_PART_OF_THE_FIRST_LINE = """
def check_client_handshake(request):
    headers = request.headers
    if "upgrade" not in (headers.get("Connection") or "").lower():
        raise HandshakeError(400)
    return headers.get("Sec-WebSocket-Key")
"""

FOUR_EXAMPLES = """
def handshake_examples():
    good = (
        b"GET /chat HTTP/1.1\\r\\nHost: example.com\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n"
    )
    return [
        (good, True),
        (good.replace(b"GET", b"POST"), False),
        (good.replace(b"13", b"8"), False),
        (good.replace(b"Upgrade: websocket\\r\\n", b""), False),
    ]
"""

TWO_CHECKS_FORGOTTEN = """
def check_client_handshake(request):
    headers = request.headers
    key = headers.get_all("Sec-WebSocket-Key")
    if headers.get_all("Sec-WebSocket-Version") != ["13"]:
        raise HandshakeError(426, [("Sec-WebSocket-Version", "13")])
    if (
        request.version < "HTTP/1.1"
        or "websocket" not in header_tokens(headers.get_all("Upgrade"))
        or "upgrade" not in header_tokens(headers.get_all("Connection"))
        or len(key) != 1
        or not re.fullmatch("[A-Za-z0-9+/]{22}==", key[0])
    ):
        raise HandshakeError(400)
    return key[0]
"""


@pytest.mark.parametrize(
    ("exercise_id", "text", "never"),
    [
        ("4.8", NO_OFFER_AND_FIRST_LINE_ONLY, {"accept-compared-with-the-key"}),
        ("4.5", A_PART_OF_THE_FIRST_LINE, {"connection-exact-match"}),
        ("4.9", FOUR_EXAMPLES, {"missing-blank-line", "bare-lf", "only-good-requests", "only-bad-requests"}),
    ],
)
def test_a_mistake_that_would_fail_more_is_not_named(exercise_id, text, never):
    result = judge_answer(student_answer(find_exercise(exercise_id), text))
    assert result.verdict == "failed"
    assert not never & set(result.mistakes), result.feedback.text()


def test_a_mistake_is_named_where_all_that_it_does_is_there_beside_another():
    result = judge_answer(student_answer(find_exercise("4.5"), TWO_CHECKS_FORGOTTEN))
    assert result.verdict == "failed"
    assert result.mistakes == ["method-ignored"], result.feedback.text()


def test_a_good_head_marked_false_is_not_taken_for_a_mistake_that_it_does_not_show():
    right = regions.reference_source(find_exercise("4.9"))
    plain = right.replace("(_request(), True),", "(_request(), True), (_request(X_Other='1'), False),")
    assert plain != right
    result = judge_answer(student_answer(find_exercise("4.9"), plain))
    assert result.verdict == "failed"
    assert "split-colon-space" not in result.mistakes


def test_a_mistake_is_named_whatever_its_exception_says():
    text = """
def length_prefixed(payload):
    if len(payload) >= 65535:
        raise ValueError(f"{len(payload)} bytes are too many")
    return len(payload).to_bytes(2, "big") + payload
"""
    assert judge_answer(student_answer(find_exercise("1.3"), text)).mistakes == ["longest-refused"]


LOOP = """
def recv_until(sock, delimiter, limit=65536):
    data = b""
    while True:
        piece = sock.recv(4096)
        {eof}
        data += piece
        {found}
    end = data.index(delimiter) + len(delimiter)
    return {parts}
"""
GOOD = {
    "eof": "if not piece: raise EOFError",
    "found": "if delimiter in data: break",
    "parts": "(data[:end], data[end:])",
}


@pytest.mark.parametrize(
    ("slip", "case", "question"),
    [
        (
            {"found": "if len(data) >= limit: raise ValueError\n        if delimiter in data: break"}
            | {"parts": 'data[:end], b""'},
            "What came behind the delimiter is the second part",
            "Where do the bytes go that a recv gives beyond the delimiter?",
        ),
        (
            {"found": "if data.endswith(delimiter): break"},
            "What came behind the delimiter is the second part",
            "The delimiter has come already. In which bytes did you look for it?",
        ),
        (
            {"eof": 'if data + piece == b"": raise EOFError'},
            "A stream that ends before the delimiter has come",
            "Which variable is b'' now: the piece, or all that has come?",
        ),
    ],
)
def test_what_is_wrong_first_is_asked_about_first_with_a_question_that_fits(slip, case, question):
    said = judge_answer(student_answer(find_exercise("1.2"), LOOP.format(**GOOD | slip))).feedback.text()
    assert f"Case      {case}" in said
    assert f"Ask       {question}" in said


@pytest.mark.parametrize(("count", "left_out"), [(8, ""), (11, ""), (12, "... (4 pieces more)")])
def test_a_few_pieces_of_a_stream_are_never_left_out(count, left_out):
    lesson = load_file(places.TESTS / "exercises" / "lesson_01.py")
    said = "".join(lesson.tell_pieces([b"x"] * count, "eof"))
    assert said.count("b'x'") == (8 if left_out else count)
    assert left_out in said and ("more" in said) == bool(left_out)
