"""A client's way to a server: redirects and proxies, on a wire that a test writes, and when to come back."""

from __future__ import annotations

import base64
import random
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minews import HandshakeError, Headers, parse_request_head, parse_ws_url
from minews.limits import Limits
from minews.opening import ClientOptions, ServerOptions, accept_request
from minews.reaching import MAX_INTERIM, MAX_REDIRECTS, Attempts, Wire, open_client, proxy_connect_request
from tests.minews.heads import any_bytes, refusal, response_head

GO_ON = b"HTTP/1.1 200 Go on\r\n\r\n"
NO_NAMES = ["a..b", ".a", "a" * 64, "a." + "b" * 70 + ".c"]
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"


class Script(Wire):
    """A wire to peers that answer each head with the next of these bytes; True is an answer that agrees.

    `early` is what stands before each answer.
    """

    def __init__(self, *answers: bytes | bool, pieces: int = 1 << 16, early: bytes = b"") -> None:
        super().__init__()
        self.did, self.heads, self._early = [], [], early
        self._answers, self._pieces, self._coming = list(answers), pieces, b""

    async def dial(self, host: str, port: int) -> None:
        self.did.append(("dial", host, port))
        self.received, self._coming = bytearray(), b""

    async def start_tls(self, host: str) -> None:
        self.did.append(("start_tls", host))

    async def send(self, data: bytes) -> None:
        self.heads.append(data)
        answer = self._answers.pop(0)
        if answer is True:
            answer, _ = accept_request(data, ServerOptions(subprotocols=["chat"]))
        self._coming = self._early + answer

    async def receive(self) -> None:
        if not self._coming:
            raise EOFError("the peer left")
        self.received += self._coming[: self._pieces]
        self._coming = self._coming[self._pieces :]


def go(wire: Wire, url: str, options: ClientOptions | None = None, proxy: str | None = None, max_head=16_384):
    """Run `open_client` to its end; nothing in a script waits."""
    try:
        open_client(wire, url, options, max_head, proxy).send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


def moved(place: str | None, status: int = 302) -> bytes:
    return response_head({} if place is None else {"Location": place}, start=f"HTTP/1.1 {status} Moved")


def requests(wire: Script):
    return [parse_request_head(head) for head in wire.heads]


