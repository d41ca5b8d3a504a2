"""The WebSocket on which a notebook talks to its kernel, for a client of the reader's own.

The page of JupyterLab and the kernel never meet. Between them stands the Jupyter server: page and server
talk over a WebSocket, one for each kernel, at /api/kernels/<id>/channels. What stands in the way of a client
that knows nothing but a URL:

    who may come    the server wants its token, and takes it in the query too: ?token=...
    Origin          is checked if there is one; a browser always sends it, our client does not
    subprotocol     the page offers one for binary messages; who offers none gets JSON text
    size            a message comes in one frame, and rarely has more than a few thousand bytes

Where no Jupyter server knows this kernel (a build, a test, another editor), one is started for a moment.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from .lab import wait_for_lab
from .lab_settings import write_settings

__all__ = ["KernelSocket", "find_own_kernel", "kernel_socket", "write_request"]

STOP_LIMIT = 5.0  # seconds that the private server gets to end


@dataclass(frozen=True, slots=True)
class KernelSocket:
    """Where the WebSocket of one kernel is.

    Arguments:
        port: of the Jupyter server, on 127.0.0.1.
        path: of its WebSocket.
        token: lets in whoever knows it, so it is not shown.
        is_own: whether it is the kernel of this very notebook.
    """

    port: int
    path: str
    token: str = field(repr=False)
    is_own: bool

    @property
    def resource_name(self) -> str:
        """Path and query, with the token."""
        return f"{self.path}?token={quote(self.token, safe='')}"

    @property
    def url(self) -> str:
        """The whole address, with the token: not to be shown."""
        return f"ws://127.0.0.1:{self.port}{self.resource_name}"

    def __str__(self) -> str:
        whose = "this notebook's own kernel" if self.is_own else "a kernel started for this cell"
        return f"{whose}, at ws://127.0.0.1:{self.port}{self.path}?token=(not shown)"


@contextlib.contextmanager
def kernel_socket() -> Iterator[KernelSocket]:
    """Find the WebSocket of this notebook's kernel; without one, start a kernel that has one, for the block.

    Raises:
        LabError: if no Jupyter server could be started.
    """
    own = find_own_kernel()
    if own:
        yield own
        return
    with _private_server() as (address, token):
        kernel = json.loads(_ask(address, token, "api/kernels", "POST"))["id"]
        try:
            yield _describe(address, token, kernel, is_own=False)
        finally:
            _ask(address, token, f"api/kernels/{kernel}", "DELETE")


def find_own_kernel() -> KernelSocket | None:
    """Find the WebSocket that a Jupyter server has for this notebook's kernel; None if no server knows it."""
    try:
        from ipykernel.connect import get_connection_file
        from jupyter_core.paths import jupyter_runtime_dir

        kernel = Path(get_connection_file()).stem.removeprefix("kernel-")
    except (ImportError, RuntimeError):
        return None
    for path in Path(jupyter_runtime_dir()).glob("jpserver-*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError):  # stale, or not ours to ask
            server = json.loads(path.read_text(encoding="utf-8"))
            found = json.loads(_ask(server["url"], server["token"], f"api/kernels/{kernel}"))
            if found["id"] == kernel and not server.get("secure"):
                return _describe(server["url"], server["token"], kernel, is_own=True)
    return None


def write_request(kind: str, content: dict[str, Any] | None = None, channel: str = "shell") -> str:
    """Write a message to a kernel as JSON text, as Jupyter's messaging protocol 5.3 wants it.

    Arguments:
        kind: its type, such as "kernel_info_request" or "execute_request".
        content: what belongs to this type.
        channel: "shell", where requests wait until the kernel has time, or "control", where they do not.
    """
    header = {
        "msg_id": secrets.token_hex(16),
        "msg_type": kind,
        "username": "",
        "session": secrets.token_hex(16),
        "date": datetime.now(UTC).isoformat(),
        "version": "5.3",
    }
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content or {}}
    return json.dumps({**message, "channel": channel, "buffers": []})


def _describe(address: str, token: str, kernel: str, is_own: bool) -> KernelSocket:
    parts = urlsplit(address)
    return KernelSocket(parts.port or 80, f"{parts.path}api/kernels/{kernel}/channels", token, is_own)


@contextlib.contextmanager
def _private_server() -> Iterator[tuple[str, str]]:
    """Run a bare Jupyter server with nobody's settings; yield its address and its token."""
    with tempfile.TemporaryDirectory(prefix="minews-kernel-", ignore_cleanup_errors=True) as name:
        token = secrets.token_hex(24)
        process = _start_server(Path(name), token)
        try:
            yield wait_for_lab(process, Path(name) / "runtime", token), token
        finally:
            process.terminate()
            try:
                process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start_server(folder: Path, token: str) -> subprocess.Popen[bytes]:
    own = {"JUPYTER_TOKEN": token, "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_NO_CONFIG": "1"}
    environment = {**os.environ, **write_settings(folder), **own}
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={folder}"),
        *("--ServerApp.jpserver_extensions={}", "--ServerApp.log_level=ERROR"),
        *(["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []),
    ]
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=os.name == "posix",  # the stop button is for the cell
    )


def _ask(address: str, token: str, path: str, method: str = "GET") -> bytes:
    data = b"{}" if method == "POST" else None
    headers = {"Authorization": f"token {token}"}
    request = urllib.request.Request(address + path, data, headers, method=method)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by way of a proxy
    with direct.open(request, timeout=10) as response:
        body: bytes = response.read()
    return body
