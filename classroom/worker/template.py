"""The template: a process that has imported what a worker needs, and forks workers when the judge asks.

It runs no student's code and starts no thread, so each worker begins as the first one did. A zombie waits
here until the judge asks what became of it, which keeps its process id from being given to another.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import struct
from collections.abc import Callable
from importlib import import_module
from os import _exit

from .link import LOST

ARGUMENT = "template"  # of the worker's program, to be started as a template
REQUEST = struct.Struct(">IBI")  # number, kind, process id
REPLY = struct.Struct(">I?i")  # number, whether there is a value, value
FORK = 0  # with three descriptors, a worker's 0, 1 and 2
STATUS = 1  # with a process id
CLEAR = 2  # answered with 1 if what stays in a sandbox is as it was at the start, 0 if not


def fork_workers() -> None:
    """Do what the judge asks for over the socket at descriptor 0, until it closes.

    Returns in each worker, in a session of its own, with its three streams in place; never in the template.
    """
    from .pace import slowness  # the judge imports this module, too
    from .serving import IDLE, OFTEN_NEEDED

    control = socket.socket(fileno=os.dup(0))
    gc.disable()  # a collection would write to memory that is shared with all workers
    for name in OFTEN_NEEDED:
        import_module(name)
    slowness()  # each worker knows it from here
    serve_control(control, IDLE)


def import_the_rest() -> None:
    """Import what some workers need and what takes long."""
    from .serving import SOMETIMES_NEEDED

    for name in (*SOMETIMES_NEEDED, "worker.streams", "traceback"):
        import_module(name)


def serve_control(
    control: socket.socket, idle: float | None = None, is_clean: Callable[[], bool] = bool
) -> None:
    """Answer the judge's requests. Returns in each worker; this process ends when nobody asks any more.

    idle: seconds without a request after which the rest is imported, None if it is there already.
    is_clean: tells whether workers that are gone have left anything behind.
    """
    gone: dict[int, int] = {}
    while True:
        if idle is not None and not select.select([control], [], [], idle)[0]:
            idle = None
            import_the_rest()
        if _answer(control, gone, is_clean):
            return


def _answer(control: socket.socket, gone: dict[int, int], is_clean: Callable[[], bool]) -> bool:
    """Answer one request; return whether this is a worker now. gone: exit codes that nobody has asked for."""
    try:
        data, streams, _, _ = socket.recv_fds(control, REQUEST.size, 3)
        if len(data) < REQUEST.size:
            _exit(0)
        number, kind, pid = REQUEST.unpack(data)
        if kind == FORK:
            value = _fork(control, streams)
        else:
            value = _status(pid, gone) if kind == STATUS else _clear(gone, is_clean)
        if kind == FORK and value == 0:
            return True
        control.sendall(REPLY.pack(number, value is not None, value or 0))
    except OSError:  # the judge is gone
        _exit(0)
    return False


def _fork(control: socket.socket, streams: list[int]) -> int | None:
    """Return a new worker's process id, 0 in the worker, None where no process can be made."""
    gc.freeze()
    try:
        pid = os.fork()
    except OSError:
        pid = None
    if pid == 0:
        control.close()
        _become_worker(streams)
    for descriptor in streams:
        os.close(descriptor)
    return pid


def _become_worker(streams: list[int]) -> None:
    for standard, descriptor in enumerate(streams):
        os.dup2(descriptor, standard)
    os.setsid()
    gc.enable()


def _status(pid: int, gone: dict[int, int]) -> int | None:
    """Return the exit code (-n: signal n) of a worker, None while it runs."""
    if pid in gone:
        return gone.pop(pid)
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # the answer that told was broken off
        return LOST
    return os.waitstatus_to_exitcode(status) if done else None


def _clear(gone: dict[int, int], is_clean: Callable[[], bool]) -> int | None:
    """Kill every other process of this process namespace, of which this is the first. Return `is_clean()`."""
    if os.getpid() != 1:
        return None
    with contextlib.suppress(OSError):  # there is none
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.wait()
            gone[pid] = os.waitstatus_to_exitcode(status)
    return int(is_clean())
