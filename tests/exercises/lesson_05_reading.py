"""The cases of lesson 5 that read: decode_frame, check_frame and FrameReader.

Where RFC 6455 leaves something open, every answer that it allows passes: a length that is not in its shortest
form, or has its top bit set, may be read or refused. That a reader loses no good frame to a bad one behind it
is the contract of this course.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from classroom.cases import Ask, Asked, Finding, Kept, Value, case, describe_type_slip
from classroom.worker.protocol import Other, Outcome, Raised, Recipe, Returned
from minews.frames import MAX_PAYLOAD, encode_frame
from minews.types import Frame, Opcode, ProtocolError, Role

KEY = bytes.fromhex("37fa213d")  # the masking key of RFC 6455 section 5.7
HELLO = Frame(True, 1, b"Hello")
MASKED_HELLO = Frame(True, 1, b"Hello", masking_key=KEY)
EMPTY_PING = Frame(True, 9, b"")
DEFINED = (0, 1, 2, 8, 9, 10)
DATA, CONTROL = DEFINED[:3], DEFINED[3:]
RESERVED = tuple(opcode for opcode in range(16) if opcode not in DEFINED)
OPCODE_NAMES = {0: "continuation", 1: "Text", 2: "Binary", 8: "Close", 9: "Ping", 10: "Pong"}

RFC_5_7 = (  # RFC 6455 section 5.7
    ("8105 48656c6c6f", HELLO),
    ("8185 37fa213d 7f9f4d5158", MASKED_HELLO),
    ("0103 48656c", Frame(False, 1, b"Hel")),
    ("8002 6c6f", Frame(True, 0, b"lo")),
    ("8905 48656c6c6f", Frame(True, 9, b"Hello")),
    ("8a85 37fa213d 7f9f4d5158", Frame(True, 10, b"Hello", masking_key=KEY)),
    ("827e0100" + "a5" * 256, Frame(True, 2, b"\xa5" * 256)),
    ("827f0000000000010000" + "5a" * 65_536, Frame(True, 2, b"\x5a" * 65_536)),
)


def draw_frame(ask: Ask, most: int = 40) -> Frame:
    """Draw any frame: those that check_frame would refuse, too."""
    rng = ask.rng
    fin, rsv1, rsv2, rsv3 = (rng.random() < 0.5 for _ in range(4))
    key = rng.choice([None, rng.randbytes(4)])
    return Frame(fin, rng.randrange(16), rng.randbytes(rng.randrange(most)), rsv1, rsv2, rsv3, key)


# 5.5 decode_frame


@case("5.5")
def published_frames(ask: Ask) -> None:
    """The frames that RFC 6455 prints in section 5.7."""
    for wire, frame in RFC_5_7:
        _decodes(ask, bytes.fromhex(wire), frame)


@case("5.5")
def what_follows_is_left(ask: Ask) -> None:
    """Bytes behind the frame belong to the next one."""
    question = "Which byte is the last one of this frame, and how does your code know?"
    for frame in (HELLO, MASKED_HELLO, EMPTY_PING, Frame(True, 2, ask.rng.randbytes(300), masking_key=KEY)):
        wire = encode_frame(frame)
        for more in (b"\x81", wire, b"\xff" * 20):
            ask(wire + more).gives((frame, len(wire)), question=question)


@case("5.5")
def not_yet_whole(ask: Ask) -> None:
    """Wherever a frame stops so far, the answer is None: not yet."""
    for frame in (MASKED_HELLO, Frame(True, 2, b"", masking_key=KEY), Frame(True, 1, b"Hi")):
        wire = encode_frame(frame)
        for end in range(len(wire)):
            _not_yet(ask, wire, end)


@case("5.5")
def long_head_not_yet_whole(ask: Ask) -> None:
    """A head with a longer length that stops anywhere is not yet a frame."""
    for size, key in ((200, KEY), (200, None), (65_536, KEY), (65_536, None)):
        wire = encode_frame(Frame(True, 2, bytes(size), masking_key=key))
        head = len(wire) - size
        for end in (*range(2, head + 2), len(wire) - 1):
            _not_yet(ask, wire, end)


@case("5.5")
def empty_payload(ask: Ask) -> None:
    """A frame without payload is whole as soon as its head is."""
    for key in (None, ask.rng.randbytes(4)):
        for opcode in (1, 9):
            _decodes(ask, encode_frame(frame := Frame(True, opcode, b"", masking_key=key)), frame)


@case("5.5")
def each_opcode(ask: Ask) -> None:
    """The low 4 bits of the first byte are the opcode, whichever of the 16 it is."""
    for opcode in range(16):
        frame = Frame(True, opcode, b"Hi")
        _decodes(ask, encode_frame(frame), frame)


@case("5.5")
def each_bit(ask: Ask) -> None:
    """FIN and the three reserved bits each stand for themselves, as True or False."""
    for bits in range(16):
        fin, rsv1, rsv2, rsv3 = (bool(bits & bit) for bit in (8, 4, 2, 1))
        frame = Frame(fin, 1, b"Hi", rsv1, rsv2, rsv3)
        _decodes(ask, encode_frame(frame), frame)


@case("5.5")
def lengths_at_the_borders(ask: Ask) -> None:
    """Payloads at the borders of the three forms, masked and not."""
    for size in (125, 126, 127, 256, 65_535):
        payload = ask.rng.randbytes(size)
        for key in (None, ask.rng.randbytes(4)):
            _decodes(ask, encode_frame(frame := Frame(True, 2, payload, masking_key=key)), frame)


@case("5.5")
def key_of_zeros(ask: Ask) -> None:
    """A masking key of four zeros is a key, too: the frame is masked."""
    frame = Frame(True, 1, b"Hello", masking_key=bytes(4))
    _decodes(ask, encode_frame(frame), frame, question="Which bit says that a frame is masked?")


@case("5.5")
def only_decoded(ask: Ask) -> None:
    """Frames that no peer may send are decoded like others: refusing them is check_frame's."""
    for frame in (
        Frame(False, 9, b"Hi"),
        Frame(True, 8, bytes(126)),
        Frame(True, 3, b"", rsv1=True, rsv3=True),
        Frame(False, 15, b"Hello", rsv2=True, masking_key=KEY),
    ):
        _decodes(ask, encode_frame(frame), frame)


