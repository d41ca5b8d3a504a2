"""The two ends of the handshake against each other, and each against h11 and `websockets`."""

from __future__ import annotations

from ipaddress import ip_address

import h11
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from minews import (
    HandshakeError,
    accept_client,
    build_client_handshake,
    check_client_handshake,
    check_server_handshake,
    make_key,
    parse_request_head,
    parse_response_head,
    parse_ws_url,
    refuse,
    take_head,
)
from tests.minews.heads import ACCEPT, KEY, TCHAR, any_bytes, refusal, request_head, response_head, tokens

# What hypothesis draws for two ends that speak to each other.
PCHAR = TCHAR.translate(str.maketrans("", "", "#%^`|")) + ":@(),;="
names = st.text("abcXYZ019.-_~!$&'()*+,;=", min_size=1, max_size=20)
addresses = st.ip_addresses(v=6).map(lambda address: f"[{address}]") | st.ip_addresses(v=4).map(str)
segments = st.text(PCHAR, max_size=8) | st.just("%23") | st.just("%e2%82%AC")
paths = st.lists(segments.map("/".__add__), max_size=4).map("".join)
queries = st.just("") | st.lists(segments | st.sampled_from(["/", "?", "&a="]), max_size=4).map("".join).map(
    "?".__add__
)
ports = st.just("") | st.integers(1, 65_535).map(":{}".format)
urls = st.tuples(
    st.sampled_from(["ws://", "wss://", "Ws://", "WSS://"]), names | addresses, ports, paths, queries
)
origins = st.none() | st.sampled_from(["null", "https://example.com", "http://a:8080"]) | st.text()
offers = st.lists(tokens, max_size=5, unique=True)


class TestBothEnds:
    """What one end writes the other accepts."""

    @given(urls.map("".join))
    def test_a_url_that_the_rfc_allows_is_read_as_websockets_reads_it(self, text):
        url, theirs = parse_ws_url(text), parse_uri(text)
        assert (url.secure, url.port, url.resource_name) == (theirs.secure, theirs.port, theirs.resource_name)
        if ":" in url.host:
            assert ip_address(url.host) == ip_address(theirs.host)
        else:
            assert url.host == theirs.host.lower()

    @given(urls.map("".join), origins, offers, offers, st.binary(min_size=16, max_size=16))
    def test_a_handshake_opens_whatever_url_origin_and_subprotocols_are(
        self, text, origin, offered, supported, nonce
    ):
        url, key = parse_ws_url(text), make_key(lambda n: nonce[:n])
        try:
            head = build_client_handshake(url, key, origin=origin, subprotocols=offered)
        except ValueError:
            assert not all(sign == "\t" or " " <= sign <= "~" or "\x80" <= sign <= "\xff" for sign in origin)
            return
        buffer = bytearray(head)
        request = parse_request_head(take_head(buffer))
        assert buffer == b""
        assert request.target == url.resource_name
        assert request.headers.get("Origin") == (None if origin is None else origin.strip(" \t"))
        assert check_client_handshake(request) == key
        path = url.resource_name.partition("?")[0]
        answer, chosen = accept_client(request, resource_names=[path], subprotocols=supported)
        assert chosen == next((name for name in offered if name in supported), None)
        response = parse_response_head(take_head(bytearray(answer)))
        assert check_server_handshake(response, key, offered) == chosen

    @given(any_bytes(request_head(), request_head({}, "Sec-WebSocket-Protocol: a, b")))
    @example(request_head({}, "Content-Length: 0"))
    def test_any_head_is_accepted_or_refused_with_a_status_that_can_be_sent(self, head):
        try:
            answer, chosen = accept_client(
                parse_request_head(head), resource_names=["/chat"], subprotocols=["b", "a"]
            )
        except HandshakeError as error:
            assert error.status in {400, 404, 405, 414, 426, 431, 505}
            refusal_head = parse_response_head(take_head(bytearray(refuse(error))))
            assert refusal_head.status == error.status
            refusal(check_server_handshake, refusal_head, KEY)
        else:
            response = parse_response_head(answer)
            key = parse_request_head(head).headers.get("Sec-WebSocket-Key")
            assert check_server_handshake(response, key, ["a", "b"]) == chosen

    @given(any_bytes(response_head(), response_head({}, "Sec-WebSocket-Protocol: a")))
    def test_any_answer_opens_the_connection_or_is_a_handshake_error(self, head):
        try:
            chosen = check_server_handshake(parse_response_head(head), KEY, ["a", "b"])
        except HandshakeError as error:
            assert error.status == 502 or 100 <= error.status <= 599
        else:
            assert chosen in (None, "a", "b")
            assert ACCEPT.encode() in head

    @given(any_bytes(request_head()))
    @example(request_head())
    def test_a_handshake_that_is_accepted_here_is_a_request_for_h11(self, head):
        try:
            accept_client(parse_request_head(head))
        except HandshakeError:
            return
        lengths = parse_request_head(head).headers.get_all("Content-Length")
        assume(lengths in ([], ["0"]))
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(head)
        assert type(connection.next_event()) is h11.Request
        assert type(connection.next_event()) is h11.EndOfMessage


