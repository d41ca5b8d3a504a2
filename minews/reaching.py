"""A client's way to a server that agrees: through a proxy, with TLS, redirect after redirect.

The way is written once, as a coroutine that waits nowhere but in its `Wire`: `aio` brings one that asyncio
waits for, `sync` one that blocks, with which the coroutine runs to its end at one go.
"""

from __future__ import annotations

import base64
import random
import ssl
from dataclasses import replace
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from .closing import reconnect_delays
from .handshake import make_key, parse_ws_url
from .http import parse_response_head
from .limits import Limits
from .opening import Agreement, ClientOptions, check_answer, refusal_by, take_head_within, write_request
from .types import HandshakeError, Response, WsUrl

__all__ = ["Attempts", "Wire", "open_client", "proxy_connect_request"]

MAX_REDIRECTS = 5
MAX_INTERIM = 8  # responses before the final one
CREDENTIALS = {"authorization", "cookie", "proxy-authorization"}  # headers for one server only


class Wire:
    """What `open_client` needs of a driver. No function waits for longer than the opening may take.

    Attributes:
        tls: the context for wss that the user gave, or None.
        received: what has come on the last connection, and nobody took yet.
        waits_for: what it waits for, for people.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls, self.received, self.waits_for = tls, bytearray(), "the connection"

    async def dial(self, host: str, port: int) -> None:
        """Connect, and end what there was before."""

    async def start_tls(self, host: str) -> None:
        """Begin TLS with a host."""

    async def send(self, data: bytes) -> None:
        """Send some bytes."""

    async def receive(self) -> None:
        """Wait until more is received. Raises EOFError if no more can come."""

    def late(self, limits: Limits) -> TimeoutError:
        """Return the error that says what was waited for in vain."""
        return TimeoutError(f"{self.waits_for} did not come within {limits.open_time} seconds")


async def open_client(
    wire: Wire, url: str, options: ClientOptions | None, max_head: int, proxy: str | None
) -> Agreement:
    """Open a connection, through a proxy and over redirects if need be (section 4.1).

    Where a redirect leads to another scheme, host or port, Authorization, Cookie and Proxy-Authorization are
    left out from there on. All else that the options hold is sent there, too.

    Arguments:
        wire: what reaches the server; afterwards `received` has the first frames, perhaps.
        url, options, proxy: as for `connect`.
        max_head: bytes in the head of a response.

    Raises:
        ValueError: if a URL is none, or has a name that no host can have, or an option would break out of its
            line; if there is a TLS context, but the URL is of ws, where nothing is encrypted.
        HandshakeError: if server or proxy do not agree, or after MAX_REDIRECTS or MAX_INTERIM.
    """
    where, options = _parse_url(url), options or ClientOptions()
    if wire.tls is not None and not where.secure:
        raise ValueError("a TLS context is for wss: what goes to a ws URL is not encrypted")
    for _ in range(MAX_REDIRECTS + 1):
        key = make_key()
        request = write_request(where, key, options)
        await _reach(wire, where, max_head, proxy)
        head, response = await _ask(wire, request, max_head, "the server's answer")
        moved = _follow_redirect(where, response)
        if moved is None:
            return check_answer(head, key, options)
        if replace(moved, resource_name="") != replace(where, resource_name=""):
            safe = [pair for pair in options.headers if pair[0].lower() not in CREDENTIALS]
            options = replace(options, headers=safe)
        where = moved
    raise refusal_by(response, f"there are more than {MAX_REDIRECTS} redirects")


def proxy_connect_request(where: WsUrl, proxy: str = "") -> bytes:
    """Write the request that asks a proxy for a way through (section 4.1; RFC 9110 section 9.3.6).

    Arguments:
        where: the server to get through to.
        proxy: the URL of the proxy; if it holds a name and a password, they are sent (RFC 7617).

    >>> proxy_connect_request(parse_ws_url("wss://example.com/chat"))
    b'CONNECT example.com:443 HTTP/1.1\\r\\nHost: example.com:443\\r\\n\\r\\n'
    """
    host = f"[{where.host}]:{where.port}" if ":" in where.host else f"{where.host}:{where.port}"
    lines = [f"CONNECT {host} HTTP/1.1", f"Host: {host}"]
    parts = urlsplit(proxy)
    if parts.username is not None:
        words = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(words).decode()}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Attempts:
    """When to come back to a server that could not be reached, or has left (section 7.2.3).

    >>> attempts = Attempts(random.Random(1))
    >>> [round(attempts.delay_after(error), 1) for error in (OSError(), HandshakeError(503), None)]
    [0.7, 8.5, 3.8]
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        """Begin. `rng` is where the delays come from."""
        self._rng = rng or random.Random()
        self._delays = reconnect_delays(self._rng)

    def delay_after(self, error: Exception | None) -> float:
        """Return the seconds to wait before the next attempt: random, and growing until one succeeds.

        Arguments:
            error: what `connect` raised; None if it succeeded. It is raised if waiting would not help: a
                certificate that is not to be trusted, or an answer other than 408, 429 and 5xx.
        """
        if error is None:
            self._delays = reconnect_delays(self._rng)
        elif isinstance(error, HandshakeError):
            if error.status < 500 and error.status not in (408, 429):
                raise error
        elif isinstance(error, ssl.SSLCertVerificationError):
            raise error
        return next(self._delays)