@case("5.5")
def buffer_left_alone(ask: Ask) -> None:
    """Any buffer may come in; it is not changed, and payload and key are bytes of their own."""
    for frame in (HELLO, MASKED_HELLO, Frame(True, 2, bytes(200), masking_key=KEY)):
        wire = encode_frame(frame)
        ask(bytearray(wire + b"\x81")).gives((frame, len(wire))).changes_nothing()
        ask(bytearray(wire[:-1])).gives(None).changes_nothing()
        ask(Recipe("memoryview", (wire,))).gives((frame, len(wire)))


@case("5.5")
def frames_drawn_now(ask: Ask) -> None:
    """Frames that were put together just now."""
    for _ in range(12):
        frame = draw_frame(ask)
        wire = encode_frame(frame)
        ask(wire + ask.rng.randbytes(ask.rng.randrange(5))).gives((frame, len(wire)))


@case("5.5")
def wrong_lengths(ask: Ask) -> None:
    """A length in too long a form, or with its top bit set, is read or refused by ProtocolError."""
    for head in ("827e0005", "827f0000000000000005"):
        wire = bytes.fromhex(head) + b"Hello"
        ask(wire).gives_one_of([(Frame(True, 2, b"Hello"), len(wire))], or_raises=ProtocolError)
    ask(bytes.fromhex("827f8000000000000001")).gives_one_of([None], or_raises=ProtocolError)


def _decodes(ask: Ask, wire: bytes, frame: Frame, question: str = "") -> None:
    ask(wire).gives((frame, len(wire)), question=question)


def _not_yet(ask: Ask, wire: bytes, end: int) -> None:
    note = _say_how_many(end, len(wire))
    question = "Which byte does your code look at here, and has that one come?"
    _none(ask(wire[:end]), note, question)


def _none(asked: Asked, note: str, question: str) -> None:
    """Demand None, and say why, also where an exception came."""

    def check(outcome: Outcome) -> Finding | None:
        return Finding(note, Value(None), question=question) if isinstance(outcome, Raised) else None

    asked.judged_by(check).gives(None, note=note, question=question)


def _say_how_many(came: int, all_of_them: int) -> str:
    if came == 0:
        return f"None of its {all_of_them:,} bytes has come."
    return f"{came:,} of its {all_of_them:,} bytes {'has' if came == 1 else 'have'} come."


# 5.6 check_frame


@case("5.6")
def frames_of_each_kind(ask: Ask) -> None:
    """Each of the six opcodes is fine, from a client that masks and from a server that does not."""
    for opcode in DEFINED:
        for payload in (b"", b"a" * 125):
            _fine(ask, opcode=opcode, payload=payload)


