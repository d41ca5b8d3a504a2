"""What others wrote, servers and clients, passes the same cases, but for the departures that are known."""

from __future__ import annotations

import threading

import pytest

from tests.minews.conformance.cases import choose, choose_openings
from tests.minews.conformance.departures import NODE_WS, WEBSOCKETS
from tests.minews.conformance.driver import Listener, judge_server
from tests.minews.conformance.endpoints import (
    node_ws_client,
    node_ws_server,
    websockets_client,
    websockets_server,
)

PEERS = [
    pytest.param(websockets_server, WEBSOCKETS, id="websockets"),
    pytest.param(node_ws_server, NODE_WS, id="npm ws", marks=pytest.mark.peer("node", "node-ws")),
]
CLIENTS = [
    pytest.param(websockets_client, WEBSOCKETS, id="websockets"),
    pytest.param(node_ws_client, NODE_WS, id="npm ws", marks=pytest.mark.peer("node", "node-ws")),
]
PATIENCE = 20  # seconds


def depart_as_known(endpoint, cases, departures) -> None:
    with endpoint() as url:
        compare(judge_server(url, cases), cases, departures)


def compare(results, cases, departures) -> None:
    found = {result.case.id: result.verdict for result in results if result.verdict != "pass"}
    known = {case.id: departures[case.id][0] for case in cases if case.id in departures}
    talks = [str(result) for result in results if found.get(result.case.id) != known.get(result.case.id)]
    assert found == known, "\n\n".join(talks)


@pytest.mark.parametrize("endpoint, departures", PEERS)
def test_a_peer_departs_where_it_is_known_to(endpoint, departures):
    depart_as_known(endpoint, choose(slow=False, role="server"), departures)


@pytest.mark.slow
@pytest.mark.parametrize("endpoint, departures", PEERS)
def test_a_peer_takes_large_messages(endpoint, departures):
    depart_as_known(endpoint, [case for case in choose(role="server") if case.slow], departures)


@pytest.mark.slow
@pytest.mark.parametrize("endpoint, departures", PEERS)
def test_a_peer_opens_as_it_is_known_to(endpoint, departures):
    depart_as_known(endpoint, choose_openings(role="server"), departures)


@pytest.mark.slow
@pytest.mark.parametrize("client, departures", CLIENTS)
def test_a_client_departs_where_it_is_known_to(client, departures):
    cases = [*choose_openings(role="client"), *choose(slow=False, role="client")]
    listener = Listener(cases)
    visitor = threading.Thread(target=client, args=(listener.url,))
    visitor.start()
    results = list(listener.judge())
    visitor.join(PATIENCE)
    compare(results, cases, departures)
