"""The results drawn: how long each contestant takes, beside the limit that nobody can beat."""

from __future__ import annotations

from pathlib import Path

from .contests import Values
from .rounds import Figure, format_number
from .table import Results

# Each can be told from a light background and from a dark one; the background itself stays as it is.
OURS, OTHERS, LIMIT, WORDS = "#2f80ed", "#7d8590", "#c2710c", "#7d8590"

PANELS = {
    "read_short": "read a masked text of 32 B",
    "write_at_server": "write 32 B at the server",
    "write_at_client": "write 32 B at the client",
    "shake_hands": "opening handshake at the server",
    "read_large": "read 1 MiB, masked",
    "read_large_without_c": "read 1 MiB, Python only",
    "echo_asyncio": "echo 32 B on asyncio",
    "echo_threads": "echo 32 B, blocking",
    "echo_pipelined": "echo 32 B, pipelined",
}
LIMITS = ("raw", "memory copy", "four passes")


def draw_picture(results: Results, path: Path) -> None:
    """Draw the panels; the suffix of the path says how (.svg or .png).

    Raises:
        ImportError: without matplotlib.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.fonttype"] = "none"
    colours = {"text.color": WORDS, "axes.labelcolor": WORDS, "xtick.color": WORDS, "ytick.color": WORDS}
    with matplotlib.rc_context(colours | {"font.size": 9, "axes.edgecolor": WORDS}):
        figure, grid = pyplot.subplots(3, 3, figsize=(12, 7.5), layout="constrained")
        for axes, (contest, title) in zip(grid.flat, PANELS.items(), strict=True):
            _draw_panel(axes, results[contest], title)
        figure.suptitle("CPU time of one operation, in microseconds: shorter is better", fontsize=12)
        figure.savefig(path, transparent=True, dpi=130)
        pyplot.close(figure)


def _draw_panel(axes, values: Values, title: str) -> None:  # type: ignore[no-untyped-def]
    figures = {name: Figure.of(taken) for name, taken in values.items()}
    names = sorted((name for name in figures if name not in LIMITS), key=lambda name: -figures[name].median)
    medians = [figures[name].median / 1e3 for name in names]
    errors = [
        [(figures[name].median - figures[name].low) / 1e3 for name in names],
        [(figures[name].high - figures[name].median) / 1e3 for name in names],
    ]
    colours = [OURS if name == "minews" else OTHERS for name in names]
    bars = axes.barh(names, medians, xerr=errors, color=colours, ecolor=LIMIT, height=0.7)
    axes.bar_label(bars, [format_number(median) for median in medians], padding=4)
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    axes.set_xlim(0, max(map(sum, zip(medians, errors[1], strict=True))) * 1.18)
    axes.spines[["top", "right"]].set_visible(False)
    for limit in LIMITS:
        if limit in figures:
            at = figures[limit].median / 1e3
            axes.axvline(at, color=LIMIT, linestyle="--")
            what = "the same without WebSocket" if limit == "raw" else limit
            axes.set_xlabel(f"dashed: {what}, {format_number(at)}")
