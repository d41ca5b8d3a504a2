"""Recordings: a socket that notes what goes through it, and what the bytes of a session meant."""

from __future__ import annotations

import doctest
import io
import os
import socket
import threading

import pytest

from classroom import recording
from classroom.recording import Note, Session, record
from minews.frames import encode_frame
from minews.handshake import build_client_handshake, build_server_handshake, make_key, parse_ws_url
from minews.types import Frame, Opcode, Role

KEY = make_key()
REQUEST = build_client_handshake(parse_ws_url("ws://a.example/chat"), KEY)
ANSWER = build_server_handshake(KEY)


def masked(payload: bytes, opcode: int = Opcode.TEXT) -> bytes:
    return encode_frame(Frame(True, opcode, payload, masking_key=b"\1\2\3\4"))


def plain(payload: bytes, opcode: int = Opcode.TEXT) -> bytes:
    return encode_frame(Frame(True, opcode, payload))


@pytest.fixture
def pair():
    near, far = socket.socketpair()
    near.settimeout(10)
    far.settimeout(10)
    yield record(near), far
    near.close()
    far.close()


def test_it_does_what_the_socket_does_and_notes_it(pair):
    near, far = pair
    far.sendall(b"Hello")
    assert near.recv(2) == b"He"
    buffer = bytearray(10)
    assert near.recv_into(buffer) == 3 and buffer[:3] == b"llo"
    near.sendall(b"one")
    assert near.send(memoryview(b"two")) == 3
    assert far.recv(6, socket.MSG_WAITALL) == b"onetwo"
    assert near.received == [b"He", b"llo"]
    assert near.sent == [b"one", b"two"]
    assert [note.direction for note in near.notes] == ["received", "received", "sent", "sent"]


def test_times_begin_with_the_recording_and_never_go_back(pair):
    near, _ = pair
    for _ in range(3):
        near.sendall(b"x")
    times = [note.seconds for note in near.notes]
    assert times == sorted(times) and times[0] >= 0 and times[-1] < 10


def test_what_is_only_peeked_at_is_not_noted(pair):
    near, far = pair
    far.sendall(b"Hello")
    assert near.recv(5, socket.MSG_PEEK) == b"Hello" and near.notes == []
    assert near.recv(5) == b"Hello" and near.received == [b"Hello"]


def test_a_send_that_fails_is_not_noted(pair):
    near, far = pair
    far.close()
    with pytest.raises(OSError):
        for _ in range(9):
            near.sendall(b"x" * 1_000_000)
    assert sum(map(len, near.sent)) < 9_000_000


def test_the_end_of_the_peers_stream_is_a_note_and_not_a_piece(pair):
    near, far = pair
    far.shutdown(socket.SHUT_WR)
    assert near.recv(5) == b""
    assert near.received == []
    assert [(note.direction, note.data) for note in near.notes] == [("received", b"")]


def test_our_end_is_noted_once_whether_by_shutdown_or_by_close(pair):
    near, _ = pair
    near.shutdown(socket.SHUT_RD)
    assert near.notes == []
    near.shutdown(socket.SHUT_WR)
    near.close()
    assert [(note.direction, note.data) for note in near.notes] == [("sent", b"")]


def test_everything_else_is_the_sockets_own(pair):
    near, _ = pair
    near.settimeout(2.5)
    assert near.gettimeout() == 2.5 and near.fileno() >= 0
    with near as same:
        assert same is near
    assert near.fileno() == -1


def test_makefile_is_refused_since_it_would_go_unseen(pair):
    with pytest.raises(io.UnsupportedOperation):
        pair[0].makefile("rb")


def test_it_says_how_much_went_through(pair):
    near, _ = pair
    near.sendall(b"Hello")
    assert repr(near) == "<recorded socket: 1 sends, 5 bytes; 0 recvs, 0 bytes>"


def test_two_threads_may_use_it_at_once(pair):
    near, far = pair
    sender = threading.Thread(target=lambda: [near.sendall(b"x") for _ in range(500)])
    sender.start()
    taken = b""
    while len(taken) < 500:
        taken += far.recv(100)
        far.sendall(b"y")
        near.recv(1)
    sender.join()
    assert len(near.sent) == 500 and len(near.notes) == 500 + len(near.received)


# Sessions


def kinds(session: Session) -> list[tuple[str, str]]:
    return [(event.sender.value, event.kind) for event in session.events()]


def notes_of(*pieces: tuple[str, bytes]) -> list[Note]:
    return [Note(number / 10, *piece) for number, piece in enumerate(pieces, 1)]


def test_a_whole_session_is_read_in_order():
    session = Session(
        notes_of(
            ("received", REQUEST),
            ("sent", ANSWER),
            ("received", masked(b"Hello")),
            ("sent", plain(b"HELLO")),
            ("received", masked(b"\x03\xe8", Opcode.CLOSE)),
            ("sent", plain(b"\x03\xe8", Opcode.CLOSE)),
            ("received", b""),
            ("sent", b""),
        )
    )
    assert kinds(session) == [
        ("client", "connected"),
        ("client", "request"),
        ("server", "response"),
        ("client", "frame"),
        ("server", "frame"),
        ("client", "frame"),
        ("server", "frame"),
        ("client", "end"),
        ("server", "end"),
    ]
    events = session.events()
    assert events[3].frame.payload == b"Hello" and events[3].data == masked(b"Hello")
    assert [event.seconds for event in events] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    assert not any(event.problem for event in events)


