"""The picture of a handshake: two lifelines, two heads, and between them the way from key to answer."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field

from minews.handshake import GUID

from ..pictures import AMBER, BLUE, GREEN, VIOLET, Picture
from .drawing import MONO, box, clip, label, line, plural, title_line
from .sequence import Handshake, HeadLine
from .walk import Box, Stop, WalkPicture

__all__ = ["make_picture"]

WIDTH = 804
CLIENT, SERVER = 44, WIDTH - 44  # x of the lifelines
LEFT, RIGHT = 84, WIDTH - 84  # of the cards between them
LINE, LETTER = 24, 7.83  # height of a line, width of a letter at 13 pixels in the fixed-width face
LINK = RIGHT + 18  # x of the lines that link values
MOST = int((RIGHT - LEFT - 24) / LETTER)  # letters in a line
DASHED = 'stroke-dasharray="4 3"'
SAYS = (
    "The key as the text that it is, and the magic string of RFC 6455 behind it, hashed as one text.",
    "The SHA-1 digest of these letters: 20 bytes, here in hex.",
    "The digest in base64, 28 letters: this is the accept value.",
)
PALE = 'stroke-opacity=".35"'


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the computing: its texts stand side by side, each in its colour."""

    place: str
    name: str
    texts: tuple[str, ...]
    colours: tuple[str, ...]
    says: str


@dataclass
class _Sheet:
    """A picture that grows downwards."""

    y: float = 0
    parts: list[str] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    places: dict[str, Box] = field(default_factory=dict)  # where the values stand that are linked


def make_picture(handshake: Handshake) -> WalkPicture:
    """The picture, with a stop for each line of it."""
    sheet = _Sheet(y=46)
    _add_head(sheet, handshake.request, handshake.sizes[0], "request", handshake)
    if handshake.expected and handshake.accept:
        _add_computing(sheet, handshake)
    if handshake.response:
        _add_head(sheet, handshake.response, handshake.sizes[1], "answer", handshake)
    _add_outcome(sheet, handshake)
    height = round(sheet.y + 6)
    parts = [*_draw_lifelines(sheet.y), *sheet.parts, *_draw_links(sheet.places, handshake)]
    picture = Picture("The opening handshake", handshake.alternative(), WIDTH, height, tuple(parts))
    return WalkPicture(picture, tuple(_light_up(sheet)))


def _draw_lifelines(bottom: float) -> Iterator[str]:
    for x, name in ((CLIENT, "Client"), (SERVER, "Server")):
        yield box(x - 38, 4, 76, 26, "currentColor", 0.05)
        yield label(x, 22, name, 14, "middle", more='font-weight="600"')
        yield line(f"M{x} 30V{bottom - 34:g}", more=PALE)


def _add_head(
    sheet: _Sheet, lines: tuple[HeadLine, ...], sizes: tuple[int, int], what: str, handshake: Handshake
) -> None:
    to_server = what == "request"
    title = "1  The request" if to_server else f"{3 if 'base64' in sheet.places else 2}  The answer"
    after = f", and {plural(sizes[1], 'byte')} after it" if sizes[1] else ""
    sheet.parts += _draw_arrow(sheet.y + 22, to_server, title, f"{plural(sizes[0], 'byte')}{after}")
    top = sheet.y + 34
    problem = handshake.problems[0 if to_server else 1]
    height = LINE * (len(lines) + bool(problem)) + 12
    sheet.parts.append(
        f'<rect x="{LEFT + 0.5}" y="{top + 0.5:g}" width="{RIGHT - LEFT - 1}" height="{height - 1}" rx="6" '
        'fill="currentColor" fill-opacity=".03" stroke="currentColor" stroke-opacity=".3"/>'
    )
    for number, each in enumerate(lines):
        _add_line(sheet, each, top + 6 + LINE * number, handshake)
    if problem:
        _add_problem(sheet, top + height - 6 - LINE, problem)
    sheet.y = top + height + 14


def _draw_arrow(y: float, to_server: bool, title: str, about: str) -> Iterator[str]:
    start, tip = (CLIENT, SERVER) if to_server else (SERVER, CLIENT)
    back = -8 if to_server else 8
    yield line(f"M{start} {y:g}H{tip}M{tip + back} {y - 5:g}L{tip} {y:g}L{tip + back} {y + 5:g}", width=1.6)
    yield title_line(LEFT, y - 8, title, about)


def _add_line(sheet: _Sheet, each: HeadLine, y: float, handshake: Handshake) -> None:
    at = (LEFT + 4, y, RIGHT - LEFT - 8, LINE)
    _add_chip(sheet, each, y, handshake)
    if each.kind == "odd":
        sheet.parts.append(box(LEFT + 4, y + 1, RIGHT - LEFT - 8, LINE - 2, AMBER, 0.1, DASHED))
    text = clip(each.text, MOST)
    cut = len(each.name) + 1 if each.name else len(text) if each.kind == "empty" else 0
    sheet.parts.append(
        f'<text x="{LEFT + 12}" y="{y + 16.5:g}" fill="currentColor" xml:space="preserve" '
        f'style="{MONO};font-size:13px"><tspan opacity=".72">{html.escape(text[:cut])}</tspan>'
        f"{html.escape(text[cut:])}</text>"
    )
    rows = (("line", each.text),) if len(each.text) > MOST else ()
    sheet.stops.append(
        Stop(
            each.name or clip(each.value, 60).strip() or "a line of white space",
            _say(each, handshake),
            (at,),
            rows,
        )
    )


