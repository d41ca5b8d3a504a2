"""WebSocket on threads: both ends against each other, and against peers of which every byte is ours."""

from __future__ import annotations

import contextlib
import gc
import math
import random
import socket
import ssl
import struct
import threading
import time
import types
from pathlib import Path

import pytest

import minews.sync
from minews import (
    Frame,
    FrameReader,
    HandshakeError,
    Opcode,
    State,
    accept_client,
    encode_frame,
    listen_on,
    parse_request_head,
    parse_response_head,
    recv_exactly,
    recv_until,
)
from minews.deflate import DeflateParams
from minews.limits import Limits
from minews.opening import ClientOptions, ServerOptions
from minews.session import EVICTED, INBOX
from minews.sync import broadcast, connect, connect_again, serve
from minews.tls import client_tls_context, explain_tls_error, server_tls_context
from tests.minews.asynchronous import deaf_address
from tests.minews.heads import request_head
from tests.minews.wire import WRONG_FRAMES

pytestmark = pytest.mark.filterwarnings("error")

PATIENCE = 10  # seconds, until a test that hangs fails
SHORT = 0.2  # seconds: a limit that tests can wait for
CERTIFICATE = str(Path(__file__).with_name("localhost.pem"))  # and its key; for localhost and 127.0.0.1
CALM = Limits(open_time=PATIENCE, idle_time=PATIENCE, close_time=PATIENCE, ping_time=None)
HASTY = Limits(open_time=SHORT, idle_time=PATIENCE, close_time=SHORT, ping_time=None)
LARGE = bytes(20_000_000)  # more than the system's buffers between two sockets hold
ROOMY = Limits(
    idle_time=PATIENCE, close_time=PATIENCE, ping_time=None, max_frame=1 << 25, max_message=1 << 25
)
DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_lost():
    """A socket that nobody closed is a ResourceWarning once it is collected."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Whatever a test does, afterwards no thread and no file is left."""
    threads, files = set(threading.enumerate()), open_files()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(1)  # one that has closed its connection may be about to end
    assert set(threading.enumerate()) <= threads
    assert open_files() <= files


def open_files() -> int:
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0


def echo(conn):
    for message in conn:
        conn.send(message)


def nothing(conn):
    """A handler that returns at once."""


def close_frame() -> bytes:
    """A Close of 1000 as a server sends it."""
    return plain(Opcode.CLOSE, (1000).to_bytes(2, "big"))


def masked(opcode, payload=b"", fin=True) -> bytes:
    """A frame as a client sends it."""
    return encode_frame(Frame(fin, opcode, payload, masking_key=b"\x01\x02\x03\x04"))


def plain(opcode, payload=b"", fin=True) -> bytes:
    """A frame as a server sends it."""
    return encode_frame(Frame(fin, opcode, payload))


def tls_contexts():
    return server_tls_context(CERTIFICATE, CERTIFICATE), client_tls_context(CERTIFICATE)


def connected(server):
    """A connection to a server on which nothing was sent yet."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


@contextlib.contextmanager
def opened(server):
    """A connection to a server, after the handshake."""
    with connected(server) as conn:
        conn.sendall(request_head())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += recv_exactly(conn, 1)  # frames may follow at once
        assert parse_response_head(head).status == 101
        yield conn


def rest_of(conn) -> bytes:
    """All that still comes, until the peer ends TCP."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while piece := conn.recv(1 << 16):
            received += piece
    return bytes(received)


def frames_of(conn, count=math.inf):
    """The frames that come, so many or until the peer ends TCP."""
    reader, frames = FrameReader(1 << 30), []
    while len(frames) < count and (piece := conn.recv(1 << 16)):
        frames += reader.feed(piece)
    return frames


def close_code(conn) -> int:
    """The code of the Close that is the last thing to come."""
    *_, last = frames_of(conn)
    assert last.opcode == Opcode.CLOSE
    return int.from_bytes(last.payload[:2], "big")


def answer_of(conn):
    """The head of the answer that comes before the server ends TCP, and its body."""
    head, _, body = rest_of(conn).partition(b"\r\n\r\n")
    return parse_response_head(head + b"\r\n\r\n"), body.decode()


@contextlib.contextmanager
def listener(serve_one, times=1):
    """Call a function with each of so many connections that come, in the background; give the port."""
    raised = []

    def run():
        for _ in range(times):
            conn, _ = listening.accept()
            conn.settimeout(PATIENCE)
            try:
                with conn:
                    serve_one(conn)
            except Exception as error:
                raised.append(error)

    with listen_on(0) as listening:
        listening.settimeout(PATIENCE)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join(PATIENCE)
            assert not thread.is_alive()
    assert not raised, raised


def url_of(port, scheme="ws") -> str:
    return f"{scheme}://127.0.0.1:{port}/"


def agree(conn):
    """The server's part of the handshake."""
    head, rest = recv_until(conn, b"\r\n\r\n")
    assert rest == b""
    conn.sendall(accept_client(parse_request_head(head))[0])


def agreeing(serve_one):
    """A server that agrees to everything, then does as it is told."""

    def run(conn):
        agree(conn)
        serve_one(conn)

    return listener(run)


