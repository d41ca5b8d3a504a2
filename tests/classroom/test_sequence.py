"""The handshake as a sequence: real heads, line by line, and the way from the key to the accept value."""

from __future__ import annotations

import random

import pytest

from classroom.widgets import draw_handshake
from classroom.widgets.headers import OWN
from classroom.widgets.sequence import Handshake, picture_handshake
from minews.handshake import (
    GUID,
    accept_value,
    build_client_handshake,
    build_server_handshake,
    make_key,
    parse_ws_url,
    refuse,
)
from minews.types import HandshakeError
from tests.classroom.walks import check_picture, words

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
REQUEST = build_client_handshake(parse_ws_url("ws://a.example/chat"), KEY, subprotocols=["chat"])
ANSWER = build_server_handshake(KEY)
OPEN = "The connection is open: from here on, both ends send frames."


def walk_of(request=REQUEST, response=ANSWER):
    return picture_handshake(Handshake.of(request, response))


def stop_of(name, request=REQUEST, response=ANSWER):
    return next(stop for stop in walk_of(request, response).stops if stop.name.lower() == name.lower())


def with_line(line: bytes, head: bytes = REQUEST) -> bytes:
    return head[:-2] + line + b"\r\n\r\n"


def test_every_line_of_both_heads_is_drawn_and_is_a_stop_in_order():
    names = [stop.name for stop in walk_of().stops]
    assert names[:3] == ["GET /chat HTTP/1.1", "Host", "Upgrade"]
    assert names[7:12] == [
        "(empty line)",
        "key + magic",
        "SHA-1",
        "base64",
        "HTTP/1.1 101 Switching Protocols",
    ]
    assert names[-2:] == ["(empty line)", "outcome"]
    for line in (REQUEST + ANSWER).decode().splitlines():
        assert not line or line in words(walk_of())


def test_the_way_from_the_key_to_the_accept_value_is_drawn_with_the_readers_own_values():
    key = make_key()
    walk = walk_of(REQUEST.replace(KEY.encode(), key.encode()), build_server_handshake(key))
    drawn = words(walk)
    digest = Handshake.of(REQUEST, ANSWER).digest
    assert digest.hex().startswith("b37a4f2cc0624f")  # RFC 6455 section 1.3
    assert drawn.index(key) < drawn.index(GUID) < drawn.index(accept_value(key))
    assert walk.stops[-1].says == OPEN


def test_key_and_accept_value_light_up_with_what_they_are_linked_to():
    key, magic = stop_of("Sec-WebSocket-Key"), stop_of("key + magic")
    assert len(key.boxes) == 3 and magic.boxes[1] == key.boxes[1]
    accept, base64 = stop_of("Sec-WebSocket-Accept"), stop_of("base64")
    assert accept.boxes[1] == base64.boxes[1] and len(accept.boxes) == 3
    assert "This value belongs to the key." in accept.says


def test_known_headers_have_a_sentence_and_others_are_headers_of_their_own():
    assert "RFC 6455 is version 13" in stop_of("Sec-WebSocket-Version").says
    assert stop_of("X-Mine", with_line(b"X-Mine: 1")).says == OWN
    for stop in walk_of().stops:
        assert stop.says != OWN


def test_a_header_means_something_else_in_a_response():
    asked, answered = (stop for stop in walk_of().stops if stop.name == "Upgrade")
    assert asked.says != answered.says


@pytest.mark.parametrize("status", [400, 404, 405, 426])
def test_a_refusal_is_drawn_as_such_and_needs_no_accept_value(status):
    walk = walk_of(response=refuse(HandshakeError(status, reason="no")))
    assert walk.stops[-1].says.startswith(f"Refused with {status} ")
    assert "SHA-1" not in [stop.name for stop in walk.stops]
    assert any(text.startswith("2  The answer") for text in words(walk))
    check_picture(walk)


