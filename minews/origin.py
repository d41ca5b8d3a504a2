"""Origin: which pages may talk to a server with their visitors' cookies (RFC 6455 section 10.2).

A browser lets any page open a WebSocket to any server, and says in Origin which page it is. The server has to
decide. Other programs send what they like, or nothing: for them Origin proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from .types import Request

__all__ = ["origin_allowed", "own_origins"]


def origin_allowed(origin: str | None, allowed: Collection[str]) -> bool:
    """Decide about the Origin of a request (RFC 6455 sections 4.2.2 and 10.2; RFC 6454 section 6).

    Arguments:
        origin: the value of Origin, such as "https://example.com"; None if there is none, as in requests of
            programs that are no browsers.
        allowed: the origins that may connect, spelled as browsers spell them: scheme and host in small
            letters, no default port, no path.

    Returns:
        True without an Origin, or if it is, to the letter, one that is allowed. "null", what a browser says
        for pages of no origin, is one like any other.

    >>> origin_allowed("https://example.com", ["https://example.com"])
    True
    >>> origin_allowed("https://example.com.evil.org", ["https://example.com"])
    False
    """
    if isinstance(allowed, str):  # in which "in" would look for any part of it
        allowed = [allowed]
    return origin is None or origin in allowed


def own_origins(request: Request) -> list[str]:
    """Return the origins of pages that come from the very host and port that a request goes to.

    That host is what the request says. Somebody who lets a name of their own lead to this server (DNS
    rebinding) is no stranger by that: a server that guards something had better name its origins.

    Arguments:
        request: with or without TLS, which a server behind a proxy cannot know: both origins are given.

    Returns:
        Origins as browsers spell them; none for a request without Host.

    >>> from minews.types import Headers
    >>> own_origins(Request("GET", "/", "HTTP/1.1", Headers([("Host", "Example.com:443")])))
    ['http://example.com:443', 'https://example.com']
    """
    host = (request.headers.get("Host") or "").lower()
    if not host:
        return []
    return [f"http://{host.removesuffix(':80')}", f"https://{host.removesuffix(':443')}"]
