"""Heads for these tests: good ones, good ones with one thing changed, and good ones that are spoilt."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from minews import HandshakeError, Request, Response, parse_request_head, parse_response_head

# The key of RFC 6455 section 1.3, and the accept value that the RFC gives for it.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

REQUEST = {
    "Host": "example.com",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
RESPONSE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": ACCEPT}

Changes = dict[str, str | None]


def request_head(changes: Changes | None = None, *more: str, start: str = "GET /chat HTTP/1.1") -> bytes:
    """Write a good request head with some fields changed, added or (None) left out, then `more` lines."""
    return _head(start, REQUEST | (changes or {}), more)


def response_head(
    changes: Changes | None = None, *more: str, start: str = "HTTP/1.1 101 Switching Protocols"
) -> bytes:
    """Write a good response head, changed in the same way."""
    return _head(start, RESPONSE | (changes or {}), more)


def good_request(changes: Changes | None = None, *more: str, start: str = "GET /chat HTTP/1.1") -> Request:
    return parse_request_head(request_head(changes, *more, start=start))


def good_response(
    changes: Changes | None = None, *more: str, start: str = "HTTP/1.1 101 Switching Protocols"
) -> Response:
    return parse_response_head(response_head(changes, *more, start=start))


def _head(start: str, fields: Changes, more: tuple[str, ...]) -> bytes:
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([start, *lines, *more, "", ""]).encode("latin-1")


def refusal(call, *arguments, **options):
    """Return the HandshakeError that a call must end in."""
    with pytest.raises(HandshakeError) as caught:
        call(*arguments, **options)
    assert caught.value.reason, "a refusal says what was wrong"
    return caught.value


# What a hostile peer slips into a head.
POISON = [
    *(
        b"\0",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b" ",
        b"\t",
        b":",
        b",",
        b";",
        b"#",
        b"\x7f",
        b"\x80",
        b"\xff",
    ),
    *(b"\r\n folded", b"\r\nHost: b", b"\r\nContent-Length: 0", b"\r\nContent-Length: 5"),
    *(b"\r\nTransfer-Encoding: chunked", b"\r\nX-Space : y", b"\r\nConnection: close", b"A" * 8_192),
]


@st.composite
def spoilt(draw: st.DrawFn, heads: list[bytes]) -> bytes:
    """Draw a head with one to four changes: poison put in, bytes taken out, repeated or replaced."""
    head = draw(st.sampled_from(heads))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(head)))
        end = draw(st.integers(start, min(start + 40, len(head))))
        put_in = draw(st.sampled_from(POISON) | st.binary(max_size=4))
        middle = draw(st.sampled_from([head[start:end] + put_in, put_in, b"", head[start:end] * 2]))
        head = head[:start] + middle + head[end:]
    return head


def any_bytes(*heads: bytes) -> st.SearchStrategy[bytes]:
    """Draw bytes without sense, the heads given, and these heads spoilt."""
    return st.binary() | st.sampled_from(heads) | spoilt(list(heads))


TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
tokens = st.text(TCHAR, min_size=1, max_size=12)