class Background:
    """A call in a thread of its own, for which the end of the `with` block waits; `result` is what came."""

    def __init__(self, call, *arguments):
        self.result = self.error = None
        self._call, self._arguments = call, arguments
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            self.result = self._call(*self._arguments)
        except Exception as error:
            self.error = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def wait_until(true):
    """Wait until something is so; a test that waits for too long fails."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, "it never came"
        pause.wait(0.002)


@pytest.fixture(params=["ws", "wss"])
def secured(request):
    """The TLS contexts of server and client, or None for both: what holds for ws holds for wss."""
    return tls_contexts() if request.param == "wss" else (None, None)


class TestMessages:
    @pytest.mark.rfc("R034")
    @pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
    def test_text_and_binary_of_each_size_come_back(self, secured, size):
        with (
            serve(echo, tls=secured[0]) as server,
            connect(server.url(), tls=secured[1]) as conn,
        ):
            for message in ("é" * (size // 2) + "a" * (size % 2), bytes(size)):
                conn.send(message)
                assert conn.recv(PATIENCE) == message

    def test_messages_travel_deflated(self):
        options = ClientOptions(deflate=DeflateParams())
        with (
            serve(echo, options=ServerOptions(deflate=True)) as server,
            connect(server.url(), options=options) as conn,
        ):
            assert conn.agreement.deflate is not None
            for _ in range(2):
                conn.send("Hello " * 1000)
                assert conn.recv(PATIENCE) == "Hello " * 1000

    def test_iterating_gives_messages_until_the_end(self):
        def count(conn):
            for number in range(3):
                conn.send(str(number))

        with serve(count) as server, connect(server.url()) as conn:
            assert list(conn) == ["0", "1", "2"]
            assert (conn.state, conn.close_code) == (State.CLOSING, 1000)
        assert (conn.state, conn.close_code) == (State.CLOSED, 1000)
        assert repr(conn) == "<SyncConnection closed>"

    def test_the_server_sees_what_the_client_asked_and_the_client_what_was_answered(self):
        seen = []
        options = ServerOptions(subprotocols=["chat"], admit=lambda request: [("Set-Cookie", "a=b")])
        asked = ClientOptions(subprotocols=["v2", "chat"], headers=[("Cookie", "c=d")])
        with (
            serve(lambda conn: seen.append(conn.agreement), options=options) as server,
            connect(server.url("/room?x=1"), options=asked) as conn,
        ):
            assert conn.agreement.response.headers.get("Set-Cookie") == "a=b"
            assert conn.agreement.subprotocol == "chat"
            assert list(conn) == []
        (agreement,) = seen
        assert (agreement.subprotocol, agreement.request.target) == ("chat", "/room?x=1")
        assert agreement.request.headers.get("Cookie") == "c=d"

    def test_frames_that_come_with_the_head_are_not_lost(self):
        def serve_one(conn):
            head, _ = recv_until(conn, b"\r\n\r\n")
            answer, _ = accept_client(parse_request_head(head))
            conn.sendall(answer + plain(Opcode.TEXT, b"first") + plain(Opcode.TEXT, b"second"))
            frames_of(conn)

        with listener(serve_one) as port, connect(url_of(port), limits=HASTY) as conn:
            assert (conn.recv(PATIENCE), conn.recv(PATIENCE)) == ("first", "second")
            conn.abort()

    def test_a_close_behind_messages_in_one_piece_takes_none_of_them(self):
        piece = masked(Opcode.TEXT, b"a") + masked(Opcode.BINARY, b"b") + masked(Opcode.CLOSE, b"\x03\xe8")
        seen = []
        with serve(lambda conn: seen.extend(conn)) as server, opened(server) as conn:
            conn.sendall(piece)
            assert close_code(conn) == 1000
        assert seen == ["a", b"b"]

    def test_what_is_owed_goes_out_once_there_is_room(self):
        def serve_one(conn):
            conn.sendall(plain(Opcode.TEXT, frames_of(conn, 1)[0].payload.upper()))
            frames_of(conn)

        with agreeing(serve_one) as port:
            conn = connect(url_of(port), limits=HASTY)
            conn._outbox += masked(Opcode.TEXT, b"Hello")
            assert conn.recv(PATIENCE) == "HELLO"
            conn.close()

    def test_bytes_that_wait_inside_tls_are_not_forgotten(self, monkeypatch):
        monkeypatch.setattr(minews.sync, "CHUNK", 7)
        server_tls, client_tls = tls_contexts()
        with serve(echo, tls=server_tls) as server, connect(server.url(), tls=client_tls) as conn:
            conn.send("Hello" * 100)
            assert conn.recv(PATIENCE) == "Hello" * 100

    def test_small_messages_do_not_wait_for_each_other_in_tcp(self):
        def delays(conn):
            return conn._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0

        seen = []
        with serve(lambda conn: seen.append(delays(conn))) as server, connect(server.url()) as conn:
            seen.append(delays(conn))
            assert list(conn) == []
        assert seen == [False, False]

    def test_frames_are_shown_as_they_pass(self):
        seen = []
        with (
            serve(echo) as server,
            connect(server.url(), trace=lambda *what: seen.append(what)) as conn,
        ):
            conn.send("Hello")
            conn.recv(PATIENCE)
        assert [direction for direction, _ in seen] == ["sent", "received", "sent", "received"]
        assert seen[1][1] == plain(Opcode.TEXT, b"Hello")

    @pytest.mark.parametrize("error", [OSError("the disk is full"), BlockingIOError("the terminal is slow")])
    def test_a_trace_that_fails_is_no_end_of_the_connection(self, error):
        def trace(direction, data):
            if direction == "received" and errors:
                raise errors.pop()

        errors = [error]
        with serve(echo, limits=CALM) as server, connect(server.url(), trace=trace) as conn:
            conn.send("one")
            with pytest.raises(type(error), match=str(error)):
                conn.recv(PATIENCE)
            conn.send("two")
            assert conn.recv(PATIENCE) == "two"
            assert conn.close() == 1000

    @pytest.mark.parametrize("name", list(WRONG_FRAMES)[:8])
    def test_a_client_that_breaks_a_rule_is_told_which(self, name):
        wire, code = WRONG_FRAMES[name]
        with serve(echo) as server, opened(server) as conn:
            conn.sendall(wire)
            assert close_code(conn) == code
        assert server.error is None

    def test_a_server_that_breaks_a_rule_is_told_which_and_left_at_once(self):
        def serve_one(conn):
            conn.sendall(masked(Opcode.TEXT, b"Hello"))
            told.append(close_code(conn))

        told = []
        with agreeing(serve_one) as port:
            conn = connect(url_of(port), limits=CALM)
            with pytest.raises(EOFError, match="1002"):
                conn.recv(PATIENCE)
            assert conn.close() == 1002
        assert told == [1002]


class TestWaiting:
    def test_a_recv_that_waits_in_vain_leaves_the_connection_open(self):
        with serve(echo) as server, connect(server.url()) as conn:
            for timeout in (0, 0.01, -1):
                with pytest.raises(TimeoutError):
                    conn.recv(timeout)
            conn.send("Hello")
            assert conn.recv(PATIENCE) == "Hello"

    def test_recv_without_time_takes_what_is_there(self):
        with agreeing(lambda conn: conn.sendall(plain(Opcode.TEXT, b"Hello"))) as port:
            conn = connect(url_of(port), limits=HASTY)
            conn._selector.select(PATIENCE)
            assert conn.recv(0) == "Hello"
            conn.close()

    @pytest.mark.skipif(not minews.sync.PATIENT, reason="sockets can't be told how long to wait here")
    def test_one_call_waits_and_reads_and_the_socket_is_told_how_long_only_when_that_changes(
        self, monkeypatch
    ):
        def note(conn, level, kind, value):
            if kind == socket.SO_RCVTIMEO and conn is client._sock:
                told.append(struct.unpack("ll", value)[0])
            return tell(conn, level, kind, value)

        told, tell = [], socket.socket.setsockopt
        monkeypatch.setattr(minews.sync, "GLANCE", PATIENCE)
        with (
            serve(echo) as server,
            connect(server.url(), limits=Limits(ping_time=30, idle_time=60)) as client,
        ):
            monkeypatch.setattr(socket.socket, "setsockopt", note)
            monkeypatch.setattr(client, "_selector", None)
            for message in "abc":
                client.send(message)
                assert client.recv() == message
            assert told == [30]
            client.send("d")
            assert client.recv(PATIENCE) == "d"
            assert told[0] == 30 and len(told) == 2 and told[1] < PATIENCE
            monkeypatch.undo()

    def test_where_sockets_have_no_patience_a_selector_waits(self, monkeypatch):
        monkeypatch.setattr(minews.sync, "PATIENT", False)
        with serve(echo) as server, connect(server.url()) as conn:
            assert conn._sock.gettimeout() == 0
            with pytest.raises(TimeoutError):
                conn.recv(0.01)
            with Background(conn.recv) as receiving:
                conn.send("Hello")
            assert receiving.result == "Hello"
            with Background(conn.recv) as receiving:
                wait_until(conn._receiving.locked)
                conn.abort()
            assert isinstance(receiving.error, EOFError)

    @pytest.mark.parametrize("seconds", [1e-9, 1e-7])
    def test_the_shortest_time_is_not_for_ever(self, seconds):
        with serve(echo) as server, connect(server.url()) as conn:
            conn._tell_socket(seconds)
            with pytest.raises(TimeoutError):
                conn.recv(seconds)

    def test_a_message_that_never_becomes_whole_does_not_stretch_the_time(self):
        ended = threading.Event()

        def drip(conn):
            while not ended.wait(0.001):
                conn.sendall(plain(Opcode.CONT, b"a", fin=False))

        def serve_one(conn):
            conn.sendall(plain(Opcode.TEXT, b"a", fin=False))
            with contextlib.suppress(OSError):
                drip(conn)

        with agreeing(serve_one) as port:
            conn = connect(url_of(port), limits=HASTY)
            with pytest.raises(TimeoutError):
                conn.recv(0.05)
            ended.set()
            conn.close()

    def test_a_silent_peer_is_pinged_and_stays(self):
        def serve_one(conn):
            for _ in range(2):
                (ping,) = frames_of(conn, 1)
                assert ping.opcode == Opcode.PING
                conn.sendall(plain(Opcode.PONG, ping.payload))
            conn.sendall(plain(Opcode.TEXT, b"still here"))
            frames_of(conn)

        limits = Limits(idle_time=PATIENCE, ping_time=0.02, close_time=SHORT)
        with agreeing(serve_one) as port, connect(url_of(port), limits=limits) as conn:
            assert conn.recv(PATIENCE) == "still here"
            assert 0 < conn.latency < PATIENCE

    def test_a_peer_that_stays_silent_is_given_up(self):
        def serve_one(conn):
            seen.extend(frames_of(conn))

        seen = []
        limits = Limits(idle_time=0.1, ping_time=0.03, close_time=PATIENCE)
        with agreeing(serve_one) as port:
            conn = connect(url_of(port), limits=limits)
            with pytest.raises(EOFError, match="1006"):
                conn.recv(PATIENCE)
            assert conn.close() == 1006
        assert {frame.opcode for frame in seen} == {Opcode.PING}
        assert 1 <= len(seen) <= 3

    def test_silence_adds_up_over_many_short_waits(self):
        with agreeing(frames_of) as port:
            conn = connect(url_of(port), limits=Limits(idle_time=0.1, ping_time=None, close_time=SHORT))
            with pytest.raises(EOFError):
                while True:
                    with contextlib.suppress(TimeoutError):
                        conn.recv(0.01)
            conn.close()

    def test_a_peer_that_says_something_now_and_then_stays(self):
        def serve_one(conn):
            for _ in range(6):
                threading.Event().wait(0.05)
                conn.sendall(plain(Opcode.TEXT, b"still here"))

        limits = Limits(idle_time=0.25, ping_time=None, close_time=SHORT)
        with agreeing(serve_one) as port, connect(url_of(port), limits=limits) as conn:
            seen = []
            while len(seen) < 6:
                with contextlib.suppress(TimeoutError):
                    seen.append(conn.recv(0.01))
            assert seen == ["still here"] * 6

    def test_time_in_which_nobody_waited_is_not_silence(self):
        with agreeing(lambda conn: frames_of(conn)) as port:
            conn = connect(url_of(port), limits=Limits(idle_time=0.05, ping_time=None, close_time=SHORT))
            threading.Event().wait(0.06)  # the program is busy with something else
            with pytest.raises(TimeoutError):
                conn.recv(0)
            conn.abort()
            conn.close()

    def test_no_ping_follows_our_close(self):
        def serve_one(conn):
            seen.extend(frames_of(conn))

        seen = []
        with agreeing(serve_one) as port:
            conn = connect(url_of(port), limits=Limits(ping_time=0.02, close_time=SHORT))
            assert conn.close() == 1006
        assert [frame.opcode for frame in seen] == [Opcode.CLOSE]

    def test_pings_are_answered_while_one_waits(self):
        with serve(echo) as server, opened(server) as conn:
            conn.sendall(masked(Opcode.PING, b"\xff\x00"))
            (pong,) = frames_of(conn, 1)
            assert (pong.opcode, pong.payload) == (Opcode.PONG, b"\xff\x00")
            conn.sendall(masked(Opcode.CLOSE))
            rest_of(conn)

    def test_a_ping_measures_the_way_there_and_back(self):
        with serve(echo) as server, connect(server.url()) as conn:
            conn.ping(b"are you there?")
            assert conn.latency is None
            conn.send("Hello")
            conn.recv(PATIENCE)
            assert 0 < conn.latency < PATIENCE
            with pytest.raises(ValueError, match="125"):
                conn.ping(bytes(126))

    def test_a_pong_that_nobody_asked_for_is_nothing(self):
        with serve(echo) as server, opened(server) as conn:
            conn.sendall(masked(Opcode.PONG, b"a") + masked(Opcode.TEXT, b"Hello"))
            assert frames_of(conn, 1)[0].payload == b"Hello"
            conn.sendall(masked(Opcode.CLOSE))
            rest_of(conn)


class TestThreads:
    def test_frames_of_threads_that_send_at_once_are_not_mixed(self, secured):
        def send(letter):
            for _ in range(20):
                conn.send(letter * 30_000)

        def count(conn):
            for message in conn:
                assert message == message[0] * 30_000
                seen.append(message[0])

        seen = []
        with serve(count, tls=secured[0]) as server:
            with connect(server.url(), tls=secured[1]) as conn:
                threads = [threading.Thread(target=send, args=(letter,)) for letter in "abcd"]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            server.close()
            assert server.error is None
        assert sorted(seen) == sorted("abcd" * 20)

    def test_each_message_goes_to_one_of_the_threads_that_receive(self):
        def send(conn):
            for number in range(100):
                conn.send(str(number))

        with serve(send) as server, connect(server.url()) as conn:
            with Background(list, conn) as first, Background(list, conn) as second:
                pass
            assert sorted(first.result + second.result, key=int) == [str(number) for number in range(100)]

    def test_a_thread_that_waits_behind_another_gives_up_in_time(self):
        with serve(echo) as server, connect(server.url()) as conn:
            with Background(conn.recv) as waiting:
                wait_until(conn._receiving.locked)
                with pytest.raises(TimeoutError, match="other threads"):
                    conn.recv(0.01)
                conn.send("Hello")
            assert waiting.result == "Hello"

    def test_large_messages_travel_both_ways_at_once(self, secured):
        with (
            serve(lambda conn: (conn.send(LARGE), conn.recv()), limits=ROOMY, tls=secured[0]) as server,
            connect(server.url(), limits=ROOMY, tls=secured[1]) as conn,
            Background(conn.send, LARGE) as sending,
        ):
            assert conn.recv(PATIENCE) == LARGE
        assert sending.error is None

    def test_close_from_another_thread_ends_a_recv(self, secured):
        with serve(echo, tls=secured[0]) as server:
            conn = connect(server.url(), tls=secured[1], limits=CALM)
            with Background(conn.recv) as waiting:
                wait_until(conn._receiving.locked)
                assert conn.close() == 1000
            assert isinstance(waiting.error, EOFError)

    def test_close_from_another_thread_ends_a_recv_even_if_the_peer_does_not_answer(self):
        with agreeing(frames_of) as port:
            conn = connect(url_of(port), limits=HASTY)
            with Background(conn.recv) as waiting:
                wait_until(conn._receiving.locked)
                assert conn.close() == 1006
            assert isinstance(waiting.error, EOFError)

    def test_abort_wakes_a_recv(self, secured):
        with serve(echo, tls=secured[0]) as server:
            conn = connect(server.url(), tls=secured[1])
            with Background(conn.recv) as waiting:
                wait_until(conn._receiving.locked)
                conn.abort()
            assert isinstance(waiting.error, EOFError)
            assert conn.state is State.CLOSED
            assert conn.close() == 1006

    def test_close_from_another_thread_ends_a_send(self):
        ended = threading.Event()
        with agreeing(lambda conn: ended.wait(PATIENCE)) as port:
            conn = connect(url_of(port), limits=Limits(close_time=SHORT))
            with Background(conn.send, LARGE) as sending:
                wait_until(conn._sending.locked)
                assert conn.close() == 1006
            assert isinstance(sending.error, EOFError)
            ended.set()


class TestSendersOnly:
    """A thread that only sends looks now and then what has come."""

    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch):
        monkeypatch.setattr(minews.sync, "GLANCE", 0.0)

    def test_a_close_ends_it(self):
        def tick(conn):
            while True:
                conn.send("tick")

        with serve(tick, limits=CALM) as server, connect(server.url(), limits=CALM) as conn:
            assert conn.recv() == "tick"
            assert conn.close() == 1000
        assert server.error is None

    def test_pings_are_answered_and_messages_kept(self):
        def tick(conn):
            while conn.latency is None and not over.is_set():
                conn.send("tick")
            conn.send(conn.recv())

        over = threading.Event()
        with serve(tick, limits=HASTY) as server, opened(server) as peer:
            peer.sendall(masked(Opcode.TEXT, b"kept") + masked(Opcode.PING, b"there?"))
            came = []
            while Opcode.PONG not in came:
                came += [frame.opcode for frame in frames_of(peer, 1)]
            over.set()
            *_, kept, last = frames_of(peer)
            assert (kept.payload, last.opcode) == (b"kept", Opcode.CLOSE)

    def test_what_nobody_receives_is_not_read_beyond_the_bound(self):
        def tick(conn):
            visits.append(conn)
            while not over.is_set():
                conn.send("tick")

        visits, over = [], threading.Event()
        with serve(tick, limits=HASTY) as server, opened(server) as peer:
            with Background(peer.sendall, masked(Opcode.BINARY, bytes(INBOX)) * 100):
                while not visits or visits[0]._inbox_size < INBOX:
                    frames_of(peer, 1)
                for _ in range(300):
                    frames_of(peer, 1)
                assert visits[0]._inbox_size < 8 * INBOX
                over.set()
            rest_of(peer)


class TestCompressed:
    def test_what_it_inflates_to_waits_until_there_is_room(self):
        def count(conn):
            conns.append(conn)
            for message in conn:
                sizes.append((len(message), conn._inbox_size))
                conn.send("next")

        conns, sizes, whole = [], [], bytes(1 << 20)
        options = ClientOptions(deflate=DeflateParams())
        with (
            serve(count, options=ServerOptions(deflate=True), limits=CALM) as server,
            connect(server.url(), options=options, limits=CALM) as conn,
        ):
            with conn._lock:
                for _ in range(60):
                    conn._protocol.send_binary(whole)
                conn._flush()
            assert [conn.recv(PATIENCE) for _ in range(60)] == ["next"] * 60
        assert {length for length, _ in sizes} == {1 << 20}
        assert max(size for _, size in sizes) < 4 << 20


class TestAddresses:
    """A host with several: one that does not answer leaves the next ones a share of the time."""

    def test_the_next_one_is_tried(self, monkeypatch):
        with deaf_address() as deaf, serve(echo) as server:
            resolves(monkeypatch, deaf, ("127.0.0.1", server.port))
            with connect("ws://two.example/", limits=Limits(open_time=4 * SHORT)) as conn:
                conn.send("Hello")
                assert conn.recv() == "Hello"

    def test_all_of_them_have_the_time_of_the_opening_together(self, monkeypatch):
        with deaf_address() as one, deaf_address() as two:
            resolves(monkeypatch, one, two)
            began = time.monotonic()
            with pytest.raises(TimeoutError, match=f"within {SHORT} seconds"):
                connect("ws://two.example/", limits=HASTY)
            assert time.monotonic() - began < PATIENCE / 2


def resolves(monkeypatch, *addresses) -> None:
    """Let the name of a host stand for some addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", each) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def narrow(server):
    """Leave the server's connection little room for what it sends, and return it."""
    wait_until(lambda: server.connections)
    (served,) = server.connections
    served._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10_000)
    return served


