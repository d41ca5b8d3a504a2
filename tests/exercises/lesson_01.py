"""The cases of lesson 1: what judges code that reads from a stream.

Every stream is cut: whole, byte by byte, and where chance wills. Most sockets here are scripted, so that the
cuts are exact and a wait for what never comes is seen at once; one case of each exercise has a real one.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from classroom.cases import Ask, Finding, Value, case, describe_type_slip, load_file
from classroom.showing import name_nth
from classroom.worker.protocol import Ended, Other, Outcome, Raised, Returned
from minews.tcp import length_prefixed

SHOWN = 8  # pieces, before they are cut short
FEWEST_LEFT_OUT = 4  # pieces: what fewer of them hold is worth the room
WIDTH = 72  # characters of a line of them


def cuts_of(ask: Ask, stream: bytes, rounds: int = 4) -> list[list[bytes]]:
    """Cut a stream in many ways: not at all, everywhere, in the middle, and where chance wills."""
    places = [[], [len(stream) // 2], list(range(1, len(stream)))]
    for _ in range(rounds):
        inner = range(1, len(stream))
        places.append(sorted(ask.rng.sample(inner, min(len(inner), ask.rng.randint(1, 5)))))
    return [_cut_at(stream, each) for each in places]


def _cut_at(stream: bytes, places: Sequence[int]) -> list[bytes]:
    pairs = zip([0, *places], [*places, len(stream)], strict=True)
    return [stream[start:end] for start, end in pairs if end > start]


# What a student is told about a socket.

AFTERWARDS = {
    "eof": "then b'', for the stream ends",
    "stall": "then nothing more comes",
    "reset": "then the connection breaks: ConnectionResetError",
}

NOTHING = {
    "eof": "sock.recv gives b'' at once, for the stream ends.",
    "stall": "Nothing comes at sock.",
}


def tell_pieces(pieces: Sequence[object], after: str, how: str = "sock.recv gives ") -> list[str]:
    """Say which pieces arrive, in lines that are not too long."""
    if not pieces:
        return [NOTHING[after]]
    shown = SHOWN if len(pieces) >= SHOWN + FEWEST_LEFT_OUT else len(pieces)
    words = [_tell_piece(piece) for piece in pieces[:shown]]
    words += [f"... ({len(pieces) - shown} pieces more)"] * (len(pieces) > shown)
    lines, line = [], how
    for number, word in enumerate([*words, AFTERWARDS[after]]):
        if number and len(line) + len(word) > WIDTH:
            lines.append(line.rstrip())
            line = " " * len(how)
        line += word + (", " if number < len(words) else ".")
    return [*lines, line]


def _tell_piece(piece: object) -> str:
    if not isinstance(piece, bytes):
        return str(getattr(piece, "__name__", piece))
    return repr(piece) if len(piece) <= 40 else f"{piece[:12]!r} and {len(piece) - 12:,} bytes more"


def tell_real(pieces: Sequence[bytes]) -> list[str]:
    """Say what the peer of a real socket does."""
    words = ", ".join(map(_tell_piece, pieces))
    return [f"sock is a real socket. Its peer sends {words},", "and then shuts its side down."]


# Questions that fit what happened.

OUT_OF_A_BYTEARRAY = "What makes bytes out of a bytearray?"


def ask_of_a_wait(question: str, must: Value | str) -> Callable[[Outcome], Finding | None]:
    """Make the check that finds code which waits in vain for more bytes, and asks it this question."""

    def check(outcome: Outcome) -> Finding | None:
        waits = isinstance(outcome, Ended) and outcome.how == "waiting" and "b''" not in outcome.detail
        return Finding("", must, question=question) if waits else None

    return check


def ask_of_a_refusal(question: str, must: Value | str) -> Callable[[Outcome], Finding | None]:
    """Make the check that finds code which raises a ValueError of its own, and asks it this question."""

    def check(outcome: Outcome) -> Finding | None:
        refused = isinstance(outcome, Raised) and outcome.type == "ValueError" and "raise" in outcome.text
        return Finding("", must, question=question) if refused else None

    return check


# 1.1 recv_exactly


@case("1.1")
def one_piece(ask: Ask) -> None:
    """Bytes that arrive in one piece come back as they are."""
    _receive(ask, [b"Hello"], [b"Hello"])


@case("1.1")
def cut_anywhere(ask: Ask) -> None:
    """However the bytes are cut on their way, all n of them come back, in their order."""
    for stream in (b"Hello, stream", ask.rng.randbytes(30)):
        for pieces in cuts_of(ask, stream):
            _receive(ask, pieces, [stream])


@case("1.1")
def rest_stays(ask: Ask) -> None:
    """What arrives behind the n bytes stays in the socket, for whoever reads next."""
    for pieces in ([b"Hello, stream"], [b"Hel", b"lo, str", b"eam"], [b"Hello", b", stream"]):
        _receive(ask, pieces, [b"Hello", b", stream"])
    stream = ask.rng.randbytes(24)
    for pieces in cuts_of(ask, stream, rounds=2):
        _receive(ask, pieces, [stream[:4], stream[4:11], stream[11:]])


@case("1.1")
def no_bytes_asked_for(ask: Ask) -> None:
    """For n = 0 the result is empty, and nothing is waited for."""
    _receive(ask, [], [b""])
    _receive(ask, [b"Hi"], [b"", b"Hi"])


@case("1.1")
def stream_ends_too_early(ask: Ask) -> None:
    """A stream that ends before n bytes have come is an EOFError."""
    question = "Which line notices that the peer has finished?"
    for pieces in ([], [b"Hell"], [b"H", b"e", b"l", b"l"]):
        sock = ask.make("scripted_socket", pieces)
        count = sum(map(len, pieces))
        note = (
            f"The peer sent {count} bytes and finished; 5 were asked for."
            if count
            else "The peer sent nothing."
        )
        asked = ask(sock, 5).raises(EOFError, note=note, question=question)
        asked.tells("recv_exactly(sock, 5)", *tell_pieces(pieces, "eof"))


@case("1.1")
def connection_breaks(ask: Ask) -> None:
    """A connection that breaks is an exception, not a short result."""
    sock = ask.make("scripted_socket", [b"Hel"], "reset")
    question = "Who has to learn that the rest will never come?"
    asked = ask(sock, 5).refuses(note="Only 3 of the 5 bytes had come.", question=question)
    asked.tells("recv_exactly(sock, 5)", *tell_pieces([b"Hel"], "reset"))


@case("1.1")
def many_segments(ask: Ask) -> None:
    """Many pieces make one result: 20,000 bytes in pieces of 1,460, as Ethernet carries them."""
    stream = ask.rng.randbytes(20_000)
    _receive(ask, _cut_at(stream, range(1460, len(stream), 1460)), [stream])


@case("1.1")
def real_socket_exactly(ask: Ask) -> None:
    """It reads from a real socket, too."""
    # One piece only: a real socket gives several as chance wills, and a check must always say the same.
    pieces = [b"Hello, stream"]
    sock = ask.make("real_socket", pieces)
    for count, want in ((5, b"Hello"), (8, b", stream")):
        ask(sock, count).gives(want).tells(f"recv_exactly(sock, {count})", *tell_real(pieces))


def _receive(ask: Ask, pieces: list[bytes], wanted: list[bytes]) -> None:
    """Ask for these bytes, call by call, on a socket at which these pieces arrive, and nothing more."""
    sock = ask.make("scripted_socket", pieces, "stall")
    before: list[str] = []
    for want in wanted:
        call = f"recv_exactly(sock, {len(want)})"
        asked = ask(sock, len(want)).judged_by(ask_of_a_wait(LAST_RECV, Value(want)))
        asked.gives(want, question=_ask_about_count)
        earlier = [f"after {' and '.join(before)} on the same socket"] if before else []
        asked.tells(call, *earlier, *tell_pieces(pieces, "stall"))
        before.append(call)


LAST_RECV = "How many bytes were missing at the last recv, and for how many did it ask?"


def _ask_about_count(got: object, want: object) -> str:
    if type(got) is bytearray:
        return OUT_OF_A_BYTEARRAY
    assert isinstance(want, bytes)
    too_long = isinstance(got, bytes) and len(got) > len(want)
    return LAST_RECV if too_long else "How many bytes does one recv give?"


# 1.2 recv_until

HEAD = b"GET /chat HTTP/1.1\r\nHost: example.com\r\n\r\n"


@case("1.2")
def head_alone(ask: Ask) -> None:
    """The bytes up to and including the delimiter come back, and nothing is left."""
    _read_until(ask, [b"one line\r\n"], b"\r\n", b"one line\r\n")
    _read_until(ask, [HEAD], b"\r\n\r\n", HEAD)


@case("1.2")
def rest_is_kept(ask: Ask) -> None:
    """What came behind the delimiter is the second part: no byte is lost."""
    _read_until(ask, [b"one line\r\nand a"], b"\r\n", b"one line\r\n")
    _read_until(ask, [HEAD + b"\x81\x85\x00"], b"\r\n\r\n", HEAD)
    _read_until(ask, [b"GET", HEAD[3:] + b"\x81", b"\x85\x00"], b"\r\n\r\n", HEAD)


@case("1.2")
def delimiter_cut(ask: Ask) -> None:
    """The delimiter itself may arrive in pieces."""
    for place in (1, 2, 3):
        stream = b"Host: a\r\n\r\nrest"
        _read_until(ask, _cut_at(stream, [7 + place]), b"\r\n\r\n", stream[:11])
    _read_until(ask, [b"a\r", b"\n\r", b"\nb"], b"\r\n\r\n", b"a\r\n\r\n")


@case("1.2")
def head_cut_anywhere(ask: Ask) -> None:
    """However the bytes are cut on their way, the first part is the same."""
    for rest in (b"", b"the rest"):
        for pieces in cuts_of(ask, b"Host: a\r\n\r\n" + rest):
            _read_until(ask, pieces, b"\r\n\r\n", b"Host: a\r\n\r\n")


@case("1.2")
def first_delimiter_counts(ask: Ask) -> None:
    """Where the delimiter comes twice, the first one ends the first part."""
    _read_until(ask, [b"one\r\ntwo\r\nthree\r\n"], b"\r\n", b"one\r\n")
    _read_until(ask, [b"\r\n\r\n"], b"\r\n", b"\r\n")


@case("1.2")
def begun_but_not_finished(ask: Ask) -> None:
    """Bytes that only look like the beginning of the delimiter are ordinary bytes."""
    for stream in (b"a\r\n\rb\r\n\r\n", b"a\r\r\n\r\n", b"\r\n\n\r\n\r\n"):
        for pieces in cuts_of(ask, stream, rounds=1):
            _read_until(ask, pieces, b"\r\n\r\n", stream)


@case("1.2")
def any_delimiter(ask: Ask) -> None:
    """The delimiter is the one that was asked for, of any length and of any bytes."""
    _read_until(ask, [b"name\x00value\r\n\r\n\x00"], b"\x00", b"name\x00")
    _read_until(ask, [b"caf\xe9 --", b"end-- ", b"more"], b"--end--", b"caf\xe9 --end--")
    mark = bytes([255, 0, ask.rng.randrange(1, 255)])
    _read_until(ask, [ask.rng.randbytes(9).replace(b"\xff", b"-") + mark + b" \n"], mark, None)


@case("1.2")
def long_head(ask: Ask) -> None:
    """A head of 5,000 bytes, which few recvs give at once, comes back whole without a word about a limit."""
    head = b"x" * 4998 + b"\r\n"
    _read_until(ask, [*_cut_at(head, range(1460, 5000, 1460)), b"rest"], b"\r\n", head)


@case("1.2")
def stream_ends_before_it(ask: Ask) -> None:
    """A stream that ends before the delimiter has come is an EOFError."""
    question = "Which line notices that the peer has finished?"
    for pieces in ([], [b"one line"], [b"one", b" line\r"]):
        sock = ask.make("scripted_socket", pieces)
        note = "The peer has finished, and no delimiter had come."
        asked = ask(sock, b"\r\n").raises(EOFError, note=note, question=question)
        asked.tells(r"recv_until(sock, b'\r\n')", *tell_pieces(pieces, "eof"))


@case("1.2")
def limit_is_enough(ask: Ask) -> None:
    """A delimiter that ends exactly at the limit is found, whatever came behind it."""
    for pieces in ([b"12345678\r\n"], [b"12345678\r\nand a lot more"], [b"12345678", b"\r", b"\n"]):
        _read_until(ask, pieces, b"\r\n", b"12345678\r\n", limit=10)


@case("1.2")
def limit_passed(ask: Ask) -> None:
    """A delimiter that is not within the first `limit` bytes is a ValueError."""
    question = "Up to which byte may the delimiter reach, and who looks?"
    for pieces in ([b"123456789\r\n"], [b"1234567890\r\n"], [b"123456789\r", b"\n"], [b"abc"] * 12):
        sock = ask.make("scripted_socket", pieces, "stall")
        note = "The delimiter does not end within the first 10 bytes."
        asked = ask(sock, b"\r\n", 10).judged_by(ask_of_a_wait(NO_BYTE_HELPS, "ValueError"))
        asked.raises(ValueError, note=note, question=question)
        asked.tells(r"recv_until(sock, b'\r\n', 10)", *tell_pieces(pieces, "stall"))


@case("1.2")
def limit_reached(ask: Ask) -> None:
    """As soon as `limit` bytes have come without the delimiter it is a ValueError: none later can help."""
    for after in ("stall", "eof"):
        sock = ask.make("scripted_socket", [b"0123456789"], after)
        asked = ask(sock, b"\r\n", 10).judged_by(ask_of_a_wait(NO_BYTE_HELPS, "ValueError"))
        asked.raises(ValueError, note="All 10 bytes of the limit had come.", question=NO_BYTE_HELPS)
        asked.tells(r"recv_until(sock, b'\r\n', 10)", *tell_pieces([b"0123456789"], after))


NO_BYTE_HELPS = "As many bytes as the limit allows have come. Can any further byte help?"


@case("1.2")
def real_socket_until(ask: Ask) -> None:
    """It reads from a real socket, too."""
    pieces = [HEAD + b"\x81\x85more"]
    sock = ask.make("real_socket", pieces)
    got = ask(sock, b"\r\n\r\n").holds(lambda value: _check_parts(value, HEAD, b"\x81\x85more"))
    got.tells(r"recv_until(sock, b'\r\n\r\n')", *tell_real(pieces))
    unread = sock.call("recv", 1000, int(socket.MSG_WAITALL))
    ask.together([unread, got], _nothing_lost(HEAD, b"\x81\x85more"))


def _read_until(
    ask: Ask, pieces: list[bytes], delimiter: bytes, head: bytes | None, limit: int | None = None
) -> None:
    """Demand this first part, and of the rest that it is all there: in the second part, or in the socket."""
    stream = b"".join(pieces)
    head = stream[: stream.index(delimiter) + len(delimiter)] if head is None else head
    sock = ask.make("scripted_socket", pieces, "stall")
    more = () if limit is None else (limit,)
    rest = stream[len(head) :]
    got = ask(sock, delimiter, *more).judged_by(ask_of_a_wait(IT_HAS_COME, _tell_parts(head)))
    got.judged_by(ask_of_a_refusal(AGAINST_THE_LIMIT, _tell_parts(head)))
    got.holds(lambda value: _check_parts(value, head, rest), must=_tell_parts(head))
    arguments = ", ".join(["sock", *map(repr, (delimiter, *more))])
    got.tells(f"recv_until({arguments})", *tell_pieces(pieces, "stall"))
    ask.together([sock.get("unread"), got], _nothing_lost(head, rest))


IT_HAS_COME = "The delimiter has come already. In which bytes did you look for it?"
AGAINST_THE_LIMIT = "Which length must be held against the limit: all that came, or the delimiter's end?"


def _check_parts(value: object, head: bytes, rest: bytes) -> Finding | None:
    """Check the two parts; the second may be any beginning of the rest."""
    must = _tell_parts(head)
    if type(value) is not tuple or len(value) != 2:
        note = describe_type_slip(value, ()) or f"A tuple of {len(value)} parts came."  # type: ignore[arg-type]
        return Finding(note, must)
    for word, part in zip(("first", "second"), value, strict=True):
        if type(part) is not bytes:
            question = OUT_OF_A_BYTEARRAY if type(part) is bytearray else ""
            slip = describe_type_slip(part, b"").replace("The value", "the value")
            return Finding(f"The {word} part: {slip}", must, question=question)
    if value[0] != head:
        return Finding(_describe_head(value[0], head), must)
    if not rest.startswith(value[1]):
        return Finding("The second part is not what came right behind the delimiter.", must)
    return None


def _tell_parts(head: bytes) -> str:
    return f"({_shorten(head)}, and what else has come)"


def _describe_head(got: bytes, head: bytes) -> str:
    if got.startswith(head):
        return f"The first part goes {len(got) - len(head)} bytes beyond the first delimiter."
    if head.startswith(got):
        return f"The last {len(head) - len(got)} bytes of the first part are missing."
    return "The first part holds other bytes than came."


def _nothing_lost(head: bytes, rest: bytes) -> Callable[[object, object], Finding | None]:
    """Make the check of the second part, now that one can see what is left in the socket."""

    def check(unread: object, parts: object) -> Finding | None:
        if not _are_two(parts) or not isinstance(unread, bytes):
            return None
        want = rest[: len(rest) - len(unread)]
        got = parts[1]  # type: ignore[index]
        if got == want or not want.startswith(got):
            return None
        note = f"{len(want) - len(got)} bytes are lost: neither part has them, and the socket has no more."
        question = "Where do the bytes go that a recv gives beyond the delimiter?"
        return Finding(note, Value((head, want)), question=question)

    return check


def _are_two(parts: object) -> bool:
    return type(parts) is tuple and [type(part) for part in parts] == [bytes, bytes]


def _shorten(data: bytes) -> str:
    return repr(data) if len(data) <= 45 else f"{data[:16]!r}... {len(data):,} bytes"


# 1.3 length_prefixed


@case("1.3")
def short_payloads(ask: Ask) -> None:
    """The length comes first, in 2 bytes, then the payload."""
    for payload in (b"Hi", b"Hello", b"x"):
        _ask_prefixed(ask, payload)


@case("1.3")
def empty_payload(ask: Ask) -> None:
    """An empty payload is a message, too: its length is 0."""
    _ask_prefixed(ask, b"")


@case("1.3")
def any_bytes(ask: Ask) -> None:
    """The payload may hold any bytes, and stays as it is."""
    for payload in (b"\x00\x00", b" line\r\n", bytes(range(250, 256)), ask.rng.randbytes(12)):
        _ask_prefixed(ask, payload)


@case("1.3")
def two_bytes_of_length(ask: Ask) -> None:
    """From 256 bytes on the high byte of the length counts."""
    for size in (255, 256, 258, 1000, ask.rng.randrange(2000, 3000)):
        _ask_prefixed(ask, ask.rng.randbytes(size))


@case("1.3")
def longest_payload(ask: Ask) -> None:
    """As many as 65,535 bytes can be announced by 2 bytes."""
    for size in (32_768, 65_535):
        _ask_prefixed(ask, bytes([ask.rng.randrange(256)]) * size)


@case("1.3")
def too_long(ask: Ask) -> None:
    """A payload of 65,536 bytes or more is a ValueError."""
    question = "Which length would the receiver read, and what would it take for the next message?"
    for size in (65_536, 65_541, 70_000):
        note = f"It returned a value, quietly, although {size:,} does not fit 2 bytes."
        asked = ask(b"x" * size).judged_by(_shorten_quiet(Finding(note, "ValueError", question=question)))
        asked.raises(ValueError, question=PROMISED).tells(f"length_prefixed(b'x' * {size})")


PROMISED = "Which exception does the docstring promise, and which line of yours raises it?"


def _shorten_quiet(finding: Finding) -> Callable[[Outcome], Finding | None]:
    """Make the check that no bytes come back; they would be too many to show."""

    def check(outcome: Outcome) -> Finding | None:
        if not isinstance(outcome, Returned) or type(outcome.value) is not bytes:
            return None
        return replace(finding, came=(_shorten(outcome.value),))

    return check


def _ask_prefixed(ask: Ask, payload: bytes) -> None:
    want = length_prefixed(payload)
    note = f"The length is {len(payload):,}: in two bytes that is {want[:2]!r}."
    question = "What are the first two bytes of your answer?"
    if len(payload) < 40:
        ask(payload).gives(want, note=note, question=question)
        return
    asked = ask(payload).judged_by(ask_of_a_refusal(LARGEST, _shorten(want)))
    asked.holds(lambda got: _check_long(got, want, note, question), must=_shorten(want))
    asked.tells(f"length_prefixed({_shorten(payload)})")


LARGEST = "Which is the largest number that two bytes hold?"


def _check_long(got: object, want: bytes, note: str, question: str) -> Finding | None:
    """Compare bytes that are too many to show."""
    if type(got) is not bytes:
        return Finding(describe_type_slip(got, want), _shorten(want))
    if got == want:
        return None
    return Finding(note, (_shorten(want),), question=question, came=(_shorten(got),))


# 1.4 split_length_prefixed


@case("1.4")
def no_length_yet(ask: Ask) -> None:
    """As long as not even a length has come, nothing comes out and nothing is removed."""
    for pieces in ([b""], [b"\x00"]):
        _split(ask, pieces)


@case("1.4")
def one_whole_message(ask: Ask) -> None:
    """A buffer that holds one whole message gives its payload, and is empty then."""
    _split(ask, [_message(b"Hi")])


@case("1.4")
def several_messages(ask: Ask) -> None:
    """Messages that arrive glued together all come out, in their order."""
    _split(ask, [b"".join(map(_message, (b"Hi", b"Hello", b"!")))])


@case("1.4")
def nothing_whole(ask: Ask) -> None:
    """As long as no message is whole, nothing comes out and nothing is removed."""
    for pieces in ([b"\x00\x05"], [b"\x00\x05Hell"]):
        _split(ask, pieces)


@case("1.4")
def start_of_the_next_stays(ask: Ask) -> None:
    """The start of the next message stays in the buffer until the rest of it comes."""
    stream = _message(b"Hi") + _message(b"Hello")
    for place in (5, 6, 8):
        _split(ask, _cut_at(stream, [place]))


@case("1.4")
def messages_one_after_the_other(ask: Ask) -> None:
    """A message that was given out is not given out again."""
    _split(ask, [_message(b"one"), _message(b"two"), _message(b"three")])


@case("1.4")
def empty_messages(ask: Ask) -> None:
    """A message may be empty, and others follow it."""
    _split(ask, [_message(b"")])
    _split(ask, [_message(b"") + _message(b"Hi") + _message(b"") * 2])


@case("1.4")
def long_messages(ask: Ask) -> None:
    """Both bytes of the length count, also for a message of 65,535 bytes."""
    for size in (256, 300, 65_535):
        _split(ask, [_message(ask.rng.choice([b"x", b"y", b"z"]) * size) + _message(b"Hi")])


@case("1.4")
def payloads_of_any_bytes(ask: Ask) -> None:
    """A payload may hold any bytes, also such as look like a length or a line end."""
    _split(ask, [_message(b"\x00\x02Hi") + _message(b" \r\n") + _message(b"\xff\xfe\x00")])


@case("1.4")
def stream_cut_anywhere(ask: Ask) -> None:
    """However the stream is cut, each message comes out as soon as it is whole, and once."""
    drawn = _message(ask.rng.randbytes(6))
    for pieces in cuts_of(ask, _message(b"Hello") + _message(b"") + drawn):
        _split(ask, pieces)


_message = length_prefixed


def _split(ask: Ask, pieces: list[bytes]) -> None:
    """Let the pieces arrive in a buffer, and ask for its messages after each."""
    buffer = ask.make("value", bytearray())
    held = b""
    for piece in pieces:
        held += piece
        payloads, rest = _expect(held)
        buffer.call("extend", piece).tells(f"buffer.extend({_shorten(piece)})")
        lines = (f"buffer = {_show_buffer(held)}", "split_length_prefixed(buffer)")
        ask(buffer).holds(_are_payloads(payloads), must=Value(payloads)).tells(*lines)
        note = _describe_rest(payloads, rest)
        question = "Is it the caller's buffer that you shortened, and by how much?"
        buffer.trace().gives(bytearray(rest), note=note, question=question).tells(*lines, "buffer")
        held = rest


def _expect(held: bytes) -> tuple[list[bytes], bytes]:
    payloads = []
    while len(held) >= 2 and len(held) >= (end := 2 + int.from_bytes(held[:2], "big")):
        payloads.append(held[2:end])
        held = held[end:]
    return payloads, held


def _show_buffer(data: bytes) -> str:
    return f"bytearray({_shorten(data)})"


def _describe_rest(payloads: list[bytes], rest: bytes) -> str:
    if not payloads:
        return "No message is whole, so the buffer must stay as it is."
    if rest:
        return "Whole messages must be gone from the buffer, and the start of the next one must stay."
    return "All messages were whole, so nothing may stay in the buffer."


def _are_payloads(wanted: list[bytes]) -> Callable[[object], Finding | None]:
    def check(value: object) -> Finding | None:
        if type(value) is not list:
            return Finding(describe_type_slip(value, wanted), Value(wanted))
        for payload in value:
            if type(payload) is not bytes:  # which one and what it is, the difference says
                question = OUT_OF_A_BYTEARRAY if type(payload) is bytearray else ""
                return Finding("", Value(wanted), question=question)
        if value == wanted:
            return None
        question = "Which number does your code read out of the first two bytes of the buffer?"
        return Finding(_describe_payload(value, wanted), Value(wanted), question=question)

    return check


def _describe_payload(got: list[bytes], wanted: list[bytes]) -> str:
    """Say of the first wrong payload that it is too long or too short; the rest one sees."""
    if len(got) == len(wanted):
        number = next(number for number, payload in enumerate(got) if payload != wanted[number])
        came, must = len(got[number]), len(wanted[number])
        if came != must:
            which = name_nth("payload", number, len(got))
            return (
                f"{which[0].upper()}{which[1:]} has {came:,} byte{'s' * (came != 1)}; it must have {must:,}."
            )
    return ""


# 1.5 echo_once


@case("1.5")
def nothing_to_echo(ask: Ask) -> None:
    """A peer that finishes at once gets nothing, and the result is 0."""
    _echo(ask, [])


@case("1.5")
def one_piece_echoed(ask: Ask) -> None:
    """What the peer sent comes back, and the result is the number of bytes."""
    _echo(ask, [b"Hello"])


@case("1.5")
def piece_by_piece(ask: Ask) -> None:
    """Each piece is sent back as it comes, before the next one is there."""
    pieces = [b"one", b"two", b"three"]
    _echo(ask, [b"one", _once_back(b"two", b"one"), _once_back(b"three", b"onetwo")], b"".join(pieces))


@case("1.5")
def until_the_peer_finishes(ask: Ask) -> None:
    """It goes on until the peer has finished, however the bytes are cut."""
    for pieces in cuts_of(ask, b"Hello, stream", rounds=2):
        _echo(ask, pieces)


@case("1.5")
def bytes_as_they_are(ask: Ask) -> None:
    """Any bytes come back as they are: they need not be text."""
    for pieces in ([b" two\r\n", b"lines \n"], [b"\xff\x00\xc3", b"\xa9"], [ask.rng.randbytes(20)]):
        _echo(ask, pieces)


@case("1.5")
def send_takes_a_part(ask: Ask) -> None:
    """Where send takes only some of the bytes, the others are sent after them."""
    _echo(ask, [b"Hello, ", b"stream"], sends=[2, 1, 3, 1, 4])


@case("1.5")
def large_piece(ask: Ask) -> None:
    """A piece that is larger than one recv comes back whole."""
    _echo(ask, [ask.rng.randbytes(10_000), b"end"])


@case("1.5")
def real_socket_echo(ask: Ask) -> None:
    """It answers on a real socket, too."""
    pieces = [b"Hello, stream"]
    sock = ask.make("real_socket", pieces)
    lines = ("echo_once(sock)", *tell_real(pieces))
    ask(sock).gives(13).tells(*lines)
    sock.trace().holds(_came_back(b"".join(pieces)), observe=_sent_bytes).tells(*lines)


def _once_back(piece: bytes, echoed: bytes) -> Callable[[bytes], bytes | None]:
    """A piece that the peer sends once all before it has come back."""

    def step(sent: bytes) -> bytes | None:
        return piece if sent == echoed else None

    step.__name__ = f"{piece!r} once {echoed!r} is back"
    return step


def _echo(ask: Ask, pieces: list[object], stream: bytes | None = None, sends: Sequence[int] = ()) -> None:
    if stream is None:
        stream = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    sock = ask.make("scripted_socket", pieces, "eof", list(sends))
    lines = ["echo_once(sock)", *tell_pieces(pieces, "eof")]
    if sends:
        lines.append(f"sock.send takes {', '.join(map(str, sends))} bytes, then all it gets.")
    note = f"The peer sent {len(stream):,} bytes."
    ask(sock).gives(len(stream), note=note, question="What does your function count?").tells(*lines)
    sock.trace().holds(_came_back(stream), observe=_sent_bytes).tells(*lines)


def _came_back(stream: bytes) -> Callable[[object], Finding | None]:
    """Make the check of a socket's trace: these bytes were sent, and the connection is open."""

    def check(trace: object) -> Finding | None:
        back, closed = _sent_bytes(trace)
        if back != stream:
            note = f"The peer sent {len(stream):,} bytes, and {len(back):,} came back."
            question = "What happens to each byte between recv and send?"
            return Finding(note, Value(stream), question=question, came=Value(back))
        if closed:
            question = "Who opened this connection, and who may want to go on with it?"
            must = "an open connection: the caller closes it"
            return Finding("It closed the connection.", must, question=question, came="a closed connection")
        return None

    return check


