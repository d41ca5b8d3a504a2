"""The handshake over real sockets: a small server made of minews, and clients that are not."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from minews import (
    HandshakeError,
    accept_client,
    build_server_handshake,
    parse_request_head,
    refuse,
    take_head,
)
from tests.cuts import every_cut
from tests.minews.heads import ACCEPT, KEY, REQUEST, request_head

PATIENCE = 10  # seconds, until a test that hangs fails


def serve_one(listener):
    """Accept one client and do the handshake; return 101 or the status of the refusal, or None if it left."""
    conn, _ = listener.accept()
    with conn:
        conn.settimeout(PATIENCE)
        buffer = bytearray()
        try:
            while (head := take_head(buffer)) is None:
                data = conn.recv(4_096)
                if not data:
                    return None
                buffer += data
            response, _ = accept_client(
                parse_request_head(head), resource_names=["/chat"], subprotocols=["chat"]
            )
        except HandshakeError as error:
            conn.sendall(refuse(error))
            return error.status
        conn.sendall(response)
        return 101


@contextlib.contextmanager
def serving_one_client():
    """Run the server for one client; give its port and what will be its outcome."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:
        listener.settimeout(PATIENCE)
        outcome = threads.submit(serve_one, listener)
        yield listener.getsockname()[1], outcome
        outcome.result(PATIENCE)


def connected(port):
    """Connect to the server, with each piece to be sent at once."""
    conn = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return conn


def exchange(port, pieces):
    """Send the pieces, one packet each; return all that comes until the server closes the connection."""
    with connected(port) as conn:
        for piece in pieces:
            conn.sendall(piece)
        answer = bytearray()
        while data := conn.recv(4_096):
            answer += data
        return bytes(answer)


class TestSection4_2_2OverTcp:
    """RFC 6455 section 4.2.2: a server accepts, or sends an HTTP error and aborts."""

    @pytest.mark.rfc("R033", "R042")
    @pytest.mark.parametrize("cut", list(every_cut(request_head(), rounds=3)), ids=lambda cut: cut.name)
    def test_a_handshake_is_answered_however_it_is_cut(self, cut):
        with serving_one_client() as (port, outcome):
            assert exchange(port, cut.pieces) == build_server_handshake(KEY)
        assert outcome.result() == 101

    @pytest.mark.rfc("R037", "R097")
    def test_an_unknown_resource_name_gets_404_and_the_connection_is_closed(self):
        with serving_one_client() as (port, outcome):
            answer = exchange(port, [request_head(start="GET /nope HTTP/1.1")])  # it returns: TCP was closed
        assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
        assert b"\r\nConnection: close\r\n" in answer
        assert b"101" not in answer
        assert outcome.result() == 404

    @pytest.mark.rfc("R032", "R036", "R097")
    @pytest.mark.parametrize(
        "head, status",
        [
            (b"GET /chat HTTP/1.1\n", 400),
            (request_head({"Sec-WebSocket-Key": "short"}), 400),
            (request_head(start="POST /chat HTTP/1.1"), 405),
            (request_head({"Sec-WebSocket-Version": "8"}), 426),
            (request_head(start="GET /" + "a" * 8_192 + " HTTP/1.1"), 414),
            (b"GET /chat HTTP/1.1\r\n" + b"X: y\r\n" * 2_727 + b"X:", 431),
            (request_head(start="GET /chat HTTP/2.0"), 505),
        ],
        ids=["bare LF", "short key", "POST", "version 8", "long request line", "endless head", "HTTP/2.0"],
    )
    def test_a_handshake_that_fails_gets_its_status_and_the_connection_is_closed(self, head, status):
        with serving_one_client() as (port, outcome):
            answer = exchange(port, [head])
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert outcome.result() == status

    def test_a_client_that_leaves_within_its_head_gets_no_answer(self):
        with serving_one_client() as (port, outcome), connected(port) as conn:
            conn.sendall(request_head()[:-1])
            conn.shutdown(socket.SHUT_WR)
            assert conn.recv(1) == b""
        assert outcome.result() is None


class TestRealClients:
    """Clients that other people wrote, against the same server."""

    def test_websockets_opens_a_connection_and_agrees_on_the_subprotocol(self):
        with serving_one_client() as (port, outcome):
            client = connect(f"ws://127.0.0.1:{port}/chat", subprotocols=["chat"], proxy=None)
            with client:
                assert client.subprotocol == "chat"
        assert outcome.result() == 101

    def test_websockets_reports_the_status_of_a_refusal(self):
        with serving_one_client() as (port, _), pytest.raises(InvalidStatus) as caught:
            connect(f"ws://127.0.0.1:{port}/nope", proxy=None)
        assert caught.value.response.status_code == 404
        assert caught.value.response.body == b"nothing is served at /nope\n"

    @pytest.mark.peer("curl")
    @pytest.mark.parametrize(
        "path, status, told",
        [("/chat", "101 Switching Protocols", ACCEPT), ("/nope", "404 Not Found", "/nope\n")],
    )
    def test_curl_shows_the_answer(self, path, status, told):
        headers = [f"-H{name}: {value}" for name, value in REQUEST.items() if name != "Host"]
        with serving_one_client() as (port, _):
            url = f"http://127.0.0.1:{port}{path}"
            options = ["-siN", "--http1.1", "--noproxy", "*", "--max-time", str(PATIENCE)]
            done = subprocess.run(
                ["curl", *options, *headers, url], capture_output=True, text=True, timeout=60
            )
        assert done.stdout.startswith(f"HTTP/1.1 {status}")
        assert told in done.stdout
