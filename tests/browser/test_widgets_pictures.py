"""River, handshake and timeline in a real browser: by keyboard, by mouse, heard, and in both themes."""

from __future__ import annotations

import pytest

from classroom.recording import Note, Session
from classroom.widgets import draw_handshake, draw_river, draw_session
from minews.frames import encode_frame
from minews.handshake import build_client_handshake, build_server_handshake, make_key, parse_ws_url
from minews.types import Frame, Opcode
from tests.browser.hosting import find_barriers

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("lab")]

FIVE = [b"hello", b"world", b"from", b"minews", b"!!"]
KEY = make_key()
REQUEST = build_client_handshake(parse_ws_url("ws://a.example/chat"), KEY)
ANSWER = build_server_handshake(KEY)


def river():
    return draw_river(FIVE, [b"".join(FIVE)])


def long_river():
    return draw_river([bytes(400_000)] * 5, [bytes(65_536)] * 20 + [bytes(689_280)])


def handshake():
    return draw_handshake(REQUEST, ANSWER)


def session():
    hello = encode_frame(Frame(True, Opcode.TEXT, b"Hello", masking_key=b"\1\2\3\4"))
    pieces = [("received", REQUEST), ("sent", ANSWER), ("received", hello), ("received", b"")]
    return draw_session(Session([Note(number / 10, *piece) for number, piece in enumerate(pieces)]))


ALL = [river, long_river, handshake, session]


def said(page) -> str:
    return page.locator(".mn-says").inner_text().replace("  ", " ")


def press(page, *keys: str) -> str:
    for key in keys:
        page.keyboard.press(key)
    return said(page)


def test_arrows_move_along_the_bytes_and_home_and_end_to_the_ends(show_widget):
    page = show_widget(river())
    assert "arrow keys" in said(page)
    assert press(page, "Tab") == "byte 0 'h' (0x68): 1st send, 1st recv"
    assert press(page, *["ArrowRight"] * 14) == "byte 14 'm' (0x6d): 4th send, 1st recv"
    assert press(page, "ArrowLeft") == "byte 13 'm' (0x6d): 3rd send, 1st recv"
    assert press(page, "End").startswith("byte 21 ")
    assert press(page, "ArrowRight").startswith("byte 21 ")
    assert press(page, "Home").startswith("byte 0 ")
    assert press(page, "ArrowLeft").startswith("byte 0 ")


def test_arrows_up_and_down_move_between_rows(show_widget):
    page = show_widget(draw_river([b"x" * 70], [b"x" * 70]))
    press(page, "Tab", "ArrowRight")
    assert press(page, "ArrowDown").startswith("byte 31 ")
    assert press(page, "ArrowDown", "ArrowDown").startswith("byte 61 ")
    assert press(page, "ArrowUp", "ArrowUp", "ArrowUp").startswith("byte 1 ")


@pytest.mark.parametrize("make", [river, session])
def test_it_is_one_tab_stop_and_remembers_where_the_reader_was(show_widget, make):
    page = show_widget(make())
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<button id=next>next</button>')"
    )
    where = press(page, "Tab", "ArrowRight")
    press(page, "Tab")
    assert page.evaluate("document.activeElement.id") == "next"
    assert press(page, "Shift+Tab") == where
    assert page.locator(".mn-stops button[tabindex='0']").count() == 1


@pytest.mark.parametrize("make", [long_river, session])
def test_every_stop_can_be_reached_and_says_something_of_its_own_place(show_widget, make):
    page = show_widget(make())
    page.keyboard.press("Tab")
    for stop in make().stops:
        assert said(page).startswith(stop["name"])
        page.keyboard.press("ArrowRight")


def test_a_click_chooses_what_is_under_it(show_widget):
    page = show_widget(handshake())
    page.locator("svg text", has_text="Sec-WebSocket-Key").click(force=True)
    assert said(page).startswith("Sec-WebSocket-Key 16 random bytes")
    assert page.locator(".mn-marks > div").count() == 2  # the key, and where it is hashed
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Sec-WebSocket-Key"
    assert press(page, "ArrowDown").startswith("Sec-WebSocket-Version")


