"""The figures that are wanted, what was reached, and both as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .contests import CONTESTS, NO_C, Values
from .rounds import Figure, format_number

Results = dict[str, Values]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure that is wanted.

    Arguments:
        title: what it says.
        contest: where its values come from.
        unit: "x" where it is a ratio.
        wanted, dreamt: the figures; None where there is no such dream.
        compute: gives the figure of one round from the values of that round, by contestant.
        less: whether less is better.
    """

    title: str
    contest: str
    unit: str
    wanted: float
    dreamt: float | None
    compute: Callable[[dict[str, float]], float]
    less: bool = False

    def reach(self, results: Results) -> Figure | None:
        """Return what was reached; None if a peer is missing."""
        values = results[self.contest]
        rounds = zip(*values.values(), strict=True)
        try:
            return Figure.of([self.compute(dict(zip(values, each, strict=True))) for each in rounds])
        except KeyError:
            return None

    def is_good(self, figure: Figure) -> bool:
        """Whether the median is what is wanted."""
        return figure.median <= self.wanted if self.less else figure.median >= self.wanted


def over(peer: str, ours: str = "minews") -> Callable[[dict[str, float]], float]:
    """Return how many times as long as one takes the other does."""
    return lambda round: round[peer] / round[ours]


ROWS = (
    Row("parse masked 32 B text, against wsproto", "read_short", "x", 6, 12, over("wsproto")),
    Row("  against websockets with C", "read_short", "x", 1.5, None, over("websockets")),
    Row("serialise 32 B at the server, against wsproto", "write_at_server", "x", 8, 12, over("wsproto")),
    Row("serialise 32 B at the client, against wsproto", "write_at_client", "x", 4, 5, over("wsproto")),
    Row("parse 1 MiB binary with numpy, against wsproto", "read_large", "x", 5, 7, over("wsproto")),
    Row("  against websockets with C", "read_large", "x", 1, None, over("websockets")),
    Row("the same without numpy, against wsproto", "read_large_without_c", "x", 1, None, over("wsproto")),
    Row("  against websockets in Python", "read_large_without_c", "x", 2, None, over(NO_C)),
    Row(
        "mask 1 MiB, share of memory copy",
        "mask_large",
        "%",
        40,
        60,
        lambda round: 100 * round["memory copy"] / round["minews"],
    ),
    Row("asyncio echo 32 B, against raw asyncio", "echo_asyncio", "x", 1.8, 1.4, over("minews", "raw"), True),
    Row("  against aiohttp", "echo_asyncio", "x", 1, None, over("minews", "aiohttp"), True),
    Row("blocking echo 32 B, against raw TCP", "echo_threads", "x", 1.8, 1.4, over("minews", "raw"), True),
    Row("  with four connections", "echo_contended", "x", 1.8, 1.4, over("minews", "raw"), True),
    Row(
        "pipelined 32 B echo, thousands a second a core",
        "echo_pipelined",
        "k/s",
        300,
        1000,
        lambda round: 1e6 / round["minews"],
    ),
    Row(
        "private memory an idle connection",
        "idle_connections",
        "KiB",
        6,
        3,
        lambda round: round["minews"] / 1024,
        True,
    ),
    Row("CPU an opening handshake", "shake_hands", "us", 100, 60, lambda round: round["minews"] / 1e3, True),
    Row("import minews", "imports", "ms", 30, 20, lambda round: round["minews"] / 1e6, True),
)


def format_table(results: Results) -> Iterator[str]:
    """Give the lines of the table: what is wanted, and what was reached."""
    yield f"{'':48}{'wanted':>9}{'dreamt of':>11}{'reached':>9}  middle half"
    for row in ROWS:
        figure, bound = row.reach(results), "at most" if row.less else "at least"
        dreamt = "-" if row.dreamt is None else f"{row.dreamt:g}"
        start = f"{row.title:48}{row.wanted:>9g}{dreamt:>11}"
        if figure is None:
            yield f"{start}{'-':>9}  a peer is missing"
            continue
        spread = f"{format_number(figure.low)} to {format_number(figure.high)} {row.unit}"
        verdict = "" if row.is_good(figure) else f"   MISSED: {bound} {row.wanted:g} {row.unit}"
        yield f"{start}{format_number(figure.median):>9}  {spread:22}{verdict}".rstrip()


def format_contests(results: Results) -> Iterator[str]:
    """Give the medians of all contestants, two lines for each contest."""
    for contest, values in results.items():
        unit, scale = ("KiB", 1024) if contest == "idle_connections" else ("us", 1e3)
        each = (f"{name} {format_number(Figure.of(taken).median / scale)}" for name, taken in values.items())
        yield f"{CONTESTS[contest].__doc__}"
        yield f"    {unit}: {', '.join(each)}"
