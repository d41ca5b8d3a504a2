"""Real clients that say something: what they send arrives, and all that they see is told."""

from __future__ import annotations

import socket

import pytest

from classroom import peers
from classroom.servers import serve
from classroom.talks import Talk, Talker, find_talkers, own_talker
from minews import BlockingClient, BlockingServer, Frame, Opcode, accept_handshake, encode_frame

REAL = [
    "yours",
    "websockets",
    pytest.param("npm ws", marks=pytest.mark.peer("node-ws")),
    pytest.param("Node", marks=pytest.mark.peer("node")),
]


@pytest.fixture(params=REAL)
def talker(request) -> Talker:
    if request.param == "yours":
        return own_talker("yours", lambda: BlockingClient(timeout=0.5))
    found = [talker for talker in find_talkers() if talker.name.startswith(request.param)]
    if not found:
        pytest.skip(f"this Node has no WebSocket of its own: {peers.find_node()}")
    return found[0]


def test_a_text_goes_there_and_comes_back_and_the_client_closes(talker):
    with BlockingServer(str.upper) as server:
        talks = talker.talk_all(
            [(server.url(), "né"), (server.url(), ""), (server.url(), "x" * 65_536)], close_after=1
        )
    assert talks == [Talk(True, (text,), "", 1000) for text in ("NÉ", "", "X" * 65_536)]


def say_and_close(conn: socket.socket) -> None:
    request, _ = accept_handshake(conn)
    frames = {
        "/binary": Frame(True, Opcode.BINARY, b"\xc3\x28"),
        "/masked": Frame(True, Opcode.TEXT, b"Hi", masking_key=b"abcd"),
        "/no-utf-8": Frame(True, Opcode.TEXT, b"\xc3\x28"),
    }
    conn.sendall(encode_frame(frames[request.target]))
    if request.target == "/binary":
        conn.sendall(encode_frame(Frame(True, Opcode.CLOSE, b"\x03\xe8")))
    conn.recv(4096)


def test_a_fault_of_the_server_is_told_in_the_clients_words(talker):
    with serve(say_and_close) as server:
        binary, masked, broken = talker.talk_all(
            [(server.url(path), None) for path in ("/binary", "/masked", "/no-utf-8")]
        )
    assert binary == Talk(True, (b"\xc3\x28",), "", 1000)
    for talk in (masked, broken):
        assert talk.opened and not talk.messages and talk.said


@pytest.mark.parametrize("answer", [b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 101"])
def test_a_door_that_stays_shut_is_an_error_without_a_message(talker, answer):
    with serve(lambda conn: conn.sendall(answer)) as server:
        talk = talker.talk(server.url(), "Hi")
    assert not talk.opened and talk.messages == () and talk.said


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (Talk(True, ("HI",), "", 1000), "text 'HI'; closed with 1000"),
        (
            Talk(True, (b"\xc3\x28", "x" * 500), "bad", 1006),
            "binary c3 28; text of 500; error: bad; closed with 1006",
        ),
        (Talk(True), "open, and nothing came"),
        (Talk(), "never open"),
        (Talk(absent=True), "absent"),
    ],
)
def test_a_talk_is_told_in_words(talk, words):
    assert str(talk) == words