def test_the_marks_lie_on_what_they_mark_at_any_width(show_widget):
    for width in (1200, 760):
        page = show_widget(handshake(), width=width)
        page.get_by_role("button", name="Sec-WebSocket-Accept").click()
        chip = page.locator(".mn-marks > div").first.bounding_box()
        text = page.locator("svg text", has_text="Sec-WebSocket-Accept").bounding_box()
        assert text["y"] - 6 < chip["y"] and chip["y"] + chip["height"] < text["y"] + text["height"] + 6
        assert abs(chip["x"] + chip["width"] - text["x"] - text["width"]) < 12


def test_a_frame_shows_its_fields_and_bytes(show_widget):
    page = show_widget(session())
    page.get_by_role("button", name="text").click()
    rows = page.locator(".mn-rows > div").all_inner_texts()
    assert [row.split("\n")[0] for row in rows][:2] == ["first byte", "payload length"]
    assert "81 85 01 02 03 04" in rows[-1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("make", ALL)
def test_axe_finds_nothing_serious_and_what_is_said_is_announced(show_widget, make, theme):
    page = show_widget(make(), theme=theme, width=760)
    assert page.locator(".mn-says").get_attribute("aria-live") == "polite"
    assert page.locator("svg").get_attribute("role") == "img"
    assert len(page.locator("svg").get_attribute("aria-label")) > 40
    assert page.get_by_role("group").get_attribute("aria-label") == make().title
    assert find_barriers(page, "#widget") == []
    press(page, "Tab", "ArrowRight")
    assert find_barriers(page, "#widget") == []


@pytest.mark.parametrize("make", ALL)
def test_the_page_does_not_scroll_sideways(show_widget, make):
    for width in (1200, 760, 420):
        page = show_widget(make(), width=width)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width


def test_what_is_said_stays_in_sight_while_the_picture_is_taller_than_the_window(show_widget):
    page = show_widget(handshake(), width=1201)  # a window of its own
    page.set_viewport_size({"width": 1201, "height": 420})
    page.keyboard.press("Tab")
    for _ in handshake().stops:
        here, panel = (
            page.locator(place).bounding_box() for place in (".mn-stops [aria-current]", ".mn-panel")
        )
        assert here["y"] >= 0 and here["y"] + here["height"] <= panel["y"]
        assert panel["y"] + panel["height"] <= 420
        page.keyboard.press("ArrowDown")


def test_keys_with_ctrl_or_alt_stay_the_browsers(show_widget):
    page = show_widget(river())
    where = press(page, "Tab")
    assert press(page, "Control+End", "Alt+ArrowDown") == where


def test_another_picture_takes_the_place_of_the_first(show_widget):
    page = show_widget(river())
    press(page, "Tab", "ArrowRight")
    page.evaluate("() => { model.set('stops', model.get('stops').slice(0, 2)); }")
    assert page.locator(".mn-stops button").count() == 2
    assert "arrow keys" in said(page)


@pytest.mark.slow
def test_in_jupyterlab_keys_are_the_pictures_and_not_the_notebooks(lab):
    river_cell = 'from classroom.widgets import draw_river\ndraw_river([b"ab", b"cd"], [b"abc", b"d"])'
    notebook = lab.open(lab.write_notebook("river", {"river": river_cell, "after": "1 + 1"}))
    notebook.run_all()
    cell = notebook.cell("river")
    cell.get_by_role("button", name="byte 0").click()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        notebook.page.keyboard.press(key)
    assert "byte 2" in cell.locator(".mn-says").inner_text()
    notebook.page.keyboard.press("End")
    assert "'d' (0x64): 2nd send, 2nd recv" in cell.locator(".mn-says").inner_text()
    notebook.page.keyboard.press("b")  # a new cell below, where the notebook hears it
    cells = notebook.page.evaluate(
        "jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.id)"
    )
    assert cells == ["river", "after"]
    assert notebook.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex") == 0
    kinds = notebook.outputs("river")[0]["data"]
    assert "<svg" in "".join(kinds["text/html"])  # what is left where no kernel runs
    assert "2 sends, 2 recvs, 4 bytes" in "".join(kinds["text/plain"])
    notebook.close()
