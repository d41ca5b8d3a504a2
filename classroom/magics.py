"""A cell of a notebook as plain Python: what only IPython understands becomes a comment.

IPython's own transformer would turn a cell under `%%time` into one long text, and needs IPython. Here every
line keeps its place, so that line numbers stay true, and the work grows with the length of the cell only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .build.sources import parse_or_none

__all__ = ["plain_python"]

# %time, !ls, ?open; open?; files = !ls, took = %timeit
MAGIC = re.compile(r"[ \t]*+(?:[%!?]|[\w.*]++\?\??[ \t]*+$|[\w.,\[\] \t]++=[ \t]*+[%!])")
# What may hold a bracket that is none, or a line end that ends no statement; then brackets and line ends.
TOKEN = re.compile(r"'''|\"\"\"|['\"]|\#[^\n]*|\\\n|[()\[\]{}\n]")
# What stands in a string behind its opening quotes, as far as it goes.
INSIDE = {
    "'''": re.compile(r"(?:\\.|[^\\']|'(?!''))*+", re.DOTALL),
    '"""': re.compile(r'(?:\\.|[^\\"]|"(?!""))*+', re.DOTALL),
    "'": re.compile(r"(?:\\.|[^\\\n'])*+", re.DOTALL),
    '"': re.compile(r'(?:\\.|[^\\\n"])*+', re.DOTALL),
}


def plain_python(text: str) -> str:
    """Return a cell's text as Python, line for line; one that is Python already comes back as it is."""
    return text if parse_or_none(text) else "".join(_without_magics(text))


def _without_magics(text: str) -> Iterator[str]:
    """The statements of a text one by one, magics among them as comments."""
    place, unclosed = 0, dict.fromkeys(INSIDE, 0)
    while place < len(text):
        line_end = text.find("\n", place) + 1 or len(text)
        if MAGIC.match(text[place:line_end].rstrip("\n")):
            body = text[place:line_end].lstrip(" \t")
            yield f"{text[place : line_end - len(body)]}# {body}"
            place = line_end
        else:
            end = _statement_end(text, place, unclosed)
            yield text[place:end]
            place = end


def _statement_end(text: str, start: int, unclosed: dict[str, int]) -> int:
    """Where the line ends on which all brackets that were opened since `start` are closed again."""
    depth = 0
    while token := TOKEN.search(text, start):
        start = token.end()
        if token[0] in INSIDE:
            start = _string_end(text, token[0], start, unclosed)
        elif token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth = max(depth - 1, 0)
        elif token[0] == "\n" and not depth:
            return start
    return len(text)


def _string_end(text: str, quotes: str, start: int, unclosed: dict[str, int]) -> int:
    """Where a string ends whose quotes were opened right before `start`.

    Quotes that nothing closes count for nothing; of three the first two are an empty string.

    Arguments:
        unclosed: for each kind of quotes the place up to which no string of it is closed; it is brought up to
            date. Quotes before that place were escaped in what was looked through, and so would be what
            follows them: it need not be looked through again.
    """
    if start > unclosed[quotes]:
        match = INSIDE[quotes].match(text, start)
        assert match is not None
        if text.startswith(quotes, match.end()):
            return match.end() + len(quotes)
        unclosed[quotes] = match.end()
    return start - 1 if len(quotes) == 3 else start
