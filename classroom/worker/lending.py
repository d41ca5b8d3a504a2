"""Sockets that a worker lends to the judge while a neighbour that takes one is called.

The socket itself never crosses. The judge's function gets a `BorrowedSocket`, and whatever it does to that
is done to the real one in the worker, which waits for the answer to its call anyway:

    worker: CallJudge("recv_until", (Lent(0), ...))      judge: UseLent(0, "recv", (65536,))
    worker: UseReturned(b"...")                          judge: CallReturned(...)

What a worker sends is not trusted: a value that no socket gives ends the run.
"""

import builtins
import itertools
import sys
from collections.abc import Callable

from . import codec
from .outcomes import MachineryError, full_name
from .protocol import Ended, FromWorker, Lent, UseLent, UseRaised, UseReturned

Use = Callable[[UseLent], UseReturned | UseRaised]

MOST_ASKED = 1 << 20  # bytes of one recv
MOST_ARGS = 4096  # bytes that the arguments of an exception may take
_numbers = itertools.count()


class UnwoundError(BaseException):
    """The student's code can't go on. No function of the judge's may take this for an error of its socket."""


class BrokenOffError(BaseException):
    """The exchange is over. `cause`: what came in place of an answer, or what receiving one raised."""

    def __init__(self, cause: FromWorker | Exception) -> None:
        self.cause = cause
        super().__init__(cause)


# The worker's side.


def is_socket(value: object) -> bool:
    """Whether `value` is something that may be lent."""
    real = getattr(sys.modules.get("_socket"), "socket", None)
    double = getattr(sys.modules.get(f"{__package__}.scripted"), "ScriptedSocket", None)
    return any(kind is not None and issubclass(type(value), kind) for kind in (real, double))


class Loan:
    """The sockets that one call lends. `stopped`: what ended a use of them, and is no error of a socket."""

    def __init__(self) -> None:
        self._sockets: dict[int, object] = {}
        self.stopped: BaseException | None = None

    def token(self, sock: object) -> Lent:
        """Return what stands for a socket at the judge."""
        number = next(_numbers)
        self._sockets[number] = sock
        return Lent(number)

    def use(self, wanted: UseLent) -> UseReturned | UseRaised:
        """Do what the judge wants of a socket, and return what came of it."""
        try:
            method = getattr(self._sockets[wanted.number], wanted.method)
            return UseReturned(method(*wanted.args))
        except MachineryError:
            raise
        except BaseException as error:
            name = full_name(type(error))
            if _error_class(name) is None or not _crosses(error.args):
                self.stopped = error
                return UseRaised("", ())
            return UseRaised(name, error.args)


def _crosses(args: tuple[object, ...]) -> bool:
    try:
        return not codec.contains_other(codec.decode(codec.encode(args, MOST_ARGS)))
    except codec.TooMuchError:
        return False


def _error_class(name: str) -> type[Exception] | None:
    """Return the exception of this name if it is one that a socket raises."""
    kind = vars(builtins).get(name)
    known = isinstance(kind, type) and issubclass(kind, OSError | ValueError | TypeError | OverflowError)
    return kind if known else None


# The judge's side.


class BorrowedSocket:
    """A socket of the worker's, as far as the reference needs one. It works until the call ends."""

    def __init__(self, number: int, use: Use) -> None:
        self._number = number
        self._use = use

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Receive at most `bufsize` bytes."""
        count = min(bufsize, MOST_ASKED)
        got = self._ask("recv", count, int(flags))
        if type(got) is not bytes or len(got) > count:
            raise _garbled(f"recv({count})", got)
        return got

    def recv_into(self, buffer: bytearray | memoryview, nbytes: int = 0, flags: int = 0) -> int:
        """Receive into `buffer`, and return how many bytes."""
        view = memoryview(buffer).cast("B")
        got = self.recv(nbytes or len(view), flags)
        view[: len(got)] = got
        return len(got)

    def send(self, data: bytes | bytearray | memoryview, flags: int = 0) -> int:
        """Send, and return how many bytes were taken."""
        sent = bytes(memoryview(data))
        taken = self._ask("send", sent, int(flags))
        if type(taken) is not int or not 0 <= taken <= len(sent):
            raise _garbled("send()", taken)
        return taken

    def sendall(self, data: bytes | bytearray | memoryview, flags: int = 0) -> None:
        """Send all of it."""
        self._do("sendall", bytes(memoryview(data)), int(flags))

    def settimeout(self, timeout: float | None) -> None:
        """Set how many seconds a call may wait."""
        self._do("settimeout", timeout)

    def gettimeout(self) -> float | None:
        """Return what `settimeout` set."""
        timeout = self._ask("gettimeout")
        if timeout is not None and type(timeout) not in (int, float):
            raise _garbled("gettimeout()", timeout)
        return timeout  # type: ignore[return-value]

    def setblocking(self, flag: bool) -> None:
        """Let calls wait for ever, or never."""
        self._do("setblocking", bool(flag))

    def shutdown(self, how: int) -> None:
        """Shut one direction or both."""
        self._do("shutdown", int(how))

    def close(self) -> None:
        """Close it."""
        self._do("close")

    def __enter__(self) -> "BorrowedSocket":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _do(self, method: str, *args: object) -> None:
        got = self._ask(method, *args)
        if got is not None:
            raise _garbled(f"{method}()", got)

    def _ask(self, method: str, *args: object) -> object:
        """Return what the method of the real socket returned, or raise what it raised."""
        done = self._use(UseLent(self._number, method, args))
        if isinstance(done, UseReturned):
            return done.value
        kind = _error_class(done.type)
        if kind is None:
            raise UnwoundError
        try:
            error = kind(*done.args)
        except Exception:
            raise _garbled(f"{done.type}()", done.args) from None
        raise error


def _garbled(what: str, value: object) -> BrokenOffError:
    return BrokenOffError(Ended("garbled", f"{what} gave {codec.type_name(value)}", gone=True))
