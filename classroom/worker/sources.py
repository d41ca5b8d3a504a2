"""Which lines are the student's: from frames and tracebacks to places in the answer's own file."""

import linecache
import sys
from types import CodeType, FrameType, TracebackType

FUTURE_FLAGS = 0x1FE0000  # all that `from __future__` can switch on; none of compile's other flags
MOST_FRAMES = 20


class Sources:
    """The texts that were compiled, by the name of their file."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[int, str]] = {}
        self.own = ""  # the answer's own file

    def compiled(self, text: str, filename: str, first_line: int = 1, flags: int = 0) -> CodeType:
        """Return the code of `text`, which stands in `filename` from `first_line` on. Raises SyntaxError."""
        lines = self._lines.setdefault(filename, {})
        lines.update(enumerate(text.splitlines(), first_line))
        whole = [lines.get(number, "") + "\n" for number in range(1, max(lines, default=0) + 1)]
        linecache.cache[filename] = (sum(map(len, whole)), None, whole, filename)
        padded = "\n" * (first_line - 1) + text
        try:
            code: CodeType = compile(padded, filename, "exec", flags & FUTURE_FLAGS, dont_inherit=True)
        except ValueError as error:  # a null byte, up to Python 3.11
            raise SyntaxError(str(error), (filename, None, None, None)) from None
        return code

    def read(self, path: str) -> None:
        """Know the lines of a file that Python imports by itself, and take it for the answer's own."""
        self.own = path
        self._lines.setdefault(path, dict(enumerate(linecache.getlines(path), 1)))

    def text(self, line: int | None) -> str:
        """Return a line of the answer's file, without the space around it."""
        return self._lines.get(self.own, {}).get(line or 0, "").strip()

    def deepest(self, frame: FrameType | None) -> tuple[int | None, str]:
        """Return (line, text) of the innermost of the frames, from `frame` outwards, in the answer's file."""
        while frame is not None and frame.f_code.co_filename != self.own:
            frame = frame.f_back
        line = frame.f_lineno if frame else None
        return line, self.text(line)

    def current(self, thread: int) -> tuple[int | None, str]:
        """Return (line, text) where the thread is now or, if it is not in the answer's file, another."""
        frames = sys._current_frames()
        places = [self.deepest(frames.pop(thread, None)), *map(self.deepest, frames.values())]
        return next((place for place in places if place[0]), (None, ""))

    def frames(self, traceback: TracebackType | None) -> tuple[tuple[int, str, str], ...]:
        """Return (line, function, text) of the innermost frames in the answer's file, outermost first."""
        found: list[tuple[int, str, str]] = []
        while traceback is not None:
            code, line = traceback.tb_frame.f_code, traceback.tb_lineno
            if code.co_filename == self.own:
                found.append((line, str(code.co_name), self.text(line)))
            traceback = traceback.tb_next
        return tuple(found[-MOST_FRAMES:])
