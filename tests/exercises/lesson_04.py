"""The cases of lesson 4: what judges a student's opening handshake.

Where RFC 6455 leaves something open, every answer that it allows passes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from classroom.cases import Ask, Asked, Finding, Value, case, describe_type_slip, load_file
from classroom.showing import name_nth
from classroom.worker.protocol import Other, TooLarge
from minews import handshake
from minews.http import header_tokens
from minews.types import HandshakeError, Headers, Request, Response, WsUrl

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 section 1.3
SAMPLE_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
SPARE_BITS_KEY = "AQIDBAUGBwgJCgsMDQ4PEC=="  # RFC 6455 section 4.1, erratum 3150

EXAMPLE = WsUrl(secure=False, host="example.com", port=80, resource_name="/chat")


def draw_key(ask: Ask) -> str:
    return base64.b64encode(ask.rng.randbytes(16)).decode()


# 4.1 make_key


@case("4.1")
def sixteen_bytes_in_base64(ask: Ask) -> None:
    """The key is the 16 bytes that random_bytes gave, in base64."""
    for sample in (b"the sample nonce", bytes(range(16)), b"\xfb\xff" * 8, ask.rng.randbytes(16)):
        ask(_prefix_of(sample)).gives(
            base64.b64encode(sample).decode(),
            note=f"Here random_bytes(16) gives {sample!r}.",
            question="How many bytes did you ask for?",
        )
    same = _prefix_of(ask.rng.randbytes(16))
    ask.together([ask(same), ask(same)], _same_bytes_same_key)


@case("4.1")
def drawn_from_the_system(ask: Ask) -> None:
    """Called without an argument it draws 24 characters of base64, new ones each time."""
    keys = [ask().holds(_is_key, observe=_form_of_key) for _ in range(3)]
    ask.together(keys, _all_different)


def _same_bytes_same_key(first: object, second: object) -> Finding | None:
    if first == second:
        return None
    return Finding(
        "Two keys came although random_bytes gave the same bytes twice.",
        "a key that is made of what random_bytes gives",
        question="Where does your function get its bytes from?",
    )


def _prefix_of(sample: bytes) -> Callable[[int], bytes]:
    def random_bytes(count: int) -> bytes:
        return (sample * 9)[: min(count, 128)]

    return random_bytes


def _form_of_key(key: object) -> object:
    return type(key).__name__, len(key) if isinstance(key, (str, bytes)) else 0


def _is_key(value: object) -> Finding | None:
    if not isinstance(value, str):
        return Finding(describe_type_slip(value, SAMPLE_KEY), "a str of 24 characters")
    # Another alphabet than the RFC's shows in some keys only: it is judged where the bytes are known.
    if not re.fullmatch(r"[A-Za-z0-9+/_-]{22}==", value):
        return Finding(f"{len(value)} characters came.", "24 characters of base64, such as " + SAMPLE_KEY)
    return None


def _all_different(*keys: object) -> Finding | None:
    if len(set(map(str, keys))) == len(keys):
        return None
    return Finding(
        "The same key came twice.", "a new key each time", question="Where do you draw anew?", rfc="4.1"
    )


# 4.2 accept_value


@case("4.2")
def published_example(ask: Ask) -> None:
    """The key and the accept value that RFC 6455 prints in section 1.3."""
    ask(SAMPLE_KEY).gives(SAMPLE_ACCEPT)


@case("4.2")
def keys_drawn_now(ask: Ask) -> None:
    """The accept values of keys that were drawn just now."""
    for _ in range(8):
        key = draw_key(ask)
        ask(key).gives(handshake.accept_value(key))


@case("4.2")
def all_letters_of_base64(ask: Ask) -> None:
    """The accept values of keys that bring out the letters + and /."""
    for letter in "+/":
        key = draw_key(ask)
        while letter not in handshake.accept_value(key):
            key = draw_key(ask)
        ask(key).gives(handshake.accept_value(key))


@case("4.2")
def key_with_spare_bits(ask: Ask) -> None:
    """The key of RFC 6455 section 4.1, whose last letter has bits to spare, is used as it is spelled."""
    ask(SPARE_BITS_KEY).gives(handshake.accept_value(SPARE_BITS_KEY))


@case("4.2")
def same_key_same_value(ask: Ask) -> None:
    """Asked twice about one key, it gives the same value twice."""
    key = draw_key(ask)
    ask.together([ask(key), ask(key)], _both_the_same)


def _both_the_same(first: object, second: object) -> Finding | None:
    if first == second:
        return None
    return Finding(
        "It gave another value the first time.",
        question="Which part of your text is not the same on every server in the world?",
        rfc="1.3",
    )


# 4.3 parse_ws_url


@case("4.3")
def default_ports(ask: Ask) -> None:
    """A URL without a port means port 80 for ws and 443 for wss."""
    ask("ws://example.com/chat").gives(WsUrl(False, "example.com", 80, "/chat"))
    ask("wss://example.com/chat").gives(WsUrl(True, "example.com", 443, "/chat"))


@case("4.3")
def port_named(ask: Ask) -> None:
    """A port in the URL is the port, as a number."""
    ask("ws://example.com:9001/chat").gives(WsUrl(False, "example.com", 9001, "/chat"))
    ask("wss://example.com:80/").gives(WsUrl(True, "example.com", 80, "/"))
    ask("ws://localhost:65535/").gives(WsUrl(False, "localhost", 65_535, "/"))


@case("4.3")
def resource_name_never_empty(ask: Ask) -> None:
    """An empty path becomes "/"."""
    ask("ws://example.com").gives(WsUrl(False, "example.com", 80, "/"))
    ask("wss://example.com:9001").gives(WsUrl(True, "example.com", 9001, "/"))


@case("4.3")
def query_kept(ask: Ask) -> None:
    """The query belongs to the resource name."""
    ask("ws://example.com/chat?room=1&name=a").gives(WsUrl(False, "example.com", 80, "/chat?room=1&name=a"))
    ask("ws://example.com?room=1").gives(WsUrl(False, "example.com", 80, "/?room=1"))
    ask("ws://example.com/a?b=c/d?e").gives(WsUrl(False, "example.com", 80, "/a?b=c/d?e"))


@case("4.3")
def path_kept(ask: Ask) -> None:
    """The path comes as it is spelled, percent signs and all."""
    ask("ws://example.com/a%20b/%23/c:d@e;f").gives(WsUrl(False, "example.com", 80, "/a%20b/%23/c:d@e;f"))


@case("4.3")
def scheme_in_any_case(ask: Ask) -> None:
    """The scheme is the same in capital letters."""
    ask("WSS://example.com/").gives(WsUrl(True, "example.com", 443, "/"))


@case("4.3")
def ipv6_without_brackets(ask: Ask) -> None:
    """The host of an IPv6 URL comes without its brackets."""
    ask("ws://[::1]:9001/chat").gives(WsUrl(False, "::1", 9001, "/chat"))
    ask("wss://[2001:db8::7]/").gives(WsUrl(True, "2001:db8::7", 443, "/"))


@case("4.3")
def urls_drawn_now(ask: Ask) -> None:
    """URLs that were put together just now."""
    for _ in range(5):
        rng = ask.rng
        secure, port = rng.random() < 0.5, rng.randrange(1, 65_536)
        host = "".join(rng.choices("abcdefghij", k=6)) + rng.choice([".example", ".test"])
        path = "/" + "/".join("".join(rng.choices("xyz0189-", k=3)) for _ in range(rng.randrange(3)))
        url = f"{'wss' if secure else 'ws'}://{host}:{port}{path}"
        ask(url).gives(WsUrl(secure, host, port, path))


BAD_URLS = {
    "wxs://example.com/": "The scheme wxs is a misprint; there is no such thing.",
    "http://example.com/": "http is not a scheme of WebSocket.",
    "example.com/chat": "There is no scheme.",
    "ws:example.com": "The two slashes are missing.",
    "ws://": "The host is empty.",
    "ws:///chat": "The host is empty.",
    "ws://:9001/": "The host is empty.",
    "ws://example.com/#top": "There is a fragment.",
    "ws://example.com/chat#": "There is a fragment, though an empty one.",
    "ws://example.com:0/": "No service listens on port 0.",
    "ws://example.com:65536/": "The port is too large.",
    "ws://example.com:http/": "The port is not a number.",
    "ws://ann@example.com/": "There is a user name.",
    "ws://@example.com/": "There is a user name, though an empty one.",
    "ws://example.com/a b": "There is a space in it.",
    "ws://example.com/a\r\nHost: b": "There is a line end in it.",
    "ws://exa\tmple.com/": "There is a tab in it.",
}


@case("4.3")
def wrong_scheme(ask: Ask) -> None:
    """A URL whose scheme is neither ws nor wss is refused with ValueError."""
    _refuse_urls(ask, 0, 4)


@case("4.3")
def empty_host(ask: Ask) -> None:
    """A URL without a host is refused with ValueError."""
    _refuse_urls(ask, 4, 7)


@case("4.3")
def fragment(ask: Ask) -> None:
    """A URL with a fragment is refused with ValueError."""
    _refuse_urls(ask, 7, 9)


@case("4.3")
def wrong_port(ask: Ask) -> None:
    """A URL whose port is not a number from 1 to 65535 is refused with ValueError."""
    _refuse_urls(ask, 9, 12)


@case("4.3")
def user_name(ask: Ask) -> None:
    """A URL with a user name is refused with ValueError."""
    _refuse_urls(ask, 12, 14)


@case("4.3")
def characters_no_url_holds(ask: Ask) -> None:
    """A URL with white space or a line end in it is refused with ValueError."""
    _refuse_urls(ask, 14, 17)


def _refuse_urls(ask: Ask, first: int, end: int) -> None:
    for url, note in list(BAD_URLS.items())[first:end]:
        ask(url).raises(ValueError, note=note, question="Which test must this URL fail?")


# 4.4 build_client_handshake


@case("4.4")
def smallest_request(ask: Ask) -> None:
    """The request for ws://example.com/chat with the RFC's sample key."""
    _ask_request(ask, EXAMPLE, SAMPLE_KEY)