class TestSlowPeers:
    def test_a_peer_that_reads_nothing_is_given_up_after_the_idle_time_and_others_are_served(self):
        def send(conn):
            began = time.monotonic()
            try:
                conn.send(LARGE)
            except TimeoutError:
                took.append(time.monotonic() - began)
                raise

        took = []
        limits = Limits(idle_time=SHORT, close_time=SHORT)
        with (
            serve(lambda conn: send(conn) if conn.agreement.request.target == "/chat" else echo(conn),
                  limits=limits) as server,
            opened(server),
        ):  # fmt: skip
            with connect(server.url("/echo")) as conn:
                conn.send("Hello")
                assert conn.recv(PATIENCE) == "Hello"
            wait_until(lambda: not server.connections)
        assert SHORT <= took[0] < PATIENCE
        assert server.error is None

    def test_a_peer_that_reads_slowly_gets_all(self):
        with serve(lambda conn: conn.send(bytes(5_000_000)), limits=HASTY) as server, opened(server) as conn:
            wait_until(lambda: [served for served in server.connections if served._sending.locked()])
            message, last = frames_of(conn)
        assert (len(message.payload), last.opcode) == (5_000_000, Opcode.CLOSE)

    def test_what_was_sent_before_our_close_can_be_read_long_after(self):
        with serve(lambda conn: conn.send(bytes(400_000)), limits=HASTY) as server, opened(server) as conn:
            wait_until(lambda: not server._visits)
            message, last = frames_of(conn)
        assert (len(message.payload), last.opcode) == (400_000, Opcode.CLOSE)

    def test_who_reads_what_waits_behind_is_not_dropped_for_the_time_that_takes(self):
        def leave(conn):
            conn.send("first")
            with conn._lock:
                conn._outbox += bytes(5_000_000)  # as a broadcast leaves it

        with serve(leave, limits=Limits(close_time=1.0)) as server, opened(server) as conn:
            narrow(server)
            received = bytearray()
            while piece := conn.recv(50_000):
                received += piece
                time.sleep(0.015)
        assert len(received) > 5_000_000
        assert received.endswith(close_frame())

    def test_who_sends_pings_for_ever_and_reads_nothing_is_given_up(self):
        with serve(echo, limits=CALM) as server, opened(server) as conn:
            narrow(server)
            began, pings = time.monotonic(), masked(Opcode.PING, bytes(125)) * 1000
            with pytest.raises(ConnectionError):
                while True:
                    conn.sendall(pings)
            assert time.monotonic() - began < PATIENCE / 2

    def test_who_reads_pongs_late_gets_them_all(self, monkeypatch):
        monkeypatch.setattr(minews.sync, "OUTBOX", 1 << 30)
        with serve(echo, limits=CALM) as server, opened(server) as conn:
            served = narrow(server)
            pings = masked(Opcode.PING, bytes(125)) * 10
            sent = 0
            while not served._outbox:
                conn.sendall(pings)
                sent += 10
            conn.sendall(masked(Opcode.CLOSE))
            frames = frames_of(conn)
        assert [frame.opcode for frame in frames] == [Opcode.PONG] * sent + [Opcode.CLOSE]

    def test_who_sends_for_ever_after_our_close_costs_little_time_and_memory(self):
        kept, frame = [], masked(Opcode.BINARY, bytes(60_000))
        with serve(kept.append, limits=HASTY) as server, opened(server) as conn:
            with contextlib.suppress(OSError):
                while True:
                    conn.sendall(frame)
            wait_until(lambda: not server.connections)
        assert 0 < kept[0]._inbox_size < 300_000


