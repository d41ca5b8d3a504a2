"""What is fuzzed: each target takes any bytes, and fails an assertion where minews is wrong.

The first bytes of an input say how (role, extension, limits, cuts), the others are what a peer sends.
Whatever it is, there are events or one of the errors that are documented; the fast connection says what the
clear one says; cuts make no difference; and the work stays in proportion to what came.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from minews import (
    Close,
    Connection,
    FastConnection,
    HandshakeError,
    Request,
    Role,
    apply_mask_fast,
    parse_request_head,
    parse_response_head,
    parse_ws_url,
    reaching,
    refuse,
    take_head,
)
from minews.connection import Event
from minews.deflate import DeflateAssembler, DeflateParams, accept_deflate, make_compress, parse_extensions
from minews.opening import (
    Agreement,
    ClientOptions,
    ServerOptions,
    accept_request,
    check_answer,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
LIMITS = ((1 << 20, 1 << 24), (300, 200), (200, 300), (125, 1))  # max_frame, max_message
AGREEMENTS = (
    None,
    DeflateParams(),
    DeflateParams(True, True, 9, 9),
    DeflateParams(False, False, 8, 8),
)
# Calls of functions that may be made: for an input of any size, and besides for each byte, and each piece.
CALLS, CALLS_A_BYTE, CALLS_A_PIECE = 400, 40, 40
NO_TEXT = Close(1007, "a text message is not UTF-8")
MASKING_KEY = b"\x01\x20\x00\xff"

apply_mask_fast(bytes(2000), MASKING_KEY)  # imports numpy, so that this is not counted


def receive(data: bytes) -> None:
    """A connection takes any bytes: the fast one says the same as the clear one, wherever they are cut."""
    flags, size, stream = data[0:1] or b"\0", data[1:2] or b"\0", data[2:]
    clear, fast, whole = (make(kind, flags[0]) for kind in (Connection, FastConnection, FastConnection))
    pieces = list(cut(stream, size[0]))
    events: list[Event] = []
    with counted(len(stream), len(pieces)):
        for piece in pieces:
            events += fast.receive_data(piece)
    hold_to_one_close(events)
    told = [event for piece in pieces for event in clear.receive_data(piece)]
    assert catch_up(clear, told, events) == events
    assert whole.receive_data(stream) == events
    ends = [
        (each.data_to_send(), each.state, each.close_code, each.close_reason) for each in (clear, fast, whole)
    ]
    assert ends[0] == ends[1] == ends[2]
    assert clear.receive_eof() == fast.receive_eof()


def talk(data: bytes) -> None:
    """Two connections, the clear one and the fast one, are told to do the same, and do."""
    flags, rest = data[0:1] or b"\0", data[1:]
    ends = [make(kind, flags[0]) for kind in (Connection, FastConnection)]
    while rest:
        act, size = rest[0] & 7, rest[0] >> 3
        words, rest = rest[1 : 1 + size], rest[1 + size :]
        said = [do(each, act, words) for each in ends]
        assert catch_up(ends[0], said[0], said[1]) == said[1]
        assert ends[0].data_to_send() == ends[1].data_to_send()
        assert ends[0].state == ends[1].state


def catch_up(clear: Connection, told: object, events: object) -> object:
    """Return what the clear connection tells once it is as far as the fast one.

    That one finds a fault in a text before its frame is whole; whatever makes the frame whole brings the
    clear one there.
    """
    if isinstance(told, list) and isinstance(events, list) and events[len(told) :] == [NO_TEXT]:
        while not clear.ended:
            told = told + clear.receive_data(bytes(1 << 16))
    return told


def do(connection: Connection, act: int, words: bytes) -> object:
    """Carry out one act; return what came of it."""
    try:
        match act:
            case 0:
                connection.send_text(words.decode(errors="replace"))
            case 1:
                connection.send_binary(words * 70)
            case 2:
                connection.send_ping(words * 9)
            case 3:
                connection.send_close(int.from_bytes(words[:2], "big"), words[2:].decode("latin-1"))
            case 4:
                return connection.receive_eof()
            case _:
                return connection.receive_data(words)
    except (EOFError, ValueError) as error:
        return type(error)
    return None


def make(kind: type[Connection], flags: int) -> Connection:
    role = Role.SERVER if flags & 1 else Role.CLIENT
    max_frame, max_message = LIMITS[flags >> 1 & 3]
    agreed = AGREEMENTS[flags >> 3 & 3]
    extension = {}
    if agreed is not None:
        extension = {
            "assembler": DeflateAssembler(agreed, role, max_message),
            "compress": make_compress(agreed, role),
        }
    return kind(
        role,
        max_frame=max_frame,
        max_message=max_message,
        random_bytes=lambda count: MASKING_KEY[:count],
        **extension,  # type: ignore[arg-type]
    )


def hold_to_one_close(events: list[Event]) -> None:
    assert not any(isinstance(event, Close) for event in events[:-1]), "a Close comes last"


def request(data: bytes) -> None:
    """A server reads any head, and agrees or refuses with a status that servers use."""
    flags, size, stream = data[0:1] or b"\0", data[1:2] or b"\0", data[2:]
    try:
        head = take(stream, size[0], response=False)
        if head is None:
            return
        options = ServerOptions(
            resource_names=["/chat"] if flags[0] & 1 else None,
            subprotocols=["chat", "superchat"],
            origins=["*"] if flags[0] & 2 else None,
            deflate=AGREEMENTS[flags[0] >> 2 & 3] or bool(flags[0] & 16),
        )
        answer, agreement = accept_request(head, options)
    except HandshakeError as error:
        assert 400 <= error.status <= 599 and error.reason
        parse_response_head(refuse(error).partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        return
    agree_with(answer, parse_request_head(head), agreement, options)


def agree_with(answer: bytes, asked: Request, agreement: Agreement, options: ServerOptions) -> None:
    """A client that asked so takes the answer: nothing is in it that was not asked for."""
    names = asked.headers.get_all("Sec-WebSocket-Protocol")
    offered = [name.strip() for value in names for name in value.split(",") if name.strip()]
    wanted = ClientOptions(subprotocols=offered, deflate=DeflateParams() if agreement.deflate else None)
    key = asked.headers.get("Sec-WebSocket-Key") or ""
    assert check_answer(answer, key, wanted).subprotocol == agreement.subprotocol
    if agreement.deflate is not None:
        assert options.deflate
        assert str(agreement.deflate) == parse_response_head(answer).headers.get("Sec-WebSocket-Extensions")


def response(data: bytes) -> None:
    """A client reads any head, and takes it, follows it elsewhere, or refuses it."""
    flags, size, stream = data[0:1] or b"\0", data[1:2] or b"\0", data[2:]
    try:
        head = take(stream, size[0], response=True)
        if head is None:
            return
    except HandshakeError:
        return
    agreed, wire = AGREEMENTS[flags[0] & 3], OneAnswer(head)
    options = ClientOptions(["chat"], deflate=agreed)
    try:
        with patch.object(reaching, "make_key", lambda: KEY):
            agreement = finish(reaching.open_client(wire, "wss://example.com/a?b", options, 1 << 16, None))
    except HandshakeError as error:
        assert 100 <= error.status <= 599 and error.reason
    except EOFError:
        interim = parse_response_head(head).status < 200
        assert wire.secured == wire.dialled == 2 - interim, "from wss nothing leads to ws"
    else:
        assert parse_response_head(head).status == 101
        assert agreement.subprotocol in (None, "chat")
        assert agreement.deflate is None or agreed is not None


class OneAnswer(reaching.Wire):
    """The way to a server that answers once, whatever is asked, and to others that say nothing."""

    def __init__(self, head: bytes) -> None:
        super().__init__()
        self.dialled = self.secured = 0
        self._left = head

    async def dial(self, host: str, port: int) -> None:
        self.dialled += 1

    async def start_tls(self, host: str) -> None:
        self.secured += 1

    async def receive(self) -> None:
        if not self._left:
            raise EOFError
        self.received += self._left
        self._left = b""


def finish(coroutine: Coroutine[object, object, Agreement]) -> Agreement:
    """Run a coroutine that waits for nothing to its end."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


