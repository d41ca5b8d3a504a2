"""The opening of a connection, for both ends: handshake, origin, subprotocol, extension, and what is added.

>>> from minews import make_key, parse_ws_url
>>> wanted, granted = ClientOptions(subprotocols=["chat"]), ServerOptions(subprotocols=["superchat", "chat"])
>>> key = make_key()
>>> answer, agreement = accept_request(write_request(parse_ws_url("ws://a.example/"), key, wanted), granted)
>>> check_answer(answer, key, wanted).subprotocol, agreement.subprotocol
('chat', 'chat')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

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
from .handshake import accept_client, build_client_handshake, check_server_handshake
from .http import TOKEN, parse_request_head, parse_response_head, take_head
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
    "refusal_by",
    "take_head_within",
    "write_request",
]

EXTENSIONS = "Sec-WebSocket-Extensions"

# A line that may be added to a head: no control byte but the tab, so that it can't break out.
_FIELD = re.compile(rf"{TOKEN}: [\t -~\x80-\xff]*")

# What must not be added: what only the handshake writes, and the length of a body, where there is none.
_RESERVED = re.compile(r"sec-websocket-.*|origin|content-length|transfer-encoding", re.IGNORECASE)

# A field that tells of a body.
_OF_BODY = re.compile(r"content-.*|transfer-encoding|trailer", re.IGNORECASE)

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the two ends agreed on: the subprotocol, and permessage-deflate or None.

    `head` is what the other end said, as it came: a connection may last, and this takes the least memory.
    """

    role: Role
    subprotocol: str | None
    deflate: DeflateParams | None
    head: bytes = b""

    @property
    def request(self) -> Request:
        """The client's request, at the server; read anew each time that it is asked for."""
        return parse_request_head(self.head)

    @property
    def response(self) -> Response:
        """The server's response, at the client; read anew each time that it is asked for."""
        return parse_response_head(self.head)

    def connect(self, limits: Limits) -> FastConnection:
        """Return the connection that begins now."""
        if self.deflate is None:
            return FastConnection(self.role, max_frame=limits.max_frame, max_message=limits.max_message)
        return FastConnection(
            self.role,
            max_frame=room_for_deflated(min(limits.max_frame, limits.max_message)),
            max_message=limits.max_message,
            assembler=DeflateAssembler(self.deflate, self.role, limits.max_message),
            compress=make_compress(self.deflate, self.role),
        )


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What a client asks for. Where several names are taken, a str is one.

    Arguments:
        subprotocols: names to offer, the best first.
        origin: the value of Origin; None sends none.
        headers: (name, value) pairs besides, such as Cookie or Authorization. These two, and
            Proxy-Authorization, are for the server of the URL alone; all others, a header with a key of your
            own too, go with a redirect to any other server.
        deflate: what to offer of permessage-deflate; None offers nothing.
    """

    subprotocols: Sequence[str] = ()
    origin: str | None = None
    headers: Sequence[tuple[str, str]] = ()
    deflate: DeflateParams | None = None

    def __post_init__(self) -> None:
        _make_tuples(self, "subprotocols")


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What a server grants. Where several names are taken, a str is one.

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

    def __post_init__(self) -> None:
        _make_tuples(self, "resource_names", "subprotocols", "origins")


def accept_request(head: bytes, options: ServerOptions) -> tuple[bytes, Agreement]:
    """Decide, at the server, about a request.

    Arguments:
        head: that of the request, to the empty line.
        options: what to grant.

    Returns:
        The answer to send, and what is agreed.

    Raises:
        HandshakeError: with the status to refuse with: what `parse_request_head` and `accept_client` say, 403
            for a foreign origin, and what `admit` raised.
        ValueError: if what `admit` returned would break out of its line, stand in for one that only the
            handshake writes, or tell the length of a body. (And whatever else `admit` raises.)
    """
    request = parse_request_head(head)
    answer, chosen = accept_client(
        request, resource_names=options.resource_names, subprotocols=options.subprotocols
    )
    _check_origin(request, options.origins)
    added = list(options.admit(request))
    offers, agreed = parse_extensions(request.headers.get_all(EXTENSIONS)), None
    if options.deflate:
        agreed = negotiate_deflate(offers, None if options.deflate is True else options.deflate)
    return _add_lines(answer, added, agreed), Agreement(Role.SERVER, chosen, agreed, head)


def write_request(where: WsUrl, key: str, options: ClientOptions) -> bytes:
    """Write a client's request.

    Arguments:
        where: the URL, as `parse_ws_url` returns it.
        key: the value of Sec-WebSocket-Key, as `make_key` returns it.
        options: what to ask for.

    Raises:
        ValueError: if an option would break out of its line, or if one of `headers` would stand in for a
            line that only the handshake writes, such as Origin, or tell the length of a body.

    >>> from minews import make_key, parse_ws_url
    >>> options = ClientOptions(headers=[("Cookie", "a=b")])
    >>> write_request(parse_ws_url("ws://example.com"), make_key(), options).splitlines()[-2]
    b'Cookie: a=b'
    """
    head = build_client_handshake(where, key, origin=options.origin, subprotocols=options.subprotocols)
    return _add_lines(head, options.headers, offer_deflate(options.deflate) if options.deflate else None)


def check_answer(head: bytes, key: str, options: ClientOptions) -> Agreement:
    """Check, at the client, what the server answered.

    Arguments:
        head: that of the response, to the empty line.
        key, options: what the server was asked with.

    Raises:
        HandshakeError: with the response's status and headers, if it is not what was asked for.
    """
    response = unextended = parse_response_head(head)
    agreed = None
    try:
        if options.deflate and response.status == 101:
            agreed = accept_deflate(response.headers.get_all(EXTENSIONS), options.deflate)
            others = [pair for pair in response.headers.items() if pair[0].lower() != EXTENSIONS.lower()]
            unextended = replace(response, headers=Headers(others))
        chosen = check_server_handshake(unextended, key, options.subprotocols)
    except HandshakeError as error:
        raise refusal_by(response, error.reason) from None
    return Agreement(Role.CLIENT, chosen, agreed, head)


def refusal_by(response: Response, reason: str) -> HandshakeError:
    """Return the error that tells, at the client, of a response that is not what was asked for.

    Its headers are those of the response, such as WWW-Authenticate and Retry-After, without the ones that
    tell of a body: nobody reads it.

    >>> refusal_by(Response(503, "No", Headers([("Retry-After", "9")])), "come back later").headers
    [('Retry-After', '9')]
    """
    told = [(name, value) for name, value in response.headers.items() if not _OF_BODY.fullmatch(name)]
    return HandshakeError(response.status, told, reason)


def take_head_within(received: bytearray, max_head: int, *, response: bool = False) -> bytes | None:
    """Take a head off the front of what has arrived, as `take_head` does.

    Arguments:
        received: the bytes so far; the head is removed.
        max_head: bytes that it may have; more than MAX_HEAD it has never.
        response: whether it is the head of a response.

    Raises:
        HandshakeError: besides those of `take_head`, 431 if there are more, or 502 for a response.
    """
    head = take_head(received, response=response)
    if len(received if head is None else head) > max_head:
        raise HandshakeError(502 if response else 431, reason=f"the head is longer than {max_head} bytes")
    return head


def _make_tuples(options: ClientOptions | ServerOptions, *fields: str) -> None:
    """Put a str in these fields into a tuple: "in" would look for any part of it."""
    for each in fields:
        if isinstance(value := getattr(options, each), str):
            object.__setattr__(options, each, (value,))  # they are frozen


def _check_origin(request: Request, origins: Collection[str] | None) -> None:
    allowed = own_origins(request) if origins is None else origins
    count = len(request.headers.get_all("Origin"))
    if "*" not in allowed and (count > 1 or not origin_allowed(request.headers.get("Origin"), allowed)):
        raise HandshakeError(403, reason="pages of that origin may not connect here")


def _add_lines(head: bytes, pairs: Pairs, extension: DeflateParams | str | None) -> bytes:
    """Add headers to a head, and the extension if there is one. Raises ValueError."""
    lines = [f"{name}: {value}" for name, value in pairs]
    for line in lines:
        name = line.partition(":")[0]
        known = f"\r\n{name}:".lower().encode() in head.lower()
        if known or _RESERVED.fullmatch(name) or not _FIELD.fullmatch(line):
            raise ValueError(f"not a line to add to this head: {line!r}")
    if extension is not None:
        lines.append(f"{EXTENSIONS}: {extension}")
    return head[:-2] + "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"