def test_it_does_not_matter_where_recv_cut():
    stream = REQUEST + masked(b"Hello") + masked(b"x" * 300) + masked(b"", Opcode.PING)
    whole = Session(notes_of(("received", stream), ("sent", ANSWER))).events()
    cut = Session(notes_of(*(("received", stream[i : i + 1]) for i in range(len(stream))), ("sent", ANSWER)))
    assert [(e.kind, e.data) for e in cut.events()] == [(e.kind, e.data) for e in whole]
    assert [e.kind for e in whole] == ["connected", "request", "frame", "frame", "frame", "response"]


def test_a_frame_counts_from_when_it_is_whole():
    frame = masked(b"Hello")
    session = Session(
        [
            Note(0.1, "received", REQUEST),
            Note(0.2, "sent", ANSWER),
            Note(0.3, "received", frame[:4]),
            Note(0.9, "received", frame[4:]),
        ]
    )
    assert session.events()[-1].seconds == 0.9


def test_recorded_at_the_clients_end_the_senders_change_places():
    session = Session(notes_of(("sent", REQUEST), ("received", ANSWER)), Role.CLIENT)
    assert kinds(session)[1:] == [("client", "request"), ("server", "response")]


def test_two_recordings_of_bytes_make_a_session_without_times():
    session = Session.from_bytes(REQUEST + masked(b"Hello"), ANSWER + plain(b"Hi"))
    assert [kind for _, kind in kinds(session)] == ["connected", "request", "response", "frame", "frame"]
    assert {event.seconds for event in session.events()} == {None}


def test_without_101_what_follows_the_heads_is_no_frame():
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    session = Session.from_bytes(REQUEST, page + b"Hello")
    assert kinds(session)[2:] == [("server", "response"), ("server", "body")]
    assert session.events()[-1].data == b"Hello"


def test_a_frame_that_breaks_a_rule_says_so_and_what_follows_is_read_all_the_same():
    session = Session.from_bytes(REQUEST + plain(b"Hello") + masked(b"again"), ANSWER + masked(b"Hi"))
    problems = [event.problem for event in session.events() if event.kind == "frame"]
    assert problems == ["a client masks every frame", "", "a server masks no frame"]


def test_after_bytes_that_can_not_be_read_nobody_knows_where_a_frame_begins():
    bad = b"\x81\xff" + b"\x80" + bytes(7)
    session = Session(
        notes_of(("received", REQUEST), ("sent", ANSWER), ("received", bad), ("received", masked(b"a")))
    )
    first, second = session.events()[-2:]
    assert (first.kind, first.problem) == ("broken", "the top bit of the payload length is set")
    assert (second.kind, second.data) == ("broken", masked(b"a"))


@pytest.mark.parametrize(
    ("client", "what"), [(REQUEST[:20], "head"), (REQUEST + b"\x81", "frame")], ids=["head", "frame"]
)
def test_what_is_not_whole_is_an_event_of_its_own(client, what):
    last = Session.from_bytes(client, ANSWER).events()[-1]
    assert (last.kind, last.problem) == ("unfinished", f"the {what} is not whole")


def test_a_head_that_can_not_be_read_says_why():
    event = Session.from_bytes(b"GET / HTTP/1.1\r\nHost a\r\n\r\n", b"").events()[1]
    assert event.kind == "request" and event.problem.startswith("not a header line")


def test_bytes_after_the_end_count_for_nothing():
    session = Session(notes_of(("received", b""), ("received", REQUEST)))
    assert [kind for _, kind in kinds(session)] == ["connected", "end"]


def test_no_bytes_break_it_and_none_are_lost():
    for size in (1, 7, 300):
        client, server = REQUEST + os.urandom(size), ANSWER + os.urandom(size)
        events = Session.from_bytes(client, server).events()
        for role, sent in ((Role.CLIENT, client), (Role.SERVER, server)):
            assert b"".join(event.data for event in events if event.sender is role) == sent


def test_nothing_recorded_is_no_event():
    assert Session().events() == []


def test_events_may_be_added_and_read_by_several_threads():
    session = Session()
    session.add(Role.CLIENT, REQUEST)
    session.add(Role.SERVER, ANSWER)
    adders = [
        threading.Thread(target=lambda: [session.add(Role.CLIENT, masked(b"a")) for _ in range(50)])
        for _ in "ab"
    ]
    for adder in adders:
        adder.start()
    while len(session.events()) < 103:
        assert all(event.kind != "broken" for event in session.events())
    for adder in adders:
        adder.join()
    assert len(session.events()) == 103


def test_a_recorded_socket_gives_its_session(pair):
    near, far = pair
    far.sendall(REQUEST)
    near.recv(65_536)
    near.sendall(ANSWER)
    assert [kind for _, kind in kinds(near.session())] == ["connected", "request", "response"]


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(recording).failed == 0
