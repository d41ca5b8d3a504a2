"""The opening of a connection: what each end may ask for and grant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from minews import (
    HandshakeError,
    Role,
    accept_value,
    parse_request_head,
    parse_response_head,
    parse_ws_url,
    refuse,
)
from minews.deflate import DeflateParams
from minews.http import MAX_HEAD
from minews.limits import Limits
from minews.opening import (
    Agreement,
    ClientOptions,
    ServerOptions,
    accept_request,
    check_answer,
    take_head_within,
    write_request,
)
from tests.minews.heads import KEY, RESPONSE, any_bytes, refusal, request_head, response_head

URL = parse_ws_url("ws://example.com/chat")


def ask(**options):
    """The request of a client with these options."""
    return write_request(URL, KEY, ClientOptions(**options))


def asked(**options):
    """The headers of that request."""
    return parse_request_head(ask(**options)).headers


def grant(head, **options):
    """What a server with these options answers, and what it takes to be agreed."""
    return accept_request(head, ServerOptions(**options))


def granted(head, **options):
    """The headers of that answer, which agrees."""
    response = parse_response_head(grant(head, **options)[0])
    assert response.status == 101
    return response.headers


def add_with(name, value):
    """Add a header at the client, and at the server: two ways to write a head."""
    yield lambda: ask(headers=[(name, value)])
    yield lambda: grant(request_head(), admit=lambda request: [(name, value)])


class TestBothEnds:
    @pytest.mark.parametrize(
        "offered, spoken, chosen",
        [
            ((), (), None),
            ((), ("chat",), None),
            (("chat",), (), None),
            (("chat", "v2.chat"), ("v2.chat", "chat"), "chat"),
            (("a", "b"), ("b",), "b"),
        ],
    )
    def test_a_subprotocol_is_one_that_both_speak(self, offered, spoken, chosen):
        response, agreement = grant(ask(subprotocols=offered), subprotocols=spoken)
        checked = check_answer(response, KEY, ClientOptions(subprotocols=offered))
        assert (agreement.subprotocol, checked.subprotocol) == (chosen, chosen)
        assert (agreement.role, checked.role) == (Role.SERVER, Role.CLIENT)

    @pytest.mark.parametrize("offers", [True, False])
    @pytest.mark.parametrize("takes", [True, False])
    def test_messages_are_deflated_if_both_want_it(self, offers, takes):
        offered = DeflateParams() if offers else None
        response, agreement = grant(ask(deflate=offered), deflate=takes)
        checked = check_answer(response, KEY, ClientOptions(deflate=offered))
        assert (agreement.deflate is not None, checked.deflate is not None) == (offers and takes,) * 2
        server, client = agreement.connect(Limits()), checked.connect(Limits())
        text = "Hello " * 1000
        client.send_text(text)
        wire = client.data_to_send()
        assert (len(wire) < 500) == (offers and takes)
        assert [event.data for event in server.receive_data(wire)] == [text]

    def test_each_end_may_ask_for_its_own_parameters(self):
        asked = DeflateParams(server_max_window_bits=10)
        response, agreement = grant(
            ask(deflate=asked), deflate=DeflateParams(client_no_context_takeover=True)
        )
        checked = check_answer(response, KEY, ClientOptions(deflate=asked))
        assert checked.deflate == agreement.deflate
        assert checked.deflate.server_max_window_bits == 10
        assert checked.deflate.client_no_context_takeover

    @pytest.mark.parametrize("deflate", [None, DeflateParams()])
    def test_limits_hold_for_the_connection_that_begins(self, deflate):
        server = Agreement(Role.SERVER, None, deflate).connect(Limits(max_frame=50, max_message=50))
        client = Agreement(Role.CLIENT, None, deflate).connect(Limits())
        client.send_binary(bytes(10_000))
        (event,) = server.receive_data(client.data_to_send())
        assert event.code == 1009

    def test_each_end_keeps_what_the_other_said(self):
        answer, agreement = grant(ask(headers=[("Cookie", "a=b")]))
        assert agreement.request == parse_request_head(ask(headers=[("Cookie", "a=b")]))
        assert check_answer(answer, KEY, ClientOptions()).response == parse_response_head(answer)

    @pytest.mark.parametrize(
        "name, value",
        [
            ("X-A", "b\r\nX-C: d"),
            ("X-A", "b\nX-C: d"),
            ("X-A", "b\0"),
            ("X-A", "€"),
            ("X-A: b\r\nX-C", "d"),
            ("X A", "b"),
            ("X-A:", "b"),
            ("", "b"),
            ("Ä", "b"),
            ("Upgrade", "h2c"),
            ("connection", "close"),
            ("Sec-WebSocket-Protocol", "chat"),
            ("sec-websocket-extensions", "permessage-deflate"),
            ("Sec-WebSocket-Accept", "x"),
            ("Sec-WebSocket-Key", KEY),
            ("ORIGIN", "https://a.example"),
            ("Content-Length", "5"),
            ("Content-Length: 5; x", "0"),
            ("transfer-encoding", "chunked"),
        ],
    )
    def test_a_header_that_would_break_out_of_its_line_or_stand_in_for_another_is_an_error(self, name, value):
        for add in add_with(name, value):
            with pytest.raises(ValueError, match="line"):
                add()

    @pytest.mark.parametrize("value", ["", "b", "b: c\td", "\xe4\xff"])
    @pytest.mark.parametrize("name", ["X-A", "Cookie", "Authorization", "X-Origin", "Content-Language"])
    def test_any_other_header_arrives_as_often_as_it_is_added(self, name, value):
        twice = [(name, value)] * 2
        assert asked(headers=twice).get_all(name) == [value] * 2
        assert granted(request_head(), admit=lambda request: twice).get_all(name) == [value] * 2


class TestClient:
    def test_it_says_where_its_page_is_from_if_it_has_one(self):
        assert asked(origin="https://example.com").get("Origin") == "https://example.com"
        assert "Origin" not in asked()

    def test_an_origin_that_is_no_line_is_an_error(self):
        with pytest.raises(ValueError, match="line"):
            ask(origin="https://a.example\r\nX: b")

    @pytest.mark.rfc("R029")
    @pytest.mark.parametrize("deflate", [None, DeflateParams()])
    @pytest.mark.parametrize("extension", ["x-unknown", "permessage-deflate; x-unknown"])
    def test_an_extension_that_nobody_asked_for_fails_the_handshake(self, deflate, extension):
        response = response_head({"Sec-WebSocket-Extensions": extension})
        assert "extension" in refusal(check_answer, response, KEY, ClientOptions(deflate=deflate)).reason

    def test_deflate_that_nobody_asked_for_fails_the_handshake(self):
        response = response_head({"Sec-WebSocket-Extensions": "permessage-deflate"})
        assert refusal(check_answer, response, KEY, ClientOptions()).status == 101
        assert check_answer(response, KEY, ClientOptions(deflate=DeflateParams())).deflate == DeflateParams()

    @pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 426, 500, 503])
    @pytest.mark.parametrize("deflate", [None, DeflateParams()])
    def test_what_is_not_101_is_a_refusal_with_its_status(self, status, deflate):
        response = response_head({"Sec-WebSocket-Extensions": "x"}, start=f"HTTP/1.1 {status} No")
        assert refusal(check_answer, response, KEY, ClientOptions(deflate=deflate)).status == status

    @pytest.mark.parametrize("deflate", [None, DeflateParams()])
    @pytest.mark.parametrize("start", ["HTTP/1.1 401 No", "HTTP/1.1 101 Yes"])
    def test_a_refusal_has_the_headers_of_the_response_but_what_tells_of_its_body(self, start, deflate):
        kept = {"WWW-Authenticate": "Bearer", "Retry-After": "3", "Sec-WebSocket-Extensions": "x"}
        body = {"Content-Length": "3", "content-type": "text/plain", "Transfer-Encoding": "chunked"}
        response = response_head(
            dict.fromkeys(RESPONSE) | body | kept, "Set-Cookie: a", "Set-Cookie: b", start=start
        )
        error = refusal(check_answer, response, KEY, ClientOptions(deflate=deflate))
        assert error.headers == [*kept.items(), ("Set-Cookie", "a"), ("Set-Cookie", "b")]

    def test_a_refusal_may_be_passed_on(self):
        response = response_head({"Content-Length": "3", "Retry-After": "3"}, start="HTTP/1.1 503 No")
        passed_on = refuse(refusal(check_answer, response, KEY, ClientOptions()))
        assert (
            parse_response_head(take_head_within(bytearray(passed_on), 999)).headers.get("Retry-After") == "3"
        )

    def test_a_wrong_accept_value_is_a_refusal_with_deflate_too(self):
        response = response_head(
            {"Sec-WebSocket-Accept": accept_value("x"), "Sec-WebSocket-Extensions": "permessage-deflate"}
        )
        assert "Accept" in refusal(check_answer, response, KEY, ClientOptions(deflate=DeflateParams())).reason

    @given(any_bytes(response_head(), response_head({"Sec-WebSocket-Extensions": "permessage-deflate"})))
    def test_any_answer_gives_an_agreement_or_a_handshake_error(self, head):
        try:
            agreement = check_answer(head, KEY, ClientOptions(deflate=DeflateParams()))
            assert agreement.response.status == 101
        except HandshakeError as error:
            assert error.reason

    def test_deflate_may_be_switched_off_as_at_a_server(self):
        assert ask(deflate=False) == ask()


class TestServer:
    @pytest.mark.rfc("R035")
    @pytest.mark.parametrize(
        "origins, origin, host, comes_in",
        [
            (None, None, "example.com", True),
            (None, "http://example.com", "example.com", True),
            (None, "https://example.com", "example.com", True),
            (None, "http://example.com:8080", "example.com:8080", True),
            (None, "http://example.com", "example.com:8080", False),
            (None, "https://evil.example", "example.com", False),
            (None, "null", "example.com", False),
            (["https://a.example"], "https://a.example", "example.com", True),
            (["https://a.example"], "https://a.example.evil", "example.com", False),
            (["https://a.example"], "http://example.com", "example.com", False),
            (["https://a.example"], None, "example.com", True),
            ([], None, "example.com", True),
            ([], "http://example.com", "example.com", False),
            (["*"], "https://evil.example", "example.com", True),
            (["*"], "null", "example.com", True),
        ],
    )
    def test_pages_come_in_from_its_own_host_or_from_where_it_says(self, origins, origin, host, comes_in):
        request = request_head({"Origin": origin, "Host": host})
        if comes_in:
            grant(request, origins=origins)
        else:
            assert refusal(grant, request, origins=origins).status == 403

    def test_two_origins_are_none(self):
        twice = request_head({"Origin": "https://a.example"}, "Origin: https://a.example")
        assert refusal(grant, twice, origins=["https://a.example"]).status == 403

    def test_what_is_not_there_is_not_found(self):
        assert refusal(grant, request_head(), resource_names=["/other"]).status == 404
        assert "Upgrade" in granted(request_head(), resource_names=["/chat"])

    def test_a_request_that_is_no_handshake_is_refused_before_anyone_is_asked(self):
        asked = []
        request = request_head(start="POST /chat HTTP/1.1")
        assert refusal(grant, request, admit=asked.append).status == 405
        request = request_head({"Origin": "https://evil.example"})
        assert refusal(grant, request, admit=asked.append).status == 403
        assert asked == []

    def test_a_hook_looks_at_credentials_and_refuses(self):
        def admit(request):
            if request.headers.get("Authorization") != "Bearer word":
                raise HandshakeError(401, [("WWW-Authenticate", "Bearer")], "who are you?")
            return ()

        error = refusal(grant, request_head(), admit=admit)
        assert (error.status, error.headers) == (401, [("WWW-Authenticate", "Bearer")])
        assert "Upgrade" in granted(request_head({"Authorization": "Bearer word"}), admit=admit)

    def test_a_hook_that_is_a_generator_is_asked_before_extensions_are_read(self):
        def admit(request):
            raise HandshakeError(401, reason="who are you?")
            yield

        request = request_head({"Sec-WebSocket-Extensions": ";;;"})
        assert refusal(grant, request, admit=admit).status == 401
        assert refusal(grant, request).status == 400

    def test_a_hook_reads_cookies_and_sets_them(self):
        seen = []

        def admit(request):
            seen.append(request.headers.get("Cookie"))
            return [("Set-Cookie", "a=b; HttpOnly"), ("Set-Cookie", "c=d")]

        answer, _ = grant(request_head({"Cookie": "session=1"}), admit=admit)
        assert seen == ["session=1"]
        headers = check_answer(answer, KEY, ClientOptions()).response.headers
        assert headers.get_all("Set-Cookie") == ["a=b; HttpOnly", "c=d"]

    @pytest.mark.rfc("R040", "R041")
    def test_an_offer_that_it_does_not_understand_is_passed_over(self):
        request = request_head({"Sec-WebSocket-Extensions": "x-unknown, permessage-deflate; x=1"})
        assert grant(request, deflate=True)[1].deflate is None
        assert "Sec-WebSocket-Extensions" not in granted(request, deflate=True)

    def test_what_the_hook_adds_stands_beside_what_is_agreed(self):
        request = request_head({"Sec-WebSocket-Extensions": "permessage-deflate"})
        headers = granted(request, deflate=True, admit=lambda request: (("X-A", n) for n in "bc"))
        assert headers.items()[-3:] == [
            ("X-A", "b"),
            ("X-A", "c"),
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
        ]

    @given(any_bytes(request_head(), request_head({"Sec-WebSocket-Extensions": "permessage-deflate; a=1"})))
    def test_any_request_gives_an_answer_or_a_handshake_error(self, head):
        try:
            assert "Upgrade" in granted(head, subprotocols=["chat"], deflate=True)
        except HandshakeError as error:
            assert 400 <= error.status <= 599


class TestOneName:
    """A str is one name, and no collection of letters."""

    def test_of_a_resource(self):
        assert "Upgrade" in granted(request_head(), resource_names="/chat")
        for target in ("/", "/c", "/chat/"):
            request = request_head(start=f"GET {target} HTTP/1.1")
            assert refusal(grant, request, resource_names="/chat").status == 404

    def test_of_a_subprotocol(self):
        assert asked(subprotocols="chat").get("Sec-WebSocket-Protocol") == "chat"
        assert grant(ask(subprotocols="c"), subprotocols="chat")[1].subprotocol is None
        assert grant(ask(subprotocols="chat"), subprotocols="chat")[1].subprotocol == "chat"
        response = response_head({"Sec-WebSocket-Protocol": "c"})
        assert "nobody offered" in refusal(check_answer, response, KEY, ClientOptions("chat")).reason

    def test_of_an_origin(self):
        request = request_head({"Origin": "https://a.example"})
        assert refusal(grant, request, origins="https://a.example.org").status == 403
        assert refusal(grant, request, origins="https://*.example").status == 403
        assert "Upgrade" in granted(request, origins="https://a.example")
        assert "Upgrade" in granted(request, origins="*")

    def test_options_stay_what_they_are_in_a_copy(self):
        options = ServerOptions("/chat", "chat", "*")
        assert options == ServerOptions(("/chat",), ("chat",), ("*",)) == replace(options)
        assert hash(ClientOptions("chat")) == hash(ClientOptions(("chat",)))


class TestHeads:
    def test_a_head_is_taken_and_what_follows_stays(self):
        received = bytearray(request_head() + b"\x81\x00")
        assert take_head_within(received, 16_384) == request_head()
        assert received == b"\x81\x00"
        assert take_head_within(received, 16_384) is None

    @pytest.mark.parametrize("missing", [0, 1], ids=["whole", "in part"])
    def test_one_byte_more_than_the_limit_is_too_long(self, missing):
        head = request_head()
        received = bytearray(head[: len(head) - missing])
        size = len(received)
        assert take_head_within(bytearray(received), size) == (None if missing else head)
        assert refusal(take_head_within, bytearray(received), size - 1).status == 431
        assert refusal(take_head_within, received, size - 1, response=True).status == 502

    @pytest.mark.parametrize("max_head", [MAX_HEAD, 4 * MAX_HEAD])
    def test_no_limit_lets_in_more_than_a_head_may_ever_have(self, max_head):
        fill = [f"X-{n}: {'x' * 5000}" for n in range(3)]
        room = MAX_HEAD - len(request_head({}, *fill, "Y: "))
        head, longer = (request_head({}, *fill, "Y: " + "y" * size) for size in (room, room + 1))
        assert len(head) == MAX_HEAD
        assert take_head_within(bytearray(head), max_head) == head
        assert refusal(take_head_within, bytearray(longer), max_head).status == 431