def answer_of_websockets(head: bytes, **options) -> int | None:
    """Return the status with which the server of `websockets` answers, or None if it hangs up."""
    server = ServerProtocol(**options)
    server.receive_data(head)
    requests = server.events_received()
    if not requests:
        written = b"".join(server.data_to_send())
        return parse_response_head(take_head(bytearray(written))).status if written else None
    return server.accept(requests[0]).status_code


def opened_by_websockets(head: bytes, **options) -> bool:
    """Tell whether the client of `websockets` takes an answer for a server's handshake."""
    client = ClientProtocol(parse_uri("ws://example.com/chat"), **options)
    client.key = KEY
    client.connect()
    client.receive_data(head)
    client.receive_eof()
    return client.handshake_exc is None and bool(client.events_received())


REFUSED_REQUESTS = {
    "POST": request_head(start="POST /chat HTTP/1.1"),
    "HTTP/1.0": request_head(start="GET /chat HTTP/1.0"),
    "HTTP/2.0": request_head(start="GET /chat HTTP/2.0"),
    "no version of HTTP": request_head(start="GET /chat"),
    "no Upgrade": request_head({"Upgrade": None}),
    "another Upgrade": request_head({"Upgrade": "h2c"}),
    "no Connection": request_head({"Connection": None}),
    "another Connection": request_head({"Connection": "keep-alive"}),
    "no key": request_head({"Sec-WebSocket-Key": None}),
    "two keys": request_head({}, f"Sec-WebSocket-Key: {KEY}"),
    "a short key": request_head({"Sec-WebSocket-Key": "c2hvcnQ="}),
    "a long key": request_head({"Sec-WebSocket-Key": "A" * 24}),
    "a key that is not base64": request_head({"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j!Q=="}),
    "no version": request_head({"Sec-WebSocket-Version": None}),
    "version 8": request_head({"Sec-WebSocket-Version": "8"}),
    "two versions": request_head({}, "Sec-WebSocket-Version: 13"),
    "a body": request_head({"Content-Length": "5"}),
    "chunks": request_head({"Transfer-Encoding": "chunked"}),
    "folded": request_head({}, " folded"),
    "space before the colon": request_head({}, "X : y"),
    "NUL": request_head({}, "X: \0"),
    "bare CR": request_head({}, "X: a\rY: b"),
    "bare LF": request_head({}, "X: a\nY: b"),
    "a malformed offer": request_head({"Sec-WebSocket-Protocol": "a b"}),
    "a long request line": request_head(start="GET /" + "a" * 8_192 + " HTTP/1.1"),
    "a long header line": request_head({}, "X: " + "a" * 8_192),
}

