"""What cannot cross and is built in the worker, by name."""

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minews import types

from .outcomes import MachineryError

if TYPE_CHECKING:
    import asyncio
    import random
    import ssl

    from .live import Listener, RealSocket
    from .runner import Runner
    from .scripted import After, ScriptedSocket, Step
    from .streams import Scenario, StreamWriterDouble


class RandomBytes:
    """A source of seeded random bytes, like os.urandom. `trace`: the numbers of bytes that were asked for."""

    def __init__(self, seed: int) -> None:
        self.trace: list[object] = []
        self._random = make_random(seed)

    def __call__(self, count: int) -> bytes:
        self.trace.append(count)
        return self._random.randbytes(count)


class Recorder:
    """A function that returns `results` one by one, then `default`. `trace`: its arguments, as tuples."""

    def __init__(self, results: list[object], default: object = None) -> None:
        self.trace: list[object] = []
        self._results = list(results)
        self._default = default

    def __call__(self, *args: object) -> object:
        self.trace.append(args)
        return self._results.pop(0) if self._results else self._default


def make_random(seed: int) -> "random.Random":
    """random(seed): a seeded random.Random."""
    import random

    return random.Random(seed)


def make_compressor(level: int = -1, wbits: int = -15) -> object:
    """compressor(level, wbits): a zlib.compressobj; raw deflate by default."""
    import zlib

    return zlib.compressobj(level, zlib.DEFLATED, wbits)


def make_decompressor(wbits: int = -15) -> object:
    """decompressor(wbits): a zlib.decompressobj; raw deflate by default."""
    import zlib

    return zlib.decompressobj(wbits)


def make_exception(name: str, *args: Any, **kwargs: Any) -> BaseException:
    """exception(name, ...): a builtin exception, one of minews.types or, as "ssl.SSLError", one of ssl."""
    import ssl

    module, _, plain_name = name.rpartition(".")
    table = {"": builtins, "ssl": ssl, "minews.types": types}[module]
    made: BaseException = getattr(table, plain_name)(*args, **kwargs)
    return made


def make_tls_context(
    role: str, certfile: str | None = None, keyfile: str | None = None, cafile: str | None = None
) -> "ssl.SSLContext":
    """tls_context(role, certfile, keyfile, cafile): role is "client" or "server"; paths of PEM files."""
    import ssl

    if role == "server":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    else:
        context = ssl.create_default_context(cafile=cafile)
    if certfile:
        context.load_cert_chain(certfile, keyfile)
    return context


class Kitchen:
    """The recipes that need something of their runner: its loop, its code, and its end."""

    def __init__(self, runner: "Runner") -> None:
        self._runner = runner

    def scripted_socket(
        self, script: "list[Step]", after: "After" = "eof", sends: list[int] | None = None
    ) -> "ScriptedSocket":
        """scripted_socket(script, after, sends): see `scripted.ScriptedSocket`."""
        from . import scripted

        return scripted.ScriptedSocket(self._runner.waits.block, script, after, sends or ())

    def real_socket(self, script: "list[Step]", after: "After" = "eof") -> "RealSocket":
        """real_socket(script, after): one end of a real pair; see `live`."""
        from . import live

        made = live.real_socket(self._runner.waits.block, script, after)
        self._runner.at_end(made.far.end)
        self._runner.at_end(made.close)
        return made

    def listener(self, script: "list[Step]", after: "After" = "eof") -> "Listener":
        """listener(script, after): a real server for one connection; `port` is where."""
        from . import live

        made = live.Listener(script, after)
        self._runner.at_end(made.end)
        return made

    def connects_to(self, connection: Any, refuses: bool = False) -> Recorder:
        """connects_to(connection, refuses): whoever opens a connection gets this one; trace: the addresses.

        By socket.create_connection, or by socket.socket() and its connect. `refuses`: nobody listens, so that
        opening one fails. `limits`: the time limit of each attempt.
        """
        import errno
        import socket

        from . import live

        recorder = Recorder([], connection)
        limits: list[float | None] = []
        vars(recorder)["limits"] = limits
        real = {name: getattr(socket, name) for name in ("create_connection", "socket")}

        class Unconnected(live.Socket):
            def __new__(cls, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None) -> Any:
                if fileno is None:
                    return connection
                return live.Socket(family, type, proto, fileno)  # it wraps a descriptor that is there

        def create_connection(address: Any, timeout: Any = connection, *_: Any, **__: Any) -> object:
            if timeout is not connection:
                connection.settimeout(timeout)
            return attempt(address)

        def connect(address: Any) -> None:
            attempt(address)

        def attempt(address: Any) -> object:
            limits.append(connection.gettimeout())
            made = recorder(*address[:2])
            if refuses:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
            return made

        connection.connect = connect
        vars(socket).update(create_connection=create_connection, socket=Unconnected)
        self._runner.at_end(lambda: vars(socket).update(real))
        return recorder

    def stream_reader(self, chunks: list[bytes], eof: bool = True) -> "asyncio.StreamReader":
        """stream_reader(chunks, eof): an asyncio.StreamReader that was fed these chunks."""
        from . import streams

        return streams.stream_reader(self._runner.loop, chunks, eof)

    def stream_writer(self, room: int | None = None) -> "StreamWriterDouble":
        """stream_writer(room): a writer whose drain waits while more than `room` bytes are unsent."""
        from . import streams

        return streams.StreamWriterDouble(room)

    def scenario(self, steps: list[tuple[Any, ...]]) -> "Scenario":
        """scenario(steps): play steps against the answer; see `streams.Scenario`."""
        from . import streams

        assert self._runner.answer.target is not None
        made = streams.Scenario(self._runner.answer.target, self._runner.loop, self._runner.waits.take)
        made.play(steps)
        return made

    def defined(self, name: str, *args: object, **kwargs: object) -> object:
        """defined(name, ...): call something else that the answer's namespace has, such as a neighbour."""
        function: Any = self._runner.answer.names[name]
        return function(*args, **kwargs)


_PLAIN: dict[str, Callable[..., object]] = {
    "random": make_random,
    "random_bytes": RandomBytes,
    "recorder": Recorder,
    "compressor": make_compressor,
    "decompressor": make_decompressor,
    "exception": make_exception,
    "tls_context": make_tls_context,
    "memoryview": memoryview,
    "value": lambda value: value,
}
_OF_RUNNER = tuple(name for name in vars(Kitchen) if not name.startswith("_"))


def build(name: str, args: list[Any], kwargs: dict[str, Any], runner: "Runner") -> object:
    """Return what the recipe `name` makes. Raises MachineryError for a name that is no recipe."""
    if name in _OF_RUNNER:
        return getattr(Kitchen(runner), name)(*args, **kwargs)
    if name not in _PLAIN:
        raise MachineryError(f"there is no recipe called {name}")
    return _PLAIN[name](*args, **kwargs)