@case("4.4")
def requests_drawn_now(ask: Ask) -> None:
    """Requests with a key and a resource name that were drawn just now."""
    for _ in range(3):
        name = "/" + "".join(ask.rng.choices("abcxyz/", k=5)) + f"?n={ask.rng.randrange(1000)}"
        _ask_request(ask, WsUrl(False, "example.com", 80, name), draw_key(ask))


@case("4.4")
def host_names_the_port(ask: Ask) -> None:
    """Host names the port, unless it is the default one of the scheme."""
    for secure, port in ((False, 9001), (True, 443), (True, 80), (False, 443)):
        _ask_request(ask, WsUrl(secure, "example.com", port, "/"), draw_key(ask))


@case("4.4")
def host_in_brackets(ask: Ask) -> None:
    """An IPv6 address stands in brackets in Host, with the port behind it where that is another."""
    _ask_request(ask, WsUrl(False, "::1", 80, "/"), draw_key(ask))
    _ask_request(ask, WsUrl(False, "::1", 9001, "/"), draw_key(ask))


@case("4.4")
def origin_when_given(ask: Ask) -> None:
    """Origin is there when it is given, and only then."""
    _ask_request(ask, EXAMPLE, draw_key(ask), origin="https://example.com:8443")


@case("4.4")
def subprotocols_when_offered(ask: Ask) -> None:
    """The subprotocols stand in one header, in the order in which they are liked."""
    _ask_request(ask, EXAMPLE, draw_key(ask), subprotocols=["chat"])
    _ask_request(ask, EXAMPLE, draw_key(ask), subprotocols=("superchat", "chat", "v2.example"))


