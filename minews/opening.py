"""The whole opening, for both ends: handshake, origin, subprotocol, extension and what applications add.

Bytes and values only; `sync` and `aio` bring the sockets.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urljoin, urlsplit

from .deflate import (
    EXTENSION,
    DeflateAssembler,
    DeflateParams,
    accept_deflate,
    make_compress,
    negotiate_deflate,
    offer_deflate,
    parse_extensions,
)
from .handshake import accept_client, build_client_handshake, check_server_handshake, parse_ws_url
from .limits import Limits
from .origin import origin_allowed, own_origins
from .speed import FastConnection
from .types import HandshakeError, Headers, Request, Response, Role, WsUrl

__all__ = [
    "Agreement",
    "ClientOptions",
    "ServerOptions",
    "accept_request",
    "check_answer",
    "check_proxy_answer",
    "follow_redirect",
    "proxy_address",
    "proxy_request",
    "write_request",
]

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the two ends agreed on: the subprotocol, and permessage-deflate or None."""

    role: Role
    subprotocol: str | None
    deflate: DeflateParams | None
    request: Request | None = None
    response: Response | None = None

    def connect(self, limits: Limits) -> FastConnection:
        """Return the connection that begins now."""
        sizes = {"max_frame": limits.max_frame, "max_message": limits.max_message}
        if self.deflate is None:
            return FastConnection(self.role, **sizes)
        return FastConnection(
            self.role,
            **sizes,
            assembler=DeflateAssembler(self.deflate, self.role, limits.max_message),
            compress=make_compress(self.deflate, self.role),
        )


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What a client asks for.

    Arguments:
        subprotocols: names to offer, the best first.
        origin: the value of Origin; None sends none.
        headers: (name, value) pairs besides, such as Cookie or Authorization.
        deflate: what to offer of permessage-deflate; None offers nothing.
    """

    subprotocols: Sequence[str] = ()
    origin: str | None = None
    headers: Sequence[tuple[str, str]] = ()
    deflate: DeflateParams | None = None

    def for_another(self, old: str, new: str) -> ClientOptions:
        """Return what to ask for after a redirect: another server gets no credentials."""
        before, after = parse_ws_url(old), parse_ws_url(new)
        if (before.host, before.port, before.secure) == (after.host, after.port, after.secure):
            return self
        safe = [pair for pair in self.headers if pair[0].lower() not in ("authorization", "cookie")]
        return replace(self, headers=safe)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What a server grants.

    Arguments:
        resource_names: targets that exist; None: all.
        subprotocols: names that it speaks.
        origins: origins of pages that may connect; None: pages of its own host only; "*" among them: all.
        deflate: whether it takes permessage-deflate.
        admit: asked about each request that is right so far, for cookies and credentials. Returns headers to
            add to the answer, or raises HandshakeError, with 401 or 403 for instance.
    """

    resource_names: Collection[str] | None = None
    subprotocols: Sequence[str] = ()
    origins: Collection[str] | None = None
    deflate: bool = False
    admit: Callable[[Request], Pairs] = field(default=lambda request: ())


def write_request(url: WsUrl, key: str, options: ClientOptions) -> bytes:
    """Write a client's request.

    Raises:
        ValueError: if a part of it would break out of its line.
    """
    extra = list(options.headers)
    if options.deflate is not None:
        extra.append(("Sec-WebSocket-Extensions", offer_deflate(options.deflate)))
    head = build_client_handshake(url, key, origin=options.origin, subprotocols=options.subprotocols)
    return _add_headers(head, extra)


def check_answer(response: Response, key: str, options: ClientOptions) -> Agreement:
    """Check, at the client, what the server answered.

    Raises:
        HandshakeError: with the response's status, if it is not what was asked for.
    """
    agreed = None
    plain = response
    if options.deflate is not None and response.status == 101:
        agreed = accept_deflate(response.headers.get_all("Sec-WebSocket-Extensions"), options.deflate)
        others = [pair for pair in response.headers.items() if pair[0].lower() != "sec-websocket-extensions"]
        plain = Response(response.status, response.reason, Headers(others))
    chosen = check_server_handshake(plain, key, options.subprotocols)
    return Agreement(Role.CLIENT, chosen, agreed, response=response)


def follow_redirect(url: str, response: Response) -> str | None:
    """Return where a server says that its WebSocket is; None if it says nothing of the kind (section 4.1).

    Raises:
        HandshakeError: if that is no place to go to: no URL, or one without TLS where there was TLS before.
    """
    if response.status not in (301, 302, 303, 307, 308):
        return None
    place = urljoin(url.replace("ws", "http", 1), response.headers.get("Location") or "#")
    moved = "ws" + place.removeprefix("http") if place.startswith("http") else place
    try:
        where = parse_ws_url(moved)
    except ValueError:
        raise HandshakeError(response.status, reason="the server redirects to no WebSocket URL") from None
    if parse_ws_url(url).secure and not where.secure:
        raise HandshakeError(response.status, reason="the server redirects from wss to ws")
    return moved


def proxy_address(proxy: str) -> tuple[str, int]:
    """Return host and port of an HTTP proxy. Raises ValueError if the URL is none of that kind."""
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"not the URL of an HTTP proxy: {proxy!r}")
    return parts.hostname, parts.port or 80


def proxy_request(where: WsUrl, proxy: str) -> bytes:
    """Write the request that asks a proxy for a way through (RFC 9110 section 9.3.6)."""
    host = f"[{where.host}]:{where.port}" if ":" in where.host else f"{where.host}:{where.port}"
    lines = [f"CONNECT {host} HTTP/1.1", f"Host: {host}"]
    parts = urlsplit(proxy)
    if parts.username is not None:
        words = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(words).decode()}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def check_proxy_answer(response: Response) -> None:
    """Raise HandshakeError unless the proxy opened a way through."""
    if not 200 <= response.status <= 299:
        raise HandshakeError(response.status, reason=f"the proxy answered {response.status}, not 200")


def accept_request(request: Request, options: ServerOptions) -> tuple[bytes, Agreement]:
    """Decide, at the server, about a request.

    Returns:
        The answer to send, and what is agreed.

    Raises:
        HandshakeError: with the status to refuse with: 403 for a foreign origin, what `admit` raised, and
            what `accept_client` says.
    """
    answer, chosen = accept_client(
        request, resource_names=options.resource_names, subprotocols=options.subprotocols
    )
    _check_origin(request, options.origins)
    extra = list(options.admit(request))
    agreed = None
    if options.deflate:
        offers = parse_extensions(request.headers.get_all("Sec-WebSocket-Extensions"))
        agreed = negotiate_deflate([offer for offer in offers if offer[0] == EXTENSION])
    if agreed is not None:
        extra.append(("Sec-WebSocket-Extensions", str(agreed)))
    return _add_headers(answer, extra), Agreement(Role.SERVER, chosen, agreed, request=request)


def _check_origin(request: Request, origins: Collection[str] | None) -> None:
    given = request.headers.get_all("Origin")
    allowed = own_origins(request) if origins is None else origins
    if "*" in allowed:
        return
    if len(given) > 1 or not origin_allowed(given[0] if given else None, allowed):
        raise HandshakeError(403, reason="pages of that origin may not connect here")


def _add_headers(head: bytes, pairs: Pairs) -> bytes:
    lines = []
    for name, value in pairs:
        line = f"{name}: {value}"
        if not name.isascii() or any(letter < " " or letter == "\x7f" for letter in line) or ":" in name:
            raise ValueError(f"not one line of a head: {line!r}")
        lines.append(line + "\r\n")
    return head[:-2] + "".join(lines).encode("latin-1") + b"\r\n"