def take(stream: bytes, size: int, *, response: bool) -> bytes | None:
    """Take a head that comes in pieces; the pieces make no difference."""
    try:
        whole = take_head(bytearray(stream), response=response)
    except HandshakeError as error:
        assert take_pieces(stream, size, response) == error.status
        raise
    assert take_pieces(stream, size, response) == whole
    return whole


def take_pieces(stream: bytes, size: int, response: bool) -> bytes | int | None:
    buffer = bytearray()
    try:
        for piece in cut(stream, size):
            buffer += piece
            if (head := take_head(buffer, response=response)) is not None:
                return head
    except HandshakeError as error:
        return error.status
    return None


def texts(data: bytes) -> None:
    """What is read from one line of text: URLs, and lists of extensions."""
    text = data[1:].decode("latin-1")
    if (data[0:1] or b"\0")[0] & 1:
        try:
            url = parse_ws_url(text)
        except ValueError:
            return
        assert parse_ws_url(str(url)) == url
        return
    try:
        assert all(name for name, _ in parse_extensions([text]))
        agreed = accept_deflate([text], DeflateParams(True, False, 10, None))
    except HandshakeError as error:
        assert error.status in (400, 101)
        return
    if agreed is not None:
        assert agreed.server_no_context_takeover and agreed.of_sender(Role.SERVER)[0] <= 10


TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (receive, talk, request, response, texts)
}


def cut(stream: bytes, size: int) -> Iterator[bytes]:
    """Cut a stream: 0 leaves it whole, else there are pieces of two sizes in turn."""
    if size == 0:
        yield stream
        return
    sizes, at = itertools.cycle((size & 15 or 1, size >> 4 or 200)), 0
    while at < len(stream):
        step = next(sizes)
        yield stream[at : at + step]
        at += step


@contextmanager
def counted(size: int, pieces: int) -> Iterator[None]:
    """Count the calls of Python functions, and fail where they are out of proportion."""
    calls = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)
    most = CALLS + CALLS_A_BYTE * size + CALLS_A_PIECE * pieces
    assert calls <= most, f"{calls} calls for {size} bytes"