@case("4.4")
def bad_subprotocols(ask: Ask) -> None:
    """Subprotocols that are not different tokens are refused."""
    for names, note in {
        ("chat", "chat"): "One name stands there twice.",
        ("",): "A name is empty.",
        ("two words",): "A name has a space in it.",
        ("a,b",): "A name has a comma in it, so that the server would read two names.",
        ("chat\n",): "A name ends in a line end.",
    }.items():
        question = "Which names would a server read in this header?"
        asked = ask(EXAMPLE, SAMPLE_KEY, subprotocols=names)
        asked.refuses(note=note, question=question, observe=sort_lines)


@case("4.4")
def no_way_out_of_a_line(ask: Ask) -> None:
    """An argument with a line end in it, which would make a header of its own, is refused."""
    note = "It wrote a second line into the request."
    question = "Which headers would a server read in these bytes?"
    for end in ("\r\n", "\n", "\r"):
        ask(EXAMPLE, SAMPLE_KEY, origin=f"https://example.com{end}Cookie: admin=1").refuses(
            note=note, question=question
        )
    ask(EXAMPLE, f"{SAMPLE_KEY}\r\nCookie: admin=1").refuses(note=note, question=question)
    ask(WsUrl(False, "example.com\r\nCookie: admin=1", 80, "/"), SAMPLE_KEY).refuses(
        note=note, question=question
    )
    ask(WsUrl(False, "example.com", 80, "/ HTTP/1.1\r\nCookie: admin=1"), SAMPLE_KEY).refuses(
        note=note, question=question
    )


def _ask_request(
    ask: Ask, url: WsUrl, key: str, origin: str | None = None, subprotocols: Sequence[str] = ()
) -> None:
    kwargs: dict[str, object] = {}
    if origin is not None:
        kwargs["origin"] = origin
    if subprotocols:
        kwargs["subprotocols"] = subprotocols

    def check(got: object) -> Finding | None:
        return check_request(got, url, key, origin, list(subprotocols))

    ask(url, key, **kwargs).holds(check, observe=sort_lines)


def check_request(
    got: object, url: WsUrl, key: str, origin: str | None, subprotocols: list[str]
) -> Finding | None:
    """Check the bytes of a client's request, header by header; their order is free."""
    finding = check_head(got, f"GET {url.resource_name} HTTP/1.1")
    if finding is not None:
        return finding
    assert isinstance(got, bytes)
    headers = fields_of(got)
    host = f"[{url.host}]" if ":" in url.host else url.host
    default = url.port == (443 if url.secure else 80)
    hosts = [f"{host}:{url.port}"] + ([host] if default else [])
    return (
        demand(got, headers, "Host", hosts)
        or demand_handshake_headers(got, headers)
        or demand(got, headers, "Sec-WebSocket-Key", [key])
        or demand(got, headers, "Sec-WebSocket-Version", ["13"])
        or demand(got, headers, "Origin", [] if origin is None else [origin])
        or demand_list(got, headers, "Sec-WebSocket-Protocol", subprotocols)
        or demand(got, headers, "Sec-WebSocket-Extensions", [])
    )


# What both heads have in common.


