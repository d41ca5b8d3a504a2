"""The cases of lesson 6: what judges a student's server and client.

Peers are scripted, so that each stream is cut just so, and a wait for what never comes is seen at once; one
case of each exercise has a real socket. Where RFC 6455 leaves something open, every answer that it allows
passes.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from classroom.cases import Ask, Asked, Finding, Kept, Value, case, describe_type_slip, load_file, same
from classroom.worker.protocol import Ended, Outcome, Raised, Returned
from minews.handshake import accept_value, build_server_handshake
from minews.http import parse_request_head
from minews.types import HandshakeError, Headers, Opcode, ProtocolError, Request, Role

SPEECH = load_file(Path(__file__).with_name("conversations_06.py"))
Said, Wanted = SPEECH.Said, SPEECH.Wanted
wanted, wanted_text, wanted_close = SPEECH.wanted, SPEECH.wanted_text, SPEECH.wanted_close

CHAT = "GET /chat HTTP/1.1"
START_OF_FRAME = b"\x81\x85\xfa\xce"
PAIR = "a tuple of two: (the Request, the bytes behind its head)"


def write_head(ask: Ask, start: str = CHAT, *more: str, **changes: str | None) -> bytes:
    """Write a good request with a key drawn now, some headers changed, left out (None) or added."""
    fields: dict[str, str | None] = {
        "Host": "example.com",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(ask.rng.randbytes(16)).decode(),
        "Sec-WebSocket-Version": "13",
    }
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [start, *(f"{name}: {value}" for name, value in fields.items() if value is not None), *more]
    return "".join(line + "\r\n" for line in [*lines, ""]).encode()


def handshake(ask: Ask) -> object:
    """A client's good request, as something that it says."""
    return Said("GET /chat HTTP/1.1 ..., its handshake", write_head(ask))


# 6.1 accept_handshake


@case("6.1")
def head_in_one_piece(ask: Ask) -> None:
    """A good handshake is answered with 101, and the request comes back."""
    _let_in(ask, [handshake(ask)])


@case("6.1")
def bytes_behind_the_head(ask: Ask) -> None:
    """Bytes that come in the same piece as the end of the head are the second part of the result."""
    said = [handshake(ask), Said("81 85 fa ce, the start of its first frame", START_OF_FRAME)]
    _let_in(ask, said, pieces=[said[0].data + START_OF_FRAME], how="in one piece")
    end = len(said[0].data) - 3
    pieces = [said[0].data[:end], said[0].data[end:] + START_OF_FRAME]
    _let_in(ask, said, pieces=pieces, how=f"in pieces of {end} and {len(pieces[1])} bytes")


@case("6.1")
def head_cut_anywhere(ask: Ask) -> None:
    """However the head is cut on its way, the result is the same."""
    said = [handshake(ask), Said("81 85 fa ce, the start of its first frame", START_OF_FRAME)]
    for _ in range(3):
        pieces, how = SPEECH.cut_at_random(ask.rng, said)
        _let_in(ask, said, pieces=pieces, how=how)
    data = said[0].data
    _let_in(ask, said[:1], pieces=[bytes([byte]) for byte in data], how="byte by byte")


@case("6.1")
def end_of_the_head_cut(ask: Ask) -> None:
    r"""The \r\n\r\n that ends the head may itself come in two pieces."""
    for back in (1, 2, 3):
        head = handshake(ask)
        place = len(head.data) - back
        pieces = [head.data[:place], head.data[place:]]
        _let_in(ask, [head], pieces=pieces, how=f"in pieces of {place} and {back} bytes")


@case("6.1")
def large_head(ask: Ask) -> None:
    """A head with large cookies comes in many pieces."""
    cookie = "Cookie: " + "".join(ask.rng.choices("abcdefgh", k=6_000))
    head = write_head(ask, CHAT, cookie)
    pieces = SPEECH.cut(head, range(1_460, len(head), 1_460))
    said = [Said(f"GET /chat HTTP/1.1 ..., a head of {len(head):,} bytes with a large cookie", head)]
    _let_in(ask, said, pieces=pieces, how="in pieces of 1,460 bytes")


@case("6.1")
def answer_leaves_whole(ask: Ask) -> None:
    """The answer leaves whole, even where the system takes only a part of it at a time."""
    _let_in(ask, [handshake(ask)], sends=[10, 1, 30])


@case("6.1")
def bad_handshake(ask: Ask) -> None:
    """A bad handshake is a HandshakeError, and nothing has been sent: the refusal is the caller's."""
    for head, words in (
        (write_head(ask, "POST /chat HTTP/1.1"), "POST /chat HTTP/1.1 ..., with the wrong method"),
        (write_head(ask, Upgrade=None), "GET /chat HTTP/1.1 ..., without Upgrade"),
        (write_head(ask, Sec_WebSocket_Version="8"), "GET /chat HTTP/1.1 ..., with version 8"),
        (write_head(ask, Sec_WebSocket_Key="short"), "GET /chat HTTP/1.1 ..., with a key that is too short"),
        (b"\x16\x03\x01 hello\r\n\r\n", "16 03 01 ..., which is no HTTP"),
    ):
        question = "Which of the functions that you call raises it, and what do you do about it?"
        _turn_away(ask, [Said(words, head)], HandshakeError, "stall", question)


@case("6.1")
def head_without_end(ask: Ask) -> None:
    """A head that goes on and on, far beyond MAX_HEAD bytes, is a HandshakeError."""
    line = b"X-More: " + b"a" * 990 + b"\r\n"
    pieces = [b"GET /chat HTTP/1.1\r\n", *[line] * 70]
    said = [Said(f"GET /chat HTTP/1.1 and {len(pieces) - 1} lines of 1,000 bytes", b"".join(pieces))]
    question = "How does recv_until tell you that the limit is passed, and what does your caller wait for?"
    _turn_away(ask, said, HandshakeError, "stall", question, pieces)


@case("6.1")
def client_leaves_within_its_head(ask: Ask) -> None:
    """A client that leaves within its head is an EOFError."""
    head = write_head(ask)
    for end in (0, 1, 40, len(head) - 1):
        said = [Said(f"the first {end} of {len(head)} bytes of its head", head[:end])] if end else []
        question = "What does recv give when the client has left, and who notices that?"
        _turn_away(ask, said, EOFError, "eof", question)


@case("6.1")
def real_connection(ask: Ask) -> None:
    """It works on a real connection, too."""
    head = write_head(ask)
    conn = ask.make("real_socket", [head])  # in one piece: on a real line nobody knows where it is cut
    story = (
        "accept_handshake(conn), and conn is a real socket",
        "the client sends    GET /chat HTTP/1.1 ...",
    )
    ask(conn).holds(_is_request(head), must=PAIR).tells(*story)
    conn.trace().holds(_is_answer(head)).tells(*story)


def _let_in(
    ask: Ask,
    said: Sequence[Said],
    pieces: list[bytes] | None = None,
    how: str = "in one piece",
    sends: Sequence[int] = (),
) -> None:
    """Let a client in that says this; what it says first is its head."""
    head, stream = said[0].data, b"".join(each.data for each in said)
    conn = ask.make("scripted_socket", pieces or [stream], "stall", list(sends))
    story = SPEECH.tell("accept_handshake(conn)", "the client", said, how, "stall")
    story += [f"conn.send takes {', '.join(map(str, sends))} bytes, then all it gets."] if sends else []
    asked = ask(conn).holds(_is_request(head), must=PAIR).tells(*story)
    ask.together([conn.get("unread"), asked], _nothing_lost(stream[len(head) :]))
    conn.trace().holds(_is_answer(head), observe=_what_was_done).tells(*story)


