"""The server around lesson 6: it goes on serving others whatever one peer does, and ends cleanly."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

import minews.serving
from minews import (
    BlockingClient,
    BlockingServer,
    Frame,
    FrameReader,
    HandshakeError,
    Opcode,
    ProtocolError,
    encode_frame,
    listen_on,
    parse_response_head,
    recv_exactly,
    recv_until,
)
from minews.serving import TimedSocket
from tests.minews.heads import request_head
from tests.minews.wire import WRONG_FRAMES

PATIENCE = 10  # seconds, until a test that hangs fails
SHORT = 0.3  # seconds: a limit that tests can wait for


def masked(opcode, payload=b"", fin=True) -> bytes:
    return encode_frame(Frame(fin, opcode, payload, masking_key=b"\x01\x02\x03\x04"))


def connected(server):
    """A connection to a server on which nothing was sent yet."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


@contextlib.contextmanager
def opened(server):
    """A connection to a server, after the handshake."""
    with connected(server) as conn:
        conn.sendall(request_head())
        head, rest = recv_until(conn, b"\r\n\r\n")
        assert parse_response_head(head).status == 101
        assert rest == b""
        yield conn


def rest_of(conn):
    """All that still comes, until the server closes the connection."""
    received = bytearray()
    while piece := conn.recv(1 << 16):
        received += piece
    return bytes(received)


def close_code(conn):
    """The code of the Close that is the last thing to come."""
    *_, last = FrameReader().feed(rest_of(conn))
    assert last.opcode == Opcode.CLOSE
    return int.from_bytes(last.payload[:2], "big")


def serves(server):
    """Whether a well-behaved client is served now."""
    client = BlockingClient(PATIENCE)
    client.connect(server.url())
    client.send("Hello")
    return (client.recv(), client.close()) == ("HELLO", 1000)


def serves_pages(server):
    """Whether a request for a page is answered now."""
    with connected(server) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return rest_of(browser).startswith(b"HTTP/1.1 ")


