"""Servers that decide about a handshake's head, right and wrong ones, for the examples of exercise 4.9.

Each takes the bytes of a head and tells whether it would accept it. The docstring of a wrong one is the
question with which a student is helped to catch it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable

from minews import handshake, http
from minews.types import HandshakeError

Server = Callable[[bytes], bool]


MOST_KNOWN = 20_000  # verdicts that are kept, each with the hash of its head: more than one answer asks for
_known: dict[tuple[Server, bytes], bool | None] = {}


def verdict(server: Server, head: bytes) -> bool | None:
    """Return what a server decides; None if it breaks.

    What comes of a lack of memory is not its verdict, and is let out.
    """
    key = server, hashlib.sha256(head).digest()
    if key not in _known:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[key] = _decide(server, head)
    return _known[key]


def _decide(server: Server, head: bytes) -> bool | None:
    try:
        return server(head)
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return None


def verdicts(head: bytes) -> set[bool | None]:
    """Return what right servers decide: more than one verdict if the RFC leaves it open."""
    return {verdict(server, head) for server in RIGHT}


def reference(head: bytes) -> bool:
    try:
        handshake.accept_client(http.parse_request_head(head))
    except HandshakeError:
        return False
    return True


# More right servers: where the RFC leaves something open they decide in another way.


def lenient_about_line_ends(head: bytes) -> bool:
    """RFC 9112 lets a reader take a lone LF for a line end, skip empty lines before it and unfold headers."""
    lines = re.sub(rb"(?<!\r)\n", b"\r\n", head)
    return reference(re.sub(rb"\r\n[ \t]+", b" ", lines.lstrip(b"\r\n")))


def lenient_about_bodies(head: bytes) -> bool:
    """Only the handshake counts; a Content-Length does not disturb it."""
    about_bodies = (b"content-length:", b"transfer-encoding:")
    without = [line for line in head.split(b"\r\n") if not line.lower().startswith(about_bodies)]
    return reference(b"\r\n".join(without))


def lenient_about_size(head: bytes) -> bool:
    """How long a line may be is for each server to say."""
    return reference(re.sub(rb"[^\r\n]+", lambda line: line[0][:4000], head))


def takes_absolute_targets(head: bytes) -> bool:
    """RFC 6455 section 4.2.1, point 1: the target may be a whole http URL, too."""
    return reference(re.sub(rb"^GET https?://[^/ ?]+/?", b"GET /", head))


def strict_about_lists(head: bytes) -> bool:
    """Takes one protocol in Upgrade only, and no empty Host."""
    fields = _fields(head)
    return (
        reference(head)
        and len(fields.get("upgrade", [""])[0].split(",")) == 1
        and fields.get("host", [""])[0] != ""
    )


RIGHT: tuple[Server, ...] = (
    reference,
    lenient_about_line_ends,
    lenient_about_bodies,
    lenient_about_size,
    takes_absolute_targets,
    strict_about_lists,
)


def _fields(head: bytes) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), []).append(value.strip())
    return fields


def _tokens(head: bytes, name: str) -> list[str]:
    return [part.strip().lower() for value in _fields(head).get(name, []) for part in value.split(",")]


def _same_but(head: bytes, **changes: str) -> bool:
    """Decide as the reference does about the head with these headers put right."""
    lines = head.decode("latin-1").split("\r\n")
    for header, value in changes.items():
        name = header.replace("_", "-")
        lines = [line for line in lines if not line.lower().startswith(f"{name}:".lower())]
        lines.insert(1, f"{name}: {value}")
    return reference("\r\n".join(lines).encode("latin-1"))


# Wrong servers.


def connection_exact_match(head: bytes) -> bool:
    """Firefox puts something in front of Upgrade. What does a server do that compares the whole value?"""
    return reference(head) and _fields(head)["connection"] == ["Upgrade"]


def upgrade_case_sensitive(head: bytes) -> bool:
    """Some clients write websocket with capital letters. What does a server do that knows one spelling?"""
    return reference(head) and "websocket" in _fields(head)["upgrade"]


def substring_header_test(head: bytes) -> bool:
    """The words stand in the request somewhere. Where else than in Connection might they stand?"""
    text = head.lower()
    return b"upgrade" in text and _same_but(head, Connection="Upgrade")


def substring_token_test(head: bytes) -> bool:
    """The token is a part of the value. Of which longer word might it be a part?"""
    connection = " ".join(_fields(head).get("connection", [])).lower()
    return "upgrade" in connection and _same_but(head, Connection="Upgrade")


def upgrade_ignored(head: bytes) -> bool:
    """Connection says Upgrade. But to what?"""
    return _same_but(head, Upgrade="websocket")


def split_colon_space(head: bytes) -> bool:
    """Is there always one space behind a colon, and never a second colon with one?"""
    for line in head.decode("latin-1").split("\r\n")[1:-2]:
        _name, _value = line.split(": ")
    return reference(head)


def method_ignored(head: bytes) -> bool:
    """Which methods may open a WebSocket?"""
    return reference(b"GET " + head.partition(b" ")[2])


def http_version_ignored(head: bytes) -> bool:
    """Upgrade came with HTTP/1.1. What if the request line says something older?"""
    return reference(head.replace(b"HTTP/1.0", b"HTTP/1.1", 1))


def host_not_needed(head: bytes) -> bool:
    """One server may serve many names. Which header says which one is meant?"""
    return _same_but(head, Host="example.com")


def version_ignored(head: bytes) -> bool:
    """Old drafts of the protocol had other versions. Who checks?"""
    return _same_but(head, Sec_WebSocket_Version="13")


def version_optional(head: bytes) -> bool:
    """The version is checked where it is there. And where it is not?"""
    return (
        reference(head)
        if "sec-websocket-version" in _fields(head)
        else _same_but(head, Sec_WebSocket_Version="13")
    )


def key_length_ignored(head: bytes) -> bool:
    """A key is there, and it is base64. Is that enough?"""
    key = _fields(head).get("sec-websocket-key", [""])[0]
    try:
        base64.b64decode(key, validate=True)
    except binascii.Error:
        return False
    return bool(key) and _same_but(head, Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")


def key_not_decoded(head: bytes) -> bool:
    """24 characters are 24 characters. Are they base64 of 16 bytes?"""
    key = _fields(head).get("sec-websocket-key", [""])[0]
    return len(key) == 24 and _same_but(head, Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")


def over_strict_key(head: bytes) -> bool:
    """Is there a key that decodes to 16 bytes and that base64 would spell another way?"""
    key = _fields(head).get("sec-websocket-key", [""])[0]
    return reference(head) and base64.b64encode(base64.b64decode(key)).decode() == key


def last_header_wins(head: bytes) -> bool:
    """A dict keeps one value for each name. What if a client sends the key twice?"""
    fields = _fields(head)
    keys = fields.get("sec-websocket-key", [])
    return bool(keys) and _same_but(head, Sec_WebSocket_Key=keys[-1])


def unknown_header_refused(head: bytes) -> bool:
    """What does a server do with a header that it has never heard of?"""
    known = {"host", "upgrade", "connection", "origin", "cookie", "user-agent", ""}
    return reference(head) and all(
        name in known or name.startswith("sec-websocket") for name in _fields(head)
    )


def accepts_everything(head: bytes) -> bool:
    """It says yes to all. Which is your simplest example of a request that must be refused?"""
    return True


def refuses_everything(head: bytes) -> bool:
    """It says no to all. Have you an example that must be accepted?"""
    return False


WRONG: dict[str, Server] = {
    server.__name__.replace("_", "-"): server
    for server in (
        accepts_everything,
        refuses_everything,
        connection_exact_match,
        upgrade_case_sensitive,
        substring_header_test,
        substring_token_test,
        upgrade_ignored,
        split_colon_space,
        method_ignored,
        http_version_ignored,
        host_not_needed,
        version_ignored,
        version_optional,
        key_length_ignored,
        key_not_decoded,
        over_strict_key,
        last_header_wins,
        unknown_header_refused,
    )
}