class TestTheWay:
    def test_it_leads_to_a_server_that_agrees_and_keeps_what_follows(self):
        wire = Script(True)
        agreement = go(wire, "ws://a.example/chat", ClientOptions(subprotocols=["chat"]))
        assert wire.did == [("dial", "a.example", 80)]
        assert agreement.subprotocol == "chat"
        wire = Script(True, pieces=7)
        assert go(wire, "ws://a.example:9/").response.status == 101
        assert requests(wire)[0].target == "/"

    def test_frames_behind_the_answer_stay(self):
        class Eager(Script):
            async def receive(self):
                await super().receive()
                self.received += b"\x81\x00"

        wire = Eager(True)
        go(wire, "ws://a.example/")
        assert wire.received == b"\x81\x00"

    def test_tls_begins_before_anything_is_asked(self):
        wire = Script(True)
        go(wire, "wss://a.example/")
        assert wire.did == [("dial", "a.example", 443), ("start_tls", "a.example")]

    @pytest.mark.parametrize("url", ["http://a.example/", "ws://", "nonsense"])
    def test_it_begins_at_a_websocket_url(self, url):
        wire = Script()
        with pytest.raises(ValueError, match="not a ws or wss URL"):
            go(wire, url)
        assert wire.did == []

    def test_a_tls_context_is_for_wss(self):
        wire = Script(True)
        wire.tls = ssl.create_default_context()
        with pytest.raises(ValueError, match="is for wss"):
            go(wire, "ws://a.example/")
        assert wire.did == []

    @pytest.mark.parametrize("host", NO_NAMES)
    def test_a_name_that_no_host_can_have_is_an_error_that_says_it(self, host):
        for url, proxy in [(f"ws://{host}:9/", None), ("ws://a.example/", f"http://user:word@{host}:9/")]:
            wire = Script(GO_ON, True)
            with pytest.raises(ValueError, match=f"no host can have the name '{host}'"):
                go(wire, url, proxy=proxy)
            assert wire.did == []

    @pytest.mark.parametrize("host", ["a" * 63 + ".b", "a.b.", "1.2.3.4", "[::1]", "a_b", "xn--9caaa"])
    def test_any_other_name_is_looked_up(self, host):
        wire = Script(GO_ON, True)
        go(wire, f"wss://{host}/", proxy=f"http://{host}")
        assert wire.did == [("dial", host.strip("[]"), 80), ("start_tls", host.strip("[]"))]

    def test_a_request_that_would_break_out_of_its_line_reaches_nobody(self):
        wire = Script()
        with pytest.raises(ValueError, match="line"):
            go(wire, "ws://a.example/", ClientOptions(headers=[("A", "b\r\nC: d")]))
        assert wire.did == []

    @given(any_bytes(response_head(), GO_ON))
    def test_any_answer_is_an_agreement_a_refusal_or_the_end(self, answer):
        try:
            go(Script(answer), "ws://a.example/")
        except HandshakeError as error:
            assert error.reason
        except EOFError:
            pass

    def test_an_answer_has_its_limit(self):
        assert refusal(go, Script(True), "ws://a.example/", max_head=50).status == 502

    @pytest.mark.parametrize("pieces", [1, 7, 1 << 16])
    @pytest.mark.parametrize("early", [HINTS, b"HTTP/1.1 100 Continue\r\n\r\n" + HINTS, HINTS * MAX_INTERIM])
    def test_what_comes_before_the_answer_is_passed_over(self, early, pieces):
        wire = Script(GO_ON, moved("ws://b.example/"), GO_ON, True, pieces=pieces, early=early)
        assert go(wire, "ws://a.example/", proxy="http://c.example").response.status == 101
        assert len(wire.heads) == 4

    @pytest.mark.parametrize("proxy", [None, "http://c.example"])
    def test_what_comes_before_the_answer_comes_to_an_end(self, proxy):
        wire = Script(HINTS * 100, early=HINTS * (MAX_INTERIM + 1))
        error = refusal(go, wire, "ws://a.example/", proxy=proxy)
        assert (error.status, error.reason) == (103, f"there are more than {MAX_INTERIM} interim responses")
        with pytest.raises(EOFError):
            go(Script(b"", early=HINTS), "ws://a.example/", proxy=proxy)

    def test_what_comes_before_the_answer_has_the_same_limit(self):
        long = HINTS[:-2] + b"X: " + b"x" * 1000 + b"\r\n\r\n"
        assert refusal(go, Script(True, early=long), "ws://a.example/", max_head=1000).status == 502
        assert go(Script(True, early=HINTS * 5), "ws://a.example/", max_head=150).response.status == 101

    @pytest.mark.parametrize(
        "proxy, silent, what",
        [
            (None, "dial", "connection to the server"),
            ("http://b.example", "dial", "connection to the proxy"),
            ("http://b.example", "receive", "proxy's answer"),
            (None, "start_tls", "TLS"),
            (None, "receive", "server's answer"),
        ],
    )
    def test_it_knows_what_it_waits_for(self, proxy, silent, what):
        async def wait(*arguments):
            raise TimeoutError

        wire = Script(GO_ON)
        setattr(wire, silent, wait)
        with pytest.raises(TimeoutError):
            go(wire, "wss://a.example/", proxy=proxy)
        assert what in str(wire.late(Limits(open_time=7)))
        assert "7 seconds" in str(wire.late(Limits(open_time=7)))