def _sent_bytes(trace: object) -> tuple[bytes, bool]:
    """Return what was sent on a socket, and whether it was closed."""
    assert isinstance(trace, list)
    sent = b"".join(event[1] for event in trace if event[0] in ("send", "sendall", "received"))
    return sent, ("close",) in trace


# 1.6 examples_for_split

SPLITTERS = load_file(Path(__file__).with_name("splitters_01.py"))
MOST_EXAMPLES = 200
MOST_BYTES = 1 << 20  # in all pieces together


@case("1.6")
def examples_are_lists_of_bytes(ask: Ask) -> None:
    """The examples are a list of (pieces, payloads): two lists of bytes."""
    ask().holds(_check_shapes, observe=_shapes_of)


@case("1.6")
def right_splitters_agree(ask: Ask) -> None:
    """A right splitter gives the payloads of every example."""
    ask().holds(_check_payloads, observe=_wrong_examples)


def _check_shapes(got: object) -> Finding | None:
    must = "a list of tuples (pieces, payloads), such as ([b'\\x00\\x02Hi'], [b'Hi'])"
    if type(got) is not list:
        return Finding(describe_type_slip(got, []), must)
    if not 1 <= len(got) <= MOST_EXAMPLES:
        return Finding(f"There are {len(got)} examples.", f"1 to {MOST_EXAMPLES} examples")
    for number, pair in enumerate(got):
        if (shape := _shape(pair)) != GOOD_SHAPE:
            question = BRACKETS if shape in WITHOUT_A_LIST else TWO_LISTS
            note = f"{_name_example(number, got)} is {shape}."
            return Finding(note, must, question=question, came=_show_part(pair))
        if b"" in pair[0]:
            note = f"{_name_example(number, got)} has an empty piece. Nothing ever arrives as one:"
            return Finding(
                f"{note} recv gives b'' only when the stream has ended.", must, came=_show_part(pair)
            )
    if sum(len(piece) for pieces, _ in got for piece in pieces) > MOST_BYTES:
        return Finding("The examples are too large.", f"at most {MOST_BYTES:,} bytes in all pieces together")
    return None