@case("5.6")
def fragments(ask: Ask) -> None:
    """A data frame may be a fragment of its message."""
    for opcode in DATA:
        _fine(ask, fin=False, opcode=opcode)


@case("5.6")
def long_messages(ask: Ask) -> None:
    """A data frame may carry more than 125 bytes."""
    for opcode in DATA:
        _fine(ask, opcode=opcode, payload=b"a" * 126)
    _fine(ask, opcode=2, payload=b"a" * 65_536)


@case("5.6")
def client_masks(ask: Ask) -> None:
    """A server takes no frame that is not masked."""
    for opcode in DEFINED:
        frame = Frame(True, opcode, b"Hi")
        note = "The receiver is a server, so a client sent this, and it is not masked."
        _refused(ask, frame, Role.SERVER, note)


@case("5.6")
def server_masks_not(ask: Ask) -> None:
    """A client takes no frame that is masked, not even with zeros."""
    for opcode in DEFINED:
        for key in (ask.rng.randbytes(4), bytes(4)):
            frame = Frame(True, opcode, b"Hi", masking_key=key)
            note = "The receiver is a client, so a server sent this, and it is masked."
            _refused(ask, frame, Role.CLIENT, note)


@case("5.6")
def key_of_zeros_masks(ask: Ask) -> None:
    """A frame that a client masked with a key of zeros is masked."""
    _accepted(ask, Frame(True, 1, b"Hello", masking_key=bytes(4)), Role.SERVER)


@case("5.6")
def reserved_bits(ask: Ask) -> None:
    """No reserved bit may be set, for no extension was agreed on."""
    for bits in (4, 2, 1, 6, 5, 3, 7):
        rsv = {f"rsv{number}": bool(bits & 8 >> number) for number in (1, 2, 3)}
        names = " and ".join(name.upper() for name, is_set in rsv.items() if is_set)
        for opcode in (1, 9):
            note = f"{names} {'is' if bits in (1, 2, 4) else 'are'} set."
            _refused_by_both(ask, note, opcode=opcode, **rsv)


@case("5.6")
def reserved_opcodes(ask: Ask) -> None:
    """An opcode without a meaning is refused."""
    for opcode in RESERVED:
        _refused_by_both(ask, f"The opcode {opcode:#x} is reserved.", opcode=opcode)


@case("5.6")
def control_frames_whole(ask: Ask) -> None:
    """A control frame is never a fragment."""
    for opcode in CONTROL:
        _refused_by_both(ask, f"A {OPCODE_NAMES[opcode]} whose FIN is not set.", opcode=opcode, fin=False)


@case("5.6")
def control_frames_short(ask: Ask) -> None:
    """A control frame of more than 125 bytes is too long."""
    for opcode in CONTROL:
        for size in (126, 1000):
            note = f"A {OPCODE_NAMES[opcode]} of {size} bytes."
            _refused_by_both(ask, note, opcode=opcode, payload=b"a" * size)


@case("5.6")
def opcode_as_enum(ask: Ask) -> None:
    """An opcode may come as a member of Opcode, too."""
    for opcode in Opcode:
        _fine(ask, opcode=opcode)
    for receiver in Role:
        ping = Frame(False, Opcode.PING, b"", masking_key=_key(receiver))
        _refused(ask, ping, receiver, "A Ping in fragments.")


@case("5.6")
def frames_checked_now(ask: Ask) -> None:
    """Frames that were put together just now, and each with one thing wrong."""
    rng = ask.rng
    for _ in range(6):
        opcode, payload = rng.choice(DEFINED), rng.randbytes(rng.randrange(126))
        _fine(ask, opcode=opcode, payload=payload, fin=opcode in CONTROL or rng.random() < 0.5)
        wrong = rng.choice([{"rsv1": True}, {"rsv2": True}, {"rsv3": True}, {"opcode": rng.choice(RESERVED)}])
        _refused_by_both(ask, "", **({"opcode": opcode, "payload": payload} | wrong))


def _key(receiver: Role) -> bytes | None:
    """The masking key of a frame that comes to this end."""
    return KEY if receiver is Role.SERVER else None


def _fine(ask: Ask, **parts: object) -> None:
    for receiver in (Role.SERVER, Role.CLIENT):
        _accepted(ask, _frame(receiver, **parts), receiver)


