"""From an exception of the student's code to the outcome that reports it."""

import re

from minews import types

from . import plain
from .plain import type_name
from .protocol import ANSWER, Ended, LoadFailed, NotWritten, Raised
from .sources import Sources

SKELETON = re.compile(r"exercise (\d+\.\d+)", re.ASCII)
ATTRIBUTES = ("status", "headers", "code", "reason", "errno")
MESSAGE_LENGTH = 2000
_ABSENT = object()
DIRECTLY_NAMED = ("builtins", ANSWER, "__main__")


class BlockedForever(BaseException):
    """The code waits for what will never come. A BaseException, so that `except Exception` can't hide it."""


class MachineryError(BaseException):
    """The judge asked for something that there is not: no outcome of the student's code."""


def full_name(kind: type) -> str:
    """Return "ValueError", "minews.types.HandshakeError"; no module for builtins and the student's own."""
    module = str(getattr(kind, "__module__", ""))
    name = str(getattr(kind, "__qualname__", "?")).rpartition("<locals>.")[2]
    if module == types.__name__ and vars(types).get(name) is not kind:
        return name  # a class of the student's own that says it is one of minews
    return name if module in DIRECTLY_NAMED else f"{module}.{name}"


def message_of(error: BaseException) -> str:
    """Return str(error), cut at 2000 characters, or a note where that fails."""
    try:
        return str.__getitem__(str(error), slice(0, MESSAGE_LENGTH))
    except BaseException as second:
        return f"(its text raised {type_name(second)})"


def attributes_of(error: BaseException) -> dict[str, object]:
    """Return those of status, headers, code, reason and errno that the exception has."""
    found: dict[str, object] = {}
    for name in ATTRIBUTES:
        try:
            value = getattr(error, name, _ABSENT)
        except BaseException:  # a property of the student's may do anything
            continue
        if value is not _ABSENT:
            found[name] = value
    return found


def ended_by(error: BaseException, line: int | None, text: str) -> Ended | None:
    """Return the `Ended` for the exceptions that are no ordinary result, None for the others."""
    if isinstance(error, SystemExit):
        return Ended("exit", f"exit code {plain.guarded_repr(error.code)}", line, text)
    if isinstance(error, RecursionError):
        return Ended("recursion", message_of(error), line, text)
    if isinstance(error, MemoryError):
        return Ended("memory", "there was no memory left", line, text)
    if isinstance(error, BlockedForever):
        return Ended("waiting", message_of(error), line, text)
    return None


def skeleton_of(error: BaseException) -> str | None:
    """Return the exercise ("4.2") whose unwritten skeleton raised this, or None."""
    found = SKELETON.fullmatch(message_of(error)) if type(error) is NotImplementedError else None
    return found[1] if found else None


def describe(error: BaseException, sources: Sources) -> Raised | NotWritten | Ended:
    """Return the outcome of an op that raised."""
    exercise = skeleton_of(error)
    if exercise:
        return NotWritten(exercise)
    frames = sources.frames(error.__traceback__)
    line, text = (frames[-1][0], frames[-1][2]) if frames else (None, "")
    ended = ended_by(error, line, text)
    if ended:
        return ended
    bases = tuple(full_name(kind) for kind in type(error).__mro__[:-1])
    return Raised(bases[0], bases, message_of(error), attributes_of(error), line, text, frames)


def describe_loading(error: BaseException, sources: Sources) -> LoadFailed | Ended:
    """Return what to say of code that raised while it was loaded."""
    name, message = full_name(type(error)), message_of(error)
    if isinstance(error, SyntaxError) and error.filename in (sources.own, None):
        # error.text comes last: Python takes it from whatever file of that name lies in the current folder.
        text = sources.text(error.lineno) or (error.text or "").strip()
        return LoadFailed("syntax", name, str(error.msg), error.lineno, text)
    frames = sources.frames(error.__traceback__)
    line, text = (frames[-1][0], frames[-1][2]) if frames else (None, "")
    ended = ended_by(error, line, text)
    if ended and ended.how != "exit":
        return ended
    return LoadFailed("exit" if ended else "raised", name, ended.detail if ended else message, line, text)
