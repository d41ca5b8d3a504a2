"""What each header of a handshake is for, in a sentence (RFC 6455 section 11.3, RFC 9110)."""

from __future__ import annotations

from http import HTTPStatus

__all__ = ["SECRET", "explain_field", "explain_status"]

OWN = "A header of its own: the handshake doesn't ask for it, and whoever doesn't know it passes over it."
SECRET = frozenset(
    {"authorization", "cookie", "proxy-authorization", "set-cookie"}
)  # notebooks are handed in

_REQUEST = {
    "accept": "The kinds of content that are welcome; a handshake has none.",
    "accept-encoding": "How a body may be compressed; a handshake has none.",
    "accept-language": "The languages that the reader prefers.",
    "authorization": "Who asks, with the proof of it. Not shown here.",
    "cache-control": "No cache on the way may answer in the server's place.",
    "connection": "Names the headers that count only up to the next machine; an Upgrade must be named here.",
    "cookie": "What this host asked the browser to remember: sent with a handshake, too. Not shown here.",
    "dnt": "The reader asks not to be tracked.",
    "host": "The host, and its port if it is not the usual one: one address may serve many.",
    "origin": "The site whose page opens the connection. Browsers always say it: a server may refuse.",
    "pragma": "The same as Cache-Control, for very old caches.",
    "referer": "The page from which the request came.",
    "sec-websocket-extensions": "The extensions that the client offers: permessage-deflate compresses.",
    "sec-websocket-key": "16 random bytes in base64, new each time: the answer is computed from them.",
    "sec-websocket-protocol": "The subprotocols that the client offers, the one it likes best first.",
    "sec-websocket-version": "The version of the protocol: RFC 6455 is version 13.",
    "upgrade": "The protocol to which the client asks to change.",
    "user-agent": "The program that asks, as it calls itself.",
}
_RESPONSE = {
    "allow": "The methods that would be taken here.",
    "connection": "Names the headers that count only up to the next machine: an Upgrade must be named here.",
    "content-length": "How many bytes of body follow the head.",
    "content-type": "What kind of body follows the head.",
    "date": "When the answer was written.",
    "location": "Where the client may ask instead.",
    "sec-websocket-accept": "Computed from the key: it proves that the server read it and speaks WebSocket.",
    "sec-websocket-extensions": "The extensions that the server chose from those offered.",
    "sec-websocket-protocol": "The one subprotocol that the server chose from those offered.",
    "sec-websocket-version": "The versions that the server knows: the client may try again with one of them.",
    "server": "The program that answers, as it calls itself.",
    "set-cookie": "What the browser shall remember for this host. Not shown here.",
    "upgrade": "The protocol to which the server changes, or would.",
    "www-authenticate": "How the client can prove who it is.",
}
_STATUS = {
    101: "The server agrees: after the empty line the bytes are frames, and HTTP is over.",
    400: "The server refuses: it finds the request malformed.",
    403: "The server refuses this client, or the site that it comes from.",
    404: "The server refuses: nothing is served at this target.",
    405: "The server refuses: a handshake is a GET.",
    414: "The server refuses: the request line is too long.",
    426: "The server refuses: it speaks another version, or wants to be asked for a change.",
    431: "The server refuses: the head is too large.",
}


def explain_field(name: str, value: str, *, response: bool) -> str:
    """Say what a header is for.

    Arguments:
        name: as it was spelled.
        value: as it came.
        response: whether it stands in a response.
    """
    folded = name.lower()
    if response and folded == "connection" and value.lower() == "close":
        return "The server closes the connection after this answer."
    if not response and folded.startswith(("sec-fetch-", "sec-ch-")):
        return "The browser's own note on who asks, and what for."
    return (_RESPONSE if response else _REQUEST).get(folded, OWN)


def explain_status(status: int) -> str:
    """Say what a status means as the answer to a handshake."""
    if status in _STATUS:
        return _STATUS[status]
    try:
        phrase = HTTPStatus(status).description
    except ValueError:
        phrase = ""
    refused = "Not 101: there will be no WebSocket here."
    return f"{refused} {phrase}." if phrase else refused
