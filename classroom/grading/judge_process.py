"""The process that judges: jobs come in on stdin, results go out on stdout, one after the other.

Started as root, it gives up being root before it looks at a submission. What it reads are pickles of the one
who started it; what it writes is JSON, since somebody who trusts nobody reads it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle
import queue
import resource
import struct
import sys
import threading
from os import _exit
from typing import IO, Any

from ..worker.limits import address_space
from .judging import Judge, Settings
from .rights import drop_rights
from .sandbox import SandboxError

LENGTH = struct.Struct(">I")
MEMORY = 1 << 30  # bytes of address space
FULL = 1 << 29  # of them with which another process had better go on: what is judged next may need some
NEW_OBJECTS = 50_000  # until the garbage among them is collected


def serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """Judge until there are no jobs any more; whoever started this process may also be gone in the middle."""
    settings: Settings
    settings, processor = _read(incoming)
    if processor is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {processor})
    try:
        judge = Judge(settings)
    except SandboxError as error:
        _write(outgoing, {"refused": str(error)})
        return
    judge.prepare()
    _collect_seldom()
    drop_rights()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    _write(outgoing, {"ready": judge.isolation})
    for submission in iter(_follow(incoming).get, None):
        _write(outgoing, judge.grade(submission) | {"full": address_space() > FULL})
    judge.end()


def _collect_seldom() -> None:
    """Spare what stays from being looked at again and again: that takes a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


def _follow(incoming: IO[bytes]) -> queue.Queue[Any]:
    """Read jobs on a thread, which ends the process when there will be none: nobody waits for one then."""
    jobs: queue.Queue[Any] = queue.Queue()

    def read() -> None:
        with contextlib.suppress(EOFError):
            while True:
                jobs.put(_read(incoming))
        _exit(0)

    threading.Thread(target=read, name="jobs", daemon=True).start()
    return jobs


def _read(incoming: IO[bytes]) -> Any:
    head = incoming.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    return pickle.loads(incoming.read(*LENGTH.unpack(head)))


def _write(outgoing: IO[bytes], message: dict[str, object]) -> None:
    data = json.dumps(message).encode("ascii")
    outgoing.write(LENGTH.pack(len(data)) + data)
    outgoing.flush()


if __name__ == "__main__":
    standard = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what somebody prints must not get among the results
    serve(sys.stdin.buffer, standard)
