"""HTTP/1.1 heads: as much of RFC 9112 as a WebSocket handshake needs, and no more leniency than it allows.

A head is the start line, the header fields and the empty line that ends it. Reading is strict where leniency
has been used to smuggle requests, stricter in places than RFC 9112 asks of a reader: lines end in CR LF, no
empty line stands before the first, nothing is folded, no space stands before a colon. The size of a head, of
a line and the number of fields are bounded, so that no peer can make us hoard bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .types import HandshakeError, Headers, Request, Response

__all__ = [
    "MAX_FIELDS",
    "MAX_HEAD",
    "MAX_LINE",
    "format_response",
    "header_tokens",
    "list_elements",
    "parse_request_head",
    "parse_response_head",
    "take_head",
]

MAX_HEAD = 16_384  # bytes in a head, with the empty line
MAX_LINE = 8_192  # bytes in one line, without its CR LF
MAX_FIELDS = 100  # header lines

END_OF_HEAD = b"\r\n\r\n"

# token = 1*tchar (RFC 9110 section 5.6.2)
TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"

# request-line = method SP request-target SP HTTP-version (RFC 9112 section 3)
_REQUEST_LINE = re.compile(rf"({TOKEN}) ([!-~]+) (HTTP/[0-9]\.[0-9])")

# status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 section 4)
_STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-5][0-9][0-9]) ([\t -~\x80-\xff]*)")

# field-line = field-name ":" OWS field-value OWS (RFC 9112 section 5); no control byte but the tab
_FIELD_LINE = re.compile(rf"({TOKEN}):([\t -~\x80-\xff]*)")


def take_head(buffer: bytearray, *, response: bool = False) -> bytes | None:
    """Take one whole head off the front of what has arrived (RFC 9112 section 2.2).

    Arguments:
        buffer: the bytes received so far. The head is removed from it; what follows, the first frames
            perhaps, stays.
        response: whether it is the head of a response that is awaited.

    Returns:
        The head with the empty line that ends it, or None if that line has not arrived yet.

    Raises:
        HandshakeError: 400 as soon as a line ends without CR; when the head outgrows MAX_HEAD bytes, 414 if
            that is the request line's fault, else 431. For a response it is always 502.

    >>> buffer = bytearray(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\\x81\\x00")
    >>> take_head(buffer), bytes(buffer)
    (b'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n', b'\\x81\\x00')
    """
    end = buffer.find(END_OF_HEAD, 0, MAX_HEAD)
    size = min(len(buffer), MAX_HEAD) if end < 0 else end + len(END_OF_HEAD)
    if buffer.count(b"\n", 0, size) != buffer.count(b"\r\n", 0, size):
        raise HandshakeError(502 if response else 400, reason="a line of the head ends in LF without CR")
    if end >= 0:
        head = bytes(buffer[:size])
        del buffer[:size]
        return head
    if size < MAX_HEAD:
        return None
    too_large = 414 if buffer.find(b"\r\n", 0, MAX_LINE + 2) < 0 else 431
    raise HandshakeError(502 if response else too_large, reason=f"the head is longer than {MAX_HEAD} bytes")


def parse_request_head(head: bytes) -> Request:
    """Read the head of an HTTP request (RFC 9112 sections 2 to 5).

    Arguments:
        head: the bytes of the head, from the method to the empty line, that line included.

    Returns:
        The Request: method, target and version as they were spelled, and its Headers.

    Raises:
        HandshakeError: 400 if the head is malformed; 414 if the request line is longer than MAX_LINE; 431 if
            another line is, if there are more than MAX_FIELDS of them, or if the head is longer than
            MAX_HEAD; 505 if the HTTP version is not 1.x.

    >>> parse_request_head(b"GET /chat HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n").target
    '/chat'
    """
    start, fields = _split_head(head, malformed=400, too_large=431)
    if len(start) > MAX_LINE:
        raise HandshakeError(414, reason=f"the request line is longer than {MAX_LINE} bytes")
    match = _REQUEST_LINE.fullmatch(start)
    if match is None:
        raise HandshakeError(400, reason="the first line is not a request line of HTTP")
    method, target, version = match.groups()
    if not version.startswith("HTTP/1."):
        raise HandshakeError(505, reason=f"{version} is not HTTP/1.1")
    return Request(method, target, version, _parse_fields(fields, malformed=400, too_large=431))


def parse_response_head(head: bytes) -> Response:
    """Read the head of an HTTP response (RFC 9112 sections 2, 4 and 5).

    Arguments:
        head: the bytes of the head, from "HTTP/1.1" to the empty line, that line included.

    Returns:
        The Response: status, reason and Headers.

    Raises:
        HandshakeError: 502 if the head is malformed, not HTTP/1.x, or over the limits of this module, and if
            HTTP/1.0 says 101, which it can't.

    >>> parse_response_head(b"HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n").status
    101
    """
    start, fields = _split_head(head, malformed=502, too_large=502)
    match = _STATUS_LINE.fullmatch(start)
    if match is None or len(start) > MAX_LINE:
        raise HandshakeError(502, reason="the first line is not a status line of HTTP/1.x")
    minor, status, reason = match.groups()
    if (minor, status) == ("0", "101"):
        raise HandshakeError(502, reason="HTTP/1.0 knows no change of protocol")
    return Response(int(status), reason, _parse_fields(fields, malformed=502, too_large=502))


def list_elements(values: Iterable[str]) -> list[str]:
    """Split the values of a list header into its elements, as spelled (RFC 9110 section 5.6.1).

    Arguments:
        values: the value of each line of that header, as `Headers.get_all` gives them.

    Returns:
        The elements of all lines in order, white space trimmed, empty ones left out.

    >>> list_elements(["chat, superchat", "", "v2.Chat,"])
    ['chat', 'superchat', 'v2.Chat']
    """
    elements = (element.strip(" \t") for value in values for element in value.split(","))
    return [element for element in elements if element]


def header_tokens(values: list[str]) -> list[str]:
    """Split the values of a list header into its tokens, in lower case (RFC 9110 section 5.6.1).

    Use it for headers whose tokens match in any case, as those of Connection and Upgrade do.

    Arguments:
        values: the value of each line of that header, as `Headers.get_all` gives them.

    Returns:
        The tokens of all lines in order, white space trimmed, lower case, empty ones left out.

    >>> header_tokens(["keep-alive, Upgrade"])
    ['keep-alive', 'upgrade']
    """
    return [element.lower() for element in list_elements(values)]


def format_response(status: int, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    """Write a whole HTTP response (RFC 9112 sections 2.1 and 4).

    Arguments:
        status: the HTTP status code, such as 404. Its usual reason phrase is added.
        headers: (name, value) pairs, written in this order, without Content-Length: it is added, unless the
            status never has a body (1xx, 204 and 304).
        body: the bytes after the head.

    Returns:
        The bytes to send.

    Raises:
        ValueError: if the status has not three digits, if a header could not stand on one line or is
            Content-Length, or if a status without a body is given one.

    >>> format_response(404, [("Connection", "close")])
    b'HTTP/1.1 404 Not Found\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n'
    """
    if not 100 <= status <= 599:
        raise ValueError(f"not an HTTP status: {status}")
    fields = list(headers)
    for name, value in fields:
        if name.lower() == "content-length" or ":" in name or not _FIELD_LINE.fullmatch(f"{name}: {value}"):
            raise ValueError(f"not a header line: {name!r}: {value!r}")
    if status >= 200 and status not in (204, 304):
        fields.append(("Content-Length", str(len(body))))
    elif body:
        raise ValueError(f"a response with status {status} has no body")
    start = f"HTTP/1.1 {status} {_reason_phrase(status)}"
    lines = [f"{name}: {value}" for name, value in fields]
    return "\r\n".join([start, *lines, "", ""]).encode("latin-1") + body


def _reason_phrase(status: int) -> str:
    from http import HTTPStatus  # only here: it takes a tenth of all the time that importing minews takes

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _split_head(head: bytes, malformed: int, too_large: int) -> tuple[str, list[str]]:
    """Cut a whole head into its start line and field lines, each byte the character of the same number."""
    if len(head) > MAX_HEAD:
        raise HandshakeError(too_large, reason=f"the head is longer than {MAX_HEAD} bytes")
    if not head.endswith(END_OF_HEAD):
        raise HandshakeError(malformed, reason="no empty line ends the head")
    start, *fields = head[: -len(END_OF_HEAD)].decode("latin-1").split("\r\n")
    return start, fields


def _parse_fields(lines: list[str], malformed: int, too_large: int) -> Headers:
    """Read header lines; a folded one, an empty one or a stray CR or LF matches no field-line."""
    if len(lines) > MAX_FIELDS:
        raise HandshakeError(too_large, reason=f"the head has more than {MAX_FIELDS} header lines")
    pairs = []
    for line in lines:
        if len(line) > MAX_LINE:
            raise HandshakeError(too_large, reason=f"a header line is longer than {MAX_LINE} bytes")
        match = _FIELD_LINE.fullmatch(line)
        if match is None:
            raise HandshakeError(malformed, reason=f"not a header line: {line[:60]!r}")
        pairs.append((match[1], match[2]))
    return Headers(pairs)