def _add_chip(sheet: _Sheet, each: HeadLine, y: float, handshake: Handshake) -> None:
    """Mark the key and the accept value; one that does not belong to the key has a broken edge."""
    linked = {
        "sec-websocket-key": ("key", handshake.key, BLUE),
        "sec-websocket-accept": ("accept", handshake.accept, GREEN),
    }
    place, value, colour = linked.get(each.name.lower(), ("", "", ""))
    if not place or each.value != value or len(each.text) > MOST:
        return
    start = LEFT + 12 + LETTER * (len(each.name) + 2)
    sheet.places[place] = (start - 4, y + 1, LETTER * len(value) + 8, LINE - 2)
    wrong = place == "accept" and value != handshake.expected
    sheet.parts.append(box(*sheet.places[place], AMBER if wrong else colour, more=DASHED if wrong else ""))


def _add_problem(sheet: _Sheet, y: float, problem: str) -> None:
    at = (LEFT + 4, y, RIGHT - LEFT - 8, LINE)
    said = f"{problem[0].upper()}{problem[1:]}"
    sheet.parts += [box(LEFT + 4, y + 1, 4, LINE - 2, AMBER, 1), label(LEFT + 16, y + 16.5, clip(said, 92))]
    sheet.stops.append(Stop("problem", f"{said}.", (at,)))


def _say(each: HeadLine, handshake: Handshake) -> str:
    if each.name.lower() == "sec-websocket-accept" and handshake.expected and handshake.accept == each.value:
        fits = "belongs" if each.value == handshake.expected else "does not belong"
        return f"{each.says} This value {fits} to the key."
    return each.says


def _add_computing(sheet: _Sheet, handshake: Handshake) -> None:
    """The way from the key to the accept value."""
    sheet.parts.append(title_line(LEFT, sheet.y + 14, "2  From the key to the accept value", ""))
    steps = (
        Step("magic", "key + magic", (handshake.key, GUID), (BLUE, VIOLET), SAYS[0]),
        Step("digest", "SHA-1", (handshake.digest.hex(" "),), (AMBER,), SAYS[1]),
        Step("base64", "base64", (handshake.expected,), (GREEN,), SAYS[2]),
    )
    y = sheet.y + 26
    for number, step in enumerate(steps):
        _add_step(sheet, step, y)
        if number:
            x = LEFT + 116
            sheet.parts.append(line(f"M{x} {y - 9:g}v6m-3.5 -3.5l3.5 3.5l3.5 -3.5", width=1.4))
        y += 36
    sheet.y = y + 6


def _add_step(sheet: _Sheet, step: Step, y: float) -> None:
    x = LEFT + 104.0
    for text, colour in zip(step.texts, step.colours, strict=True):
        width = LETTER * len(text) + 8
        sheet.parts += [box(x - 4, y, width, 24, colour), label(x, y + 16.5, text, mono=True)]
        x += width + 2
    sheet.places[step.place] = (LEFT + 100, y, x - LEFT - 106, 24)
    sheet.parts.append(label(LEFT + 12, y + 16.5, step.name, more='opacity=".8"'))
    at = (LEFT + 4, y, RIGHT - LEFT - 8, 24)
    sheet.stops.append(Stop(step.name, step.says, (at,), (("value", "".join(step.texts)),)))


def _draw_links(places: dict[str, Box], handshake: Handshake) -> Iterator[str]:
    """From the key in the request to the text that is hashed, and from base64 to the answer."""
    for start, end, colour in (("key", "magic", BLUE), ("base64", "accept", GREEN)):
        if start in places and end in places:
            wrong = end == "accept" and handshake.accept != handshake.expected
            yield from _draw_link(places[start], places[end], AMBER if wrong else colour, wrong)


def _draw_link(start: Box, end: Box, colour: str, wrong: bool) -> Iterator[str]:
    x0, y0, x1, y1 = start[0] + start[2] + 4, start[1] + 12, end[0] + end[2] + 5, end[1] + 11
    yield line(f"M{x0:g} {y0:g}H{LINK}V{y1:g}H{x1:g}", colour, 1.6, DASHED if wrong else "")
    yield line(f"M{x1 + 6:g} {y1 - 5:g}L{x1:g} {y1:g}L{x1 + 6:g} {y1 + 5:g}", colour, 1.6)
    if wrong:
        yield label((x1 + LINK) / 2, y1 - 6, "not this value", 12, "middle")


def _add_outcome(sheet: _Sheet, handshake: Handshake) -> None:
    top = sheet.y + 2
    colour = GREEN if handshake.is_open else AMBER
    at = (CLIENT - 38, top, SERVER - CLIENT + 76, 32)
    sheet.parts += [box(*at, colour), label(WIDTH / 2, top + 20.5, handshake.outcome, 14, "middle")]
    sheet.stops.append(Stop("outcome", handshake.outcome, (at,)))
    sheet.y = top + 32


LINKED = {
    "sec-websocket-key": ("key", "magic"),
    "key + magic": ("key",),
    "base64": ("accept",),
    "sec-websocket-accept": ("accept", "base64"),
}


def _light_up(sheet: _Sheet) -> Iterator[Stop]:
    """Let linked values light up together, now that all places are known."""
    for stop in sheet.stops:
        more = (sheet.places[name] for name in LINKED.get(stop.name.lower(), ()) if name in sheet.places)
        yield Stop(stop.name, stop.says, (*stop.boxes, *more), stop.rows)