def check_head(got: object, start: str) -> Finding | None:
    """Check what every head needs: type, line ends, the empty line, the start line, header lines."""
    if type(got) is not bytes:
        question = "" if isinstance(got, TooLarge) else "What type does the last step of your code give?"
        return Finding(describe_type_slip(got, b""), "bytes", question=question)
    if got.count(b"\n") != got.count(b"\r\n") or got.count(b"\r") != got.count(b"\r\n"):
        return Finding(
            "A line does not end in CR LF.",
            r"every line with \r\n at its end",
            question="Which two bytes end a line of HTTP, and where do you write them?",
            rfc="RFC 9112 2.1",
        )
    if b"\r\n\r\n" not in got:
        return Finding(
            "No empty line ends the head.",
            r"\r\n\r\n at the end, and nowhere else",
            question="Which bytes tell the other end that no more headers come?",
            rfc="RFC 9112 2.1",
        )
    if not got.endswith(b"\r\n\r\n") or got.find(b"\r\n\r\n") != len(got) - 4:
        return Finding("An empty line ends the head too early.", r"\r\n\r\n at the end, and nowhere else")
    first, *lines = got[:-4].decode("latin-1").split("\r\n")
    if not re.fullmatch(re.escape(start).replace(r"REASON", r".*"), first):
        return Finding("The first line is not the right one.", start.replace(" REASON", " ..."), mark=first)
    for line in lines:
        if not re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:.*", line):
            return Finding("A line is no header.", "name, colon, value", mark=line, rfc="RFC 9112 5")
    return None


def fields_of(head: bytes) -> Headers:
    lines = head[:-4].decode("latin-1").split("\r\n")[1:]
    return Headers((name, value) for name, _, value in (line.partition(":") for line in lines))


def demand_handshake_headers(got: bytes, headers: Headers) -> Finding | None:
    """Both heads say Upgrade: websocket and have Upgrade among the tokens of Connection."""
    if [value.lower() for value in headers.get_all("Upgrade")] != ["websocket"]:
        return Finding("Upgrade is not there as it must be.", "Upgrade: websocket", mark="Upgrade:")
    if "upgrade" not in header_tokens(headers.get_all("Connection")):
        return Finding("Connection does not name Upgrade.", "Connection: Upgrade", mark="Connection:")
    return None


def demand(got: bytes, headers: Headers, name: str, values: list[str]) -> Finding | None:
    """Demand one header line with one of these values, or none at all if there are no values."""
    came = headers.get_all(name)
    if not values:
        return Finding(f"{name} must not be there.", f"no {name}", mark=f"{name}:") if came else None
    if not came:
        return Finding(f"{name} is missing.", f"{name}: {values[-1]}")
    if len(came) > 1:
        return Finding(f"{name} is there {len(came)} times.", f"{name}: {values[-1]}", mark=f"{name}:")
    if came[0] not in values:
        return Finding(f"{name} has another value than it must.", f"{name}: {values[-1]}", mark=f"{name}:")
    return None


def demand_list(got: bytes, headers: Headers, name: str, elements: list[str]) -> Finding | None:
    """Demand one header line with these elements in this order, or none at all if there are none."""
    if not elements or name not in headers:
        return demand(got, headers, name, [", ".join(elements)] if elements else [])
    came = [element.strip() for value in headers.get_all(name) for element in value.split(",")]
    if came != elements:
        return Finding(f"{name} lists something else.", f"{name}: {', '.join(elements)}", mark=f"{name}:")
    return None


def sort_lines(head: object) -> object:
    """What counts of a head when it is compared with a known mistake's: not the order of its headers.

    Where its line ends are wrong they alone count, whatever else is.
    """
    if not isinstance(head, bytes):
        return head
    if b"\r\n\r\n" not in head or re.search(rb"(?<!\r)\n|\r(?!\n)", head):
        return _line_ends(head)
    first, *lines = head.split(b"\n")
    return (first, sorted(line.lower() for line in lines))


def _line_ends(head: bytes) -> object:
    """Which line ends stand between the lines, and which make the empty line at the end, if there is one."""
    lines = head.rstrip(b"\r\n")
    inner, last = (re.findall(rb"\r\n|\n|\r", part) for part in (lines, head[len(lines) :]))
    return set(inner), set(last) if len(last) > 1 else None


# 4.5 check_client_handshake


