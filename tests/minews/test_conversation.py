"""Whole messages and the Close, as frames and back; and what is received in time."""

from __future__ import annotations

import socket
import time

import pytest

from classroom.worker.scripted import ScriptedSocket
from minews import Frame, HandshakeError, Opcode, ProtocolError, Role, check_frame, decode_frame
from minews.conversation import (
    read_close,
    read_message,
    receive_before,
    receive_response_head,
    send_last,
    write_close,
    write_frame,
    write_message,
)
from minews.http import MAX_HEAD

OTHER = {Role.CLIENT: Role.SERVER, Role.SERVER: Role.CLIENT}


def waits(text):
    pytest.fail(f"it would wait for ever: {text}")


def soon():
    return time.monotonic() + 5


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "opcode, payload", [(Opcode.TEXT, b"Hi"), (Opcode.PING, b""), (Opcode.BINARY, b"a" * 126)]
)
def test_a_frame_is_whole_and_one_that_the_other_end_takes(role, opcode, payload):
    frame, _ = decode_frame(write_frame(role, opcode, payload))
    check_frame(frame, OTHER[role])
    assert (frame.fin, frame.opcode, frame.payload) == (True, opcode, payload)


def test_no_two_frames_of_a_client_have_the_same_key():
    keys = {decode_frame(write_frame(Role.CLIENT, Opcode.PING))[0].masking_key for _ in range(50)}
    assert len(keys) == 50


@pytest.mark.parametrize("message", ["", "é€", b"", b"\xff"])
def test_a_message_comes_back_as_what_it_was(message):
    frame, _ = decode_frame(write_message(Role.SERVER, message))
    assert read_message(frame) == message and type(read_message(frame)) is type(message)


@pytest.mark.parametrize(
    "frame, code",
    [
        (Frame(True, Opcode.TEXT, b"\xff"), 1007),
        (Frame(False, Opcode.TEXT, b"Hel"), 1003),
        (Frame(False, Opcode.BINARY, b"Hel"), 1003),
        (Frame(True, Opcode.CONT, b"lo"), 1002),
    ],
)
def test_what_is_no_whole_message_is_a_protocol_error(frame, code):
    with pytest.raises(ProtocolError) as caught:
        read_message(frame)
    assert caught.value.code == code


@pytest.mark.parametrize("code", [1000, 1003, 1005, 1007, 1014, 3000, 4999])
def test_the_code_of_a_close_comes_back_and_1005_is_an_empty_one(code):
    frame, _ = decode_frame(write_close(Role.SERVER, code, "why not"))
    assert (frame.opcode, read_close(frame)) == (Opcode.CLOSE, code)
    assert frame.payload[2:] == (b"" if code == 1005 else b"why not")


@pytest.mark.parametrize("code", [-1, 0, 999, 1004, 1006, 1015, 5000])
def test_a_code_that_may_not_travel_is_neither_written_nor_read(code):
    with pytest.raises(ValueError, match="no Close carries"):
        write_close(Role.SERVER, code)
    with pytest.raises(ProtocolError, match="1002"):
        read_close(Frame(True, Opcode.CLOSE, (code % 65_536).to_bytes(2, "big")))


def test_a_reason_is_cut_where_a_control_frame_is_full():
    frame, _ = decode_frame(write_close(Role.CLIENT, 1000, "é" * 200))
    check_frame(frame, Role.SERVER)
    assert frame.payload[2:] == b"?" * 123


@pytest.mark.parametrize("payload, code", [(b"\x03", 1002), (b"\x03\xe8\xff", 1007)])
def test_a_close_that_says_nothing_readable_is_a_protocol_error(payload, code):
    with pytest.raises(ProtocolError) as caught:
        read_close(Frame(True, Opcode.CLOSE, payload))
    assert caught.value.code == code


def test_last_words_to_a_peer_that_has_gone_are_lost_without_an_error():
    near, far = socket.socketpair()
    with near:
        far.close()
        for _ in range(3):
            send_last(near, b"bye")


def test_what_comes_in_time_is_received_and_the_end_is_an_eof_error():
    conn = ScriptedSocket(waits, [b"Hi"])
    assert receive_before(conn, soon()) == b"Hi"
    with pytest.raises(EOFError):
        receive_before(conn, soon())
    with pytest.raises(EOFError):
        receive_before(ScriptedSocket(waits, [], "reset"), soon())


def test_nothing_in_time_is_a_timeout_also_where_the_time_is_over_already():
    with pytest.raises(TimeoutError):
        receive_before(ScriptedSocket(waits, [], "stall"), soon())
    conn = ScriptedSocket(waits, [b"Hi"])
    with pytest.raises(TimeoutError):
        receive_before(conn, time.monotonic())
    assert conn.unread == b"Hi"


def test_a_response_head_may_come_in_pieces_and_what_follows_it_is_kept():
    conn = ScriptedSocket(waits, [b"HTTP/1.1 101 \r", b"\n\r", b"\n\x81\x00"])
    assert receive_response_head(conn, soon()) == (b"HTTP/1.1 101 \r\n\r\n", b"\x81\x00")


@pytest.mark.parametrize("head", [b"SSH-2.0\n", b"a" * (MAX_HEAD + 1)], ids=["bare LF", "no end"])
def test_what_is_no_response_head_is_502(head):
    with pytest.raises(HandshakeError) as caught:
        receive_response_head(ScriptedSocket(waits, [head], "stall"), soon())
    assert caught.value.status == 502
