"""The frame explorer's still picture: the bits of the head as in RFC 6455 section 5.2, then all bytes."""

from __future__ import annotations

import html
from collections.abc import Iterator
from itertools import pairwise

from minews.frames import decode_frame
from minews.types import ProtocolError, Role

from ..pictures import FRAME_COLOURS, Picture
from .layout import Layout, Part, describe, judge, lay_out, name_opcode

__all__ = ["draw_frame"]

MARGIN, BIT = 8, 22
WIDTH = 2 * MARGIN + 32 * BIT
LABEL_TOP, ROW = 18, 66  # above the first row of bits, and from row to row
TALLER = 22  # by which the first row is taller: its short names stand letter below letter, as in the RFC
BYTE, BYTE_ROW, MOST_BYTES = 26, 60, 8  # MOST_BYTES of one field are drawn

MONO = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace)"
SANS = "font-family:var(--jp-content-font-family,system-ui,sans-serif)"

# The first two bytes: where each field starts, how many bits it has, its name.
FLAGS = [
    (0, 1, "FIN", "first"),
    (1, 1, "RSV1", "first"),
    (2, 1, "RSV2", "first"),
    (3, 1, "RSV3", "first"),
    (4, 4, "opcode", "first"),
    (8, 1, "MASK", "length"),
    (9, 7, "payload length", "length"),
]


