"""Pictures drawn from the reader's own values: inline SVG with a title and a text that says the same.

Colours come from the notebook's theme or are readable on light and dark; words carry the meaning.
"""

from __future__ import annotations

import base64
import binascii
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minews.handshake import GUID

__all__ = ["FRAME_COLOURS", "Picture", "draw_accept"]

BLUE, AMBER, GREEN, VIOLET, ROSE = "#2f80ed", "#c2710c", "#14926a", "#8a63d2", "#c94a86"

# One colour for each part of a frame, in every picture and widget (widgets/shared.css has the same).
FRAME_COLOURS = {
    "first": BLUE,  # FIN, RSV1 to RSV3 and the opcode
    "length": AMBER,  # MASK and the payload length
    "extended": ROSE,
    "key": VIOLET,
    "payload": GREEN,
    "rest": "#7d8590",  # what lies behind the frame
}

_BOX = "overflow-x:auto;margin:6px 0 12px;padding-left:2px;color:var(--jp-content-font-color1,inherit)"
_SVG = "display:block;width:100%;min-width:{least}px;max-width:{width}px;height:auto"
_MONO = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace)"
_SANS = "font-family:var(--jp-content-font-family,system-ui,sans-serif)"


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing.

    Arguments:
        title: what it shows, in a few words.
        text: everything that it shows, in words and values: the alternative for who can't see it.
        width, height: the size of its canvas in pixels; it shrinks with the page, to three quarters at most.
        parts: SVG elements.
    """

    title: str
    text: str
    width: int
    height: int
    parts: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{self.title}\n\n{self.text}"

    def _repr_html_(self) -> str:
        spoken = html.escape(f"{self.title}. {' '.join(self.text.split())}", quote=True)
        style = _SVG.format(width=self.width, least=round(0.75 * self.width))
        return (
            f'<div style="{_BOX}"><svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{spoken}" '
            f'viewBox="0 0 {self.width} {self.height}" style="{style}">'
            f"<title>{html.escape(self.title)}</title><desc>{html.escape(self.text)}</desc>"
            f"{''.join(self.parts)}</svg></div>"
        )


# From the key to the accept value

MARGIN = 12
GROUP, BETWEEN = 92, 8  # a group is 3 bytes or 4 base64 letters, 24 bits either way
BYTE, LETTER, GAP = 28, 20, 4
CELL = 28  # height of a cell


def draw_accept(key: str, accept: str) -> Picture:
    """Draw the way from a key to its accept value: text, 20 bytes, 28 letters.

    Arguments:
        key: the value of Sec-WebSocket-Key.
        accept: the value of Sec-WebSocket-Accept that belongs to it.

    Raises:
        ValueError: if `accept` is not 20 bytes in base64.
    """
    digest = _decode_digest(accept)
    width = 2 * MARGIN + 7 * GROUP + 6 * BETWEEN
    parts = [
        *_heading(16, "1", "The key", "24 letters, from the request"),
        *_cells(28, key, 4, LETTER, BLUE),
        *_arrow(62, 26, "put the magic string after it"),
        *_heading(106, "2", "The text that is hashed", "60 letters"),
        *_text_box(118, key),
        *_arrow(190, 26, "SHA-1, a digest of 160 bits"),
        *_heading(234, "3", "The digest", "20 bytes, written in hex"),
        *_bands(246, 136),
        *_cells(252, [f"{byte:02x}" for byte in digest], 3, BYTE, AMBER),
        *_arrow(286, 26, "base64: every 3 bytes become 4 letters of 6 bits each"),
        *_heading(332, "4", "The accept value", "28 letters, in the answer"),
        *_cells(346, accept, 4, LETTER, GREEN),
    ]
    text = "\n".join(
        [
            f"1 key     {key}",
            f"2 text    {key}{GUID}",
            f"3 SHA-1   {digest.hex(' ')}",
            f"4 base64  {accept}",
        ]
    )
    return Picture("From the key to the accept value", text, width, 386, tuple(parts))


def _decode_digest(accept: str) -> bytes:
    try:
        digest = base64.b64decode(accept, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 20:
        raise ValueError(f"an accept value is 20 bytes in base64, not {accept!r}")
    return digest


def _heading(y: int, number: str, name: str, about: str) -> Iterator[str]:
    yield (
        f'<text x="{MARGIN}" y="{y}" style="{_SANS};font-size:14px" fill="currentColor">'
        f'<tspan font-weight="700">{number}  {name}</tspan>'
        f'<tspan dx="8" opacity=".75">{about}</tspan></text>'
    )


def _cells(y: int, values: Sequence[str], in_group: int, width: int, colour: str) -> Iterator[str]:
    """A row of cells, in groups that stand above each other whether they hold 3 bytes or 4 letters."""
    for number, value in enumerate(values):
        group, place = divmod(number, in_group)
        x = MARGIN + group * (GROUP + BETWEEN) + place * (width + GAP)
        yield (
            f'<rect x="{x + 0.5}" y="{y + 0.5}" width="{width - 1}" height="{CELL - 1}" rx="4" '
            f'fill="{colour}" fill-opacity=".13" stroke="{colour}" stroke-opacity=".75"/>'
        )
        yield (
            f'<text x="{x + width / 2}" y="{y + CELL / 2 + 5}" text-anchor="middle" '
            f'style="{_MONO};font-size:14px" fill="currentColor">{html.escape(value)}</text>'
        )


def _arrow(y: int, length: int, label: str) -> Iterator[str]:
    x, tip = MARGIN + GROUP / 2, y + length
    yield (
        f'<path d="M{x} {y}V{tip - 1}M{x - 5} {tip - 7}L{x} {tip}L{x + 5} {tip - 7}" fill="none" '
        'stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>'
    )
    yield (
        f'<text x="{x + 16}" y="{y + length / 2 + 4}" style="{_SANS};font-size:13px" fill="currentColor" '
        f'opacity=".85">{label}</text>'
    )


def _text_box(y: int, key: str) -> Iterator[str]:
    """Key and magic string, one line each; both are one text without a break."""
    width = 7 * GROUP + 6 * BETWEEN
    yield (
        f'<rect x="{MARGIN + 0.5}" y="{y + 0.5}" width="{width - 1}" height="63" rx="6" fill="none" '
        'stroke="currentColor" stroke-opacity=".35"/>'
    )
    parts = [(key, BLUE, "the key"), (GUID, VIOLET, "the magic string")]
    for line, (part, colour, label) in enumerate(parts):
        top = y + 6 + 27 * line
        length = 10 + 9.2 * len(part)
        yield (
            f'<rect x="{MARGIN + 8}" y="{top}" width="{length}" height="24" rx="4" '
            f'fill="{colour}" fill-opacity=".13"/>'
            f'<rect x="{MARGIN + 8}" y="{top}" width="4" height="24" rx="2" fill="{colour}"/>'
        )
        yield (
            f'<text x="{MARGIN + 18}" y="{top + 17}" textLength="{length - 16}" '
            f'style="{_MONO};font-size:14px" fill="currentColor">{html.escape(part)}</text>'
        )
        yield (
            f'<text x="{MARGIN + 18 + length}" y="{top + 17}" style="{_SANS};font-size:13px" '
            f'fill="currentColor" opacity=".75">{label}</text>'
        )


def _bands(y: int, height: int) -> Iterator[str]:
    """Behind each group of 3 bytes and its 4 letters one band, so that the eye sees what belongs together."""
    for group in range(7):
        x = MARGIN + group * (GROUP + BETWEEN) - 3
        yield (
            f'<rect x="{x}" y="{y}" width="{GROUP + 6}" height="{height - 2}" rx="6" fill="currentColor" '
            'fill-opacity=".05"/>'
        )
