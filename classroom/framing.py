"""Frames for people: bytes divided into the fields of RFC 6455 section 5.2, and bits with their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minews.frames import apply_mask
from minews.types import Opcode

__all__ = [
    "BEGINS",
    "Row",
    "differing_fields",
    "divide_frame",
    "name_difference",
    "show_bits",
    "show_rows",
]

# Where in a frame bytes of each layout begin: an exercise's `layout` says which one its bytes have.
BEGINS = {"frame": 0, "length": 1}
_BEHIND = {"frame": "behind the end of the frame", "length": "behind the length"}
WIDTH = 8  # bytes in a row
WHOLE = 4  # rows of a field that are shown without leaving any out

# The fields of byte 0 and of byte 1, each with its number of bits, from the top bit down.
BITS = (
    (("FIN", 1), ("RSV1", 1), ("RSV2", 1), ("RSV3", 1), ("the opcode", 4)),
    (("MASK", 1), ("the payload length", 7)),
)
OPCODES = {opcode.value: opcode.name.lower() for opcode in Opcode} | {Opcode.CONT: "continuation"}


@dataclass(frozen=True, slots=True)
class Row:
    """A part of a frame's bytes: from `start` on, with its name, and what it says in `words`."""

    start: int
    data: bytes
    name: str
    words: str

    @property
    def end(self) -> int:
        """The offset of the byte behind it."""
        return self.start + len(self.data)


def divide_frame(data: bytes, layout: str = "frame") -> list[Row]:
    """Divide bytes into the fields of a frame, however short, long or wrong they are.

    Arguments:
        data: the bytes.
        layout: "frame", or "length" where they begin with byte 1 of a frame and end with its length.
    """
    at = 1 - BEGINS[layout]  # where byte 1 of the frame stands
    rows = [Row(0, data[:1], "", _read_byte_0(data[0]))] if at and data else []
    if len(data) <= at:
        return rows
    rows.append(Row(at, data[at : at + 1], "", _read_byte_1(data[at])))
    length = data[at] & 127
    if length > 125:
        extended = _extended_row(data, at + 1, 2 if length == 126 else 8)
        rows.append(extended)
        length = int.from_bytes(extended.data, "big")
    if layout == "frame":
        rows += _rows_behind_length(data, rows[-1].end, bool(data[at] >> 7), length)
    elif len(data) > rows[-1].end:
        rows.append(Row(rows[-1].end, data[rows[-1].end :], "what follows the length", _BEHIND["length"]))
    return [row for row in rows if row.data]


def _read_byte_0(byte: int) -> str:
    opcode = byte & 15
    rsv = f"{byte >> 6 & 1} {byte >> 5 & 1} {byte >> 4 & 1}"
    return f"FIN {byte >> 7}, RSV {rsv}, opcode {opcode:#x} ({OPCODES.get(opcode, 'reserved')})"


def _read_byte_1(byte: int) -> str:
    follows = {126: ": the length is in the next 2 bytes", 127: ": the length is in the next 8 bytes"}
    return f"MASK {byte >> 7}, payload length {byte & 127}{follows.get(byte & 127, '')}"


def _extended_row(data: bytes, start: int, size: int) -> Row:
    came = data[start : start + size]
    name = "the extended payload length"
    if len(came) < size:
        return Row(start, came, name, f"extended payload length, {len(came)} of {size} bytes")
    n = int.from_bytes(came, "big")
    note = "" if n > (125 if size == 2 else 65_535) else ", which fits into a shorter form"
    return Row(start, came, name, f"extended payload length {n:,}{note}")


def _rows_behind_length(data: bytes, at: int, masked: bool, length: int) -> Iterator[Row]:
    key = data[at : at + 4] if masked else b""
    if masked:
        words = "masking key" if len(key) == 4 else f"masking key, {len(key)} of 4 bytes"
        yield Row(at, key, "the masking key", words)
        at += len(key)
    payload = data[at : at + length]
    yield Row(at, payload, "the payload", _describe_payload(payload, length, key))
    yield Row(at + len(payload), data[at + length :], "what follows the frame", _BEHIND["frame"])


def _describe_payload(payload: bytes, length: int, key: bytes) -> str:
    words = "payload" if len(payload) == length else f"payload, {len(payload):,} of {length:,} bytes"
    if len(payload) > WIDTH * WHOLE:
        return words
    if len(key) == 4:
        return f"{words}, unmasked: {_readable(apply_mask(payload, key))}"
    return f"{words} {payload.decode('ascii')}" if _is_text(payload) else words


