"""The opening handshake, from both ends (RFC 6455 section 4).

The client draws a random key and asks to change the language; the server proves that it understood by sending
back a digest of that key and a fixed text. Nothing here touches a socket: heads go in, heads come out.

    client   make_key, parse_ws_url, build_client_handshake, check_server_handshake
    server   check_client_handshake, choose_subprotocol, build_server_handshake, and accept_client,
             which puts the three together; refuse writes the answer to a handshake that failed
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv6Address

from .http import format_response, header_tokens, list_elements
from .types import HandshakeError, Request, Response, WsUrl

__all__ = [
    "GUID",
    "accept_client",
    "accept_value",
    "build_client_handshake",
    "build_server_handshake",
    "check_client_handshake",
    "check_server_handshake",
    "choose_subprotocol",
    "make_key",
    "parse_ws_url",
    "refuse",
]

# The magic string: the same on every WebSocket server in the world (RFC 6455 section 1.3).
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

# 16 bytes in base64 are 22 letters and two signs of padding (RFC 6455 section 4.3, base64-value-non-empty).
# The last letter has 4 spare bits, which the RFC's own example does not set to zero (erratum 3150).
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")

# token (RFC 9110 section 5.6.2): what a subprotocol's name is made of. It stands in http, too: an exercise
# carries with it whatever it needs.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# One line of a head: it holds no line end and no other control byte but the tab.
_LINE = re.compile(r"[\t -~\x80-\xff]+")

# pchar (RFC 3986 section 3.3)
_PCHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"

# host = IP-literal / IPv4address / reg-name (RFC 3986 section 3.2.2)
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)"

# ws-URI  = "ws:"  "//" host [ ":" port ] path [ "?" query ]
# wss-URI = "wss:" "//" host [ ":" port ] path [ "?" query ]     (RFC 6455 section 3)
_WS_URL = re.compile(
    rf"""(?P<scheme> [Ww][Ss][Ss]? ) ://
         (?P<host> {_HOST} )
         (?: : (?P<port> [0-9]* ) )?
         (?P<path> (?: / {_PCHAR}* )* )
         (?: \? (?P<query> (?: {_PCHAR} | [/?] )* ) )?""",
    re.VERBOSE,
)

# Host = uri-host [ ":" port ] (RFC 9110 section 7.2)
_AUTHORITY = re.compile(rf"{_HOST}(?::[0-9]*)?")

# request-target = origin-form / absolute-form (RFC 9112 section 3.2): a path, or a whole http URL around it.
# Path and query hold what browsers leave as it is, which is more than RFC 3986 allows.
_TARGET = re.compile(
    rf"(?:[Hh][Tt][Tt][Pp][Ss]?://{_AUTHORITY.pattern}|(?=/))(?P<path>(?:/[!-\"$->@-~]*)?)(?:\?[!-\"$-~]*)?"
)

_DEFAULT_PORTS = {False: 80, True: 443}  # by "is it secure" (RFC 6455 section 3)


def make_key(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """Draw the key with which a client opens one connection (RFC 6455 section 4.1, point 7).

    Arguments:
        random_bytes: a function that takes a number n and returns n random bytes. Call it once for each
            key; tests pass one of their own.

    Returns:
        16 random bytes in base64: a str of 24 characters, the value of Sec-WebSocket-Key.

    >>> make_key(lambda n: b"the sample nonce"[:n])
    'dGhlIHNhbXBsZSBub25jZQ=='
    """
    return base64.b64encode(random_bytes(16)).decode("ascii")


def accept_value(key: str) -> str:
    """Compute what a server answers to a client's key (RFC 6455 section 4.2.2, point 5.4).

    Take the key as the text that it is, put the magic string 258EAFA5-E914-47DA-95CA-C5AB0DC85B11 after it,
    compute the SHA-1 digest of the two (20 bytes), and write that digest in base64.

    Arguments:
        key: the value of Sec-WebSocket-Key, a str, just as it came.

    Returns:
        The value of Sec-WebSocket-Accept: a str of 28 characters.

    Raises:
        ValueError: if the key has a character that is not ASCII.

    >>> accept_value("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    # The digest guards no secret, so it is allowed where SHA-1 is banned for security.
    digest = hashlib.sha1((key + GUID).encode("ascii"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def parse_ws_url(url: str) -> WsUrl:
    """Take a WebSocket URL apart (RFC 6455 section 3).

    Arguments:
        url: such as "ws://example.com/chat" or "wss://[::1]:9001/?room=1".

    Returns:
        A WsUrl: secure (True for wss), host (without brackets), port (80 for ws and 443 for wss if the URL
        names none) and resource_name (the path, "/" if it is empty, then "?" and the query if there is one).

    Raises:
        ValueError: if the scheme is neither ws nor wss (in any case), the host is empty, the port is not a
            number from 1 to 65535, there is a fragment ("#..."), a user name ("user@"), or a character that
            no URL may hold.

    >>> parse_ws_url("wss://example.com/chat?room=1")
    WsUrl(secure=True, host='example.com', port=443, resource_name='/chat?room=1')
    """
    match = _WS_URL.fullmatch(url)
    if match is None:
        raise ValueError(f"not a ws or wss URL: {url!r}")
    secure = match["scheme"].lower() == "wss"
    host = match["host"].lower()
    if host.startswith("["):
        host = str(IPv6Address(host[1:-1]))
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS[secure]
    if not 1 <= port <= 65_535:
        raise ValueError(f"not a port: {port}")
    query = f"?{match['query']}" if match["query"] else ""
    return WsUrl(secure, host, port, (match["path"] or "/") + query)


def build_client_handshake(
    url: WsUrl, key: str, *, origin: str | None = None, subprotocols: Sequence[str] = ()
) -> bytes:
    """Write the request that asks a server to change to WebSocket (RFC 6455 section 4.1).

    The request line says GET, the resource name and HTTP/1.1. The headers are Host (with the port, unless it
    is the default one of the scheme; an IPv6 address in brackets), Upgrade, Connection, Sec-WebSocket-Key and
    Sec-WebSocket-Version: 13. Every line ends in CR LF, and an empty line ends the head.

    Arguments:
        url: where to connect, as `parse_ws_url` returns it.
        key: the value of Sec-WebSocket-Key, as `make_key` returns it.
        origin: the value of Origin, which browsers send; None leaves the header out.
        subprotocols: names to offer, the best first, in one Sec-WebSocket-Protocol header, with ", " between
            them; if there are none, the header is left out.

    Returns:
        The bytes to send.

    Raises:
        ValueError: if a subprotocol is named twice or is not a token (RFC 6455 section 4.1, point 10), or if
            an argument would break out of its line.

    >>> url = WsUrl(secure=False, host="example.com", port=80, resource_name="/chat")
    >>> build_client_handshake(url, "dGhlIHNhbXBsZSBub25jZQ==").splitlines()[:2]
    [b'GET /chat HTTP/1.1', b'Host: example.com']
    """
    if len(set(subprotocols)) < len(subprotocols) or not all(map(_TOKEN.fullmatch, subprotocols)):
        raise ValueError(f"subprotocols are different tokens, not {subprotocols!r}")
    host = f"[{url.host}]" if ":" in url.host else url.host
    if url.port != _DEFAULT_PORTS[url.secure]:
        host = f"{host}:{url.port}"
    lines = [
        f"GET {url.resource_name} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    if origin is not None:
        lines.append(f"Origin: {origin}")
    if subprotocols:
        lines.append(f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}")
    return _encode_head(lines)


def check_client_handshake(request: Request) -> str:
    """Decide, at the server, whether a request is a proper opening handshake (RFC 6455 section 4.2.1).

    It must be a GET of HTTP/1.1 or later with one Host header, "websocket" among the tokens of Upgrade and
    "upgrade" among those of Connection (both in any case), one Sec-WebSocket-Version, 13, and one
    Sec-WebSocket-Key that is 16 bytes in base64. Headers that you do not know are ignored. (The reference
    refuses a request with a body, too; here that is up to you.)

    Arguments:
        request: the head of the request.

    Returns:
        The key: the value of Sec-WebSocket-Key.

    Raises:
        HandshakeError: 405 for another method; 426 with the header ("Sec-WebSocket-Version", "13") for
            another version; 426 without Upgrade: websocket; 400 for all else.

    >>> from minews import parse_request_head
    >>> check_client_handshake(parse_request_head(b"POST /chat HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"))
    Traceback (most recent call last):
    minews.types.HandshakeError: 405 a handshake is a GET request, not POST
    """
    headers = request.headers
    if request.method != "GET":
        raise HandshakeError(405, [("Allow", "GET")], f"a handshake is a GET request, not {request.method}")
    if request.version < "HTTP/1.1":  # one digit on either side of the dot: they compare as text
        raise HandshakeError(400, reason=f"a handshake takes HTTP/1.1, not {request.version}")
    if len(headers.get_all("Host")) != 1:
        raise HandshakeError(400, reason="a request has one Host header")
    if "Transfer-Encoding" in headers or set(headers.get_all("Content-Length")) - {"0"}:
        raise HandshakeError(400, reason="a handshake has no body")
    if "websocket" not in header_tokens(headers.get_all("Upgrade")):
        raise HandshakeError(426, reason="Upgrade does not name websocket")
    if "upgrade" not in header_tokens(headers.get_all("Connection")):
        raise HandshakeError(400, reason="Connection does not name Upgrade")
    versions = headers.get_all("Sec-WebSocket-Version")
    if len(versions) != 1:
        raise HandshakeError(400, reason="a handshake has one Sec-WebSocket-Version header")
    if versions != ["13"]:
        # Section 4.4: say which versions would be welcome.
        welcome = [("Sec-WebSocket-Version", "13")]
        raise HandshakeError(426, welcome, f"version 13 is spoken here, not {versions[0]}")
    keys = headers.get_all("Sec-WebSocket-Key")
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise HandshakeError(400, reason="Sec-WebSocket-Key is not one header with 16 bytes in base64")
    return keys[0]


def choose_subprotocol(offered: Sequence[str], supported: Sequence[str]) -> str | None:
    """Choose, at the server, the one subprotocol to speak (RFC 6455 section 4.2.2, point 4).

    Arguments:
        offered: the names in the client's Sec-WebSocket-Protocol, the client's favourite first.
        supported: the names that the server can speak.

    Returns:
        One name that stands in both, or None if there is none. Names are compared as they are spelled. Where
        several are possible, you choose: the reference takes the one that the client likes best.

    >>> choose_subprotocol(["chat", "superchat"], ["superchat"])
    'superchat'
    """
    return next((name for name in offered if name in supported), None)


def build_server_handshake(key: str, subprotocol: str | None = None) -> bytes:
    """Write the response with which a server agrees to change to WebSocket (RFC 6455 section 4.2.2, point 5).

    The status line says HTTP/1.1 101 Switching Protocols. The headers are Upgrade: websocket, Connection:
    Upgrade, and Sec-WebSocket-Accept with the accept value for the key. Every line ends in CR LF, and an
    empty line ends the head.

    Arguments:
        key: the client's key.
        subprotocol: the name chosen, for Sec-WebSocket-Protocol; None leaves the header out. (The reference
            refuses a name that would break out of its line with ValueError; here that is up to you.)

    Returns:
        The bytes to send.

    >>> build_server_handshake("dGhlIHNhbXBsZSBub25jZQ==").splitlines()[3]
    b'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_value(key)}",
    ]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return _encode_head(lines)


def check_server_handshake(response: Response, key: str, offered: Sequence[str] = ()) -> str | None:
    """Decide, at the client, whether the server agreed to change to WebSocket (RFC 6455 section 4.1).

    The status must be 101, Upgrade must be "websocket" (in any case), "upgrade" must stand among the tokens
    of Connection (in any case), and there must be one Sec-WebSocket-Accept, the accept value for the key. We
    asked for no extension, so there must be no Sec-WebSocket-Extensions. If there is a
    Sec-WebSocket-Protocol, it must be one of the names that we offered, and one only.

    Arguments:
        response: the head of the response.
        key: the key that the client sent.
        offered: the subprotocols that the client offered.

    Returns:
        The subprotocol that the server chose, or None if it chose none.

    Raises:
        HandshakeError: with the response's status, if anything is not as it must be.

    >>> from minews import parse_response_head
    >>> response = parse_response_head(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
    >>> check_server_handshake(response, "dGhlIHNhbXBsZSBub25jZQ==")
    Traceback (most recent call last):
    minews.types.HandshakeError: 200 the server answered 200 OK, not 101
    """
    headers = response.headers
    chosen = headers.get_all("Sec-WebSocket-Protocol")
    if response.status != 101:
        problem = f"the server answered {response.status} {response.reason}, not 101"
    elif header_tokens(headers.get_all("Upgrade")) != ["websocket"]:
        problem = "Upgrade is not websocket"
    elif "upgrade" not in header_tokens(headers.get_all("Connection")):
        problem = "Connection does not name Upgrade"
    elif headers.get_all("Sec-WebSocket-Accept") != [accept_value(key)]:
        problem = "Sec-WebSocket-Accept is not the accept value for the key"
    elif "Sec-WebSocket-Extensions" in headers:
        problem = "the server uses an extension that nobody asked for"
    elif chosen and (len(chosen) > 1 or chosen[0] not in offered):
        problem = "the server chose a subprotocol that nobody offered"
    else:
        return chosen[0] if chosen else None
    raise HandshakeError(response.status, reason=problem)


def accept_client(
    request: Request, *, resource_names: Collection[str] | None = None, subprotocols: Sequence[str] = ()
) -> tuple[bytes, str | None]:
    """Carry out the server's whole part of the handshake (RFC 6455 section 4.2.2).

    Arguments:
        request: the head of the request.
        resource_names: the targets that exist here, such as ["/chat"]; the query of a target does not count.
            None means that every target exists.
        subprotocols: the names that this server can speak.

    Returns:
        The response to send, and the subprotocol chosen or None.

    Raises:
        HandshakeError: 404 for an unknown resource name, else what `check_client_handshake` says, and 400 for
            a Host, a target or an offer of subprotocols that is malformed. `refuse` turns it into an answer.

    >>> from minews import parse_request_head
    >>> url = WsUrl(secure=False, host="example.com", port=80, resource_name="/chat")
    >>> request = parse_request_head(build_client_handshake(url, make_key(), subprotocols=["chat"]))
    >>> accept_client(request, subprotocols=["superchat", "chat"])[1]
    'chat'
    """
    key = check_client_handshake(request)
    if not _AUTHORITY.fullmatch(request.headers.get_all("Host")[0]):
        raise HandshakeError(400, reason="Host names no host")
    target = _TARGET.fullmatch(request.target)
    if target is None:
        raise HandshakeError(400, reason="the request target names no resource")
    path = target["path"] or "/"
    if resource_names is not None and path not in resource_names:
        raise HandshakeError(404, reason=f"nothing is served at {path}")
    offered = list_elements(request.headers.get_all("Sec-WebSocket-Protocol"))
    if len(set(offered)) < len(offered) or not all(map(_TOKEN.fullmatch, offered)):
        raise HandshakeError(400, reason="Sec-WebSocket-Protocol is not a list of different tokens")
    chosen = choose_subprotocol(offered, subprotocols)
    return build_server_handshake(key, chosen), chosen


def refuse(error: HandshakeError) -> bytes:
    """Write the HTTP response that tells a client why its handshake failed (RFC 6455 section 4.2.2).

    Whoever sends it closes the connection after it (section 7.2.2).

    Arguments:
        error: what a server found wrong: its status is 4xx or 5xx. Its reason becomes the body, as a line of
            text.

    Returns:
        The whole response, ready to send.

    Raises:
        ValueError: if the error's headers could not be written.

    >>> refuse(HandshakeError(404, reason="nothing is served at /nope")).split(b"\\r\\n")[0]
    b'HTTP/1.1 404 Not Found'
    """
    headers = [("Connection", "close"), ("Content-Type", "text/plain; charset=utf-8"), *error.headers]
    if error.status == 426:
        # RFC 9110 section 15.5.22: a 426 names the protocol to change to.
        headers += [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    return format_response(error.status, headers, f"{error.reason}\n".encode())


def _encode_head(lines: list[str]) -> bytes:
    """End each line with CR LF and the head with an empty line (RFC 9112 section 2.1)."""
    for line in lines:
        if not _LINE.fullmatch(line):
            raise ValueError(f"not one line of a head: {line!r}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