def wait_for_sender(server):
    """Wait until a thread sees to what the one connection of a server did not take."""
    (served,) = server.connections
    wait_until(served._sending.locked)
    return served


class TestBroadcast:
    def test_it_goes_to_all_that_are_open(self):
        with serve(list, limits=HASTY) as server:
            conns = [connect(server.url(), limits=HASTY) for _ in range(3)]
            wait_until(lambda: len(server.connections) == 3)
            for message in ("Hello", b"Hello"):
                assert broadcast(server.connections, message) == 3
                assert [conn.recv(PATIENCE) for conn in conns] == [message] * 3
            everyone = set(server.connections)
            conns[0].close()
            wait_until(lambda: len(server.connections) == 2)
            assert broadcast(everyone, "to those that are left") == 2
            for conn in conns:
                conn.close()

    def test_what_a_slow_client_does_not_take_at_once_comes_later(self):
        with serve(list, limits=CALM) as server, opened(server) as conn:
            narrow(server)
            while not broadcast(server.connections, bytes(500_000)) or not wait_for_sender(server)._emptying:
                pass
            frames = frames_of(conn, 1)
            wait_until(lambda: not next(iter(server.connections))._emptying)
            assert broadcast(server.connections, "the rest") == 1
            frames += frames_of(conn, 1)
            conn.sendall(masked(Opcode.CLOSE))
            rest_of(conn)
        assert [len(frame.payload) for frame in frames] == [500_000, 8]

    def test_who_does_not_end_tls_holds_up_nobody(self):
        server_side, client_side = tls_contexts()
        limits = Limits(close_time=PATIENCE, ping_time=None)
        with (
            serve(list, limits=limits, tls=server_side) as server,
            client_side.wrap_socket(connected(server), server_hostname="127.0.0.1") as silent,
        ):
            silent.sendall(request_head())
            wait_until(lambda: server.connections)
            (leaving,) = server.connections
            with connect(server.url(), tls=client_side) as conn:
                silent.sendall(masked(Opcode.CLOSE))
                wait_until(lambda: leaving.state is State.CLOSED)
                began = time.monotonic()
                assert broadcast({leaving, *server.connections}, "Hello") == 1
                assert time.monotonic() - began < PATIENCE / 4
                assert conn.recv() == "Hello"
            silent.close()

    def test_one_stalled_client_holds_up_nobody_and_is_given_up_at_the_bound(self):
        message, taken = bytes(300_000), []
        with serve(list, limits=CALM) as server, opened(server) as stalled:
            slow = narrow(server)
            conn = connect(server.url(), limits=CALM)
            wait_until(lambda: len(server.connections) == 2)
            began = time.monotonic()
            while slow.state is State.OPEN:
                sent = broadcast(server.connections, message)
                taken.append(len(slow._outbox))
                assert conn.recv(PATIENCE) == message
            assert time.monotonic() - began < PATIENCE / 2
            assert sent == 1
            assert EVICTED < max(taken) < EVICTED + 2 * len(message)
            conn.close()
            rest_of(stalled)
        assert server.error is None

    def test_a_client_that_never_takes_the_rest_is_given_up_after_the_idle_time(self):
        limits = Limits(idle_time=SHORT, close_time=SHORT)
        with serve(list, limits=limits) as server, opened(server) as stalled:
            narrow(server)
            assert broadcast(server.connections, bytes(5_000_000)) == 1
            wait_until(lambda: not server.connections)
            rest_of(stalled)