def _accepted(ask: Ask, frame: Frame, receiver: Role) -> None:
    sender = "client" if receiver is Role.SERVER else "server"
    question = "Which condition of yours did this frame meet, and was it made for such frames?"
    asked = ask(frame, receiver).judged_by(_returns_nothing)
    _none(asked, f"A {sender} may send this frame.", question)


def _returns_nothing(outcome: Outcome) -> Finding | None:
    if not isinstance(outcome, Returned) or outcome.value is None:
        return None
    note = describe_type_slip(outcome.value, None)
    return Finding(note, Value(None), question="A good frame returns nothing. What does yours return?")


def _frame(receiver: Role, **parts: object) -> Frame:
    whole = {"fin": True, "opcode": 1, "payload": b"Hi", "masking_key": _key(receiver)} | parts
    return Frame(**whole)  # type: ignore[arg-type]


def _refused_by_both(ask: Ask, note: str, **parts: object) -> None:
    for receiver in (Role.SERVER, Role.CLIENT):
        _refused(ask, _frame(receiver, **parts), receiver, note)


def _refused(ask: Ask, frame: Frame, receiver: Role, note: str) -> None:
    ask(frame, receiver).raises(ProtocolError, note=note, code=1002)


# 5.7 FrameReader


def _feed(reader: Kept, data: object, frames: Sequence[Frame] = (), note: str = "") -> Asked:
    """Ask for what becomes whole with this piece."""
    return reader.call("feed", data).judged_by(_gives_a_list).gives(list(frames), note=note)


def _gives_a_list(outcome: Outcome) -> Finding | None:
    """Check that feed gives a list of frames, before it is asked which."""
    if not isinstance(outcome, Returned) or _are_frames(got := outcome.value):
        return None
    must = "a list of the frames that are whole now; an empty list if there is none"
    return Finding(_name_shape(got), must, question=_ask_about_shape(got))


def _are_frames(got: object) -> bool:
    return type(got) is list and all(type(each) is Frame for each in got)


def _name_shape(got: object) -> str:
    """Say what came in place of a list of frames."""
    if got is None:
        return "It returned None. Is a `return` missing, or does None stand for an empty list?"
    if isinstance(got, Other) and got.type_name == "generator":
        return "A generator came, since there is a `yield` in feed: nothing of it has run yet."
    if isinstance(got, Frame):
        return "One frame came by itself. It must stand in a list, since several may become whole at once."
    if type(got) is list:
        odd = next(each for each in got if type(each) is not Frame)
        pair = " That is what decode_frame gives: the frame, and how many bytes it took." * _is_decoded(odd)
        return f"In the list stands {_with_article(odd)}, not a Frame.{pair}"
    if _is_decoded(got):
        return "A tuple of a frame and a number came, just as decode_frame gives it."
    return describe_type_slip(got, [])


def _is_decoded(value: object) -> bool:
    return type(value) is tuple and len(value) == 2 and type(value[0]) is Frame and type(value[1]) is int


def _with_article(value: object) -> str:
    name = value.type_name if isinstance(value, Other) else type(value).__name__
    if value is None or name == "bytes":
        return "None" if value is None else "bytes"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _ask_about_shape(got: object) -> str:
    if got is None:
        return "Which line returns when no frame is whole, and what does it give?"
    return "Where in feed is the list made that it returns, and what is put into it?"


@case("5.7")
def nothing_yet(ask: Ask) -> None:
    """While no frame is whole, and when nothing comes, the list is empty."""
    reader = ask.new()
    _feed(reader, b"")
    _feed(reader, b"\x81")
    _feed(reader, b"")
    _feed(reader, b"\x05Hell")


@case("5.7")
def frames_in_one_piece(ask: Ask) -> None:
    """All frames that are whole come at once, in order, however many one recv brought."""
    for frames in ([HELLO], [HELLO, MASKED_HELLO], [frame for _, frame in RFC_5_7[:7]]):
        _feed(ask.new(), _stream(frames), frames)


@case("5.7")
def cut_at_each_place(ask: Ask) -> None:
    """A stream that is cut in two, at each place where it can be."""
    frames = [MASKED_HELLO, EMPTY_PING, Frame(False, 1, b"Hel")]
    for place in range(1, len(_stream(frames))):
        _feed_pieces(ask, frames, [place])


