"""The opening handshake from both ends, section by section of RFC 6455."""

from __future__ import annotations

import base64
import hashlib
import os

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minews import (
    HandshakeError,
    WsUrl,
    accept_client,
    accept_value,
    build_client_handshake,
    build_server_handshake,
    check_client_handshake,
    check_server_handshake,
    choose_subprotocol,
    make_key,
    parse_request_head,
    parse_response_head,
    parse_ws_url,
    refuse,
    take_head,
)
from tests.minews.heads import (
    ACCEPT,
    KEY,
    TCHAR,
    good_request,
    good_response,
    refusal,
    request_head,
    response_head,
    tokens,
)

URL = WsUrl(secure=False, host="example.com", port=80, resource_name="/chat")


class TestSection3WebSocketUris:
    """RFC 6455 section 3: WebSocket URIs."""

    @pytest.mark.parametrize(
        "url, parts",
        [
            ("ws://example.com", (False, "example.com", 80, "/")),
            ("ws://example.com/", (False, "example.com", 80, "/")),
            ("wss://example.com/chat", (True, "example.com", 443, "/chat")),
            ("ws://example.com:9001/a/b", (False, "example.com", 9001, "/a/b")),
            ("ws://example.com:443/", (False, "example.com", 443, "/")),
            ("wss://example.com:80/", (True, "example.com", 80, "/")),
            ("ws://example.com:/", (False, "example.com", 80, "/")),
            ("wss://example.com:", (True, "example.com", 443, "/")),
            ("ws://example.com:00080/", (False, "example.com", 80, "/")),
            ("ws://example.com:1/", (False, "example.com", 1, "/")),
            ("ws://example.com:65535/", (False, "example.com", 65_535, "/")),
            ("ws://example.com/chat?room=1", (False, "example.com", 80, "/chat?room=1")),
            ("ws://example.com?room=1", (False, "example.com", 80, "/?room=1")),
            ("ws://example.com/chat?", (False, "example.com", 80, "/chat")),
            ("ws://example.com/?a=/b?c", (False, "example.com", 80, "/?a=/b?c")),
            ("ws://example.com//a//", (False, "example.com", 80, "//a//")),
            ("ws://example.com/a;b=c,d:@!$&'()*+", (False, "example.com", 80, "/a;b=c,d:@!$&'()*+")),
            ("ws://192.0.2.1:8080/", (False, "192.0.2.1", 8080, "/")),
            ("ws://[::1]/", (False, "::1", 80, "/")),
            ("wss://[2001:DB8::0:1]:9001/x", (True, "2001:db8::1", 9001, "/x")),
            ("ws://a%20b/", (False, "a%20b", 80, "/")),
        ],
    )
    def test_a_url_is_taken_apart(self, url, parts):
        assert parse_ws_url(url) == WsUrl(*parts)

    @pytest.mark.parametrize("url", ["WS://Example.COM/Chat", "Ws://EXAMPLE.com/Chat"])
    def test_scheme_and_host_match_in_any_case_and_the_path_does_not(self, url):
        assert parse_ws_url(url) == WsUrl(False, "example.com", 80, "/Chat")
        assert parse_ws_url(url.replace(":", "S:", 1)).secure

    @pytest.mark.rfc("R001")
    @pytest.mark.parametrize("url", ["ws://a/#x", "ws://a/chat#", "ws://a#x", "ws://a/?b=1#c", "ws://a#"])
    def test_a_url_with_a_fragment_is_refused(self, url):
        with pytest.raises(ValueError, match="not a ws or wss URL"):
            parse_ws_url(url)

    @pytest.mark.rfc("R002")
    @pytest.mark.parametrize(
        "url, resource_name",
        [("ws://a/%23x", "/%23x"), ("ws://a/?q=%23", "/?q=%23"), ("ws://a/c%23/d?%23%23", "/c%23/d?%23%23")],
    )
    def test_a_number_sign_spelled_percent_23_is_kept_so_spelled(self, url, resource_name):
        parsed = parse_ws_url(url)
        assert parsed.resource_name == resource_name
        assert build_client_handshake(parsed, KEY).startswith(f"GET {resource_name} HTTP/1.1\r\n".encode())

    @pytest.mark.rfc("R003")
    @pytest.mark.parametrize(
        "url",
        [
            *("", "example.com", "//example.com/", "ws:example.com", "ws:/example.com", "ws//example.com"),
            *("wxs://example.com/", "http://example.com/", "https://a/", "wsss://a/", "w s://a/", " ws://a/"),
            *("ws://", "ws:///chat", "ws://:80/", "ws://?a", "ws://[]/", "ws://[::1/", "ws://::1/"),
            "ws://[::1]x/",
            *("ws://[::g]/", "ws://[1.2.3.4]/", "ws://[:::]/", "ws://[fe80::1%25eth0]/"),
            *("ws://a:0/", "ws://a:65536/", "ws://a:-1/", "ws://a:+1/", "ws://a:8o/", "ws://a:80:80/"),
            "ws://a: 80/",
            *("ws://a:\u0661/", "ws://a:" + "9" * 5_000 + "/"),
            *("ws://user@a/", "ws://user:secret@a/", "ws://@a/"),
            *("ws://a b/", "ws://a/b c", "ws://a/?b c", "ws://a/\r\nX: y", "ws://a/\n", "ws://a\n"),
            *("ws://a/\t", "ws://a/\0"),
            *("ws://a/%", "ws://a/%2", "ws://a/%zz", "ws://a/?%g0", "ws://%/", "ws://a/{b}"),
            *("ws://a/<b>", 'ws://a/"'),
            *("ws://a/b\\c", "ws://a\\b/", "ws://a/caf\xe9", "ws://b\xfccher/", "ws://a/[", "ws://a^b/"),
            "ws://a|/",
        ],
        ids=lambda url: repr(url[:30]),
    )
    def test_a_url_with_an_invalid_part_is_refused(self, url):
        with pytest.raises(ValueError):
            parse_ws_url(url)

    @given(st.text() | st.text("ws:/[]?#%@.:0123456789abc").map("ws://".__add__))
    def test_any_text_is_a_url_or_a_value_error(self, text):
        try:
            url = parse_ws_url(text)
        except ValueError:
            return
        assert url.host
        assert 1 <= url.port <= 65_535
        assert url.resource_name.startswith("/")
        assert parse_ws_url(str(url)) == url


