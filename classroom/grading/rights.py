"""Root is no one to look at submissions: give up its rights, for good."""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from ..worker import kernel
from .sandbox import unused_user

__all__ = ["drop_rights"]

READ_ANYTHING = 2  # CAP_DAC_READ_SEARCH
PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 8, 47, 2


def drop_rights() -> None:
    """If this process is root, become a user who owns nothing.

    Where such a user could not even read Python's library (one under /root, say), the right to read files is
    kept.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    user = unused_user(judges=True)
    keeps = not _all_may_read(os.path.dirname(os.__file__), sys.executable, sys.prefix, __file__)
    libc = ctypes.CDLL(None, use_errno=True)
    if keeps:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if keeps:
        _keep_reading(libc)
    libc.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _keep_reading(libc: ctypes.CDLL) -> None:
    """Keep one right, for the processes that are started from here, too."""
    header = struct.pack("Ii", kernel.CAPABILITY_VERSION, 0)
    low = struct.pack("III", *[1 << READ_ANYTHING] * 3)
    if libc.syscall(kernel.number_of("capset"), header, low + bytes(12)) < 0:
        raise OSError(ctypes.get_errno(), "capset")
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, READ_ANYTHING, 0, 0)


def _all_may_read(*paths: str) -> bool:
    """Whether anybody may go to these paths and read what is there."""
    for path in map(os.path.realpath, paths):
        while path != os.path.dirname(path):
            mode = os.stat(path).st_mode
            wanted = 0o5 if os.path.isdir(path) else 0o4
            if mode & wanted != wanted:
                return False
            path = os.path.dirname(path)
    return True
