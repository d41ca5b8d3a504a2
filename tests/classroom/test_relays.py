"""The relay: all bytes pass, both ways, and are on record; nothing is left when it ends."""

from __future__ import annotations

import socket
import threading

import pytest

from classroom.relays import Relay
from minews import BlockingClient, BlockingServer


@pytest.fixture(autouse=True)
def nothing_left():
    """Every test also shows that no thread outlives its relay."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_a_session_passes_and_is_on_record():
    with BlockingServer(str.upper) as server, Relay(server.port) as relay:
        client = BlockingClient()
        client.connect(relay.url("/chat"))
        client.send("x" * 70_000)
        assert client.recv() == "X" * 70_000
        assert client.close() == 1000
    (session,) = relay.sessions
    events = session.events()
    assert [event.kind for event in events[:3]] == ["connected", "request", "response"]
    frames = [(event.sender.value, len(event.frame.payload)) for event in events if event.kind == "frame"]
    assert frames == [("client", 70_000), ("server", 70_000), ("client", 2), ("server", 2)]
    assert [event.sender.value for event in events if event.kind == "end"] == ["server", "client"]


def test_each_connection_has_its_own_record():
    with BlockingServer(str.upper) as server, Relay(server.port) as relay:
        for path in ("/a", "/b"):
            client = BlockingClient()
            client.connect(relay.url(path))
            client.close()
    requests = [session.events()[1].data for session in relay.sessions]
    assert [request.split()[1] for request in requests] == [b"/a", b"/b"]


def test_a_relay_starts_and_closes_the_server_behind_it_and_can_do_so_twice():
    server = BlockingServer(str.upper)
    relay = Relay(server)
    for _ in range(2):
        relay.start()
        relay.start()
        client = BlockingClient()
        client.connect(relay.url())
        assert client.close() == 1000
        relay.close()
        relay.close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_a_relay_that_ends_ends_its_connections():
    with BlockingServer(str.upper) as server:
        with Relay(server.port) as relay:
            client = BlockingClient()
            client.connect(relay.url())
        with pytest.raises(EOFError):
            client.recv()


def test_a_relay_that_was_not_started_has_no_address():
    with pytest.raises(RuntimeError):
        Relay(1).url()
