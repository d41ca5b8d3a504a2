"""The opening handshake: heads that must be taken, and heads that must not (RFC 6455 section 4, RFC 9112)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

CATEGORY = 14
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455 section 1.3
REQUEST = (
    "GET / HTTP/1.1",
    "Host: {host}",
    "Upgrade: websocket",
    "Connection: Upgrade",
    f"Sec-WebSocket-Key: {KEY}",
    "Sec-WebSocket-Version: 13",
)
RESPONSE = (
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: {accept}",
)
ENDLESS = "X-Endless: " + "a" * (1 << 18)


@dataclass(frozen=True, slots=True)
class Opening:
    """One head that the tester sends, and whether the endpoint must take it."""

    id: str
    title: str
    role: str  # of the endpoint
    head: str  # {host} and {accept} are filled in
    opens: bool
    status: int = 0  # a server that refuses must say this; 0: any that is no 2xx or 3xx
    must_name: str = ""  # a field that the refusal must carry
    either: bool = False  # whether taking it all the same is non-strict only
    cut: int = 0  # sent in pieces of so many bytes
    at_once: bool = False  # the first frame comes in one piece with the head
    slow: bool = False
    category: int = CATEGORY


def lines(base: tuple[str, ...], changes: dict[str, str | None], more: tuple[str, ...]) -> str:
    """Write a head with lines changed, left out (None) or added; "" names the first line."""
    made = []
    for line in base:
        name = line.partition(":")[0] if ": " in line else ""
        changed = changes.get(name, line)
        made += [] if changed is None else [changed]
    return "\r\n".join([*made, *more, "", ""])


def server(
    number: str, title: str, changes: dict[str, str | None] | None = None, *more: str, **how: object
) -> Opening:
    head = lines(REQUEST, changes or {}, more)
    return Opening(f"14.{number}", title, "server", head, number.startswith("2"), **how)  # type: ignore[arg-type]


def client(
    number: str, title: str, changes: dict[str, str | None] | None = None, *more: str, **how: object
) -> Opening:
    head = lines(RESPONSE, changes or {}, more)
    return Opening(f"14.{number}", title, "client", head, number.startswith("4"), **how)  # type: ignore[arg-type]


def rewritten(opening: Opening, change: Callable[[str], str]) -> Opening:
    """Return a case with its whole head changed."""
    return Opening(
        opening.id, opening.title, opening.role, change(opening.head), opening.opens, either=opening.either
    )


VERSION, KEY_FIELD, ACCEPT = "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Accept"

OPENINGS: tuple[Opening, ...] = (
    # 1: what a server must refuse
    server("1.1", "Another version is refused with 426 and the one that is spoken",
           {VERSION: f"{VERSION}: 12"}, status=426, must_name="sec-websocket-version"),
    server("1.2", "A request without a version is refused", {VERSION: None}),
    server("1.3", "A request without a key is refused", {KEY_FIELD: None}),
    server("1.4", "A key of 15 bytes is refused", {KEY_FIELD: f"{KEY_FIELD}: dGhlIHNhbXBsZSBub25j"}),
    server("1.5", "A key not in base64 is refused", {KEY_FIELD: f"{KEY_FIELD}: not base64 at all, no no"}),
    server("1.6", "Two keys are refused", {}, f"{KEY_FIELD}: {KEY}"),
    server("1.7", "A request without Upgrade is refused", {"Upgrade": None}),
    server("1.8", "An Upgrade to something else is refused", {"Upgrade": "Upgrade: h2c"}),
    server("1.9", "A request without Connection is refused", {"Connection": None}),
    server("1.10", "A Connection without upgrade is refused", {"Connection": "Connection: keep-alive"}),
    server("1.11", "POST is refused", {"": "POST / HTTP/1.1"}),
    server("1.12", "HTTP/1.0 is refused", {"": "GET / HTTP/1.0"}),
    server("1.13", "A request without Host is refused with 400", {"Host": None}, status=400),
    server("1.14", "Two Hosts are refused with 400", {}, "Host: another.example", status=400),
    server("1.15", "A space before a colon is refused with 400", {}, "X-Space : a", status=400),
    server("1.16", "A folded line is refused", {}, "X-Folded: a", " b", either=True),
    server("1.17", "A control byte in a value is refused", {}, "X-Zero: a\0b", either=True),
    server("1.18", "A subprotocol offered twice is refused", {}, "Sec-WebSocket-Protocol: a, a", either=True),
    rewritten(server("1.19", "Lines that end in LF alone are refused", either=True),
              lambda head: head.replace("\r\n", "\n")),
    server("1.20", "A head without end is refused", {}, ENDLESS),
    server("1.21", "What is no HTTP is refused", {"": "\x16\x03\x01\x02\x00\x01"}),
    # 2: what a server must take
    server("2.1", "Names of fields, and tokens, match in any case",
           {"Upgrade": "uPGRADE: WebSocket", "Connection": "cOnnection: UPGRADE"}),
    server("2.2", "Connection is a list", {"Connection": "Connection: keep-alive, , Upgrade"}),
    server("2.3", "Upgrade is a list", {"Upgrade": "Upgrade: h2c, websocket"}),
    server("2.4", "The head may come byte by byte", cut=1),
    server("2.5", "The first frame may come in one piece with the head", at_once=True),
    server("2.6", "Fields and extensions that nobody knows are ignored",
           {}, "X-Unknown: {{}}", "Sec-WebSocket-Extensions: x-unknown; a=1"),
    server("2.7", "A subprotocol that nobody speaks is not chosen", {}, "Sec-WebSocket-Protocol: x-unknown"),
    server("2.8", "White space around a value does not count", {VERSION: f"{VERSION}:\t 13 \t"}),
    server("2.9", "The target may be a whole URL", {"": "GET http://{host}/ HTTP/1.1"}),
    # 3: what a client must refuse
    client("3.1", "200 is no agreement", {"": "HTTP/1.1 200 OK"}),
    client("3.2", "404 is no agreement", {"": "HTTP/1.1 404 Not Found"}),
    client("3.3", "A wrong accept value is refused", {ACCEPT: f"{ACCEPT}: AAAAAAAAAAAAAAAAAAAAAAAAAAA="}),
    client("3.4", "An answer without an accept value is refused", {ACCEPT: None}),
    client("3.5", "An accept value in small letters is refused", {ACCEPT: f"{ACCEPT}: {{small}}"}),
    client("3.6", "Two accept values are refused", {}, f"{ACCEPT}: AAAA", either=True),
    client("3.7", "An answer without Upgrade is refused", {"Upgrade": None}),
    client("3.8", "An Upgrade to something else is refused", {"Upgrade": "Upgrade: h2c"}),
    client("3.9", "An answer without Connection is refused", {"Connection": None}),
    client("3.10", "A Connection without upgrade is refused", {"Connection": "Connection: close"}),
    client("3.11", "An extension not asked for is refused", {}, "Sec-WebSocket-Extensions: x-unasked"),
    client("3.12", "A subprotocol not asked for is refused", {}, "Sec-WebSocket-Protocol: x-unasked"),
    client("3.13", "HTTP/1.0 cannot change the protocol", {"": "HTTP/1.0 101 Switching"}, either=True),
    client("3.14", "What is no HTTP is refused", {"": "SSH-2.0-OpenSSH"}),
    client("3.15", "A space before a colon is refused", {}, "X-Space : a", either=True),
    client("3.16", "A head without end is refused", {}, ENDLESS),
    # 4: what a client must take
    client("4.1", "Names of fields, and tokens, match in any case",
           {"Upgrade": "uPGRADE: WebSocket", "Connection": "cOnnection: UPGRADE"}),
    client("4.2", "Connection is a list", {"Connection": "Connection: keep-alive, , Upgrade"}),
    client("4.3", "The head may come byte by byte", cut=1),
    client("4.4", "The first frame may come in one piece with the head", at_once=True),
    client("4.5", "Fields that nobody knows are ignored", {}, "X-Unknown: {{}}"),
    client("4.6", "The reason phrase may be empty", {"": "HTTP/1.1 101 "}),
)  # fmt: skip
