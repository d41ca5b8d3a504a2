"""Other people's clients, as the notebooks use them: what each does is told, and what is missing is named."""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
import urllib.request

import pytest

from classroom import clients, peers
from classroom.clients import Outcome, find_clients, own_client, run_curl
from classroom.servers import serve
from minews import accept_client, parse_request_head, refuse, take_head
from minews.types import HandshakeError


def read_head(conn: socket.socket) -> bytes:
    buffer = bytearray()
    while (head := take_head(buffer)) is None:
        buffer += conn.recv(4096) or b"\n"
    return head


def door(conn: socket.socket) -> None:
    """A server that speaks chat at /chat, and answers wrongly at /wrong."""
    try:
        request = parse_request_head(read_head(conn))
        answer, _ = accept_client(request, resource_names=["/chat", "/wrong"], subprotocols=["chat"])
    except HandshakeError as error:
        answer = refuse(error)
    else:
        if request.target == "/wrong":
            answer = re.sub(rb"(?<=Accept: ).+(?=\r)", b"AAAA", answer)
    conn.sendall(answer)


@pytest.fixture
def server():
    with serve(door) as running:
        yield running


def named(start: str) -> clients.Client:
    return next(client for client in find_clients() if client.name.startswith(start))


REAL = [
    "websockets",
    pytest.param("npm ws", marks=pytest.mark.peer("node-ws")),
    pytest.param("Node", marks=pytest.mark.peer("node")),
]


@pytest.mark.parametrize("start", REAL)
def test_a_real_client_says_what_became_of_each_visit(start, server):
    try:
        client = named(start)
    except StopIteration:
        pytest.skip(f"this Node has no WebSocket of its own: {peers.find_node()}")
    chat = server.url("/chat")
    outcomes = client.connect_all([chat, (chat, ["chat", "mqtt"]), server.url("/wrong"), server.url("/nope")])
    assert outcomes[:2] == [Outcome("accepts"), Outcome("accepts", "chat")]
    assert [outcome.verdict for outcome in outcomes[2:]] == ["refuses", "refuses"]
    assert all(outcome.said for outcome in outcomes[2:])


@pytest.mark.parametrize("start", REAL)
def test_a_real_client_gives_up_on_a_server_that_never_answers(start, monkeypatch):
    monkeypatch.setattr(clients, "LIMIT", 0.3)
    over = threading.Event()
    with serve(lambda conn: over.wait(10)) as silent:
        try:
            assert named(start).connect(silent.url("/")).verdict == "waits"
        except StopIteration:
            pytest.skip(f"this Node has no WebSocket of its own: {peers.find_node()}")
        finally:
            over.set()


@pytest.mark.peer("node-ws")
def test_a_client_that_is_handed_a_wrong_scheme_refuses_in_its_own_words():
    outcome = named("npm ws").connect("wxs://example.com/")
    assert outcome.verdict == "refuses" and "SyntaxError" in outcome.said


@pytest.mark.peer("node")
def test_an_error_that_nobody_catches_is_told_as_a_crash_and_the_next_visit_still_happens(tmp_path, server):
    library = tmp_path / "broken.js"
    library.write_text(
        "const fail = () => { throw new Error('ouch') };\n"
        "module.exports = class { constructor() { setTimeout(fail, 1) } close() {} };\n"
    )
    outcomes = clients._visit_in_node(str(library), [("ws://a/", ()), ("ws://b/", ())])
    assert outcomes == [Outcome("crashes", "Error: ouch")] * 2


def test_a_function_becomes_a_client():
    def connect(url: str) -> str | None:
        if "refuse" in url:
            raise HandshakeError(404, reason="nothing here")
        if "wait" in url:
            raise TimeoutError
        return "chat" if "chat" in url else None

    outcomes = own_client("yours", connect).connect_all(["/refuse", "/wait", "/chat", "/"])
    assert [str(outcome) for outcome in outcomes] == [
        "refuses: HandshakeError: 404 nothing here",
        "waits: no answer after 1 s",
        "accepts: chat",
        "accepts",
    ]


def test_every_client_that_is_missing_is_named_in_a_sentence_of_its_own(monkeypatch, capsys):
    for name in ("find_node", "find_node_ws"):
        monkeypatch.setattr(peers, name, lambda: None)
    monkeypatch.setitem(sys.modules, "websockets.sync.client", None)
    assert find_clients() == []
    lines = capsys.readouterr().out.splitlines()
    assert [re.search(r"package ws|Node with|package websockets|browser", line)[0] for line in lines] == [
        "package ws",
        "Node with",
        "package websockets",
        "browser",
    ]
    assert all(line.endswith(".") or "To get it: " in line for line in lines)


