"""The whole opening, for both ends: handshake, origin, subprotocol, extension and what applications add.

Bytes and values only; `sync` and `aio` bring the sockets.

>>> from minews import parse_request_head, parse_response_head
>>> opening = ClientOpening("ws://example.com/chat", ClientOptions(subprotocols=["chat"]))
>>> request = parse_request_head(opening.request)
>>> answer, agreement = accept_request(request, ServerOptions(subprotocols=["superchat", "chat"]))
>>> opening.judge(parse_response_head(answer)).subprotocol, agreement.subprotocol
('chat', 'chat')
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from .deflate import (
    DeflateAssembler,
    DeflateParams,
    accept_deflate,
    make_compress,
    negotiate_deflate,
    offer_deflate,
    parse_extensions,
    room_for_deflated,
)
from .handshake import accept_client, build_client_handshake, check_server_handshake, make_key, parse_ws_url
from .http import TOKEN
from .limits import Limits
from .origin import origin_allowed, own_origins
from .speed import FastConnection
from .types import HandshakeError, Headers, Request, Response, Role, WsUrl

__all__ = [
    "Agreement",
    "ClientOpening",
    "ClientOptions",
    "ServerOptions",
    "accept_request",
    "check_answer",
    "check_proxy_answer",
    "follow_redirect",
    "proxy_address",
    "proxy_connect_request",
    "write_request",
]

MAX_REDIRECTS = 5

# A line that may be added to a head: no control byte but the tab, so that it can't break out.
_FIELD = re.compile(rf"{TOKEN}: [\t -~\x80-\xff]*")

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the two ends agreed on: the subprotocol, and permessage-deflate or None.

    `request` is the client's, at the server; `response` the server's, at the client.
    """

    role: Role
    subprotocol: str | None
    deflate: DeflateParams | None
    request: Request | None = None
    response: Response | None = None

    def connect(self, limits: Limits) -> FastConnection:
        """Return the connection that begins now."""
        if self.deflate is None:
            return FastConnection(self.role, max_frame=limits.max_frame, max_message=limits.max_message)
        return FastConnection(
            self.role,
            max_frame=room_for_deflated(limits.max_frame),
            max_message=limits.max_message,
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
        deflate: whether it takes permessage-deflate, or what it asks for then.
        admit: asked about each request that is right so far, for cookies and credentials. Returns headers to
            add to the answer, or raises HandshakeError, with 401 or 403 for instance.
    """

    resource_names: Collection[str] | None = None
    subprotocols: Sequence[str] = ()
    origins: Collection[str] | None = None
    deflate: bool | DeflateParams = False
    admit: Callable[[Request], Pairs] = field(default=lambda request: ())


class ClientOpening:
    """A client's way to a server that agrees, redirect after redirect (section 4.1).

    Connect to `where`, send `request`, and show `judge` the response; as long as it returns None, do it all
    again, since the two have changed.

    >>> opening = ClientOpening("ws://example.com/", ClientOptions())
    >>> moved = Response(301, "Moved Permanently", Headers([("Location", "wss://example.org/chat")]))
    >>> opening.judge(moved), str(opening.where)
    (None, 'wss://example.org:443/chat')
    """

    def __init__(self, url: str, options: ClientOptions) -> None:
        """Begin at a URL. Raises ValueError if it is none, or if an option would break out of its line."""
        self._redirects = 0
        self._ask(url, options)

    def judge(self, response: Response) -> Agreement | None:
        """Decide about what the server said.

        Arguments:
            response: the head of its response.

        Returns:
            What is agreed; None if the server says that another place is the right one.

        Raises:
            HandshakeError: if it does not agree, or after too many redirects.
        """
        url = str(self.where)
        moved = follow_redirect(url, response)
        if moved is None:
            return check_answer(response, self._key, self._options)
        self._redirects += 1
        if self._redirects > MAX_REDIRECTS:
            raise HandshakeError(response.status, reason=f"more than {MAX_REDIRECTS} redirects")
        self._ask(moved, self._options.for_another(url, moved))
        return None

    def _ask(self, url: str, options: ClientOptions) -> None:
        self.where, self._key, self._options = parse_ws_url(url), make_key(), options
        self.request = write_request(self.where, self._key, options)


def write_request(url: WsUrl, key: str, options: ClientOptions) -> bytes:
    """Write a client's request.

    Arguments:
        url: where to, as `parse_ws_url` returns it.
        key: the value of Sec-WebSocket-Key, as `make_key` returns it.
        options: what to ask for.

    Raises:
        ValueError: if an option would break out of its line, or stand in for a line that the handshake has.

    >>> options = ClientOptions(headers=[("Cookie", "a=b")])
    >>> write_request(parse_ws_url("ws://example.com"), make_key(), options).splitlines()[-2]
    b'Cookie: a=b'
    """
    extra = list(options.headers)
    if options.deflate is not None:
        extra.append(("Sec-WebSocket-Extensions", offer_deflate(options.deflate)))
    head = build_client_handshake(url, key, origin=options.origin, subprotocols=options.subprotocols)
    return _add_headers(head, extra)


def check_answer(response: Response, key: str, options: ClientOptions) -> Agreement:
    """Check, at the client, what the server answered.

    Arguments:
        response: the head of its response.
        key, options: what it was asked with.

    Raises:
        HandshakeError: with the response's status, if it is not what was asked for.
    """
    agreed, plain = None, response
    if options.deflate is not None and response.status == 101:
        agreed = accept_deflate(response.headers.get_all("Sec-WebSocket-Extensions"), options.deflate)
        others = [pair for pair in response.headers.items() if pair[0].lower() != "sec-websocket-extensions"]
        plain = Response(response.status, response.reason, Headers(others))
    chosen = check_server_handshake(plain, key, options.subprotocols)
    return Agreement(Role.CLIENT, chosen, agreed, response=response)


def follow_redirect(url: str, response: Response) -> str | None:
    """Return where a server says that its WebSocket is; None if it says nothing of the kind (section 4.1).

    Arguments:
        url: where the response came from.
        response: its head. The place in Location may be relative, and an http URL: ws is meant then.

    Raises:
        HandshakeError: if that is no place to go to: no URL, or one without TLS where there was TLS before.

    >>> moved = Response(307, "Temporary Redirect", Headers([("Location", "/chat")]))
    >>> follow_redirect("wss://example.com/", moved)
    'wss://example.com/chat'
    """
    location = response.headers.get("Location")
    if response.status not in (301, 302, 303, 307, 308) or location is None:
        return None
    try:
        place = urldefrag(urljoin(url, location)).url
        scheme, _, rest = place.partition(":")
        moved = {"http": "ws", "https": "wss"}.get(scheme.lower(), scheme) + ":" + rest
        where = parse_ws_url(moved)
    except ValueError:
        raise HandshakeError(response.status, reason="the server redirects to no WebSocket URL") from None
    if parse_ws_url(url).secure and not where.secure:
        raise HandshakeError(response.status, reason="the server redirects from wss to ws")
    return moved


def proxy_address(proxy: str) -> tuple[str, int]:
    """Return host and port of an HTTP proxy.

    Arguments:
        proxy: its URL, such as "http://proxy.example:3128"; the port is 80 if it names none.

    Raises:
        ValueError: if that is no URL of this kind.

    >>> proxy_address("http://user:word@proxy.example:3128")
    ('proxy.example', 3128)
    """
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("the URL of a proxy is like http://proxy.example:3128")  # and may hold a password
    return parts.hostname, parts.port or 80


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


def check_proxy_answer(response: Response) -> None:
    """Check that a proxy opened a way through. Raises HandshakeError, with its status, if it did not."""
    if not 200 <= response.status <= 299:
        said = f"{response.status} {response.reason}".rstrip()
        raise HandshakeError(response.status, reason=f"the proxy answered {said}")


def accept_request(request: Request, options: ServerOptions) -> tuple[bytes, Agreement]:
    """Decide, at the server, about a request.

    Arguments:
        request: the head of the request.
        options: what to grant.

    Returns:
        The answer to send, and what is agreed.

    Raises:
        HandshakeError: with the status to refuse with: 403 for a foreign origin, what `admit` raised, and
            what `accept_client` says.
        ValueError: if what `admit` returned would break out of its line. (And whatever else it raises.)
    """
    answer, chosen = accept_client(
        request, resource_names=options.resource_names, subprotocols=options.subprotocols
    )
    _check_origin(request, options.origins)
    extra = list(options.admit(request))
    agreed = None
    offers = parse_extensions(request.headers.get_all("Sec-WebSocket-Extensions"))
    if options.deflate:
        agreed = negotiate_deflate(offers, None if options.deflate is True else options.deflate)
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
    lines = [f"{name}: {value}" for name, value in pairs]
    for line in lines:
        name = line.partition(":")[0]
        if not _FIELD.fullmatch(line) or f"\r\n{name}:".lower().encode() in head.lower():
            raise ValueError(f"not a line to add to this head: {line!r}")
    return head[:-2] + "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"