class TestRedirects:
    @pytest.mark.parametrize(
        "url, place, there",
        [
            ("ws://a.example/x/y", "/z", "ws://a.example:80/z"),
            ("ws://a.example/x/y", "z?q=1", "ws://a.example:80/x/z?q=1"),
            ("ws://a.example/x/y", "//b.example/z", "ws://b.example:80/z"),
            ("wss://a.example:8443/x", "?q", "wss://a.example:8443/x?q"),
            ("ws://a.example/", "http://b.example/z", "ws://b.example:80/z"),
            ("ws://a.example/", "HTTPS://b.example/z", "wss://b.example:443/z"),
            ("wss://a.example/", "https://b.example:9/z", "wss://b.example:9/z"),
            ("ws://a.example/", "wss://b.example/z#part", "wss://b.example:443/z"),
            ("ws://a.example/", "ws://[::1]:9/", "ws://[::1]:9/"),
        ],
    )
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_place_may_be_relative_and_http_means_ws(self, url, place, there, status):
        wire, where = Script(moved(place, status), True), parse_ws_url(there)
        go(wire, url)
        tls = [("start_tls", where.host)] * where.secure
        assert wire.did[-1 - where.secure :] == [("dial", where.host, where.port), *tls]
        assert requests(wire)[1].target == where.resource_name

    @pytest.mark.parametrize(
        "answer, status", [(moved(None), 302), (moved("/", 300), 300), (moved("/", 404), 404)]
    )
    def test_other_answers_lead_nowhere(self, answer, status):
        assert refusal(go, Script(answer), "ws://a.example/").status == status

    @pytest.mark.parametrize(
        "place", ["ftp://b.example/", "http://[::1", "javascript:x", "http:///x", "//a@b.example/", "\xe4"]
    )
    def test_a_place_that_is_no_websocket_is_an_error(self, place):
        assert refusal(go, Script(moved(place)), "ws://a.example/").status == 302

    @pytest.mark.parametrize("host", NO_NAMES)
    @pytest.mark.parametrize("scheme", ["ws:", "http:", ""])
    def test_a_place_with_a_name_that_no_host_can_have_is_an_error(self, host, scheme):
        wire = Script(moved(f"{scheme}//{host}/"), True)
        assert refusal(go, wire, "ws://a.example/").status == 302

    @pytest.mark.parametrize("place", ["ws://a.example/", "http://a.example/"])
    def test_nobody_is_led_out_of_tls(self, place):
        assert "wss to ws" in refusal(go, Script(moved(place)), "wss://a.example/").reason

    def test_the_client_asks_the_new_place_with_a_new_key(self):
        wire = Script(moved("https://b.example/chat"), True)
        go(wire, "ws://a.example/")
        first, second = requests(wire)
        assert second.headers.get("Host") == "b.example"
        assert first.headers.get("Sec-WebSocket-Key") != second.headers.get("Sec-WebSocket-Key")

    def test_a_circle_has_an_end(self):
        wire = Script(*[moved("/")] * (MAX_REDIRECTS + 1))
        assert f"more than {MAX_REDIRECTS}" in refusal(go, wire, "ws://a.example/").reason
        go(Script(*[moved("/")] * MAX_REDIRECTS, True), "ws://a.example/")

    @pytest.mark.parametrize("place", ["/", "ftp://b.example/", "ws://b.example/"])
    def test_where_it_ends_in_an_error_that_has_the_headers_of_the_last_answer(self, place):
        error = refusal(go, Script(*[moved(place)] * (MAX_REDIRECTS + 1)), "wss://a.example/")
        assert ("Location", place) in error.headers

    @pytest.mark.parametrize(
        "place, names",
        [
            ("/other", ["Cookie", "authorization", "Proxy-Authorization", "X-A"]),
            ("ws://a.example:80/", ["Cookie", "authorization", "Proxy-Authorization", "X-A"]),
            ("ws://a.example:81/", ["X-A"]),
            ("wss://a.example/", ["X-A"]),
            ("ws://b.example/", ["X-A"]),
        ],
    )
    def test_another_server_gets_no_credentials(self, place, names):
        headers = [("Cookie", "a=b"), ("authorization", "Bearer word"), ("Proxy-Authorization", "Basic c")]
        headers.append(("X-A", "b"))
        wire = Script(moved(place), True)
        go(wire, "ws://a.example/", ClientOptions(headers=headers))
        assert [name for name in requests(wire)[1].headers if name in dict(headers)] == names

    def test_credentials_that_were_dropped_do_not_come_back(self):
        wire = Script(moved("ws://b.example/"), moved("ws://a.example/"), True)
        go(wire, "ws://a.example/", ClientOptions(headers=[("Cookie", "a=b")]))
        assert ["Cookie" in request.headers for request in requests(wire)] == [True, False, False]

    @given(
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
        st.sampled_from(["ws://a.example/", "wss://a.example:9/x"]),
    )
    def test_any_place_is_a_websocket_url_or_a_handshake_error(self, place, url):
        try:
            go(Script(moved(place), True), url)
        except HandshakeError as error:
            assert error.status in (302, 502)


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
    def test_a_proxy_is_dialled_in_place_of_the_server(self, proxy, address):
        wire = Script(GO_ON, True)
        go(wire, "wss://example.com/chat", proxy=proxy)
        assert wire.did == [("dial", *address), ("start_tls", "example.com")]

    @pytest.mark.parametrize("proxy", ["proxy.example:3128", "socks5://a", "http://", "http://a:99999", ""])
    def test_what_is_no_http_proxy_is_an_error(self, proxy):
        with pytest.raises(ValueError, match=r"[Pp]ort|http"):
            go(Script(), "ws://a.example/", proxy=proxy)

    def test_its_password_is_in_no_error(self):
        with pytest.raises(ValueError) as caught:
            go(Script(), "ws://a.example/", proxy="https://user:word@proxy.example")
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
        wire = Script(GO_ON, True)
        go(wire, url, proxy="http://proxy.example")
        request = requests(wire)[0]
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
        wire = Script(GO_ON, True)
        go(wire, "ws://a.example/", proxy=proxy)
        scheme, _, value = requests(wire)[0].headers.get("Proxy-Authorization").partition(" ")
        assert (scheme, base64.b64decode(value)) == ("Basic", words)

    def test_it_need_not_know_who_asks(self):
        assert b"Authorization" not in proxy_connect_request(parse_ws_url("ws://a.example/"))

    @pytest.mark.parametrize("status", [200, 201, 299])
    def test_any_2xx_opens_the_way(self, status):
        go(
            Script(b"HTTP/1.1 %d Whatever\r\n\r\n" % status, True),
            "ws://a.example/",
            proxy="http://b.example",
        )

    @pytest.mark.parametrize("status", [101, 302, 403, 407, 502])
    def test_anything_else_is_a_refusal_with_its_status(self, status):
        wire = Script(b"HTTP/1.1 %d No\r\n\r\n" % status)
        error = refusal(go, wire, "ws://a.example/", proxy="http://b.example")
        assert (error.status, error.reason) == (status, f"the proxy answered {status} No")

    def test_a_refusal_says_how_to_get_in(self):
        wire = Script(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
        error = refusal(go, wire, "ws://a.example/", proxy="http://b.example")
        assert error.headers == [("Proxy-Authenticate", "Basic")]

    def test_a_proxy_that_says_more_is_none(self):
        error = refusal(go, Script(GO_ON + b"x"), "ws://a.example/", proxy="http://b.example")
        assert error.status == 502


class TestComingBack:
    def test_delays_grow_until_one_attempt_succeeds(self):
        attempts, rng = Attempts(random.Random(7)), random.Random(7)
        failures = [ConnectionRefusedError(), EOFError(), HandshakeError(503), None, HandshakeError(429)]
        expected = [rng.uniform(0, bound) for bound in (5, 10, 20, 5, 10)]
        assert [attempts.delay_after(failure) for failure in failures] == expected

    def test_two_clients_do_not_come_back_together(self):
        assert Attempts().delay_after(OSError()) != Attempts().delay_after(OSError())

    @pytest.mark.parametrize("status", [408, 429, 500, 502, 599])
    def test_some_answers_may_change(self, status):
        assert Attempts().delay_after(HandshakeError(status)) >= 0

    @pytest.mark.parametrize(
        "error", [*map(HandshakeError, (101, 200, 302, 400, 403, 404, 426)), ssl.SSLCertVerificationError()]
    )
    def test_others_do_not_change_by_themselves(self, error):
        with pytest.raises(type(error)) as caught:
            Attempts().delay_after(error)
        assert caught.value is error