def test_an_accept_value_of_another_key_is_said_and_drawn_as_wrong():
    walk = walk_of(response=build_server_handshake(make_key()))
    assert "The client must fail the connection: Sec-WebSocket-Accept is not the" in walk.stops[-1].says
    assert "not this value" in words(walk)
    assert walk.picture._repr_html_().count("stroke-dasharray") == 2  # its edge, and the line to it
    assert "stroke-dasharray" not in walk_of().picture._repr_html_()
    (accept,) = (stop for stop in walk.stops if stop.name == "Sec-WebSocket-Accept")
    assert "does not belong to the key" in accept.says


def test_a_missing_accept_value_fails_the_connection():
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    assert "must fail the connection" in walk_of(response=answer).stops[-1].says


def test_an_extension_is_fine_if_the_browser_offered_it_and_only_then():
    answer = with_line(b"Sec-WebSocket-Extensions: permessage-deflate", ANSWER)
    assert "extension that nobody asked for" in walk_of(response=answer).stops[-1].says
    offer = with_line(b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    assert walk_of(offer, answer).stops[-1].says == OPEN


@pytest.mark.parametrize(
    ("request_", "response", "problem"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n", b"", "no empty line ends the head"),
        (REQUEST.replace(b"Host: ", b"Host "), b"", "not a header line"),
        (REQUEST.replace(b"\r\n", b"\n"), b"", "no empty line ends the head"),
        (b"", b"", "Nothing was sent"),
        (REQUEST, b"SSH-2.0-OpenSSH_9.6\r\n", "no empty line ends the head"),
        (REQUEST, b"\x16\x03\x01\x00\xff" * 20, "no empty line ends the head"),
    ],
)
def test_a_broken_head_is_drawn_with_what_is_wrong(request_, response, problem):
    walk = walk_of(request_, response)
    said = next(stop.says for stop in walk.stops if stop.name == "problem")
    assert problem in said
    check_picture(walk)


def test_no_answer_is_an_outcome_too():
    assert walk_of(response=b"").stops[-1].says == "No answer came."


def test_bytes_after_the_heads_are_counted():
    drawn = words(walk_of(REQUEST + b"\x81", ANSWER + b"\x81\x02Hi"))
    assert any(f"{len(ANSWER)} bytes, and 4 bytes after it" in text for text in drawn)
    assert any(f"{len(REQUEST)} bytes, and 1 byte after it" in text for text in drawn)


def test_no_secret_is_drawn_said_or_sent_to_the_browser():
    request = REQUEST.replace(b"/chat", b"/chat?token=s3cret&a=b")
    request = with_line(b"Cookie: _xsrf=s3cret\r\nAuthorization: token s3cret", request)
    widget = draw_handshake(request, ANSWER)
    for text in (widget.picture, repr(widget), str(widget.stops)):
        assert "s3cret" not in text
        assert "Cookie" in text
    assert "token=(not shown)&a=b" in repr(widget)


def test_a_long_line_is_cut_in_the_picture_and_whole_in_its_details():
    agent = "Mozilla/5.0 " + "x" * 100
    stop = stop_of("User-Agent", with_line(f"User-Agent: {agent}".encode()))
    assert stop.rows == (("line", f"User-Agent: {agent}"),)


@pytest.mark.parametrize("seed", [1373, 1440, *range(4)])  # in the first two, a line is only white space
def test_any_bytes_can_be_drawn(seed):
    chance = random.Random(seed)
    for size in (1, 20, 500):
        check_picture(walk_of(chance.randbytes(size), chance.randbytes(size)))
        ended = [chance.randbytes(size) + b"\r\n\r\n" for _ in range(2)]
        check_picture(walk_of(*ended))


def test_characters_that_mean_something_in_html_are_drawn_as_themselves():
    assert "X-Mine: <&\"'>" in words(walk_of(with_line(b"X-Mine: <&\"'>")))
    check_picture(walk_of())
