"""Tables for experiments: each is HTML in a notebook and the same words as plain text elsewhere."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minews.types import Request

from .clients import Outcome

__all__ = ["Table", "compare_heads", "compare_predictions", "compare_verdicts"]

NEEDED = ("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version")
NOTHING = "\N{EN DASH}"

_LINE = "1px solid var(--jp-border-color2,rgba(128,128,128,.35))"
_BOX = "overflow-x:auto;margin:4px 0 10px;padding:0 0 2px 8px;color:var(--jp-content-font-color1,inherit)"
_TABLE = (
    "border-collapse:collapse;table-layout:auto;margin:0;line-height:1.45;"
    "font-size:13px;font-family:var(--jp-content-font-family,system-ui,sans-serif)"
)
_CAPTION = "caption-side:top;text-align:left;font-weight:600;padding:2px 0 6px;color:inherit"
_RULE = f"border-bottom:{_LINE}"
_CELL = "text-align:left;vertical-align:top;line-height:1.45;padding:4px 18px 4px 0;background:transparent"
_CODE = (
    "font-family:var(--jp-code-font-family,ui-monospace,monospace);"
    "overflow-wrap:anywhere;min-width:13ch;max-width:26ch"
)
_QUIET = "color:var(--jp-content-font-color2,inherit)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption. The first cell of each row names the row.

    Arguments:
        caption: what the table shows, in a sentence.
        head: a title for each column.
        rows: the cells. A row of one cell is a heading of its own.
        code: cells are bytes or code, and shown in a fixed-width face.
        strong: (row, column) of the cells to stress; their text must say as much by itself.
        note: a line below the table.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    code: bool = False
    strong: frozenset[tuple[int, int]] = frozenset()
    note: str = ""

    def __repr__(self) -> str:
        whole = [row for row in self.rows if len(row) > 1]
        widths = [max(map(len, column)) for column in zip(self.head, *whole, strict=True)]
        lines = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)).rstrip()
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.caption, "", *lines, *(["", self.note] if self.note else [])])

    def _repr_html_(self) -> str:
        caption = _text(self.caption)
        head = "".join(
            _element("th", cell, f"{_CELL};{_RULE};white-space:nowrap", 'scope="col"') for cell in self.head
        )
        body = "".join(_row(self._cells(number, row)) for number, row in enumerate(self.rows))
        note = f'<div style="{_QUIET};margin-top:6px">{_text(self.note)}</div>' if self.note else ""
        return (
            f'<div style="{_BOX}" tabindex="0" role="group" aria-label="{caption}">'
            f'<table style="{_TABLE}"><caption style="{_CAPTION}">{caption}</caption>'
            f"<thead>{_row(head)}</thead><tbody>{body}</tbody></table>{note}</div>"
        )

    def _cells(self, number: int, row: Sequence[str]) -> str:
        across = len(self.head) - 1
        if len(row) == 1:
            style = f"{_CELL};{_QUIET};font-weight:600;padding-top:12px"
            return _element("th", row[0], style, f'scope="colgroup" colspan="{across + 1}"')
        first = _element("th", row[0], f"{_CELL};{_RULE};font-weight:500", 'scope="row"')
        style = f"{_CELL};{_RULE};{_CODE}" if self.code else f"{_CELL};{_RULE}"
        if self.code and across > 1 and len(set(row[1:])) == 1:  # the same everywhere: say it once
            return first + _element("td", row[1], style, f'colspan="{across}"')
        stressed = f"{style};font-weight:700"
        return first + "".join(
            _element("td", cell, stressed if (number, column) in self.strong else style)
            for column, cell in enumerate(row[1:], 1)
        )


def compare_heads(requests: Mapping[str, Request]) -> Table:
    """Put requests side by side, header by header.

    Arguments:
        requests: the requests by the names of the clients that sent them.
    """
    spelled = {name.lower(): name for name in NEEDED}
    for request in requests.values():
        for name, _ in request.headers.items():
            spelled.setdefault(name.lower(), name.title().replace("Websocket", "WebSocket"))
    others = [name for name in spelled.values() if name not in NEEDED]
    start = [f"{each.method} {each.target} {each.version}" for each in requests.values()]
    rows = [["Request line", *start], ["What every handshake needs"]]
    rows += [_header_row(name, requests) for name in NEEDED]
    if others:
        rows += [["What each client adds of its own"], *(_header_row(name, requests) for name in others)]
    note = _spelling_note(requests)
    return Table("The requests, side by side", ["", *requests], rows, code=True, note=note)


def _header_row(name: str, requests: Mapping[str, Request]) -> list[str]:
    return [name, *(_show_values(name, request.headers.get_all(name)) for request in requests.values())]


def _show_values(name: str, values: Sequence[str]) -> str:
    """The values of a header; of secrets only that they are there, since notebooks are handed in."""
    if name == "Cookie":
        count = sum(len(value.split(";")) for value in values)
        return f"({count} cookie{'s' * (count != 1)}, not shown)" if count else NOTHING
    if name == "Authorization" and values:
        return "(not shown)"
    return ", ".join(values) or NOTHING


def _spelling_note(requests: Mapping[str, Request]) -> str:
    small = [
        client
        for client, request in requests.items()
        if any(name.islower() for name, _ in request.headers.items())
    ]
    return f"Header names came in small letters from {' and '.join(small)}." if small else ""


def compare_verdicts(
    caption: str, cases: Sequence[str], demands: Sequence[str], outcomes: Mapping[str, Sequence[Outcome]]
) -> Table:
    """Put what several clients did beside what the RFC demands of them.

    Arguments:
        caption: what was tried.
        cases: a name for each thing that was tried.
        demands: for each case "accept" or "refuse", and where the RFC says so: "accept, 4.1 point 2".
        outcomes: what each client did, by its name, in the order of the cases.
    """
    rows, strong = [], set()
    for number, (case, demand) in enumerate(zip(cases, demands, strict=True)):
        row = [case, demand]
        for column, each in enumerate(outcomes.values(), 2):
            verdict = each[number].verdict
            if verdict not in (f"{demand.partition(',')[0]}s", "absent"):
                verdict += " *"
                strong.add((number, column))
            row.append(verdict)
        rows.append(row)
    agree = "All of them did what the RFC demands." if not strong else "* not what the RFC demands"
    return Table(caption, ["", "RFC 6455", *outcomes], rows, strong=frozenset(strong), note=agree)


def compare_predictions(*predictions: tuple[str, object, object]) -> None:
    """Print what the reader predicted beside what happened, and whether they are the same.

    Words match in any case, lists in any order, and where what happened is bits or hex digits, these match
    however they are grouped, with 0b or 0x in front, and as a number. Nothing depends on it.

    Arguments:
        predictions: for each the question, what the reader wrote (None or empty if nothing), what happened.
    """
    rows = [_judge_prediction(*prediction) for prediction in predictions]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("   ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _judge_prediction(question: str, written: object, happened: object) -> tuple[str, str, str, str]:
    turned_out = f"it turned out: {_in_words(happened)}"
    if written in (None, "", [], ()):
        return question, "no prediction yet", "", turned_out
    written = _as_digits(written, happened)
    verdict = "same" if _fold(written) == _fold(happened) else "different"
    return question, verdict, f"you predicted: {_in_words(written)}", turned_out


def _as_digits(written: object, happened: object) -> object:
    """Bring a prediction of bits or hex digits to the form of those that came; others stay as they are."""
    if not isinstance(happened, str) or isinstance(written, bool):
        return written
    came = happened.replace(" ", "").lower()
    base, prefix = (2, "0b") if re.fullmatch("[01]{4,}", came) else (16, "0x")
    if not re.fullmatch("([0-9a-f]{2})+", came):
        return written
    if isinstance(written, int):
        return happened if written == int(came, base) else written
    if not isinstance(written, str):
        return written
    digits = re.sub("[ _]", "", written).lower().removeprefix(prefix)
    return happened if digits == came else written


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _fold(value: object) -> set[str]:
    """What counts of a prediction: the words, in any case and order."""
    parts = value if isinstance(value, list | tuple) else [value]
    return {_in_words(part).strip().casefold() for part in parts}


def _row(cells: str) -> str:
    return f'<tr style="background:transparent">{cells}</tr>'


def _element(name: str, text: str, style: str, more: str = "") -> str:
    return f'<{name} {more} style="{style}">{_text(text)}</{name}>'


def _text(text: str) -> str:
    return html.escape(text, quote=True)
