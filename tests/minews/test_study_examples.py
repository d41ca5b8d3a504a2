"""The examples that tell right code from wrong code are right, and catch the wrong one."""

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
    split_length_prefixed,
)
from minews.study.examples import examples_for_split, handshake_examples
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


SPLIT_EXAMPLES = examples_for_split()


def split_a_stream(pieces, take=split_length_prefixed):
    """Return the payloads that come out when these pieces arrive one after the other."""
    buffer, payloads = bytearray(), []
    for piece in pieces:
        buffer += piece
        payloads += take(buffer)
    return payloads


class TestTheExamplesForSplitters:
    @pytest.mark.parametrize("pieces, payloads", SPLIT_EXAMPLES)
    def test_the_reference_agrees_with_each_example(self, pieces, payloads):
        assert split_a_stream(pieces) == payloads

    @pytest.mark.parametrize("pieces, payloads", SPLIT_EXAMPLES)
    def test_an_example_is_two_lists_of_bytes_and_no_piece_is_empty(self, pieces, payloads):
        assert {type(pieces), type(payloads)} == {list}
        assert {type(part) for part in pieces + payloads} == {bytes}
        assert b"" not in pieces

    def test_each_call_gives_the_same_examples_in_a_list_of_its_own(self):
        assert examples_for_split() == SPLIT_EXAMPLES
        assert examples_for_split() is not SPLIT_EXAMPLES

    def test_the_streams_are_cut_between_messages_inside_lengths_and_inside_payloads(self):
        places = set()
        for pieces, _ in SPLIT_EXAMPLES:
            for number in range(1, len(pieces)):
                left = bytearray(b"".join(pieces[:number]))
                split_length_prefixed(left)
                places.add("between" if not left else "length" if len(left) == 1 else "payload")
        assert places == {"between", "length", "payload"}


def once_for_each_piece(buffer):
    payloads = split_length_prefixed(copy := bytearray(buffer))
    del buffer[: 2 + len(payloads[0]) if payloads else len(buffer) - len(copy)]
    return payloads[:1]


def without_the_high_byte(buffer):
    payloads = []
    while len(buffer) >= 2 and len(buffer) >= 2 + buffer[1]:
        payloads.append(bytes(buffer[2 : 2 + buffer[1]]))
        del buffer[: 2 + buffer[1]]
    return payloads


def without_a_rest(buffer):
    payloads = split_length_prefixed(buffer)
    buffer.clear()
    return payloads


def without_emptying(buffer):
    return split_length_prefixed(bytearray(buffer))


def without_empty_messages(buffer):
    return [payload for payload in split_length_prefixed(buffer) if payload]


def without_waiting(buffer):
    payloads = split_length_prefixed(buffer)
    if len(buffer) > 2:
        payloads.append(bytes(buffer[2:]))
        buffer.clear()
    return payloads


def with_text_only(buffer):
    return [payload.decode("utf-8", "replace").encode() for payload in split_length_prefixed(buffer)]


WRONG_SPLITTERS = [
    once_for_each_piece,
    without_the_high_byte,
    without_a_rest,
    without_emptying,
    without_empty_messages,
    without_waiting,
    with_text_only,
]


class TestTheWrongSplitters:
    @pytest.mark.parametrize("take", WRONG_SPLITTERS, ids=lambda take: take.__name__)
    def test_each_wrong_splitter_is_caught_by_an_example(self, take):
        assert [pieces for pieces, payloads in SPLIT_EXAMPLES if split_a_stream(pieces, take) != payloads]
