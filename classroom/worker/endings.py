"""What became of a worker that is gone: from its exit code and last words to an `Ended`."""

import re
import signal

from .link import LOST
from .protocol import Ended

MANY = 40  # frames of the answer in a crash's last words: its recursion was too deep
WINDOWS_CRASHES = {0xC0000005: "it touched memory that is not its own", 0xC00000FD: "its stack was full"}
WINDOWS_STACK_FULL = 0xC00000FD
OUT_OF_TIME = [getattr(signal, name, None) for name in ("SIGPROF", "SIGXCPU")]


def ending(code: int | None, words: str, filename: str) -> Ended:
    """Return how the worker ended.

    code: its exit code as subprocess gives it, None if it still runs. words: what it wrote to stderr.
    filename: the answer's, to find the line in those words.
    """
    lines = lines_in(words, filename)
    how, detail = _how(code, words, len(lines))
    return Ended(how, detail, lines[0] if lines else None, gone=True)


def lines_in(words: str, filename: str) -> list[int]:
    """Return the lines of `filename` in a traceback of faulthandler, innermost first."""
    name = filename.encode("ascii", "backslashreplace").decode()[:500]
    found = re.findall(rf'^  File "{re.escape(name)}", line (\d{{1,9}}) ', words, re.MULTILINE)
    return [int(line) for line in found]


def _how(code: int | None, words: str, frames: int) -> tuple[str, str]:
    if code is None or code == LOST:
        return "os-exit", "it closed the connection over which it is checked"
    if code >= 0 and code & 0xFFFFFFFF not in WINDOWS_CRASHES:
        return "os-exit", f"exit code {code}"
    if -code in OUT_OF_TIME:
        return "endless", "it computed without coming to an end"
    if frames >= MANY or code & 0xFFFFFFFF == WINDOWS_STACK_FULL:
        return "recursion", "the calls inside calls filled the stack"
    if "MemoryError" in words:
        return "memory", "there was no memory left"
    return "crash", _name_of_crash(code)


def _name_of_crash(code: int) -> str:
    if code & 0xFFFFFFFF in WINDOWS_CRASHES and code >= 0:
        return WINDOWS_CRASHES[code]
    try:
        return signal.strsignal(-code) or f"signal {-code}"
    except ValueError:
        return f"signal {-code}"