WITHOUT_A_LIST = [
    f"a tuple of {pieces} and {payloads}"
    for pieces, payloads in (("bytes", "bytes"), ("bytes", "a list of bytes"), ("a list of bytes", "bytes"))
]
BRACKETS = "An example holds two lists. Which brackets are missing?"
TWO_LISTS = "Which two lists make an example, and what holds the two together?"


def _name_example(number: int, examples: list[object]) -> str:
    name = name_nth("example", number, len(examples))
    return name[0].upper() + name[1:]


def _show_part(pair: object) -> Value | str:
    return f"something of type {pair.type_name}" if isinstance(pair, Other) else Value(pair)


GOOD_SHAPE = "a tuple of two lists of bytes"


def _shape(pair: object) -> str:
    """Say of which types an example is."""
    if isinstance(pair, Other):
        return f"of type {pair.type_name}"
    name = type(pair).__name__
    if not isinstance(pair, (tuple, list)):
        return f"of type {name}"
    if len(pair) != 2:
        return f"a {name} of {len(pair)} part{'s' * (len(pair) != 1)}"
    if [_kind(part) for part in pair] == ["a list of bytes"] * 2:
        return GOOD_SHAPE if name == "tuple" else f"a {name} of two lists of bytes"
    return f"a {name} of {_kind(pair[0])} and {_kind(pair[1])}"