def wait_until(true):
    """Wait until something is so; a test that waits for too long fails."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, "it never came"
        pause.wait(0.005)


def drip(conn):
    """Send a byte every few milliseconds until the server has had enough."""
    pause = threading.Event()
    with contextlib.suppress(OSError):
        while not pause.wait(0.01):
            conn.sendall(b"a")


@contextlib.contextmanager
def dripping(conn):
    """Drip in the background."""
    thread = threading.Thread(target=drip, args=(conn,), daemon=True)
    thread.start()
    yield
    conn.close()
    thread.join(PATIENCE)


def fail_to_start(thread):
    raise RuntimeError("can't start new thread")


@pytest.fixture
def short_linger(monkeypatch):
    monkeypatch.setattr(minews.serving, "LINGER", 0.1)


class TestOnePort:
    def test_pages_and_sockets_are_served_on_one_port(self):
        with BlockingServer(str.upper, pages={"/": b"<p>Hello"}) as server, connected(server) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert rest_of(browser).endswith(b"\r\n\r\n<p>Hello")
            assert serves(server)

    def test_without_pages_there_is_none(self):
        with BlockingServer(str.upper) as server, connected(server) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert rest_of(browser).startswith(b"HTTP/1.1 404 ")

    def test_a_large_page_arrives_whole_also_where_the_request_had_a_body(self):
        page = bytes(3_000_000)
        with BlockingServer(str.upper, pages={"/": page}) as server, connected(server) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\nunwelcome")
            assert rest_of(browser).partition(b"\r\n\r\n")[2] == page

    def test_frames_that_come_with_the_head_are_not_lost(self):
        with BlockingServer(str.upper) as server, connected(server) as conn:
            conn.sendall(request_head() + masked(1, b"at once") + masked(8, b"\x03\xe8"))
            assert rest_of(conn).endswith(b"\x81\x07AT ONCE\x88\x02\x03\xe8")

    def test_binary_goes_to_its_own_function(self):
        with BlockingServer(str.upper, on_binary=bytes.swapcase) as server:
            client = BlockingClient(PATIENCE)
            client.connect(server.url())
            client.send(b"Hello")
            assert client.recv() == b"hELLO"
            client.close()

    def test_it_says_where_it_is(self):
        with BlockingServer(str.upper) as server:
            assert server.url("/chat") == f"ws://127.0.0.1:{server.port}/chat"
            assert server.url(scheme="http") == f"http://127.0.0.1:{server.port}/"
            with opened(server):
                assert repr(server) == f"<BlockingServer {server.url()} 1 connections>"
        assert repr(server).endswith("ended>")


class TestWhateverOnePeerDoes:
    def test_a_silent_peer_keeps_nobody_waiting(self):
        with BlockingServer(str.upper) as server, connected(server), opened(server):
            assert serves(server)

    @pytest.mark.parametrize(
        "head, status",
        [(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 4_000, 431), (b"\x16\x03\x01\r\n\r\n", 400)],
        ids=["a head that never stops", "TLS"],
    )
    def test_a_bad_head_gets_its_status_and_an_end(self, head, status):
        with BlockingServer(str.upper) as server, connected(server) as conn:
            conn.sendall(head)
            assert rest_of(conn).startswith(f"HTTP/1.1 {status} ".encode())
            assert serves(server)

    @pytest.mark.rfc("R046")
    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("not masked", marks=pytest.mark.rfc("R046")),
            "RSV1",
            "opcode 0x3",
            "a frame without end",
            "half a character",
        ],
    )
    def test_a_wrong_frame_gets_its_code_and_an_end(self, name):
        wire, code = WRONG_FRAMES[name]
        with BlockingServer(str.upper) as server, opened(server) as conn:
            conn.sendall(wire)
            assert close_code(conn) == code
            assert serves(server)

    def test_a_peer_that_sends_on_after_its_error_still_learns_the_code(self):
        with BlockingServer(str.upper) as server, opened(server) as conn:
            conn.sendall(b"\x82\xff" + (1 << 40).to_bytes(8, "big") + bytes(200_000))
            assert close_code(conn) == 1009

    def test_a_head_that_comes_a_byte_at_a_time_gets_408_in_time(self):
        with BlockingServer(str.upper, handshake_time=SHORT) as server, connected(server) as conn:
            with dripping(conn):
                assert rest_of(conn).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert serves(server)

    def test_a_peer_that_never_says_anything_gets_408_in_time(self):
        with BlockingServer(str.upper, handshake_time=SHORT) as server, connected(server) as conn:
            assert rest_of(conn).startswith(b"HTTP/1.1 408 Request Timeout\r\n")

    def test_a_frame_that_comes_a_byte_at_a_time_gets_1008_in_time(self):
        with BlockingServer(str.upper, idle_time=SHORT) as server, opened(server) as conn:
            conn.sendall(b"\x82\xfe\xff\xff")
            with dripping(conn):
                assert close_code(conn) == 1008
            assert serves(server)

    def test_a_peer_that_falls_silent_gets_1008_in_time(self):
        with BlockingServer(str.upper, idle_time=SHORT) as server, opened(server) as conn:
            assert close_code(conn) == 1008
            assert serves(server)

    @pytest.mark.parametrize(
        "frame", [masked(9), masked(1, b"hm"), masked(2, b"hm")], ids=["Ping", "text", "binary"]
    )
    def test_a_peer_that_gets_something_done_may_stay(self, frame):
        options = {"on_text": lambda text: None, "on_binary": lambda data: None, "idle_time": SHORT}
        pause = threading.Event()
        with BlockingServer(**options) as server, opened(server) as conn:
            began = time.monotonic()
            while time.monotonic() - began < 3 * SHORT:
                conn.sendall(frame)
                pause.wait(SHORT / 20)
            conn.sendall(masked(8, b"\x0f\xa1"))
            assert close_code(conn) == 4001

    def test_the_time_that_an_answer_takes_is_not_the_peers(self):
        pause = threading.Event()
        peers = []

        def on_text(text):
            pause.wait(2 * SHORT)
            peers[0].sendall(masked(8, b"\x03\xe8"))

        with BlockingServer(on_text, idle_time=SHORT) as server, opened(server) as conn:
            peers.append(conn)
            conn.sendall(masked(1, b"think!"))
            assert close_code(conn) == 1000

    @pytest.mark.usefixtures("short_linger")
    def test_a_peer_that_reads_nothing_is_left_in_time(self):
        on_text = {"much, please": "a" * 30_000_000}.__getitem__
        with BlockingServer(on_text, idle_time=SHORT) as server, opened(server) as conn:
            conn.sendall(masked(1, b"much, please"))
            wait_until(lambda: not server._visits)
            assert server.error is None
            assert serves_pages(server)

    def test_a_peer_that_leaves_without_a_word_leaves_nothing_behind(self):
        with BlockingServer(str.upper) as server:
            for sent in (b"", b"GET", request_head(), request_head() + b"\x81"):
                with connected(server) as conn:
                    conn.sendall(sent)
            wait_until(lambda: not server._visits)
            assert serves(server)

    def test_who_comes_when_it_is_full_gets_503_and_may_come_later(self):
        with BlockingServer(str.upper, max_connections=2) as server:
            with opened(server), opened(server), connected(server) as third:
                assert rest_of(third).startswith(b"HTTP/1.1 503 ")
            wait_until(lambda: not server._visits)
            assert serves(server)

    def test_who_is_refused_may_send_on_and_no_reset_takes_the_503(self, monkeypatch):
        monkeypatch.setattr(minews.serving, "LINGER", PATIENCE)
        with BlockingServer(str.upper, max_connections=1) as server, opened(server):
            with connected(server) as second:
                assert rest_of(second).startswith(b"HTTP/1.1 503 ")
                for _ in range(100):  # the first bytes that nobody reads would bring a reset
                    second.sendall(request_head())
            wait_until(lambda: not server._refusals)

    def test_who_is_refused_and_stays_keeps_nobody_waiting(self, monkeypatch):
        monkeypatch.setattr(minews.serving, "LINGER", PATIENCE)
        full = BlockingServer(str.upper, max_connections=1)
        with full as server, opened(server) as first, connected(server) as second:
            assert rest_of(second).startswith(b"HTTP/1.1 503 ")
            with connected(server) as third:
                assert rest_of(third).startswith(b"HTTP/1.1 503 ")
            assert len(server._refusals) == 1, "there is a limit for those, too"
            first.close()
            wait_until(lambda: not server._visits)
            assert serves(server)


class TestOwnErrors:
    def test_an_error_of_the_application_is_1011_for_its_peer_and_raised_at_the_end(self):
        with pytest.raises(KeyError, match="'Hello'"), BlockingServer({"x": "y"}.__getitem__) as server:
            for text in (b"Hello", b"again"):
                with opened(server) as conn:
                    conn.sendall(masked(1, text))
                    assert close_code(conn) == 1011
            assert repr(server.error) == "KeyError('Hello')", "the first one counts"

    @pytest.mark.parametrize(
        "error",
        [
            HandshakeError(403, reason="another server says no"),
            ProtocolError(1002, "another peer is wrong"),
            EOFError("another peer left"),
            ConnectionResetError("another peer tore the connection"),
            TimeoutError("another peer is slow"),
        ],
        ids=lambda error: type(error).__name__,
    )
    @pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
    def test_no_error_of_the_application_is_taken_for_its_peers(self, error, opcode):
        def fail(message):
            raise error

        server = BlockingServer(fail, on_binary=fail)
        with pytest.raises(type(error)) as caught, server, opened(server) as conn:
            conn.sendall(masked(opcode, b"Hello"))
            assert close_code(conn) == 1011
        assert caught.value is server.error is error

    def test_binary_that_nobody_takes_is_no_error_of_the_application(self):
        with BlockingServer(str.upper) as server, opened(server) as conn:
            conn.sendall(masked(Opcode.BINARY, b"Hello"))
            assert close_code(conn) == 1003

    def test_an_error_of_the_block_itself_comes_first(self):
        with pytest.raises(RuntimeError, match="mine"), BlockingServer({}.__getitem__) as server:
            with opened(server) as conn:
                conn.sendall(masked(1, b"Hello"))
                assert close_code(conn) == 1011
            raise RuntimeError("mine")

    def test_an_error_before_the_handshake_is_500(self, monkeypatch):
        monkeypatch.setattr(minews.serving, "route", lambda request, pages: pages["/nope"])
        with pytest.raises(KeyError), BlockingServer(str.upper) as server, connected(server) as conn:
            conn.sendall(request_head())
            assert rest_of(conn).startswith(b"HTTP/1.1 500 ")

    def test_a_handler_that_closes_the_connection_itself_is_no_error(self, monkeypatch):
        def serve_and_close(conn, on_text, on_binary):
            with conn:
                conn.sendall(b"done")

        monkeypatch.setattr(minews.serving, "serve_connection", serve_and_close)
        with BlockingServer(str.upper) as server, connected(server) as conn:
            conn.sendall(request_head())
            with contextlib.suppress(ConnectionError):
                assert rest_of(conn) == b"done"
            wait_until(lambda: not server._visits)

    def test_too_many_open_files_are_waited_for(self, monkeypatch):
        class Failing(socket.socket):
            failures = 2

            def accept(self):
                if self.failures:
                    self.failures -= 1
                    raise OSError(24, "Too many open files")
                return super().accept()

        monkeypatch.setattr(
            minews.serving, "listen_on", lambda port: Failing(fileno=listen_on(port).detach())
        )
        with BlockingServer(str.upper) as server:
            assert serves(server)

    def test_too_many_threads_are_waited_for(self, monkeypatch):
        with BlockingServer(str.upper) as server:
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", fail_to_start)
                with connected(server) as conn:
                    assert rest_of(conn) == b""
            assert not server._visits
            assert serves(server)


class TestTheEnd:
    def test_the_peers_are_told_and_nothing_is_left(self):
        before = set(threading.enumerate())
        with BlockingServer(str.upper) as server, opened(server) as one, connected(server) as other:
            wait_until(lambda: len(server._visits) == 2)
            ending = threading.Thread(target=server.close)
            ending.start()
            assert close_code(one) == 1001
            assert rest_of(other).startswith(b"HTTP/1.1 503 ")
            one.close()
            other.close()
            ending.join(PATIENCE)
        assert set(threading.enumerate()) <= before
        assert not server._visits
        with pytest.raises(OSError):
            connected(server)

    def test_it_can_be_started_and_closed_twice_and_comes_back_on_its_port(self):
        server = BlockingServer(str.upper)
        server.close()
        server.start()
        port = server.port
        server.start()
        assert serves(server)
        server.close()
        server.close()
        with server:
            assert server.port == port
            assert serves(server)

    def test_a_port_that_is_taken_is_an_os_error(self):
        with listen_on(0) as listener, pytest.raises(OSError):
            BlockingServer(str.upper, port=listener.getsockname()[1]).start()

    @pytest.mark.usefixtures("short_linger")
    def test_an_application_that_does_not_come_back_is_left_behind(self):
        begun, free = threading.Event(), threading.Event()

        def on_text(text):
            begun.set()
            free.wait(PATIENCE)

        with BlockingServer(on_text) as server, opened(server) as conn:
            conn.sendall(masked(1, b"take your time"))
            assert begun.wait(PATIENCE)
            server.close()
            assert len(server._visits) == 1
            free.set()
            wait_until(lambda: not server._visits)

    @pytest.mark.usefixtures("short_linger")
    def test_a_peer_that_reads_nothing_cannot_hold_up_the_end(self):
        with BlockingServer(lambda text: "a" * 30_000_000) as server, opened(server) as conn:
            conn.sendall(masked(1, b"much, please"))
            recv_exactly(conn, 10)  # it has begun
            server.close()
            assert not server._visits


class TestTimedSocket:
    """A student's code may read as it likes."""

    @pytest.fixture
    def pair(self):
        near, far = socket.socketpair()
        far.settimeout(PATIENCE)
        with TimedSocket(near, threading.Event(), PATIENCE, PATIENCE) as timed, far:
            yield timed, far

    def test_what_was_put_back_comes_first(self, pair):
        timed, far = pair
        far.sendall(b"world")
        assert timed.recv(5, socket.MSG_PEEK) == b"world"
        timed.put_back(b"Hello ")
        assert timed.recv(100) == b"Hello world"

    def test_a_look_takes_nothing(self, pair):
        timed, far = pair
        far.sendall(b"Hello")
        assert timed.recv(2, socket.MSG_PEEK) == b"He"
        assert timed.recv(2) == b"He"
        assert timed.recv(100) == b"llo"

    def test_all_can_be_waited_for(self, pair):
        timed, far = pair
        far.sendall(b"He")
        assert timed.recv(5, socket.MSG_PEEK) == b"He"
        far.sendall(b"llo")
        assert timed.recv(5, socket.MSG_WAITALL) == b"Hello"
        far.sendall(b"Hi")
        far.shutdown(socket.SHUT_WR)
        assert timed.recv(5, socket.MSG_WAITALL) == b"Hi"
        assert timed.recv(5) == b""

    def test_it_can_be_read_as_a_file_and_into_a_buffer(self, pair):
        timed, far = pair
        far.sendall(b"a line\nHello, you")
        with timed.makefile("rb", buffering=0) as stream:
            assert stream.readline() == b"a line\n"
        buffer = bytearray(4)
        assert (timed.recv_into(buffer), buffer) == (4, b"Hell")
        assert (timed.recv_into(buffer, 1), buffer) == (1, b"oell")

    def test_sending_moves_the_deadline(self):
        for method in ("send", "sendall"):
            near, far = socket.socketpair()
            with TimedSocket(near, threading.Event(), -1, PATIENCE) as timed, far:
                with pytest.raises(TimeoutError):
                    timed.recv(1)
                getattr(timed, method)(b"Hello")
                far.sendall(far.recv(100))
                assert timed.recv(100) == b"Hello"