@case("5.7")
def byte_by_byte(ask: Ask) -> None:
    """Each frame comes with its last byte, and not later, where the bytes come one by one."""
    frames = [frame for _, frame in RFC_5_7[:6]]
    _feed_pieces(ask, frames, range(1, len(_stream(frames))))


@case("5.7")
def longer_heads_cut(ask: Ask) -> None:
    """A head with a longer length, and with a masking key, may be cut anywhere, too."""
    for size, key in ((126, None), (200, KEY), (65_536, KEY)):
        frame = Frame(True, 2, ask.rng.randbytes(size), masking_key=key)
        whole = len(encode_frame(frame))
        head = whole - size
        _feed_pieces(ask, [frame, EMPTY_PING], [*range(1, head + 1), head + size // 2, whole + 1])


@case("5.7")
def cut_at_random(ask: Ask) -> None:
    """Frames that were drawn just now, in pieces that were cut just now."""
    for _ in range(6):
        frames = [draw_frame(ask) for _ in range(4)]
        inner = range(1, len(_stream(frames)))
        _feed_pieces(ask, frames, sorted(ask.rng.sample(inner, ask.rng.randrange(1, 8))))


@case("5.7")
def two_readers(ask: Ask) -> None:
    """Two readers, of two connections, share nothing."""
    one, other = ask.new(), ask.new()
    _feed(one, b"\x81\x05He")
    _feed(other, b"\x89\x00", [EMPTY_PING], "The bytes of the other reader do not belong here.")
    _feed(one, b"llo", [HELLO])


@case("5.7")
def only_reads(ask: Ask) -> None:
    """Frames that no peer may send come like others: refusing them is check_frame's."""
    odd = [
        Frame(True, 3, b"abc"),
        Frame(False, 9, b"", rsv1=True),
        Frame(True, 8, bytes(126), masking_key=KEY),
        HELLO,
    ]
    _feed(ask.new(), _stream(odd), odd)


@case("5.7")
def any_buffer(ask: Ask) -> None:
    """A piece may come in any buffer; it is not changed, and payloads are bytes."""
    reader = ask.new()
    wire = encode_frame(MASKED_HELLO) + encode_frame(HELLO)
    _feed(reader, bytearray(wire[:14]), [MASKED_HELLO]).changes_nothing()
    _feed(reader, bytearray(wire[14:]), [HELLO]).changes_nothing()
    _feed(reader, Recipe("memoryview", (wire,)), [MASKED_HELLO, HELLO])


@case("5.7")
def limit_given(ask: Ask) -> None:
    """A payload above max_payload is refused with 1009 as soon as the head has come."""
    for limit, key in ((5, None), (5, KEY), (0, None), (300, None), (70_000, KEY)):
        note = f"At most {limit:,} bytes are taken, {limit + 1:,} are announced."
        _too_long(ask, ask.new(limit), limit + 1, key, note)
    too_long = encode_frame(Frame(True, 2, b"a" * 6))
    note = "At most 5 bytes are taken, and 6 came."
    ask.new(5).call("feed", too_long).raises(ProtocolError, note=note, code=1009)
    by_name = ask.new(max_payload=200)
    _too_long(ask, by_name, 201, None, "At most 200 bytes are taken, 201 are announced.")


@case("5.7")
def just_the_limit(ask: Ask) -> None:
    """A payload of just max_payload bytes is taken, and several of them in one piece."""
    for limit in (0, 5, 200):
        frame = Frame(True, 2, b"a" * limit)
        _feed(
            ask.new(limit), encode_frame(frame) * 3, [frame] * 3, f"At most {limit} bytes are taken in each."
        )


@case("5.7")
def limit_not_given(ask: Ask) -> None:
    """If nobody says otherwise, 1 MiB in one frame is taken, and not a byte more."""
    head = b"\x82\x7f" + MAX_PAYLOAD.to_bytes(8, "big")
    _feed(ask.new(), head + b"the first bytes of it")
    for size in (MAX_PAYLOAD + 1, 1 << 40):
        _too_long(ask, ask.new(), size, None, f"{size:,} bytes are announced; MAX_PAYLOAD is 1 MiB.")


@case("5.7")
def good_before_bad(ask: Ask) -> None:
    """A bad frame stops nothing that was whole in an earlier piece, and each call after the error raises."""
    reader = ask.new(125)
    _feed(reader, encode_frame(HELLO) + b"\x89", [HELLO])
    _feed(reader, b"\x00\x82", [EMPTY_PING])
    note = "At most 125 bytes are taken, 126 are announced."
    reader.call("feed", TOO_LONG[1:]).raises(ProtocolError, note=note, question=WHY_WAIT, code=1009)
    _raises_again(reader, (1009,))


@case("5.7")
def good_and_bad_together(ask: Ask) -> None:
    """Good frames in front of a bad one in the same piece are returned, and the next call raises."""
    for good in ([HELLO], [MASKED_HELLO, EMPTY_PING]):
        reader = ask.new(125)
        _feed_good(reader, good, TOO_LONG)
        note = "The call before returned the good frames; the error is due now."
        _raises_again(reader, (1009,), note)


@case("5.7")
def wrong_lengths_in_the_stream(ask: Ask) -> None:
    """A length in too long a form may be read or refused; one with its top bit set is refused."""
    read = Frame(True, 2, b"Hello")
    asked = ask.new().call("feed", b"\x82\x7e\x00\x05Hello").judged_by(_gives_a_list)
    asked.gives_one_of([[read]], or_raises=ProtocolError)
    reader = ask.new()
    reader.call("feed", TOP_BIT).raises(ProtocolError, question=WHY_WAIT, code=(1009, 1002))
    _raises_again(reader, (1009, 1002))
    reader = ask.new()
    _feed_good(reader, [HELLO], TOP_BIT)
    _raises_again(reader, (1009, 1002))


TOO_LONG = b"\x82\x7e\x00\x7e"  # the head of a frame of 126 bytes
TOP_BIT = bytes.fromhex("827f8000000000000001")  # a length whose top bit is set
WHY_WAIT = "Has this call a good frame to return, and if it has none, why wait with the error?"


def _feed_good(reader: Kept, good: Sequence[Frame], bad: bytes) -> None:
    """Feed good frames with a bad one behind them in the same piece: the good ones must come."""

    def check(outcome: Outcome) -> Finding | None:
        if not isinstance(outcome, Raised):
            return None
        count = "A good frame was" if len(good) == 1 else f"{len(good)} good frames were"
        question = "When the error comes, where are the frames that you have already decoded?"
        note = f"{count} whole in front of the bad one. The error came instead."
        return Finding(note, Value(list(good)), question=question)

    asked = reader.call("feed", _stream(good) + bad).judged_by(check).judged_by(_gives_a_list)
    asked.gives(list(good), question="Which frames stand in front of the bad one, and which did you return?")


def _raises_again(reader: Kept, codes: tuple[int, ...], note: str = "") -> None:
    """Demand the error at each call after it, whatever the call brings."""
    question = "What does your reader still know of the bad frame when it is called again?"
    for data in (b"", encode_frame(HELLO)):
        again = note or "A bad frame came before: from then on each call raises."
        asked = reader.call("feed", data)
        asked.raises(ProtocolError, note=again, question=question, code=codes)
        note = ""


@case("5.7")
def large_frame_in_small_pieces(ask: Ask) -> None:
    """A frame of 512 KiB in pieces of 4 KiB is read in good time: no byte is gone over again and again."""
    frame = Frame(True, 2, b"\xfe" * (1 << 19))
    _feed_pieces(ask, [frame], range(4096, len(encode_frame(frame)), 4096))


def _too_long(ask: Ask, reader: Kept, size: int, key: bytes | None, note: str) -> None:
    wire = encode_frame(Frame(True, 2, b"", masking_key=key))
    mask, rest = wire[1], wire[2:]
    short = size if size < 126 else 126 if size < 65_536 else 127
    longer = b"" if size < 126 else size.to_bytes(2 if size < 65_536 else 8, "big")
    head = bytes([wire[0], mask | short]) + longer + rest
    question = "Does your code know the length of the payload before the payload has come?"
    reader.call("feed", head).raises(ProtocolError, note=note, question=question, code=1009)


def _stream(frames: Sequence[Frame]) -> bytes:
    return b"".join(map(encode_frame, frames))


def _feed_pieces(ask: Ask, frames: Sequence[Frame], places: Sequence[int]) -> None:
    """Feed the stream of these frames, cut at these places, and demand each frame with its last byte."""
    reader = ask.new()
    wires = [encode_frame(frame) for frame in frames]
    ends = list(accumulate(map(len, wires)))
    stream = b"".join(wires)
    for start, end in pairwise([0, *places, len(stream)]):
        whole = [frame for at, frame in zip(ends, frames, strict=True) if start < at <= end]
        _feed(reader, stream[start:end], whole)
