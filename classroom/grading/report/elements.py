"""Pieces of the report's page. Every text is escaped here, unless it is Raw: HTML that was made here, too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..naming import escape_html

__all__ = ["Raw", "part", "shorten", "table", "tiles"]

FOLDED = 20  # rows that are shown before one asks for the others
LONGEST = 200  # characters of a cell
LONGEST_SENTENCE = 800  # characters of a cell in a column of sentences
MOST_TILES = 6  # in a row


class Raw(str):
    """HTML that needs no escaping."""

    __slots__ = ()


def shorten(text: str, longest: int = LONGEST) -> str:
    """A text of bounded length, in one line; it is cut between two words, if they are not far too long."""
    text = " ".join(text[: 4 * longest].split())
    if len(text) <= longest:
        return text
    kept = text[: longest - 3]
    end = kept.rfind(" ", longest * 3 // 4)
    return f"{kept[:end] if end > 0 else kept}..."


def _cell(value: object, longest: int = LONGEST) -> str:
    return value if isinstance(value, Raw) else f"<bdi>{escape_html(shorten(str(value), longest))}</bdi>"


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
    """Write a table with a caption, whose first cell in each row names the row; a long one is folded.

    Arguments:
        caption, head, rows: what stands in it.
        numbers: places of the columns that hold numbers.
        long: places of the columns that hold sentences; with such a last column the cells of a row stand one
            below the other where the page is narrow.
        most: how many rows are shown; 0 for all.
        rest: where those are that are not shown.
    """
    rows = list(rows)
    shown = rows[:most] if most else rows
    more = len(rows) - len(shown)
    note = f"<p class=quiet>And {more:,} more{escape_html(rest)}.</p>" if more else ""
    if len(shown) <= FOLDED + 5:
        return _write_table(caption, head, shown, numbers, long) + note
    others = _write_table(f"{caption}, continued", head, shown[FOLDED:], numbers, long)
    return (
        f"{_write_table(caption, head, shown[:FOLDED], numbers, long)}<details class=rest>"
        f"<summary>{len(shown) - FOLDED:,} more</summary>{others}{note}</details>"
    )


def _write_table(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[object]],
    numbers: Collection[int],
    long: Collection[int],
) -> str:
    def kind(place: int) -> str:
        return " class=number" if place in numbers else " class=long" if place in long else ""

    def cell(place: int, value: object) -> str:
        shown = _cell(value, LONGEST_SENTENCE if place in long else LONGEST)
        return f'<td{kind(place)} data-head="{escape_html(head[place])}">{shown}</td>'

    stacked = " class=stacked" if len(head) - 1 in long else ""
    titles = "".join(f"<th scope=col{kind(at)}>{escape_html(word)}</th>" for at, word in enumerate(head))
    body = "".join(
        f"<tr><th scope=row{kind(0)}>{_cell(row[0])}</th>"
        + "".join(cell(at, value) for at, value in enumerate(row[1:], 1))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class=scroll tabindex=0 role=group aria-label="{escape_html(caption)}"><table{stacked}>'
        f"<caption>{escape_html(caption)}</caption><thead><tr>{titles}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def tiles(values: Sequence[tuple[str, str]]) -> str:
    """Write a row of numbers, each with what it is."""
    listed = "".join(
        f"<li><strong>{escape_html(number)}</strong><span>{escape_html(what)}</span></li>"
        for number, what in values
    )
    rows = -(-len(values) // MOST_TILES)
    columns = -(-len(values) // max(rows, 1))  # so that none stands alone in a row
    return f'<ul class=tiles style="--columns:{columns}">{listed}</ul>'


def part(name: str, title: str, *body: str) -> str:
    """Write a part of the page with its heading."""
    return f'<section class=part id="{name}"><h2>{escape_html(title)}</h2>{"".join(body)}</section>'