def test_a_node_without_websocket_of_its_own_counts_as_missing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(peers, "find_node", lambda: peers.Peer("node", tmp_path, "18.19.0"))
    assert not any(client.name.startswith("Node") for client in find_clients())
    assert "20.10 or later" in capsys.readouterr().out


def test_proxies_do_not_come_between_a_client_and_the_loopback_address(monkeypatch, server):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert named("websockets").connect(server.url("/chat")) == Outcome("accepts")


@pytest.mark.peer("curl")
def test_curl_shows_the_answer_as_it_came_whatever_proxy_is_set(monkeypatch, server):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert run_curl(["-i", "-s", server.url("/chat", "http")]).startswith("HTTP/1.1 426 Upgrade Required")


def test_a_missing_curl_is_named_in_a_sentence(monkeypatch):
    monkeypatch.setattr(peers, "find_curl", lambda: None)
    assert run_curl(["-i"]).startswith("curl is not installed, so its part is left out. To get it: ")


# The browser


def test_outside_a_notebook_no_browser_is_waited_for():
    started = time.monotonic()
    assert clients._ask_browser([]) is None
    assert time.monotonic() - started < clients.HELLO


class Screen:
    """Stands in for the notebook's output area; `look` plays the browser that shows what is put there."""

    def __init__(self, look):
        self.look, self.page, self.threads = look, "", []

    def show(self, page: str):
        self.page = page
        thread = threading.Thread(target=self.look, args=(page,))
        thread.start()
        self.threads.append(thread)
        return self.clear

    def clear(self) -> None:
        self.page = ""


@pytest.fixture
def screen(monkeypatch):
    def put(look) -> Screen:
        made = Screen(look)
        monkeypatch.setattr(clients, "notebook_display", lambda: made.show)
        monkeypatch.setattr(clients, "HELLO", 0.5)
        opened.append(made)
        return made

    opened: list[Screen] = []
    yield put
    for made in opened:
        for thread in made.threads:
            thread.join(5)


def post(page: str, *bodies: bytes) -> None:
    address = re.search(r'fetch\("(http://[^"]+)"', page)[1]
    for body in bodies:
        urllib.request.urlopen(urllib.request.Request(address, body), timeout=5).close()


def test_the_browser_that_shows_the_notebook_reports_what_it_saw(screen):
    made = screen(lambda page: post(page, b"[]", b'[{"verdict": "refuses", "said": "an error"}]'))
    assert clients._visit_in_browser([("ws://a/", ())]) == [Outcome("refuses", "an error")]
    assert made.page == "", "the script must not stay in the saved notebook"


def test_a_notebook_that_no_browser_shows_is_given_up_on_soon(screen):
    made = screen(lambda page: None)
    assert "within 0.5 seconds" in clients._find_browser(), "the wait is explained"
    assert made.page == ""


def test_a_browser_that_stops_answering_counts_as_absent(screen, monkeypatch):
    monkeypatch.setattr(clients, "LIMIT", 0.1)
    screen(lambda page: post(page, b"[]"))
    assert [outcome.verdict for outcome in clients._visit_in_browser([("ws://a/", ())] * 2)] == ["absent"] * 2


@pytest.mark.browser
def test_a_real_browser_visits_and_reports(screen, server):
    from playwright.sync_api import sync_playwright

    def look(page: str) -> None:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
        flags += ["--disable-background-networking", "--disable-component-update"]
        with sync_playwright() as playwright:
            path = peers.require_peer("browser").path
            browser = playwright.chromium.launch(executable_path=path, args=flags)
            tab = browser.new_page()
            tab.set_content(page)
            done.wait(20)
            browser.close()

    done = threading.Event()
    made = screen(look)
    clients.HELLO = 20.0  # a browser has to start first; the fixture's monkeypatch puts the old value back
    chat = server.url("/chat")
    visits = [(chat, ()), (chat, ["chat"]), (server.url("/wrong"), ()), ("wxs://example.com/", ())]
    try:
        outcomes = clients._ask_browser(visits)
    finally:
        done.set()
    assert made.page == ""
    assert outcomes is not None
    assert [outcome.verdict for outcome in outcomes] == ["accepts", "accepts", "refuses", "refuses"]
    assert outcomes[1].said == "chat" and "SyntaxError" in outcomes[3].said
