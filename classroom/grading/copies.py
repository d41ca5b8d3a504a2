"""Fingerprints of code, made so that renaming, comments and layout change nothing (winnowing of tokens).

The code is cut into tokens; what the student named is one and the same token, whatever its name. Each run of
RUN tokens gets a number, and of each WINDOW numbers in a row the smallest is kept. Two texts that have RUN +
WINDOW - 1 tokens in a row in common have a number in common for sure; RUN - 1 tokens never show.
(Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", 2003.)
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from zlib import crc32

__all__ = ["RUN", "WINDOW", "fingerprint", "matching_lines", "run_numbers", "tokenise"]

RUN = 10  # tokens
WINDOW = 4  # numbers of which the smallest is kept
MAX_SOURCE = 100_000  # characters; more than that is not read
_WORD = (1 << 64) - 1
_FACTOR = 0x9E3779B97F4A7C15
_LAST_FACTOR = pow(_FACTOR, RUN, 1 << 64)
_BITS = (1 << 52) - 1  # every program that reads JSON can hold that many

# Tokens of Python, found in any text: what does not parse has a fingerprint, too.
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<string>(?i:\b[rbfut]{1,2})?(?:\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\Z)|'''(?:\\.|[^\\])*?(?:'''|\Z)
                   |"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))
      | (?P<number>\d[\w.]*)
      | (?P<name>\w+)
      | (?P<newline>\n)
      | (?P<space>[^\S\n]+|\\\n)
      | (?P<sign>->|:=|\*\*=?|//=?|<<=?|>>=?|[-+*/%&|^=!<>@]=|\.\.\.|.)""",
    re.VERBOSE | re.DOTALL,
)
_KNOWN = frozenset(keyword.kwlist) | {name for name in dir(builtins) if not name.startswith("_")}
_STATEMENT_ENDS = frozenset({"", ":", ";"})


@dataclass(frozen=True, slots=True)
class Token:
    """One token: what it counts as, and the line in which it stands, from 1."""

    text: str
    line: int


def tokenise(source: str) -> list[Token]:
    """Cut code into tokens, without comments, docstrings and layout; own names are all "v".

    Names of Python itself and of what stands behind a point, such as `digest`, are nobody's own.
    """
    found: list[Token] = []
    line, before, depth = 1, "", 0  # `before` is the last token of this statement, "" at its start
    for match in _TOKEN.finditer(source[:MAX_SOURCE]):
        kind, text = match.lastgroup, match.group()
        if kind == "newline":
            before = before if depth else ""
        elif kind == "string":
            if before not in _STATEMENT_ENDS:
                found.append(Token("s", line))
                before = "s"
        elif kind not in ("comment", "space"):
            depth = max(0, depth + (text in "([{") - (text in ")]}"))
            found.append(Token(_rename(kind, text, found), line))
            before = text
        line += text.count("\n")
    return found


def _rename(kind: str | None, text: str, before: list[Token]) -> str:
    if kind != "name" or text in _KNOWN:
        return text
    is_attribute = len(before) > 1 and before[-1].text == "." and before[-2].text != "self"
    return text if is_attribute else "self" if text == "self" else "v"


def fingerprint(source: str) -> list[int]:
    """Return the fingerprint of a piece of code.

    Arguments:
        source: the code, which need not parse.

    Returns:
        Numbers from 0 to 2**52 - 1 in rising order, each once. Empty for code too short to tell anything.
    """
    numbers = [number for number, _ in _number_runs(tokenise(source))]
    windows = range(max(len(numbers) - WINDOW + 1, min(len(numbers), 1)))
    return sorted({min(numbers[start : start + WINDOW]) for start in windows})


def run_numbers(source: str) -> set[int]:
    """The numbers of all runs of tokens, of which a fingerprint is a choice."""
    return {number for number, _ in _number_runs(tokenise(source))}


def _number_runs(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """The number of each run of tokens, and where it begins."""
    hashes = [crc32(token.text.encode("utf-8", "surrogatepass")) + 1 for token in tokens]
    number = 0  # of the RUN hashes before this point; what falls out at the other end is taken away again
    for end, each in enumerate(hashes, 1):
        number = number * _FACTOR + each
        if end > RUN:
            number -= hashes[end - RUN - 1] * _LAST_FACTOR
        number &= _WORD
        if end >= RUN:
            yield (number ^ number >> 29) & _BITS, end - RUN


def matching_lines(first: str, second: str, common: Collection[int] = ()) -> tuple[set[int], set[int]]:
    """Find the lines that two pieces of code have in common after renaming.

    Arguments:
        first, second: the code.
        common: numbers of runs that do not count, such as those of the reference.

    Returns:
        The numbers of the lines, from 1, in the first and in the second.
    """
    runs = [list(_number_runs(tokens)) for tokens in (tokenise(first), tokenise(second))]
    shared = {number for number, _ in runs[0]} & {number for number, _ in runs[1]} - set(common)
    return _lines_of(first, runs[0], shared), _lines_of(second, runs[1], shared)


def _lines_of(source: str, runs: list[tuple[int, int]], shared: set[int]) -> set[int]:
    tokens = tokenise(source)
    starts = [start for number, start in runs if number in shared]
    return {token.line for start in starts for token in tokens[start : start + RUN]}
