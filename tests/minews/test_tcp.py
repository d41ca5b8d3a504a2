"""TCP: borders in a stream without borders, listening, and leaving."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.worker.scripted import ScriptedSocket
from minews import (
    echo_once,
    graceful_close,
    length_prefixed,
    listen_on,
    recv_exactly,
    recv_until,
    split_length_prefixed,
)
from minews.tcp import CHUNK, MAX_DRAINED, unacknowledged
from tests.cuts import every_cut

PATIENCE = 10  # seconds, until a test that hangs fails


def waits(text):
    pytest.fail(f"it would wait for ever: {text}")


def arriving(*pieces, after="stall"):
    """A socket on which these pieces arrive, each of them in a recv of its own; then nothing more comes."""
    return ScriptedSocket(waits, pieces, after)


@pytest.fixture
def pair():
    """Two connected sockets."""
    near, far = socket.socketpair()
    for each in (near, far):
        each.settimeout(PATIENCE)
    with near, far:
        yield near, far


class TestRecvExactly:
    @pytest.mark.parametrize("cut", list(every_cut(b"Hello, stream")), ids=lambda cut: cut.name)
    def test_it_returns_so_many_bytes_however_they_come_and_leaves_the_rest(self, cut):
        conn = arriving(*cut.pieces)
        assert recv_exactly(conn, 5) == b"Hello"
        assert recv_exactly(conn, 8) == b", stream"
        assert conn.unread == b""

    def test_no_bytes_are_there_at_once(self):
        assert recv_exactly(arriving(), 0) == b""

    @pytest.mark.parametrize("pieces", [[], [b"Hell"], [b"H", b"e", b"l", b"l"]])
    def test_a_stream_that_ends_too_early_is_an_eof_error(self, pieces):
        with pytest.raises(EOFError, match="bytes too early"):
            recv_exactly(arriving(*pieces, after="eof"), 5)

    def test_a_large_number_is_never_asked_of_one_recv(self):
        conn = arriving(*[b"a" * CHUNK] * 3, b"b")
        assert recv_exactly(conn, 3 * CHUNK + 1) == b"a" * 3 * CHUNK + b"b"
        assert max(asked for _, asked, _ in conn.trace) == CHUNK

    def test_a_connection_that_is_reset_is_a_connection_error(self):
        with pytest.raises(ConnectionResetError):
            recv_exactly(arriving(b"He", after="reset"), 5)


class TestRecvUntil:
    @pytest.mark.parametrize("cut", list(every_cut(b"head\r\n\r\nrest")), ids=lambda cut: cut.name)
    def test_it_splits_after_the_delimiter_however_the_stream_is_cut(self, cut):
        conn = arriving(*cut.pieces)
        head, rest = recv_until(conn, b"\r\n\r\n")
        assert head == b"head\r\n\r\n"
        assert rest + conn.unread == b"rest"
        assert type(head) is type(rest) is bytes

    def test_the_first_delimiter_counts(self):
        assert recv_until(arriving(b"a;b;c"), b";") == (b"a;", b"b;c")

    def test_a_delimiter_that_begins_with_its_own_end_is_found(self):
        assert recv_until(arriving(b"a", b"a", b"b", b"c"), b"aab") == (b"aab", b"")

    @pytest.mark.parametrize("cut", list(every_cut(b"abcdef;", rounds=2)), ids=lambda cut: cut.name)
    def test_the_limit_counts_the_delimiter(self, cut):
        assert recv_until(arriving(*cut.pieces), b";", limit=7) == (b"abcdef;", b"")
        with pytest.raises(ValueError, match="within 6 bytes"):
            recv_until(arriving(*cut.pieces), b";", limit=6)

    def test_a_delimiter_across_the_limit_is_too_late(self):
        with pytest.raises(ValueError, match="within 5 bytes"):
            recv_until(arriving(b"abcd\r\n"), b"\r\n", limit=5)

    def test_a_peer_that_never_stops_is_stopped_at_the_limit(self):
        conn = ScriptedSocket(waits, [lambda sent: b"a" * 100] * 10_000)
        with pytest.raises(ValueError, match="within 1000 bytes"):
            recv_until(conn, b";", limit=1_000)
        assert len(conn.trace) == 10

    @pytest.mark.parametrize("pieces", [[], [b"no end"], [b"half of it\r"]])
    def test_a_stream_that_ends_before_the_delimiter_is_an_eof_error(self, pieces):
        with pytest.raises(EOFError):
            recv_until(arriving(*pieces, after="eof"), b"\r\n")

    def test_a_delimiter_of_no_bytes_is_refused(self):
        with pytest.raises(ValueError, match="at least one byte"):
            recv_until(arriving(b"abc"), b"")

    @given(st.binary(max_size=40), st.binary(min_size=1, max_size=3), st.binary(max_size=10), st.data())
    def test_it_finds_what_bytes_find_would(self, before, delimiter, after, data):
        stream = before + delimiter + after
        end = stream.find(delimiter) + len(delimiter)
        cut = data.draw(st.sampled_from(list(every_cut(stream, rounds=2))))
        conn = arriving(*cut.pieces)
        found, beyond = recv_until(conn, delimiter)
        assert (found, beyond + conn.unread) == (stream[:end], stream[end:])


class TestLengthPrefixed:
    @pytest.mark.parametrize(
        "payload, prefix", [(b"", "0000"), (b"Hi", "0002"), (b"a" * 256, "0100"), (b"a" * 65_535, "ffff")]
    )
    def test_the_length_stands_in_two_bytes_in_front_the_high_byte_first(self, payload, prefix):
        assert length_prefixed(payload) == bytes.fromhex(prefix) + payload

    def test_more_than_two_bytes_can_say_is_refused(self):
        with pytest.raises(ValueError, match="65536 bytes"):
            length_prefixed(b"a" * 65_536)

    @given(st.lists(st.binary(max_size=300), max_size=6))
    def test_what_was_put_together_is_taken_apart_however_it_is_cut(self, payloads):
        stream = b"".join(map(length_prefixed, payloads))
        for cut in every_cut(stream, rounds=2):
            buffer, messages = bytearray(), []
            for piece in cut.pieces:
                buffer += piece
                messages += split_length_prefixed(buffer)
            assert (messages, buffer) == (payloads, b""), cut.name

    @given(st.binary(max_size=80))
    def test_any_bytes_are_messages_and_a_rest_that_is_not_one_yet(self, stream):
        buffer = bytearray(stream)
        messages = split_length_prefixed(buffer)
        assert b"".join(map(length_prefixed, messages)) + buffer == stream
        assert split_length_prefixed(buffer) == []
        assert {type(message) for message in messages} <= {bytes}


class TestEchoOnce:
    def test_each_piece_goes_back_as_it_comes(self):
        conn = arriving(b"one", b"two", after="eof")
        assert echo_once(conn) == 6
        sent = [entry for entry in conn.trace if entry[0] != "recv"]
        assert sent == [("sendall", b"one"), ("sendall", b"two")]

    def test_the_first_piece_is_answered_before_the_second_comes(self):
        conn = arriving(b"one", lambda sent: b"two" if sent == b"one" else None, after="eof")
        assert echo_once(conn) == 6

    def test_a_peer_that_says_nothing_gets_nothing_and_the_caller_closes(self):
        conn = arriving(after="eof")
        assert echo_once(conn) == 0
        assert ("close",) not in conn.trace


class TestListenOn:
    def test_port_0_is_a_free_port_of_this_machine_only(self):
        with listen_on(0) as listener:
            host, port = listener.getsockname()
            assert host == "127.0.0.1"
            with socket.create_connection((host, port), timeout=PATIENCE) as client:
                conn, address = listener.accept()
                with conn:
                    assert address == client.getsockname()

    def test_a_second_live_listener_is_refused_and_leaves_nothing_open(self, monkeypatch):
        made = []

        class Noted(socket.socket):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                made.append(self)

        with listen_on(0) as listener:
            monkeypatch.setattr("minews.tcp.socket.socket", Noted)
            with pytest.raises(OSError):
                listen_on(listener.getsockname()[1])
        assert [each.fileno() for each in made] == [-1]

    @pytest.mark.skipif(os.name != "posix", reason="Windows does not wait for TIME-WAIT")
    @pytest.mark.parametrize("reuse", [True, False])
    def test_a_port_in_time_wait_can_be_had_again_with_reuse_only(self, reuse):
        with listen_on(0) as listener:
            port = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
                conn, _ = listener.accept()
                conn.close()  # the server finishes first: TIME-WAIT is at its end
                assert client.recv(1) == b""
        if reuse:
            listen_on(port).close()
        else:
            with pytest.raises(OSError):
                listen_on(port, reuse=False)

    def test_windows_is_left_alone_since_the_option_means_something_else_there(self, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr("minews.tcp.os.name", "nt")
            listener = listen_on(0)
        with listener:
            assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0


class TestGracefulClose:
    def test_the_peer_gets_the_last_bytes_and_a_clean_end_although_its_own_were_not_read(self, pair):
        near, far = pair
        far.sendall(b"unread")
        near.sendall(b"last words")
        far.shutdown(socket.SHUT_WR)
        assert graceful_close(near) == b"unread"
        assert far.recv(100) == b"last words"
        assert far.recv(100) == b""
        assert near.fileno() == -1

    def test_we_finish_writing_before_we_wait_for_the_peer(self):
        conn = arriving(b"late", after="eof")
        assert graceful_close(conn) == b"late"
        assert conn.trace[0] == ("shutdown", socket.SHUT_WR)
        assert conn.trace[-1] == ("close",)

    def test_a_peer_that_does_not_finish_is_waited_for_only_so_long(self, pair):
        near, far = pair
        far.sendall(b"and then silence")
        assert graceful_close(near, timeout=0.05) == b"and then silence"
        assert near.fileno() == -1

    def test_a_peer_that_sends_on_and_on_is_waited_for_only_so_long(self, monkeypatch):
        clock = iter(range(1_000))
        monkeypatch.setattr("minews.tcp.time.monotonic", lambda: next(clock))
        conn = ScriptedSocket(waits, [lambda sent: b"a"] * 1_000)
        assert graceful_close(conn, timeout=5) == b"aaaa"
        assert conn.trace[-1] == ("close",)

    def test_a_peer_that_floods_us_does_not_fill_the_memory(self):
        piece = b"a" * CHUNK
        conn = ScriptedSocket(waits, [lambda sent: piece] * 200)
        tracemalloc.start()
        try:
            drained = graceful_close(conn)
            conn.trace.clear()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert drained == b"a" * MAX_DRAINED
        assert peak < 4 * MAX_DRAINED

    @pytest.mark.parametrize("after", ["reset", "eof"])
    def test_a_peer_that_has_gone_already_is_no_error(self, after):
        conn = arriving(b"rest", after=after)
        assert graceful_close(conn) == b"rest"
        assert conn.trace[-1] == ("close",)

    def test_a_connection_that_is_torn_already_is_closed(self, pair):
        near, far = pair
        near.shutdown(socket.SHUT_RDWR)
        far.close()
        assert graceful_close(near) == b""
        assert near.fileno() == -1


class TestUnacknowledged:
    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not tell")
    def test_it_counts_what_the_peers_system_has_no_room_for(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            near = socket.create_connection(listener.getsockname())
            far, _ = listener.accept()
            with near, far:
                near.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        near.send(bytes(CHUNK))
                assert unacknowledged(near) > 0
                assert unacknowledged(far) == 0

    @pytest.mark.parametrize("sock", [socket.socket(), None], ids=["closed", "none"])
    def test_where_nobody_can_tell_it_is_none(self, sock):
        if sock is not None:
            sock.close()
        assert unacknowledged(sock) == 0
