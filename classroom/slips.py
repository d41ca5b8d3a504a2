"""Slips of any exercise: an exception that is returned, `bytes(5)` for `bytes([5])`, a `return` of None."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass

from .build.sources import parse_or_none
from .worker.protocol import Other

__all__ = ["Slip", "find_slip", "returns_none"]

MANY = 8  # zeros in a row that are not there by chance
SHOWN = 8  # bytes beside the zeros


@dataclass(frozen=True, slots=True)
class Slip:
    """What happened: `note` says it, `question` helps, and `came` is shown in place of the value."""

    note: str
    question: str
    came: str


def find_slip(came: object, must: object) -> Slip | None:
    """Return the slip that explains a wrong value, if it is one that can't be mistaken.

    Arguments:
        came: the value that came.
        must: the value that must come, or the words for an exception that must.
    """
    if isinstance(came, Other):
        return _find_returned_error(came, must)
    if isinstance(came, bytes) and isinstance(must, bytes):
        return _find_zeros(came, must)
    return None


def _find_returned_error(came: Other, must: object) -> Slip | None:
    """An exception, or its class, that was returned where one had to be raised."""
    if not isinstance(must, str) or not re.search("Error|exception", must):
        return None
    kind = re.fullmatch(r"<class '(?:.*\.)?(\w+)'>", came.repr_text)
    if kind and _is_error(kind[1]):
        shown = f"It returned the class {kind[1]}."
    elif _is_error(came.type_name):
        shown = f"It returned the exception {came.repr_text}."
    else:
        return None
    return Slip("It was returned, not raised.", "What is the difference between `return` and `raise`?", shown)


def _is_error(name: str) -> bool:
    known = getattr(builtins, name, None)
    return name.endswith("Error") or (isinstance(known, type) and issubclass(known, BaseException))


def _find_zeros(came: bytes, must: bytes) -> Slip | None:
    """`bytes(5)`, which is 5 zeros, where the one byte `bytes([5])` must come."""
    if len(came) <= len(must):
        return None
    at = next((at for at in range(len(must)) if came[at] != must[at]), len(must))
    byte = next((byte for byte in must[at:] if byte > 1), 0)
    question = f"What is `bytes({byte})`, and what is `bytes([{byte}])`?"
    if byte and not any(came) and len(came) == sum(must):
        note = f"Nothing but zeros came, and {len(must)} {'byte' if len(must) == 1 else 'bytes'} must come."
        return Slip(note, question, f"{len(came)} zeros")
    if at == len(must) or must[at] != byte or came[at : at + byte] != bytes(byte):
        return None
    if byte < MANY and came[at + byte :] != must[at + 1 :]:
        return None
    parts = (_in_hex(came[:at]), f"{byte} zeros", _in_hex(came[at + byte :]))
    note = f"Where the byte {byte:#04x} must come, {byte} zeros came."
    return Slip(note, question, ", then ".join(filter(None, parts)))


def _in_hex(data: bytes) -> str:
    more = f" ... ({len(data):,} bytes)" if len(data) > SHOWN else ""
    return f"{data[:SHOWN].hex(' ')}{more}"


def returns_none(source: str) -> bool:
    """Tell whether code returns None in so many words, by `return` or `return None`, somewhere."""
    tree = parse_or_none(source)
    returns = (node for node in ast.walk(tree) if isinstance(node, ast.Return)) if tree else ()
    return any(node.value is None or any(map(_is_none, ast.walk(node.value))) for node in returns)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
