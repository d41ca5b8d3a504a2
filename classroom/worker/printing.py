"""What the student's code prints: kept up to a limit, and sent with the outcome of the op that printed it."""

import io
import sys

CUT = "\n(what was printed after this was left out: there was too much of it)\n"


class _Kept(io.RawIOBase):
    """Keeps the first `room` bytes written to it and forgets the rest."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.data = bytearray()
        self.cut = False

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]
        self.data += view[: max(0, self.room - len(self.data))]
        self.cut = self.cut or len(self.data) >= self.room
        return view.nbytes


class Printing:
    """Stands in for sys.stdin, sys.stdout and sys.stderr while code runs; `limit` in bytes, for all of it."""

    def __init__(self, limit: int) -> None:
        self._room = limit
        self._told = False
        self._before = (sys.stdin, sys.stdout, sys.stderr)
        self._begin()

    def _begin(self) -> None:
        self._kept = _Kept(self._room)
        self._in = io.StringIO()
        self._out = io.TextIOWrapper(
            self._kept,  # type: ignore[type-var]
            "utf-8",
            "backslashreplace",
            newline="\n",
            write_through=True,
        )

    def redirect(self) -> None:
        """Take (again) what is printed from now on. Nothing can be read: input() raises EOFError."""
        if not _is_open(self._in) or not _is_open(self._out):  # the code has closed them
            self._begin()
        sys.stdin, sys.stdout, sys.stderr = self._in, self._out, self._out

    def restore(self) -> None:
        """Give the standard streams back."""
        sys.stdin, sys.stdout, sys.stderr = self._before

    def taken(self) -> str:
        """Return what was printed since `redirect`, with a note, once, where it was cut."""
        if not self._kept.data:
            return ""
        text = self._kept.data.decode("utf-8", "replace")
        cut = self._kept.cut and not self._told
        self._told = self._told or cut
        self._room -= len(self._kept.data)
        self._begin()
        return text + CUT if cut else text


def _is_open(stream: io.TextIOBase) -> bool:
    try:
        return not stream.closed
    except ValueError:  # detached from what is below it
        return False
