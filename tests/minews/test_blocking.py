"""Lesson 6's server and client: handshake and frames joined on a connection, and what bad peers get."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classroom.worker.scripted import ScriptedSocket
from minews import (
    BlockingClient,
    Frame,
    FrameReader,
    HandshakeError,
    Opcode,
    ProtocolError,
    Role,
    accept_handshake,
    build_server_handshake,
    encode_frame,
    listen_on,
    parse_request_head,
    parse_response_head,
    recv_until,
    route,
    serve_connection,
    take_head,
)
from minews.conversation import write_close
from minews.http import MAX_HEAD
from tests.cuts import every_cut
from tests.minews.heads import ACCEPT, KEY, any_bytes, request_head
from tests.minews.wire import WRONG_FRAMES, small_frames
from tests.minews.wire import any_bytes as any_frame_bytes

PATIENCE = 10  # seconds, until a test that hangs fails
BROKEN = ConnectionResetError("the peer tore the connection")


def waits(text):
    pytest.fail(f"it would wait for ever: {text}")


def arriving(*pieces, after="stall"):
    """A connection on which these pieces arrive, each in a recv of its own; then nothing more comes."""
    return ScriptedSocket(waits, pieces, after)


def masked(opcode, payload=b"", fin=True, key=b"\x01\x02\x03\x04") -> bytes:
    return encode_frame(Frame(fin, opcode, payload, masking_key=key))


def plain(opcode, payload=b"", fin=True) -> bytes:
    return encode_frame(Frame(fin, opcode, payload))


GOODBYE = masked(Opcode.CLOSE, b"\x03\xe8")


def answered(conn):
    """The frames that a server has sent after its 101."""
    sent = bytearray(conn.sent)
    assert parse_response_head(take_head(sent)).status == 101
    return FrameReader().feed(bytes(sent))


def serve(*pieces, after="stall", on_text=str.upper, on_binary=None):
    """Serve one client, of whom these pieces come after its handshake; return the code and the answers."""
    conn = arriving(request_head(), *pieces, after=after)
    code = serve_connection(conn, on_text, on_binary)
    return code, answered(conn)


def codes_of(frames):
    return [int.from_bytes(frame.payload[:2], "big") for frame in frames if frame.opcode == Opcode.CLOSE]


class TestAcceptHandshake:
    @pytest.mark.parametrize("cut", list(every_cut(request_head() + b"\x81\x80")), ids=lambda cut: cut.name)
    def test_it_answers_the_head_and_keeps_what_came_after_it(self, cut):
        conn = arriving(*cut.pieces)
        request, leftover = accept_handshake(conn)
        assert request == parse_request_head(request_head())
        assert leftover + conn.unread == b"\x81\x80"
        assert conn.sent == build_server_handshake(KEY)

    @pytest.mark.parametrize("end", [0, 1, 20, len(request_head()) - 1])
    def test_a_client_that_leaves_within_its_head_is_an_eof_error(self, end):
        conn = arriving(request_head()[:end], after="eof")
        with pytest.raises(EOFError):
            accept_handshake(conn)
        assert conn.sent == b""

    @pytest.mark.parametrize(
        "head, status",
        [
            (request_head({"Upgrade": None}), 426),
            (request_head({"Sec-WebSocket-Version": "8"}), 426),
            (request_head({"Sec-WebSocket-Key": "short"}), 400),
            (request_head(start="POST /chat HTTP/1.1"), 405),
            (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 4_000, 431),
            (b"\x16\x03\x01\x02\x00" * 4_000, 431),
        ],
        ids=["no upgrade", "version 8", "short key", "POST", "bare LF", "no end", "TLS"],
    )
    def test_a_bad_head_is_a_handshake_error_and_nothing_has_been_sent(self, head, status):
        conn = arriving(head)
        with pytest.raises(HandshakeError) as caught:
            accept_handshake(conn)
        assert caught.value.status == status
        assert conn.sent == b""

    def test_a_head_that_never_ends_is_read_up_to_its_limit_only(self):
        conn = ScriptedSocket(waits, [lambda sent: b"a" * 1_024] * 1_000)
        with pytest.raises(HandshakeError) as caught:
            accept_handshake(conn)
        assert caught.value.status == 431
        assert len(conn.trace) == MAX_HEAD // 1_024


# The duty of RFC 6455 that a wrong frame is about, by what its name begins with.
DUTIES = {"not masked": "R046", "RSV": "R050", "opcode": "R051", "top bit": "R052"}
WRONG_FROM_CLIENTS = [
    pytest.param(
        *wrong,
        id=name,
        marks=[pytest.mark.rfc(duty) for start, duty in DUTIES.items() if name.startswith(start)],
    )
    for name, wrong in WRONG_FRAMES.items()
]


class TestServeConnection:
    @pytest.mark.rfc("R082", "R086", "R087", "R091")
    def test_text_is_answered_in_order_and_a_close_with_its_own_code(self):
        code, frames = serve(masked(Opcode.TEXT, b"one") + masked(Opcode.TEXT, b"two") + GOODBYE)
        assert code == 1000
        assert frames == [
            Frame(True, Opcode.TEXT, b"ONE"),
            Frame(True, Opcode.TEXT, b"TWO"),
            Frame(True, Opcode.CLOSE, b"\x03\xe8"),
        ]

    @pytest.mark.rfc("R087")
    @pytest.mark.parametrize(
        "cut",
        list(every_cut(request_head() + masked(Opcode.TEXT, "é€".encode()) + GOODBYE)),
        ids=lambda cut: cut.name,
    )
    def test_it_does_not_matter_where_the_stream_is_cut(self, cut):
        conn = arriving(*cut.pieces)
        assert serve_connection(conn, str.upper) == 1000
        assert [frame.payload for frame in answered(conn)] == ["É€".encode(), b"\x03\xe8"]

    @pytest.mark.rfc("R047")
    def test_a_server_masks_no_frame(self):
        stream = masked(Opcode.TEXT, b"a") + masked(Opcode.PING) + masked(Opcode.BINARY, b"b") + GOODBYE
        _, frames = serve(stream, on_binary=bytes)
        assert [frame.masking_key for frame in frames] == [None] * 4

    @pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 1 << 20])
    def test_text_and_binary_of_any_size_come_and_go(self, size):
        text, data = "a" * size, bytes(size)
        stream = masked(Opcode.TEXT, text.encode(), key=bytes(4)) + masked(Opcode.BINARY, data, key=bytes(4))
        _, frames = serve(stream + GOODBYE, on_text=str, on_binary=bytes)
        assert frames[:2] == [Frame(True, Opcode.TEXT, text.encode()), Frame(True, Opcode.BINARY, data)]

    @pytest.mark.parametrize("text", [" \t a \r\n", "\0", "\ufeffa", "\U0010ffff", "é vs. e\u0301"])
    def test_not_a_character_of_a_text_is_changed(self, text):
        heard = []
        serve(masked(Opcode.TEXT, text.encode()) + GOODBYE, on_text=heard.append)
        assert heard == [text]

    def test_a_message_without_an_answer_gets_none(self):
        heard = []
        code, frames = serve(
            masked(Opcode.TEXT, b"hm") + masked(Opcode.BINARY, b"b") + GOODBYE,
            on_text=heard.append,
            on_binary=heard.append,
        )
        assert heard == ["hm", b"b"]
        assert (code, len(frames)) == (1000, 1)

    def test_an_empty_answer_is_an_answer(self):
        _, frames = serve(masked(Opcode.TEXT, b"a") + GOODBYE, on_text=lambda text: "")
        assert frames[0] == Frame(True, Opcode.TEXT, b"")

    def test_a_ping_is_answered_by_a_pong_with_its_bytes_and_a_pong_by_nothing(self):
        payload = b"\x00\xff" * 62
        _, frames = serve(masked(Opcode.PONG, b"who asked?") + masked(Opcode.PING, payload) + GOODBYE)
        assert frames[0] == Frame(True, Opcode.PONG, payload)
        assert len(frames) == 2

    @pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1014, 3000, 4000, 4999])
    def test_the_code_of_a_close_is_returned_and_sent_back(self, code):
        close = masked(Opcode.CLOSE, code.to_bytes(2, "big") + "bye €".encode())
        returned, frames = serve(close)
        assert (returned, codes_of(frames)) == (code, [code])

    def test_a_close_without_a_code_is_1005_and_answered_without_one(self):
        assert serve(masked(Opcode.CLOSE)) == (1005, [Frame(True, Opcode.CLOSE, b"")])

    def test_nothing_after_a_close_is_answered(self):
        code, frames = serve(GOODBYE + masked(Opcode.TEXT, b"late") + b"\xff\xff")
        assert (code, len(frames)) == (1000, 1)

    def test_a_code_counts_also_if_nobody_is_there_to_get_our_close(self):
        class Torn(ScriptedSocket):
            def sendall(self, data, flags=0):
                if not data.startswith(b"HTTP"):
                    raise BROKEN

        assert serve_connection(Torn(waits, [request_head(), GOODBYE]), str.upper) == 1000
        assert serve_connection(Torn(waits, [request_head(), b"\x83\x00"]), str.upper) == 1002
        assert serve_connection(Torn(waits, [request_head(), masked(1, b"a")]), str.upper) == 1006

    @pytest.mark.parametrize("after", ["eof", "reset"])
    @pytest.mark.parametrize("piece", [b"", b"\x81", masked(1, b"Hello")[:-1], masked(1, b"Hello")])
    def test_a_client_that_just_leaves_is_1006(self, piece, after):
        code, frames = serve(*[piece] if piece else [], after=after)
        assert code == 1006
        assert codes_of(frames) == []

    @pytest.mark.parametrize("after", ["eof", "reset"])
    def test_a_client_that_leaves_within_its_head_is_1006_and_gets_nothing(self, after):
        conn = arriving(request_head()[:-1], after=after)
        assert serve_connection(conn, str.upper) == 1006
        assert conn.sent == b""

    def test_a_handshake_that_fails_is_refused_and_1006(self):
        conn = arriving(request_head({"Sec-WebSocket-Version": "8"}))
        assert serve_connection(conn, str.upper) == 1006
        response = parse_response_head(take_head(bytearray(conn.sent)))
        assert (response.status, response.headers.get("Sec-WebSocket-Version")) == (426, "13")

    def test_the_caller_closes_the_connection(self):
        for pieces in ([GOODBYE], [b"\xff"]):
            conn = arriving(request_head(), *pieces, after="eof")
            serve_connection(conn, str.upper)
            assert ("close",) not in conn.trace

    @pytest.mark.parametrize("wire, code", WRONG_FROM_CLIENTS)
    def test_a_wrong_frame_fails_the_connection_with_its_code_however_it_is_cut(self, wire, code):
        good = masked(Opcode.TEXT, b"good")
        for cut in every_cut(good + wire, rounds=2):
            returned, frames = serve(*cut.pieces, on_binary=bytes)
            assert returned == code, cut.name
            assert frames[0] == Frame(True, Opcode.TEXT, b"GOOD"), cut.name
            assert codes_of(frames) == [code], cut.name
            assert frames[-1].payload[2:].isascii() and frames[-1].payload[2:], "a Close says why"

    def test_after_a_wrong_frame_nothing_is_looked_at(self):
        heard = []
        wrong, _ = WRONG_FRAMES["RSV1"]
        code, frames = serve(wrong + masked(Opcode.TEXT, b"late") + GOODBYE, on_text=heard.append)
        assert (code, heard, len(frames)) == (1002, [], 1)

    def test_binary_is_refused_with_1003_where_nobody_takes_it(self):
        code, frames = serve(masked(Opcode.BINARY, b"\xff"))
        assert (code, codes_of(frames)) == (1003, [1003])

    def test_an_application_can_fail_the_connection_itself(self):
        def on_text(text):
            raise ProtocolError(1008, "€" * 200)

        code, frames = serve(masked(Opcode.TEXT, b"a"), on_text=on_text)
        assert (code, codes_of(frames)) == (1008, [1008])
        assert frames[0].payload[2:] == b"?" * 123

    def test_an_error_of_the_application_is_the_callers(self):
        with pytest.raises(KeyError):
            serve(masked(Opcode.TEXT, b"a"), on_text={}.__getitem__)

    def test_a_timeout_is_the_callers(self):
        conn = arriving(request_head())
        conn.settimeout(1)
        with pytest.raises(TimeoutError):
            serve_connection(conn, str.upper)

    @settings(max_examples=60)
    @given(any_bytes(request_head()), st.lists(any_frame_bytes | small_frames.map(encode_frame), max_size=4))
    @example(request_head(), [masked(1, b"a"), b"\x81\x00"])
    def test_any_bytes_end_in_a_code(self, head, pieces):
        stream = head + b"".join(pieces)
        outcomes = set()
        for cut in list(every_cut(stream, rounds=1)):
            conn = arriving(*cut.pieces, after="eof")
            code = serve_connection(conn, str.upper, bytes.upper)
            assert code in {1002, 1003, 1005, 1006, 1007, 1009} or 1000 <= code <= 4999
            outcomes.add((code, conn.sent))
        assert len(outcomes) == 1


PAGES = {"/": b"<p>Hello", "/two": b"<p>Two"}


class TestRoute:
    @pytest.mark.parametrize(
        "target, page",
        [("/", b"<p>Hello"), ("/two", b"<p>Two"), ("/two?a=/", b"<p>Two"), ("/?", b"<p>Hello")],
    )
    def test_a_page_is_a_whole_response(self, target, page):
        response = bytearray(route(parse_request_head(f"GET {target} HTTP/1.1\r\n\r\n".encode()), PAGES))
        head = parse_response_head(take_head(response))
        assert (head.status, response) == (200, page)
        assert head.headers.get("Content-Length") == str(len(page))
        assert head.headers.get("Content-Type") == "text/html; charset=utf-8"
        assert head.headers.get("Connection") == "close"

    @pytest.mark.parametrize("target", ["/three", "/two/", "//", "*", "/%74wo", "two", "/../two"])
    def test_what_is_not_there_is_404(self, target):
        answer = route(parse_request_head(f"GET {target} HTTP/1.1\r\n\r\n".encode()), PAGES)
        assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")

    def test_another_method_is_405_and_told_which_would_do(self):
        answer = route(parse_request_head(b"POST / HTTP/1.1\r\n\r\n"), PAGES)
        head = parse_response_head(take_head(bytearray(answer)))
        assert (head.status, head.headers.get("Allow")) == (405, "GET")

    @pytest.mark.parametrize(
        "changes",
        [{}, {"Upgrade": "WebSocket"}, {"Upgrade": "h2c, websocket"}, {"Sec-WebSocket-Version": "8"}],
    )
    def test_a_handshake_is_left_alone_even_a_bad_one(self, changes):
        assert route(parse_request_head(request_head(changes, start="GET / HTTP/1.1")), PAGES) is None

    @pytest.mark.parametrize("changes", [{"Upgrade": None}, {"Upgrade": "h2c"}, {"Upgrade": "xwebsocket"}])
    def test_another_upgrade_is_a_request_for_a_page(self, changes):
        assert route(parse_request_head(request_head(changes, start="GET / HTTP/1.1")), PAGES)


def flood():
    """Pongs without end."""
    return itertools.repeat(plain(Opcode.PONG, b"a" * 100) * 100)


def drip():
    """A frame that comes a byte at a time, and takes longer than anybody waits."""
    pause = threading.Event()
    yield b"\x82\x7e\xff\xff"
    for _ in range(1_000):
        pause.wait(0.01)
        yield b"a"


@contextlib.contextmanager
def server_that(*steps, respond=build_server_handshake, leaves=True):
    """Run a server for one client: it answers the handshake and takes the steps; give its URL and an outcome.

    A step that is bytes is sent, and one that is an iterator, piece by piece while the client is there; a
    number is how many bytes to wait for first. The outcome is all that the client sent after its request,
    until it closed the connection.
    """

    def run(listener):
        conn, _ = listener.accept()
        with conn:
            conn.settimeout(PATIENCE)
            head, received = recv_until(conn, b"\r\n\r\n")
            conn.sendall(respond(parse_request_head(head).headers.get("Sec-WebSocket-Key")))
            received = bytearray(received)
            for step in steps:
                if isinstance(step, bytes):
                    conn.sendall(step)
                elif isinstance(step, Iterator):
                    with contextlib.suppress(ConnectionError):
                        any(map(conn.sendall, step))
                    return b""
                while isinstance(step, int) and len(received) < step:
                    received += conn.recv(step) or pytest.fail(f"the client left after {bytes(received)!r}")
            if leaves:
                conn.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while piece := conn.recv(1 << 16):
                    received += piece
            return bytes(received)

    with listen_on(0) as listener, ThreadPoolExecutor(1) as threads:
        listener.settimeout(PATIENCE)
        outcome = threads.submit(run, listener)
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/chat", lambda: outcome.result(PATIENCE)


@pytest.fixture
def short_linger(monkeypatch):
    """Wait less for a server that does not close the connection."""
    monkeypatch.setattr("minews.blocking.LINGER", 0.02)


def client_of(url, timeout=PATIENCE):
    client = BlockingClient(timeout)
    client.connect(url)
    return client


def sent_by(outcome):
    """The frames that a client sent."""
    return FrameReader().feed(outcome())


class TestBlockingClient:
    @pytest.mark.rfc("R045", "R055", "R085", "R086")
    def test_each_message_is_one_masked_frame(self):
        with server_that(plain(Opcode.CLOSE, b"\x03\xe8")) as (url, outcome):
            client = client_of(url)
            client.send("é")
            client.send(b"\xff")
            client.close()
        text, data, close = sent_by(outcome)
        assert (text.opcode, text.payload, text.fin) == (Opcode.TEXT, "é".encode(), True)
        assert (data.opcode, data.payload, data.fin) == (Opcode.BINARY, b"\xff", True)
        assert close.opcode == Opcode.CLOSE
        assert None not in {text.masking_key, data.masking_key, close.masking_key}

    @pytest.mark.rfc("R056")
    def test_each_frame_has_a_masking_key_of_its_own(self):
        with server_that() as (url, outcome):
            client = client_of(url)
            for _ in range(50):
                client.send("the same")
            client.close()
        frames = sent_by(outcome)
        assert len({frame.masking_key for frame in frames}) == len(frames) == 51

    @pytest.mark.rfc("R024")
    def test_nothing_is_sent_after_the_handshake_until_the_server_has_answered(self):
        early = []

        def respond(key):
            early.append(key)
            return build_server_handshake(key)

        client = BlockingClient(PATIENCE)
        with pytest.raises(EOFError):
            client.send("too early")
        with server_that(respond=respond) as (url, outcome):
            client.connect(url)
            assert early, "connect returns after the answer"
            client.send("now")
            client.close()
        assert [frame.payload for frame in sent_by(outcome)] == [b"now", b"\x03\xe8"]

    @pytest.mark.parametrize(
        "cut",
        list(every_cut(plain(1, "é".encode()) + plain(2, b"\xff") + plain(1), rounds=2)),
        ids=lambda cut: cut.name,
    )
    def test_messages_come_in_order_however_the_stream_is_cut(self, cut):
        with server_that(*cut.pieces) as (url, _):
            client = client_of(url)
            assert [client.recv() for _ in range(3)] == ["é", b"\xff", ""]
            client.close()

    def test_a_message_that_comes_with_the_head_is_not_lost(self):
        def respond(key):
            return build_server_handshake(key) + plain(1, b"first")

        with server_that(respond=respond) as (url, _):
            assert client_of(url).recv() == "first"

    def test_a_ping_is_answered_while_a_message_is_awaited_and_a_pong_is_not(self):
        with server_that(plain(9, b"\xff"), plain(10), 7, plain(1, b"after"), 15) as (url, outcome):
            client = client_of(url)
            assert client.recv() == "after"
            client.close()
        pong, _ = sent_by(outcome)
        assert (pong.opcode, pong.payload) == (Opcode.PONG, b"\xff")

    def test_the_servers_close_is_answered_and_ends_the_connection(self):
        with server_that(plain(1, b"last"), plain(8, b"\x0f\xa1bye")) as (url, outcome):
            client = client_of(url)
            assert client.recv() == "last"
            for _ in range(2):
                with pytest.raises(EOFError):
                    client.recv()
            with pytest.raises(EOFError):
                client.send("too late")
            assert client.close() == client.close() == 4001
        (close,) = sent_by(outcome)
        assert (close.opcode, close.payload) == (Opcode.CLOSE, b"\x0f\xa1")

    @pytest.mark.parametrize(
        "answer, code", [(b"\x03\xe8", 1000), (b"\x0f\xa1bye", 4001), (b"", 1005), (None, 1006)]
    )
    def test_close_waits_for_the_servers_close_and_returns_its_code(self, answer, code):
        steps = [8, plain(1, b"on its way"), plain(9)] + ([] if answer is None else [plain(8, answer)])
        with server_that(*steps) as (url, outcome):
            assert client_of(url).close() == code
        (close,) = sent_by(outcome)  # no second Close, and no Pong after it
        assert close.payload == b"\x03\xe8"

    def test_close_can_say_why(self):
        with server_that(8, plain(8, b"\x0f\xa1")) as (url, outcome):
            assert client_of(url).close(4001) == 4001
        assert codes_of(sent_by(outcome)) == [4001]

    def test_close_can_say_nothing(self):
        with server_that(6, plain(8)) as (url, outcome):
            assert client_of(url).close(1005) == 1005
        (close,) = sent_by(outcome)
        assert (close.opcode, close.payload) == (Opcode.CLOSE, b"")

    @pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 5000])
    def test_a_code_that_no_close_may_carry_is_refused(self, code):
        with pytest.raises(ValueError, match="no Close carries"):
            BlockingClient().close(code)

    def test_without_a_connection_close_is_1006_and_recv_and_send_are_eof_errors(self):
        client = BlockingClient()
        assert client.close() == 1006
        for call in (client.recv, lambda: client.send("a")):
            with pytest.raises(EOFError):
                call()

    def test_a_server_that_just_leaves_is_an_eof_error_and_1006(self):
        for rest in (b"", b"\x81\x05He"):
            with server_that(rest) as (url, _):
                client = client_of(url)
                for call in (client.recv, client.recv, partial(client.send, "too late")):
                    with pytest.raises(EOFError):
                        call()
                assert client.close() == 1006

    def test_a_server_that_tears_the_connection_is_an_eof_error_and_1006(self):
        with listen_on(0) as listener, ThreadPoolExecutor(1) as threads:
            connecting = threads.submit(client_of, f"ws://127.0.0.1:{listener.getsockname()[1]}")
            conn, _ = listener.accept()
            conn.settimeout(PATIENCE)
            accept_handshake(conn)
            client = connecting.result(PATIENCE)
            client.send("unread")
            conn.recv(1)
            conn.close()  # with unread input: RST
            with pytest.raises(EOFError):
                client.recv()
            assert client.close() == 1006

    @pytest.mark.usefixtures("short_linger")
    def test_a_send_into_a_connection_that_is_lost_is_an_os_error_and_1006(self):
        with server_that(leaves=False) as (url, _):
            client = client_of(url)
            client._conn.shutdown(socket.SHUT_RDWR)
            with pytest.raises(OSError):
                client.send("nobody is there")
            with pytest.raises(EOFError):
                client.send("still nobody")
            assert client.close() == 1006

    @pytest.mark.parametrize(
        "wrong, code",
        [
            pytest.param(masked(1, b"Hi"), 1002, id="masked", marks=pytest.mark.rfc("R048")),
            pytest.param(b"\xc1\x00", 1002, id="RSV1", marks=pytest.mark.rfc("R050")),
            pytest.param(b"\x83\x00", 1002, id="opcode 3", marks=pytest.mark.rfc("R051")),
            pytest.param(b"\x81\x7e\x00\x05Hello", 1002, id="5 bytes as 126"),
            pytest.param(b"\x82\x7f\xff" + bytes(7), 1002, id="top bit", marks=pytest.mark.rfc("R052")),
            pytest.param(b"\x82\x7f" + (1 << 40).to_bytes(8, "big"), 1009, id="a frame without end"),
            pytest.param(b"\x81\x01\xff", 1007, id="text that is no UTF-8"),
            pytest.param(b"\x01\x01a", 1003, id="text in fragments"),
            pytest.param(b"\x80\x00", 1002, id="a continuation of nothing"),
            pytest.param(b"\x88\x01\x03", 1002, id="a Close of one byte"),
            pytest.param(b"\x88\x02\x03\xee", 1002, id="a Close with 1006"),
        ],
    )
    def test_a_server_that_breaks_a_rule_is_told_so_with_the_code(self, wrong, code):
        with server_that(plain(1, b"good") + wrong + plain(1, b"late")) as (url, outcome):
            client = client_of(url)
            assert client.recv() == "good"
            with pytest.raises(ProtocolError) as caught:
                client.recv()
            assert caught.value.code == code
            with pytest.raises(EOFError):
                client.recv()
            assert client.close() == code
        assert codes_of(sent_by(outcome)) == [code]

    def test_a_server_that_breaks_a_rule_while_we_close_is_not_told(self):
        with server_that(8, masked(1)) as (url, outcome):
            assert client_of(url).close() == 1002
        assert codes_of(sent_by(outcome)) == [1000]

    def test_a_message_that_does_not_come_in_time_is_a_timeout_and_may_come_later(self):
        with server_that(b"\x81\x05Hel", 7, b"lo") as (url, _):
            client = client_of(url, timeout=0.05)
            with pytest.raises(TimeoutError):
                client.recv()
            client.send("?")
            client._timeout = PATIENCE
            assert client.recv() == "Hello"
            client.close()

    @pytest.mark.usefixtures("short_linger")
    @pytest.mark.parametrize("endless", [flood, drip], ids=["a flood of Pongs", "a byte now and then"])
    def test_a_server_that_sends_on_and_on_but_no_message_is_a_timeout(self, endless):
        with server_that(endless()) as (url, _):
            client = client_of(url, timeout=0.1)
            with pytest.raises(TimeoutError):
                client.recv()
            assert client.close() == 1006

    @pytest.mark.usefixtures("short_linger")
    def test_a_server_that_does_not_answer_a_close_is_1006_in_time(self):
        with server_that(leaves=False) as (url, _):
            client = client_of(url, timeout=0.05)
            assert client.close() == 1006

    def test_a_client_can_connect_again_and_leaves_the_first_server_politely(self):
        with (
            server_that(8, plain(8, b"\x03\xe8")) as (first, outcome),
            server_that(plain(1, b"two")) as (url, _),
        ):
            client = client_of(first)
            client.connect(url)
            assert codes_of(sent_by(outcome)) == [1000]
            assert client.recv() == "two"
            client.close()

    @pytest.mark.parametrize("url", ["http://127.0.0.1/", "ws://", "wss://127.0.0.1/", "ws://a/#b"])
    def test_a_url_that_it_cannot_speak_to_is_a_value_error(self, url):
        with pytest.raises(ValueError):
            BlockingClient().connect(url)

    def test_nobody_listening_is_an_os_error(self):
        with listen_on(0) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(OSError):
            BlockingClient(1).connect(f"ws://127.0.0.1:{port}/")

    @pytest.mark.parametrize(
        "answer, status",
        [
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404),
            (b"HTTP/1.1 200 OK\r\n\r\n", 200),
            (build_server_handshake(KEY), 101),
            (b"SSH-2.0-server\r\n\r\n", 502),
            (b"HTTP/1.1 101 Switching Protocols\n\n", 502),
            (b"a" * (MAX_HEAD + 1), 502),
        ],
        ids=["404", "200", "accept value of another key", "SSH", "bare LF", "no end"],
    )
    def test_an_answer_that_does_not_open_the_connection_is_a_handshake_error(self, answer, status):
        assert ACCEPT.encode() in build_server_handshake(KEY)
        with server_that(respond=lambda key: answer) as (url, outcome):
            client = BlockingClient(PATIENCE)
            with pytest.raises(HandshakeError) as caught:
                client.connect(url)
            assert caught.value.status == status
            with pytest.raises(EOFError):
                client.recv()
            assert outcome() == b""

    def test_a_server_that_leaves_within_its_head_is_an_eof_error(self):
        with server_that(respond=lambda key: b"HTTP/1.1 101") as (url, _), pytest.raises(EOFError):
            client_of(url)

    def test_a_server_that_never_answers_is_a_timeout(self):
        with server_that(respond=lambda key: b"HTTP", leaves=False) as (url, _), pytest.raises(TimeoutError):
            client_of(url, timeout=0.05)

    def test_both_ends_are_made_for_each_other(self):
        near, far = socket.socketpair()
        with near, far, ThreadPoolExecutor(1) as threads:
            outcome = threads.submit(serve_connection, near, str.upper)
            far.sendall(request_head() + masked(1, b"Hi") + write_close(Role.CLIENT, 4002))
            assert outcome.result(PATIENCE) == 4002


@pytest.mark.usefixtures("short_linger")
def test_a_client_waits_no_longer_than_it_says():
    with server_that(leaves=False) as (url, _):
        client = client_of(url, timeout=0.2)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            client.recv()
        assert 0.15 < time.monotonic() - began < PATIENCE
        client._end(1006)
