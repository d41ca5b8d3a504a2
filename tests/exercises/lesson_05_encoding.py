"""The cases of lesson 5, first part: masks, lengths, frames as bytes, and the RFC's frames read by hand.

What happens with a masking key that is not 4 bytes, with a length from 2**63 on and with one that is not in
its shortest form is left open: no case asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from classroom.cases import Ask, Finding, Value, case, describe_type_slip, same
from classroom.worker.protocol import Recipe
from minews import frames
from minews.study import tracing
from minews.types import Frame, Opcode

KEY = b"\x37\xfa\x21\x3d"  # RFC 6455 section 5.7

IN_7_BITS = (0, 1, 5, 124, 125)
IN_2_BYTES = (126, 127, 128, 255, 256, 257, 32_768, 65_534, 65_535)
IN_8_BYTES = (65_536, 65_537, 2**24 + 5, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1)


def each_buffer(data: bytes) -> Iterable[object]:
    """The bytes as each type in which a caller may hold them."""
    return data, bytearray(data), Recipe("memoryview", (data,))


def draw_key(ask: Ask) -> bytes:
    """Draw a masking key whose bytes all differ."""
    return bytes(ask.rng.sample(range(1, 256), 4))


def demand_the_same_again(ask: Ask, *args: object) -> None:
    """Demand that two calls with the same arguments give the same."""
    ask.together([ask(*args), ask(*args)], _check_the_same_came)


def _check_the_same_came(first: object, second: object) -> Finding | None:
    if same(first, second):
        return None
    note, question = (
        "The same call gave something else before.",
        "What in your code differs from call to call?",
    )
    return Finding(note, "the same as the call before gave", question=question)


# 5.1 apply_mask


@case("5.1")
def published_example(ask: Ask) -> None:
    """The "Hello" that RFC 6455 masks in section 5.7, and back again."""
    hello, masked = b"Hello", bytes.fromhex("7f 9f 4d 51 58")
    for data, result in ((hello, masked), (masked, hello)):
        ask(data, KEY).gives(result, question=_ask_where_it_differs)


@case("5.1")
def every_short_length(ask: Ask) -> None:
    """Payloads of 0 to 9 bytes: the result is as long, and after 4 bytes the key begins again."""
    for length in range(10):
        _mask(ask, ask.rng.randbytes(length), draw_key(ask))


@case("5.1")
def longer_payloads(ask: Ask) -> None:
    """Payloads whose length is around 256 and 1,000 bytes, with each byte value in them."""
    every_value = bytes(range(256))
    for data in (every_value, every_value[:-1], every_value[::-1] + b"!", ask.rng.randbytes(1001)):
        _mask(ask, data, draw_key(ask))


@case("5.1")
def zeros_count(ask: Ask) -> None:
    """A byte that is 0 is a byte like others, in the key and in the payload, in front and at the end."""
    for data, key in (
        (b"\x00\x00Hello\x00\x00", draw_key(ask)),
        (b"Hello, Hello", b"\x00\x00\x21\x3d"),
        (b"Hello, Hello", b"\x37\xfa\x00\x00"),
        (b"Hello", bytes(4)),
    ):
        _mask(ask, data, key)
    key = draw_key(ask)
    _mask(ask, key, key)


@case("5.1")
def bytes_that_are_no_text(ask: Ask) -> None:
    """A payload is bytes: letters beyond ASCII in UTF-8, and bytes that are no text at all."""
    for data in ("é€😀".encode(), b"\xff\xfe\x80\xc3("):
        _mask(ask, data, draw_key(ask))


@case("5.1")
def each_call_begins_anew(ask: Ask) -> None:
    """Each payload begins with byte 0 of its own key, whatever was masked before."""
    key, other = draw_key(ask), draw_key(ask)
    for data, used in ((b"Hel", key), (b"lo", key), (b"Hello", other), (b"lo", key)):
        _mask(ask, data, used)
    demand_the_same_again(ask, ask.rng.randbytes(11), key)


@case("5.1")
def mask_any_buffer(ask: Ask) -> None:
    """The data may be a bytearray or a memoryview; it is not changed, and the result is bytes."""
    data, key = ask.rng.randbytes(7), draw_key(ask)
    for buffer in each_buffer(data):
        ask(buffer, key).gives(frames.apply_mask(data, key)).changes_nothing()


def _mask(ask: Ask, data: bytes, key: bytes) -> None:
    ask(data, key).gives(frames.apply_mask(data, key), question=_ask_where_it_differs)


def _ask_where_it_differs(came: object, must: object) -> str:
    if isinstance(came, list):
        return "Which call makes bytes of a list of numbers?"
    if not must:
        return "What is left of an empty payload?"
    if isinstance(must, bytes) and len(must) > 4:
        return "Take the first byte that differs: which byte of the key meets it in your code?"
    return "Take the first byte on paper: what is it XOR the first byte of the key?"


# 5.2 encode_payload_len


@case("5.2")
def up_to_125_one_byte(ask: Ask) -> None:
    """Up to 125 the length itself is in the 7 bits, and nothing follows."""
    _write_lengths(ask, IN_7_BITS)


@case("5.2")
def from_126_two_bytes_more(ask: Ask) -> None:
    """From 126 to 65,535 the 7 bits say 126, and the length follows in 2 bytes."""
    _write_lengths(ask, IN_2_BYTES)


@case("5.2")
def from_65536_eight_bytes_more(ask: Ask) -> None:
    """From 65,536 the 7 bits say 127, and the length follows in 8 bytes."""
    _write_lengths(ask, IN_8_BYTES)


@case("5.2")
def mask_bit_in_each_form(ask: Ask) -> None:
    """With masked=True the top bit of the first byte is set, and nothing else changes."""
    for n in (0, 1, 64, 125, 126, 127, 300, 65_535, 65_536, 2**40):
        _write_length(ask, n, True)


@case("5.2")
def lengths_drawn_now(ask: Ask) -> None:
    """Lengths of each form that were drawn just now."""
    for low, high in ((2, 125), (126, 65_536), (65_536, 2**63)):
        n, masked = ask.rng.randrange(low, high), ask.rng.random() < 0.5
        _write_length(ask, n, masked)


@case("5.2")
def less_than_nothing(ask: Ask) -> None:
    """A length below 0 is refused."""
    for n in (-1, -3):
        ask(n, False).refuses(
            note="It wrote a length, though no payload has one below 0.",
            question="Which of your branches took this number?",
        )


def _write_lengths(ask: Ask, numbers: Iterable[int]) -> None:
    for n in numbers:
        _write_length(ask, n, False)


def _write_length(ask: Ask, n: int, masked: bool) -> None:
    right = frames.encode_payload_len(n, masked)
    ask(n, masked).gives(right, question=partial(_ask_about_written, n))


def _ask_about_written(n: int, came: object, must: object) -> str:
    """Ask about the first field that differs."""
    assert isinstance(must, bytes)
    if isinstance(came, int):
        return "Which call makes a byte of a number?"
    if not isinstance(came, (bytes, bytearray)):
        return "Which parts does your code put together, and which of them is not bytes?"
    if not came or len(came) > 9:
        return f"What is `bytes({must[0]})`, and what is `bytes([{must[0]}])`?"
    if came[0] ^ must[0] == 0b1000_0000:
        return "Which bit of this byte is MASK?"
    if came[0] & 0b0111_1111 != must[0] & 0b0111_1111:
        return f"Which of the three forms does {n:,} need, and which one did your code take?"
    if len(came) != len(must):
        return "How many bytes does this form have behind the first, and how many did your code write?"
    return "The first byte is right. What number do those behind it make, the high byte first?"


# 5.3 decode_payload_len


@case("5.3")
def read_7_bits(ask: Ask) -> None:
    """Up to 125 the 7 bits are the length, and 1 byte is used."""
    _read_lengths(ask, IN_7_BITS)


@case("5.3")
def read_2_bytes(ask: Ask) -> None:
    """After 126 the length is in the next 2 bytes, and 3 bytes are used."""
    _read_lengths(ask, IN_2_BYTES)


@case("5.3")
def read_8_bytes(ask: Ask) -> None:
    """After 127 the length is in the next 8 bytes, and 9 bytes are used."""
    _read_lengths(ask, IN_8_BYTES)


@case("5.3")
def mask_is_no_part_of_it(ask: Ask) -> None:
    """The MASK bit is no part of the length."""
    for n in (0, 1, 5, 125, 126, 127, 65_535, 65_536, 2**40):
        _read_length(ask, frames.encode_payload_len(n, True), n)


@case("5.3")
def more_has_come(ask: Ask) -> None:
    """What follows the length, such as a masking key and a payload, does not count."""
    for n in (5, 0, 125, 126, 40_000, 65_536):
        data = frames.encode_payload_len(n, True)
        for more in (b"\xff", ask.rng.randbytes(12)):
            ask(data + more).gives((n, len(data)), question="At which byte does the length end here?")


@case("5.3")
def not_yet(ask: Ask) -> None:
    """While a byte of the length is missing, at whichever byte it is cut, the answer is None."""
    ask(b"").holds(
        _checker_of_nothing("No byte has come yet.", "Which byte do you read first, and is it there?")
    )
    for n, masked in ((300, False), (126, True), (65_536, True), (2**63 - 1, False)):
        data = frames.encode_payload_len(n, masked)
        for cut in range(1, len(data)):
            note = f"This length takes {len(data)} bytes; {cut} of them came, the rest is on its way."
            ask(data[:cut]).holds(
                _checker_of_nothing(note, "How do you know that all the bytes of the number are there?")
            )


def _checker_of_nothing(note: str, question: str) -> Callable[[object], Finding | None]:
    return lambda value: None if value is None else Finding(note, Value(None), question=question)


@case("5.3")
def read_any_buffer(ask: Ask) -> None:
    """The bytes may be in a bytearray or a memoryview, and stay as they were."""
    for n in (5, 300, 65_536):
        data = frames.encode_payload_len(n, True)
        for buffer in each_buffer(data + b"more"):
            ask(buffer).gives((n, len(data))).changes_nothing()
        for buffer in each_buffer(data[:-1]):
            ask(buffer).gives(None).changes_nothing()


def _read_lengths(ask: Ask, numbers: Iterable[int]) -> None:
    for n in numbers:
        _read_length(ask, frames.encode_payload_len(n, False), n)


def _read_length(ask: Ask, buf: bytes, n: int) -> None:
    ask(buf).gives((n, _size_of(n)), question=_ask_about_read)


def _ask_about_read(came: object, must: object) -> str:
    """Ask about the number that differs: the length, or how many bytes were used."""
    assert isinstance(must, tuple)
    n, used = must
    if came is None:
        return "All bytes of this length have come. Which condition of yours says that more must come?"
    if not isinstance(came, tuple) or len(came) != 2:
        return "Which two numbers does your caller need, and how does a function return two?"
    if came == (used, n):
        return "Which of the two numbers comes first?"
    if came[0] == n:
        return "The length is right. Does `used` count the first byte, too?"
    if came[1] != used:
        return "What do the 7 bits say here, and how many bytes of the length follow them then?"
    if used == 1:
        return "Write this byte as 8 bits. Which 7 of them are the length?"
    return f"All {used} bytes are used. Which of them make the number, and which comes first?"


def _size_of(n: int) -> int:
    return len(frames.encode_payload_len(n, False))


# 5.4 encode_frame


@case("5.4")
def frames_of_the_rfc(ask: Ask) -> None:
    """The frames that RFC 6455 prints in section 5.7, unmasked and masked."""
    for frame in (
        Frame(True, Opcode.TEXT, b"Hello"),
        Frame(True, Opcode.TEXT, b"Hello", masking_key=KEY),
        Frame(False, Opcode.TEXT, b"Hel"),
        Frame(True, Opcode.CONT, b"lo"),
        Frame(True, Opcode.PING, b"Hello"),
        Frame(True, Opcode.PONG, b"Hello", masking_key=KEY),
    ):
        _write(ask, frame)


@case("5.4")
def every_opcode(ask: Ask) -> None:
    """The opcode stands in the low 4 bits of byte 0, whichever of the 16 it is, with FIN and without."""
    for opcode in range(16):
        _write(ask, Frame(opcode % 3 != 1, opcode, b"Hi"))


@case("5.4")
def reserved_bits(ask: Ask) -> None:
    """RSV1, RSV2 and RSV3 are set where the frame says so, each in its own place."""
    for bits in range(1, 8):
        _write(ask, Frame(bits % 2 == 0, Opcode.BINARY, b"Hi", bits > 3, bits % 4 > 1, bits % 2 == 1))


@case("5.4")
def empty_payloads(ask: Ask) -> None:
    """A frame with an empty payload is a head, and its masking key if it has one."""
    _write(ask, Frame(True, Opcode.PING, b""))
    _write(ask, Frame(True, Opcode.TEXT, b"", masking_key=draw_key(ask)))


@case("5.4")
def letters_beyond_ascii(ask: Ask) -> None:
    """The length counts bytes, and the payload is written as it is."""
    for text in ("é", "Grüße, 世界"):
        _write(ask, Frame(True, Opcode.TEXT, text.encode()))
    _write(ask, Frame(True, Opcode.BINARY, b"\x00\xff\r\n\x80"))


@case("5.4")
def each_form_of_the_length(ask: Ask) -> None:
    """Payloads at the borders of the three forms of the length, unmasked and masked."""
    for length in (125, 126, 127, 128, 255, 256, 65_535, 65_536):
        data = (ask.rng.randbytes(251) * (length // 251 + 1))[:length]
        _write(ask, Frame(True, Opcode.BINARY, data, masking_key=draw_key(ask) if length % 2 else None))


@case("5.4")
def masked_frames_drawn_now(ask: Ask) -> None:
    """Masked frames whose key and payload were drawn just now."""
    for length in (1, 4, 7, 130):
        _write(ask, Frame(True, Opcode.BINARY, ask.rng.randbytes(length), masking_key=draw_key(ask)))
    again = Frame(True, Opcode.BINARY, ask.rng.randbytes(11), masking_key=draw_key(ask))
    demand_the_same_again(ask, again)


@case("5.4")
def key_of_zeros(ask: Ask) -> None:
    """A masking key of four zeros is a masking key, too."""
    _write(ask, Frame(True, Opcode.TEXT, b"Hello", masking_key=bytes(4)))


@case("5.4")
def opcode_that_does_not_fit(ask: Ask) -> None:
    """An opcode that does not fit into 4 bits is refused."""
    for opcode in (16, 0x21, 256):
        ask(Frame(True, opcode, b"Hello")).refuses(
            note=f"{opcode} is {opcode:#b}: that is more than the 4 bits which an opcode has.",
            question="Where would a receiver find the bits that are too many?",
        )


def _write(ask: Ask, frame: Frame) -> None:
    ask(frame).gives(frames.encode_frame(frame))


# 5.8 trace_frames

PLACES = {
    "FIN": "the top bit of byte 0",
    "RSV": "the three bits behind FIN, as one number",
    "opcode": "the low 4 bits of byte 0",
    "MASK": "the top bit of byte 1",
    "payload length": "the low 7 bits of byte 1",
    "extended payload length": "the bytes behind byte 1 as one number, the high byte first",
    "masking key": "the 4 bytes in front of the payload",
    "payload": "what is left behind all other fields, and unmasked where MASK is 1",
}
OF_BYTE_0 = "Write byte 0 as 8 bits. How many of them belong to FIN, to RSV and to the opcode?"
OF_BYTE_1 = "Write byte 1 as 8 bits. Which one is MASK, and what number do the other 7 make?"
QUESTIONS = {  # where the value of a field is wrong
    **dict.fromkeys(("FIN", "RSV", "opcode"), OF_BYTE_0),
    **dict.fromkeys(("MASK", "payload length"), OF_BYTE_1),
    "extended payload length": "How many bytes are this length, and which of them comes first?",
    "masking key": "Which 4 bytes of this frame stand in front of the payload?",
    "payload": "Which bytes of this frame are left behind the other fields, and are they masked?",
}
BITS = {"FIN": (0, 1), "RSV": (1, 3), "opcode": (4, 4), "MASK": (0, 1), "payload length": (1, 7)}
TABLES = tracing.trace_frames()
Row = tuple[object, ...]


@case("5.8")
def table_of_the_text(ask: Ask) -> None:
    """A text message in one frame, not masked."""
    _trace(ask, "text")


@case("5.8")
def table_of_the_masked_text(ask: Ask) -> None:
    """The same text message, masked."""
    _trace(ask, "masked text")


@case("5.8")
def table_of_the_first_fragment(ask: Ask) -> None:
    """The first of two fragments of a text message."""
    _trace(ask, "first fragment")


@case("5.8")
def table_of_the_last_fragment(ask: Ask) -> None:
    """The last of two fragments of a text message."""
    _trace(ask, "last fragment")


@case("5.8")
def table_of_the_ping(ask: Ask) -> None:
    """A Ping, not masked."""
    _trace(ask, "ping")


@case("5.8")
def table_of_the_pong(ask: Ask) -> None:
    """The Pong that answers it, masked."""
    _trace(ask, "pong")


@case("5.8")
def table_of_256_bytes(ask: Ask) -> None:
    """The head of a frame with 256 bytes of binary data."""
    _trace(ask, "256 bytes")


@case("5.8")
def table_of_64_kib(ask: Ask) -> None:
    """The head of a frame with 64 KiB of binary data."""
    _trace(ask, "64 KiB")


def _trace(ask: Ask, name: str) -> None:
    asked = ask().holds(_checker(name), observe=lambda tables: _observe_table(tables, name))
    asked.tells(f'trace_frames()["{name}"]', f"the frame is {tracing.FRAMES[name]}")


def _checker(name: str) -> Callable[[object], Finding | None]:
    return lambda tables: check_table(tables, name)


def _observe_table(tables: object, name: str) -> object:
    """The rows of one frame, in any order."""
    rows = tables.get(name) if isinstance(tables, dict) else None
    return sorted(map(repr, rows)) if isinstance(rows, (list, tuple)) else repr(rows)


def check_table(tables: object, name: str) -> Finding | None:
    """Check the table of one frame, field by field; the order of the rows is free."""
    if not isinstance(tables, dict):
        must = "a dict: the name of a frame, and a list of its rows"
        question = "Which brackets make a dict, and what stands on both sides of its colons?"
        return Finding(describe_type_slip(tables, {}), must, question=question)
    if name not in tables:
        there = ", ".join(map(repr, tables)) or "nothing"
        question = "Eight names stand in the docstring. Which of them have no table yet?"
        note, must = f"There is no table for {name!r}.", f"the key {name!r}, too"
        return Finding(note, must, question=question, came=f"tables for {there}")
    rows = tables[name]
    if not isinstance(rows, (list, tuple)):
        note, question = f"The table for {name!r} is no list.", "Which brackets make a list of rows?"
        return Finding(note, "a list of rows", question=question, came=Value(rows))
    found = next(filter(None, map(_check_form, rows)), None)
    found = found or next(filter(None, (_check_row(rows, right, name) for right in TABLES[name])), None)
    return found or _check_rest(rows, name)


def _check_form(row: object) -> Finding | None:
    if not isinstance(row, (list, tuple)) or len(row) != 3:
        question = "Which three things does a row of the docstring's example hold?"
        return Finding(
            "A row has another form.", "(offset, field, value)", question=question, came=Value(row)
        )
    if row[1] not in tracing.FIELDS:
        must = f"one of these: {', '.join(tracing.FIELDS)}"
        note, question = f"No field is called {row[1]!r}.", "What does the docstring call this field?"
        return Finding(note, must, question=question, came=Value(row))
    return None


def _check_row(rows: Sequence[Row], right: tuple[int, str, int | bytes], name: str) -> Finding | None:
    offset, field, value = right
    found = [row for row in rows if row[1] == field]
    if len(found) != 1:
        times = "is missing" if not found else f"is there {len(found)} times"
        shown = tuple(map(repr, rows)) or ("no rows",)
        must = f"one row for {_the(field)}: {PLACES[field]}"
        question = f"What do the bytes of this frame say about {_the(field)}?"
        return Finding(f"The row of {_the(field)} {times}.", must, question=question, came=shown)
    came, _, got = found[0]
    row = Value(tuple(found[0]))
    if came != offset or not isinstance(came, int):
        note, question = (
            f"{_the(field, 'The')} does not begin at byte {came!r}.",
            "How many bytes stand before this field?",
        )
        return Finding(
            note, f"the offset of the byte in which {_the(field)} begins", question=question, came=row
        )
    if not isinstance(got, (bytes, bytearray) if isinstance(value, bytes) else int):
        kind = "bytes" if isinstance(value, bytes) else "a number"
        question = _ask_about_type(got, field)
        note = f"The value of {_the(field)} is of type {type(got).__name__}."
        return Finding(note, kind, question=question, came=row)
    if got != value:
        note, bits = f"{_the(field, 'The')} is not {got!r}.", _point_at(field, offset, name)
        return Finding(note, bits, question=QUESTIONS[field], came=row)
    return None


def _ask_about_type(got: object, field: str) -> str:
    if field == "masking key":
        return 'How do you write these four as bytes? `bytes.fromhex("37 fa 21 3d")`'
    if field == "payload":
        return "Which letter stands in front of the quotes of bytes?"
    return f"Which number is {got!r}?" if isinstance(got, str) else "Which number do these bits make?"


def _point_at(field: str, offset: int, name: str) -> tuple[str, ...]:
    """Show a frame's bytes, or the bits of one of them, with a sign under those of a field."""
    data = bytes.fromhex(tracing.FRAMES[name])
    if field in BITS:
        first, size = BITS[field]
        bits = f"0b{data[offset] >> 4:04b}_{data[offset] & 15:04b}"
        signs = "^" * (size + (first < 4 < first + size))
        column = 2 + first + (first > 3)
        return f"{field}: {PLACES[field]}, which is {data[offset]:#04x}:", bits, f"{'':{column}}{signs}"
    size = 4 if field == "masking key" else len(data) - offset
    signs = " ".join(["^^"] * size)
    return f"{field}: {PLACES[field]}", data.hex(" "), f"{'':{3 * offset}}{signs}"


def _check_rest(rows: Sequence[Row], name: str) -> Finding | None:
    fields = [field for _, field, _ in TABLES[name]]
    more = next((row for row in rows if row[1] not in fields), None)
    if more is None:
        return None
    return Finding(
        f"There is a row of {_the(str(more[1]))}, and this frame has none.",
        f"rows for {', '.join(fields)}",
        question="What does byte 1 say about what follows it?",
        came=Value(tuple(more)),
    )


def _the(field: str, article: str = "the") -> str:
    return field if field.isupper() else f"{article} {field}"
