"""The page of lesson 6 and the script that asks browsers, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from classroom.echo_page import ECHO_PAGE
from classroom.relays import Relay
from classroom.talks import SCRIPT
from minews import BlockingServer

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def relay():
    with Relay(BlockingServer(str.upper, pages={"/": ECHO_PAGE})) as running:
        yield running


@pytest.fixture
def page(browser, relay):
    context = browser.new_context()
    opened = context.new_page()
    opened.script_errors = []
    opened.on("pageerror", lambda error: opened.script_errors.append(str(error)))
    opened.goto(f"{relay.url('/', 'http')}#dark")
    yield opened
    assert opened.script_errors == []
    context.close()


def test_the_page_sends_hears_closes_and_connects_again(page, relay):
    rows = page.get_by_role("listitem")
    page.get_by_label("text to send").fill("né")
    page.keyboard.press("Enter")
    expect(rows.nth(2)).to_have_text(re.compile("came.*NÉ"))
    page.get_by_role("button", name="Close").click()
    expect(rows.nth(3)).to_have_text(re.compile("closed.*code 1000, clean"))
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.get_by_role("button", name="Connect again").click()
    expect(page.get_by_role("status")).to_have_text("The connection is open.")
    expect(page.locator("li.again")).to_have_text(re.compile("open"))  # its times begin anew, below a line
    kinds = [[event.kind for event in session.events()] for session in relay.sessions]
    assert [kind.count("frame") for kind in kinds if "frame" in kind] == [4], "two texts and two Closes"


def test_the_page_is_dark_when_its_address_says_so(page):
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 17, 17)"


def test_a_browser_tells_its_talks_as_other_clients_do(page, relay):
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    errands = [[relay.url(), "x", 65_536, 1], [relay.url(), "", 1, 1]]
    talks = page.evaluate("(errands) => talkAll(WebSocket, errands, 2000)", errands)
    assert [talk["messages"] for talk in talks] == [
        [{"text": "X", "times": 65_536}],
        [{"text": "", "times": 1}],
    ]
    assert [talk["code"] for talk in talks] == [1000, 1000]
