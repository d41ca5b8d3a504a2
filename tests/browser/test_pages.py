"""Pages in a cell's output, in a real browser: they talk to their server, and outlive it quietly."""

from __future__ import annotations

import pytest

from classroom import pages, start
from classroom.pages import show_page, stop_pages
from classroom.start import START_PAGE, watch_websockets
from minews import BlockingServer

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def shown(monkeypatch):
    """What is put into the notebook's output area, which a browser shows."""
    found: list[str] = []
    for module in (pages, start):
        monkeypatch.setattr(module, "notebook_display", lambda: lambda page, text="": found.append(page))
    monkeypatch.setattr(pages, "browser_is_here", lambda: True)
    yield found
    stop_pages()


@pytest.fixture
def tab(browser):
    page = browser.new_page()
    yield page
    page.close()


def test_the_page_of_lesson_0_talks_to_its_server_and_says_when_it_has_gone(shown, tab):
    show_page("A page of your own server", BlockingServer(str.upper, pages={"/": START_PAGE}))
    tab.set_content(shown[0])
    page = tab.frame_locator("iframe[title='A page of your own server']")
    log = page.get_by_role("log")
    log.get_by_text("serverHELLO").wait_for()
    page.get_by_label("Your words").fill("Grüezi")
    page.get_by_role("button").click()
    log.get_by_text("serverGRÜEZI").wait_for()
    stop_pages()
    page.get_by_text("close code 1001").wait_for()
    assert page.get_by_role("button").is_disabled()


def test_a_page_whose_server_is_gone_leaves_a_sentence(shown, tab):
    show_page("The echo page", BlockingServer(str.upper, pages={"/": b"<p>Hello"}))
    stop_pages()
    with tab.expect_event("requestfailed"):
        tab.set_content(shown[0])
    assert tab.get_by_text("Run the cell to see it").is_visible() and tab.query_selector("iframe") is None


@pytest.mark.parametrize("times", [1, 2])
def test_the_watch_counts_messages_and_then_leaves_websocket_as_it_was(shown, tab, times):
    for _ in range(times):  # a second watch takes the place of the first
        watch_websockets(seconds=1)
    with BlockingServer(str.upper, pages={"/": b"<body><div></div>"}) as server:
        tab.goto(server.url("/", "http"))
        tab.evaluate("() => { globalThis.before = WebSocket.prototype.send; }")
        for page in shown:
            show = "(html) => document.querySelector('div').replaceChildren("
            tab.evaluate(f"{show}document.createRange().createContextualFragment(html))", page)
        tab.evaluate(
            """() => new Promise((resolve) => {
                 const socket = new WebSocket(location.href.replace("http", "ws"));
                 socket.onopen = () => socket.send("h\\u00e9");
                 socket.onmessage = () => resolve();
               })"""
        )
        tab.get_by_role("cell", name="1 (3 bytes)").first.wait_for()
        counts = [cell.inner_text() for cell in tab.get_by_role("cell").all()]
        assert counts == ["/", "1 (3 bytes)", "1 (3 bytes)"]
        tab.get_by_text("The watch is over").wait_for()
        assert tab.evaluate("WebSocket.prototype.send === before")
