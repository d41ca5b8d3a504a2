"""Server and client against those that others wrote: curl, npm ws and Python's `websockets`, both ways."""

from __future__ import annotations

import contextlib
import json
import subprocess

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from minews import BlockingClient, BlockingServer
from tests.minews.heads import ACCEPT, REQUEST
from tests.minews.talks import (
    CODES,
    ECHO_CLIENT,
    ECHO_SERVER,
    PATIENCE,
    SIZES,
    binary_of,
    echo,
    exchange,
    node,
    text_of,
    websockets_server,
)


@pytest.fixture
def server():
    """A server that sends back what comes, and has one page."""
    with BlockingServer(str, on_binary=bytes, pages={"/": "<p>Hellø".encode()}) as running:
        yield running


class TestCurl:
    @pytest.mark.peer("curl")
    def test_it_shows_the_handshake(self, server):
        headers = [f"-H{name}: {value}" for name, value in REQUEST.items() if name != "Host"]
        options = ["-qsiN", "--http1.1", "--noproxy", "*", "--max-time", "1"]
        url = server.url("/chat", "http")
        done = subprocess.run(["curl", *options, *headers, url], capture_output=True, timeout=PATIENCE)
        assert done.stdout.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert f"Sec-WebSocket-Accept: {ACCEPT}\r\n".encode() in done.stdout

    @pytest.mark.peer("curl")
    @pytest.mark.parametrize(
        "path, status, told",
        [("/", "200 OK", "<p>Hellø"), ("/?a", "200 OK", "<p>Hellø"), ("/no", "404 Not Found", "")],
    )
    def test_it_gets_pages_from_the_same_port(self, server, path, status, told):
        options = ["-qsi", "--noproxy", "*", "--max-time", str(PATIENCE)]
        done = subprocess.run(
            ["curl", *options, server.url(path, "http")], capture_output=True, timeout=PATIENCE, check=True
        )
        assert done.stdout.startswith(f"HTTP/1.1 {status}\r\n".encode())
        assert told.encode() in done.stdout


class TestWebsockets:
    @pytest.mark.parametrize("compression", [None, "deflate"])
    def test_its_client_gets_back_text_and_binary_of_each_size(self, server, compression):
        with connect(server.url(), proxy=None, compression=compression) as client:
            assert client.protocol.extensions == [], "compression was offered at most"
            for size in SIZES:
                for message in (text_of(size), binary_of(size)):
                    client.send(message)
                    assert client.recv(PATIENCE) == message

    @pytest.mark.parametrize("code", CODES)
    def test_its_client_says_goodbye_and_gets_its_code_back(self, server, code):
        with connect(server.url(), proxy=None) as client:
            client.close(code, "bye")
        assert (client.close_code, client.protocol.close_rcvd_then_sent) == (code, False)

    def test_its_client_pings(self, server):
        with connect(server.url(), proxy=None) as client:
            assert client.ping(b"\xff\x00").wait(PATIENCE)

    @pytest.mark.parametrize(
        "send, code",
        [
            (lambda client: client.send(["in ", "fragments"]), 1003),
            (lambda client: client.send(b"\xff", text=True), 1007),
            (lambda client: client.send(bytes((1 << 20) + 1)), 1009),
        ],
        ids=["fragments", "not UTF-8", "too large"],
    )
    def test_its_client_is_told_why_it_was_failed(self, server, send, code):
        with connect(server.url(), proxy=None) as client, pytest.raises(ConnectionClosed) as caught:
            send(client)
            client.recv(PATIENCE)
        assert caught.value.rcvd.code == code
        assert caught.value.rcvd.reason

    def test_its_client_hears_of_the_end(self):
        with BlockingServer(str) as server, connect(server.url(), proxy=None) as client:
            server.close()
            with pytest.raises(ConnectionClosed) as caught:
                client.recv(PATIENCE)
            assert caught.value.rcvd.code == 1001

    def test_its_server_sends_back_text_and_binary_of_each_size(self):
        with websockets_server(echo) as url:
            client = BlockingClient(PATIENCE)
            client.connect(url)
            exchange(client)
            assert client.close() == 1000

    @pytest.mark.parametrize("code", CODES)
    def test_its_server_says_goodbye_and_gets_its_code_back(self, code):
        seen = []

        def handler(websocket):
            websocket.send("last")
            websocket.close(code, "bye")
            seen.append(websocket.protocol.close_rcvd.code)

        with websockets_server(handler) as url:
            client = BlockingClient(PATIENCE)
            client.connect(url)
            assert client.recv() == "last"
            with pytest.raises(EOFError):
                client.recv()
            assert client.close() == code
        assert seen == [code]

    @pytest.mark.parametrize("code", CODES)
    def test_its_server_hears_our_goodbye(self, code):
        seen = []

        def handler(websocket):
            with contextlib.suppress(ConnectionClosed):
                websocket.recv(PATIENCE)
            seen.append(websocket.protocol.close_rcvd.code)

        with websockets_server(handler) as url:
            client = BlockingClient(PATIENCE)
            client.connect(url)
            assert client.close(code) == code
        assert seen == [code]

    def test_its_server_pings(self):
        def handler(websocket):
            websocket.ping(b"\xff\x00").wait(PATIENCE)
            websocket.send("ponged")

        with websockets_server(handler) as url:
            client = BlockingClient(PATIENCE)
            client.connect(url)
            assert client.recv() == "ponged"
            client.close()


class TestNpmWs:
    @pytest.mark.peer("node", "node-ws")
    def test_its_client_gets_back_text_and_binary_of_each_size_its_ping_and_its_codes(self, server):
        command = node(ECHO_CLIENT, server.url(), json.dumps(SIZES), json.dumps(CODES))
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
        said = json.loads(done.stdout)
        assert said == {"echoed": 2 * len(SIZES), "pong": "ff00", "codes": [1000, *CODES]}

    @pytest.mark.peer("node", "node-ws")
    def test_its_server_sends_back_text_and_binary_of_each_size_pings_and_takes_and_gives_codes(self):
        with subprocess.Popen(node(ECHO_SERVER), stdout=subprocess.PIPE, text=True) as process:
            try:
                url = f"ws://127.0.0.1:{int(process.stdout.readline())}/"
                client = BlockingClient(PATIENCE)
                client.connect(url)
                assert client.recv() == "pong are you there?"
                exchange(client)
                assert client.close() == 1000
                seen = [int(process.stdout.readline())]
                for code in CODES:
                    client.connect(url)
                    assert client.close(code) == code
                    seen.append(int(process.stdout.readline()))
                    client.connect(url)
                    assert client.recv() == "pong are you there?"
                    client.send(str(code))
                    with pytest.raises(EOFError):
                        client.recv()
                    assert client.close() == code
                    seen.append(int(process.stdout.readline()))
            finally:
                process.terminate()
        assert seen == [1000, *(code for code in CODES for _ in range(2))]