def _turn_away(
    ask: Ask,
    said: Sequence[Said],
    error: type[Exception],
    after: str,
    question: str,
    pieces: list[bytes] | None = None,
) -> None:
    """Let a client come that can't be let in."""
    conn = ask.make("scripted_socket", pieces or [each.data for each in said], after)
    story = SPEECH.tell("accept_handshake(conn)", "the client", said, "", after)
    ask(conn).raises(error, question=question).tells(*story)
    conn.trace().holds(_nothing_sent, observe=_what_was_done).tells(*story)


def _is_request(head: bytes) -> Callable[[object], Finding | None]:
    want = parse_request_head(head)

    def check(got: object) -> Finding | None:
        if type(got) is not tuple:
            return Finding(describe_type_slip(got, ()), PAIR)
        kinds = [type(part) for part in got]
        if kinds != [Request, bytes]:
            names = [getattr(part, "type_name", type(part).__name__) for part in got]
            note = f"A tuple of {' and '.join(names) or 'nothing'} came."
            return Finding(note, PAIR, question="What does each of the functions that you call return?")
        if got[0] == want:
            return None
        return Finding("The request is not the one that was sent.", Value(want), came=Value(got[0]))

    return check


def _nothing_lost(rest: bytes) -> Callable[[object, object], Finding | None]:
    """Make the check that what was not returned is still in the socket."""

    def check(unread: object, got: object) -> Finding | None:
        if not isinstance(got, tuple) or len(got) != 2 or type(got[1]) is not bytes:
            return None
        assert isinstance(unread, bytes)
        if got[1] + unread == rest:
            return None
        note = "These bytes came behind the head, and the first frame begins with them."
        if not rest:
            note = "Nothing came behind the head, so there is nothing left over."
        question = "What does recv_until give besides the head?"
        return Finding(note, Value(rest[: len(rest) - len(unread)]), question=question, came=Value(got[1]))

    return check


def _is_answer(head: bytes) -> Callable[[object], Finding | None]:
    """Make the check that a socket was sent the 101 for this head and nothing else, and was not closed."""
    key = parse_request_head(head).headers.get("Sec-WebSocket-Key") or ""
    want = build_server_handshake(key)

    def check(trace: object) -> Finding | None:
        sent = SPEECH.sent_in(trace)
        if not sent:
            question = "accept_client gives the answer. Which line sends it?"
            return Finding("Nothing was sent.", Value(want), question=question, came="nothing")
        if not _is_good_answer(sent, key):
            question = "Which bytes does accept_client give you to send?"
            return Finding("These bytes were sent.", Value(want), question=question, came=Value(sent))
        return _left_open(trace)

    return check


def _is_good_answer(sent: bytes, key: str) -> bool:
    lines = sent.decode("latin-1").split("\r\n")
    accept = f"sec-websocket-accept: {accept_value(key)}".lower()
    return (
        lines[0].startswith("HTTP/1.1 101")
        and lines[-2:] == ["", ""]
        and accept in [line.lower() for line in lines]
        and sent.count(b"\r\n\r\n") == 1
    )


def _nothing_sent(trace: object) -> Finding | None:
    sent = SPEECH.sent_in(trace)
    if not sent:
        return _left_open(trace)
    question = "Who sends the refusal, or hears that nobody is there any more: this function or its caller?"
    return Finding(
        "Something was sent.", "nothing sent, and the exception", question=question, came=Value(sent)
    )


def _left_open(trace: object) -> Finding | None:
    assert isinstance(trace, list)
    if ("close",) not in trace and trace[-1:] != [("eof",)]:
        return None
    question = "Who opened this connection, and may still have something to do with it?"
    return Finding(
        "It closed the connection.",
        "an open connection: its caller closes it",
        question=question,
        came="a connection that is closed",
    )


def _what_was_done(trace: object) -> object:
    assert isinstance(trace, list)
    return SPEECH.sent_in(trace), ("close",) in trace


# 6.2 serve_connection


def shout(text: str) -> str:
    return text.upper()


def echo(text: str) -> str:
    return text


def hear(text: str) -> None:
    return None


def say_nothing(text: str) -> str:
    return ""


def turn_round(data: bytes) -> bytes:
    return data[::-1]


CALLS = {
    shout: "serve_connection(conn, shout), where shout answers each text in capitals",
    echo: "serve_connection(conn, echo), where echo answers each text with itself",
    hear: "serve_connection(conn, hear), where hear(text) returns None",
    say_nothing: 'serve_connection(conn, say_nothing), where say_nothing(text) returns ""',
    turn_round: "serve_connection(conn, shout, turn_round), where turn_round(data) returns data[::-1]",
}


def client_of(ask: Ask) -> object:
    return SPEECH.Peer(ask.rng, Role.CLIENT)


@case("6.2")
def text_answered(ask: Ask) -> None:
    """A text is answered by what on_text makes of it, and a Close by a Close; its code is the result."""
    peer = client_of(ask)
    _serve(ask, [peer.text("Hello"), peer.close()], 1000, [wanted_text("HELLO"), wanted_close(1000)])


@case("6.2")
def texts_in_order(ask: Ask) -> None:
    """Several texts are answered one after the other, also where they come in one piece."""
    peer = client_of(ask)
    said = [peer.text("one"), peer.text("two"), peer.text("three"), peer.close()]
    answers = [wanted_text("ONE"), wanted_text("TWO"), wanted_text("THREE"), wanted_close(1000)]
    for how in ("each in a piece of its own", "the frames in one piece"):
        _serve(ask, said, 1000, answers, how=how)


@case("6.2")
def frames_behind_the_head(ask: Ask) -> None:
    """Frames that come in the same piece as the head are not lost."""
    peer = client_of(ask)
    said = [peer.text("first"), peer.close()]
    _serve(ask, said, 1000, [wanted_text("FIRST"), wanted_close(1000)], how="all in one piece")


@case("6.2")
def stream_cut_anywhere(ask: Ask) -> None:
    """Where the stream is cut makes no difference."""
    peer = client_of(ask)
    said = [peer.text("é€"), peer.text("b"), peer.close()]
    answers = [wanted_text("É€"), wanted_text("B"), wanted_close(1000)]
    for _ in range(3):
        _serve(ask, said, 1000, answers, how="at random")
    _serve(ask, said, 1000, answers, how="the frames byte by byte")


@case("6.2")
def texts_of_any_length(ask: Ask) -> None:
    """A text of any length comes and goes as it is: empty, with spaces at its ends, or long."""
    for text in ("", " \t a \r\n", "é" * 63, "long" * 1_250):
        peer = client_of(ask)
        _serve(
            ask, [peer.text(text), peer.close()], 1000, [wanted_text(text), wanted_close(1000)], on_text=echo
        )


@case("6.2")
def no_answer(ask: Ask) -> None:
    """Where on_text returns None, nothing is sent."""
    peer = client_of(ask)
    _serve(ask, [peer.text("Hello"), peer.close()], 1000, [wanted_close(1000)], on_text=hear)


