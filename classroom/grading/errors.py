"""What went wrong in the grader itself, shortened to what an instructor can act on."""

from __future__ import annotations

import re

__all__ = ["is_of_hidden_case", "say_error"]

LONGEST = 400  # characters
_FRAME = re.compile(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>\S+))?', re.MULTILINE)
_CASES = re.compile(r"lesson_\d\d\w*\.py")


def say_error(error: str) -> str:
    """The end of a traceback: the last line, the frame that matters, and what stood before it in words.

    The frame that matters is the last one in a file of hidden cases, else the last of all. An error that is
    no traceback stays as it is.
    """
    before, found, trace = error.partition("Traceback (most recent call last):")
    if not found:
        return _cut(error)
    frames = list(_FRAME.finditer(trace))
    hidden = [each for each in frames if _is_hidden(each["file"])]
    frame = next(reversed(hidden or frames), None)
    parts = [before.strip(" :\n"), _last_line(trace)]
    if frame is not None:
        parts.append(f"{_place(frame['file'])}, line {frame['line']}, in {frame['name'] or '?'}")
        parts += filter(None, [_code_below(trace, frame)])
    return _cut(": ".join(filter(None, parts)))


def is_of_hidden_case(error: str) -> bool:
    """Whether it was a hidden case that failed, which the instructor alone can mend."""
    return "hidden case" in error or any(_is_hidden(each["file"]) for each in _FRAME.finditer(error))


def _is_hidden(file: str) -> bool:
    parts = re.split(r"[/\\]", file)
    return bool(_CASES.fullmatch(parts[-1])) and parts[-3:-1] != ["tests", "exercises"]


def _place(file: str) -> str:
    return "/".join(re.split(r"[/\\]", file)[-2:])


def _last_line(trace: str) -> str:
    """The line that names the exception: the last one that is not indented."""
    lines = [line for line in trace.splitlines() if line.strip()]
    return next(
        (line.strip() for line in reversed(lines) if not line.startswith((" ", "\t"))), lines[-1].strip()
    )


def _code_below(trace: str, frame: re.Match[str]) -> str:
    """The line of code that Python shows below a frame, or ""."""
    below = trace[frame.end() :].splitlines()[1:2]
    is_code = bool(below) and below[0].startswith("    ")
    return below[0].strip() if is_code else ""


def _cut(text: str) -> str:
    """A text of bounded length in one line, whose end is kept, since there stands what went wrong."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 4]} ... {text[-LONGEST * 3 // 4 :]}"