class TestSection4_1TheKey:
    """RFC 6455 section 4.1, point 7, and section 1.3: the key and what is made of it."""

    @pytest.mark.rfc("R019")
    def test_a_key_is_16_bytes_in_base64(self):
        key = make_key()
        assert type(key) is str
        assert len(key) == 24
        assert len(base64.b64decode(key, validate=True)) == 16

    @pytest.mark.rfc("R020")
    def test_each_key_is_drawn_anew(self):
        assert len({make_key() for _ in range(1_000)}) == 1_000

    @pytest.mark.rfc("R020")
    def test_a_key_is_nothing_but_the_random_bytes_drawn_for_it(self):
        asked = []

        def draw(count):
            asked.append(count)
            return bytes(range(len(asked), len(asked) + count))

        assert base64.b64decode(make_key(draw)) == bytes(range(1, 17))
        assert base64.b64decode(make_key(draw)) == bytes(range(2, 18))
        assert asked == [16, 16]

    def test_the_random_bytes_are_those_of_the_operating_system(self):
        assert make_key.__defaults__ == (os.urandom,)

    def test_the_accept_value_of_the_rfcs_key_is_the_one_in_the_rfc(self):
        assert accept_value(KEY) == ACCEPT

    def test_the_accept_value_is_made_of_the_keys_letters_and_not_of_its_bytes(self):
        twin = KEY.replace("ZQ==", "ZR==")
        assert base64.b64decode(twin) == base64.b64decode(KEY)
        assert accept_value(twin) != accept_value(KEY)

    @given(st.text(st.characters(max_codepoint=127)))
    def test_the_accept_value_is_the_digest_of_key_and_magic_string_in_base64(self, key):
        value = accept_value(key)
        digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        assert len(value) == 28
        assert base64.b64decode(value, validate=True) == digest


