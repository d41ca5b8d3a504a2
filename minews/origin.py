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
        True without an Origin, or if it is, to the letter, one that is allowed.

    >>> origin_allowed("https://example.com", ["https://example.com"])
    True
    >>> origin_allowed("https://example.com.evil.org", ["https://example.com"])
    False
    """
    return origin is None or origin in allowed


def own_origins(request: Request) -> list[str]:
    """Return the origins of pages that come from the very host and port that a request goes to."""
    host = (request.headers.get("Host") or "").lower()
    return [f"http://{host}", f"https://{host}"]
