"""What connections and servers are on threads and on asyncio, without either: bytes and seconds."""

from __future__ import annotations

import random
import types

import pytest

from minews import Connection, HandshakeError, Opcode, Role, State, encode_frame, parse_response_head
from minews.deflate import DeflateParams
from minews.limits import Limits
from minews.opening import Agreement, ServerOptions
from minews.session import INBOX, MESSAGE_COST, Reception, Session
from minews.types import Frame
from tests.minews.heads import request_head

LIMITS = Limits(ping_time=20.0, idle_time=60.0)


class Loose(Session):
    """A session that writes what it sends into a list, and notes when it is given up."""

    def __init__(self, limits: Limits = LIMITS, deflate: DeflateParams | None = None) -> None:
        super().__init__(limits)
        self.sent, self.given_up = [], False
        self._begin(Agreement(Role.SERVER, None, deflate))

    def _flush(self) -> None:
        self.sent.append(self._protocol.data_to_send())

    def _give_up(self) -> None:
        self.given_up = True


def masked(opcode: int, payload: bytes = b"") -> bytes:
    return encode_frame(Frame(True, opcode, payload, masking_key=b"\x01\x02\x03\x04"))


def client_that_deflates() -> Connection:
    return Agreement(Role.CLIENT, None, DeflateParams()).connect(LIMITS)


class TestSession:
    def test_before_the_handshake_it_connects(self):
        session = Session(LIMITS)
        assert (session.state, session.close_code, session.close_reason) == (State.CONNECTING, 1006, "")
        assert repr(session) == "<Session connecting>"
        assert session._protocol.data_to_send() == b""

    def test_messages_come_in_order_and_the_end_after_them(self):
        session = Loose()
        assert not session._take(masked(Opcode.TEXT, b"one") + masked(Opcode.PONG) + masked(Opcode.PING))
        assert not session._take(masked(Opcode.BINARY, b"two"))
        session._check_open()
        assert session._take(masked(Opcode.TEXT, b"three") + masked(Opcode.CLOSE, b"\x03\xe8bye"))
        assert [session._pop() for _ in range(3)] == ["one", b"two", "three"]
        assert session._inbox_size == 0
        with pytest.raises(EOFError, match="1000"):
            session._check_open()
        assert (session.state, session.close_code, session.close_reason) == (State.CLOSING, 1000, "bye")
        assert repr(session) == "<Loose closing>"

    def test_a_message_that_comes_alone_is_counted_like_others(self):
        session = Loose()
        assert not session._take(masked(Opcode.TEXT, b"one"))
        assert session._inbox_size == 3 + MESSAGE_COST
        assert not session._take(masked(Opcode.TEXT, b"three"))
        assert session._inbox_size == 8 + 2 * MESSAGE_COST
        assert [session._pop(), session._pop()] == ["one", "three"]
        assert session._inbox_size == 0

    def test_a_str_is_sent_as_text_and_bytes_as_binary(self):
        session = Loose()
        session._send_message("one")
        session._send_message(b"two")
        assert (
            session._protocol.data_to_send()
            == bytes.fromhex("8103") + b"one" + bytes.fromhex("8203") + b"two"
        )
        session._protocol.send_close()
        with pytest.raises(EOFError):
            session._send_message("three")

    def test_what_is_lost_has_ended_as_its_driver_says(self):
        session = Loose()
        session._protocol.receive_eof()
        with pytest.raises(StopAsyncIteration, match="1006"):
            session._check_open(StopAsyncIteration)

    @pytest.mark.parametrize("says_goodbye", [False, True])
    def test_after_our_close_no_more_is_kept_than_fits_the_inbox(self, says_goodbye):
        session, message = Loose(), masked(Opcode.BINARY, bytes(INBOX))
        if says_goodbye:
            session._protocol.send_close(1000)
        for _ in range(3):
            session._take(message)
        assert session._inbox_size == (1 if says_goodbye else 3) * (INBOX + MESSAGE_COST)

    def test_what_is_compressed_is_taken_as_long_as_there_is_room_for_it(self):
        session, sender = Loose(deflate=DeflateParams()), client_that_deflates()
        for _ in range(100):
            sender.send_binary(bytes(INBOX))
        data, popped = sender.data_to_send(), 0
        assert len(data) < INBOX
        assert not session._take(data)
        while session._inbox:
            assert session._inbox_size < 20 * (INBOX + MESSAGE_COST)
            assert session._pop() == bytes(INBOX)
            popped += 1
            if not session._inbox and (later := session._later):
                session._later = b""
                session._take(later)
        assert popped == 100

    def test_what_fits_is_taken_at_once(self):
        session, sender = Loose(deflate=DeflateParams()), client_that_deflates()
        noise = random.Random(6455).randbytes(3000)
        sender.send_binary(noise)
        assert not session._take(sender.data_to_send())
        assert (session._later, session._pop()) == (b"", noise)

    def test_a_close_ends_it_behind_what_is_compressed(self):
        session, sender = Loose(deflate=DeflateParams()), client_that_deflates()
        for _ in range(100):
            sender.send_text("much ado " * 50)
        sender.send_close(1000)
        assert session._take(sender.data_to_send() + bytes(2000))
        assert len(session._inbox) == 100

    def test_what_a_ping_carries_may_change_after_it_was_sent(self):
        session, payload = Loose(), bytearray(b"here")
        session._send_ping(payload)
        payload[:] = b"gone"
        session._take(masked(Opcode.PONG, b"here"))
        assert session.latency is not None

    def test_one_pong_answers_all_pings_before_it(self):
        session = Loose()
        session._take(masked(Opcode.PONG, b"unasked"))
        assert session.latency is None
        results = [[], [], []]
        waiters = [
            types.SimpleNamespace(done=lambda done=done: done, set_result=result.append)
            for done, result in zip((False, True, False), results, strict=True)
        ]
        payloads = [session._send_ping(waiter=waiter) for waiter in (None, *waiters)]
        assert len(set(payloads)) == len(session.sent) == 4
        session._take(masked(Opcode.PONG, payloads[2]) + masked(Opcode.PONG, b"unasked"))
        assert [len(result) for result in results] == [1, 0, 0]
        assert 0 <= session.latency <= results[0][0]
        assert list(session._pings) == payloads[3:]

    def test_a_silent_peer_is_pinged_once_and_given_up_in_the_end(self):
        session = Loose()
        for silence, sent, given_up in [(19, 0, False), (20, 1, False), (59, 1, False), (60, 1, True)]:
            session._mind_silence(silence)
            assert (len(session.sent), session.given_up) == (sent, given_up), silence

    def test_a_peer_that_answers_is_pinged_again(self):
        session = Loose()
        for _ in range(4):
            session._mind_silence(20)
            assert session._patience() == LIMITS.idle_time
            session._take(masked(Opcode.PONG, next(iter(session._pings))))
            assert session._patience() == LIMITS.ping_time
        assert (len(session.sent), session.given_up) == (4, False)

    @pytest.mark.parametrize("limits", [Limits(ping_time=None), Limits(ping_time=90.0)])
    def test_pings_may_be_too_rare_to_matter(self, limits):
        session = Loose(limits)
        assert session._patience() == limits.idle_time
        session._mind_silence(limits.idle_time - 1)
        assert (session.sent, session.given_up) == ([], False)
        session._mind_silence(limits.idle_time)
        assert session.given_up

    def test_no_ping_follows_a_close(self):
        session = Loose()
        session._protocol.send_close(1000)
        session._mind_silence(30)
        assert session.sent == []


