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
MAGIC = re.compile(r"[ \t]*(?:[%!?]|[\w.*]+\?\??[ \t]*$|[\w.,\[\] \t]+=[ \t]*[%!])")
# What may hold a bracket that is none, or a line end that ends no statement; then brackets and line ends.
TOKEN = re.compile(
    r"'''(?:\\.|[^\\])*?'''"
    r'|"""(?:\\.|[^\\])*?"""'
    r"|'(?:\\.|[^\\\n'])*'"
    r'|"(?:\\.|[^\\\n"])*"'
    r"|\#[^\n]*|\\\n|[()\[\]{}\n]",
    re.DOTALL,
)


def plain_python(text: str) -> str:
    """Return a cell's text as Python, line for line; one that is Python already comes back as it is."""
    return text if parse_or_none(text) else "".join(_without_magics(text))


def _without_magics(text: str) -> Iterator[str]:
    """The statements of a text one by one, magics among them as comments."""
    place = 0
    while place < len(text):
        line_end = text.find("\n", place) + 1 or len(text)
        if MAGIC.match(text[place:line_end].rstrip("\n")):
            body = text[place:line_end].lstrip(" \t")
            yield f"{text[place : line_end - len(body)]}# {body}"
            place = line_end
        else:
            end = _statement_end(text, place)
            yield text[place:end]
            place = end


def _statement_end(text: str, start: int) -> int:
    """Where the line ends on which all brackets that were opened since `start` are closed again."""
    depth = 0
    for token in TOKEN.finditer(text, start):
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth = max(depth - 1, 0)
        elif token[0] == "\n" and not depth:
            return token.end()
    return len(text)