@case("6.2")
def empty_answer(ask: Ask) -> None:
    """An empty text is an answer like any other."""
    peer = client_of(ask)
    answers = [wanted_text(""), wanted_close(1000)]
    _serve(ask, [peer.text("Hello"), peer.close()], 1000, answers, on_text=say_nothing)


@case("6.2")
def binary_answered(ask: Ask) -> None:
    """A binary message goes to on_binary, and its answer is binary, too."""
    peer = client_of(ask)
    said = [peer.binary(b"\x00\xff\xfe"), peer.text("a"), peer.close()]
    answers = [wanted(Opcode.BINARY, b"\xfe\xff\x00"), wanted_text("A"), wanted_close(1000)]
    _serve(ask, said, 1000, answers, on_binary=turn_round)


@case("6.2")
def ping_answered(ask: Ask) -> None:
    """A Ping is answered by a Pong with the same bytes, before what follows it."""
    peer = client_of(ask)
    for data in (b"are you there?", b"", b"\xff\x00" * 62):
        said = [peer.ping(data), peer.text("next"), peer.close()]
        answers = [wanted(Opcode.PONG, data), wanted_text("NEXT"), wanted_close(1000)]
        _serve(ask, said, 1000, answers)


@case("6.2")
def pong_ignored(ask: Ask) -> None:
    """A Pong that nobody asked for is answered by nothing."""
    peer = client_of(ask)
    said = [peer.pong(b"here I am"), peer.text("next"), peer.close()]
    _serve(ask, said, 1000, [wanted_text("NEXT"), wanted_close(1000)])


@case("6.2")
def codes_of_a_close(ask: Ask) -> None:
    """The code of the client's Close is sent back in a Close, and is the result."""
    peer = client_of(ask)
    for code, reason in ((1001, ""), (3000, "bye"), (4999, "see you €")):
        _serve(ask, [peer.close(code, reason)], code, [wanted_close(code)])


@case("6.2")
def close_without_a_code(ask: Ask) -> None:
    """A Close without a code is 1005, a number that is never sent."""
    peer = client_of(ask)
    question = "Which number stands for 'no code', and may it stand in a frame?"
    _serve(ask, [peer.close(None)], 1005, [wanted_close(None, 1000)], question=question)


@case("6.2")
def nothing_after_a_close(ask: Ask) -> None:
    """Nothing that comes after the client's Close is answered."""
    peer = client_of(ask)
    said = [peer.close(), peer.text("late"), peer.close(4000)]
    for how in ("each in a piece of its own", "the frames in one piece"):
        _serve(ask, said, 1000, [wanted_close(1000)], how=how)


@case("6.2")
def client_just_leaves(ask: Ask) -> None:
    """A client that leaves without a Close is 1006, and gets none either."""
    peer = client_of(ask)
    part = Said("the first 4 bytes of a frame", peer.text("Hello").data[:4])
    for said, answers in (
        ([], []),
        ([peer.text("Hello")], [wanted_text("HELLO")]),
        ([part], []),
        ([peer.text("Hello"), part], [wanted_text("HELLO")]),
    ):
        _serve(ask, said, 1006, answers, after="eof")


@case("6.2")
def connection_breaks(ask: Ask) -> None:
    """A connection that breaks is 1006, and no exception."""
    peer = client_of(ask)
    _serve(ask, [peer.text("Hello")], 1006, [wanted_text("HELLO")], after="reset")


@case("6.2")
def reserved_bits(ask: Ask) -> None:
    """A reserved bit fails the connection: a Close with 1002 is sent, and 1002 is the result."""
    peer = client_of(ask)
    for bit in ("rsv1", "rsv2", "rsv3"):
        _fail(ask, [peer.frame(Opcode.TEXT, b"Hello", **{bit: True})], 1002)


@case("6.2")
def reserved_opcodes(ask: Ask) -> None:
    """A frame with a reserved opcode fails the connection with 1002."""
    peer = client_of(ask)
    for opcode in (0x3, 0x7, 0xB, 0xF):
        _fail(ask, [peer.frame(opcode, b"Hello")], 1002)


@case("6.2")
def frame_not_masked(ask: Ask) -> None:
    """A client's frame that is not masked fails the connection with 1002."""
    _fail(ask, [client_of(ask).masked_wrongly(Opcode.TEXT, b"Hello")], 1002)


@case("6.2")
def control_frame_too_large(ask: Ask) -> None:
    """A control frame in fragments, or with more than 125 bytes, fails the connection with 1002."""
    peer = client_of(ask)
    _fail(ask, [peer.frame(Opcode.PING, b"a" * 126)], 1002)
    _fail(ask, [peer.frame(Opcode.PING, b"a", fin=False)], 1002)


@case("6.2")
def frame_without_end(ask: Ask) -> None:
    """A frame that announces more than anybody takes fails the connection, before it has come."""
    start = Said(
        "the start of a frame of 1,099,511,627,776 bytes", b"\x82\xff\x00\x00\x01\x00\x00\x00\x00\x00"
    )
    _fail(ask, [start], 1009)


@case("6.2")
def text_not_utf8(ask: Ask) -> None:
    """A text that is not UTF-8 fails the connection with 1007."""
    peer = client_of(ask)
    for data in (b"\xc3\x28", b"Hello\xff", b"\xed\xa0\x80"):
        _fail(ask, [peer.frame(Opcode.TEXT, data)], 1007)


@case("6.2")
def bad_close(ask: Ask) -> None:
    """A Close that breaks a rule is answered by a Close with the code for that."""
    peer = client_of(ask)
    for payload, code, words in (
        (b"\x03", 1002, "CLOSE with a payload of one byte"),
        (b"\x03\xee", 1002, "CLOSE 1006, which no Close may carry"),
        (b"\x03\xe8\xff", 1007, "CLOSE 1000 with a reason that is not UTF-8"),
    ):
        _serve(ask, [Said(words, peer.frame(Opcode.CLOSE, payload).data)], code, [wanted_close(code)])


@case("6.2")
def good_before_bad(ask: Ask) -> None:
    """Good frames before a bad one are answered, and nothing behind it."""
    peer = client_of(ask)
    said = [peer.text("good"), peer.frame(Opcode.TEXT, b"bad", rsv1=True), peer.text("late"), peer.close()]
    for how in ("each in a piece of its own", "the frames in one piece"):
        _serve(ask, said, 1002, [wanted_text("GOOD"), wanted_close(1002)], how=how)


@case("6.2")
def bad_handshake_refused(ask: Ask) -> None:
    """A handshake that fails is refused with its status, and the result is 1006."""
    for head, words, status in (
        (write_head(ask, Sec_WebSocket_Version="8"), "GET /chat HTTP/1.1 ..., with version 8", b"426"),
        (write_head(ask, Sec_WebSocket_Key=None), "GET /chat HTTP/1.1 ..., without a key", b"400"),
    ):
        conn = ask.make("scripted_socket", [head], "stall")
        story = SPEECH.tell(CALLS[shout], "the client", [Said(words, head)], "", "stall")
        question = "Which exception tells you, and what does refuse make of it?"
        ask(conn, shout).gives(1006, question=question).tells(*story)
        conn.trace().holds(_is_refusal(status), observe=_seen_by_client).tells(*story)


