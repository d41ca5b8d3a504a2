"""The picture of a session: a strip to scale in time, and below it every event between two lifelines."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Sequence
from math import floor, log10

from minews.types import Role

from ..pictures import AMBER, BLUE, GREEN, Picture
from ..sessions import Event
from .drawing import SANS, box, clip, head_lines, label, line, plural
from .timeline import Timeline
from .walk import Box, Stop, WalkPicture

__all__ = ["make_picture"]

WIDTH = 804
CLIENT, SERVER = 128, WIDTH - 44  # x of the lifelines, and of the ends of the time axis
TICK, STRIP = 16, 76  # height of a mark in the strip, of the strip with its numbers
ROW = 36
MOST, FIRST = 40, 26  # events that are drawn; how many of them from the beginning, if there are more
LETTERS = 74  # in a row
COLOURS = {Role.CLIENT: BLUE, Role.SERVER: GREEN}
QUIET = 'opacity=".78"'


def make_picture(timeline: Timeline) -> WalkPicture:
    """The picture, with a stop for each event."""
    if not timeline.events:
        said = "Nothing was recorded."
        return WalkPicture(Picture("The session", said, WIDTH, 40, (label(12, 25, said),)), (), hint=said)
    heading, top = head_lines(f"{timeline.headline()}", timeline.findings(), WIDTH)
    has_times = timeline.seconds is not None
    start = top + (STRIP + 22 if has_times else 8)
    first, last = _choose_rows(timeline.events)
    shown = [*first, *last]
    parts = [*heading]
    if has_times:
        parts += _draw_strip(timeline, top + 8)
    rows = len(shown) + bool(last)
    bottom = start + 40 + ROW * rows
    parts += _draw_lifelines(timeline, start, bottom)
    stops = []
    for number, event in enumerate(shown):
        y = start + 40 + ROW * (number + (number >= len(first)))
        if number == len(first):
            hidden = timeline.events[len(first) : len(timeline.events) - len(last)]
            parts += _draw_gap(hidden, y - ROW)
            stops.append(_make_gap(timeline, hidden, y - ROW))
        parts += _draw_event(timeline, event, y)
        stops.append(_make_stop(timeline, event, y, top + 8 if has_times else None))
    picture = Picture("The session", timeline.alternative(), WIDTH, round(bottom + 12), tuple(parts))
    return WalkPicture(picture, tuple(stops))


def _choose_rows(events: Sequence[Event]) -> tuple[Sequence[Event], Sequence[Event]]:
    """The events before and after the gap; all of them before it if they are few."""
    if len(events) <= MOST:
        return events, []
    return events[:FIRST], events[len(events) - (MOST - FIRST) :]


# The strip


def _draw_strip(timeline: Timeline, y: float) -> Iterator[str]:
    """Each event as a mark at its time: above the axis the client's, below it the server's."""
    axis = y + TICK + 6
    yield label(12, axis - 6, timeline.client, more=QUIET)
    yield label(12, axis + 14.5, timeline.server, more=QUIET)
    yield line(f"M{CLIENT} {axis:g}H{SERVER}", width=1, more='stroke-opacity=".5"')
    for event in timeline.events:
        x, top = _tick_place(timeline, event, y)
        yield line(f"M{x:g} {top:g}v{TICK}", COLOURS[event.sender], 2.2)
    yield from _draw_axis(timeline, axis)


def _tick_place(timeline: Timeline, event: Event, y: float) -> tuple[float, float]:
    length = timeline.seconds or 1e-9
    x = CLIENT + (SERVER - CLIENT) * (event.seconds or 0.0) / length
    return round(x, 1), y + 4 if event.sender is Role.CLIENT else y + TICK + 8


def _draw_axis(timeline: Timeline, axis: float) -> Iterator[str]:
    """Round times below the strip, the last one with room for the unit."""
    factor = 1 if timeline.unit == "s" else 1000
    length = (timeline.seconds or 1e-9) * factor
    step = _round_step(length)
    y = axis + TICK + 22
    yield label(12, y, f"time ({timeline.unit})", 12, more=QUIET)
    for number in range(floor(length / step + 1e-9) + 1):
        x = CLIENT + (SERVER - CLIENT) * number * step / length
        yield line(f"M{x:g} {y - 16:g}v4", width=1, more='stroke-opacity=".5"')
        yield label(x, y, f"{number * step:,.6g}", 12, "middle", more=QUIET)


def _round_step(length: float) -> float:
    """A round number between two marks: 1, 2 or 5 with zeros, four to eight of them in all."""
    power = 10.0 ** floor(log10(length))
    return next(
        factor * power for factor in (0.1, 0.2, 0.5, 1.0) if length / (factor * power) <= 8 or factor == 1
    )


# The rows


def _draw_lifelines(timeline: Timeline, y: float, bottom: float) -> Iterator[str]:
    for x, name in ((CLIENT, timeline.client), (SERVER, timeline.server)):
        width = 8.6 * len(name) + 26
        left = min(x - width / 2, WIDTH - 4 - width)
        yield box(left, y, width, 26, "currentColor", 0.05)
        yield label(left + width / 2, y + 18, name, 14, "middle", more='font-weight="600"')
        yield line(f"M{x} {y + 26:g}V{bottom:g}", more='stroke-opacity=".35"')
    if timeline.seconds is not None:
        yield label(CLIENT - 54, y + 18, f"time ({timeline.unit})", 12, "end", more=QUIET)


def _draw_event(timeline: Timeline, event: Event, y: float) -> Iterator[str]:
    if event.problem:
        yield box(CLIENT + 10, y + 2, SERVER - CLIENT - 20, ROW - 6, AMBER, 0.1, 'stroke-dasharray="4 3"')
    yield label(CLIENT - 54, y + 18, timeline.say_time(event), 12, "end", mono=True, more=QUIET)
    title, about = timeline.title(event), timeline.about(event)
    if event.problem:
        about = f"{about}; {event.problem}" if about else event.problem
    title = clip(title, LETTERS - 10)
    about = clip(about, max(LETTERS - len(title), 12))
    yield (
        f'<text x="{CLIENT + 20}" y="{y + 18:g}" fill="currentColor" xml:space="preserve" '
        f'style="{SANS};font-size:13px"><tspan font-weight="600">{html.escape(title)}</tspan>'
        f'<tspan dx="10" opacity=".85">{html.escape(about)}</tspan></text>'
    )
    yield from _draw_arrow(event, y + 26)


def _draw_arrow(event: Event, y: float) -> Iterator[str]:
    colour = COLOURS[event.sender]
    start, tip = (CLIENT, SERVER) if event.sender is Role.CLIENT else (SERVER, CLIENT)
    back = -8 if tip == SERVER else 8
    if event.kind == "connected":
        yield line(f"M{CLIENT} {y:g}H{SERVER}", "currentColor", 1.6, 'stroke-dasharray="2 4"')
        return
    if event.kind == "end":  # a bar across the line: nothing more will come
        yield line(f"M{start} {y:g}H{tip + 3 * back}M{tip + 3 * back} {y - 5:g}v10", colour, 1.6)
        return
    yield line(f"M{start} {y:g}H{tip}M{tip + back} {y - 5:g}L{tip} {y:g}L{tip + back} {y + 5:g}", colour, 1.6)


def _row_box(y: float) -> Box:
    return (14, y + 1, SERVER - 2, ROW - 3)


def _make_stop(timeline: Timeline, event: Event, y: float, strip: float | None) -> Stop:
    boxes: tuple[Box, ...] = (_row_box(y),)
    if strip is not None:
        x, top = _tick_place(timeline, event, strip)
        boxes = (*boxes, (x - 4, top - 2, 8, TICK + 4))
    return Stop(clip(timeline.title(event), 60), timeline.says(event), boxes, timeline.rows(event))


def _draw_gap(hidden: Sequence[Event], y: float) -> Iterator[str]:
    yield label(
        (CLIENT + SERVER) / 2,
        y + 21,
        f"... {plural(len(hidden), 'more event')} ...",
        anchor="middle",
        more=QUIET,
    )


def _make_gap(timeline: Timeline, hidden: Sequence[Event], y: float) -> Stop:
    kinds = Counter((timeline.title(event).partition(",")[0], event.sender) for event in hidden)
    said = ", ".join(
        f"{count:,} x {title} from the {timeline.name(who)}" for (title, who), count in kinds.most_common(6)
    )
    return Stop(plural(len(hidden), "more event"), f"not drawn: {said}.", (_row_box(y),))
