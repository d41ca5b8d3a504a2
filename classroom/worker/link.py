"""The worker's end of the two pipes: whole messages, each with its length before it."""

import struct
import threading
from os import _exit, read, write

from . import codec, growing
from .lending import Use
from .protocol import CallJudge, CallRaised, CallReturned, UseLent, UseRaised, UseReturned

LENGTH = struct.Struct(">I")
LOST = 83  # the exit code of a worker that can't reach the judge any more
PIECE = 1 << 16  # bytes to read at once, and of messages that are held back


class Link:
    """Messages to and from the judge."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading = reading
        self._writing = writing
        self._received = bytearray()
        self._held = bytearray()  # what goes out with the next message
        self._write_lock = threading.Lock()
        self._ask_lock = threading.RLock()  # threads of the student's may call neighbours at once
        self._lends = False
        self._last = bytearray()  # the last long argument of a call

    def send(self, message: object, limit: int = codec.MAX_MESSAGE, patience: float = -1) -> None:
        """Send one message, or the bytes of one. Ends the process when the judge can't be reached, within
        `patience` seconds.

        Raises codec.TooMuchError, with nothing sent, when the message is larger than `limit`.
        """
        data = message if isinstance(message, bytes) else codec.encode(message, limit)
        if not self._write_lock.acquire(timeout=patience):
            _exit(LOST)
        try:
            self._write(self._held, LENGTH.pack(len(data)), data)
            self._held.clear()
        finally:
            self._write_lock.release()

    def hold(self, message: object, limit: int) -> None:
        """Send one message together with the next, which saves time; a crash before that loses it.

        Raises codec.TooMuchError, as `send` does.
        """
        data = codec.encode(message, limit)
        with self._write_lock:
            self._held += LENGTH.pack(len(data)) + data
            if len(self._held) > PIECE:
                self._write(self._held)
                self._held.clear()

    def receive(self) -> object | None:
        """Return the judge's next message, or None when there will be none."""
        try:
            (length,) = LENGTH.unpack(self._read(LENGTH.size))
            return codec.decode(self._read(length), codec.MAX_REQUEST, trusted=True)
        except (EOFError, OSError):
            return None

    def ask(self, call: CallJudge | bytes, use: Use) -> CallReturned | CallRaised:
        """Let the judge call something and return what came of it. use: serves it a socket that is lent."""
        with self._ask_lock:
            if not isinstance(call, bytes):
                growing.shorten(call, self._last)
            try:
                self.send(call)
            except codec.TooMuchError:
                self._last.clear()
                raise
            while isinstance(answer := self.receive(), UseLent):
                self.send(self._used(answer, use))
        if not isinstance(answer, CallReturned | CallRaised):
            _exit(LOST)
        return answer

    def _used(self, wanted: UseLent, use: Use) -> UseReturned | UseRaised:
        """Do it, and let calls of other threads in meanwhile: it may wait for one of them."""
        if self._lends:
            return use(wanted)
        self._lends = True
        self._ask_lock.release()
        try:
            return use(wanted)
        finally:
            self._ask_lock.acquire()
            self._lends = False

    def _write(self, *parts: bytes | bytearray) -> None:
        view = memoryview(b"".join(parts))
        try:
            while view:
                view = view[write(self._writing, view) :]
        except OSError:
            _exit(LOST)

    def _read(self, count: int) -> bytes:
        while len(self._received) < count:
            piece = read(self.reading, PIECE)
            if not piece:
                raise EOFError
            self._received += piece
        with memoryview(self._received) as view:
            data = bytes(view[:count])
        del self._received[:count]
        return data