@case("6.2")
def client_leaves_within_its_handshake(ask: Ask) -> None:
    """A client that leaves within its head is 1006, and gets nothing."""
    head = write_head(ask)
    said = [Said(f"the first 40 of {len(head)} bytes of its head", head[:40])]
    for after in ("eof", "reset"):
        conn = ask.make("scripted_socket", [head[:40]], after)
        story = SPEECH.tell(CALLS[shout], "the client", said, "", after)
        question = "What does accept_handshake raise then, and where does it become a number?"
        ask(conn, shout).gives(1006, question=question).tells(*story)
        conn.trace().holds(_nothing_sent, observe=_seen_by_client).tells(*story)


@case("6.2")
def fault_of_the_program(ask: Ask) -> None:
    """What on_text raises passes through: it is no fault of the client's, and must not be hidden."""
    peer = client_of(ask)
    head, said = handshake(ask), peer.text("Hello")
    conn = ask.make("scripted_socket", [head.data, said.data], "stall")
    call = "serve_connection(conn, divide), where divide(text) returns 1 / 0"
    question = "Whose fault is it, and how does the programmer who made it hear of it?"
    asked = ask(conn, divide).raises(ZeroDivisionError, question=question)
    asked.tells(*SPEECH.tell(call, "the client", [head, said], "", "stall"))


def divide(text: str) -> str:
    return str(1 / 0)


@case("6.2")
def real_conversation(ask: Ask) -> None:
    """It serves a client on a real connection, too."""
    peer = client_of(ask)
    head, said = handshake(ask), [peer.text("Hello"), peer.ping(b"?"), peer.close()]
    frames = b"".join(each.data for each in said)

    def once_let_in(received: bytes) -> bytes | None:
        return frames if b"\r\n\r\n" in received else None

    conn = ask.make("real_socket", [head.data, once_let_in])
    story = SPEECH.tell(CALLS[shout], "the client", [head, *said], "on a real socket", "eof")
    answers = [wanted_text("HELLO"), wanted(Opcode.PONG, b"?"), wanted_close(1000)]
    _judge_end(ask, ask(conn, shout), conn, 1000, _were_sent(head.data, answers), story)


def _fail(ask: Ask, said: list[Said], code: int) -> None:
    """Serve a client that breaks a rule, after which nothing is looked at."""
    peer = client_of(ask)
    question = "Which exception tells you of the broken rule, and what does the client get to hear?"
    _serve(ask, [*said, peer.text("late")], code, [wanted_close(code)], question=question)


def _serve(
    ask: Ask,
    said: Sequence[Said],
    code: int,
    answers: Sequence[Wanted],
    how: str = "each in a piece of its own",
    after: str = "stall",
    on_text: Callable[[str], str | None] = shout,
    on_binary: Callable[[bytes], bytes] | None = None,
    question: str = "",
) -> None:
    """Serve a client that says this after its handshake."""
    head = handshake(ask)
    pieces, told = _cut_speech(ask, head, said, how)
    conn = ask.make("scripted_socket", pieces, after)
    story = SPEECH.tell(CALLS[on_binary or on_text], "the client", [head, *said], told, after)
    args = (conn, on_text, on_binary) if on_binary else (conn, on_text)
    _judge_end(ask, ask(*args), conn, code, _were_sent(head.data, answers, question), story, question)


def _judge_end(
    ask: Ask,
    asked: Asked,
    conn: Kept,
    code: int,
    were_sent: Callable[[object], Finding | None],
    story: Sequence[str],
    question: str = "",
) -> None:
    """Demand this code, and these frames; where both are wrong, the frames say why, so they are shown."""

    def check(traced: Outcome, outcome: Outcome) -> Finding | None:
        trace = traced.value if isinstance(traced, Returned) else []
        if not isinstance(outcome, Returned):
            return _did_not_end(trace, outcome, code)
        if same(outcome.value, code):
            return None
        slip = describe_type_slip(outcome.value, code)
        sent = None if slip else were_sent(trace)
        if sent is None:
            return Finding(slip, Value(code), question=question)
        return replace(sent, note=f"{sent.note} Then it returned {outcome.value!r}, and {code} must come.")

    def check_gone(outcome: Outcome) -> Finding | None:
        is_gone = isinstance(outcome, Ended) and outcome.gone  # then there is no trace to judge it by
        return Finding("", Value(code)) if is_gone else None

    asked.judged_by(check_gone).tells(*story)
    traced = conn.trace().holds(were_sent, observe=_seen_by_client).tells(*story)
    ask.together_with_errors([traced, asked], check)


def _did_not_end(trace: object, outcome: Outcome, code: int) -> Finding:
    has_closed = SPEECH.has_closed(SPEECH.sent_in(trace))
    if not has_closed or not isinstance(outcome, Ended):
        return Finding("", Value(code))
    question = "Which statement ends the whole function, and not only the loop in which it stands?"
    return Finding("Your Close was sent, and the loop went on.", Value(code), question=question)


def _cut_speech(ask: Ask, head: Said, said: Sequence[Said], how: str) -> tuple[list[bytes], str]:
    frames = b"".join(each.data for each in said)
    if how == "all in one piece":
        return [head.data + frames], how
    if how == "the frames in one piece":
        return [head.data, frames], how
    if how == "the frames byte by byte":
        return [head.data, *(bytes([byte]) for byte in frames)], how
    if how == "at random":
        return SPEECH.cut_at_random(ask.rng, [head, *said])
    return [head.data, *(each.data for each in said)], how if len(said) > 1 else ""


WHO_ASKS = "Which frame of the client's is answered there, and which branch of your code gets it?"


def _were_sent(
    head: bytes, answers: Sequence[Wanted], question: str = ""
) -> Callable[[object], Finding | None]:
    """Make the check that a server answered the handshake, and then sent these frames and nothing else."""
    key = parse_request_head(head).headers.get("Sec-WebSocket-Key") or ""

    def check(trace: object) -> Finding | None:
        sent = SPEECH.read_sent(SPEECH.sent_in(trace), Role.CLIENT)
        if not _is_good_answer(sent.head, key):
            note = "The first that it sends must be the 101 for this client's key."
            return Finding(note, Value(build_server_handshake(key)), came=sent.lines("your server"))
        return SPEECH.compare(sent, answers, "server", question or WHO_ASKS) or _left_open(trace)

    return check


def _is_refusal(status: bytes) -> Callable[[object], Finding | None]:
    def check(trace: object) -> Finding | None:
        sent = SPEECH.sent_in(trace)
        if re.match(rb"HTTP/1\.1 4\d\d .*\r\n\r\n", sent, re.DOTALL):
            return _left_open(trace)
        must = f"HTTP/1.1 {status.decode()} ..., as refuse writes it"
        question = "Which function of lesson 4 writes the answer to a handshake that failed?"
        return Finding("", must, question=question, came=Value(sent) if sent else "nothing was sent")

    return check


def _seen_by_client(trace: object) -> object:
    assert isinstance(trace, list)
    return SPEECH.observe_sent(SPEECH.sent_in(trace), Role.CLIENT), ("close",) in trace


# 6.3 route

RESPONSE = "a whole response, as bytes"
PAGES = {"/": b"<p>Hello", "/two": "<p>Zwei Grüße".encode(), "/empty": b""}


