"""Examples that tell right implementations from wrong ones: the reader writes the tests."""

from __future__ import annotations

__all__ = ["examples_for_split", "handshake_examples"]

_GOOD = [
    "GET /chat HTTP/1.1",
    "Host: example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
]


def examples_for_split() -> list[tuple[list[bytes], list[bytes]]]:
    r"""Write examples that expose wrong splitters of length-prefixed messages (RFC 9293 section 2.2).

    A splitter receives the pieces of a stream one after the other, as `recv` would give them, and takes the
    messages out: 2 bytes of length, the high byte first, then the payload. Right splitters must agree with
    each of your examples; and each of the wrong ones must be caught by one of them: it gives other payloads,
    or breaks.

    Returns:
        A list of (pieces, payloads): the pieces in the order in which they arrive, none of them empty, and
        the payloads of all messages that are whole when the last piece has come. One example could be
        ([b"\x00\x02Hi"], [b"Hi"]).
    """
    hello, empty = _message(b"Hello"), _message(b"")
    binary, large = _message(b"\x00\xff\n "), _message(bytes(range(256)) * 2)
    three_messages = hello + empty + binary
    return [
        ([hello], [b"Hello"]),
        ([hello, binary], [b"Hello", b"\x00\xff\n "]),
        ([hello + binary], [b"Hello", b"\x00\xff\n "]),  # glued
        ([hello[:1], hello[1:]], [b"Hello"]),  # cut inside the length
        ([hello[:4], hello[4:]], [b"Hello"]),  # cut inside the payload
        ([hello + binary[:3], binary[3:]], [b"Hello", b"\x00\xff\n "]),
        ([hello + binary[:3]], [b"Hello"]),  # the last message is not whole
        ([empty + hello], [b"", b"Hello"]),
        ([large], [large[2:]]),
        ([three_messages[at : at + 1] for at in range(len(three_messages))], [b"Hello", b"", b"\x00\xff\n "]),
    ]


def _message(payload: bytes) -> bytes:
    """Put the length in front of a payload."""
    return len(payload).to_bytes(2, "big") + payload


def handshake_examples() -> list[tuple[bytes, bool]]:
    """Write examples that expose wrong servers (RFC 6455 section 4.2.1).

    Each example is the head of a request and what a right server does with it. Right servers must all agree
    with each of your examples, so leave out what the RFC leaves open; and each of the wrong servers must be
    caught by one of them: it accepts what it must refuse, refuses what it must accept, or breaks.

    Returns:
        A list of (request, accepted): the bytes of a head with the empty line that ends it, and True if a
        server must accept it as an opening handshake, False if it must refuse it.
    """
    return [
        (_request(), True),
        (_request(Connection="keep-alive, Upgrade"), True),
        (_request(Connection="upgrade", Upgrade="WebSocket"), True),
        (_request(Cookie="lang=en: Upgrade; websocket"), True),
        (_request(Sec_WebSocket_Key="AQIDBAUGBwgJCgsMDQ4PEC=="), True),
        (_request(X_Unknown="anything"), True),
        (_request(Host="example.com:9001"), True),
        (_request().replace(b": ", b":"), True),  # the space behind the colon is optional
        (_request().replace(b"GET", b"POST"), False),
        (_request().replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (_request(Host=None), False),
        (_request(Upgrade=None), False),
        (_request(Upgrade="not-websocket"), False),
        (_request(Connection="keep-alive", Cookie="Connection: Upgrade"), False),
        (_request(Connection="close, not-upgrade"), False),
        (_request(Sec_WebSocket_Version="8"), False),
        (_request(Sec_WebSocket_Version=None), False),
        (_request(Sec_WebSocket_Key=None), False),
        (_request(Sec_WebSocket_Key="c2hvcnQ="), False),
        (_request(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25j!Q=="), False),
        (_request(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAAAA"), False),
        (_request(_GOOD[4]), False),  # the key twice
    ]


def _request(*more: str, **changes: str | None) -> bytes:
    """Write a good request with `more` lines and some headers changed, added or (None) left out."""
    start, *fields = _GOOD
    headers = dict(field.split(": ", 1) for field in fields)
    for name, value in changes.items():
        headers[name.replace("_", "-")] = value or ""
        if value is None:
            del headers[name.replace("_", "-")]
    lines = [start, *(f"{name}: {value}" for name, value in headers.items()), *more]
    return "\r\n".join([*lines, "", ""]).encode()
