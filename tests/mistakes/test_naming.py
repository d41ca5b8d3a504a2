"""A name is given only to what is known: right parts of an answer are never called a mistake."""

from __future__ import annotations

import pytest

from classroom import engine, places, regions
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


BARE_LF_BESIDE_A_LOST_PORT = """
def build_client_handshake(url, key, *, origin=None, subprotocols=()):
    return f'''GET {url.resource_name} HTTP/1.1
Connection: Upgrade
Upgrade: websocket
Host: {url.host}
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: {key}

'''.encode()
"""

NO_NAME_CHECKED = """
def build_client_handshake(url, key, *, origin=None, subprotocols=()):
    default = 443 if url.secure else 80
    host = f"[{url.host}]" if ":" in url.host else url.host
    lines = [
        f"GET {url.resource_name} HTTP/1.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Host: " + (host if url.port == default else f"{host}:{url.port}"),
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    if subprotocols:
        lines.append("Sec-WebSocket-Protocol: " + ", ".join(subprotocols))
    if origin is not None:
        lines.append(f"Origin: {origin}")
    return ("\\r\\n".join(lines) + "\\r\\n\\r\\n").encode()
"""

NO_END = NO_NAME_CHECKED.replace(' + "\\r\\n\\r\\n"', "")

A_404_OF_ITS_OWN = """
def route(request, pages):
    if "websocket" in header_tokens(request.headers.get_all("Upgrade")):
        return None
    headers = [("Connection", "close"), ("Content-Type", "text/html; charset=utf-8")]
    if request.target not in pages:
        return format_response(404, headers, b"There is nothing here.")
    return format_response(200, headers, pages[request.target])
"""


@pytest.mark.parametrize(
    ("exercise_id", "text", "name"),
    [
        ("4.4", BARE_LF_BESIDE_A_LOST_PORT, "bare-lf"),
        ("4.4", NO_NAME_CHECKED, "subprotocols-not-checked"),
        ("4.4", NO_END, "missing-blank-line"),
        ("6.3", A_404_OF_ITS_OWN, "query-as-part-of-the-path"),
    ],
)
def test_what_is_free_or_wrong_beside_it_hides_no_mistake(exercise_id, text, name):
    result = judge_answer(student_answer(find_exercise(exercise_id), text))
    assert (result.verdict, result.mistakes) == ("failed", [name]), result.feedback.text()


@pytest.mark.parametrize("end", ['"\\n"', '""', '"\\n\\n"', '"\\r\\n\\r\\n"'])
def test_line_feeds_alone_have_a_name_however_the_head_ends(end):
    text = NO_NAME_CHECKED.replace('"\\r\\n".join', '"\\n".join').replace('"\\r\\n\\r\\n"', end)
    names = judge_answer(student_answer(find_exercise("4.4"), text)).mistakes
    assert len(names) == 1 and "lf" in names[0]


@pytest.mark.parametrize(
    ("exercise_id", "text", "question"),
    [
        (
            "4.5",
            "def check_client_handshake(request):\n    key = request.headers.get('Sec-WebSocket-Key')\n",
            "What does a function give that comes to its end without a `return`?",
        ),
        (
            "6.3",
            "def route(request, pages):\n    return pages[request['target']]\n",
            "Which methods has Request, and does [...] belong to what it can do?",
        ),
        (
            "5.6",
            "def check_frame(frame, receiver):\n"
            "    if receiver is Role.SERVER and frame.masking_key is None:\n"
            "        raise ProtocolError('not masked')\n",
            "Which arguments does ProtocolError take, in which order, and which of them is wrong here?",
        ),
        (
            "6.2",
            "def serve_connection(conn, on_text, on_binary=None):\n    while conn.recv(9):\n        pass\n",
            "All that the peer sends has come. For which byte does this line still wait, and why?",
        ),
    ],
)
def test_what_has_no_name_gets_a_question_that_fits(exercise_id, text, question):
    result = judge_answer(student_answer(find_exercise(exercise_id), text))
    assert result.mistakes == [] and f"Ask       {question}" in result.feedback.text(), result.feedback.text()


def trace_of(*wrong, values=(b"a", b"bcd", b"efg"), kind="bytes"):
    """What code gave, and in which calls that was wrong."""
    trace = object.__new__(engine._Trace)
    trace.seen = {call: ("returned", kind, repr(value), "") for call, value in enumerate(values)}
    trace.failed, trace.first = set(wrong), {min(wrong)}
    return trace


def test_a_single_byte_that_is_right_by_chance_hides_no_mistake_that_varies():
    always_wrong, lucky = trace_of(0, 1, 2), trace_of(1, 2)
    assert always_wrong.explained_by(lucky, varies=True) == (3, False)
    assert lucky.explained_by(always_wrong, varies=True) == (2, False)
    assert always_wrong.explained_by(lucky, varies=False)[0] == 0


def test_more_that_is_right_is_no_chance():
    for other in (trace_of(0, 1), trace_of(0), trace_of(0, 1, 2, kind="str")):
        assert trace_of(0, 1, 2).explained_by(other, varies=True)[0] == 0
