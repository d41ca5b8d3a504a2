"""A socket that plays a script: every cut is exact, and a wait for bytes that never come is seen at once."""

import errno
import io
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NoReturn

After = Literal["eof", "stall", "reset"]
Step = bytes | Callable[[bytes], bytes | None]
MSG_DONTWAIT = getattr(socket, "MSG_DONTWAIT", 0)  # not on Windows
ENDS = 1000  # times that code may ask on after the end of a stream


class Ends:
    """Counts how often recv has said that the stream is over: code that never looks would ask for ever."""

    def __init__(self, block: Callable[[str], NoReturn]) -> None:
        self._block = block
        self._count = 0

    def count(self, asked: int, got: bytes) -> None:
        """Note what a recv of `asked` bytes gave."""
        self._count += bool(asked) and not got
        if self._count > ENDS:
            self._block(f"recv() gave b'' {ENDS:,} times, for the stream has ended, and it asks on")


class ScriptedSocket:
    """What a connected `socket.socket` looks like to code that reads and writes bytes.

    script: what each recv can give at most; b"" ends the stream; a callable gets all bytes sent so far and
        returns the next step (None: nothing comes). after: what a recv meets behind the script.
    sends: how many bytes each `send` accepts, then all of them.
    block: called with a text when the code would wait for ever; it raises.

    `trace` has ("recv", n, got), ("send", taken), ("sendall", data), ("shutdown", how) and ("close",).
    `limits` has the time limit under which each recv began.
    """

    family, type, proto = socket.AF_INET, socket.SOCK_STREAM, 0

    def __init__(
        self,
        block: Callable[[str], NoReturn],
        script: Iterable[Step],
        after: After = "eof",
        sends: Sequence[int] = (),
    ) -> None:
        self.trace: list[tuple[object, ...]] = []
        self.limits: list[float | None] = []
        self._block = block
        self._ends = Ends(block)
        self._script = list(script)
        self._after = after
        self._sends = list(sends)
        self._ready = b""
        self._sent = bytearray()
        self._timeout: float | None = None
        self._ended = self._reset = self._closed = self._shut = False

    @property
    def sent(self) -> bytes:
        """All bytes that were sent."""
        return bytes(self._sent)

    @property
    def unread(self) -> bytes:
        """The bytes of the script that were not read."""
        return self._ready + b"".join(step for step in self._script if isinstance(step, bytes))

    # Reading.

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Return at most `bufsize` of the bytes that the script has next; b"" at the end of the stream."""
        if bufsize < 0:
            raise ValueError("negative buffersize in recv")
        self._check_open()
        self.limits.append(self._timeout)
        got = self._peeked(bufsize, flags) if flags & socket.MSG_PEEK else self._taken(bufsize, flags)
        while flags & socket.MSG_WAITALL and not flags & socket.MSG_PEEK and len(got) < bufsize:
            more = self._taken(bufsize - len(got), flags)
            if not more:
                break
            got += more
        self.trace.append(("recv", bufsize, got))
        self._ends.count(bufsize, got)
        return got

    def recv_into(self, buffer: bytearray | memoryview, nbytes: int = 0, flags: int = 0) -> int:
        """Write what `recv` gives into `buffer` and return its length."""
        view = memoryview(buffer).cast("B")
        got = self.recv(nbytes or len(view), flags)
        view[: len(got)] = got
        return len(got)

    def _taken(self, count: int, flags: int) -> bytes:
        got = self._peeked(count, flags)
        self._ready = self._ready[len(got) :]
        return got

    def _peeked(self, count: int, flags: int) -> bytes:
        while count and not self._ready and not self._ended:
            self._next_step(flags)
        return self._ready[:count]

    def _next_step(self, flags: int) -> None:
        if not self._script:
            self._behind_script(flags)
            return
        step = self._script[0]
        data = step if isinstance(step, bytes) else step(self.sent)
        if data is None:
            self._stall(flags)
        self._script.pop(0)
        self._ready, self._ended = data, not data

    def _behind_script(self, flags: int) -> None:
        if self._after == "stall":
            self._stall(flags)
        if self._after == "reset":
            self._reset = True
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        self._ended = True

    def _stall(self, flags: int) -> NoReturn:
        if self._timeout == 0 or flags & MSG_DONTWAIT:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        if self._timeout is not None:
            raise TimeoutError("timed out")
        self._block("recv() waits for bytes that never come")

    # Writing.

    def send(self, data: bytes, flags: int = 0) -> int:
        """Take the bytes, or as many as the script lets through, and return their number."""
        taken = self._writable(data)
        if self._sends:
            taken = taken[: self._sends.pop(0)]
        self._sent += taken
        self.trace.append(("send", taken))
        return len(taken)

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Take all bytes."""
        taken = self._writable(data)
        self._sent += taken
        self.trace.append(("sendall", taken))

    def sendmsg(self, buffers: Iterable[bytes]) -> int:
        """Take the bytes of all buffers, and return their number."""
        return self.send(b"".join(bytes(memoryview(each)) for each in buffers))

    def _writable(self, data: bytes) -> bytes:
        taken = bytes(memoryview(data))  # a TypeError for str, as a socket raises
        self._check_open()
        if self._shut or self._reset:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        return taken

    # The rest of a socket's life.

    def shutdown(self, how: int) -> None:
        """Shut one direction or both."""
        self._check_open()
        self._shut = self._shut or how in (socket.SHUT_WR, socket.SHUT_RDWR)
        if how in (socket.SHUT_RD, socket.SHUT_RDWR):
            self._ready, self._ended = b"", True
        self.trace.append(("shutdown", int(how)))

    def close(self) -> None:
        """Close; any use after it raises OSError, closing again does nothing."""
        if not self._closed:
            self.trace.append(("close",))
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise OSError(errno.EBADF, "Bad file descriptor")

    def __enter__(self) -> "ScriptedSocket":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def settimeout(self, timeout: float | None) -> None:
        """Let a wait for what never comes end in TimeoutError, at once: nobody has to sit through it."""
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        """Return what `settimeout` set."""
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        """Set the timeout to None or 0."""
        self._timeout = None if flag else 0

    def getblocking(self) -> bool:
        """Whether the timeout is not 0."""
        return self._timeout != 0

    def setsockopt(self, *args: object) -> None:
        """Take any option and do nothing with it."""

    def getsockopt(self, *args: object) -> int:
        """Return 0 for any option."""
        return 0

    def getsockname(self) -> tuple[str, int]:
        """Return an address."""
        return ("127.0.0.1", 9001)

    def getpeername(self) -> tuple[str, int]:
        """Return another address."""
        return ("127.0.0.1", 50000)

    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.IOBase:
        """Return a file on this socket, as `socket.socket.makefile` does."""
        raw = _SocketFile(self, reads="r" in mode or "w" not in mode, writes="w" in mode)
        if buffering == 0:
            return raw
        size = io.DEFAULT_BUFFER_SIZE if buffering in (None, -1, 1) else buffering or 1
        buffered: io.BufferedRWPair | io.BufferedReader | io.BufferedWriter
        if raw.readable() and raw.writable():
            buffered = io.BufferedRWPair(raw, raw, size)
        else:
            buffered = io.BufferedReader(raw, size) if raw.readable() else io.BufferedWriter(raw, size)
        if "b" in mode:
            return buffered
        return io.TextIOWrapper(buffered, encoding, errors, newline)  # type: ignore[type-var]


class _SocketFile(io.RawIOBase):
    """The raw file under `makefile`."""

    def __init__(self, connection: ScriptedSocket, *, reads: bool, writes: bool) -> None:
        self._connection = connection
        self._reads, self._writes = reads, writes

    def readable(self) -> bool:
        return self._reads

    def writable(self) -> bool:
        return self._writes

    def readinto(self, buffer: object) -> int:
        return self._connection.recv_into(memoryview(buffer))  # type: ignore[arg-type]

    def write(self, data: object) -> int:
        return self._connection.send(data)  # type: ignore[arg-type]
