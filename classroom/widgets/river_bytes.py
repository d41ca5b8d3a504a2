"""A short byte river: every byte is drawn, in rows."""

from __future__ import annotations

from collections.abc import Iterator

from ..pictures import AMBER, BLUE, Picture
from .drawing import box, head_lines, label, line, ordinal, plural
from .river import Lane, River
from .walk import Box, Stop, WalkPicture

__all__ = ["picture_bytes"]

ACROSS = 30  # bytes in a row
CELL = 24  # width of a byte
LEFT, RIGHT = 66, 14
WIDTH = LEFT + ACROSS * CELL + RIGHT
PIECE, GAP, BYTE = 24, 8, 28  # heights: of a piece, between it and the bytes, of a byte
ROW = 2 * (PIECE + GAP) + BYTE + 34  # of a row with all that belongs to it
LETTERS = {9: "\\t", 10: "\\n", 13: "\\r", 32: "\N{OPEN BOX}"}
NAMES = {9: "tab", 10: "line feed", 13: "carriage return", 32: "space"}


def picture_bytes(river: River) -> WalkPicture:
    """The picture, with a stop for each byte."""
    rows = -(-river.size // ACROSS)
    heading, top = head_lines(river.headline(), river.findings(), WIDTH)
    parts = [*heading]
    for row in range(rows):
        parts += _draw_row(river, row, top)
    picture = Picture(
        "The byte river", river.alternative(), WIDTH, round(top + ROW * rows - 14), tuple(parts)
    )
    return WalkPicture(picture, tuple(_make_stop(river, offset, top) for offset in range(river.size)), ACROSS)


def _place(offset: int, top: float) -> tuple[float, float]:
    """Where a byte stands: the left upper corner of its cell."""
    row, column = divmod(offset, ACROSS)
    return LEFT + CELL * column, top + ROW * row + PIECE + GAP


def _row_of(offset: int, river: River) -> tuple[int, int]:
    """The offsets between which the row of a byte lies."""
    start = offset - offset % ACROSS
    return start, min(start + ACROSS, river.size)


def _draw_row(river: River, row: int, top: float) -> Iterator[str]:
    start, end = _row_of(row * ACROSS, river)
    y = _place(start, top)[1]
    above, below = y - GAP - PIECE, y + BYTE + GAP
    for middle, name in ((above + PIECE / 2, "sends"), (y + BYTE / 2, "bytes"), (below + PIECE / 2, "recvs")):
        yield label(12, middle + 4.5, name, more='opacity=".8"')
    yield label(12, below + PIECE + 16, "offset", 11, more='opacity=".75"')
    yield from _draw_pieces(river.sent, start, end, above, BLUE)
    yield from _draw_pieces(river.received, start, end, below, AMBER)
    for offset in range(start, end):
        yield from _draw_byte(river, offset, top)
    yield from _draw_borders(river.sent, start, end, (above, y + BYTE / 2), BLUE)
    yield from _draw_borders(river.received, start, end, (y + BYTE / 2, below + PIECE), AMBER)


def _draw_pieces(lane: Lane, start: int, end: int, y: float, colour: str) -> Iterator[str]:
    """The pieces that have bytes in this row, each with its number, and its length if there is room."""
    for number, size in enumerate(map(len, lane.pieces)):
        first, last = lane.span(number)
        left, right = max(first, start), min(last, end)
        if left < right:
            x, width = LEFT + CELL * (left - start), CELL * (right - left)
            yield box(x + 2, y, width - 4, PIECE, colour)
            name = ordinal(number + 1)
            wordings = (f"{name}, {plural(size, 'byte')}", f"{name}, {size} B", name, f"{number + 1}")
            fitting = next((words for words in wordings if 7.6 * len(words) + 8 <= width), "")
            yield label(x + width / 2, y + PIECE / 2 + 4.5, fitting, 12, "middle")


def _draw_byte(river: River, offset: int, top: float) -> Iterator[str]:
    x, y = _place(offset, top)
    sent, received = _bytes_at(river, offset)
    byte = received if sent is None else sent
    assert byte is not None  # one of the two has it, else the stream would be shorter
    letter = LETTERS.get(byte) or (chr(byte) if 32 < byte < 127 else f"{byte:02x}")
    differs = None not in (sent, received) and sent != received
    edge = 'stroke-dasharray="3 2" stroke-opacity=".9"' if differs else 'stroke-opacity=".28"'
    yield (
        f'<rect x="{x + 0.5:g}" y="{y + 0.5:g}" width="{CELL}" height="{BYTE - 1}" fill="none" '
        f'stroke="currentColor" {edge}/>'
    )
    yield label(x + CELL / 2 + 0.5, y + 19, letter, 14 if len(letter) == 1 else 12, "middle", mono=True)
    if offset % 10 == 0:
        yield label(x + 2, y + BYTE + GAP + PIECE + 16, f"{offset}", 11, more='opacity=".75"')


def _bytes_at(river: River, offset: int) -> tuple[int | None, int | None]:
    """The byte as it was sent and as it was received."""
    sides = (river.sent.data, river.received.data)
    sent, received = (data[offset] if offset < len(data) else None for data in sides)
    return sent, received


def _draw_borders(lane: Lane, start: int, end: int, reach: tuple[float, float], colour: str) -> Iterator[str]:
    for border in sorted(lane.cuts):
        if start < border <= end:
            yield line(f"M{LEFT + CELL * (border - start) + 0.5:g} {reach[0]:g}V{reach[1]:g}", colour, 2.4)


def _make_stop(river: River, offset: int, top: float) -> Stop:
    x, y = _place(offset, top)
    sent, received = _bytes_at(river, offset)
    where = f"{river.sent.say(offset, offset + 1)}, {river.received.say(offset, offset + 1)}"
    if sent is not None and received is not None and sent != received:
        says = f"sent {_name_byte(sent)}, received {_name_byte(received)}: {where}"
    else:
        byte = received if sent is None else sent
        says = f"{_name_byte(byte or 0)}: {where}"
    return Stop(f"byte {offset}", says, ((x, y, CELL, BYTE), *_piece_boxes(river, offset, y)))


def _name_byte(byte: int) -> str:
    """'m' (0x6d), line feed (0x0a), or 0x81 for what has no letter."""
    if byte in NAMES:
        return f"{NAMES[byte]} (0x{byte:02x})"
    return f"'{chr(byte)}' (0x{byte:02x})" if 32 < byte < 127 else f"0x{byte:02x}"


def _piece_boxes(river: River, offset: int, y: float) -> Iterator[Box]:
    """The send above and the recv below, as far as they stand in the row of the byte."""
    start, end = _row_of(offset, river)
    for lane, top in ((river.sent, y - GAP - PIECE), (river.received, y + BYTE + GAP)):
        number = lane.piece_at(offset)
        if number < len(lane.pieces):
            first, last = lane.span(number)
            left, right = max(first, start), min(last, end)
            yield LEFT + CELL * (left - start) + 2, top, CELL * (right - left) - 4, PIECE
