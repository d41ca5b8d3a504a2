"""Both ends of minews pass every case, on asyncio and on blocking sockets, over TCP and over TLS."""

from __future__ import annotations

import threading

import pytest

from tests.minews.asynchronous import PATIENCE
from tests.minews.conformance.cases import CATEGORIES, choose, choose_openings
from tests.minews.conformance.driver import Listener, judge_server
from tests.minews.conformance.endpoints import CLIENTS, SERVERS, client_tls, server_tls
from tests.minews.conformance.judge import Result

KINDS = pytest.mark.parametrize("kind", ["asyncio", "blocking"])
CATEGORY = pytest.mark.parametrize("category", list(CATEGORIES), ids=CATEGORIES.values())
WIRES = [pytest.param(False, id="TCP"), pytest.param(True, id="TLS", marks=pytest.mark.slow)]


def hold_to_the_rules(results: list[Result], count: int) -> None:
    """Fail with the talks that were not as they should be."""
    wrong = [result for result in results if result.verdict != "pass"]
    assert not wrong, "\n\n".join(map(str, wrong))
    assert len(results) == count > 0


@pytest.fixture(scope="module", params=WIRES)
def secure(request) -> bool:
    return request.param


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request, secure):
    """The URL of a server of minews."""
    with SERVERS[request.param](secure) as url:
        yield url


def judge_a_client(kind: str, secure: bool, cases: list) -> list[Result]:
    listener = Listener(cases, tls=server_tls(secure))
    visitor = threading.Thread(target=CLIENTS[kind], args=(listener.url, secure))
    visitor.start()
    results = list(listener.judge())
    visitor.join(PATIENCE)
    assert not visitor.is_alive(), "the client ends when there is nothing more"
    return results


class TestServers:
    @CATEGORY
    def test_a_server_passes_every_case(self, server, secure, category):
        cases = choose([str(category)], slow=False, role="server")
        hold_to_the_rules(judge_server(server, cases, tls=client_tls(secure)), len(cases))

    @pytest.mark.slow
    def test_a_server_takes_and_refuses_each_opening(self, server, secure):
        cases = choose_openings(role="server")
        hold_to_the_rules(judge_server(server, cases, tls=client_tls(secure)), len(cases))

    @pytest.mark.slow
    def test_a_server_passes_the_large_ones(self, server, secure):
        cases = [case for case in choose(role="server") if case.slow]
        hold_to_the_rules(judge_server(server, cases, tls=client_tls(secure)), len(cases))


class TestClients:
    @KINDS
    @CATEGORY
    def test_a_client_passes_every_case(self, kind, secure, category):
        cases = choose([str(category)], slow=False, role="client")
        hold_to_the_rules(judge_a_client(kind, secure, cases), len(cases))

    @KINDS
    @pytest.mark.slow
    def test_a_client_takes_and_refuses_each_opening(self, kind, secure):
        cases = choose_openings(role="client")
        hold_to_the_rules(judge_a_client(kind, secure, cases), len(cases))

    @KINDS
    @pytest.mark.slow
    def test_a_client_passes_the_large_ones(self, kind, secure):
        cases = [case for case in choose(role="client") if case.slow]
        hold_to_the_rules(judge_a_client(kind, secure, cases), len(cases))
