"""A name is given only to what is known: right parts of an answer are never called a mistake."""

from __future__ import annotations

import pytest

from classroom import regions
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
