"""The first exercise of all: a function of one line that shows how checks and hints work."""

from __future__ import annotations

__all__ = ["payload_length"]


def payload_length(text: str) -> int:
    """Count the bytes that a text takes as the payload of a message (RFC 6455 sections 5.2 and 5.6).

    A text message carries its text in UTF-8, and its length is counted in bytes.

    Arguments:
        text: any text, also an empty one.

    Returns:
        The length of the payload in bytes.

    >>> payload_length("Hello")
    5
    """
    return len(text.encode())