@case("6.3")
def page_served(ask: Ask) -> None:
    """A request for a page gets a whole response: 200, the length, the type, and the page."""
    for target, page in PAGES.items():
        _ask_page(ask, target, page)
    name = "/" + "".join(ask.rng.choices("abcxyz", k=6))
    _ask_page(ask, name, ask.rng.randbytes(300), {name: None})


@case("6.3")
def page_that_is_not_there(ask: Ask) -> None:
    """A path that is no page gets 404, as a whole response."""
    for target in ("/three", "/two/", "/tw", "/Two", "/favicon.ico"):
        ask(_request(target), PAGES).holds(_is_response(404, None), observe=_lines_of, must=RESPONSE)
    ask(_request("/"), {}).holds(_is_response(404, None), observe=_lines_of, must=RESPONSE)


@case("6.3")
def query_does_not_count(ask: Ask) -> None:
    """The query behind the path does not count when the page is looked up."""
    _ask_page(ask, "/?a=1", PAGES["/"])
    _ask_page(ask, "/two?a=/&b=?", PAGES["/two"])
    _ask_page(ask, "/two?", PAGES["/two"])


@case("6.3")
def handshake_left_alone(ask: Ask) -> None:
    """A handshake gets None: somebody else answers it."""
    for target in ("/", "/two", "/chat", "/?a=1"):
        ask(_handshake(ask, target), PAGES).gives(None)


@case("6.3")
def upgrade_in_any_case(ask: Ask) -> None:
    """Upgrade is a list of tokens, and websocket counts in any case and any place."""
    for value in ("WebSocket", "WEBSOCKET", "h2c, websocket", "websocket, h2c", " websocket "):
        ask(_handshake(ask, "/", Upgrade=value), PAGES).gives(None)
    ask(_request("/", ("Upgrade", "h2c"), ("upgrade", "websocket")), PAGES).gives(None)


@case("6.3")
def bad_handshake_left_alone(ask: Ask) -> None:
    """What asks for websocket is a handshake, whatever else is wrong with it."""
    for name, value in (("Connection", None), ("Sec_WebSocket_Version", "8"), ("Sec_WebSocket_Key", None)):
        ask(_handshake(ask, "/", **{name: value}), PAGES).gives(None)
    ask(parse_request_head(write_head(ask, "POST / HTTP/1.1")), PAGES).gives(None)


@case("6.3")
def other_upgrades_are_pages(ask: Ask) -> None:
    """A request that names another protocol in Upgrade is one for a page."""
    for value in ("h2c", "websocket2", "not-websocket", "x-websocket/1"):
        _ask_page(ask, "/", PAGES["/"], headers=[("Upgrade", value), ("Connection", "Upgrade")])
    _ask_page(ask, "/", PAGES["/"], headers=[("Connection", "keep-alive, Upgrade")])
    _ask_page(ask, "/", PAGES["/"], headers=[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])
    _ask_page(ask, "/", PAGES["/"], headers=[("Cookie", "upgrade=websocket")])


def _request(target: str, *headers: tuple[str, str]) -> Request:
    return Request("GET", target, "HTTP/1.1", Headers([("Host", "127.0.0.1:9001"), *headers]))


def _handshake(ask: Ask, target: str, **changes: str | None) -> Request:
    return parse_request_head(write_head(ask, f"GET {target} HTTP/1.1", **changes))


