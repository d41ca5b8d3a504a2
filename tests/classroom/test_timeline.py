"""The timeline of a session: every event in order, with its time, its fields and its bytes."""

from __future__ import annotations

import os

import pytest

from classroom.recording import Note, Session
from classroom.widgets import draw_session
from classroom.widgets.timeline import Timeline, picture_session
from classroom.widgets.timeline_picture import MOST, _round_step
from minews.frames import encode_frame
from minews.handshake import build_client_handshake, build_server_handshake, make_key, parse_ws_url, refuse
from minews.types import Frame, HandshakeError, Opcode
from tests.classroom.walks import check_picture, words

KEY = make_key()
REQUEST = build_client_handshake(parse_ws_url("ws://a.example/chat"), KEY)
ANSWER = build_server_handshake(KEY)


def masked(payload: bytes, opcode: int = Opcode.TEXT, fin: bool = True) -> bytes:
    return encode_frame(Frame(fin, opcode, payload, masking_key=b"\1\2\3\4"))


def plain(payload: bytes, opcode: int = Opcode.TEXT, fin: bool = True) -> bytes:
    return encode_frame(Frame(fin, opcode, payload))


def timeline_of(*pieces: tuple[float, str, bytes], heads: bool = True) -> Timeline:
    first = [Note(0.001, "received", REQUEST), Note(0.002, "sent", ANSWER)] if heads else []
    return Timeline(tuple(Session([*first, *(Note(*piece) for piece in pieces)]).events()))


WHOLE = timeline_of(
    (0.2, "received", masked(b"Hello")),
    (0.2005, "sent", plain(b"HELLO")),
    (0.5, "received", masked(b"\x03\xe8bye", Opcode.CLOSE)),
    (0.501, "sent", plain(b"\x03\xe8", Opcode.CLOSE)),
    (0.502, "received", b""),
)


def test_every_event_is_a_row_and_a_stop():
    walk = picture_session(WHOLE)
    assert [stop.name for stop in walk.stops] == [
        "TCP connected",
        "GET /chat HTTP/1.1",
        "HTTP/1.1 101 Switching Protocols",
        "text",
        "text",
        "close 1000",
        "close 1000",
        "end of what the browser sends",
    ]
    check_picture(walk)
    assert "text5 bytes: Hello" in words(walk) and "close 1000bye" in words(walk)


def test_it_says_at_a_glance_what_went_each_way_and_how_it_ended():
    drawn = words(picture_session(WHOLE))
    assert "2 frames from the browser, 2 from the server, 502.0 ms" in drawn
    assert "The browser sent the first Close: 1000. The server answered: 1000." in " ".join(drawn)


def test_a_frame_shows_its_fields_and_its_bytes():
    stop = picture_session(WHOLE).stops[3]
    assert stop.says == "at 200.0 ms, from the browser, 5 bytes: Hello."
    assert dict(stop.rows) == {
        "first byte": "FIN 1, RSV 000, opcode 0x1 text",
        "payload length": "5",
        "masking key": "01 02 03 04, MASK 1",
        "payload": "Hello",
        "bytes": "81 85 01 02 03 04 49 67 6f 68 6e",
    }
    assert dict(picture_session(WHOLE).stops[4].rows)["masking key"] == "none, MASK 0"


def test_a_close_shows_its_code_and_its_reason():
    rows = dict(picture_session(WHOLE).stops[5].rows)
    assert (rows["close code"], rows["reason"]) == ("1000", "bye")
    assert "reason" not in dict(picture_session(WHOLE).stops[6].rows)


def test_a_head_shows_its_lines_without_secrets():
    secret = REQUEST.replace(b"\r\n\r\n", b"\r\nCookie: s3cret\r\n\r\n").replace(b"/chat", b"/?token=s3cret")
    widget = draw_session(Session.from_bytes(secret, ANSWER))
    assert "Cookie: (not shown)" in widget.stops[1]["rows"][0][1]
    for text in (str(widget.stops), widget.picture, repr(widget)):
        assert "s3cret" not in text


def test_times_are_drawn_to_scale_and_light_up_with_the_row():
    stops = picture_session(WHOLE).stops
    marks = [stop.boxes[1][0] for stop in stops]
    seconds = [event.seconds for event in WHOLE.events]
    assert marks[-1] - marks[0] > 600
    for mark, second in zip(marks, seconds, strict=True):
        assert mark == pytest.approx(marks[0] + (marks[-1] - marks[0]) * second / seconds[-1], abs=0.1)
    assert "time (ms)" in words(picture_session(WHOLE))