def _readable(data: bytes) -> str:
    return data.decode("ascii") if _is_text(data) else data.hex(" ")


def _is_text(data: bytes) -> bool:
    return all(32 <= byte < 127 for byte in data)


# What is shown


def show_rows(rows: list[Row], at: int | None = None, beside: list[Row] | None = None) -> list[str]:
    """Show rows of bytes: offset, hex and words, and under the byte at the offset `at` a sign.

    The columns are as wide as those of the rows `beside`, which are compared with these.
    """
    if not rows:
        return ["no bytes"]
    both = [*rows, *(beside or [])]
    offsets = max(2, *(len(str(row.end - 1)) for row in both))
    width = max(min(len(row.data), WIDTH) for row in both) * 3 - 1
    lines = []
    for row in rows:
        words = row.words
        for start, data in _lines_of(row, at):
            if not data:
                lines.append(f"{'':{offsets}}  ... {start:,} bytes")
                continue
            lines.append(f"{start:>{offsets}}  {data.hex(' '):<{width}}  {words}".rstrip())
            words = ""
            if at is not None and start <= at < start + len(data):
                lines.append(f"{'':{offsets}}  {'':{3 * (at - start)}}^^")
    if at == rows[-1].end:
        lines += [f"{at:>{offsets}}  the bytes end here", f"{'':{offsets}}  ^^"]
    return lines


def _lines_of(row: Row, at: int | None) -> Iterator[tuple[int, bytes]]:
    """Cut a row's bytes into lines; of a long row only some: (how many, b"") stands for those left out."""
    starts = range(row.start, row.end, WIDTH)
    shown = list(starts) if len(starts) <= WHOLE else _telling(starts, at)
    end = row.start
    for start in shown:
        if start > end:
            yield start - end, b""
        end = min(start + WIDTH, row.end)
        yield start, row.data[start - row.start : end - row.start]


def _telling(starts: range, at: int | None) -> list[int]:
    """Choose of many lines the first, the last, and the one with the byte at `at`, or the second."""
    place = (at - starts[0]) // WIDTH if at is not None else -1
    return sorted({starts[0], starts[place if 0 <= place < len(starts) else 1], starts[-1]})


def show_bits(got: bytes, want: bytes, at: int, layout: str) -> list[str]:
    """Show the byte at `at` of both as bits, and under those that differ the names of their fields."""
    place = at + BEGINS.get(layout, len(BITS))
    if place >= len(BITS) or at >= min(len(got), len(want)):
        return []
    lines = [f"came     {_bits(got[at])}", f"must be  {_bits(want[at])}"]
    for name, first, size in _differing_bits(got[at], want[at], place):
        column = 11 + first + (first > 3)
        signs = size + (first < 4 < first + size)
        lines.append(f"{'':{column}}{'^' * signs} {name.removeprefix('the ')}")
    return lines


def _bits(byte: int) -> str:
    return f"0b{byte >> 4:04b}_{byte & 15:04b}"


def _differing_bits(got: int, want: int, place: int) -> Iterator[tuple[str, int, int]]:
    """Go through the fields of byte 0 or 1 in which two bytes differ: name, first bit from the top, size."""
    first = 0
    for name, size in BITS[place]:
        if (got ^ want) >> (8 - first - size) & ((1 << size) - 1):
            yield name, first, size
        first += size


def name_difference(got: bytes, want: bytes, at: int, layout: str) -> str:
    """Say in which field the byte at `at` lies, as ", in the opcode"; "" where the bytes have no fields."""
    names = differing_fields(got, want, at, layout)
    if not names:
        return ""
    if at >= len(want):
        return f", {names[0]}"
    if at + BEGINS[layout] < len(BITS) and at >= len(got):
        return f", the one with {' and '.join(name for name in names if 'RSV' not in name)}"
    return f", in {' and '.join(names)}"


def differing_fields(got: bytes, want: bytes, at: int, layout: str) -> tuple[str, ...]:
    """Name the fields in which the first byte differs that does, as ("FIN", "the opcode").

    Arguments:
        got, want: what came and what must come.
        at: where they first differ.
        layout: "frame" or "length"; the bytes of others have no fields.
    """
    if layout not in BEGINS:
        return ()
    if at >= len(want):
        return (_BEHIND[layout],)
    place = at + BEGINS[layout]
    if place < len(BITS) and at < len(got):
        return tuple(name for name, _, _ in _differing_bits(got[at], want[at], place))
    if place < len(BITS):
        return tuple(name for name, _ in BITS[place])
    return (next(row for row in divide_frame(want, layout) if row.start <= at < row.end).name,)
