"""A page in a real browser, curl, npm ws and `websockets`, with the reference and with a student's stack.

The student has solved everything, as the notebooks in solutions/ do, or every second exercise.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from playwright.sync_api import Page
from websockets.sync.client import connect

import minews
from classroom import composing, places, regions
from classroom.build.exercises import exercises_in
from classroom.syllabus import LESSONS, Exercise
from tests.minews.heads import ACCEPT, REQUEST
from tests.minews.talks import (
    ECHO_CLIENT,
    ECHO_SERVER,
    PATIENCE,
    SIZES,
    binary_of,
    echo,
    exchange,
    node,
    text_of,
    websockets_server,
)

pytestmark = pytest.mark.xdist_group("stacks")

CODES = [1000, 3000, 4999]  # those that a page's script may give

# Sends each size as text and as binary, one after the other, and says how many came back as they were sent;
# then opens a connection for each code.
PAGE = """<!doctype html><meta charset="utf-8"><title>talk</title><script>
const address = new URL("/", location.href.replace("http", "ws"));
const text = (size) => "Aé€".repeat(Math.floor(size / 6)) + "a".repeat(size % 6);
const binary = (size) => Uint8Array.from({ length: size }, (_, i) => i % 251);
const same = (sent, got) => typeof sent === "string" ? sent === got
  : got instanceof ArrayBuffer && String(new Uint8Array(got)) === String(sent);

const open = () => {
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  const closed = new Promise((done) => {
    socket.onclose = (event) => done([event.code, event.reason, event.wasClean]);
  });
  return { socket, closed };
};

const talk = async (sizes) => {
  const { socket, closed } = open();
  const messages = sizes.flatMap((size) => [text(size), binary(size)]);
  let echoed = 0, next = 0;
  socket.onopen = () => socket.send(messages[0]);
  socket.onmessage = (event) => {
    echoed += same(messages[next], event.data);
    next += 1;
    if (next < messages.length) socket.send(messages[next]); else socket.close(1000);
  };
  const ending = await closed;
  return { echoed, ending };
};

const leave = (code) => {
  const { socket, closed } = open();
  socket.onopen = () => socket.close(code, "bye");
  return closed;
};

const stay = () => {
  const { socket, closed } = open();
  window.ending = closed;
  return new Promise((done) => { socket.onopen = done; }).then(() => "open");
};
</script>"""


def solve(work: Path, wanted: list[Exercise]) -> None:
    """Write what the solutions have for these exercises into a student's folder."""
    for lesson in LESSONS:
        notebook = nbformat.read(places.SOLUTIONS / f"{lesson.slug}.ipynb", as_version=4)
        cells = {cell.id: cell.source for cell in notebook.cells}
        for exercise in lesson.exercises:
            if exercise in wanted:
                text, _, _ = cells[f"exercise-{exercise.id.replace('.', '-')}"].rpartition("\n\ncheck(")
                regions.write_region(exercise, text)


LIBRARY = [
    exercise for module in ("tcp", "handshake", "frames", "blocking") for exercise in exercises_in(module)
]
STACKS = {"minews": None, "yours, solved": LIBRARY, "yours, half solved": LIBRARY[::2]}


@pytest.fixture(scope="module", params=STACKS)
def stack(request, tmp_path_factory) -> ModuleType:
    """minews, or a student's stack."""
    solved = STACKS[request.param]
    if solved is None:
        return minews
    work = tmp_path_factory.mktemp("student")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINEWS_WORK", str(work))
        solve(work, solved)
        composed = composing.compose()
    theirs = {part.exercise.id for part in composed.parts.values() if part.whose == "yours"}
    assert theirs == {exercise.id for exercise in solved}
    return composed.package


@pytest.fixture
def server(stack):
    """A server of this stack that sends back what comes, and has a page."""
    with stack.BlockingServer(str, on_binary=bytes, pages={"/": PAGE.encode()}) as running:
        yield running


@pytest.fixture
def page(browser, server) -> Page:
    """The server's own page, in the browser."""
    page = browser.new_page()
    page.goto(server.url("/", "http"))
    yield page
    page.close()


@pytest.mark.browser
@pytest.mark.slow
class TestAPageInABrowser:
    def test_gets_back_text_and_binary_of_each_size(self, page):
        said = page.evaluate("(sizes) => talk(sizes)", SIZES)
        assert said == {"echoed": 2 * len(SIZES), "ending": [1000, "", True]}

    def test_hears_its_own_code_in_the_servers_close(self, page):
        heard = [page.evaluate("(code) => leave(code)", code) for code in CODES]
        assert heard == [[code, "", True] for code in CODES]

    def test_hears_of_the_servers_end(self, page, server):
        assert page.evaluate("() => stay()") == "open"
        server.close()
        code, _, was_clean = page.evaluate("() => window.ending")
        assert (code, was_clean) == (1001, True)


class TestClientsAtTheServer:
    @pytest.mark.peer("curl")
    def test_curl_is_let_in(self, server):
        headers = [f"-H{name}: {value}" for name, value in REQUEST.items() if name != "Host"]
        options = ["-qsiN", "--http1.1", "--noproxy", "*", "--max-time", "1"]
        url = server.url("/chat", "http")
        done = subprocess.run(["curl", *options, *headers, url], capture_output=True, timeout=PATIENCE)
        assert done.stdout.startswith(b"HTTP/1.1 101 ")
        assert f"\r\nSec-WebSocket-Accept: {ACCEPT}\r\n".encode() in done.stdout

    @pytest.mark.peer("node", "node-ws")
    def test_npm_ws_gets_everything_back(self, server):
        command = node(ECHO_CLIENT, server.url(), json.dumps(SIZES), json.dumps(CODES))
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
        assert json.loads(done.stdout) == {"echoed": 2 * len(SIZES), "pong": "ff00", "codes": [1000, *CODES]}

    def test_websockets_gets_everything_back(self, server):
        with connect(server.url(), proxy=None) as client:
            for size in SIZES:
                for message in (text_of(size), binary_of(size)):
                    client.send(message)
                    assert client.recv(PATIENCE) == message
            client.close(3000, "bye")
        assert client.close_code == 3000


class TestTheClientAtServers:
    @pytest.mark.peer("node", "node-ws")
    def test_npm_ws_sends_everything_back(self, stack):
        with subprocess.Popen(node(ECHO_SERVER), stdout=subprocess.PIPE, text=True) as process:
            try:
                client = stack.BlockingClient(PATIENCE)
                client.connect(f"ws://127.0.0.1:{int(process.stdout.readline())}/")
                assert client.recv() == "pong are you there?"
                exchange(client)
                assert client.close(3000) == 3000
                assert int(process.stdout.readline()) == 3000
            finally:
                process.terminate()

    def test_websockets_sends_everything_back(self, stack):
        with websockets_server(echo) as url:
            client = stack.BlockingClient(PATIENCE)
            client.connect(url)
            exchange(client)
            assert client.close(3000) == 3000

    def test_it_talks_to_the_server_of_its_own_stack(self, stack, server):
        client = stack.BlockingClient(PATIENCE)
        client.connect(server.url())
        exchange(client)
        assert client.close() == 1000