class TestComingBack:
    def test_it_comes_back_after_growing_random_delays(self):
        answers = [b"HTTP/1.1 503 Busy\r\n\r\n", b"", None, b"HTTP/1.1 429 Slowly\r\n\r\n", None]

        def serve_one(conn):
            answer = answers.pop(0)
            if answer is None:
                agree(conn)
                conn.sendall(plain(Opcode.CLOSE, b"\x03\xe9"))
            else:
                recv_until(conn, b"\r\n\r\n")
                conn.sendall(answer)
            rest_of(conn)

        slept, conns = [], []
        with listener(serve_one, times=5) as port:
            again = connect_again(url_of(port), rng=random.Random(7), sleep=slept.append, limits=HASTY)
            with contextlib.closing(again):
                for conn in again:
                    conns.append(conn)
                    assert list(conn) == []
                    if len(conns) == 2:
                        break
        rng = random.Random(7)
        assert slept == [rng.uniform(0, bound) for bound in (5, 10, 5, 10)]
        assert [(conn.state, conn.close_code) for conn in conns] == [(State.CLOSED, 1001)] * 2

    def test_it_does_not_come_back_to_who_will_never_take_it(self):
        with (
            serve(echo, options=ServerOptions(resource_names=[])) as server,
            pytest.raises(HandshakeError),
            contextlib.closing(connect_again(server.url())) as again,
        ):
            next(again)

    def test_an_error_of_whoever_uses_it_is_no_reason_to_come_back(self):
        with serve(echo, limits=HASTY) as server, contextlib.closing(connect_again(server.url())) as again:
            next(again)
            with pytest.raises(OSError, match="the disk is full"):
                again.throw(OSError("the disk is full"))
            with pytest.raises(StopIteration):
                next(again)


