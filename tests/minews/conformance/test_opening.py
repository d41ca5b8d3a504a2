"""The judge of opening handshakes is judged: who agrees to all fails what must be refused, and only that."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from minews import Connection, Role, parse_ws_url
from tests.minews.asynchronous import PATIENCE
from tests.minews.conformance.cases import choose_openings
from tests.minews.conformance.cases_opening import KEY, OPENINGS
from tests.minews.conformance.driver import Listener, judge_server
from tests.minews.conformance.faulty import send_back
from tests.minews.conformance.wire import NotOpened, answer_head, read_head

pytestmark = pytest.mark.slow
SHORT = 2.0  # seconds for a case
SOON = 0.5  # seconds that a server here waits for the end of a head


def agree(sock: socket.socket) -> None:
    """Be a server that agrees to any head that ends."""
    with sock, contextlib.suppress(OSError, NotOpened):
        sock.settimeout(SHORT)
        _, _, rest = read_head(sock, time.monotonic() + SOON)
        sock.sendall(answer_head(KEY))
        send_back(sock, Connection(Role.SERVER), rest)


def refuse(sock: socket.socket) -> None:
    """Be a server that refuses all."""
    with sock, contextlib.suppress(OSError, NotOpened):
        sock.settimeout(SHORT)
        read_head(sock, time.monotonic() + SOON)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


@contextlib.contextmanager
def serving(visit: Callable[[socket.socket], None]) -> Iterator[str]:
    visits: list[threading.Thread] = []

    def accept() -> None:
        while True:
            sock, _ = listening.accept()
            if ended.is_set():
                sock.close()
                return
            visits.append(threading.Thread(target=visit, args=(sock,)))
            visits[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended, accepting = threading.Event(), threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            ended.set()
            socket.create_connection(listening.getsockname()).close()
            for thread in (accepting, *visits):
                thread.join(PATIENCE)


def failed(results) -> set[str]:
    return {result.case.id for result in results if result.verdict == "fail"}


def wrong(role: str) -> set[str]:
    return {case.id for case in OPENINGS if case.role == role and not case.opens and not case.either}


def test_a_server_that_agrees_to_all_fails_what_must_be_refused():
    with serving(agree) as url:
        found = failed(judge_server(url, choose_openings(role="server"), patience=SHORT, at_once=8))
    assert found == wrong("server")


def test_a_server_that_refuses_all_fails_what_must_be_taken():
    with serving(refuse) as url:
        found = failed(judge_server(url, choose_openings(role="server"), patience=SHORT, at_once=8))
    assert found == {case.id for case in OPENINGS if case.role == "server" and case.opens}


@pytest.mark.parametrize("looks", [False, True], ids=["takes all", "takes nothing"])
def test_a_client_that_does_not_look_is_found_out(looks):
    def visit() -> None:
        with contextlib.suppress(ConnectionRefusedError):
            while True:
                with socket.create_connection((where.host, where.port), PATIENCE) as sock:
                    sock.sendall(f"GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: {KEY}\r\n\r\n".encode())
                    with contextlib.suppress(OSError, NotOpened):
                        first, _, rest = read_head(sock, time.monotonic() + SHORT)
                        if " 410 " in first:
                            return
                        if not looks:
                            send_back(sock, Connection(Role.CLIENT), rest)

    listener = Listener(choose_openings(role="client"), patience=SHORT)
    where = parse_ws_url(listener.url)
    visitor = threading.Thread(target=visit)
    visitor.start()
    found = failed(listener.judge())
    visitor.join(PATIENCE)
    takes = {case.id for case in OPENINGS if case.role == "client" and case.opens}
    assert found == (takes if looks else wrong("client"))


def test_ids_are_unique():
    assert len({case.id for case in OPENINGS}) == len(OPENINGS)