async def _reach(wire: Wire, where: WsUrl, max_head: int, proxy: str | None) -> None:
    """Connect to a server, through a proxy and with TLS if so wanted."""
    if proxy is None:
        wire.waits_for = "the connection to the server"
        await wire.dial(where.host, where.port)
    else:
        wire.waits_for = "the connection to the proxy"
        await wire.dial(*_proxy_address(proxy))
        request = proxy_connect_request(where, proxy)
        _, response = await _ask(wire, request, max_head, "the proxy's answer")
        if not 200 <= response.status <= 299:
            raise refusal_by(response, f"the proxy answered {response.status} {response.reason}".rstrip())
        if wire.received:
            raise HandshakeError(502, reason="the proxy said more than it was asked")
    if where.secure:
        wire.waits_for = "TLS, which the server may not speak at that port,"
        await wire.start_tls(where.host)


async def _ask(wire: Wire, request: bytes, max_head: int, what: str) -> tuple[bytes, Response]:
    """Send a request; return the head of the final response, as it came and read (RFC 9110 section 15.2)."""
    wire.waits_for = what
    await wire.send(request)
    for _ in range(MAX_INTERIM + 1):
        while (head := take_head_within(wire.received, max_head, response=True)) is None:
            await wire.receive()
        response = parse_response_head(head)
        if response.status == 101 or response.status >= 200:
            return head, response
    raise refusal_by(response, f"there are more than {MAX_INTERIM} interim responses")


def _follow_redirect(where: WsUrl, response: Response) -> WsUrl | None:
    """Return where a server says that its WebSocket is; None if it says nothing of the kind (section 4.1).

    The place may be relative, and an http URL: ws is meant then. From TLS nothing leads out.
    """
    location = response.headers.get("Location")
    if response.status not in (301, 302, 303, 307, 308) or location is None:
        return None
    try:
        scheme, _, rest = urldefrag(urljoin(str(where), location)).url.partition(":")
        moved = _parse_url({"http": "ws", "https": "wss"}.get(scheme.lower(), scheme) + ":" + rest)
    except ValueError:
        raise refusal_by(response, "the server redirects to no WebSocket URL") from None
    if where.secure and not moved.secure:
        raise refusal_by(response, "the server redirects from wss to ws")
    return moved


def _parse_url(url: str) -> WsUrl:
    """Take a URL apart, as `parse_ws_url` does. Raises ValueError, too, for a name that no host can have."""
    where = parse_ws_url(url)
    _check_name(where.host)
    return where


def _check_name(host: str) -> None:
    """Raise ValueError for a name that cannot be looked up (RFC 1034 section 3.1): 1 to 63 bytes to a dot."""
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError(f"no host can have the name {host!r}") from None


def _proxy_address(proxy: str) -> tuple[str, int]:
    """Return host and port of an HTTP proxy, 80 if it names none. Raises ValueError if it is no such URL."""
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("the URL of a proxy is like http://proxy.example:3128")  # and may hold a password
    _check_name(parts.hostname)
    return parts.hostname, parts.port or 80
