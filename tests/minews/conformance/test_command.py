"""`python -m tests.minews.conformance` judges what is at a URL, and who comes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time

import pytest

from minews import parse_ws_url
from tests.minews.asynchronous import CERTIFICATE, PATIENCE
from tests.minews.conformance import faulty
from tests.minews.conformance.__main__ import main
from tests.minews.conformance.cases import choose
from tests.minews.conformance.driver import Listener, judge_server
from tests.minews.conformance.endpoints import blocking_client, blocking_server
from tests.minews.conformance.wire import ask


def test_it_prints_a_table_by_category(capsys):
    with blocking_server(False) as url:
        assert main([url, "--only", "2", "--only", "5.1"]) == 0
    table = capsys.readouterr().out
    assert " 2 Pings and Pongs                         15" in table
    assert " 5 fragments                                1" in table
    assert "   all                                     16" in table


def test_it_tells_what_failed_and_shows_the_talk(capsys):
    with faulty.running(faulty.AnswersPongs) as url:
        assert main([url, "--only", "2.7", "--verbose"]) == 1
    told = capsys.readouterr().out
    assert "fail       2.7" in told
    assert "the text 'I did not ask for that' came, a Close with 1000 was due" in told
    assert "> PONG [FIN] b''" in told


def test_it_gives_every_talk_as_json(capsys):
    with blocking_server(True) as url:
        secure = url.replace("127.0.0.1", "localhost")
        assert main([secure, "--only", "2.1", "--json", "--cafile", CERTIFICATE]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["id"], result["verdict"]) == ("2.1", "pass")
    assert result["transcript"][:2] == ["> PING [FIN] b''", "< pong b''"]


def test_it_says_so_when_nobody_is_there(capsys):
    with blocking_server(False) as url:
        pass
    assert main([url, "--only", "2.1"]) == 2
    assert capsys.readouterr().err.startswith("nobody to judge: ")


def test_it_waits_for_a_client(tmp_path):
    words = ["--listen", "--only", "5.3", "--only", "13.1"]
    command = [sys.executable, "-m", "tests.minews.conformance", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        blocking_client(running.stderr.readline().split()[-1], False)
        table = running.stdout.read()
        assert running.wait(PATIENCE) == 0
    assert "   all                                      3" in table


def test_an_endpoint_that_goes_away_fails_the_rest():
    def come_once() -> None:
        with socket.create_connection(address, PATIENCE) as sock:
            ask(sock, "localhost", "/", time.monotonic() + PATIENCE)

    listener = Listener(choose(["2.1", "2.2", "2.3"]), patience=0.2)
    where = parse_ws_url(listener.url)
    address = where.host, where.port
    visitor = threading.Thread(target=come_once)
    visitor.start()
    results = list(listener.judge())
    visitor.join(PATIENCE)
    assert [result.verdict for result in results] == ["fail"] * 3
    assert [result.why for result in results[1:]] == ["the client came no more"] * 2


def test_a_client_that_never_comes_is_no_result():
    with pytest.raises(ConnectionRefusedError):
        list(Listener(choose(["2.1"]), patience=0.01).judge())


def test_a_server_that_goes_away_fails_the_rest():
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"ws://127.0.0.1:{listening.getsockname()[1]}/"

    def serve_once() -> None:
        with listening:
            sock, _ = listening.accept()
        faulty.visit(sock, sock.recv(1 << 16), faulty.Honest)

    server = threading.Thread(target=serve_once)
    server.start()
    results = judge_server(url, choose(["2.1", "2.2", "2.3"]))
    server.join(PATIENCE)
    assert [result.verdict for result in results] == ["pass", "fail", "fail"]
    assert [result.why for result in results[1:]] == ["nobody listens there any more"] * 2