def _ask_page(
    ask: Ask,
    target: str,
    page: bytes,
    pages: dict[str, None] | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> None:
    """Ask for a page; `pages`: its name, where it is the only one."""
    there = dict.fromkeys(pages, page) if pages else PAGES
    ask(_request(target, *headers), there).holds(_is_response(200, page), observe=_lines_of, must=RESPONSE)


def _is_response(status: int, body: bytes | None) -> Callable[[object], Finding | None]:
    """Make the check of a whole response; a body of None may be any."""

    def check(got: object) -> Finding | None:
        if type(got) is not bytes:
            return Finding(describe_type_slip(got, b""), f"a whole response: HTTP/1.1 {status} ...")
        head, end, came = got.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        if not got.startswith(b"HTTP/1."):
            question = "What does a browser read first, before the page itself?"
            return Finding(
                "It does not begin with a status line.", f"HTTP/1.1 {status} ...", question=question
            )
        if not end or head.count(b"\n") != head.count(b"\r\n"):
            question = "Which bytes end a line of a head, and which the head itself?"
            note = "A line does not end in CR LF, or no empty line ends the head."
            return Finding(note, r"every line with \r\n at its end, then \r\n", question=question)
        if not re.match(rf"HTTP/1\.1 {status} ", lines[0] + " "):
            note = "The status is not the right one."
            return Finding(note, f"HTTP/1.1 {status} ...", mark=lines[0], came=Value(got))
        return _check_fields(got, lines, came) or _check_body(came, body)

    return check


def _check_fields(got: bytes, lines: list[str], came: bytes) -> Finding | None:
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if headers.get("content-length") != str(len(came)):
        said = headers.get("content-length")
        said = f"Content-Length says {said}" if said else "there is no Content-Length"
        note = f"{len(came)} bytes follow the head, and {said}."
        question = "How does the browser know where the page ends?"
        return Finding(note, f"Content-Length: {len(came)}", question=question, mark="Content-Length")
    if "close" not in headers.get("connection", "").lower():
        note = "The head does not say Connection: close."
        question = "What will the browser do with this connection, if nobody says that it ends?"
        return Finding(note, "Connection: close", question=question, mark=lines[0], rfc="RFC 9112 9.6")
    return _check_type(headers.get("content-type", "")) if lines[0].startswith("HTTP/1.1 200") else None


def _check_type(said: str) -> Finding | None:
    must = "Content-Type: text/html; charset=utf-8"
    plain = said.lower().replace(" ", "").replace('"', "")
    if not plain.startswith("text/html"):
        note = f"Content-Type is {said}." if said else "There is no Content-Type."
        question = "How does the browser know that it is HTML?"
        return Finding(note, must, question=question, mark="Content-Type")
    if "charset=utf-8" in plain:
        return None
    note = f"Content-Type is {said}: it does not say how letters are written."
    question = "How does the browser know which bytes stand for a letter such as ü?"
    return Finding(note, must, question=question, mark="Content-Type", rfc="RFC 9110 8.3.2")


def _check_body(came: bytes, body: bytes | None) -> Finding | None:
    if body is None or came == body:
        return None
    return Finding("Another body came than the page.", Value(body), came=Value(came))


def _lines_of(got: object) -> object:
    """What counts of a response when it is compared with a known mistake's."""
    if type(got) is not bytes:
        return type(got).__name__
    head, end, body = got.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = re.match(r"HTTP/1\.1 (\d+)", lines[0])
    if not status or not end or "\n" in head.decode("latin-1").replace("\r\n", ""):
        return lines[0], end, b"\r" in head
    wrong = _check_fields(got, lines, body)
    note = re.sub(r"\d+", "...", wrong.note) if wrong else ""
    return status[1], note, body if status[1] == "200" else b""  # a page that is not there may say anything


# 6.4 BlockingClient

URL = "ws://127.0.0.1:9001/chat"
GOOD_ANSWER = "HTTP/1.1 101 ..., its answer"
LATE = "in two pieces, with a pause before the first"
PAUSE = 0.02  # seconds: more than a tick of any clock
Step = bytes | Callable[[bytes], bytes | None]


class Visit:
    """A client of the student's that talks to a scripted server, and the story of it so far."""

    def __init__(
        self,
        ask: Ask,
        *said: Said,
        how: str = "each in a piece of its own",
        after: str = "stall",
        answer: tuple[str, Callable[[str], bytes]] = (GOOD_ANSWER, build_server_handshake),
        at_close: Sequence[Said] = (),
        socket: str = "scripted_socket",
    ) -> None:
        steps = [*_answer_steps(answer[1], said, how), *_closing_steps(at_close)]
        self.conn = ask.make(socket, steps, after)
        self.addresses = ask.make("connects_to", self.conn)
        self.client = ask.new()
        self._calls = ["client = BlockingClient()"]
        self._last_words = b"".join(each.data for each in at_close)
        late = [Said(f"{each.words}, once it has your Close", each.data) for each in at_close]
        told = [Said(answer[0], b""), *said, *late]
        _, *self._told = SPEECH.tell("", "the server", told, how if said else "", after)

    def call(self, method: str, *args: object) -> Asked:
        """Call a method of the client."""
        call = f"client.{method}({', '.join(map(_show_argument, args))})"
        asked = self.client.call(method, *args).tells(*self._calls, f"{call}    <- here", *self._told)
        self._calls.append(call)
        return asked

    def connect(self) -> Asked:
        return self.call("connect", URL).gives(None, note="connect has nothing to return.")

    def sent(self, *frames: Wanted, closed: bool = False, question: str = "") -> None:
        """Demand that just these frames were sent after the request, and that the socket is closed, if so."""
        check = _client_sent(frames, closed, question, self._last_words)
        self.conn.trace().holds(check, observe=_seen_by_server).tells(*self._calls, *self._told)


def _show_argument(value: object) -> str:
    return (
        f"{value[:2]!r} * {len(value) // 2:,}" if isinstance(value, str) and len(value) > 60 else repr(value)
    )


def _answer_steps(write: Callable[[str], bytes], said: Sequence[Said], how: str) -> list[Step]:
    """What a server sends once it has the whole request, cut in this way."""
    frames = b"".join(each.data for each in said)
    if how == "all in one piece":
        return [_answers(lambda key: write(key) + frames)]
    if how == "its answer in three pieces":
        cuts = [(0, 40), (40, -3), (-3, None)]
        parts = [_answers(lambda key, cut=cut: write(key)[slice(*cut)]) for cut in cuts]
        return [*parts, *(each.data for each in said)]
    if how == "the frames byte by byte":
        return [_answers(write), *(bytes([byte]) for byte in frames)]
    if how == "the frames in one piece":
        return [_answers(write), frames]
    if how == LATE:
        return [_answers(write), _after_a_pause(frames[:3]), frames[3:]]
    return [_answers(write), *(each.data for each in said)]


def _answers(write: Callable[[str], bytes]) -> Callable[[bytes], bytes | None]:
    def answer(sent: bytes) -> bytes | None:
        key = re.search(rb"\r\nsec-websocket-key: *+([^\r]*+)\r\n", sent, re.IGNORECASE)
        return write(key[1].decode("latin-1")) if key and b"\r\n\r\n" in sent else None

    return answer


def _after_a_pause(data: bytes) -> Callable[[bytes], bytes]:
    def say(sent: bytes) -> bytes:
        time.sleep(PAUSE)  # a slow server
        return data

    return say


def _closing_steps(said: Sequence[Said]) -> list[Step]:
    """What a server sends once a Close has come."""

    def say(sent: bytes) -> bytes | None:
        return b"".join(each.data for each in said) if SPEECH.has_closed(sent) else None

    return [say] if said else []


def server_of(ask: Ask) -> object:
    return SPEECH.Peer(ask.rng, Role.SERVER)


@case("6.4")
def request_sent(ask: Ask) -> None:
    """A client opens a TCP connection, sends its request, and goes on when the server has agreed."""
    visit = Visit(ask)
    visit.connect()
    where = visit.addresses.trace().gives(
        [("127.0.0.1", 9001)], note="This is where the TCP connection went."
    )
    where.tells("client = BlockingClient()", f'client.connect("{URL}")')
    visit.sent()
    other = Visit(ask, how="its answer in three pieces")
    other.call("connect", "ws://127.0.0.1").gives(None)
    other.addresses.trace().gives([("127.0.0.1", 80)]).tells(
        "client = BlockingClient()", 'client.connect("ws://127.0.0.1")'
    )


@case("6.4")
def text_sent(ask: Ask) -> None:
    """A str is sent as one text frame, masked as a client must."""
    for text in ("Hello", "é€", ""):
        visit = Visit(ask)
        visit.connect()
        visit.call("send", text).gives(None)
        visit.sent(wanted_text(text))


@case("6.4")
def binary_sent(ask: Ask) -> None:
    """A bytes object is sent as one binary frame."""
    visit = Visit(ask)
    visit.connect()
    visit.call("send", b"\x00\xff\xfe")
    visit.sent(wanted(Opcode.BINARY, b"\x00\xff\xfe"))


@case("6.4")
def new_key_for_each_frame(ask: Ask) -> None:
    """Each frame has a masking key of its own."""
    visit = Visit(ask)
    visit.connect()
    for _ in range(4):
        visit.call("send", "the same")
    visit.sent(*[wanted_text("the same")] * 4)


@case("6.4")
def long_text_sent(ask: Ask) -> None:
    """A long text is one frame, too."""
    visit = Visit(ask)
    visit.connect()
    visit.call("send", "ab" * 2_500)
    visit.sent(wanted_text("ab" * 2_500))


@case("6.4")
def messages_received(ask: Ask) -> None:
    """Each recv gives one message: a str for text, bytes for binary."""
    server = server_of(ask)
    said = [server.text("é"), server.binary(b"\xff"), server.text(""), server.text("last")]
    for how in ("each in a piece of its own", "the frames in one piece", "the frames byte by byte"):
        visit = Visit(ask, *said, how=how)
        visit.connect()
        for want in ("é", b"\xff", "", "last"):
            visit.call("recv").gives(want)


@case("6.4")
def message_behind_the_head(ask: Ask) -> None:
    """A message that comes in the same piece as the server's head is not lost."""
    server = server_of(ask)
    visit = Visit(ask, server.text("first"), server.text("second"), how="all in one piece")
    visit.connect()
    visit.call("recv").gives("first")
    visit.call("recv").gives("second")


@case("6.4")
def answer_in_pieces(ask: Ask) -> None:
    """The server's head may come in pieces."""
    visit = Visit(ask, server_of(ask).text("Hello"), how="its answer in three pieces")
    visit.connect()
    visit.call("recv").gives("Hello")


@case("6.4")
def pings_answered(ask: Ask) -> None:
    """While recv waits for a message it answers a Ping with a Pong, and a Pong with nothing."""
    server = server_of(ask)
    visit = Visit(ask, server.ping(b"\xff?"), server.pong(b"hm"), server.ping(), server.text("after"))
    visit.connect()
    visit.call("recv").gives("after")
    visit.sent(wanted(Opcode.PONG, b"\xff?"), wanted(Opcode.PONG, b""))


@case("6.4")
def servers_close(ask: Ask) -> None:
    """The server's Close is answered with its code, and recv raises EOFError, then and ever after."""
    server = server_of(ask)
    for code, back in ((4001, (4001,)), (1000, (1000,)), (None, (None, 1000))):
        visit = Visit(ask, server.text("last"), server.close(code), after="eof")
        visit.connect()
        visit.call("recv").gives("last")
        question = "What does recv do when there will be no message any more?"
        visit.call("recv").raises(EOFError, question=question)
        visit.call("recv").raises(EOFError, question="What does your object remember of the end?")
        visit.call("send", "too late").raises(EOFError, question="Who could still read it?")
        visit.call("close").gives(1005 if code is None else code, question="Which code did the server say?")
        visit.sent(wanted_close(*back), closed=True)


@case("6.4")
def close_waits_for_the_server(ask: Ask) -> None:
    """Its close sends a Close, waits for the server's, gives that one's code, and closes the connection."""
    server = server_of(ask)
    for code, result in ((1000, 1000), (4001, 4001), (None, 1005)):
        visit = Visit(ask, at_close=[server.close(code)], after="eof")
        visit.connect()
        visit.call("send", "Hello")
        question = "Your Close is on its way. Which frame do you still have to wait for?"
        visit.call("close").gives(result, question=question)
        visit.sent(wanted_text("Hello"), wanted_close(1000), closed=True)


@case("6.4")
def own_code(ask: Ask) -> None:
    """The caller of close may say which code to send."""
    visit = Visit(ask, at_close=[server_of(ask).close(4000)], after="eof")
    visit.connect()
    visit.call("close", 4000).gives(4000)
    visit.call("close").gives(4000, question="What does your object remember of the end?")
    visit.sent(wanted_close(4000), closed=True)


@case("6.4")
def messages_on_their_way_dropped(ask: Ask) -> None:
    """Messages that come between the two Closes are dropped, and nothing is sent after our Close."""
    server = server_of(ask)
    late = [server.text("on its way"), server.ping(b"?"), server.binary(b"b"), server.close(1001)]
    visit = Visit(ask, server.text("early"), at_close=late, after="eof")
    visit.connect()
    visit.call("close").gives(1001, question="Which frames may come before the server's Close?")
    question = "After a Close, which frames does its sender still send?"
    visit.sent(wanted_close(1000), closed=True, question=question)


@case("6.4")
def server_just_leaves(ask: Ask) -> None:
    """A server that leaves without a Close: recv raises EOFError, and close returns 1006."""
    server = server_of(ask)
    part = Said("the first 3 bytes of a frame", server.text("Hello").data[:3])
    for said in ([], [server.text("Hello")], [part]):
        visit = Visit(ask, *said, after="eof")
        visit.connect()
        if said and said[0] is not part:
            visit.call("recv").gives("Hello")
        visit.call("recv").raises(
            EOFError, question="What does the socket's recv give when the peer has left?"
        )
        visit.call("send", "too late").judged_by(_is_lost)
        visit.call("close").gives(1006)


@case("6.4")
def connection_to_server_breaks(ask: Ask) -> None:
    """When the connection breaks, recv raises EOFError or ConnectionError, and close returns 1006."""
    visit = Visit(ask, after="reset")
    visit.connect()
    visit.call("recv").judged_by(_is_lost)
    visit.call("close").gives(1006)


@case("6.4")
def server_leaves_before_our_close(ask: Ask) -> None:
    """A server that answers our Close by leaving is 1006, and no exception."""
    visit = Visit(ask, after="eof")
    visit.connect()
    visit.call("close").gives(1006, question="What if b'' comes where the server's Close should?")
    visit.sent(wanted_close(1000), closed=True)


@case("6.4")
def silent_at_the_close(ask: Ask) -> None:
    """Where no Close comes in time, close returns 1006, raises nothing, and closes the connection."""
    visit = Visit(ask)
    visit.connect()
    visit.call("close").gives(1006, question="What does your recv raise then, and who catches it?")
    visit.sent(wanted_close(1000), closed=True, question="Who closes the socket when nothing came?")


@case("6.4")
def rule_broken_at_the_close(ask: Ask) -> None:
    """A frame that breaks a rule, after our Close: close returns our own code for it, and is no exception."""
    bad = server_of(ask).frame(Opcode.TEXT, b"Hello", rsv1=True)
    visit = Visit(ask, at_close=[bad], after="eof")
    visit.connect()
    visit.call("close").gives(1002, question="What does your recv raise then, and who catches it?")
    visit.sent(wanted_close(1000), closed=True)


@case("6.4")
def handshake_refused(ask: Ask) -> None:
    """A server that does not agree: HandshakeError, and the TCP connection is closed."""
    refusals: dict[str, Callable[[str], bytes]] = {
        "HTTP/1.1 404 Not Found": lambda key: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK": lambda key: b"HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 101 ... with the accept value of another key": lambda key: build_server_handshake(
            "dGhlIHNhbXBsZSBub25jZQ=="
        ),
    }
    for words, write in refusals.items():
        visit = Visit(ask, answer=(words, write))
        visit.call("connect", URL).raises(
            HandshakeError, question="Which function checks the server's answer?"
        )
        visit.sent(closed=True, question="An exception leaves connect. Who can still close the socket?")
    question = "When may your object remember that it has a connection?"
    visit.call("recv").raises(EOFError, question=question)
    visit.call("send", "Hello").raises(EOFError, question=question)
    visit.call("close").gives(1006, question=question)