def reception(options: ServerOptions | None = None, limits: Limits | None = None, most: int = 2) -> Reception:
    return Reception(False, options, limits, most)


def status_of(decided) -> int:
    answer, agreement = decided
    assert agreement is None
    return parse_response_head(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n").status


class TestReception:
    def test_it_says_where_it_is(self):
        there = reception()
        there.port = 9
        assert there.url("/a") == "ws://127.0.0.1:9/a"
        assert Reception(True, None, None, 1).url(host="b.example") == "wss://b.example:0/"
        assert repr(there) == "<Reception ws://127.0.0.1:9/ 0 connections>"

    def test_a_request_may_come_in_pieces(self):
        received = bytearray()
        for byte in request_head():
            assert reception()._answer(received) is None
            received.append(byte)
        received += b"\x81"
        answer, agreement = reception()._answer(received)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert (agreement.head, received) == (request_head(), b"\x81")

    @pytest.mark.parametrize(
        "head, status",
        [
            (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
            (b"\x16\x03\x01\x02\x00\x01\x00", 400),
            (request_head(start="GET /nowhere HTTP/1.1"), 404),
            (request_head({"Origin": "https://elsewhere.example"}), 403),
            (request_head({"Cookie": "bad"}), 401),
            (b"GET /" + b"a" * 2000, 431),
        ],
        ids=["LF", "TLS", "nowhere", "origin", "cookie", "long"],
    )
    def test_what_is_wrong_is_refused(self, head, status):
        def admit(request):
            if request.headers.get("Cookie"):
                raise HandshakeError(401, reason="log in first")
            return ()

        options = ServerOptions(resource_names=["/chat"], admit=admit)
        there = reception(options, Limits(max_head=1000))
        assert status_of(there._answer(bytearray(head))) == status
        assert there.error is None

    def test_what_comes_too_late_is_refused_unless_it_is_whole(self):
        assert status_of(reception()._answer(bytearray(b"GET / HT"), late=True)) == 408
        assert reception()._answer(bytearray(request_head()), late=True)[1] is not None

    def test_who_comes_when_too_many_are_there_is_refused(self):
        there = reception(most=2)
        there.connections = {1, 2}
        assert status_of(there._answer(bytearray(request_head()))) == 503

    def test_a_mistake_of_the_application_is_kept(self):
        there = reception(ServerOptions(admit=lambda request: 1 / 0))
        assert status_of(there._answer(bytearray(request_head()))) == 500
        assert isinstance(there.error, ZeroDivisionError)

    @pytest.mark.parametrize("status, reason", [(600, ""), (401, "Zähler €\r\n")], ids=["status", "line"])
    def test_a_refusal_that_cannot_be_written_is_a_mistake_of_the_application_too(self, status, reason):
        def admit(request):
            raise HandshakeError(status, [("WWW-Authenticate", f'Basic realm="{reason}"')])

        there = reception(ServerOptions(admit=admit))
        assert status_of(there._answer(bytearray(request_head()))) == 500
        assert isinstance(there.error, ValueError)

    def test_a_handler_that_fails_ends_its_connection_with_1011_and_the_first_error_is_kept(self):
        there, conn = reception(), Connection(Role.SERVER)
        assert there._judge(KeyError("first"), conn)[0] == 1011
        assert there._judge(EOFError("of a file"), conn)[0] == 1011
        assert str(there.error) == "'first'"

    @pytest.mark.parametrize("error", [EOFError(), TimeoutError()])
    def test_a_peer_that_has_gone_is_no_mistake(self, error):
        there, conn = reception(), Connection(Role.SERVER)
        conn.receive_eof()
        assert there._judge(error, conn) == (1000, "")
        assert there.error is None
        assert there._judge(KeyError(), conn)[0] == 1011
