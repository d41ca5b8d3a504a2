"""What is tried with each peer, in the same words for all: who connects says it, who listens follows.

A server sends back what comes. Some texts are orders to it: "!ping" makes it ping and say "pinged", after
which "and?" asks whether the Pong came; "!fragments" makes it send WORDS in fragments; "!close N" makes it
close.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tests.minews.talks import CODES, binary_of, text_of

PATIENCE = 20.0  # seconds for any one step
WORDS = ("Hé", "", "l", "lo, ", "wörld")
WHOLE = "".join(WORDS)
SMALL = 1 << 10
TRUSTING = 1 << 24  # bytes in a message that every peer is told to take


class Cannot(Exception):
    """A peer does not offer what a feature needs; the text says why."""


class Client(Protocol):
    """A client, ours or a peer's, with its connection open."""

    def send(self, message: str | bytes) -> None: ...
    def recv(self) -> str | bytes: ...
    def send_fragments(self, words: Sequence[str]) -> None:
        """Send one text, each of the words in a fragment of its own. Raises Cannot."""

    def ping(self) -> None:
        """Ping, and wait for the Pong. Raises Cannot."""

    def came_in_fragments(self) -> bool:
        """Whether the last message did; True where that can't be seen."""

    def deflated(self) -> bool:
        """Whether permessage-deflate was agreed."""

    def close(self, code: int) -> int:
        """Close; return the code that the server answered with."""

    def wait_closed(self) -> int:
        """Wait for the server to close; return its code."""


Open = Callable[[], Client]  # opens one more connection


def try_text(open_one: Open, ours: bool) -> None:
    exchange(open_one, [text_of(SMALL), "", "\U0001f600"])


def try_binary(open_one: Open, ours: bool) -> None:
    exchange(open_one, [binary_of(SMALL), b"", b"\xff\x00"])


def try_fragments(open_one: Open, ours: bool) -> None:
    """The peer sends fragments; ours never does, since whole messages are what it is given."""
    client = open_one()
    if ours:
        client.send("!fragments")
        assert client.recv() == WHOLE
        assert client.came_in_fragments()
    else:
        client.send_fragments(WORDS)
        assert client.recv() == WHOLE
    client.close(1000)


def try_ping(open_one: Open, ours: bool) -> None:
    """Each end pings the other; where a peer has no Ping, ours pings it all the same."""
    client = open_one()
    client.send("!ping")
    assert client.recv() == "pinged"
    client.send("and?")
    assert client.recv() == "pong"
    try:
        client.ping()
    finally:
        client.close(1000)


def try_codes(open_one: Open, ours: bool) -> None:
    for code in CODES:
        assert open_one().close(code) == code
    client = open_one()
    client.send("!close 3001")
    assert client.wait_closed() == 3001


def try_64_kib(open_one: Open, ours: bool) -> None:
    exchange(open_one, [text_of(1 << 16), binary_of(1 << 16)])


def try_1_mib(open_one: Open, ours: bool) -> None:
    exchange(open_one, [text_of(1 << 20), binary_of(1 << 20)])


def try_deflate(open_one: Open, ours: bool) -> None:
    client = open_one()
    assert client.deflated(), "deflate was not agreed"
    for message in (text_of(SMALL), text_of(SMALL), binary_of(70_000), "short"):
        client.send(message)
        assert client.recv() == message
    client.close(1000)


def try_tls(open_one: Open, ours: bool) -> None:
    exchange(open_one, [text_of(SMALL), binary_of(1 << 16)])


def exchange(open_one: Open, messages: Sequence[str | bytes]) -> None:
    client = open_one()
    for message in messages:
        client.send(message)
        assert client.recv() == message
    assert client.close(1000) == 1000


FEATURES: dict[str, Callable[[Open, bool], None]] = {
    "text": try_text,
    "binary": try_binary,
    "fragments": try_fragments,
    "ping": try_ping,
    "close codes": try_codes,
    "64 KiB": try_64_kib,
    "1 MiB": try_1_mib,
    "deflate": try_deflate,
    "TLS": try_tls,
}