@case("6.4")
def nobody_listens(ask: Ask) -> None:
    """Where nobody listens there is no connection: connect raises OSError, and close returns 1006."""
    conn = ask.make("scripted_socket", [], "stall")
    ask.make("connects_to", conn, True)
    client = ask.new()
    story = ("client = BlockingClient()", f'client.connect("{URL}")')
    asked = client.call("connect", URL).raises(
        OSError, question="Which of your variables are set when create_connection itself raises?"
    )
    asked.tells(*story, "nobody listens there: the TCP connection is refused")
    client.call("close").gives(1006).tells(*story, "client.close()    <- here")


@case("6.4")
def server_leaves_within_its_head(ask: Ask) -> None:
    """A server that leaves within its head: EOFError, and the TCP connection is closed."""
    visit = Visit(ask, answer=("HTTP/1.1 10, and no more", lambda key: b"HTTP/1.1 10"), after="eof")
    visit.call("connect", URL).raises(EOFError)
    visit.sent(closed=True, question="An exception leaves connect. Who can still close the socket?")


@case("6.4")
def urls_it_cannot_speak_to(ask: Ask) -> None:
    """A URL that is no ws one is a ValueError, before any connection is opened; wss needs TLS."""
    for url in ("http://127.0.0.1/", "ws://", "wss://127.0.0.1/"):
        visit = Visit(ask)
        question = "Which part of what parse_ws_url returns tells you?"
        asked = visit.call("connect", url).raises(ValueError, question=question)
        visit.addresses.trace().gives([], note="A TCP connection was opened.").tells(*asked.story)


