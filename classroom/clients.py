"""Other people's WebSocket clients, for a notebook to try its servers on.

    npm ws              the WebSocket package of Node
    Node                the WebSocket that Node has built in
    websockets          the WebSocket package of Python
    your browser        the one in which the notebook is open, if it is open in one

A client that isn't installed is named in a sentence, and the notebook goes on without it.
"""

from __future__ import annotations

import json
import queue
import re
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import peers
from .servers import serve

__all__ = [
    "Client",
    "Outcome",
    "browser_is_here",
    "find_clients",
    "notebook_display",
    "own_client",
    "run_curl",
]

Visit = tuple[str, Sequence[str]]  # a URL, and the subprotocols to offer

LIMIT = 1.0  # seconds until an unanswered handshake counts as one
SCRIPT = Path(__file__).with_name("clients.js")
HELLO = 1.5  # seconds in which a browser that shows this notebook answers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one handshake.

    `verdict` is what the client did about the server's answer: "accepts", "refuses", "waits" (nothing
    happened in time), "crashes" or "absent" (it was not there to be asked). `said` is its error in its own
    words; of an accepted one, the subprotocol.
    """

    verdict: str
    said: str = ""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.said}" if self.said else self.verdict


@dataclass(frozen=True, slots=True)
class Client:
    """A WebSocket client. Its name says whose it is, with the version where that is known.

    `library` says how it is reached: "python", "browser", or what clients.js takes; "" for an own client.
    """

    name: str
    visit_all: Callable[[Sequence[Visit]], list[Outcome]]
    library: str = ""

    def connect(self, url: str, subprotocols: Sequence[str] = ()) -> Outcome:
        """Open a connection, close it, and say what became of it."""
        return self.visit_all([(url, subprotocols)])[0]

    def connect_all(self, visits: Sequence[str | Visit]) -> list[Outcome]:
        """Do the same several times, one after the other.

        Arguments:
            visits: URLs, or pairs of a URL and the subprotocols to offer there.
        """
        return self.visit_all([(visit, ()) if isinstance(visit, str) else visit for visit in visits])


def find_clients() -> list[Client]:
    """Find the clients on this machine, and print one sentence about each that is missing."""
    clients = [_find_npm_ws(), _find_node(), _find_websockets(), _find_browser()]
    for missing in clients:
        if isinstance(missing, str):
            print(missing)
    return [client for client in clients if isinstance(client, Client)]


def own_client(name: str, connect: Callable[[str], object]) -> Client:
    """Make a client of a function that connects to a URL and raises an error if the handshake fails."""
    return Client(name, lambda visits: [_try(connect, url) for url, _ in visits])


def run_curl(arguments: Sequence[str], input: bytes = b"") -> str:
    """Run curl without its settings file and without a proxy.

    Arguments:
        arguments: what stands behind the word curl.
        input: what it reads as if someone typed it.

    Returns:
        What it printed; if it isn't installed, a sentence that says so.
    """
    curl = peers.find_curl()
    if curl is None:
        return f"curl is not installed, so its part is left out. To get it: {peers.how_to_install('curl')}"
    command = [str(curl.path), "-q", "--noproxy", "*", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=10, input=input, check=False)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


# Python


def _find_websockets() -> Client | str:
    try:
        from websockets.sync.client import connect
        from websockets.version import version
    except ImportError:
        return "The Python package websockets is not installed: its part is left out."

    def connect_once(url: str, subprotocols: Sequence[str]) -> str:
        with connect(url, subprotocols=list(subprotocols) or None, **connect_options()) as websocket:  # type: ignore[arg-type]
            return websocket.subprotocol or ""

    def visit_all(visits: Sequence[Visit]) -> list[Outcome]:
        return [_try(partial(connect_once, subprotocols=offered), url) for url, offered in visits]

    return Client(f"websockets {version}", visit_all, "python")


def connect_options() -> dict[str, Any]:
    """The options of websockets' connect: little patience, and never by way of a proxy."""
    from websockets.version import version

    options: dict[str, Any] = {"open_timeout": LIMIT, "close_timeout": 0.2}
    return options | {"proxy": None} if int(version.split(".")[0]) >= 15 else options


def _try(connect: Callable[[str], object], url: str) -> Outcome:
    try:
        return Outcome("accepts", str(connect(url) or ""))
    except TimeoutError as error:
        return Outcome("waits", str(error) or f"no answer after {LIMIT:g} s")
    except Exception as error:
        return Outcome("refuses", f"{type(error).__name__}: {error}")


# Node


