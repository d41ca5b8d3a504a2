"""Plots: figures of matplotlib as inline SVG with a title, the same in words, and the page's colours.

    figure, axes = new_plot()
    axes.plot(pauses, rates)
    axes.set(xlabel="pause between messages (ms)", ylabel="messages that came whole (%)")
    show_plot(figure, "One recv, one message?", "With no pause 3 % came whole, from 2 ms on all of them.")

What is drawn in black takes the colour of the text around it, so that it can be read on light and dark.
"""

from __future__ import annotations

import html
import io
import re
import sys
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .pictures import AMBER, BLUE, GREEN, VIOLET

if TYPE_CHECKING:  # it takes most of a second, so whoever draws nothing does not wait for it
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "Plot", "new_plot", "show_plot"]

COLOURS = (BLUE, AMBER, GREEN, VIOLET)  # each can be told from the background of either theme

_SALT = "minews"  # with a fixed salt the same figure gives the same bytes
_BOX = (
    "overflow-x:auto;margin:6px 0 12px;padding-left:2px;line-height:1.4;"
    "color:var(--jp-content-font-color1,inherit);font-family:var(--jp-content-font-family,system-ui,sans-serif)"
)
_CAPTION = "font-size:14px;font-weight:600;margin:0 0 4px"
_SVG = (
    "display:block;width:100%;min-width:{least}px;max-width:{width}px;height:auto;"
    "stroke-linejoin:round;stroke-linecap:butt"
)
_SANS = "var(--jp-content-font-family,system-ui,sans-serif)"
_MONO = "var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace)"


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure that a notebook shows.

    Arguments:
        title: what it shows, in a few words.
        text: what is to be seen in it, in words and values: the alternative for who can't see it.
        width, height: its size in pixels; it shrinks with the page, to three quarters at most.
        drawing: what stands inside of the svg element.
        view: the numbers of its viewBox.
    """

    title: str
    text: str
    width: int
    height: int
    drawing: str
    view: str

    def __repr__(self) -> str:
        return f"{self.title}\n\n{self.text}"

    def _repr_html_(self) -> str:
        stop = "" if self.title.endswith(("?", ".", "!")) else "."
        spoken = html.escape(f"{self.title}{stop} {' '.join(self.text.split())}", quote=True)
        style = _SVG.format(width=self.width, least=round(0.75 * self.width))
        return (
            f'<div style="{_BOX}"><div style="{_CAPTION}" aria-hidden="true">{html.escape(self.title)}</div>'
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
            f'aria-label="{spoken}" viewBox="{self.view}" fill="currentColor" style="{style}">'
            f"<title>{html.escape(self.title)}</title><desc>{html.escape(self.text)}</desc>"
            f"{self.drawing}</svg></div>"
        )


def new_plot(width: int = 720, height: int = 340) -> tuple[Figure, Axes]:
    """Begin a calm plot: two axes, light lines across, the course's four colours in order.

    Arguments:
        width, height: its size in pixels.

    Returns:
        The figure and its axes. Name both axes, with their units: `show_plot` asks for it.

    >>> figure, axes = new_plot()
    >>> bars = axes.bar(["no pause", "2 ms"], [3, 100])
    >>> names = axes.set(xlabel="pause between messages", ylabel="messages that came whole (%)")
    >>> print(show_plot(figure, "One recv, one message?", "No pause: 3 %. A pause of 2 ms: 100 %."))
    One recv, one message?
    <BLANKLINE>
    No pause: 3 %. A pause of 2 ms: 100 %.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 96, height / 96), layout="constrained")
    axes = figure.add_subplot()
    axes.set_prop_cycle(color=COLOURS)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_alpha(0.5)
    axes.tick_params(length=3, width=0.8, pad=4)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="black", alpha=0.14, linewidth=0.8)
    axes.xaxis.labelpad = axes.yaxis.labelpad = 7
    return figure, axes


def show_plot(figure: Figure, title: str, text: str) -> Plot:
    """Turn a figure into something that a notebook shows, and close it.

    Arguments:
        figure: a figure of matplotlib, from `new_plot` or elsewhere. Its axes have names, with units if what
            they count has one.
        title: what it shows, in a few words. It stands above the figure.
        text: what is to be seen in it, in words and values, for who can't see it.

    Returns:
        The plot; as the last value of a cell it is shown.

    Raises:
        ValueError: if the title, the text, or the name of an axis is missing.
    """
    if not title.strip() or not text.strip():
        raise ValueError("a plot has a title, and a text that says what is to be seen in it")
    _demand_names(figure)
    for axes in figure.axes:
        if legend := axes.get_legend():
            legend.set_frame_on(False)
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    view, drawing = _clean_svg(_draw_svg(figure), f"p{zlib.crc32(title.encode()):08x}")
    _close_figure(figure)
    return Plot(title.strip(), text.strip(), width, height, drawing, view)


def _demand_names(figure: Figure) -> None:
    for axes in figure.axes:
        for letter, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            shown = axes.axison and axis.get_visible() and any(map(str, axis.get_ticklabels()))
            labelled = any(label.get_visible() and label.get_text() for label in axis.get_ticklabels())
            if shown and labelled and not axis.get_label_text().strip():
                raise ValueError(f"the {letter} axis has no name: axes.set({letter}label='time (ms)')")


def _draw_svg(figure: Figure) -> str:
    from matplotlib import rc_context

    page = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": _SALT}):
        figure.savefig(page, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return page.getvalue()


def _close_figure(figure: Figure) -> None:
    """Let pyplot forget it, if pyplot made it: else the notebook would show it a second time."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)


def _clean_svg(page: str, prefix: str) -> tuple[str, str]:
    """Return the viewBox, and what stands in the svg element, made fit to stand in a page beside others."""
    found = re.search(r'viewBox="([^"]*)"[^>]*>(.*)</svg>', page, re.DOTALL)
    assert found is not None  # matplotlib always writes one
    view, drawing = found.groups()
    # matplotlib's style element would apply to the whole page, and its metadata name addresses
    drawing = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", drawing, flags=re.DOTALL)
    used = set(re.findall(r"#([\w-]+)", drawing))
    drawing = re.sub(
        r' id="([^"]*)"', lambda name: f' id="{prefix}{name[1]}"' if name[1] in used else "", drawing
    )
    drawing = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", drawing)
    # Black is the colour of the text around; where nothing is said it comes from the svg element.
    drawing = re.sub(r"(stroke|fill): #000000", r"\1: currentColor", drawing)
    drawing = re.sub(r"(stroke|fill): #ffffff", r"\1: var(--jp-layout-color0,Canvas)", drawing)
    drawing = re.sub(r"(font-family: |(?<=px ))('[^;\"]*)", _choose_font, drawing)
    drawing = re.sub(r"<[^>]*>", _round_numbers, drawing)  # not in the text between the elements
    return view, re.sub(r"\s*\n\s*", " ", drawing).replace("> <", "><").strip()


def _round_numbers(element: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{round(float(number[0]), 2):g}", element[0])


def _choose_font(found: re.Match[str]) -> str:
    """The page's own fonts; only what was meant to be fixed-width stays so."""
    return found[1] + (_MONO if "Mono" in found[2].partition(",")[0] else _SANS)