@case("6.4")
def server_breaks_a_rule(ask: Ask) -> None:
    """A frame that breaks a rule: recv sends a Close with the code and raises ProtocolError; that was all."""
    server = server_of(ask)
    for wrong, code in (
        (server.masked_wrongly(Opcode.TEXT, b"Hello"), 1002),
        (server.frame(Opcode.TEXT, b"Hello", rsv1=True), 1002),
        (server.frame(0x3, b"Hello"), 1002),
        (server.frame(Opcode.TEXT, b"\xc3\x28"), 1007),
    ):
        visit = Visit(ask, server.text("good"), wrong, server.text("late"), after="eof")
        visit.connect()
        visit.call("recv").gives("good")
        visit.call("recv").raises(ProtocolError, code=code)
        visit.call("recv").raises(EOFError, question="What may still be read after a rule was broken?")
        visit.call("close").gives(code)
        visit.sent(wanted_close(code), closed=True)


@case("6.4")
def time_limit(ask: Ask) -> None:
    """A call waits no longer than the time limit: then it raises TimeoutError."""
    visit = Visit(ask)
    visit.connect()
    question = "How does the socket learn how long it may wait?"
    visit.call("recv").raises(TimeoutError, question=question)
    silent = Visit(ask, answer=("HTTP/1.1 101, and no more", lambda key: b"HTTP/1.1 101"))
    silent.call("connect", URL).raises(TimeoutError, question=question)
    silent.sent(closed=True, question="An exception leaves connect. Who can still close the socket?")


@case("6.4")
def time_limit_of_connecting(ask: Ask) -> None:
    """The time limit counts for opening the TCP connection, too."""
    visit = Visit(ask)
    asked = visit.call("connect", URL).gives(None)
    visit.addresses.get("limits").holds(_is_limited, observe=lambda limits: None in limits).tells(
        *asked.story
    )


@case("6.4")
def time_limit_not_stretched(ask: Ask) -> None:
    """A time limit counts from the call: bytes that come now and then do not stretch it."""
    visit = Visit(ask, server_of(ask).text("Hello"), how=LATE)
    visit.connect()
    asked = visit.call("recv").gives("Hello")
    visit.conn.get("limits").holds(_has_shrunk, observe=lambda limits: _has_shrunk(limits) is None).tells(
        *asked.story
    )


def _is_limited(limits: object) -> Finding | None:
    assert isinstance(limits, list)
    if None not in limits:
        return None
    question = "How long would create_connection wait for a host that does not answer?"
    must = "one with the client's time limit: 10 seconds, if nobody says otherwise"
    return Finding("", must, question=question, came="a TCP connection that was opened without a time limit")


def _has_shrunk(limits: object) -> Finding | None:
    """Check that the last wait was shorter than 10 seconds by what had passed, or half of it at least."""
    assert isinstance(limits, list)
    if limits and limits[-1] is not None and limits[-1] <= 10 - PAUSE / 2:
        return None
    question = "When does your deadline begin: with the call, or with each piece?"
    must = "what is left of the 10 seconds that began with the call"
    came = f"the last piece was awaited with a time limit of {limits[-1]} seconds" if limits else "no recv"
    return Finding("The server had let some of the time pass.", must, question=question, came=came)


@case("6.4")
def without_a_connection(ask: Ask) -> None:
    """Before there is a connection, send and recv raise EOFError, and close returns 1006."""
    client = ask.new()
    for method, args in (("recv", ()), ("send", ("Hello",))):
        call = f"client.{method}({', '.join(map(repr, args))})"
        client.call(method, *args).raises(EOFError).tells("client = BlockingClient()", call)
    client.call("close").gives(1006).tells("client = BlockingClient()", "client.close()")


@case("6.4")
def real_visit(ask: Ask) -> None:
    """It talks to a real socket, too."""
    server = server_of(ask)
    said = [server.text("Hello"), server.ping(b"?"), server.text("again"), server.close(1001)]
    visit = Visit(ask, *said, how="all in one piece", after="eof", socket="real_socket")
    visit.connect()
    visit.call("send", "Hi").gives(None)
    visit.call("recv").gives("Hello")
    visit.call("recv").gives("again")
    visit.call("recv").raises(EOFError)
    visit.call("close").gives(1001)
    visit.sent(wanted_text("Hi"), wanted(Opcode.PONG, b"?"), wanted_close(1001))


def _is_lost(outcome: Outcome) -> Finding | None:
    if isinstance(outcome, Raised) and {"EOFError", "ConnectionError"} & set(outcome.bases):
        return None
    note = "It returned a value, quietly." if isinstance(outcome, Returned) else ""
    question = "What does your object remember of the end, and who could still read or say anything?"
    return Finding(note, "EOFError (or ConnectionError)", question=question)


def _client_sent(
    frames: Sequence[Wanted], closed: bool, question: str, last_words: bytes
) -> Callable[[object], Finding | None]:
    """Make the check that a client sent its request, waited for the answer, and then sent these frames."""

    def check(trace: object) -> Finding | None:
        sent = SPEECH.read_sent(SPEECH.sent_in(trace), Role.SERVER)
        came = sent.lines("your client")
        if not re.match(rb"GET /\S* HTTP/1\.1\r\n", sent.head) or not sent.head.endswith(b"\r\n\r\n"):
            must = "the request that build_client_handshake writes"
            return Finding("The first that a client sends is its request.", must, came=came)
        finding = SPEECH.compare(sent, frames, "client", question) or _check_keys(sent)
        if finding is None and not _has_waited(trace):
            note = "It sent a frame before the server's answer had come."
            return Finding(note, "nothing but the request until the 101 has come", came=came)
        return finding or (_check_end(trace, question, last_words) if closed else None)

    return check


def _check_end(trace: object, question: str, last_words: bytes) -> Finding | None:
    """Check that the TCP connection was closed, and not before the server's last words had been read."""
    assert isinstance(trace, list)
    if not _received(trace).endswith(last_words):
        note = "The TCP connection was closed before the server's Close had been read."
        must = "a connection that is closed once the server's Close has come"
        return Finding(note, must, question=question, came="a connection that was closed too early")
    if ("close",) in trace:
        return None
    note = "The TCP connection is still open."
    must = "a connection that is closed"
    return Finding(note, must, question=question, came="a connection that is open")


def _received(trace: list[tuple[object, ...]]) -> bytes:
    return b"".join(event[2] for event in trace if event[0] == "recv")  # type: ignore[misc]


def _check_keys(sent: object) -> Finding | None:
    keys = [frame.masking_key for frame in sent.frames]  # type: ignore[attr-defined]
    if len(set(keys)) == len(keys):
        return None
    question = "When is the masking key drawn: for each frame, or once?"
    came = tuple(f"a frame masked with {key.hex(' ')}" for key in keys)
    return Finding("A masking key came twice.", "a new key for each frame", question=question, came=came)


def _has_waited(trace: object) -> bool:
    """Whether the whole answer had been read before anything behind the request was sent."""
    assert isinstance(trace, list)
    received, sent = b"", b""
    for event in trace:
        if event[0] == "recv":
            received += event[2]
        elif event[0] in ("send", "sendall"):
            sent += event[1]
            if not sent.endswith(b"\r\n\r\n") and b"\r\n\r\n" in sent and b"\r\n\r\n" not in received:
                return False
    return True


def _seen_by_server(trace: object) -> object:
    assert isinstance(trace, list)
    return SPEECH.observe_sent(SPEECH.sent_in(trace), Role.SERVER), ("close",) in trace, _has_waited(trace)
