"""Other people's WebSocket clients, when they do more than open a connection: they say something and listen.

The clients are those of `classroom.clients`. One that isn't installed is left out, and a sentence says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from .clients import LIMIT, connect_options, find_clients, run_in_browser, run_in_node

__all__ = ["Talk", "Talker", "find_talkers", "own_talker"]

SHORT = 30  # letters or bytes of a message that are shown
SCRIPT = Path(__file__).with_name("talks.js")

# A URL, a text to send there (None: nothing), how often it is repeated, and after how many messages to close
# (0: wait for the server's Close).
Errand = tuple[str, str | None, int, int]


@dataclass(frozen=True, slots=True)
class Talk:
    """What a client saw of one connection, from its opening to its end.

    Arguments:
        opened: whether the client took the server's answer to its handshake.
        messages: what came, a str for each text and bytes for each binary message.
        said: its error in its own words; "" if it had none.
        code: the close code that the client gives for the connection; None if it gives none.
        absent: it was not there to be asked.
    """

    opened: bool = False
    messages: tuple[str | bytes, ...] = ()
    said: str = ""
    code: int | None = None
    absent: bool = False

    def __str__(self) -> str:
        if self.absent:
            return "absent"
        parts = [*map(_show_message, self.messages)]
        parts += [f"error: {self.said}"] if self.said else []
        parts += [f"closed with {self.code}"] if self.code is not None else []
        return "; ".join(parts) or ("open, and nothing came" if self.opened else "never open")


def _show_message(message: str | bytes) -> str:
    if len(message) > SHORT:
        return f"{'text' if isinstance(message, str) else 'binary'} of {len(message):,}"
    return f"text {message!r}" if isinstance(message, str) else f"binary {message.hex(' ')}"


@dataclass(frozen=True, slots=True)
class Talker:
    """A WebSocket client that says something. Its name says whose it is, with the version where known."""

    name: str
    run: Callable[[Sequence[Errand]], list[Talk]]

    def talk(self, url: str, text: str | None = None) -> Talk:
        """Open a connection, send a text if there is one, and tell what came until all was over."""
        return self.talk_all([(url, text)])[0]

    def talk_all(self, errands: Sequence[tuple[str, str | None]], *, close_after: int = 0) -> list[Talk]:
        """Do the same several times, one after the other.

        Arguments:
            errands: pairs of a URL and a text to send there; None sends nothing.
            close_after: close the connection after so many messages; 0 leaves that to the server.
        """
        return self.run([(url, *_shorten(text), close_after) for url, text in errands])


def _shorten(text: str | None) -> tuple[str | None, int]:
    """A text of one letter as that letter and a number, since some systems allow only short command lines."""
    return (text[0], len(text)) if text and len(set(text)) == 1 else (text, 1)


def find_talkers() -> list[Talker]:
    """Find the clients on this machine, and print one sentence about each that is missing."""
    ways = {"python": _talk_in_python, "browser": _talk_in_browser}
    return [
        Talker(client.name, ways.get(client.library) or partial(_talk_in_node, client.library))
        for client in find_clients()
    ]


def _talk_in_node(library: str, errands: Sequence[Errand]) -> list[Talk]:
    return list(map(_read_talk, run_in_node(SCRIPT, library, errands)))


def _talk_in_browser(errands: Sequence[Errand]) -> list[Talk]:
    talks = run_in_browser(SCRIPT, "talkAll", errands)
    return [Talk(absent=True)] * len(errands) if talks is None else list(map(_read_talk, talks))


def _read_talk(found: dict[str, Any]) -> Talk:
    messages = [
        each["text"] * each["times"] if "text" in each else bytes.fromhex(each["hex"])
        for each in found["messages"]
    ]
    return Talk(found["opened"], tuple(messages), found["said"], found["code"])


def _talk_in_python(errands: Sequence[Errand]) -> list[Talk]:
    return [_talk_once(url, text and text * times, enough) for url, text, times, enough in errands]


def _talk_once(url: str, text: str | None, enough: int) -> Talk:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    opened, said, code, messages = False, "", None, list[str | bytes]()
    try:
        with connect(url, **connect_options()) as websocket:
            opened = True
            if text is not None:
                websocket.send(text)
            while not messages or len(messages) != enough:
                messages.append(websocket.recv(LIMIT))
        code = websocket.close_code
    except ConnectionClosed as error:
        if not opened:  # the server left within its head
            said = f"{type(error).__name__}: {error}"
        else:
            code = error.rcvd.code if error.rcvd else 1006
            if error.sent and not error.rcvd_then_sent:  # it found fault, and said so in its own Close
                said = str(error.sent)
    except Exception as error:
        if not (opened and isinstance(error, TimeoutError)):  # open, and nothing more came: no error
            said = f"{type(error).__name__}: {error}"
    return Talk(opened, tuple(messages), said, code)


class _OwnClient(Protocol):
    def connect(self, url: str) -> object: ...
    def send(self, text: str) -> object: ...
    def recv(self) -> str | bytes: ...
    def close(self) -> int: ...


def own_talker(name: str, make_client: Callable[[], _OwnClient]) -> Talker:
    """Make a talker of a client such as minews.BlockingClient; each talk gets a new one."""

    def talk_all(errands: Sequence[Errand]) -> list[Talk]:
        return [
            _talk_with(make_client(), url, text and text * times, enough)
            for url, text, times, enough in errands
        ]

    return Talker(name, talk_all)


def _talk_with(client: _OwnClient, url: str, text: str | None, enough: int) -> Talk:
    opened, said, messages = False, "", list[str | bytes]()
    try:
        client.connect(url)
        opened = True
        if text is not None:
            client.send(text)
        while not messages or len(messages) != enough:
            messages.append(client.recv())
    except EOFError as error:  # after the handshake: the peer's Close, or its departure
        said = "" if opened else f"{type(error).__name__}: {error}"
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    return Talk(opened, tuple(messages), said, client.close() if opened else None)