REFUSED_RESPONSES = {
    "200": response_head(start="HTTP/1.1 200 OK"),
    "404": response_head(start="HTTP/1.1 404 Not Found"),
    "HTTP/1.0": response_head(start="HTTP/1.0 101 Switching Protocols"),
    "no status": response_head(start="HTTP/1.1"),
    "no Upgrade": response_head({"Upgrade": None}),
    "another Upgrade": response_head({"Upgrade": "h2c"}),
    "two Upgrades": response_head({"Upgrade": "websocket, h2c"}),
    "no Connection": response_head({"Connection": None}),
    "another Connection": response_head({"Connection": "close"}),
    "no accept value": response_head({"Sec-WebSocket-Accept": None}),
    "a wrong accept value": response_head({"Sec-WebSocket-Accept": KEY}),
    "two accept values": response_head({}, f"Sec-WebSocket-Accept: {ACCEPT}"),
    "an extension": response_head({"Sec-WebSocket-Extensions": "permessage-deflate"}),
    "a subprotocol": response_head({"Sec-WebSocket-Protocol": "chat"}),
    "folded": response_head({}, " folded"),
    "space before the colon": response_head({}, "X : y"),
    "NUL": response_head({}, "X: \0"),
    "a long header line": response_head({}, "X: " + "a" * 8_192),
}


class TestOracleWebsockets:
    """`websockets` keeps the same RFC: its ends open with ours, and refuse what ours refuse."""

    @settings(max_examples=40)
    @given(urls.map("".join), st.none() | st.just("https://example.com"), offers, offers)
    def test_its_server_accepts_our_request_and_our_client_its_answer(self, text, origin, offered, supported):
        key = make_key()
        url = parse_ws_url(text)
        server = ServerProtocol(
            subprotocols=supported or None, select_subprotocol=lambda _, names: next(iter(names), None)
        )
        server.receive_data(build_client_handshake(url, key, origin=origin, subprotocols=offered))
        (request,) = server.events_received()
        assert request.path == url.resource_name
        server.send_response(server.accept(request))
        assert server.state is State.OPEN
        (answer,) = server.data_to_send()
        chosen = check_server_handshake(parse_response_head(take_head(bytearray(answer))), key, offered)
        assert chosen == server.subprotocol

    @settings(max_examples=40)
    @given(urls.map("".join), offers, offers)
    def test_our_server_accepts_its_request_and_its_client_our_answer(self, text, offered, supported):
        client = ClientProtocol(parse_uri(text), subprotocols=offered or None)
        client.send_request(client.connect())
        (head,) = client.data_to_send()
        request = parse_request_head(take_head(bytearray(head)))
        assert request.target == parse_ws_url(text).resource_name
        answer, chosen = accept_client(request, subprotocols=supported)
        client.receive_data(answer)
        assert client.handshake_exc is None
        assert client.state is State.OPEN
        assert client.subprotocol == chosen

    def test_the_two_heads_that_are_changed_below_are_accepted_unchanged(self):
        assert answer_of_websockets(request_head()) == 101
        assert opened_by_websockets(response_head())

    @pytest.mark.parametrize("head", REFUSED_REQUESTS.values(), ids=REFUSED_REQUESTS)
    def test_its_server_refuses_what_ours_refuses(self, head):
        error = refusal(lambda: accept_client(parse_request_head(head), subprotocols=["chat"]))
        assert 400 <= error.status < 600
        theirs = answer_of_websockets(head, subprotocols=["chat"])
        assert theirs is None or 400 <= theirs < 600

    @pytest.mark.parametrize("head", REFUSED_RESPONSES.values(), ids=REFUSED_RESPONSES)
    def test_its_client_refuses_what_ours_refuses(self, head):
        refusal(lambda: check_server_handshake(parse_response_head(head), KEY))
        assert not opened_by_websockets(head)
