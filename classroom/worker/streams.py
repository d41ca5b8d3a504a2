"""asyncio in the worker: a loop whose time costs nothing, stream doubles, and scenarios, step by step."""

import asyncio
import selectors
import sys
import threading
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, NoReturn

from .outcomes import BlockedForever, full_name, message_of

Function = Callable[..., object]
Keywords = dict[str, object]
Block = Callable[[str], NoReturn]


class _Selector(selectors.SelectSelector):
    """Jumps over every wait that nothing real can end."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self._block = block
        self._threads = set(threading.enumerate())
        self.jumped = 0.0  # seconds

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self._something_real():
            return super().select(timeout)
        if timeout is None:
            self._block("it awaits something that never comes")
        self.jumped += timeout
        return ready

    def _something_real(self) -> bool:
        """Whether a newer thread, or a socket besides the loop's own, may still end the wait."""
        return bool(set(threading.enumerate()) - self._threads) or len(self.get_map()) > 1


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which sleeping takes no time, as long as no thread and no socket is in play."""

    def __init__(self, block: Block) -> None:
        self._virtual = _Selector(block)
        super().__init__(self._virtual)

    def time(self) -> float:
        """Return the loop's time in seconds, with all waits that were jumped over."""
        return time.monotonic() + self._virtual.jumped

    def finish(self, awaitable: Awaitable[object]) -> object:
        """Run `awaitable` to its end and return its result, even inside a notebook's running loop."""

        async def wait() -> object:
            return await awaitable

        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            return self.run_until_complete(wait())
        finally:
            asyncio._set_running_loop(outer)


async def first_items(values: AsyncIterable[object], limit: int) -> list[object]:
    """Return at most `limit` items."""
    items: list[object] = []
    if limit:
        async for value in values:
            items.append(value)
            if len(items) >= limit:
                break
    return items


def stream_reader(loop: VirtualLoop, chunks: Iterable[bytes] = (), eof: bool = True) -> asyncio.StreamReader:
    """Return a StreamReader that has been fed these chunks."""
    reader = asyncio.StreamReader(loop=loop)
    for chunk in chunks:
        reader.feed_data(chunk)
    if eof:
        reader.feed_eof()
    return reader


class StreamWriterDouble:
    """What code needs of an asyncio.StreamWriter. `drain` waits while more than `room` bytes are unsent.

    `trace` has ("write", data), ("drain",), ("eof",) and ("close",).
    """

    def __init__(self, room: int | None = None) -> None:
        self.trace: list[tuple[object, ...]] = []
        self._room = room
        self._unsent = 0
        self._flows = asyncio.Event()
        self._closing = False

    @property
    def written(self) -> bytes:
        """All bytes that were written."""
        return b"".join(entry[1] for entry in self.trace if isinstance(entry[1:] and entry[1], bytes))  # type: ignore[misc]

    def write(self, data: bytes) -> None:
        """Take the bytes."""
        taken = bytes(memoryview(data))
        self._unsent += len(taken)
        self.trace.append(("write", taken))

    def writelines(self, data: Iterable[bytes]) -> None:
        """Take the bytes of all."""
        self.write(b"".join(data))

    async def drain(self) -> None:
        """Wait until the peer has taken enough."""
        self.trace.append(("drain",))
        while self._room is not None and self._unsent > self._room:
            self._flows.clear()
            await self._flows.wait()
        await asyncio.sleep(0)

    def flow(self) -> None:
        """Let the peer take all that was written, now and from now on."""
        self._room = None
        self._unsent = 0
        self._flows.set()

    def can_write_eof(self) -> bool:
        """Return True."""
        return True

    def write_eof(self) -> None:
        """End the stream."""
        self.trace.append(("eof",))

    def close(self) -> None:
        """Close."""
        if not self._closing:
            self.trace.append(("close",))
        self._closing = True

    def is_closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing

    async def wait_closed(self) -> None:
        """Return at once."""

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Return an address for "peername", else `default`."""
        return ("127.0.0.1", 50000) if name == "peername" else default


class Scenario:
    """Plays steps against the answer, on one loop, and keeps a trace. Each step is a tuple:

    ("start", label, args, kwargs)           call the answer; a coroutine goes on as a task
    ("method", label, object, name, args)    call a method of an object, the same way
    ("rounds", n)  ("sleep", seconds)        let the tasks go on; sleeping takes no real time
    ("feed", reader, data)  ("eof", reader)  give a stream reader something
    ("flow", writer)                         let a stalled writer go on
    ("state", label)                         note ("state", label, "pending" | "done" | "cancelled")
    ("cancel", label)                        cancel the task
    ("finish", label)                        wait for the task and note what came of it
    ("note", text)                           note ("note", text)

    Noted are ("returned", label, value), ("raised", label, type, text), ("blocked", label) and
    ("cancelled", label).
    """

    def __init__(self, target: Function, loop: VirtualLoop, forgive: Callable[[], object]) -> None:
        self.trace: list[tuple[object, ...]] = []
        self._target = target
        self._loop = loop
        self._forgive = forgive  # a wait that a scenario looks for is no outcome of the op
        self._tasks: dict[str, asyncio.Task[object]] = {}

    def play(self, steps: Iterable[Sequence[Any]]) -> None:
        """Do all steps."""
        for name, *rest in steps:
            getattr(self, "_step_" + name)(*rest)

    def _step_start(
        self, label: str, args: Sequence[object] = (), kwargs: dict[str, object] | None = None
    ) -> None:
        self._begin(label, self._target, args, kwargs or {})

    def _step_method(self, label: str, target: object, name: str, args: Sequence[object] = ()) -> None:
        self._begin(label, getattr(target, name), args, {})

    def _begin(self, label: str, function: Function, args: Sequence[object], kwargs: Keywords) -> None:
        async def call() -> object:
            value = function(*args, **kwargs)  # inside the loop, where it may make tasks of its own
            return await value if isinstance(value, Coroutine) else value

        self._tasks[label] = self._loop.create_task(call())

    def _step_rounds(self, count: int) -> None:
        async def rounds() -> None:
            for _ in range(count):
                await asyncio.sleep(0)

        self._loop.finish(rounds())

    def _step_sleep(self, seconds: float) -> None:
        self._loop.finish(asyncio.sleep(seconds))

    def _step_feed(self, reader: asyncio.StreamReader, data: bytes) -> None:
        reader.feed_data(data)

    def _step_eof(self, reader: asyncio.StreamReader) -> None:
        reader.feed_eof()

    def _step_flow(self, writer: StreamWriterDouble) -> None:
        writer.flow()

    def _step_state(self, label: str) -> None:
        task = self._tasks[label]
        state = "cancelled" if task.cancelled() else "done" if task.done() else "pending"
        self.trace.append(("state", label, state))

    def _step_cancel(self, label: str) -> None:
        self._tasks[label].cancel()

    def _step_note(self, text: str) -> None:
        self.trace.append(("note", text))

    def _step_finish(self, label: str) -> None:
        try:
            value = self._loop.finish(self._tasks[label])
        except asyncio.CancelledError:
            self.trace.append(("cancelled", label))
        except BlockedForever:
            self._forgive()
            self.trace.append(("blocked", label))
        except Exception as error:
            self.trace.append(("raised", label, full_name(type(error)), message_of(error)))
        else:
            self.trace.append(("returned", label, value))


def close(loop: VirtualLoop) -> None:
    """Cancel what is left on the loop and close it."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
    if sys.is_finalizing() or loop.is_running():
        return
    try:
        loop.finish(asyncio.sleep(0))
    finally:
        loop.close()
