"""The examples that tell right servers from wrong ones are right, and catch the wrong ones."""

from __future__ import annotations

import pytest
from websockets.server import ServerProtocol

from minews import (
    HandshakeError,
    Request,
    accept_client,
    check_client_handshake,
    header_tokens,
    parse_request_head,
)
from minews.study.examples import handshake_examples
from minews.types import Headers

EXAMPLES = handshake_examples()


def accepts(server, head):
    """Tell whether a server, a function like check_client_handshake, accepts a head."""
    try:
        server(parse_request_head(head))
    except HandshakeError:
        return False
    return True


def with_header(request: Request, name: str, value: str) -> Request:
    """Return the request as a server sees it that takes one header for something else."""
    others = [pair for pair in request.headers.items() if pair[0].lower() != name.lower()]
    return Request(request.method, request.target, request.version, Headers([*others, (name, value)]))


class TestTheExamples:
    def test_there_are_examples_of_both_kinds(self):
        assert {accepted for _, accepted in EXAMPLES} == {True, False}

    def test_an_example_is_bytes_and_a_bool(self):
        assert {(type(head), type(accepted)) for head, accepted in EXAMPLES} == {(bytes, bool)}

    def test_each_call_gives_the_same_examples_in_a_list_of_its_own(self):
        assert handshake_examples() == EXAMPLES
        assert handshake_examples() is not EXAMPLES

    def test_no_example_is_there_twice(self):
        assert len({head for head, _ in EXAMPLES}) == len(EXAMPLES)

    @pytest.mark.parametrize("head, accepted", EXAMPLES)
    def test_an_example_is_a_head_in_whole_and_nothing_after_it(self, head, accepted):
        assert head.index(b"\r\n\r\n") == len(head) - 4
        assert b"\n" not in head.replace(b"\r\n", b"")

    @pytest.mark.parametrize("server", [check_client_handshake, accept_client])
    @pytest.mark.parametrize("head, accepted", EXAMPLES)
    def test_the_reference_agrees_with_each_example(self, head, accepted, server):
        assert accepts(server, head) is accepted

    @pytest.mark.parametrize("head, accepted", [pair for pair in EXAMPLES if b"\r\nHost:" in pair[0]])
    def test_websockets_agrees_with_each_example_that_has_a_host(self, head, accepted):
        # It leaves Host to whoever calls it.
        server = ServerProtocol()
        server.receive_data(head)
        requests = server.events_received()
        assert bool(requests and server.accept(requests[0]).status_code == 101) is accepted


def deaf(request):
    return "accepts everything"


def strict(request):
    raise HandshakeError(400, reason="accepts nothing")


def upgrade_in_lower_case_only(request):
    if request.headers.get("Upgrade") != "websocket":
        raise HandshakeError(400, reason="Upgrade")
    check_client_handshake(request)


def connection_must_be_one_token(request):
    if request.headers.get("Connection", "").lower() != "upgrade":
        raise HandshakeError(400, reason="Connection")
    check_client_handshake(request)


def connection_anywhere_in_the_head(request):
    if any("upgrade" in value.lower() for _, value in request.headers.items()):
        request = with_header(request, "Connection", "Upgrade")
    check_client_handshake(request)


def connection_as_a_part_of_a_word(request):
    if "upgrade" in request.headers.get("Connection", "").lower():
        request = with_header(request, "Connection", "Upgrade")
    check_client_handshake(request)


def upgrade_as_a_part_of_a_word(request):
    if any("websocket" in token for token in header_tokens(request.headers.get_all("Upgrade"))):
        request = with_header(request, "Upgrade", "websocket")
    check_client_handshake(request)


def any_version(request):
    check_client_handshake(with_header(request, "Sec-WebSocket-Version", "13"))


def any_key(request):
    check_client_handshake(with_header(request, "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="))


def any_method(request):
    check_client_handshake(Request("GET", request.target, request.version, request.headers))


def any_http_version(request):
    check_client_handshake(Request(request.method, request.target, "HTTP/1.1", request.headers))


def any_host(request):
    check_client_handshake(with_header(request, "Host", "example.com"))


def last_key_wins(request):
    last = (request.headers.get_all("Sec-WebSocket-Key") or [""])[-1]
    check_client_handshake(with_header(request, "Sec-WebSocket-Key", last))


def any_key_of_24_letters(request):
    if len(request.headers.get("Sec-WebSocket-Key", "")) == 24:
        any_key(request)
    else:
        check_client_handshake(request)


def no_port_in_host(request):
    if ":" in request.headers.get("Host", ""):
        raise HandshakeError(400, reason="Host")
    check_client_handshake(request)


def no_header_that_it_does_not_know(request):
    if any(name.startswith("X-") for name in request.headers):
        raise HandshakeError(400, reason="unknown")
    check_client_handshake(request)


def spare_bits_must_be_zero(request):
    if request.headers.get("Sec-WebSocket-Key", "")[-3:-2] not in "AQgw":
        raise HandshakeError(400, reason="key")
    check_client_handshake(request)


WRONG_SERVERS = [
    deaf,
    strict,
    upgrade_in_lower_case_only,
    connection_must_be_one_token,
    connection_anywhere_in_the_head,
    connection_as_a_part_of_a_word,
    upgrade_as_a_part_of_a_word,
    any_version,
    any_key,
    any_method,
    any_http_version,
    any_host,
    last_key_wins,
    any_key_of_24_letters,
    no_port_in_host,
    no_header_that_it_does_not_know,
    spare_bits_must_be_zero,
]


class TestTheWrongServers:
    @pytest.mark.parametrize("server", WRONG_SERVERS, ids=lambda server: server.__name__)
    def test_each_wrong_server_is_caught_by_an_example(self, server):
        assert [head for head, accepted in EXAMPLES if accepts(server, head) is not accepted]