def _find_npm_ws() -> Client | str:
    package = peers.find_node_ws()
    if package is None:
        return f"The npm package ws is not installed: its part is left out. {_to_get('node-ws')}"
    library = str(package.path)
    return Client(f"npm ws {package.version}", partial(_visit_in_node, library), library)


def _find_node() -> Client | str:
    node = peers.find_node()
    if node is None or _numbers(node.version) < (20, 10):
        return f"A Node with a WebSocket of its own, 20.10 or later, is not installed. {_to_get('node')}"
    return Client(f"Node {node.version}", partial(_visit_in_node, "own"), "own")


def _to_get(name: str) -> str:
    return f"To get it: {peers.how_to_install(name)}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _visit_in_node(library: str, visits: Sequence[Visit]) -> list[Outcome]:
    return [Outcome(**outcome) for outcome in run_in_node(SCRIPT, library, visits)]


def run_in_node(script: Path, library: str, jobs: Sequence[Any]) -> list[Any]:
    """Let Node run a script with "own" or a folder as the library, and return what it prints of the jobs."""
    node = peers.require_peer("node")
    behind_a_flag = library == "own" and _numbers(node.version) < (22,)
    flags = ["--experimental-websocket", "--no-warnings"] if behind_a_flag else []
    arguments = [library, json.dumps(jobs), str(int(LIMIT * 1000))]
    printed = subprocess.run(
        [str(node.path), *flags, str(script), *arguments],
        capture_output=True,
        timeout=10 + LIMIT * len(jobs),
        stdin=subprocess.DEVNULL,
        check=True,
    ).stdout
    done: list[Any] = json.loads(printed)
    return done


# The browser that shows the notebook

PAGE = """<script>(async () => {
  %(script)s
  const post = (body) => fetch(%(address)s, { method: "POST", mode: "no-cors", body });
  const report = (value) => post(JSON.stringify(value));
  await report([]);
  const outcomes = await %(task)s(WebSocket, %(jobs)s, %(limit)d);
  await report(outcomes);
})();</script>"""


def _find_browser() -> Client | str:
    if notebook_display() is None:
        return "No browser shows this notebook: its part is left out."
    if not browser_is_here():
        return f"No browser answered from this notebook within {HELLO:g} seconds: its part is left out."
    return Client("your browser", _visit_in_browser, "browser")


def browser_is_here() -> bool:
    """Tell whether a browser shows this notebook: it has HELLO seconds to answer."""
    return _ask_browser([]) is not None


def _visit_in_browser(visits: Sequence[Visit]) -> list[Outcome]:
    outcomes = _ask_browser(visits)
    absent = Outcome("absent", "the browser did not show this cell")
    return [absent] * len(visits) if outcomes is None else outcomes


def _ask_browser(visits: Sequence[Visit]) -> list[Outcome] | None:
    found = run_in_browser(SCRIPT, "openAll", visits)
    return None if found is None else [Outcome(**outcome) for outcome in found]


def run_in_browser(script: Path, task: str, jobs: Sequence[Any]) -> list[Any] | None:
    """Let a script in this cell's output do some jobs and post what it saw; None if no browser does."""
    show = notebook_display()
    if show is None:
        return None
    reports: queue.Queue[list[Any]] = queue.Queue()
    with serve(lambda connection: _take_report(connection, reports)) as server:
        page = PAGE % {
            "script": script.read_text(encoding="utf-8"),
            "address": json.dumps(server.url("/", "http")),
            "task": task,
            "jobs": json.dumps(jobs),
            "limit": LIMIT * 1000,
        }
        clear = show(page)
        try:
            reports.get(timeout=HELLO)
            return reports.get(timeout=HELLO + LIMIT * len(jobs))
        except queue.Empty:
            return None
        finally:
            clear()


def notebook_display() -> Callable[..., Callable[[], None]] | None:
    """Find a function that shows HTML under the running cell and returns one that takes it away again.

    It takes the HTML and, if wanted, what stands for it where only text is shown. None outside a notebook.
    """
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None

    def show(page: str, text: str = "") -> Callable[[], None]:
        handle: Any = display(_as_html(page, text), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        return lambda: handle.update(_as_html(""), raw=True)

    return show


def _as_html(page: str, text: str = "") -> dict[str, str]:
    return {"text/html": page, "text/plain": text}


def _take_report(connection: socket.socket, reports: queue.Queue[list[Any]]) -> None:
    """Read one POST request, put its JSON body into the queue, and answer."""
    with connection.makefile("rb") as stream:
        length = 0
        while (line := stream.readline(4096)) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        body = stream.read(min(length, 65536))
    connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    if body:
        reports.put(json.loads(body))