def _kind(part: object) -> str:
    name = part.type_name if isinstance(part, Other) else type(part).__name__
    if type(part) is not list:
        return name
    inner = sorted({each.type_name if isinstance(each, Other) else type(each).__name__ for each in part})
    return f"a list of {' and '.join(inner or ['bytes'])}"


def _shapes_of(got: object) -> object:
    """What counts of examples when they are compared with a known mistake's."""
    if not isinstance(got, list):
        return type(got).__name__, got.type_name if isinstance(got, Other) else ""
    empty = [pair for pair in got if _shape(pair) == GOOD_SHAPE and b"" in pair[0]]
    right = all(SPLITTERS.right(tuple(pieces)) == payloads for pieces, payloads in empty)
    return bool(empty), right, sorted({_shape(pair) for pair in got})


def _check_payloads(got: object) -> Finding | None:
    if _check_shapes(got) is not None:
        return None
    assert isinstance(got, list)
    for number, (pieces, payloads) in enumerate(got):
        right = SPLITTERS.right(tuple(pieces))
        if payloads != right:
            note = f"A right splitter gives {_repr(right)} for {name_nth('example', number, len(got))}."
            must = "the payloads of all messages that are whole"
            question = "Which 2 bytes are the length, and how many bytes follow them?"
            return Finding(note, must, question=question, came=tuple(_show_example(pieces, payloads)))
    return None