class TestEnd:
    @pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
    def test_the_code_comes_back(self, secured, code):
        codes = []

        def handler(conn):
            list(conn)
            codes.append((conn.close_code, conn.close_reason))

        with serve(handler, tls=secured[0]) as server:
            conn = connect(server.url(), tls=secured[1])
            assert conn.close(code, "bye") == code
            assert conn.close() == code, "twice is no error"
        assert codes == [(code, "bye")]

    def test_the_server_ends_tcp_first(self):
        def serve_one(conn):
            (close,) = frames_of(conn, 1)
            conn.sendall(plain(Opcode.CLOSE, close.payload))
            conn.settimeout(0.05)
            with pytest.raises(TimeoutError):
                conn.recv(1)

        with agreeing(serve_one) as port:
            assert connect(url_of(port), limits=CALM).close(1001) == 1001

    @pytest.mark.parametrize("code, reason", [(1005, ""), (999, ""), (1000, "a" * 124)])
    def test_what_no_close_may_say_is_an_error_and_changes_nothing(self, code, reason):
        with serve(echo) as server, connect(server.url()) as conn:
            with pytest.raises(ValueError, match=r"code|reason"):
                conn.close(code, reason)
            conn.send("Hello")
            assert conn.recv(PATIENCE) == "Hello"

    def test_nothing_is_sent_after_a_close(self):
        with serve(echo) as server, connect(server.url()) as conn:
            conn.say_goodbye()
            for send in (conn.send, conn.ping):
                with pytest.raises(EOFError):
                    send(b"Hello")
            with pytest.raises(EOFError, match="1000"):
                conn.recv(PATIENCE)

    def test_an_error_inside_ends_it_with_1011(self):
        codes = []

        def handler(conn):
            list(conn)
            codes.append(conn.close_code)

        with serve(handler) as server, pytest.raises(ZeroDivisionError), connect(server.url()):
            raise ZeroDivisionError
        assert codes == [1011]

    def test_messages_on_their_way_can_be_read_after_our_close(self):
        def serve_one(conn):
            frames_of(conn, 1)
            conn.sendall(plain(Opcode.TEXT, b"last words") + plain(Opcode.CLOSE, b"\x03\xe8"))

        with agreeing(serve_one) as port:
            conn = connect(url_of(port), limits=CALM)
            assert conn.close() == 1000
            assert conn.recv() == "last words"
            with pytest.raises(EOFError):
                conn.recv()

    @pytest.mark.parametrize("ends", ["with a FIN", "with a RST", "in a frame"])
    def test_a_peer_that_leaves_without_a_word_is_lost(self, ends):
        def serve_one(conn):
            if ends == "in a frame":
                conn.sendall(b"\x81\x05Hel")
            if ends == "with a RST":
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        with agreeing(serve_one) as port:
            conn = connect(url_of(port), limits=CALM)
            with pytest.raises(EOFError, match="1006"):
                conn.recv(PATIENCE)
            with pytest.raises(EOFError):
                conn.send("Hello")
            assert conn.close() == 1006

    def test_what_a_peer_said_before_it_left_can_be_read_after_a_send_has_failed(self):
        def serve_one(conn):
            frames_of(conn, 1)
            conn.sendall(plain(Opcode.TEXT, b"last words") + plain(Opcode.CLOSE, b"\x03\xe9"))

        with agreeing(serve_one) as port:
            conn = connect(url_of(port), limits=CALM)
            conn.send("goodbye")
            conn._sock.shutdown(socket.SHUT_WR)  # as if the peer had reset the connection
            with pytest.raises(EOFError, match="lost"):
                conn.send("Hello")
            assert conn.state is State.CLOSED
            assert conn.recv(PATIENCE) == "last words"
            with pytest.raises(EOFError, match="1001"):
                conn.recv(PATIENCE)
            conn.close()

    def test_a_peer_that_sends_no_more_but_reads_is_lost_too(self):
        with serve(echo) as server, opened(server) as conn:
            conn.sendall(masked(Opcode.TEXT, b"Hello"))
            conn.shutdown(socket.SHUT_WR)
            frames = frames_of(conn)
        assert frames[0].payload == b"Hello"


