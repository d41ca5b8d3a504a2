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
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

__all__ = [
    "RUN",
    "WINDOW",
    "find_docstrings",
    "fingerprint",
    "matching_lines",
    "run_numbers",
    "tokenise",
]

RUN = 10  # tokens
WINDOW = 4  # numbers of which the smallest is kept
MAX_SOURCE = 100_000  # characters; more than that is not read
SHORT = 100  # characters of a token that is kept with its hash
_BITS = (1 << 52) - 1  # every program that reads JSON can hold that many
_WORD = (1 << 64) - 1
_BASE = 0x9E3779B97F4A7C15
_BASE_TO_RUN = pow(_BASE, RUN, 1 << 64)

# Tokens of Python, found in any text: what does not parse has a fingerprint, too.
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<string>(?i:\b[rbfut]{1,2})?(?:\"\"\"(?:[^\\"]|\\.|\"(?!\"\"))*+(?:\"\"\"|\\?\Z)
                   |'''(?:[^\\']|\\.|'(?!''))*+(?:'''|\\?\Z)
                   |"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))
      | (?P<number>\d[\w.]*)
      | (?P<name>\w+)
      | (?P<newline>\n)
      | (?P<space>[^\S\n]+|\\\n)
      | (?P<sign>->|:=|\*\*=?|//=?|<<=?|>>=?|[-+*/%&|^=!<>@]=|\.\.\.|.)""",
    re.VERBOSE | re.DOTALL,
)
_KNOWN = frozenset({"self", *keyword.kwlist, *(name for name in dir(builtins) if not name.startswith("_"))})
_STATEMENT_ENDS = frozenset({"", ":", ";"})


# What a token counts as, and the line in which it stands, from 1. A plain tuple, since there are many.
Token: TypeAlias = tuple[str, int]


def tokenise(source: str) -> list[Token]:
    """Cut code into tokens, without comments, docstrings and layout; own names are all "v".

    Names of Python itself and of what stands behind a point, such as `digest`, are nobody's own.
    """
    return _scan(source)[0]


def find_docstrings(source: str) -> list[tuple[int, int]]:
    """The first and last line of each string that is a statement of its own, as docstrings are."""
    return _scan(source)[1]


def _scan(source: str) -> tuple[list[Token], list[tuple[int, int]]]:
    """The tokens that count, and the lines of the docstrings among them."""
    found: list[Token] = []
    strings: list[tuple[int, int]] = []
    line, before, depth = 1, "", 0  # `before` is the last token of this statement, "" at its start
    for match in _TOKEN.finditer(source[:MAX_SOURCE]):
        kind, text = match.lastgroup, match.group()
        if kind == "name":
            found.append((_rename(text, found), line))
            before = text
        elif kind == "newline":
            before = before if depth else ""
            line += 1
        elif kind == "string":
            if before not in _STATEMENT_ENDS:
                found.append(("s", line))
                before = "s"
            else:
                strings.append((line, line + text.count("\n")))
            line += text.count("\n")
        elif kind == "space":
            line += text.count("\n")
        elif kind != "comment":
            depth = max(0, depth + (text in "([{") - (text in ")]}"))
            found.append((text, line))
            before = text
    return found, strings


def _rename(text: str, before: list[Token]) -> str:
    if text in _KNOWN:
        return text
    is_attribute = len(before) > 1 and before[-1][0] == "." and before[-2][0] != "self"
    return text if is_attribute else "v"


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
    """The number of each run of tokens, and where it begins, each made from the one before it."""
    number = 0
    hashes = [_hash_once(text) if len(text) <= SHORT else _hash(text) for text, _ in tokens]
    for at, each in enumerate(hashes):
        leaving = hashes[at - RUN] if at >= RUN else 0
        number = (number * _BASE + each - leaving * _BASE_TO_RUN) & _WORD
        if at >= RUN - 1:
            yield (number ^ number >> 29) & _BITS, at - RUN + 1


def _hash(text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass")) + 1


_hash_once = lru_cache(4096)(_hash)


def matching_lines(
    first: str, second: str, common: Collection[int] = (), given: str = ""
) -> tuple[set[int], set[int]]:
    """Find the lines that two pieces of code have in common after renaming.

    Arguments:
        first, second: the code.
        common: numbers of runs that do not count, such as those of the reference.
        given: code whose lines count for nothing, such as the skeleton with its signature.

    Returns:
        The numbers of the lines, from 1, in the first and in the second.
    """
    runs = [list(_number_runs(tokens)) for tokens in (tokenise(first), tokenise(second))]
    shared = {number for number, _ in runs[0]} & {number for number, _ in runs[1]} - set(common)
    aside = set(_line_texts(given).values())
    return _lines_of(first, runs[0], shared, aside), _lines_of(second, runs[1], shared, aside)


def _lines_of(source: str, runs: list[tuple[int, int]], shared: set[int], aside: set[str]) -> set[int]:
    tokens = tokenise(source)
    starts = [start for number, start in runs if number in shared]
    found = {line for start in starts for _, line in tokens[start : start + RUN]}
    return {line for line in found if _line_texts(source).get(line) not in aside} if aside else found


@lru_cache(8)
def _line_texts(source: str) -> dict[int, str]:
    """What stands in each line after renaming."""
    found: dict[int, list[str]] = {}
    for text, line in tokenise(source):
        found.setdefault(line, []).append(text)
    return {line: " ".join(texts) for line, texts in found.items()}