def _show_example(pieces: list[bytes], payloads: list[bytes]) -> list[str]:
    whole = f"({pieces!r}, {_repr(payloads)})"
    if len(whole) <= WIDTH:
        return [whole]
    lines, line = [], "(["
    for number, piece in enumerate(pieces):
        word = _shorten(piece) + (", " if number + 1 < len(pieces) else "],")
        if len(line) + len(word) > WIDTH:
            lines.append(line.rstrip())
            line = "  "
        line += word
    return [*lines, line, f" {_repr(payloads)})"]


def _repr(payloads: list[bytes]) -> str:
    text = repr(payloads)
    return text if len(text) <= 60 else f"{text[:45]}... ({len(payloads)} payloads)"


def _wrong_examples(got: object) -> object:
    """What counts of examples when they are compared with a known mistake's: how they are wrong."""
    if _check_shapes(got) is not None:
        return _shapes_of(got)
    assert isinstance(got, list)
    return sorted({tuple(_agreeing(tuple(pieces), tuple(payloads))) for pieces, payloads in got})


def _agreeing(pieces: tuple[bytes, ...], payloads: tuple[bytes, ...]) -> list[str]:
    """Name the wrong splitters that agree with an example that is wrong; nothing if it is right."""
    if SPLITTERS.gives(SPLITTERS.right, pieces, payloads):
        return []
    agree = [name for name, each in SPLITTERS.WRONG.items() if SPLITTERS.gives(each, pieces, payloads)]
    return agree or ["no splitter", *map(repr, pieces), *map(repr, payloads)]


def _expose(name: str) -> Callable[[object], Finding | None]:
    """Make the check that some example catches the wrong splitter of this name."""

    def check(got: object) -> Finding | None:
        if _check_shapes(got) is not None:
            return Finding("The examples can't be used yet.")
        assert isinstance(got, list)
        wrong = SPLITTERS.WRONG[name]
        for pieces, payloads in got:
            if SPLITTERS.right(tuple(pieces)) != payloads:
                continue
            if not SPLITTERS.gives(wrong, tuple(pieces), payloads):
                return None
        return Finding(
            f"The wrong splitter {name} agrees with all of your examples.",
            "an example that this splitter gets wrong",
            question=wrong.__doc__ or "",
            came=f"{len(got)} examples" if len(got) > 1 else "1 example",
        )

    return check


for _name in SPLITTERS.WRONG:

    def _case(ask: Ask, name: str = _name) -> None:
        ask().holds(_expose(name), observe=lambda got: _expose(name)(got) is None)

    _case.__name__ = "exposes_" + _name.replace("-", "_")
    _case.__doc__ = f"Some example catches the wrong splitter {_name}."
    case("1.6")(_case)