class TestServer:
    def refusal(self, server, head):
        with connected(server) as conn:
            conn.sendall(head)
            response, body = answer_of(conn)
        assert response.headers.get("Connection") == "close"
        return response, body

    @pytest.mark.parametrize(
        "status, head",
        [
            (400, b"GET / HTTP/1.1\r\n\r\n"),
            (400, b"GET / HTTP/1.1\nHost: a\n\n"),
            (403, request_head({"Origin": "https://evil.example"})),
            (404, request_head(start="GET /nope HTTP/1.1")),
            (405, request_head(start="PUT /chat HTTP/1.1")),
            (414, b"GET /" + b"a" * 20_000),
        ],
    )
    def test_it_says_why_it_refuses(self, status, head):
        with serve(echo, options=ServerOptions(resource_names=["/chat"])) as server:
            assert self.refusal(server, head)[0].status == status

    def test_who_is_told_why_is_told_in_tls_too(self):
        server_tls, client_tls = tls_contexts()
        with serve(echo, options=ServerOptions(resource_names=[]), tls=server_tls) as server:
            with pytest.raises(HandshakeError) as caught:
                connect(server.url(), tls=client_tls)
            assert caught.value.status == 404

    def test_who_asks_too_slowly_gets_408(self):
        with serve(echo, limits=HASTY) as server, connected(server) as conn:
            conn.sendall(b"GET / HTTP/1.1\r\n")
            response, _ = answer_of(conn)
        assert response.status == 408

    def test_who_comes_when_too_many_are_there_gets_503(self):
        with serve(echo, max_connections=1) as server:
            with connect(server.url()) as conn:
                conn.send("Hello")
                conn.recv(PATIENCE)
                assert self.refusal(server, request_head())[0].status == 503
                assert repr(server) == f"<SyncServer {server.url()} 1 connections>"
            wait_until(lambda: not server.connections)
            with connect(server.url()) as conn:
                conn.send("Hello")
                assert conn.recv(PATIENCE) == "Hello"

    def test_who_comes_when_too_many_say_nothing_is_dropped(self):
        with serve(echo, max_connections=1) as server, connected(server), connected(server):
            wait_until(lambda: len(server._visits) == 2)
            with connected(server) as third:
                assert rest_of(third) == b""

    def test_a_thread_that_cannot_start_is_no_end(self, monkeypatch):
        def fail(thread):
            raise RuntimeError("can't start new thread")

        with serve(echo) as server:
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", fail)
                with connected(server) as conn:
                    assert rest_of(conn) == b""
            with connect(server.url()) as conn:
                conn.send("Hello")
                assert conn.recv(PATIENCE) == "Hello"

    def test_a_client_that_left_before_tls_is_no_end(self):
        class Failing:
            def wrap_socket(self, sock, **options):
                raise OSError("it has gone")

        with serve(echo, tls=Failing()) as server, connected(server) as conn:
            assert rest_of(conn) == b""
            assert not server._visits

    def test_an_accept_that_fails_is_no_end(self, monkeypatch):
        failures = [OSError("too many open files")]
        accept = socket.socket.accept

        def fail_once(listening):
            if failures:
                raise failures.pop()
            return accept(listening)

        monkeypatch.setattr(socket.socket, "accept", fail_once)
        with serve(echo) as server, connect(server.url()) as conn:
            conn.send("Hello")
            assert conn.recv(PATIENCE) == "Hello"
        assert not failures

    def test_a_hook_that_fails_is_our_mistake(self):
        with serve(echo, options=ServerOptions(admit=lambda request: 1 / 0)) as server:
            response, body = self.refusal(server, request_head())
        assert (response.status, body) == (500, "the server made a mistake\n")
        assert isinstance(server.error, ZeroDivisionError)

    def test_a_handler_that_fails_ends_its_connection_with_1011_and_the_first_error_is_kept(self):
        errors = [ValueError("second"), FileNotFoundError("first")]

        def fail(conn):
            raise errors.pop()

        with serve(fail) as server:
            for _ in range(2):
                with opened(server) as conn:
                    conn.sendall(masked(Opcode.CLOSE))
                    assert close_code(conn) == 1011
        assert str(server.error) == "first"

    def test_a_handler_that_fails_after_the_end_has_failed_too(self):
        def fail(conn):
            list(conn)
            raise FileNotFoundError

        with serve(fail) as server, connect(server.url()) as conn:
            assert conn.close() == 1000
        assert isinstance(server.error, FileNotFoundError)

    def test_sending_to_a_peer_that_has_gone_is_no_error(self):
        def send(conn):
            while True:
                conn.send(bytes(100_000))

        with serve(send) as server:
            with opened(server):
                pass
            wait_until(lambda: not server.connections)
        assert server.error is None

    def test_a_recv_that_times_out_in_a_handler_is_an_error_like_any(self):
        with serve(lambda conn: conn.recv(0.01)) as server, opened(server) as conn:
            assert int.from_bytes(frames_of(conn, 1)[0].payload[:2], "big") == 1011
        assert isinstance(server.error, TimeoutError)

    def test_a_handler_that_is_stopped_hard_leaves_no_connection(self, monkeypatch):
        monkeypatch.setattr(threading, "excepthook", lambda details: None)

        def stop(conn):
            raise SystemExit

        with serve(stop, limits=HASTY) as server, connect(server.url()) as conn:
            assert list(conn) == []
        assert conn.close_code == 1000

    def test_it_listens_where_it_is_told(self):
        if not socket.has_ipv6:
            pytest.skip("no IPv6 here")
        with serve(echo, "::1") as server, connect(server.url(host="[::1]")) as conn:
            conn.send("Hello")
            assert conn.recv(PATIENCE) == "Hello"

    def test_a_port_that_is_taken_is_an_error(self):
        with serve(echo) as server, pytest.raises(OSError):
            serve(echo, port=server.port)

    def test_a_client_that_stalls_in_tls_keeps_nobody_waiting(self):
        server_tls, client_tls = tls_contexts()
        with serve(echo, tls=server_tls) as server, connected(server):
            wait_until(lambda: server._visits)
            with connect(server.url(), tls=client_tls) as conn:
                conn.send("Hello")
                assert conn.recv(PATIENCE) == "Hello"

    def test_a_client_that_stalls_in_tls_has_the_time_of_the_opening(self):
        with serve(echo, tls=tls_contexts()[0], limits=HASTY) as server, connected(server) as conn:
            assert rest_of(conn) == b""


class TestServerEnd:
    def test_each_peer_is_told_that_the_server_ends(self, secured):
        with serve(echo, tls=secured[0], limits=CALM) as server:
            conns = [connect(server.url(), tls=secured[1]) for _ in range(3)]
            for conn in conns:
                conn.send("Hello")
                conn.recv(PATIENCE)
            with Background(server.close):
                for conn in conns:
                    with pytest.raises(EOFError, match="1001"):
                        conn.recv(PATIENCE)
                    conn.close()
            server.close()
        assert server.error is None

    def test_it_may_say_something_else(self):
        with serve(echo, limits=HASTY) as server, opened(server) as conn:
            with pytest.raises(ValueError, match="1005"):
                server.close(1005)
            wait_until(lambda: server.connections)
            with Background(server.close, 1012, "back soon"):
                (close,) = frames_of(conn, 1)
                conn.sendall(masked(Opcode.CLOSE, close.payload))
            assert close.payload == b"\x03\xf4back soon"

    def test_peers_that_have_not_opened_are_dropped(self, secured):
        with serve(echo, tls=secured[0], limits=CALM) as server, connected(server) as conn:
            wait_until(lambda: server._visits)
            began = time.monotonic()
            server.close()
            assert time.monotonic() - began < PATIENCE / 2
            assert rest_of(conn) == b""

    def test_peers_that_do_not_answer_are_dropped(self):
        with serve(echo, limits=HASTY) as server, opened(server) as conn:
            wait_until(lambda: server.connections)
            server.close()
            assert close_code(conn) == 1001

    def test_a_handler_that_never_returns_is_left_behind(self):
        never = threading.Event()
        with opened_by(serve(lambda conn: never.wait(PATIENCE), limits=HASTY)) as (server, _):
            wait_until(lambda: server.connections)
            began = time.monotonic()
            server.close()
            assert time.monotonic() - began < PATIENCE / 2
            (left,) = server._visits
            never.set()
            left.join(PATIENCE)

    def test_a_handler_may_close_its_server(self):
        servers, codes = [], []

        def handler(conn):
            servers[0].close()
            codes.append(conn.close())

        with serve(handler, limits=HASTY) as server:
            servers.append(server)
            with opened(server) as conn:
                (close,) = frames_of(conn, 1)
                conn.sendall(masked(Opcode.CLOSE, close.payload))
                rest_of(conn)
        assert codes == [1001]
        assert server.error is None

    def test_who_opens_while_the_server_ends_is_told_so(self, monkeypatch):
        opening = threading.Event()
        ended = threading.Event()

        def admit(request):
            opening.set()
            assert ended.wait(PATIENCE)
            return ()

        called = []
        monkeypatch.setattr(minews.sync, "hang_up", lambda conn: None)
        options = ServerOptions(admit=admit)
        with serve(called.append, options=options, limits=HASTY) as server, connected(server) as conn:
            conn.sendall(request_head())
            assert opening.wait(PATIENCE)
            with Background(server.close):
                wait_until(server._ending.is_set)
                ended.set()
                frames = rest_of(conn).partition(b"\r\n\r\n")[2]
        assert int.from_bytes(frames[2:4], "big") == 1001
        assert called == []


@contextlib.contextmanager
def opened_by(server):
    with server, opened(server) as conn:
        yield server, conn