class TestSection4_1TheRequest:
    """RFC 6455 section 4.1: what a client sends."""

    @pytest.mark.rfc("R012", "R014", "R017", "R018", "R022")
    def test_the_handshake_has_these_lines_and_no_other(self):
        assert build_client_handshake(URL, KEY) == (
            b"GET /chat HTTP/1.1\r\n"
            b"Host: example.com\r\n"
            b"Upgrade: websocket\r\n"
            b"Connection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n"
            b"\r\n"
        )

    @pytest.mark.rfc("R012")
    def test_origin_and_subprotocols_have_their_lines_when_there_are_any(self):
        head = build_client_handshake(
            URL, KEY, origin="http://example.com", subprotocols=["chat", "superchat"]
        )
        assert b"\r\nOrigin: http://example.com\r\n" in head
        assert b"\r\nSec-WebSocket-Protocol: chat, superchat\r\n" in head

    def test_letters_beyond_ascii_are_written_as_one_byte_each(self):
        assert b"\r\nOrigin: caf\xe9\r\n" in build_client_handshake(URL, KEY, origin="caf\xe9")

    @pytest.mark.rfc("R013")
    @pytest.mark.parametrize("options", [{}, {"origin": "null"}, {"subprotocols": ("a", "b")}], ids=str)
    def test_the_handshake_is_valid_http_for_h11(self, options):
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(build_client_handshake(URL, KEY, **options))
        event = connection.next_event()
        assert (event.method, event.target, event.http_version) == (b"GET", b"/chat", b"1.1")
        assert type(connection.next_event()) is h11.EndOfMessage

    @pytest.mark.rfc("R015")
    @pytest.mark.parametrize(
        "resource_name", ["/", "/chat", "/a/b?room=1&x=%23", "/?q", "//double", "/a:b@c"]
    )
    def test_the_request_target_is_the_resource_name(self, resource_name):
        url = WsUrl(False, "example.com", 80, resource_name)
        assert parse_request_head(build_client_handshake(url, KEY)).target == resource_name

    @pytest.mark.rfc("R016")
    @pytest.mark.parametrize(
        "url, host",
        [
            ("ws://example.com:80/", "example.com"),
            ("wss://example.com:443/", "example.com"),
            ("ws://example.com:443/", "example.com:443"),
            ("wss://example.com:80/", "example.com:80"),
            ("ws://example.com:9001/", "example.com:9001"),
            ("ws://[::1]/", "[::1]"),
            ("wss://[::1]:9001/", "[::1]:9001"),
        ],
    )
    def test_host_names_the_port_unless_it_is_the_default_one(self, url, host):
        request = parse_request_head(build_client_handshake(parse_ws_url(url), KEY))
        assert request.headers.get_all("Host") == [host]

    @pytest.mark.rfc("R023")
    @pytest.mark.parametrize(
        "subprotocols",
        [
            [""],
            ["chat", ""],
            ["chat", "chat"],
            ["a b"],
            ["a,b"],
            ["a\r\nX: y"],
            ["a\n"],
            ["\xe9"],
            ['"a"'],
            ["a/b"],
            ["a;b"],
            ["\x7f"],
            [" a"],
        ],
        ids=repr,
    )
    def test_subprotocols_that_are_not_different_tokens_are_not_offered(self, subprotocols):
        with pytest.raises(ValueError, match="subprotocols are different tokens"):
            build_client_handshake(URL, KEY, subprotocols=subprotocols)

    @pytest.mark.rfc("R023")
    def test_subprotocols_that_differ_in_case_only_are_different(self):
        head = build_client_handshake(URL, KEY, subprotocols=["chat", "Chat", TCHAR])
        assert f"\r\nSec-WebSocket-Protocol: chat, Chat, {TCHAR}\r\n".encode() in head

    @pytest.mark.parametrize("evil", ["\r\n", "\r", "\n", "\0", "\x7f", "\u20ac", "\ud800"], ids=repr)
    @pytest.mark.parametrize(
        "build",
        [
            lambda evil: build_client_handshake(URL, KEY + evil),
            lambda evil: build_client_handshake(URL, KEY, origin=f"a{evil}X: y"),
            lambda evil: build_client_handshake(WsUrl(False, f"a{evil}", 80, "/"), KEY),
            lambda evil: build_client_handshake(WsUrl(False, "a", 80, f"/{evil}"), KEY),
            lambda evil: build_server_handshake(KEY, f"a{evil}"),
        ],
        ids=["key", "origin", "host", "resource name", "chosen subprotocol"],
    )
    def test_nothing_that_would_break_out_of_its_line_is_written(self, build, evil):
        with pytest.raises(ValueError):
            build(evil)


