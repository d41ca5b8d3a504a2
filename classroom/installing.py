"""The set-up itself: one at a time, a fresh .venv, the pinned packages into it, and lines to read meanwhile.

uv does it where there is one, since it is ten times as fast; else, and if uv fails, the pip inside .venv.
Standard library only.
"""

from __future__ import annotations

import importlib.util
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Tell = Callable[[str], None]

_SILENCE = 10.0  # seconds without a line from the installer after which we say that it is still at work
_NO_NETWORK = (
    "name resolution", "getaddrinfo", "name or service not known", "nodename nor servname",
    "failed to establish a new connection", "connection refused", "network is unreachable", "dns error",
    "error sending request", "connecttimeout", "read timed out", "failed to fetch", "connection reset",
    "proxyerror", "connection broken",
)  # fmt: skip


class SetUpError(Exception):
    """The set-up can't go on; the text is for the person who started it."""


# One at a time


@contextmanager
def only_one(path: Path, tell: Tell) -> Iterator[int]:
    """Wait until no other process holds this lock file, and hold it; the system lets go when a process ends.

    Arguments:
        path: the lock file; made on demand, and left there.
        tell: called with a line to read if there is somebody to wait for.

    Yields:
        The file's descriptor. A child that inherits it holds the lock, too.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise SetUpError(f"The folder {path.parent} can't be written to: {error.strerror}.") from error
    try:
        if not _try_lock(descriptor):
            tell("Another start is setting up the course; waiting for it.")
            while not _try_lock(descriptor):
                time.sleep(0.2)
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@dataclass(frozen=True)
class Plan:
    """One set-up: what goes where, and whom to tell."""

    folder: Path
    """The environment to make or to fill, .venv."""
    python: Path
    """The Python inside it."""
    pins: Path
    """A file of requirements with hashes."""
    root: Path
    """The checkout, which is installed as well (editable)."""
    keep_open: tuple[int, ...]
    """The descriptor of the lock: an installer inherits it, so that the lock lasts as long as it works."""
    tell: Tell
    """Called with each line to read."""


# The environment


def make_environment(plan: Plan, mark: Callable[[], None]) -> None:
    """Make an empty environment with pip, in place of a broken one of ours.

    Arguments:
        plan: what goes where.
        mark: called as soon as the folder is there, to note in it that it is half made.

    Raises:
        SetUpError: this Python can't, or the folder can't be written.
    """
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetUpError(_no_venv_text())
    plan.tell(f"[1/3] Making an environment for Python {_own_version()}")
    try:
        if plan.folder.exists():
            shutil.rmtree(plan.folder)
        plan.folder.mkdir()
        mark()
    except OSError as error:
        raise SetUpError(f"The folder {plan.folder} can't be made anew: {error}.") from error
    _run([_python_outside(), "-m", "venv", str(plan.folder)], plan)


def _python_outside() -> str:
    """A Python that isn't the one about to be made anew."""
    return getattr(sys, "_base_executable", "") or sys.executable


def _own_version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _no_venv_text() -> str:
    return (
        "This Python can't make environments: its modules venv and ensurepip are missing.\n"
        f"On Debian and Ubuntu, type   sudo apt install python{_own_version()}-venv   and start again.\n"
        "On other systems, install Python from its own installer or your package manager, with pip."
    )


# The packages


def install_packages(plan: Plan) -> None:
    """Install the pinned packages, then the checkout itself, and nothing that isn't pinned.

    Raises:
        SetUpError: it failed; the text says why, as far as that can be told.
    """
    uv = shutil.which("uv")
    if uv:
        try:
            return _install_with("uv", [uv, "pip", "install", "--python", str(plan.python)], plan)
        except SetUpError as error:
            plan.tell(f"{error}\nTrying again with pip.")
    pip = [str(plan.python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    return _install_with("pip", [*pip, "--progress-bar", "off", "--retries", "2"], plan)


def _install_with(tool: str, install: Sequence[str], plan: Plan) -> None:
    plan.tell(f"[2/3] Installing the packages with {tool} (a minute or two)")
    pinned = ["--require-hashes", "--only-binary", ":all:", "-r", str(plan.pins)]
    _run([*install, "--no-deps", *pinned], plan)
    plan.tell("[3/3] Installing this checkout")
    # no isolation: its build backend is one of the pinned packages, so that nothing else is fetched
    _run([*install, "--no-deps", "--no-build-isolation", "--no-index", "-e", str(plan.root)], plan)


# Running an installer


def _run(command: Sequence[str], plan: Plan) -> None:
    environment = {**os.environ, "PIP_USER": "0", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment,
        pass_fds=plan.keep_open if os.name == "posix" else (),
    ) as process:
        try:
            for line in _lines_or_silence(process, plan.tell):
                lines.append(line)
                _show_progress(lines, plan.tell)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        log = plan.folder / "setup.log"
        log.write_text("\n".join(lines), encoding="utf-8")
        raise SetUpError(explain_failure(lines, log))


def _lines_or_silence(process: subprocess.Popen[str], tell: Tell) -> Iterator[str]:
    """The lines that a program prints; in between, tell that it is still at work."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    started = time.monotonic()
    while True:
        try:
            line = lines.get(timeout=_SILENCE)
        except queue.Empty:
            tell(f"      still at work after {time.monotonic() - started:.0f} s")
            continue
        if line is None:
            return
        yield line


def _show_progress(lines: Sequence[str], tell: Tell) -> None:
    """Tell every tenth package that is fetched, each big one, and the end of a step."""
    newest = lines[-1].strip()
    if newest.startswith("Collecting "):
        count = sum(line.startswith("Collecting ") for line in lines)
        if count % 10 == 0:
            tell(f"      {count} packages fetched")
    elif newest.startswith("Installing collected packages"):
        tell("      all fetched; putting them in place")
    elif newest.startswith(("Prepared ", "Installed ")) or newest.endswith(("MB)", "MiB)")):
        tell(f"      {newest}")


def explain_failure(lines: Sequence[str], log: Path) -> str:
    """Say in plain words why an installer failed.

    Arguments:
        lines: what it printed.
        log: where that was kept.
    """
    text = "\n".join(lines).lower()
    if any(sign in text for sign in _NO_NETWORK):
        return (
            "The packages could not be fetched: no connection to the package index.\n"
            "Check the network (and the proxy, if you are behind one), then type the same command again."
        )
    if "no space left" in text:
        return "The disk is full. Make room (about 800 MB are needed), then type the same command again."
    if "no matching distribution" in text or "no solution found" in text:
        return (
            f"A package has no ready-made build for Python {_own_version()} on this system:\n"
            f"    {_last_error(lines)}\n"
            f"Use a Python between 3.11 and 3.14, in 64 bits. The whole report is in {log}"
        )
    return f"The installation failed:\n    {_last_error(lines)}\nThe whole report is in {log}"


def _last_error(lines: Sequence[str]) -> str:
    errors = [line for line in lines if "error" in line.lower()] or list(lines) or ["(it said nothing)"]
    return errors[-1].strip()