def client_request(
    *,
    method: str = "GET",
    version: str = "HTTP/1.1",
    more: Sequence[tuple[str, str]] = (),
    **changes: str | None,
) -> Request:
    """Make a good request with some headers changed, left out (None) or added."""
    headers: dict[str, str | None] = {
        "Host": "example.com",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": SAMPLE_KEY,
        "Sec-WebSocket-Version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    pairs = [(name, value) for name, value in headers.items() if value is not None]
    return Request(method, "/chat", version, Headers([*pairs, *more]))


def _accept(ask: Ask, request: Request, note: str = "", question: str = "") -> Asked:
    key = request.headers.get("Sec-WebSocket-Key")
    return ask(request).gives(key, note=note, question=question)


def _refuse(ask: Ask, request: Request, status: tuple[int, ...], note: str, question: str = "") -> Asked:
    return ask(request).raises(HandshakeError, note=note, question=question, status=status)


@case("4.5")
def good_request(ask: Ask) -> None:
    """A good request is let in: its key comes back."""
    _accept(ask, client_request())
    for _ in range(3):
        _accept(ask, client_request(Sec_WebSocket_Key=draw_key(ask)))


@case("4.5")
def one_token_of_a_list(ask: Ask) -> None:
    """Connection is a list, on one line or on several: Firefox sends keep-alive, Upgrade."""
    question = "How do you look for one token in a list?"
    _accept(ask, client_request(Connection="keep-alive, Upgrade"), question=question)
    _accept(ask, client_request(Connection="keep-alive,Upgrade"), question=question)
    _accept(ask, client_request(Connection="keep-alive", more=[("Connection", "Upgrade")]), question=question)


@case("4.5")
def tokens_in_any_case(ask: Ask) -> None:
    """The tokens of Upgrade and Connection, and the names of headers, match in any case."""
    _accept(ask, client_request(Upgrade="WebSocket", Connection="upgrade"))
    pairs = [(name.lower(), value) for name, value in client_request().headers.items()]
    _accept(ask, Request("GET", "/chat", "HTTP/1.1", Headers(pairs)))


@case("4.5")
def unknown_headers_ignored(ask: Ask) -> None:
    """Headers that nobody knows here do no harm."""
    more = [("User-Agent", "test"), ("Cookie", "a=b"), ("Sec-WebSocket-Extensions", "permessage-deflate")]
    _accept(ask, client_request(more=more))
    _accept(
        ask,
        client_request(more=[("X-Whatever", "1"), ("Origin", "null"), ("Sec-WebSocket-Protocol", "chat")]),
    )


@case("4.5")
def key_with_bits_to_spare(ask: Ask) -> None:
    """The key of RFC 6455 section 4.1 is let in, although base64 would spell it another way."""
    _accept(ask, client_request(Sec_WebSocket_Key=SPARE_BITS_KEY), question="Must the spelling be canonical?")


@case("4.5")
def any_key_of_16_bytes(ask: Ask) -> None:
    """A key may hold every letter of base64."""
    for sample in (b"\xff" * 16, bytes(16), b"\xfb\xef\xbe" * 5 + b"\xfb"):
        _accept(ask, client_request(Sec_WebSocket_Key=base64.b64encode(sample).decode()))


@case("4.5")
def only_get(ask: Ask) -> None:
    """Another method than GET is refused with 405."""
    for method in ("POST", "HEAD", "get"):
        _refuse(ask, client_request(method=method), (405, 400, 501), f"The method is {method}.")


@case("4.5")
def later_http_1(ask: Ask) -> None:
    """A later HTTP/1 than 1.1 is let in, too."""
    _accept(ask, client_request(version="HTTP/1.2"))


@case("4.5")
def not_http_1_0(ask: Ask) -> None:
    """HTTP/1.0 is refused with 400."""
    _refuse(ask, client_request(version="HTTP/1.0"), (400, 426, 505), "The version of HTTP is 1.0.")


@case("4.5")
def one_host(ask: Ask) -> None:
    """A request without Host, or with two, is refused with 400."""
    _refuse(ask, client_request(Host=None), (400,), "There is no Host.")
    _refuse(ask, client_request(more=[("Host", "evil.example")]), (400,), "There are two Hosts.")


@case("4.5")
def upgrade_to_websocket(ask: Ask) -> None:
    """A request whose Upgrade does not name websocket is refused with 426."""
    for value in (None, "h2c", "websockets", "not-websocket"):
        note = "There is no Upgrade." if value is None else f"Upgrade names {value}, which is not websocket."
        _refuse(ask, client_request(Upgrade=value), (426, 400), note)


@case("4.5")
def connection_names_upgrade(ask: Ask) -> None:
    """A request whose Connection does not name Upgrade is refused with 400."""
    for value in (None, "keep-alive", "not-upgrade", "close, upgraded"):
        note = "There is no Connection." if value is None else f"Connection is {value}: no token is upgrade."
        _refuse(ask, client_request(Connection=value), (400, 426), note)


@case("4.5")
def no_header_hides_in_another(ask: Ask) -> None:
    """Words in another header do not count."""
    cookie = [("Cookie", "Upgrade: websocket; Connection: Upgrade")]
    note = "The words stand in Cookie only."
    _refuse(ask, client_request(Upgrade=None, more=cookie), (426, 400), note)
    _refuse(ask, client_request(Connection=None, more=cookie), (400, 426), note)


@case("4.5")
def another_version(ask: Ask) -> None:
    """Another version than 13 is refused with 426, and the answer says that 13 is welcome."""
    for version in ("8", "25", "0", "130", "13.0"):
        ask(client_request(Sec_WebSocket_Version=version)).raises(
            HandshakeError,
            note=f"The version is {version}.",
            headers=[("Sec-WebSocket-Version", "13")],
            status=(426, 400),
        )


@case("4.5")
def version_once(ask: Ask) -> None:
    """A request without a version, or with two, is refused with 400."""
    _refuse(ask, client_request(Sec_WebSocket_Version=None), (400, 426), "There is no Sec-WebSocket-Version.")
    twice = client_request(more=[("Sec-WebSocket-Version", "13")])
    _refuse(ask, twice, (400, 426), "Sec-WebSocket-Version is there twice.")


@case("4.5")
def key_once(ask: Ask) -> None:
    """A request without a key, or with two, is refused with 400."""
    _refuse(ask, client_request(Sec_WebSocket_Key=None), (400,), "There is no Sec-WebSocket-Key.")
    twice = client_request(more=[("Sec-WebSocket-Key", draw_key(ask))])
    _refuse(ask, twice, (400,), "Sec-WebSocket-Key is there twice.")


@case("4.5")
def key_of_16_bytes(ask: Ask) -> None:
    """A key that is not 16 bytes in base64 is refused with 400."""
    for count in (0, 15, 17, 18, 24):
        key = base64.b64encode(ask.rng.randbytes(count)).decode()
        _refuse(ask, client_request(Sec_WebSocket_Key=key), (400,), f"The key is {count} bytes in base64.")
    for key, note in {
        "dGhlIHNhbXBsZSBub25jZQ": "The key lacks the padding at its end.",
        "dGhlIHNhbXBsZSBub25jZ!==": "There is a letter in the key that base64 has not.",
        "dGhlIHNhbXBs ZSBub25jZQ==": "There is a space in the key.",
        "__-_IHNhbXBsZSBub25jZQ==": "The key uses letters of another base64 than the RFC's.",
        "not base64 at all": "The key is not base64.",
    }.items():
        _refuse(ask, client_request(Sec_WebSocket_Key=key), (400,), note)


# 4.6 choose_subprotocol


@case("4.6")
def the_only_common_name(ask: Ask) -> None:
    """The one name that stands on both lists is chosen."""
    ask(["chat", "superchat"], ["superchat"]).gives("superchat")
    ask(["chat"], ["v1.example", "chat"]).gives("chat")


@case("4.6")
def one_of_several(ask: Ask) -> None:
    """Where several names are possible, one of them is chosen, and only one."""
    ask(["chat", "superchat"], ["superchat", "chat"]).gives_one_of(["chat", "superchat"])
    names = [f"v{number}" for number in ask.rng.sample(range(50), 6)]
    ask(names[:4], tuple(names[2:])).gives_one_of(names[2:4])


@case("4.6")
def nothing_in_common(ask: Ask) -> None:
    """If no name stands on both lists, or nothing is offered or supported, none is chosen: None."""
    ask(["chat"], ["superchat"]).gives(None)
    ask([], ["chat"]).gives(None)
    ask(["chat"], []).gives(None)
    ask((), ()).gives(None)


@case("4.6")
def names_as_spelled(ask: Ask) -> None:
    """Names are compared as they are spelled, whole and in their case."""
    ask(["Chat"], ["chat"]).gives(None)
    ask(["chat"], ["superchat", "chats"]).gives(None)


# 4.7 build_server_handshake


@case("4.7")
def published_response(ask: Ask) -> None:
    """The answer to the RFC's sample key."""
    _ask_response(ask, SAMPLE_KEY)


@case("4.7")
def responses_to_keys_drawn_now(ask: Ask) -> None:
    """The answers to keys that were drawn just now."""
    for _ in range(3):
        _ask_response(ask, draw_key(ask))


@case("4.7")
def subprotocol_when_chosen(ask: Ask) -> None:
    """The subprotocol is named when one was chosen, and only then."""
    _ask_response(ask, draw_key(ask), "chat")
    _ask_response(ask, draw_key(ask), "v2.example")
    key = draw_key(ask)
    ask(key, None).holds(lambda got: check_response(got, key, None), observe=sort_lines)


def _ask_response(ask: Ask, key: str, subprotocol: str | None = None) -> None:
    def check(got: object) -> Finding | None:
        return check_response(got, key, subprotocol)

    args = (key,) if subprotocol is None else (key, subprotocol)
    ask(*args).holds(check, observe=sort_lines)


def check_response(got: object, key: str, subprotocol: str | None) -> Finding | None:
    """Check the bytes of a server's answer, header by header; their order is free."""
    finding = check_head(got, "HTTP/1.1 101 REASON")
    if finding is not None:
        return finding
    assert isinstance(got, bytes)
    headers = fields_of(got)
    return (
        demand_handshake_headers(got, headers)
        or demand(got, headers, "Sec-WebSocket-Accept", [handshake.accept_value(key)])
        or demand(got, headers, "Sec-WebSocket-Protocol", [] if subprotocol is None else [subprotocol])
        or demand(got, headers, "Sec-WebSocket-Extensions", [])
        or demand(got, headers, "Content-Length", [])
        or demand(got, headers, "Transfer-Encoding", [])
    )


# 4.8 check_server_handshake


def server_response(
    key: str, *, status: int = 101, more: Sequence[tuple[str, str]] = (), **changes: str | None
) -> Response:
    """Make a good response with some headers changed, left out (None) or added."""
    headers: dict[str, str | None] = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": handshake.accept_value(key),
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    pairs = [(name, value) for name, value in headers.items() if value is not None]
    reason = {101: "Switching Protocols", 200: "OK"}.get(status, "")
    return Response(status, reason, Headers([*pairs, *more]))


def _reject(ask: Ask, response: Response, key: str, note: str, offered: Sequence[str] = ()) -> None:
    args = (response, key, offered) if offered else (response, key)
    ask(*args).raises(HandshakeError, note=note)


@case("4.8")
def good_answer(ask: Ask) -> None:
    """A good answer is accepted; without a subprotocol the result is None."""
    ask(server_response(SAMPLE_KEY), SAMPLE_KEY).gives(None)
    for _ in range(3):
        key = draw_key(ask)
        ask(server_response(key), key, ["chat"]).gives(None)


@case("4.8")
def answer_in_any_case(ask: Ask) -> None:
    """Upgrade and the tokens of Connection match in any case, and Connection is a list."""
    key = draw_key(ask)
    ask(server_response(key, Upgrade="WebSocket", Connection="upgrade"), key).gives(None)
    ask(server_response(key, Connection="Keep-Alive, Upgrade"), key).gives(None)
    pairs = [(name.lower(), value) for name, value in server_response(key).headers.items()]
    ask(Response(101, "", Headers([*pairs, ("server", "test")])), key).gives(None)


@case("4.8")
def subprotocol_of_the_offer(ask: Ask) -> None:
    """The subprotocol that the server chose from the offer comes back."""
    key = draw_key(ask)
    for name in ("chat", "superchat"):
        more = [("Sec-WebSocket-Protocol", name)]
        ask(server_response(key, more=more), key, ["superchat", "chat"]).gives(name)


@case("4.8")
def only_101(ask: Ask) -> None:
    """Any other status than 101 is a refusal."""
    for status in (200, 302, 400, 403, 426, 500, 100):
        key = draw_key(ask)
        _reject(ask, server_response(key, status=status), key, f"The status is {status}.")


@case("4.8")
def answer_names_websocket(ask: Ask) -> None:
    """An answer whose Upgrade is not websocket fails."""
    for value in (None, "h2c", "websocket2", "not-websocket"):
        key = draw_key(ask)
        _reject(
            ask,
            server_response(key, Upgrade=value),
            key,
            f"Upgrade: {value}" if value else "There is no Upgrade.",
        )


@case("4.8")
def answer_names_upgrade(ask: Ask) -> None:
    """An answer whose Connection does not name Upgrade fails."""
    for value in (None, "keep-alive", "no-upgrade"):
        key = draw_key(ask)
        note = f"Connection: {value}" if value else "There is no Connection."
        _reject(ask, server_response(key, Connection=value), key, note)


@case("4.8")
def accept_is_right(ask: Ask) -> None:
    """An answer whose accept value is missing or wrong fails."""
    key, other = draw_key(ask), draw_key(ask)
    right = handshake.accept_value(key)
    for value, note in {
        None: "There is no Sec-WebSocket-Accept.",
        "": "Sec-WebSocket-Accept is empty.",
        key: "It sent the key back.",
        handshake.accept_value(other): "It is the accept value of another key.",
        right.swapcase(): "Its letters are in another case: base64 knows the difference.",
        right.rstrip("="): "The padding at its end is missing.",
        right + "A": "A letter stands behind it.",
    }.items():
        _reject(ask, server_response(key, Sec_WebSocket_Accept=value), key, note)


@case("4.8")
def accept_once(ask: Ask) -> None:
    """An answer with two accept values fails, even if one or both of them are right."""
    key = draw_key(ask)
    for value in ("wrong", handshake.accept_value(key)):
        more = [("Sec-WebSocket-Accept", value)]
        _reject(ask, server_response(key, more=more), key, "Sec-WebSocket-Accept is there twice.")


@case("4.8")
def no_extension_unasked(ask: Ask) -> None:
    """An answer that uses an extension fails, since we asked for none."""
    key = draw_key(ask)
    more = [("Sec-WebSocket-Extensions", "permessage-deflate")]
    _reject(ask, server_response(key, more=more), key, "The server uses an extension that nobody asked for.")


@case("4.8")
def no_subprotocol_unasked(ask: Ask) -> None:
    """An answer with a subprotocol that was not offered, or with two, fails."""
    key = draw_key(ask)
    for value, offered, note in (
        ("chat", [], "Nothing was offered."),
        ("other", ["chat"], "Another name was offered."),
        ("Chat", ["chat"], "The name is spelled another way."),
        ("", ["chat"], "The name is empty."),
        ("chat, superchat", ["chat", "superchat"], "Two names came, where one must be chosen."),
    ):
        more = [("Sec-WebSocket-Protocol", value)]
        _reject(ask, server_response(key, more=more), key, note, offered)
    twice = [("Sec-WebSocket-Protocol", "chat"), ("Sec-WebSocket-Protocol", "superchat")]
    _reject(ask, server_response(key, more=twice), key, "Two names came.", ["chat", "superchat"])


# 4.9 handshake_examples

SERVERS = load_file(Path(__file__).with_name("servers_04.py"))
MOST_EXAMPLES = 200
MOST_IN_ONE = 1 << 16  # bytes of a request; a server reads no more than a fourth of it
MOST_BYTES = 1 << 20  # in all requests together
KNOWN_HEADERS = {"host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version"}


@case("4.9")
def examples_are_pairs(ask: Ask) -> None:
    """The examples are a list of (request, accepted): bytes and a bool."""
    ask().holds(_are_pairs, observe=_shapes)


@case("4.9")
def right_servers_agree(ask: Ask) -> None:
    """Right servers agree with every example."""
    ask().holds(_right_servers_agree, observe=_disagreements)


def _are_pairs(got: object) -> Finding | None:
    if type(got) is not list:
        return Finding(describe_type_slip(got, []), "a list of (bytes, bool)")
    if not 1 <= len(got) <= MOST_EXAMPLES:
        return Finding(f"There are {len(got)} examples.", f"1 to {MOST_EXAMPLES} examples")
    for number, pair in enumerate(got):
        if type(pair) is not tuple or [type(part) for part in pair] != [bytes, bool]:
            note = f"{_name_example(number, len(got))} is {_shape(pair)}."
            return Finding(note, "a tuple of bytes and bool")
        if len(pair[0]) > MOST_IN_ONE:
            note = f"{_name_example(number, len(got))} has a request of {len(pair[0]):,} bytes."
            return Finding(note, f"at most {MOST_IN_ONE:,} bytes in one request")
    if sum(len(head) for head, _ in got) > MOST_BYTES:
        return Finding(
            "The examples are too large.", f"at most {MOST_BYTES:,} bytes in all requests together"
        )
    return None


def _name_example(number: int, count: int) -> str:
    name = name_nth("example", number, count)
    return name[0].upper() + name[1:]


def _shape(pair: object) -> str:
    """Say of which types an example is."""
    name = type(pair).__name__
    if not isinstance(pair, (tuple, list)):
        return f"of type {name}"
    if len(pair) != 2:
        return f"a {name} of {len(pair)} parts"
    return f"a {name} of {type(pair[0]).__name__} and {type(pair[1]).__name__}"


def _shapes(got: object) -> object:
    """What counts of examples when they are compared with a known mistake's."""
    if not isinstance(got, list):
        return type(got).__name__, got.type_name if isinstance(got, Other) else ""
    return sorted({_shape(pair) for pair in got})


def _right_servers_agree(got: object) -> Finding | None:
    if _are_pairs(got) is not None:
        return None
    assert isinstance(got, list)
    for number, (head, accepted) in enumerate(got):
        verdicts = SERVERS.verdicts(head)
        if verdicts != {accepted}:
            name = _name_example(number, len(got))
            note = _describe_disagreement(name, head, accepted, verdicts)
            question = (
                "Which row of the table of 4.5 does this head break? Its path and Origin do not count here."
            )
            must = "examples that the RFC settles, with its verdict"
            return Finding(note, must, question=question, came=Value(head))
    return None


def _disagreements(got: object) -> object:
    """What counts of examples when they are compared with a known mistake's: how they are wrong."""
    if _are_pairs(got) is not None:
        return _shapes(got)
    assert isinstance(got, list)
    wrong = [(head, accepted) for head, accepted in got if SERVERS.verdicts(head) != {accepted}]
    return sorted({(*_features(head), *_servers_that_say(accepted, head)) for head, accepted in wrong})


def _features(head: bytes) -> tuple[str, ...]:
    """What one sees of a head at a glance, so that only an example that shows a mistake is taken for it."""
    start, *lines = head.decode("latin-1").split("\r\n")
    names = sorted({line.partition(":")[0].lower() for line in lines if ":" in line})
    known = [name for name in names if name in KNOWN_HEADERS]
    spaced = all(": " in line for line in lines if line)
    return (_describe_end(head), start, *known, f"{len(names) > len(known)} {spaced}")


def _servers_that_say(accepted: bool, head: bytes) -> list[str]:
    """Name the wrong servers that agree with an example; how many verdicts right servers have comes first."""
    agree = [name for name, server in SERVERS.WRONG.items() if SERVERS.verdict(server, head) is accepted]
    return [f"{len(SERVERS.verdicts(head))} {accepted}", *agree]


def _describe_disagreement(name: str, head: bytes, accepted: bool, verdicts: set[bool | None]) -> str:
    if len(verdicts) > 1:
        said = "Right servers disagree about it: the RFC leaves it open."
    else:
        said = f"Right servers {'accept' if True in verdicts else 'refuse'} it."
    return f"{name} is marked {accepted}. {said}{_describe_end(head)}"


def _describe_end(head: bytes) -> str:
    if head.count(b"\n") != head.count(b"\r\n"):
        return " A line of it ends in LF without CR."
    return "" if head.endswith(b"\r\n\r\n") else " It has no empty line at its end."


def _expose(name: str) -> Callable[[object], Finding | None]:
    """Make the check that some example catches the wrong server of this name."""

    def check(got: object) -> Finding | None:
        if _are_pairs(got) is not None:
            return Finding("The examples can't be used yet.")
        assert isinstance(got, list)
        server = SERVERS.WRONG[name]
        settled = [pair for pair in got if SERVERS.verdicts(pair[0]) == {pair[1]}]
        if any(SERVERS.verdict(server, head) is not accepted for head, accepted in settled):
            return None
        return Finding(
            f"The wrong server {name} agrees with all of your examples.",
            "an example that this server gets wrong",
            question=server.__doc__ or "",
            came=f"{len(got)} examples" if len(got) > 1 else "1 example",
        )

    return check


for _name in SERVERS.WRONG:

    def _case(ask: Ask, name: str = _name) -> None:
        ask().holds(_expose(name), observe=lambda got: _expose(name)(got) is None)

    _case.__name__ = "exposes_" + _name.replace("-", "_")
    _case.__doc__ = f"Some example catches the wrong server {_name}."
    case("4.9")(_case)
