"""The report's pictures, drawn with matplotlib as inline SVG; each says what it shows in words, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...pictures import AMBER, BLUE, GREEN, ROSE, VIOLET
from ...plots import new_plot, show_plot
from .elements import shorten
from .gathering import Stop

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["draw_mistakes", "draw_scores", "draw_stops", "draw_verdicts"]

BINS = 20
WIDTH = 560  # pixels; narrow, so that its words can still be read on a telephone
GREY = "#7d8590"
# Each verdict has a colour and a pattern, so that they can be told apart without colours. "hidden" are
# those who passed all that is shown, and failed a hidden case.
LOOKS = {
    "passed": (GREEN, ""),
    "hidden": (VIOLET, "\\\\\\"),
    "failed": (AMBER, "///"),
    "error": (ROSE, "xxx"),
    "not-written": (GREY, "..."),
    "missing": ("none", ""),
}
LEGEND = {
    "passed": "passed",
    "hidden": "only hidden cases failed",
    "failed": "not right yet",
    "error": "could not be loaded",
    "not-written": "not written yet",
    "missing": "not handed in",
}


def draw_scores(points: Sequence[float], maximum: float) -> str:
    """Draw how many submissions have how many points."""
    figure, axes = new_plot(WIDTH, 280)
    size = max(maximum, 1e-9)
    counts, _, _ = axes.hist(
        [min(each, size) for each in points], bins=BINS, range=(0, size), color=BLUE, rwidth=0.92
    )
    axes.set(xlabel=f"points, of {maximum:g}", ylabel="submissions", xlim=(0, size))
    _count_whole(axes.yaxis)
    step = size / BINS
    listed = (
        f"{at * step:g} to {(at + 1) * step:g} points: {int(count)}"
        for at, count in enumerate(counts)
        if count
    )
    return show_plot(figure, "How many have how many points", "; ".join(listed) + ".")._repr_html_()


def draw_verdicts(verdicts: Mapping[str, Counter[str]], titles: Mapping[str, str]) -> str:
    """Draw for each exercise which part of the class passed it, failed, or did not write it."""
    numbers = list(titles)
    shown = [each for each in LEGEND if each != "hidden" or any(verdicts[at]["hidden"] for at in numbers)]
    figure, axes = new_plot(WIDTH, 120 + 24 * len(numbers))
    left = [0.0] * len(numbers)
    for verdict in shown:
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
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, handlelength=1.4, columnspacing=1.2)
    words = (f"{number}: {_say_parts(verdicts[number])}" for number in numbers)
    return show_plot(figure, "What came of each exercise", "; ".join(words) + ".")._repr_html_()


def _say_parts(verdicts: Mapping[str, int]) -> str:
    return (
        ", ".join(f"{verdicts[each]} {words}" for each, words in LEGEND.items() if verdicts.get(each))
        or "nobody"
    )


def draw_stops(stops: Sequence[Stop]) -> str:
    """Draw at which exercise how many stopped."""
    figure, axes = new_plot(WIDTH, 260)
    axes.bar([stop.exercise for stop in stops], [stop.stopped for stop in stops], color=AMBER, width=0.72)
    axes.set(xlabel="first exercise that was not passed", ylabel="submissions")
    _count_whole(axes.yaxis)
    listed = ", ".join(f"{stop.exercise}: {stop.stopped} of {stop.arrived}" for stop in stops if stop.stopped)
    text = listed or "nobody stopped"
    return show_plot(
        figure, "Where they stopped", f"Of those who came to it stopped at {text}."
    )._repr_html_()


def draw_mistakes(mistakes: Sequence[tuple[str, int]]) -> str:
    """Draw the most frequent mistakes, as (words, how many made it), the most frequent first."""
    figure, axes = new_plot(WIDTH, 80 + 24 * len(mistakes))
    names = [shorten(name, 36).replace("$", r"\$") for name, _ in mistakes]
    bars = axes.barh(names, [count for _, count in mistakes], height=0.7, color=BLUE)
    axes.bar_label(bars, padding=4)
    axes.set(xlabel="submissions", ylabel="mistake")
    _count_whole(axes.xaxis)
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


def _count_whole(axis: Axis) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator("auto", integer=True))