def draw_frame(data: bytes, receiver: Role) -> Picture:
    """Draw the bytes of a frame, and what they mean.

    Arguments:
        data: the bytes; the frame may be cut off, or have others behind it.
        receiver: whose rules it is held to.
    """
    layout = lay_out(data)
    head = [part for part in layout.parts if part.kind not in ("payload", "rest")]
    shown = min(len(data), head[-1].end)
    below = MARGIN + LABEL_TOP + TALLER + ROW * -(-max(shown, 1) // 4)
    groups = list(_place_groups(data, layout, below + 8))
    bottom = max((y for _, _, y in groups), default=below) + BYTE_ROW
    said = _say(data, receiver)
    parts = [
        *_ruler(),
        *(shape for field in _fields(data[:shown], head) for shape in _draw_field(*field)),
        *(shape for group in groups for shape in _draw_group(data, *group)),
        *(_text(MARGIN, bottom + 18 + 22 * line, text, 13) for line, text in enumerate(_wrap(said))),
    ]
    height = bottom + 6 + 22 * len(_wrap(said)) + 8
    words = "\n".join([*_list_parts(data, layout), *said])
    return Picture("A frame, field by field", words, WIDTH, height, tuple(parts))


def _say(data: bytes, receiver: Role) -> list[str]:
    try:
        decoded = decode_frame(data)
    except ProtocolError:
        decoded = None
    return [*([describe(decoded[0])] if decoded else []), judge(data, receiver)]


def _wrap(sentences: list[str]) -> list[str]:
    return [each if len(each) <= 104 else f"{each[:101]}..." for each in sentences]


def _list_parts(data: bytes, layout: Layout) -> Iterator[str]:
    for part in layout.parts:
        piece = data[part.start : part.end]
        dots = " ..." if len(piece) > 16 else ""
        if piece:
            yield f"{part.name:<24} {piece[:16].hex(' ')}{dots}"


# The bits of the head


def _ruler() -> Iterator[str]:
    for bit in range(32):
        yield _text(MARGIN + BIT * (bit + 0.5), MARGIN + 8, str(bit), 10, anchor="middle", opacity=0.7)


def _fields(head: bytes, parts: list[Part]) -> Iterator[tuple[int, str, str, str, str]]:
    """Each piece of a field that fits into a row: its first bit, its bits, its name, its meaning and kind."""
    bits = "".join(f"{byte:08b}" for byte in head)
    for start, size, name, kind in FLAGS:
        value = bits[start : start + size]
        if value:
            yield start, value, name, _name_value(name, int(value, 2)), kind
    for part in parts[2:]:
        cuts = [part.start, *(at for at in range(4, part.end, 4) if at > part.start), part.end]
        for start, end in pairwise(cuts):
            piece = head[start:end]
            if piece:
                name = part.name if start == part.start else f"{part.name}, continued"
                yield 8 * start, bits[8 * start : 8 * end], name, _meaning(head, part, start, end), part.kind


def _name_value(name: str, value: int) -> str:
    return {"opcode": name_opcode(value & 15), "payload length": str(value)}.get(name, "")


def _meaning(head: bytes, part: Part, start: int, end: int) -> str:
    if part.kind == "key":
        return head[start:end].hex(" ")
    whole = end == part.end and len(head) >= part.end
    return f"= {int.from_bytes(head[part.start : part.end], 'big'):,}" if whole else ""


def _draw_field(first: int, bits: str, name: str, meaning: str, kind: str) -> Iterator[str]:
    row, column = divmod(first, 32)
    x, y = MARGIN + BIT * column, MARGIN + LABEL_TOP + ROW * row + (TALLER if row else 0)
    height = ROW - 8 + (0 if row else TALLER)
    width, bottom = BIT * len(bits), y + height
    yield _box(x, y, width, height, FRAME_COLOURS[kind])
    middle = x + width / 2
    if len(bits) == 1:
        top = y + 28 - 4.5 * len(name)
        yield from (
            _text(middle, top + 9.5 * place, letter, 9, anchor="middle", weight=600)
            for place, letter in enumerate(name)
        )
    else:
        yield _text(middle, bottom - 42 - (0 if row else TALLER / 2), name, 12, anchor="middle", weight=600)
    for place, bit in enumerate(bits):
        yield _text(x + BIT * (place + 0.5), bottom - 24, bit, 14, anchor="middle", mono=True)
    if meaning:
        yield _text(middle, bottom - 7, meaning, 12, anchor="middle", opacity=0.85)


# All bytes, by field


def _place_groups(data: bytes, layout: Layout, top: int) -> Iterator[tuple[Part, int, int]]:
    """Each part with the place of its bytes, from left to right and then below."""
    x, y = MARGIN, top
    for part in layout.parts:
        if not data[part.start : part.end]:
            continue
        width = _group_width(data, part)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = MARGIN, y + BYTE_ROW
        yield part, x, y
        x += width + 8


def _group_width(data: bytes, part: Part) -> int:
    held = len(data[part.start : part.end])
    bytes_width = BYTE * min(held, MOST_BYTES) + (84 if held > MOST_BYTES else 0)
    return max(bytes_width, round(7.4 * len(_group_name(part)))) + 14


def _group_name(part: Part) -> str:
    return {"first": "FIN to opcode", "length": "MASK, length"}.get(part.kind, part.name)


def _draw_group(data: bytes, part: Part, x: int, y: int) -> Iterator[str]:
    piece = data[part.start : part.end]
    yield _box(x, y, _group_width(data, part), BYTE_ROW - 8, FRAME_COLOURS[part.kind])
    yield _text(x + 7, y + 17, _group_name(part), 12, weight=600)
    shown = piece[:MOST_BYTES]
    for place, byte in enumerate(shown):
        yield _text(x + 7 + BYTE * place, y + 39, f"{byte:02x}", 14, mono=True)
    if len(piece) > MOST_BYTES:
        yield _text(x + 7 + BYTE * MOST_BYTES, y + 39, f"... {len(piece):,}", 12)


# SVG


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x + 0.5}" y="{y + 0.5}" width="{width - 1}" height="{height - 1}" rx="3" '
        f'fill="{colour}" fill-opacity=".13" stroke="{colour}" stroke-opacity=".8"/>'
    )


def _text(
    x: float, y: float, text: str, size: int, anchor: str = "start", weight: int = 400,
    opacity: float = 1.0, mono: bool = False,
) -> str:  # fmt: skip
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor" opacity="{opacity}" '
        f'font-weight="{weight}" style="{MONO if mono else SANS};font-size:{size}px">'
        f"{html.escape(text)}</text>"
    )
