"""The report's pictures, drawn with matplotlib as inline SVG: what they show stands beside each in words, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...pictures import AMBER, BLUE, GREEN, ROSE
from ...plots import new_plot, show_plot
from ..results import VERDICTS
from .gathering import Stop

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_mistakes", "draw_scores", "draw_stops", "draw_verdicts"]

BINS = 20
GREY = "#7d8590"
# Each verdict has a colour and a pattern, so that they can be told apart without colours.
LOOKS = {
    "passed": (GREEN, ""),
    "failed": (AMBER, "///"),
    "error": (ROSE, "xxx"),
    "not-written": (GREY, "..."),
    "missing": ("none", ""),
}
LEGEND = {
    "passed": "passed",
    "failed": "not right yet",
    "error": "could not be loaded",
    "not-written": "not written",
    "missing": "not handed in",
}


def draw_scores(points: Sequence[float], maximum: float) -> str:
    """Draw how many submissions have how many points."""
    figure, axes = new_plot(720, 300)
    size = max(maximum, 1e-9)
    counts, _, _ = axes.hist(
        [min(each, size) for each in points], bins=BINS, range=(0, size), color=BLUE, rwidth=0.92
    )
    axes.set(xlabel=f"points, of {maximum:g}", ylabel="submissions", xlim=(0, size))
    axes.yaxis.get_major_locator().set_params(integer=True)
    step = size / BINS
    listed = (
        f"{at * step:g} to {(at + 1) * step:g} points: {int(count)}"
        for at, count in enumerate(counts)
        if count
    )
    return show_plot(figure, "How many have how many points", "; ".join(listed) + ".")._repr_html_()


def draw_verdicts(verdicts: Mapping[str, Mapping[str, int]], titles: Mapping[str, str]) -> str:
    """Draw for each exercise which part of the class passed it, failed, or did not write it."""
    numbers = list(titles)
    figure, axes = new_plot(720, 96 + 26 * len(numbers))
    left = [0.0] * len(numbers)
    for verdict in VERDICTS:
        parts = [
            100 * verdicts[number].get(verdict, 0) / max(sum(verdicts[number].values()), 1)
            for number in numbers
        ]
        colour, hatch = LOOKS[verdict]
        axes.barh(
            numbers,
            parts,
            left=left,
            height=0.72,
            facecolor=colour,
            hatch=hatch,
            edgecolor="black" if colour == "none" else "white",
            linewidth=0.6,
            label=LEGEND[verdict],
        )
        left = [sum(pair) for pair in zip(left, parts, strict=True)]
    axes.set(xlabel="part of the class (%)", ylabel="exercise", xlim=(0, 100))
    _lay_down(axes)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, handlelength=1.4, columnspacing=1.2)
    words = (f"{number}: {_say_parts(verdicts[number])}" for number in numbers)
    return show_plot(figure, "What came of each exercise", "; ".join(words) + ".")._repr_html_()


def _say_parts(verdicts: Mapping[str, int]) -> str:
    return (
        ", ".join(f"{verdicts[each]} {LEGEND[each]}" for each in VERDICTS if verdicts.get(each)) or "nobody"
    )


def draw_stops(stops: Sequence[Stop]) -> str:
    """Draw at which exercise how many stopped."""
    figure, axes = new_plot(720, 260)
    axes.bar([stop.exercise for stop in stops], [stop.stopped for stop in stops], color=AMBER, width=0.72)
    axes.set(xlabel="first exercise that was not passed", ylabel="submissions")
    axes.yaxis.get_major_locator().set_params(integer=True)
    listed = ", ".join(f"{stop.exercise}: {stop.stopped} of {stop.arrived}" for stop in stops if stop.stopped)
    text = listed or "nobody stopped"
    return show_plot(
        figure, "Where they stopped", f"Of those who came to it stopped at {text}."
    )._repr_html_()


def draw_mistakes(mistakes: Sequence[tuple[str, int]]) -> str:
    """Draw the most frequent mistakes, as (words, how many made it), the most frequent first."""
    figure, axes = new_plot(720, 80 + 24 * len(mistakes))
    names = [name for name, _ in mistakes]
    bars = axes.barh(names, [count for _, count in mistakes], height=0.7, color=BLUE)
    axes.bar_label(bars, padding=4)
    axes.set(xlabel="submissions", ylabel="exercise and mistake")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.margins(x=0.09)
    _lay_down(axes)
    listed = "; ".join(f"{name}: {count}" for name, count in mistakes)
    return show_plot(figure, "The most frequent mistakes", f"{listed}.")._repr_html_()


def _lay_down(axes: Axes) -> None:
    """Make bars lie: the first on top, lines across the other way."""
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color="black", alpha=0.14, linewidth=0.8)
    axes.tick_params(axis="y", length=0)
    axes.margins(y=0.02)
