"""A probe that runs inside a kernel and says what its cells left behind: threads, processes, open ports.

Threads and processes that are about to end are waited for. The spare worker of `check` is allowed, once,
and the template that it was forked from.
"""

# mypy: disallow-untyped-defs=False
import json
import os
import threading

import psutil


def _ports():
    own = psutil.Process()
    found = getattr(own, "net_connections", own.connections)(kind="inet")
    return {item.laddr.port for item in found if item.status == psutil.CONN_LISTEN}


def _is_spare(process):
    try:
        return os.path.join("classroom", "worker") in " ".join(process.cmdline())
    except psutil.Error:
        return False


def begin():
    """What is there before the first cell; the kernel's own threads and ports."""
    return {"threads": set(threading.enumerate()), "ports": _ports()}


def _unwanted():
    """Child processes, the template and the spare worker apart."""
    allowed = _spares_of(psutil.Process())  # a template, or a spare that was started without one
    allowed += [spare for template in allowed for spare in _spares_of(template)]
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child not in allowed and child.is_running()]


def _spares_of(process):
    try:
        return [child for child in process.children() if _is_spare(child)][:1]
    except psutil.NoSuchProcess:
        return []


def _describe(process):
    with process.oneshot():
        return f"{process.pid} ({process.status()}): {' '.join(process.cmdline())}"


def report(before, seconds):
    """Print, as JSON, what is there now and was not before; wait up to `seconds` for what is just ending."""
    threads = [thread for thread in threading.enumerate() if thread not in before["threads"]]
    for thread in threads:
        thread.join(seconds / len(threads))
    psutil.wait_procs(_unwanted(), timeout=seconds)
    left = {
        "threads": [thread.name for thread in threads if thread.is_alive()],
        "processes": [_describe(process) for process in _unwanted()],
        "ports": sorted(_ports() - before["ports"]),
    }
    print(json.dumps(left))
