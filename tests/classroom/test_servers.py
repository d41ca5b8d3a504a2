"""The background servers of the notebooks: they answer, say what went wrong, and leave nothing behind."""

from __future__ import annotations

import socket
import sys
import threading
import time

import pytest

from classroom.servers import PATIENCE, Server, real_server, serve
from minews import (
    BlockingClient,
    accept_client,
    build_client_handshake,
    make_key,
    parse_request_head,
    parse_ws_url,
)


@pytest.fixture(autouse=True)
def nothing_left():
    """Every test also shows that no thread outlives its server."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def read_all(conn: socket.socket) -> bytes:
    received = b""
    while piece := conn.recv(65536):
        received += piece
    return received


def test_a_server_gives_each_connection_to_the_function():
    with serve(lambda conn: conn.sendall(conn.recv(100).upper())) as server, connect(server) as conn:
        conn.sendall(b"hello")
        assert read_all(conn) == b"HELLO"


def test_it_listens_on_the_loopback_address_only_and_names_its_urls():
    with serve(lambda conn: None) as server:
        assert server.url("/chat") == f"ws://127.0.0.1:{server.port}/chat"
        assert server.url(scheme="http") == f"http://127.0.0.1:{server.port}/"


def test_its_port_is_closed_after_the_block():
    with serve(lambda conn: None) as server:
        connect(server).close()
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_connections_do_not_wait_for_each_other():
    met = threading.Barrier(2, timeout=5)
    with serve(lambda conn: met.wait()) as server, connect(server) as one, connect(server) as two:
        assert read_all(one) == read_all(two) == b""


def test_a_client_that_says_nothing_does_not_hold_the_block_up():
    begun = threading.Event()

    def wait_for_more(conn: socket.socket) -> None:
        begun.set()
        conn.recv(1)

    started = time.monotonic()
    with serve(wait_for_more) as server:
        conn = connect(server)
        assert begun.wait(5)
    assert time.monotonic() - started < PATIENCE
    conn.close()


def test_when_the_block_ends_the_function_has_ended_for_every_connection():
    begun, ended = threading.Event(), []

    def take_its_time(conn: socket.socket) -> None:
        begun.set()
        conn.recv(1)  # woken by the end of the block
        threading.Event().wait(0.2)
        ended.append(True)

    with serve(take_its_time) as server, connect(server):
        assert begun.wait(5)
    assert ended == [True]


def test_what_was_sent_arrives_even_if_the_server_did_not_read_all_that_came():
    with serve(lambda conn: conn.sendall(conn.recv(1) * 5)) as server, connect(server) as conn:
        conn.sendall(b"x" * 200_000)
        conn.shutdown(socket.SHUT_WR)
        assert read_all(conn) == b"xxxxx"


def test_an_error_of_the_function_comes_out_at_the_end_of_the_block():
    def break_down(conn: socket.socket) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), serve(break_down) as server, connect(server) as conn:
        assert read_all(conn) == b""


@pytest.mark.parametrize("left", [EOFError, ConnectionResetError, TimeoutError])
def test_a_peer_that_leaves_is_no_error_of_the_experiment(left):
    def notice(conn: socket.socket) -> None:
        raise left

    with serve(notice) as server, connect(server) as conn:
        assert read_all(conn) == b""


def test_an_error_in_the_block_is_the_one_that_is_seen():
    def break_down(conn: socket.socket) -> None:
        raise ValueError("the server's")

    with pytest.raises(KeyError, match="the block's"), serve(break_down) as server:
        with connect(server) as conn:
            read_all(conn)
        raise KeyError("the block's")


def test_the_function_may_close_the_connection_itself():
    with serve(lambda conn: conn.close()) as server, connect(server) as conn:
        assert read_all(conn) == b""


def test_a_handshake_can_be_answered():
    def answer(conn: socket.socket) -> None:
        conn.sendall(accept_client(parse_request_head(conn.recv(65536)))[0])

    with serve(answer) as server, connect(server) as conn:
        conn.sendall(build_client_handshake(parse_ws_url(server.url()), make_key()))
        assert read_all(conn).startswith(b"HTTP/1.1 101 ")


# The server of websockets


def test_the_real_server_lets_a_right_client_in():
    with real_server() as server, connect(server) as conn:
        conn.sendall(build_client_handshake(parse_ws_url(server.url()), make_key()))
        assert conn.recv(65536).startswith(b"HTTP/1.1 101 ")


def test_the_real_server_refuses_a_wrong_client():
    with real_server() as server, connect(server) as conn:
        conn.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert conn.recv(65536).startswith(b"HTTP/1.1 4")


def test_without_websockets_a_sentence_says_so_and_the_block_gets_none(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "websockets.sync.server", None)
    with real_server() as server:
        assert server is None
    assert (
        capsys.readouterr().out == "The Python package websockets is not installed: its part is left out.\n"
    )


def test_the_real_server_answers_what_it_is_told():
    def echo(websocket):
        for message in websocket:
            websocket.send(message)

    with real_server(echo) as server:
        client = BlockingClient()
        client.connect(server.url())
        client.send("Hello")
        assert client.recv() == "Hello"
        assert client.close() == 1000
