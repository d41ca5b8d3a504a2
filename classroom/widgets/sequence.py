"""The opening handshake as a sequence: the request, the way from the key to the accept value, the answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from minews.handshake import GUID, accept_value, check_server_handshake
from minews.http import END_OF_HEAD, list_elements, parse_request_head, parse_response_head
from minews.types import HandshakeError, Request, Response

from .drawing import plural
from .headers import SECRET, explain_field, explain_status
from .walk import Walk, WalkPicture

__all__ = ["Handshake", "HeadLine", "draw_handshake", "picture_handshake", "read_lines"]

_TOKEN = re.compile(r"(?i)(token=)[^&\s]+")  # Jupyter's addresses carry one, and notebooks are handed in


@dataclass(frozen=True, slots=True)
class HeadLine:
    """A line of a head.

    Arguments:
        name: of the header, "" for the first line, the empty line, and what is no header.
        value: of the header, else the whole line.
        says: what it is for, in a sentence.
        kind: "first", "header", "empty", or "odd" for what is no header.
    """

    name: str
    value: str
    says: str
    kind: Literal["first", "header", "empty", "odd"] = "header"

    @property
    def text(self) -> str:
        """The line as it came, without secrets."""
        return f"{self.name}: {self.value}" if self.name else self.value


@dataclass(frozen=True, slots=True)
class Handshake:
    """Two heads, and what they mean.

    Arguments:
        request, response: the lines of the heads.
        sizes: how many bytes each head has, and how many came after it.
        key: the value of Sec-WebSocket-Key, "" if there is not exactly one.
        accept: the value of Sec-WebSocket-Accept, "" if there is not exactly one.
        problems: why the request and the answer can't be read, "" if they can.
        is_open: whether the connection is a WebSocket now.
        outcome: how it ended, in a sentence.
    """

    request: tuple[HeadLine, ...]
    response: tuple[HeadLine, ...]
    sizes: tuple[tuple[int, int], tuple[int, int]]
    key: str
    accept: str
    problems: tuple[str, str]
    is_open: bool
    outcome: str

    @property
    def expected(self) -> str:
        """The accept value that belongs to the key."""
        return accept_value(self.key) if self.key else ""

    @property
    def digest(self) -> bytes:
        """The SHA-1 digest of key and magic string."""
        return hashlib.sha1((self.key + GUID).encode()).digest()

    @classmethod
    def of(cls, request: bytes, response: bytes) -> Handshake:
        """Read the two heads, whatever they are."""
        asked, asked_size, asked_problem = _read(request, response=False)
        answer, answer_size, answer_problem = _read(response, response=True)
        key, accept = _only(asked, "Sec-WebSocket-Key"), _only(answer, "Sec-WebSocket-Accept")
        problems = (asked_problem, answer_problem)
        is_open, outcome = _judge(asked, answer, key, bool(response))
        return cls(
            tuple(read_lines(request[:asked_size], response=False)),
            tuple(read_lines(response[:answer_size], response=True)),
            ((asked_size, len(request) - asked_size), (answer_size, len(response) - answer_size)),
            key,
            accept,
            problems,
            is_open,
            outcome,
        )

    def alternative(self) -> str:
        """The whole picture in words."""
        said = [f"The client sends {plural(self.sizes[0][0], 'byte')}:"]
        said += [f"  {line.text}" for line in self.request]
        said += [f"  {self.problems[0]}"] if self.problems[0] else []
        if self.expected and self.accept:
            said += [
                "From the key to the accept value:",
                f"  key and magic string  {self.key}{GUID}",
                f"  SHA-1                 {self.digest.hex(' ')}",
                f"  base64                {self.expected}",
            ]
        said += [f"The server sends {plural(self.sizes[1][0], 'byte')}:"] if self.response else []
        said += [f"  {line.text}" for line in self.response]
        said += [f"  {self.problems[1]}"] if self.problems[1] else []
        return "\n".join([*said, self.outcome])


def draw_handshake(request: bytes, response: bytes) -> Walk:
    """Draw an opening handshake as a sequence between client and server.

    Arguments:
        request: the bytes that the client sent; what comes after the head is only counted.
        response: the bytes that the server answered; b"" if nothing came.

    Returns:
        A widget: move from line to line with the arrow keys, Home and End.
    """
    return Walk(picture_handshake(Handshake.of(bytes(request), bytes(response))))


def picture_handshake(handshake: Handshake) -> WalkPicture:
    """The picture and its stops, one for each line."""
    from .sequence_picture import make_picture

    return make_picture(handshake)


def _read(data: bytes, *, response: bool) -> tuple[Request | Response | None, int, str]:
    """Return the head, how many bytes it has, and what is wrong with it."""
    end = data.find(END_OF_HEAD)
    size = end + len(END_OF_HEAD) if end >= 0 else len(data)
    if not data:
        return None, 0, "" if response else "nothing was sent"
    try:
        return (parse_response_head if response else parse_request_head)(data[:size]), size, ""
    except HandshakeError as error:
        return None, size, f"can't be read: {error.reason}"


def _judge(
    asked: Request | Response | None, answer: Request | Response | None, key: str, answered: bool
) -> tuple[bool, str]:
    """Whether the connection is open, and how it ended in a sentence."""
    if not answered:
        return False, "No answer came."
    if not isinstance(answer, Response):
        return False, "The answer is none of HTTP: no WebSocket here."
    if answer.status != 101:
        return False, f"Refused with {answer.status} {answer.reason}: no WebSocket here."
    if asked is None:
        return False, "The server agreed to a request that can't be read."
    try:
        offered = list_elements(asked.headers.get_all("Sec-WebSocket-Protocol"))
        check_server_handshake(_without_offered_extensions(asked, answer), key, offered)
    except (HandshakeError, ValueError) as error:
        reason = error.reason if isinstance(error, HandshakeError) else "the key is not ASCII"
        return False, f"The client must fail the connection: {reason}."
    return True, "The connection is open: from here on, both ends send frames."


def _without_offered_extensions(asked: Request | Response, answer: Response) -> Response:
    """minews offers no extensions; a browser does, and then the server may choose one."""
    if "Sec-WebSocket-Extensions" not in asked.headers:
        return answer
    kept = [pair for pair in answer.headers.items() if pair[0].lower() != "sec-websocket-extensions"]
    return Response(answer.status, answer.reason, type(answer.headers)(kept))


def _only(head: Request | Response | None, name: str) -> str:
    values = head.headers.get_all(name) if head else []
    return values[0] if len(values) == 1 and values[0].isascii() else ""


def read_lines(head: bytes, *, response: bool) -> Iterator[HeadLine]:
    """The lines of a head, also of a broken one, without the secrets in it."""
    if not head:
        return
    whole = head.endswith(END_OF_HEAD)
    text = _TOKEN.sub(r"\1(not shown)", head.decode("latin-1"))
    first, *rest = re.split(r"\r?\n", text.removesuffix("\r\n\r\n"))
    yield HeadLine("", _visible(first), _explain_first(first, response), "first")
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon or not re.fullmatch(r"[!-~]+", name):
            if line:
                says = "No header: a header is a name, a colon and a value."
                yield HeadLine("", _visible(line), says, "odd")
            continue
        value = value.strip(" \t")
        shown = "(not shown)" if name.lower() in SECRET else _visible(value)
        yield HeadLine(name, shown, explain_field(name, value, response=response))
    if whole:
        yield HeadLine("", "(empty line)", "The empty line ends the head.", "empty")


def _explain_first(line: str, response: bool) -> str:
    if response:
        found = re.fullmatch(r"HTTP/1\.[01] ([1-5][0-9][0-9])(?: .*)?", line)
        return explain_status(int(found[1])) if found else "No status line of HTTP."
    found = re.fullmatch(r"(\S+) (\S+) (HTTP/\S+)", line)
    if not found:
        return "No request line of HTTP."
    return f"A WebSocket begins as an HTTP request: method {found[1]}, target {found[2]}, version {found[3]}."


def _visible(text: str) -> str:
    """A line with its control characters written out."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