class TestClient:
    def test_a_server_that_refuses_says_why(self):
        options = ServerOptions(resource_names=["/chat"])
        with serve(echo, options=options) as server, pytest.raises(HandshakeError) as caught:
            connect(server.url("/nope"))
        assert caught.value.status == 404

    @pytest.mark.parametrize("said, error", [(b"", EOFError), (b"SSH-2.0\r\n\r\n", HandshakeError)])
    def test_a_server_may_be_none(self, said, error):
        def serve_one(conn):
            recv_until(conn, b"\r\n\r\n")
            conn.sendall(said)

        with listener(serve_one) as port, pytest.raises(error):
            connect(url_of(port))

    @pytest.mark.parametrize("silent", ["in its head", "at once"])
    def test_a_server_that_takes_too_long_is_left(self, silent):
        ended = threading.Event()

        def serve_one(conn):
            if silent == "in its head":
                conn.sendall(b"HTTP/1.1 101 Swi")
            ended.wait(PATIENCE)

        with listener(serve_one) as port:
            with pytest.raises(TimeoutError):
                connect(url_of(port), limits=HASTY)
            ended.set()

    @pytest.mark.parametrize("scheme, what", [("ws", "server's answer"), ("wss", "TLS")])
    def test_it_says_what_did_not_come(self, scheme, what):
        with listener(rest_of) as port, pytest.raises(TimeoutError, match=f"{what}.* within {SHORT} seconds"):
            connect(url_of(port, scheme), limits=HASTY)

    def test_a_head_has_its_limit(self):
        with serve(echo) as server, pytest.raises(HandshakeError, match="50 bytes"):
            connect(server.url(), limits=Limits(max_head=50))

    def test_a_wire_that_waits_for_an_event_loop_is_a_mistake(self):
        with pytest.raises(RuntimeError, match="event loop"):
            minews.sync._run(suspended())

    def test_without_time_there_is_no_opening(self):
        with pytest.raises(TimeoutError):
            connect("ws://127.0.0.1:9/", limits=Limits(open_time=1e-9))

    def test_a_server_that_drips_its_head_is_left_in_time(self):
        def serve_one(conn):
            pause = threading.Event()
            with contextlib.suppress(OSError):
                while not pause.wait(0.01):
                    conn.sendall(b"a")

        with listener(serve_one) as port, pytest.raises(TimeoutError):
            connect(url_of(port), limits=HASTY)

    @pytest.mark.parametrize("url", ["http://a/", "ws://", "ws://a/#b"])
    def test_a_url_that_is_none_is_an_error(self, url):
        with pytest.raises(ValueError, match="ws"):
            connect(url)

    def test_it_goes_where_the_server_sends_it(self):
        def serve_one(conn):
            recv_until(conn, b"\r\n\r\n")
            conn.sendall(
                b"HTTP/1.1 307 T\r\nLocation: %s\r\n\r\n" % server.url("/there", "localhost").encode()
            )

        with (
            serve(lambda conn: conn.send(conn.agreement.request.target)) as server,
            listener(serve_one) as port,
            connect(url_of(port)) as conn,
        ):
            assert conn.recv(PATIENCE) == "/there"

    def test_a_circle_has_an_end(self):
        def serve_one(conn):
            recv_until(conn, b"\r\n\r\n")
            conn.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")

        with listener(serve_one, times=6) as port, pytest.raises(HandshakeError, match="redirects"):
            connect(url_of(port))


@types.coroutine
def suspended():
    yield


class TestTls:
    def test_a_server_that_nobody_vouches_for_is_not_talked_to(self):
        with serve(echo, tls=tls_contexts()[0]) as server, pytest.raises(ssl.SSLError) as caught:
            connect(server.url())
        assert explain_tls_error(caught.value) == "untrusted"

    def test_a_tls_client_at_a_plain_port_and_the_other_way_round(self):
        server_tls, client_tls = tls_contexts()
        began = time.monotonic()
        with serve(echo, limits=CALM) as server, pytest.raises(ssl.SSLError) as caught:
            connect(server.url().replace("ws", "wss"), tls=client_tls)
        assert explain_tls_error(caught.value) == "not-tls"
        assert time.monotonic() - began < PATIENCE / 2, "it is told at once"
        with serve(echo, tls=server_tls, limits=HASTY) as server, pytest.raises((EOFError, OSError)):
            connect(server.url().replace("wss", "ws"))

    def test_the_end_of_tls_is_said(self):
        server_tls, client_tls = tls_contexts()
        with serve(echo, tls=server_tls) as server, connected(server) as raw:
            client = client_tls.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
            with client:
                client.sendall(request_head() + masked(Opcode.CLOSE))
                assert rest_of(client).endswith(plain(Opcode.CLOSE))  # cut off, it would raise

    def test_a_peer_that_leaves_without_ending_tls_is_lost(self):
        server_tls, client_tls = tls_contexts()
        with serve(lambda conn: conn.abort(), tls=server_tls) as server:
            conn = connect(server.url(), tls=client_tls)
            with pytest.raises(EOFError, match="1006"):
                conn.recv(PATIENCE)
            assert conn.close() == 1006


def proxy_to(server, asked, said=b"HTTP/1.1 200 OK\r\n\r\n"):
    """A proxy that notes what it is asked, and leads to one server whatever that is."""

    def pump(source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    def run(conn):
        head, rest = recv_until(conn, b"\r\n\r\n")
        asked.append(parse_request_head(head))
        assert rest == b"", "the client waits for the answer"
        conn.sendall(said)
        if said == b"HTTP/1.1 200 OK\r\n\r\n":
            with connected(server) as onward, Background(pump, onward, conn):
                pump(conn, onward)

    return listener(run)


class TestProxies:
    def test_it_leads_to_the_server(self, secured):
        asked = []
        with (
            serve(echo, tls=secured[0]) as server,
            proxy_to(server, asked) as port,
            connect(server.url(), tls=secured[1], proxy=f"http://user:word@127.0.0.1:{port}") as conn,
        ):
            conn.send("Hello")
            assert conn.recv(PATIENCE) == "Hello"
        assert (asked[0].method, asked[0].target) == ("CONNECT", f"127.0.0.1:{server.port}")
        assert asked[0].headers.get("Proxy-Authorization") == "Basic dXNlcjp3b3Jk"

    def test_it_cannot_lead_to_another_server_than_the_one_asked_for(self):
        server_tls, client_tls = tls_contexts()
        with (
            serve(echo, tls=server_tls) as server,
            proxy_to(server, []) as port,
            pytest.raises(ssl.SSLCertVerificationError) as caught,
        ):
            connect("wss://example.com/", tls=client_tls, proxy=url_of(port, "http"))
        assert explain_tls_error(caught.value) == "wrong-name"

    @pytest.mark.parametrize(
        "said, status",
        [
            (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", 407),
            (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n", 502),
            (b"what?\r\n\r\n", 502),
        ],
    )
    def test_a_proxy_that_does_not_open_the_way_is_a_refusal(self, said, status):
        with (
            serve(echo) as server,
            proxy_to(server, [], said) as port,
            pytest.raises(HandshakeError) as caught,
        ):
            connect(server.url(), proxy=url_of(port, "http"))
        assert caught.value.status == status


def test_the_selector_needs_no_file_of_its_own():
    near, far = socket.socketpair()
    with near, far, minews.sync.Selector() as selector:
        files = open_files()
        selector.register(near, minews.sync.EVENT_READ)
        assert open_files() == files
        far.sendall(b"a")
        assert selector.select(PATIENCE)
        assert recv_exactly(near, 1) == b"a"
