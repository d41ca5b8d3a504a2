"""How long, and with how much memory, the student's code may run.

A thread of our own looks every 20 ms, whatever the code's `except:` swallows. Where the code never lets it
run (one long call in C), a timer of the system ends the process, and its last words name the line.
"""

import contextlib
import faulthandler
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from .pace import slowness
from .protocol import Limits

if sys.platform != "win32":
    import resource
    import signal

POLL = 0.02  # seconds
MARGIN = 0.25  # seconds of CPU more, after which the system's timer ends what the thread could not
BUSY = 0.25  # who used this share of the CPU limit was computing, though the machine gave it no more
LARGEST_FILE = 64 << 20  # bytes
_now, _cpu = time.monotonic, time.process_time  # the student's code may replace them in their modules


class Watch:
    """Ends the process when a limit is passed. exceeded(how, detail): tells the judge; does not return."""

    def __init__(self, exceeded: Callable[[str, str], None]) -> None:
        self._exceeded = exceeded
        self._thread: threading.Thread | None = None
        self._armed = threading.Event()
        self._limits = Limits()
        self._ends = (math.inf, math.inf)  # of process_time and monotonic
        self._memory_end = math.inf

    def arm(self, limits: Limits) -> None:
        """Count from now on. The limit of the address space is set once and stays."""
        if self._thread is None:
            _limit_system(limits.memory)
            self._memory_end = _memory_used() + limits.memory
            self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
            self._thread.start()
        self._limits = limits = replace(limits, cpu=limits.cpu * slowness())
        self._ends = (_cpu() + limits.cpu, _now() + limits.wall)
        _arm_system_timer(limits.cpu)
        self._armed.set()

    def disarm(self) -> None:
        """Stop counting, until the next `arm`."""
        self._armed.clear()
        _arm_system_timer(0)

    def _watch(self) -> None:
        pause = threading.Event()
        while self._armed.wait():
            pause.wait(POLL)
            cpu_end, wall_end = self._ends
            if not self._armed.is_set():
                continue
            late, computed = _now() > wall_end, _cpu() - cpu_end + self._limits.cpu
            if computed > self._limits.cpu or (late and computed > self._limits.cpu * BUSY):
                self._exceeded("endless", f"it computed for {computed:.1f} s without coming to an end")
            elif late:
                self._exceeded("waiting", f"it waited, and did not come back within {self._limits.wall:g} s")
            elif _memory_used() > self._memory_end:
                self._exceeded("memory", f"it took more than {self._limits.memory >> 20} MiB")


def prepare_last_words() -> None:
    """Let a crash, and the system's timer, write where the code was to what was stderr."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        faulthandler.enable(sys.stderr)
        faulthandler.register(signal.SIGPROF, sys.stderr, all_threads=True, chain=True)


def _limit_system(memory: int) -> None:
    """Set what the system can limit by itself."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    with contextlib.suppress(OSError, ValueError):
        end = address_space() + memory
        resource.setrlimit(resource.RLIMIT_AS, (end, end))


def address_space() -> int:
    """Return the bytes of address space in use. Raises OSError where the system doesn't say."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _arm_system_timer(cpu: float) -> None:
    """End the process after `cpu` seconds of computing and a margin; 0: don't."""
    if sys.platform == "win32":
        return
    signal.setitimer(signal.ITIMER_PROF, cpu + MARGIN if cpu else 0)
    with contextlib.suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        end = math.ceil(_cpu() + cpu + MARGIN) + 1 if cpu else most
        resource.setrlimit(resource.RLIMIT_CPU, (end, most))


if sys.platform == "win32":

    def _memory_used() -> int:
        """Return the bytes that this process has asked of the system."""
        import ctypes
        from ctypes import wintypes

        class Counters(ctypes.Structure):
            _fields_ = (
                ("cb", wintypes.DWORD),
                ("PageFaultCount", wintypes.DWORD),
                *((f"size{index}", ctypes.c_size_t) for index in range(6)),
                ("PagefileUsage", ctypes.c_size_t),
                ("PeakPagefileUsage", ctypes.c_size_t),
            )

        counters = Counters(cb=ctypes.sizeof(Counters))
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        get = kernel.K32GetProcessMemoryInfo
        get.argtypes = (wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD)
        get(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
        return int(counters.PagefileUsage)

else:

    def _memory_used() -> int:
        """Return the most bytes of memory that this process has had."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
