"""A long byte river: two bars to scale, a ruler between them, and no single bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..pictures import AMBER, BLUE, Picture
from .drawing import box, head_lines, label, line, name_bytes, ordinal, plural, printable
from .river import Lane, River
from .walk import Box, Stop, WalkPicture

__all__ = ["picture_scale"]

LEFT, SPAN, RIGHT = 66, 720, 18
WIDTH = LEFT + SPAN + RIGHT
PIECE, GAP, STRIP = 28, 8, 24  # heights: of a piece, between it and the bytes, of the bytes
HAIR = 5.0  # pixels; narrower pieces are drawn as one bar, with a border where it can be told from the next
STRETCHES = 240  # stops at most
TICKS = 8  # at most


def picture_scale(river: River) -> WalkPicture:
    """The picture, with a stop for each stretch between two borders."""
    heading, top = head_lines(river.headline(), river.findings(), WIDTH)
    strip, below = top + PIECE + GAP, top + PIECE + GAP + STRIP + GAP
    parts = [
        *heading,
        *_draw_names(top, strip, below),
        *_draw_lane(river.sent, river.size, top, BLUE),
        _draw_strip(strip),
        *_draw_lane(river.received, river.size, below, AMBER),
        *_draw_borders(river.sent, river.size, (top, strip + STRIP / 2), BLUE),
        *_draw_borders(river.received, river.size, (below + PIECE, strip + STRIP / 2), AMBER),
        *_draw_offsets(river.size, below + PIECE),
    ]
    height = round(below + PIECE + 28)
    picture = Picture("The byte river", river.alternative(), WIDTH, height, tuple(parts))
    stops = (_make_stop(river, start, end, top, below) for start, end in pairwise(_stretches(river)))
    return WalkPicture(picture, tuple(stops))


def _draw_names(top: float, strip: float, below: float) -> Iterator[str]:
    rows = ((top + PIECE / 2, "sends"), (strip + STRIP / 2, "bytes"), (below + PIECE / 2, "recvs"))
    for middle, name in rows:
        yield label(12, middle + 4.5, name, more='opacity=".8"')
    yield label(12, below + PIECE + 19, "offset", 11, more='opacity=".75"')


def _draw_strip(y: float) -> str:
    """The bytes, of which there are too many to draw."""
    return (
        f'<rect x="{LEFT + 0.5}" y="{y + 0.5:g}" width="{SPAN}" height="{STRIP - 1}" fill="none" '
        'stroke="currentColor" stroke-opacity=".28"/>'
    )


def _stretches(river: River) -> list[int]:
    """The offsets between which the stops lie: all borders, or every so manieth of them."""
    borders = sorted({0, *river.sent.ends, *river.received.ends})
    step = -(-(len(borders) - 1) // STRETCHES)
    return [*borders[:-1:step], borders[-1]]


def _x(offset: int, size: int) -> float:
    return round(LEFT + SPAN * offset / size, 1)


def _draw_lane(lane: Lane, size: int, y: float, colour: str) -> Iterator[str]:
    """The pieces; those too narrow to be seen alone are joined to one bar."""
    for first, last in _bars(lane, size):
        start, end = lane.span(first)[0], lane.span(last)[1]
        x, width = _x(start, size), _x(end, size) - _x(start, size)
        yield box(x + 1, y, max(width - 2, 1), PIECE, colour)
        name = ordinal(first + 1)
        wordings = [
            f"{name}, {plural(end - start, 'byte')}",
            f"{name}, {end - start:,} B",
            name,
            f"{first + 1}",
        ]
        if last > first:
            wordings = [
                f"{name} to {ordinal(last + 1)}, {plural(end - start, 'byte')}",
                f"{name} to {ordinal(last + 1)}",
            ]
        fitting = next((words for words in wordings if 7.6 * len(words) + 8 <= width), "")
        yield label(x + width / 2, y + PIECE / 2 + 4.5, fitting, 12, "middle")


def _bars(lane: Lane, size: int) -> Iterator[tuple[int, int]]:
    """(first, last) piece of each bar that is drawn."""
    first: int | None = None
    for number, piece in enumerate(lane.pieces):
        wide = len(piece) * SPAN / size >= HAIR
        if wide and first is not None:
            yield first, number - 1
            first = None
        if wide:
            yield number, number
        elif first is None:
            first = number
    if first is not None:
        yield first, len(lane.pieces) - 1


def _draw_borders(lane: Lane, size: int, reach: tuple[float, float], colour: str) -> Iterator[str]:
    """The borders that can be told from each other; where they are many, only at the bytes."""
    start, end = reach
    dense = len(lane.cuts) * HAIR > SPAN
    if dense:
        start += PIECE + 2 if start < end else -PIECE - 2
    drawn = -HAIR
    for border in lane.ends[:-1]:
        x = _x(border, size)
        if x - drawn >= (3 if dense else 2):
            drawn = x
            yield line(f"M{x:g} {start:g}V{end:g}", colour, 1 if dense else 2.4)


def _draw_offsets(size: int, y: float) -> Iterator[str]:
    """A mark and a number at each round offset, and at the end."""
    step = _round_step(size)
    for offset in [*range(0, size - step // 2, step), size]:
        x = _x(offset, size)
        anchor = "start" if offset == 0 else "end" if offset == size else "middle"
        yield line(f"M{x:g} {y + 3:g}V{y + 7:g}", width=1, more='stroke-opacity=".5"')
        yield label(x, y + 19, f"{offset:,}", 11, anchor, more='opacity=".75"')


def _round_step(size: int) -> int:
    """A round number of bytes between two marks: 1, 2 or 5 with zeros."""
    step, factors = 1, (2, 2.5, 2)
    turn = 0
    while size / step > TICKS:
        step = int(step * factors[turn % 3])
        turn += 1
    return step


def _make_stop(river: River, start: int, end: int, top: float, below: float) -> Stop:
    x = _x(start, river.size)
    width = max(_x(end, river.size) - x, HAIR)
    says = f"{plural(end - start, 'byte')}: {river.sent.say(start, end)}, {river.received.say(start, end)}"
    data = (river.sent.data if start < len(river.sent.data) else river.received.data)[start:end]
    name = f"byte {start:,}" if end - start == 1 else f"bytes {start:,} to {end - 1:,}"
    rows = (
        *(row for lane in (river.sent, river.received) for row in _say_piece(lane, start)),
        ("starts with", f"{name_bytes(data[:16])}   {printable(data[:16])}"),
    )
    boxes = ((x, top, width, below + PIECE - top), *_piece_boxes(river, start, top, below))
    return Stop(name, says, boxes, rows)


def _say_piece(lane: Lane, start: int) -> Iterator[tuple[str, str]]:
    number = lane.piece_at(start)
    if number < len(lane.pieces):
        first, last = lane.span(number)
        yield (
            f"{ordinal(number + 1)} {lane.verb}",
            f"bytes {first:,} to {last - 1:,}, {plural(last - first, 'byte')}",
        )


def _piece_boxes(river: River, start: int, top: float, below: float) -> Iterator[Box]:
    for lane, y in ((river.sent, top), (river.received, below)):
        number = lane.piece_at(start)
        if number < len(lane.pieces):
            left, right = (_x(offset, river.size) for offset in lane.span(number))
            yield left + 1, y, max(right - left - 2, 2), PIECE
