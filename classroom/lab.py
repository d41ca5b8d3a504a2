"""`classroom lab`: JupyterLab on this checkout, with its address in one line, and nothing left when it ends.

What a run needs of settings and runtime files lies in a temporary folder (lab_settings.py) that goes with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from classroom.lab_settings import write_settings
from classroom.places import NOTEBOOKS, ROOT, SOLUTIONS, shown, state_folder

DEFAULT_PORT = 8888
_START_LIMIT = 120.0  # seconds until JupyterLab must have answered, generous for a cold disk
_STOP_LIMIT = 15.0  # seconds it gets to end its kernels before it is killed


class LabError(Exception):
    """JupyterLab can't run; the text is for the student."""


class _Stopped(BaseException):
    """The system asked this process to end."""


def run_lab(browser: bool = True, port: int = DEFAULT_PORT, argv: Sequence[str] = ()) -> int:
    """Serve the course in JupyterLab until Ctrl-C, SIGTERM or its own "Shut Down".

    Arguments:
        browser: open a browser on it.
        port: of 127.0.0.1; the next free one if it is taken, any free one for 0.
        argv: more options for JupyterLab, as they are.

    Returns:
        0 when it was ended by the student, 1 when it failed.
    """
    log = state_folder() / "lab.log"
    token = secrets.token_hex(24)
    with _stop_signals(), _folder_of_the_run() as folder:
        try:
            with _jupyter(folder, token, _command(browser, port, argv), log) as process:
                trust_solutions()
                address = wait_for_lab(process, folder / "runtime", token)
                print(f"JupyterLab is ready: {_start_page(address, token)}")
                print(f"Leave this window open; Ctrl-C ends the lab. Messages: {shown(log)}", flush=True)
                return 0 if process.wait() == 0 else _report_failure(log)
        except LabError as error:
            print(error, file=sys.stderr)
            return _report_failure(log)
        except (KeyboardInterrupt, _Stopped):
            print("\nThe lab has ended. Your work is in exercises/ and notebooks/.", flush=True)
            return 0


def trust_solutions() -> None:
    """Sign the solutions in the student's name: of what nobody has signed, Jupyter shows no picture.

    Where nothing can be kept, in a home that is read-only, say, the lab goes on without.
    """
    from nbformat import NO_CONVERT, read
    from nbformat.sign import NotebookNotary

    with contextlib.suppress(OSError):
        notary: Any = NotebookNotary()  # type: ignore[no-untyped-call]
        with contextlib.closing(notary.store):
            for path in SOLUTIONS.glob("*.ipynb"):
                with contextlib.suppress(ValueError):  # somebody is writing it
                    notary.sign(read(path, NO_CONVERT))  # type: ignore[no-untyped-call]


def _report_failure(log: Path) -> int:
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
    print(f"JupyterLab stopped. Its last words (more in {shown(log)}):", *last, sep="\n    ", file=sys.stderr)
    return 1


# What to start


def _command(browser: bool, port: int, argv: Sequence[str]) -> list[str]:
    options = [
        f"--ServerApp.root_dir={ROOT}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--LabApp.default_url={first_page()}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []),
    ]
    return [sys.executable, "-m", "jupyterlab", *options, *argv]


def first_page() -> str:
    """The path of the page that opens: the first notebook, or the folder of the course if there is none."""
    notebooks = sorted(NOTEBOOKS.glob("*.ipynb"))  # 00_start sorts first
    return f"/lab/tree/notebooks/{urllib.parse.quote(notebooks[0].name)}" if notebooks else "/lab"


def _start_page(address: str, token: str) -> str:
    return f"{address.rstrip('/')}{first_page()}?token={token}"


# Starting and ending


@contextlib.contextmanager
def _jupyter(folder: Path, token: str, command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **write_settings(folder), "JUPYTER_TOKEN": token}
    with log.open("wb") as output:
        # In a group of its own: Ctrl-C is for us, and what is left of the group at the end can be found.
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    try:
        yield process
    finally:
        _end(process, folder / "runtime", token)


def _end(process: subprocess.Popen[bytes], runtime: Path, token: str) -> None:
    """Ask JupyterLab to end its kernels and itself, and see to it that it has."""
    try:
        if process.poll() is None and (server := find_server(runtime)):
            with contextlib.suppress(OSError):
                _request(f"{server['url']}api/shutdown", token, "POST")
                process.wait(_STOP_LIMIT)
        process.terminate()  # it ends its kernels then, too, on all systems but Windows
        process.wait(_STOP_LIMIT)
    except subprocess.TimeoutExpired:
        print("JupyterLab does not end by itself; it is made to.", file=sys.stderr)
    finally:  # also when a second Ctrl-C says that it takes too long
        process.kill()
        process.wait()


@contextlib.contextmanager
def _folder_of_the_run() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="minews-lab-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def find_server(runtime: Path) -> dict[str, str] | None:
    """What the server in a runtime folder says of itself ("url", "root_dir", ...); None before it does."""
    for path in runtime.glob("jpserver-*.json"):
        with contextlib.suppress(OSError, ValueError):
            found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
            return found
    return None


def wait_for_lab(process: subprocess.Popen[bytes], runtime: Path, token: str) -> str:
    """Wait until JupyterLab answers.

    Returns:
        Its address, such as "http://127.0.0.1:8888/".

    Raises:
        LabError: it has ended, or hasn't answered in time.
    """
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LabError("JupyterLab ended before it was ready.")
        server = find_server(runtime)
        if server:
            with contextlib.suppress(OSError):
                _request(f"{server['url']}api/status", token)
                return server["url"].replace("//localhost:", "//127.0.0.1:")
        time.sleep(0.1)
    raise LabError(f"JupyterLab did not answer within {_START_LIMIT:.0f} seconds.")


def _request(url: str, token: str, method: str = "GET") -> bytes:
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {token}"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by way of a proxy
    with direct.open(request, timeout=10) as response:
        body: bytes = response.read()
    return body


@contextlib.contextmanager
def _stop_signals() -> Iterator[None]:
    """Let SIGTERM, and the closing of the terminal, end the lab as cleanly as Ctrl-C does."""

    def stop(number: int, frame: object) -> None:
        raise _Stopped

    names = [name for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), stop) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
