"""The whole opening: what each end may ask for and grant, redirects and proxies. Bytes and values only."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minews import (
    HandshakeError,
    Headers,
    Response,
    Role,
    accept_value,
    parse_request_head,
    parse_response_head,
    parse_ws_url,
)
from minews.deflate import DeflateParams
from minews.limits import Limits
from minews.opening import (
    MAX_REDIRECTS,
    Agreement,
    ClientOpening,
    ClientOptions,
    ServerOptions,
    accept_request,
    check_answer,
    check_proxy_answer,
    follow_redirect,
    proxy_address,
    proxy_connect_request,
    write_request,
)
from tests.minews.heads import (
    KEY,
    any_bytes,
    good_request,
    good_response,
    refusal,
    request_head,
    response_head,
)

URL = parse_ws_url("ws://example.com/chat")


def ask(**options):
    """The request of a client with these options."""
    return parse_request_head(write_request(URL, KEY, ClientOptions(**options)))


def grant(request, **options):
    """What a server with these options answers, and what it takes to be agreed."""
    answer, agreement = accept_request(request, ServerOptions(**options))
    return parse_response_head(answer), agreement


def redirect(place, status=302):
    return Response(status, "Moved", Headers([] if place is None else [("Location", place)]))


def add_with(name, value):
    """Add a header at the client, and at the server: two ways to write a head."""
    yield lambda: ask(headers=[(name, value)])
    yield lambda: grant(good_request(), admit=lambda request: [(name, value)])


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
        response, agreement = grant(ask(headers=[("Cookie", "a=b")]))
        assert agreement.request.headers.get("Cookie") == "a=b"
        assert check_answer(response, KEY, ClientOptions()).response == response

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
        ],
    )
    def test_a_header_that_would_break_out_of_its_line_or_stand_in_for_another_is_an_error(self, name, value):
        for add in add_with(name, value):
            with pytest.raises(ValueError, match="line"):
                add()

    @pytest.mark.parametrize("value", ["", "b", "b: c\td", "\xe4\xff"])
    def test_any_other_header_arrives(self, value):
        assert ask(headers=[("X-A", value)]).headers.get("X-A") == value
        assert grant(good_request(), admit=lambda request: [("X-A", value)])[0].headers.get("X-A") == value


class TestClient:
    def test_it_says_where_its_page_is_from_if_it_has_one(self):
        assert ask(origin="https://example.com").headers.get("Origin") == "https://example.com"
        assert "Origin" not in ask().headers

    def test_an_origin_that_is_no_line_is_an_error(self):
        with pytest.raises(ValueError, match="line"):
            ask(origin="https://a.example\r\nX: b")

    @pytest.mark.rfc("R029")
    @pytest.mark.parametrize("deflate", [None, DeflateParams()])
    @pytest.mark.parametrize("extension", ["x-unknown", "permessage-deflate; x-unknown"])
    def test_an_extension_that_nobody_asked_for_fails_the_handshake(self, deflate, extension):
        response = good_response({"Sec-WebSocket-Extensions": extension})
        assert "extension" in refusal(check_answer, response, KEY, ClientOptions(deflate=deflate)).reason

    def test_deflate_that_nobody_asked_for_fails_the_handshake(self):
        response = good_response({"Sec-WebSocket-Extensions": "permessage-deflate"})
        assert refusal(check_answer, response, KEY, ClientOptions()).status == 101
        assert check_answer(response, KEY, ClientOptions(deflate=DeflateParams())).deflate == DeflateParams()

    @pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 426, 500, 503])
    @pytest.mark.parametrize("deflate", [None, DeflateParams()])
    def test_what_is_not_101_is_a_refusal_with_its_status(self, status, deflate):
        response = Response(status, "No", Headers([("Sec-WebSocket-Extensions", "x")]))
        assert refusal(check_answer, response, KEY, ClientOptions(deflate=deflate)).status == status

    def test_a_wrong_accept_value_is_a_refusal_with_deflate_too(self):
        response = good_response(
            {"Sec-WebSocket-Accept": accept_value("x"), "Sec-WebSocket-Extensions": "permessage-deflate"}
        )
        assert "Accept" in refusal(check_answer, response, KEY, ClientOptions(deflate=DeflateParams())).reason

    @given(any_bytes(response_head(), response_head({"Sec-WebSocket-Extensions": "permessage-deflate"})))
    def test_any_answer_gives_an_agreement_or_a_handshake_error(self, head):
        opening = ClientOpening("ws://example.com/", ClientOptions(deflate=DeflateParams()))
        try:
            response = parse_response_head(head)
            assert opening.judge(response) is None or response.status == 101
        except HandshakeError as error:
            assert error.reason


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
        request = good_request({"Origin": origin, "Host": host})
        if comes_in:
            grant(request, origins=origins)
        else:
            assert refusal(grant, request, origins=origins).status == 403

    def test_two_origins_are_none(self):
        twice = good_request({"Origin": "https://a.example"}, "Origin: https://a.example")
        assert refusal(grant, twice, origins=["https://a.example"]).status == 403

    def test_what_is_not_there_is_not_found(self):
        assert refusal(grant, good_request(), resource_names=["/other"]).status == 404
        assert grant(good_request(), resource_names=["/chat"])[0].status == 101

    def test_a_request_that_is_no_handshake_is_refused_before_anyone_is_asked(self):
        asked = []
        request = good_request(start="POST /chat HTTP/1.1")
        assert refusal(grant, request, admit=asked.append).status == 405
        request = good_request({"Origin": "https://evil.example"})
        assert refusal(grant, request, admit=asked.append).status == 403
        assert asked == []

    def test_a_hook_looks_at_credentials_and_refuses(self):
        def admit(request):
            if request.headers.get("Authorization") != "Bearer word":
                raise HandshakeError(401, [("WWW-Authenticate", "Bearer")], "who are you?")
            return ()

        error = refusal(grant, good_request(), admit=admit)
        assert (error.status, error.headers) == (401, [("WWW-Authenticate", "Bearer")])
        assert grant(good_request({"Authorization": "Bearer word"}), admit=admit)[0].status == 101

    def test_a_hook_reads_cookies_and_sets_them(self):
        seen = []

        def admit(request):
            seen.append(request.headers.get("Cookie"))
            return [("Set-Cookie", "a=b; HttpOnly"), ("Set-Cookie", "c=d")]

        response, _ = grant(good_request({"Cookie": "session=1"}), admit=admit)
        assert seen == ["session=1"]
        assert response.headers.get_all("Set-Cookie") == ["a=b; HttpOnly", "c=d"]
        assert check_answer(response, KEY, ClientOptions()).response == response

    @pytest.mark.rfc("R040", "R041")
    def test_an_offer_that_it_does_not_understand_is_passed_over(self):
        request = good_request({"Sec-WebSocket-Extensions": "x-unknown, permessage-deflate; x=1"})
        response, agreement = grant(request, deflate=True)
        assert agreement.deflate is None
        assert "Sec-WebSocket-Extensions" not in response.headers

    @given(any_bytes(request_head(), request_head({"Sec-WebSocket-Extensions": "permessage-deflate; a=1"})))
    def test_any_request_gives_an_answer_or_a_handshake_error(self, head):
        try:
            request = parse_request_head(head)
            response, _ = grant(request, subprotocols=["chat"], deflate=True)
            assert response.status == 101
        except HandshakeError as error:
            assert 400 <= error.status <= 599


class TestRedirects:
    @pytest.mark.parametrize(
        "url, place, moved",
        [
            ("ws://a.example/x/y", "/z", "ws://a.example/z"),
            ("ws://a.example/x/y", "z?q=1", "ws://a.example/x/z?q=1"),
            ("ws://a.example/x/y", "//b.example/z", "ws://b.example/z"),
            ("wss://a.example:8443/x", "?q", "wss://a.example:8443/x?q"),
            ("ws://a.example/", "http://b.example/z", "ws://b.example/z"),
            ("ws://a.example/", "HTTPS://b.example/z", "wss://b.example/z"),
            ("wss://a.example/", "https://b.example:9/z", "wss://b.example:9/z"),
            ("ws://a.example/", "wss://b.example/z#part", "wss://b.example/z"),
            ("ws://a.example/", "ws://[::1]:9/", "ws://[::1]:9/"),
        ],
    )
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_place_may_be_relative_and_http_means_ws(self, url, place, moved, status):
        assert follow_redirect(url, redirect(place, status)) == moved

    @pytest.mark.parametrize("response", [redirect(None), redirect("/", 101), redirect("/", 300)])
    def test_other_answers_lead_nowhere(self, response):
        assert follow_redirect("ws://a.example/", response) is None

    def test_a_redirect_without_a_place_is_a_refusal(self):
        assert refusal(ClientOpening("ws://a.example/", ClientOptions()).judge, redirect(None)).status == 302

    @pytest.mark.parametrize(
        "place", ["ftp://b.example/", "http://[::1", "javascript:x", "http:///x", "//a@b.example/", "\xe4"]
    )
    def test_a_place_that_is_no_websocket_is_an_error(self, place):
        assert refusal(follow_redirect, "ws://a.example/", redirect(place)).status == 302

    @pytest.mark.parametrize("place", ["ws://a.example/", "http://a.example/"])
    def test_nobody_is_led_out_of_tls(self, place):
        assert "wss to ws" in refusal(follow_redirect, "wss://a.example/", redirect(place)).reason

    def test_the_client_asks_the_new_place_with_a_new_key_and_takes_its_answer(self):
        opening = ClientOpening("ws://a.example/", ClientOptions(subprotocols=["chat"]))
        first = parse_request_head(opening.request)
        assert opening.judge(redirect("https://b.example/chat")) is None
        second = parse_request_head(opening.request)
        assert (str(opening.where), second.headers.get("Host")) == ("wss://b.example:443/chat", "b.example")
        assert first.headers.get("Sec-WebSocket-Key") != second.headers.get("Sec-WebSocket-Key")
        response, _ = grant(second, subprotocols=["chat"])
        assert opening.judge(response).subprotocol == "chat"

    def test_a_circle_has_an_end(self):
        opening = ClientOpening("ws://a.example/", ClientOptions())
        for _ in range(MAX_REDIRECTS):
            assert opening.judge(redirect("/")) is None
        assert f"more than {MAX_REDIRECTS}" in refusal(opening.judge, redirect("/")).reason

    @pytest.mark.parametrize(
        "place, names",
        [
            ("/other", ["Cookie", "authorization", "X-A"]),
            ("ws://a.example:80/", ["Cookie", "authorization", "X-A"]),
            ("ws://a.example:81/", ["X-A"]),
            ("wss://a.example/", ["X-A"]),
            ("ws://b.example/", ["X-A"]),
        ],
    )
    def test_another_server_gets_no_credentials(self, place, names):
        headers = [("Cookie", "a=b"), ("authorization", "Bearer word"), ("X-A", "b")]
        opening = ClientOpening("ws://a.example/", ClientOptions(headers=headers))
        opening.judge(redirect(place))
        request = parse_request_head(opening.request)
        assert [name for name in request.headers if name in dict(headers)] == names

    def test_credentials_that_were_dropped_do_not_come_back(self):
        opening = ClientOpening("ws://a.example/", ClientOptions(headers=[("Cookie", "a=b")]))
        opening.judge(redirect("ws://b.example/"))
        opening.judge(redirect("ws://a.example/"))
        assert "Cookie" not in parse_request_head(opening.request).headers

    @pytest.mark.parametrize("url", ["http://a.example/", "ws://", "nonsense"])
    def test_a_client_begins_at_a_websocket_url(self, url):
        with pytest.raises(ValueError, match="not a ws or wss URL"):
            ClientOpening(url, ClientOptions())

    @given(st.text(max_size=30), st.sampled_from(["ws://a.example/", "wss://a.example:9/x"]))
    def test_any_place_is_a_websocket_url_or_a_handshake_error(self, place, url):
        try:
            parse_ws_url(follow_redirect(url, redirect(place)))
        except HandshakeError as error:
            assert error.status == 302


class TestProxies:
    @pytest.mark.parametrize(
        "proxy, address",
        [
            ("http://proxy.example", ("proxy.example", 80)),
            ("http://proxy.example:3128", ("proxy.example", 3128)),
            ("http://user:word@proxy.example:3128/", ("proxy.example", 3128)),
            ("http://[::1]:8080", ("::1", 8080)),
        ],
    )
    def test_a_proxy_has_an_address(self, proxy, address):
        assert proxy_address(proxy) == address

    @pytest.mark.parametrize("proxy", ["proxy.example:3128", "socks5://a", "http://", "http://a:99999", ""])
    def test_what_is_no_http_proxy_is_an_error(self, proxy):
        with pytest.raises(ValueError, match=r"[Pp]ort|http"):
            proxy_address(proxy)

    def test_its_password_is_in_no_error(self):
        with pytest.raises(ValueError) as caught:
            proxy_address("https://user:word@proxy.example")
        assert "word" not in str(caught.value)

    @pytest.mark.parametrize(
        "url, place",
        [
            ("ws://example.com/chat", "example.com:80"),
            ("wss://example.com/chat", "example.com:443"),
            ("wss://[::1]:9001/", "[::1]:9001"),
        ],
    )
    def test_it_is_asked_for_a_way_through_to_host_and_port(self, url, place):
        request = parse_request_head(proxy_connect_request(parse_ws_url(url), "http://proxy.example"))
        assert (request.method, request.target) == ("CONNECT", place)
        assert request.headers == Headers([("Host", place)])

    @pytest.mark.parametrize(
        "proxy, words",
        [
            ("http://user:word@a", b"user:word"),
            ("http://us%3Aer:w%40rd@a", b"us:er:w@rd"),
            ("http://user@a", b"user:"),
            ("http://%C3%A4:%E2%82%AC@a", "ä:€".encode()),
        ],
    )
    def test_it_is_told_who_asks(self, proxy, words):
        request = parse_request_head(proxy_connect_request(URL, proxy))
        scheme, _, value = request.headers.get("Proxy-Authorization").partition(" ")
        assert (scheme, base64.b64decode(value)) == ("Basic", words)

    @pytest.mark.parametrize("status", [200, 201, 299])
    def test_any_2xx_opens_the_way(self, status):
        check_proxy_answer(Response(status, "Whatever", Headers()))

    @pytest.mark.parametrize("status", [101, 302, 403, 407, 502])
    def test_anything_else_is_a_refusal_with_its_status(self, status):
        error = refusal(check_proxy_answer, Response(status, "No", Headers()))
        assert (error.status, error.reason) == (status, f"the proxy answered {status} No")