class TestSection4_1TheAnswer:
    """RFC 6455 section 4.1: how a client checks what the server answers."""

    @pytest.mark.rfc("R025")
    def test_the_answer_of_the_rfc_is_accepted(self):
        assert check_server_handshake(good_response(), KEY) is None

    @pytest.mark.rfc("R025")
    @pytest.mark.parametrize("status", [100, 200, 204, 301, 400, 401, 404, 426, 500, 503])
    def test_a_status_other_than_101_is_a_refusal_with_that_status(self, status):
        response = good_response(start=f"HTTP/1.1 {status} Because")
        error = refusal(check_server_handshake, response, KEY)
        assert error.status == status
        assert f"{status} Because" in error.reason

    @pytest.mark.rfc("R026")
    @pytest.mark.parametrize(
        "value", [None, "", "h2c", "websocket/13", "web socket", "websocket, h2c", "websockets"]
    )
    def test_upgrade_must_be_there_and_be_websocket(self, value):
        assert refusal(check_server_handshake, good_response({"Upgrade": value}), KEY).status == 101

    @pytest.mark.rfc("R026")
    @pytest.mark.parametrize("value", ["websocket", "WebSocket", "WEBSOCKET", "\twebsocket "])
    def test_websocket_matches_in_any_case(self, value):
        assert check_server_handshake(good_response({"Upgrade": value}), KEY) is None

    @pytest.mark.rfc("R027")
    @pytest.mark.parametrize(
        "value", [None, "", "close", "keep-alive", "upgraded", "not-upgrade", "Up grade"]
    )
    def test_connection_must_contain_upgrade(self, value):
        assert refusal(check_server_handshake, good_response({"Connection": value}), KEY).status == 101

    @pytest.mark.rfc("R027")
    @pytest.mark.parametrize(
        "value", ["Upgrade", "upgrade", "UPGRADE", "keep-alive, Upgrade", "Upgrade,close", " ,upgrade"]
    )
    def test_upgrade_matches_in_any_case_and_among_other_tokens(self, value):
        assert check_server_handshake(good_response({"Connection": value}), KEY) is None

    @pytest.mark.rfc("R027")
    def test_upgrade_may_stand_on_a_second_line_of_connection(self):
        response = good_response({"Connection": "keep-alive"}, "Connection: Upgrade")
        assert check_server_handshake(response, KEY) is None

    @pytest.mark.rfc("R028")
    @pytest.mark.parametrize(
        "value",
        [
            None,
            "",
            KEY,
            ACCEPT.lower(),
            ACCEPT.rstrip("="),
            ACCEPT[:-2] + "p=",
            f'"{ACCEPT}"',
            f"{ACCEPT}, {ACCEPT}",
            f"x{ACCEPT}",
            accept_value("AAAAAAAAAAAAAAAAAAAAAA=="),
            hashlib.sha1((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).hexdigest(),
        ],
    )
    def test_a_missing_or_wrong_accept_value_is_refused(self, value):
        assert (
            refusal(check_server_handshake, good_response({"Sec-WebSocket-Accept": value}), KEY).status == 101
        )

    @pytest.mark.rfc("R028")
    def test_white_space_around_the_accept_value_does_not_count(self):
        response = good_response({"Sec-WebSocket-Accept": f" \t{ACCEPT} \t"})
        assert check_server_handshake(response, KEY) is None

    @pytest.mark.rfc("R028")
    def test_the_accept_value_for_another_key_is_refused(self):
        refusal(check_server_handshake, good_response(), make_key())

    @pytest.mark.parametrize("value", ["permessage-deflate", "x-unknown", ""])
    def test_an_extension_that_nobody_asked_for_is_refused(self, value):
        refusal(check_server_handshake, good_response({"Sec-WebSocket-Extensions": value}), KEY)

    @pytest.mark.rfc("R030")
    @pytest.mark.parametrize(
        "value, offered",
        [
            ("chat", []),
            ("chat", ["superchat"]),
            ("Chat", ["chat"]),
            ("chat, superchat", ["chat", "superchat"]),
            ("", ["chat"]),
            ("", []),
            ("c", ["chat"]),
        ],
    )
    def test_a_subprotocol_that_was_not_offered_is_refused(self, value, offered):
        response = good_response({"Sec-WebSocket-Protocol": value})
        assert refusal(check_server_handshake, response, KEY, offered).status == 101

    @pytest.mark.rfc("R025")
    @pytest.mark.parametrize("value", ["chat", "superchat", " chat "])
    def test_the_subprotocol_that_the_server_chose_is_told(self, value):
        response = good_response({"Sec-WebSocket-Protocol": value})
        assert check_server_handshake(response, KEY, ["superchat", "chat"]) == value.strip()

    @pytest.mark.rfc("R025")
    def test_a_server_may_choose_no_subprotocol(self):
        assert check_server_handshake(good_response(), KEY, ["chat"]) is None

    @pytest.mark.rfc("R031")
    @pytest.mark.parametrize(
        "head",
        [
            b"",
            response_head()[:-2],
            response_head()[:-1],
            response_head(start="HTTP/1.0 101 Switching Protocols"),
            response_head({}, " folded"),
            response_head({}, "X : y"),
            response_head().replace(b"\r\n", b"\n"),
            b"HTTP/1.1 101 Switching Protocols\n" + response_head(),
        ],
        ids=[
            "empty",
            "no empty line",
            "half an empty line",
            "HTTP/1.0",
            "folded",
            "space",
            "bare LF",
            "two starts",
        ],
    )
    def test_an_answer_that_breaks_the_grammar_of_http_gives_502(self, head):
        assert refusal(parse_response_head, head).status == 502

    @pytest.mark.rfc("R031")
    def test_a_101_with_no_header_at_all_is_refused(self):
        response = parse_response_head(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        assert refusal(check_server_handshake, response, KEY).status == 101

    def test_headers_that_mean_nothing_here_are_ignored(self):
        response = good_response({}, "Server: x", "X-Unknown: 101", "Set-Cookie: a=b", "Set-Cookie: c=d")
        assert check_server_handshake(response, KEY) is None


class TestSection4_2_1ReadingTheRequest:
    """RFC 6455 section 4.2.1: what a server demands of a client's handshake."""

    @pytest.mark.rfc("R033")
    @pytest.mark.parametrize("end", [check_client_handshake, lambda request: accept_client(request) and KEY])
    @pytest.mark.parametrize(
        "request_",
        [
            good_request(),
            good_request({"Connection": "keep-alive, Upgrade"}),
            good_request({"Connection": "keep-alive"}, "Connection: UPGRADE"),
            good_request({"Upgrade": "WebSocket", "Connection": "upgrade"}),
            good_request({"Upgrade": "h2c, websocket"}),
            good_request({"Upgrade": "h2c"}, "Upgrade: websocket"),
            good_request({"Host": "example.com:9001"}),
            good_request({"Host": "[::1]:80"}),
            good_request({"Content-Length": "0"}),
            good_request({"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}),
            good_request({"Cookie": "a=b; c: d", "X-Unknown": "Upgrade: no"}),
            good_request(start="GET /chat?room=1 HTTP/1.1"),
            good_request(start="GET /chat HTTP/1.2"),
        ],
        ids=lambda request: str(getattr(request, "headers", "")),
    )
    def test_a_proper_handshake_is_accepted(self, end, request_):
        assert end(request_) == KEY

    @pytest.mark.parametrize(
        "key",
        [
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "++++++++++++++++++++++==",
            "AQIDBAUGBwgJCgsMDQ4PEC==",
            "//8AAP//AAD//wAA//8AAA==",
        ],
    )
    def test_the_key_is_given_back_as_it_is_spelled_spare_bits_and_all(self, key):
        assert check_client_handshake(good_request({"Sec-WebSocket-Key": f" {key}\t"})) == key

    @pytest.mark.rfc("R032")
    @pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "get", "GETT", "PRI"])
    def test_a_method_other_than_get_gives_405_and_says_which_is_allowed(self, method):
        error = refusal(check_client_handshake, good_request(start=f"{method} /chat HTTP/1.1"))
        assert (error.status, error.headers) == (405, [("Allow", "GET")])

    @pytest.mark.rfc("R032")
    def test_http_1_0_gives_400(self):
        assert refusal(check_client_handshake, good_request(start="GET /chat HTTP/1.0")).status == 400

    @pytest.mark.rfc("R032")
    @pytest.mark.parametrize(
        "value", [None, "", "h2c", "websocket/13", "not-websocket", "web socket", "websockets"]
    )
    def test_an_upgrade_without_websocket_gives_426(self, value):
        assert refusal(check_client_handshake, good_request({"Upgrade": value})).status == 426

    @pytest.mark.rfc("R032")
    @pytest.mark.parametrize(
        "value", [None, "", "close", "keep-alive", "not-upgrade", "Up grade", "Upgrade;q=1"]
    )
    def test_a_connection_without_upgrade_gives_400(self, value):
        assert refusal(check_client_handshake, good_request({"Connection": value})).status == 400

    @pytest.mark.rfc("R032")
    @pytest.mark.parametrize(
        "key",
        [
            None,
            "",
            "c2hvcnQ=",
            "dGhlIHNhbXBsZSBub25jZQ=",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZQ===",
            "dGhlIHNhbXBsZSBub25jZWU=",
            "AAAAAAAAAAAAAAAAAAAAAAAA",
            "dGhlIHNhbXBsZSBub25j!Q==",
            "dGhlIHNhbXBsZSBub25j_Q==",
            "dGhlIHNhbXBs ZSBub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZ\xe9==",
            "dGhl=HNhbXBsZSBub25jZQ==",
            f"{KEY}, {KEY}",
            f'"{KEY}"',
        ],
    )
    def test_a_key_that_is_not_16_bytes_in_base64_gives_400(self, key):
        assert refusal(check_client_handshake, good_request({"Sec-WebSocket-Key": key})).status == 400

    @pytest.mark.rfc("R032")
    @pytest.mark.parametrize(
        "request_, status",
        [
            (good_request({"Host": None}), 400),
            (good_request({}, "Host: example.com"), 400),
            (good_request({}, "hOST: evil.example"), 400),
            (good_request({}, "Content-Length: 5"), 400),
            (good_request({}, "Content-Length: 00"), 400),
            (good_request({}, "Content-Length: +0"), 400),
            (good_request({}, "Content-Length: 0, 5"), 400),
            (good_request({}, "Content-Length:"), 400),
            (good_request({}, "Transfer-Encoding: chunked"), 400),
            (good_request({}, "Transfer-Encoding: identity"), 400),
            (good_request({}, "Transfer-Encoding:"), 400),
            (good_request({}, "Content-Length: 0", "Transfer-Encoding: chunked"), 400),
            (good_request({}, "Content-Length: 5", "Content-Length: 0"), 400),
        ],
        ids=[
            *("no Host", "two equal Hosts", "two different Hosts", "a body", "a length with a zero in front"),
            *("a length with a sign", "two lengths in one line", "an empty length", "chunked", "identity"),
            *("an empty Transfer-Encoding", "length and chunked", "two lengths"),
        ],
    )
    def test_what_could_smuggle_a_second_request_is_refused(self, request_, status):
        assert refusal(check_client_handshake, request_).status == status
        assert refusal(accept_client, request_).status == status

    def test_a_second_length_that_announces_a_body_gives_400(self):
        request = good_request({}, "Content-Length: 0", "Content-Length: 5")
        assert refusal(check_client_handshake, request).status == 400

    @pytest.mark.parametrize(
        "host", ["", "a b", "a, b", "user@a", "a/b", "http://a", "a:b", "[::1", "a?b", "a#b", "a\\b"]
    )
    def test_a_host_that_is_no_host_gives_400(self, host):
        assert refusal(accept_client, good_request({"Host": host})).status == 400

    @pytest.mark.rfc("R032")
    @pytest.mark.parametrize(
        "head, status",
        [
            (b"", 400),
            (request_head()[:-2], 400),
            (request_head({}, "Sec-WebSocket-Version : 13"), 400),
            (request_head({}, " folded"), 400),
            (request_head().replace(b"\r\n", b"\n"), 400),
            (request_head({}, "X: \0"), 400),
            (request_head(start="GET /chat"), 400),
            (request_head(start="GET /a b HTTP/1.1"), 400),
            (request_head(start="GET /chat HTTP/2.0"), 505),
            (request_head(start="GET /" + "a" * 8_192 + " HTTP/1.1"), 414),
            (request_head({}, "X: " + "a" * 8_192), 431),
            (request_head({}, *["X: a"] * 100), 431),
        ],
        ids=[
            *("empty", "truncated", "space before the colon", "folded", "bare LF", "NUL", "no version"),
            "space in the target",
            *("HTTP/2.0", "long request line", "long header line", "many header lines"),
        ],
    )
    def test_a_head_that_breaks_the_grammar_is_refused_with_an_http_error(self, head, status):
        error = refusal(parse_request_head, head)
        assert error.status == status
        assert refuse(error).startswith(f"HTTP/1.1 {status} ".encode())

    @pytest.mark.rfc("R032")
    @pytest.mark.parametrize(
        "target",
        [
            *("*", "example.com:80", "chat", "?a", "/a#b", "/#", "http:/chat", "http:chat", "http://"),
            "http:///chat",
            *("http://?a", "http://example.com/chat#x", "http://example.com#x", "ws://example.com/chat"),
            "ftp://a/chat",
        ],
    )
    def test_a_target_that_is_neither_a_path_nor_an_http_url_gives_400(self, target):
        request = good_request(start=f"GET {target} HTTP/1.1")
        assert refusal(accept_client, request).status == 400
        assert refusal(accept_client, request, resource_names=[target, "/chat", "/", ""]).status == 400

    @pytest.mark.rfc("R033")
    @pytest.mark.parametrize(
        "target, path",
        [
            ("http://example.com/chat", "/chat"),
            ("HTTPS://example.com:443/chat?room=1", "/chat"),
            ("http://[::1]:9001/a/b", "/a/b"),
            ("http://example.com", "/"),
            ("http://example.com?room=1", "/"),
        ],
    )
    def test_a_target_may_be_a_whole_http_url_around_the_resource_name(self, target, path):
        # RFC 9112 section 3.2.2: a server MUST accept the absolute form.
        request = good_request(start=f"GET {target} HTTP/1.1")
        assert accept_client(request, resource_names=[path]) == (build_server_handshake(KEY), None)
        assert refusal(accept_client, request, resource_names=["/nope", target]).status == 404

    @pytest.mark.parametrize(
        "target", ["/chat?filter[name]=a", "/chat?a|b", "/chat?q=100%", "/chat?{}^`\\", "/[chat]|"]
    )
    def test_a_target_as_browsers_write_it_is_accepted(self, target):
        assert accept_client(good_request(start=f"GET {target} HTTP/1.1"))


class TestSection4_2_2AnsweringTheRequest:
    """RFC 6455 section 4.2.2: how a server accepts, and how it chooses."""

    @pytest.mark.rfc("R042")
    def test_the_answer_has_these_lines_and_no_other(self):
        assert build_server_handshake(KEY) == (
            b"HTTP/1.1 101 Switching Protocols\r\n"
            b"Upgrade: websocket\r\n"
            b"Connection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            b"\r\n"
        )

    @pytest.mark.rfc("R033", "R042")
    def test_a_good_request_is_accepted_with_the_answer_for_its_key(self):
        assert accept_client(good_request()) == (build_server_handshake(KEY), None)

    @pytest.mark.rfc("R038")
    def test_the_subprotocol_chosen_is_named_once(self):
        assert build_server_handshake(KEY, "chat").endswith(b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n")

    @pytest.mark.rfc("R038")
    @pytest.mark.parametrize(
        "offered, supported, chosen",
        [
            ([], [], None),
            (["chat"], [], None),
            ([], ["chat"], None),
            (["chat"], ["superchat"], None),
            (["chat"], ["Chat"], None),
            (["chat", "superchat"], ["superchat", "chat"], "chat"),
            (["a", "b", "c"], ["c", "b"], "b"),
            (("a",), ("a",), "a"),
        ],
    )
    def test_the_clients_favourite_among_the_supported_is_chosen(self, offered, supported, chosen):
        assert choose_subprotocol(offered, supported) == chosen

    @pytest.mark.rfc("R038")
    @given(st.lists(tokens), st.lists(tokens))
    def test_what_is_chosen_was_offered_and_is_supported(self, offered, supported):
        chosen = choose_subprotocol(offered, supported)
        if set(offered) & set(supported):
            assert chosen in offered
            assert chosen in supported
        else:
            assert chosen is None

    @pytest.mark.rfc("R038")
    @pytest.mark.parametrize(
        "lines, chosen",
        [
            (["Sec-WebSocket-Protocol: chat"], "chat"),
            (["Sec-WebSocket-Protocol: superchat, chat"], "superchat"),
            (["Sec-WebSocket-Protocol: other,\tchat ,"], "chat"),
            (["Sec-WebSocket-Protocol: other", "sec-websocket-protocol: chat"], "chat"),
        ],
    )
    def test_a_server_answers_with_a_subprotocol_out_of_the_offer(self, lines, chosen):
        response, told = accept_client(good_request({}, *lines), subprotocols=["chat", "superchat"])
        assert told == chosen
        assert parse_response_head(response).headers.get_all("Sec-WebSocket-Protocol") == [chosen]

    @pytest.mark.rfc("R039")
    @pytest.mark.parametrize(
        "lines", [[], ["Sec-WebSocket-Protocol: other, Chat"], ["Sec-WebSocket-Protocol:"]]
    )
    def test_where_none_is_chosen_the_answer_names_none(self, lines):
        response, told = accept_client(good_request({}, *lines), subprotocols=["chat"])
        assert told is None
        assert b"Sec-WebSocket-Protocol" not in response

    @pytest.mark.parametrize(
        "offer", ["chat, chat", "a b", "a/b", '"chat"', "chat;q=1", "caf\xe9", "chat, \x80"]
    )
    def test_an_offer_that_is_no_list_of_different_tokens_gives_400(self, offer):
        request = good_request({"Sec-WebSocket-Protocol": offer})
        assert refusal(accept_client, request, subprotocols=["chat"]).status == 400

    def test_one_subprotocol_offered_on_two_lines_gives_400(self):
        request = good_request({}, "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat")
        assert refusal(accept_client, request).status == 400

    @pytest.mark.rfc("R037")
    @pytest.mark.parametrize(
        "target", ["/nope", "/chat/", "/Chat", "/", "/ch", "/nope?/chat", "//chat", "/%63hat"]
    )
    def test_an_unknown_resource_name_gives_404(self, target):
        request = good_request(start=f"GET {target} HTTP/1.1")
        assert refusal(accept_client, request, resource_names=["/chat"]).status == 404

    @pytest.mark.parametrize("target", ["/chat", "/chat?", "/chat?room=1", "/chat?a?b"])
    def test_the_query_of_a_target_does_not_count(self, target):
        request = good_request(start=f"GET {target} HTTP/1.1")
        assert accept_client(request, resource_names={"/chat"})[0] == build_server_handshake(KEY)

    def test_where_no_resource_names_are_given_every_target_exists(self):
        assert accept_client(good_request(start="GET /any/thing HTTP/1.1"))
        assert refusal(accept_client, good_request(), resource_names=()).status == 404


class TestSection4_4Versions:
    """RFC 6455 section 4.4: several versions of the protocol."""

    @pytest.mark.rfc("R036", "R044")
    @pytest.mark.parametrize(
        "version", ["8", "7", "0", "12", "14", "25", "255", "013", "13.0", "13, 8", "8, 13", "x", ""]
    )
    def test_another_version_gives_426_and_the_version_spoken_here(self, version):
        error = refusal(check_client_handshake, good_request({"Sec-WebSocket-Version": version}))
        assert error.status == 426
        assert error.headers == [("Sec-WebSocket-Version", "13")]

    @pytest.mark.rfc("R036", "R044")
    @pytest.mark.parametrize("version", ["8", "25"])
    def test_the_refusal_lists_all_versions_that_would_be_accepted(self, version):
        error = refusal(accept_client, good_request({"Sec-WebSocket-Version": version}))
        response = parse_response_head(take_head(bytearray(refuse(error))))
        assert response.status == 426
        (welcome,) = response.headers.get_all("Sec-WebSocket-Version")
        assert accept_client(good_request({"Sec-WebSocket-Version": welcome}))

    def test_no_version_at_all_gives_400(self):
        assert refusal(check_client_handshake, good_request({"Sec-WebSocket-Version": None})).status == 400


class TestSection11_3Fields:
    """RFC 6455 section 11.3: fields that stand once."""

    @pytest.mark.rfc("R113", "R117")
    @pytest.mark.parametrize(
        "name", ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"]
    )
    def test_a_client_writes_each_field_once(self, name):
        head = build_client_handshake(URL, make_key(), origin="null", subprotocols=["a", "b"])
        assert len(parse_request_head(head).headers.get_all(name)) == 1

    @pytest.mark.rfc("R113")
    @pytest.mark.parametrize(
        "line", [f"Sec-WebSocket-Key: {KEY}", "sec-websocket-KEY: AAAAAAAAAAAAAAAAAAAAAA=="]
    )
    def test_a_second_key_gives_400(self, line):
        assert refusal(check_client_handshake, good_request({}, line)).status == 400

    @pytest.mark.rfc("R117")
    @pytest.mark.parametrize("line", ["Sec-WebSocket-Version: 13", "sec-websocket-VERSION: 8"])
    def test_a_second_version_gives_400(self, line):
        assert refusal(check_client_handshake, good_request({}, line)).status == 400

    @pytest.mark.rfc("R115", "R116")
    @pytest.mark.parametrize(
        "name", ["Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"]
    )
    def test_a_server_writes_each_field_once(self, name):
        response, _ = accept_client(
            good_request({}, "Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Protocol: c"),
            subprotocols=["c", "b", "a"],
        )
        assert len(parse_response_head(response).headers.get_all(name)) == 1

    @pytest.mark.rfc("R115")
    def test_a_second_accept_value_is_refused_even_if_it_is_the_same(self):
        refusal(check_server_handshake, good_response({}, f"Sec-WebSocket-Accept: {ACCEPT}"), KEY)

    @pytest.mark.rfc("R116")
    @pytest.mark.parametrize("second", ["chat", "superchat"])
    def test_a_second_subprotocol_in_an_answer_is_refused(self, second):
        lines = ["Sec-WebSocket-Protocol: chat", f"Sec-WebSocket-Protocol: {second}"]
        refusal(check_server_handshake, good_response({}, *lines), KEY, ["chat", "superchat"])


class TestRefusing:
    """RFC 6455 section 4.2.2, RFC 9110 sections 15.5.6 and 15.5.22: the answer to a handshake that failed."""

    def test_a_refusal_is_a_whole_response_that_ends_the_connection(self):
        written = refuse(HandshakeError(404, reason="nothing is served at /nope"))
        buffer = bytearray(written)
        response = parse_response_head(take_head(buffer))
        assert response.status == 404
        assert response.headers.get_all("Connection") == ["close"]
        assert response.headers.get("Content-Length") == str(len(buffer))
        assert buffer == b"nothing is served at /nope\n"

    def test_a_refusal_carries_the_headers_of_the_error(self):
        error = refusal(check_client_handshake, good_request(start="POST / HTTP/1.1"))
        assert b"\r\nAllow: GET\r\n" in refuse(error)

    def test_a_426_names_the_protocol_to_change_to(self):
        headers = parse_response_head(take_head(bytearray(refuse(HandshakeError(426))))).headers
        assert headers.get("Upgrade") == "websocket"
        assert headers.get_all("Connection") == ["close", "Upgrade"]

    def test_a_reason_beyond_ascii_travels_as_utf_8(self):
        written = refuse(HandshakeError(400, reason="caf\xe9 \u20ac"))
        assert written.endswith("\r\n\r\ncaf\xe9 \u20ac\n".encode())
        assert b"charset=utf-8" in written

    def test_an_error_whose_headers_would_break_out_of_their_line_is_not_written(self):
        with pytest.raises(ValueError, match="not a header line"):
            refuse(HandshakeError(400, [("X", "a\r\nY: b")]))
