"""What the pictures are made of: texts, boxes and lines as SVG, and numbers and bytes as people read them."""

from __future__ import annotations

import html
import textwrap

__all__ = [
    "MONO",
    "box",
    "clip",
    "head_lines",
    "label",
    "line",
    "name_bytes",
    "ordinal",
    "plural",
    "printable",
    "title_line",
]

MONO = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace)"
SANS = "font-family:var(--jp-content-font-family,system-ui,sans-serif)"


def label(
    x: float, y: float, text: str, size: int = 13, anchor: str = "start", mono: bool = False, more: str = ""
) -> str:
    """A line of text; `y` is where its letters stand."""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="currentColor" xml:space="preserve" '
        f'style="{MONO if mono else SANS};font-size:{size}px" {more}>{html.escape(text)}</text>'
    )


def box(
    x: float, y: float, width: float, height: float, colour: str, fill: float = 0.13, more: str = ""
) -> str:
    """A rounded box, tinted and edged with a colour; its edge lies inside of what is given."""
    return (
        f'<rect x="{x + 0.5:g}" y="{y + 0.5:g}" width="{max(width - 1, 0.5):g}" height="{height - 1:g}" '
        f'rx="4" fill="{colour}" fill-opacity="{fill:g}" stroke="{colour}" stroke-opacity=".75" {more}/>'
    )


def line(path: str, colour: str = "currentColor", width: float = 1.4, more: str = "") -> str:
    """A line along a path."""
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linecap="round" '
        f'stroke-linejoin="round" {more}/>'
    )


def title_line(x: float, y: float, title: str, about: str) -> str:
    """A title, and beside it what is to be said of it in a quieter tone."""
    return (
        f'<text x="{x:g}" y="{y:g}" fill="currentColor" xml:space="preserve" style="{SANS};font-size:14px">'
        f'<tspan font-weight="700">{html.escape(title)}</tspan>'
        f'<tspan dx="10" opacity=".8">{html.escape(about)}</tspan></text>'
    )


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 21, 111, 1002)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '111th', '1,002nd']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def plural(number: int, word: str) -> str:
    """A number with its word: "1 byte", "65,536 bytes"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def printable(data: bytes) -> str:
    """Bytes as text, one character each: a dot for what has no letter.

    >>> printable(b"Hi\\r\\n")
    'Hi..'
    """
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def name_bytes(data: bytes, most: int = 16) -> str:
    """Bytes in hex, and their number if they are too many."""
    if len(data) <= most:
        return data.hex(" ")
    return f"{data[:most].hex(' ')} ... ({plural(len(data) - most, 'byte')} more)"


def clip(text: str, most: int) -> str:
    """The start of a text, with three dots if there is more."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def head_lines(headline: str, findings: str, width: float) -> tuple[list[str], float]:
    """What stands above a picture: a headline, and below it sentences, broken where the width ends.

    Returns:
        The texts, and the height at which the picture itself can begin.
    """
    lines = textwrap.wrap(findings, round((width - 24) / 7.6))
    texts = [label(12, 18, headline, 15, more='font-weight="600"')]
    texts += [label(12, 40 + 19 * number, text, more='opacity=".9"') for number, text in enumerate(lines)]
    return texts, 46 + 19 * len(lines)
