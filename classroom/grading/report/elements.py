"""Pieces of the report's page. Every text is escaped here, unless it is Raw: HTML that was made here, too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..naming import escape_html

__all__ = ["Raw", "part", "table", "tiles"]


class Raw(str):
    """HTML that needs no escaping."""

    __slots__ = ()


def _cell(value: object) -> str:
    return value if isinstance(value, Raw) else escape_html(value)


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Collection[int] = (),
    long: Collection[int] = (),
    most: int = 0,
    rest: str = "",
) -> str:
    """Write a table with a caption, whose first cell in each row names the row.

    Arguments:
        caption, head, rows: what stands in it.
        numbers: places of the columns that hold numbers.
        long: places of the columns that hold sentences.
        most: how many rows are shown; 0 for all.
        rest: where those are that are not shown.
    """
    rows = list(rows)
    shown = rows[:most] if most else rows

    def kind(place: int) -> str:
        return " class=number" if place in numbers else " class=long" if place in long else ""

    titles = "".join(f"<th scope=col{kind(at)}>{escape_html(word)}</th>" for at, word in enumerate(head))
    body = "".join(
        f"<tr><th scope=row{kind(0)}>{_cell(row[0])}</th>"
        + "".join(f"<td{kind(at)}>{_cell(cell)}</td>" for at, cell in enumerate(row[1:], 1))
        + "</tr>"
        for row in shown
    )
    more = len(rows) - len(shown)
    note = f"<p class=quiet>And {more:,} more{escape_html(rest)}.</p>" if more else ""
    return (
        f'<div class=scroll tabindex=0 role=group aria-label="{escape_html(caption)}"><table>'
        f"<caption>{escape_html(caption)}</caption><thead><tr>{titles}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>{note}"
    )


def tiles(values: Sequence[tuple[str, str]]) -> str:
    """Write a row of numbers, each with what it is."""
    listed = "".join(
        f"<li><strong>{escape_html(number)}</strong><span>{escape_html(what)}</span></li>"
        for number, what in values
    )
    return f"<ul class=tiles>{listed}</ul>"


def part(name: str, title: str, *body: str) -> str:
    """Write a part of the page with its heading."""
    return f'<section class=part id="{name}"><h2>{escape_html(title)}</h2>{"".join(body)}</section>'