def test_from_one_second_on_the_unit_is_seconds():
    line = timeline_of((1.25, "received", masked(b"a")))
    assert line.unit == "s" and line.say_time(line.events[-1]) == "1.250"
    assert "time (s)" in words(picture_session(line))


def test_without_times_there_is_no_strip():
    walk = picture_session(Timeline(tuple(Session.from_bytes(REQUEST, ANSWER).events())))
    assert not any("time" in text for text in words(walk))
    assert {len(stop.boxes) for stop in walk.stops} == {1}
    check_picture(walk)


@pytest.mark.parametrize(
    ("pieces", "finding"),
    [
        ([], "No end was recorded."),
        ([(0.1, "received", b"")], "No Close: the browser just left."),
        ([(0.1, "sent", b"")], "No Close: the server just left."),
        (
            [(0.1, "sent", plain(b"\x03\xe9", 8))],
            "sent the first Close: 1001. The browser did not answer it.",
        ),
        ([(0.1, "received", masked(b"", 8))], "The browser sent the first Close: without a code."),
        ([(0.1, "received", masked(b"\x03", 8))], "first Close: with half a code."),
        ([(0.1, "sent", masked(b"a"))], "The server broke a rule: a server masks no frame."),
    ],
)
def test_it_says_who_ended_it_and_who_broke_a_rule(pieces, finding):
    assert finding in timeline_of(*pieces).findings()


def test_a_refused_handshake_is_no_websocket():
    answer = refuse(HandshakeError(400, reason="no"))
    line = timeline_of((0.1, "received", REQUEST), (0.2, "sent", answer), heads=False)
    assert line.findings() == "The answer is 400 Bad Request: no WebSocket here."
    assert [event.kind for event in line.events] == ["connected", "request", "response", "body"]
    assert timeline_of((0.1, "received", b""), heads=False).findings().startswith("No answer")


def test_a_frame_that_breaks_a_rule_says_so_in_its_row():
    stop = picture_session(timeline_of((0.1, "received", plain(b"a")))).stops[-1]
    assert stop.says.endswith("1 byte: a; it breaks a rule: a client masks every frame.")


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (masked(b"a", Opcode.TEXT, fin=False), "text, FIN 0"),
        (masked(b"a", Opcode.CONT), "continuation"),
        (masked(b"", Opcode.PING), "ping"),
        (masked(b"", 0x3), "opcode 0x3"),
        (b"\x81\xfe\x00\x05", "bytes that can't be read"),
        (b"\x81\x85abcd", "bytes of something unfinished"),
    ],
)
def test_each_kind_of_frame_has_its_title(frame, title):
    assert picture_session(timeline_of((0.1, "received", frame))).stops[-1].name == title


def test_a_long_session_is_shortened_in_the_middle_and_says_by_what():
    pieces = [(0.1 + i / 100, "received", masked(b"%d" % i)) for i in range(200)]
    walk = picture_session(timeline_of(*pieces))
    assert len(walk.stops) == MOST + 1
    gap = next(stop for stop in walk.stops if "more events" in stop.name)
    assert gap.name == "163 more events" and "163 x text from the browser" in gap.says
    assert walk.stops[-1].says.endswith("3 bytes: 199.")
    check_picture(walk)


def test_an_end_may_have_another_name():
    session = Session.from_bytes(REQUEST + masked(b"a"), ANSWER)
    widget = draw_session(session, client="client", server="Jupyter server")
    assert "1 frame from the client, 0 from the Jupyter server" in repr(widget)
    assert {"client", "Jupyter server"} <= set(words(widget.walk))


def test_characters_that_mean_something_in_html_are_drawn_as_themselves():
    walk = picture_session(timeline_of((0.1, "received", masked(b"<b>&\"'"))))
    assert "text6 bytes: <b>&\"'" in words(walk)


def test_nothing_recorded_is_said():
    walk = picture_session(Timeline(()))
    assert walk.stops == () and words(walk) == ["Nothing was recorded."]


def test_any_bytes_can_be_drawn():
    for size in (1, 50, 2000):
        check_picture(
            picture_session(timeline_of((0.1, "received", os.urandom(size)), (0.2, "sent", os.urandom(size))))
        )


@pytest.mark.parametrize("length", [0.4, 1, 2.302, 9.99, 23.1, 502, 86_400])
def test_the_marks_on_the_time_axis_are_round_and_few(length):
    step = _round_step(length)
    assert f"{step:e}"[0] in "125" and 3 <= length / step <= 10
