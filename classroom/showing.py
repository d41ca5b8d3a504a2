"""Put something before the student's eyes: HTML in a notebook, the same words as plain text elsewhere."""

from __future__ import annotations

import html
import sys
from collections.abc import Sequence

__all__ = ["in_notebook", "name_nth", "show", "table_html", "table_text"]

_TABLE = "border-collapse:collapse;margin:6px 0"
_CELL = "text-align:left;padding:2px 14px 2px 0;vertical-align:top"


def in_notebook() -> bool:
    """Whether this Python is IPython's, in a kernel or a terminal."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def show(text: str, page: str = "") -> None:
    """Show a message at once.

    Arguments:
        text: the words, for a terminal and for whoever can't see HTML.
        page: the same words as HTML; the text in a fixed-width face if it is "".
    """
    text, page = (words.encode("utf-8", "replace").decode() for words in (text, page))
    if not in_notebook():
        print(text, flush=True)
        return
    from IPython.display import display

    page = page or f"<pre>{html.escape(text)}</pre>"
    display({"text/plain": text, "text/html": page}, raw=True)  # type: ignore[no-untyped-call]


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def name_nth(thing: str, number: int, count: int) -> str:
    """Name one of several things as people count: "the first example", "example 12 of 30".

    Arguments:
        thing: what it is, in one word.
        number: which one it is, counted from 0.
        count: how many there are.
    """
    if number < len(_ORDINALS):
        return f"the {_ORDINALS[number]} {thing}"
    return f"{thing} {number + 1} of {count}"


def table_text(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as plain text, its columns as wide as they must be."""
    columns = zip(head, *rows, strict=True)
    widths = [max(map(len, column)) for column in columns]
    lines = [head, *rows]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """The same table as HTML."""
    top = "".join(f'<th scope="col" style="{_CELL}">{html.escape(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{html.escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    title = f'<caption style="text-align:left">{html.escape(caption)}</caption>' if caption else ""
    return f'<table style="{_TABLE}">{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
