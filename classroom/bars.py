"""Bars in groups: a share for each case and each way, as a plot with the same in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .plots import Plot, new_plot, show_plot

__all__ = ["plot_shares"]

WIDTH = 0.8  # of a group of bars, where the next group begins at 1


def plot_shares(
    title: str, groups: Mapping[str, Sequence[float]], bars: Sequence[str], *, about: str, share: str
) -> Plot:
    """Draw shares as bars, in groups.

    Arguments:
        title: what the plot shows, in a few words.
        groups: for each group its shares in percent, one for each bar.
        bars: what each bar of a group stands for.
        about: what the groups are, as the name of the axis.
        share: what is counted, as the name of the axis; the unit, %, is added.

    >>> shares = {"at once": [3, 100], "in slices": [0, 40]}
    >>> print(plot_shares("Luck", shares, ["no pause", "2 ms"], about="how", share="came whole"))
    Luck
    <BLANKLINE>
    at once: 3 % with no pause, 100 % with 2 ms. in slices: 0 % with no pause, 40 % with 2 ms.
    """
    figure, axes = new_plot()
    width = WIDTH / len(bars)
    for number, name in enumerate(bars):
        places = [group + width * (number - (len(bars) - 1) / 2) for group in range(len(groups))]
        drawn = axes.bar(places, [shares[number] for shares in groups.values()], 0.92 * width, label=name)
        axes.bar_label(drawn, fmt="{:.0f} %", padding=2)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set(xlabel=about, ylabel=f"{share} (%)", ylim=(0, 130), yticks=range(0, 101, 20))
    axes.legend(ncols=len(bars), loc="upper center")
    words = [
        f"{group}: " + ", ".join(f"{share:.0f} % with {bar}" for share, bar in zip(shares, bars, strict=True))
        for group, shares in groups.items()
    ]
    return show_plot(figure, title, ". ".join(words) + ".")
