"""Your own minews.handshake: the exercises of lesson 4.

This file is yours, and nothing overwrites what you write.
Each exercise has its region, from its `# %% exercise` line to the next one. Running the exercise's cell in
the notebook saves your code here. You can as well write here: `python3 -m classroom check 4.1` tests it.
"""

import base64
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address

from minews.http import header_tokens
from minews.types import HandshakeError, Request, Response, WsUrl


# %% exercise 4.1 make_key
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
    raise NotImplementedError("exercise 4.1")


# %% exercise 4.2 accept_value
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
    raise NotImplementedError("exercise 4.2")


# %% exercise 4.3 parse_ws_url
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
    raise NotImplementedError("exercise 4.3")


# %% exercise 4.4 build_client_handshake
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
    raise NotImplementedError("exercise 4.4")


# %% exercise 4.5 check_client_handshake
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
    raise NotImplementedError("exercise 4.5")


# %% exercise 4.6 choose_subprotocol
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
    raise NotImplementedError("exercise 4.6")


# %% exercise 4.7 build_server_handshake
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
    raise NotImplementedError("exercise 4.7")


# %% exercise 4.8 check_server_handshake
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
    raise NotImplementedError("exercise 4.8")
