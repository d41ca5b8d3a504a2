"""A real browser without a screen, a page that hosts one widget, and JupyterLab as `classroom lab` starts it.

    def test_...(browser): ...              # one Chromium for all tests of a module
    def test_...(show_widget): page = show_widget(explore_frame(), theme="dark", width=760)
    def test_...(lab): page = lab.open({"first": "1 + 1"}); lab.run(page)

The host page is much faster than JupyterLab: what needs no kernel is tested there.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from classroom.widgets.base import CourseWidget
from tests.browser.hosting import Window
from tests.browser.labs import Lab, Server, start_lab
from tests.conftest import find_or_skip

SCREEN = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Not of the session: while playwright runs, its thread has a running event loop, and no test that comes later
# in the same process could call asyncio.run.
@pytest.fixture(scope="module")
def browser() -> Browser:
    """A real browser without a screen, one for the tests of a module."""
    path = find_or_skip("browser").path
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=SCREEN)
        yield running
        running.close()


@pytest.fixture(scope="module")
def windows(browser) -> dict[tuple[str, int], Window]:
    """The windows that are open, by theme and width."""
    opened: dict[tuple[str, int], Window] = {}
    yield opened
    for window in opened.values():
        window.page.context.close()


@pytest.fixture
def show_widget(browser, windows):
    """A function that shows a widget without a kernel and gives its page.

    Arguments:
        theme: "light" or "dark".
        width: of the window, in pixels. A window of one theme and width shows one widget at a time.
    """
    used = []

    def show(widget: CourseWidget, theme: str = "light", width: int = 1200) -> Page:
        if (theme, width) not in windows:
            windows[theme, width] = Window(browser, theme, width)
        used.append(windows[theme, width])
        return used[-1].show(widget)

    yield show
    assert [error for window in used for error in window.errors] == []


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory) -> Server:
    """`classroom lab` on a copy of the course, started once for all tests."""
    with start_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def lab(browser, lab_server) -> Lab:
    """JupyterLab in the browser."""
    return Lab(browser, lab_server)
