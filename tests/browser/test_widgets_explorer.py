"""The frame explorer in a real browser: by mouse, by keyboard, with pasted bytes, and back to Python."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from classroom.widgets import explore_frame
from minews.frames import decode_frame, encode_frame
from minews.types import Frame
from tests.browser.hosting import find_barriers

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("lab")]

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")  # RFC 6455 section 5.7
LENGTHS = ["0", "5", "125", "126", "65,535", "65,536"]


def data_of(page: Page) -> bytes:
    return bytes.fromhex(page.evaluate("hexOf('data')"))


def frame_of(page: Page) -> Frame:
    """The frame in the widget's bytes, as minews reads it; nothing may be left over."""
    frame, used = decode_frame(data_of(page))
    assert used == len(data_of(page))
    return frame


def summary(page: Page) -> str:
    return re.sub("\n+", "\n", page.get_by_role("status").inner_text())


def pieces(page: Page) -> list[str]:
    """The bytes on the wire, a line for each field: its name, then its bytes."""
    return page.get_by_role("list", name="The bytes, field by field").locator("li").all_inner_texts()


class TestSettingTheFields:
    def test_starts_with_the_rfcs_masked_hello(self, show_widget):
        page = show_widget(explore_frame())
        assert summary(page).splitlines() == [
            "FIN 1, opcode 0x1 text, MASK 1, payload length 5, masking key 37fa213d, payload Hello",
            "A server takes it.",
        ]
        assert [piece.split("\n") for piece in pieces(page)] == [
            ["FIN, RSV and opcode", "81"],
            ["MASK and payload length", "85"],
            ["masking key", "37 fa 21 3d"],
            ["payload", "7f 9f 4d 51 58"],
        ]

    @pytest.mark.parametrize("name", ["FIN", "RSV1", "RSV2", "RSV3", "MASK"])
    def test_a_click_on_a_bit_turns_that_bit_and_back(self, show_widget, name):
        page = show_widget(explore_frame())
        before = frame_of(page)
        page.get_by_role("checkbox", name=name).click()
        after = frame_of(page)
        changed = "masking_key" if name == "MASK" else name.lower()
        same = {"fin", "rsv1", "rsv2", "rsv3", "opcode", "payload", "masking_key"} - {changed}
        assert getattr(after, changed) != getattr(before, changed)
        assert all(getattr(after, each) == getattr(before, each) for each in same)
        page.get_by_role("checkbox", name=name).click()
        assert data_of(page) == HELLO

    def test_every_opcode_can_be_chosen(self, show_widget):
        page = show_widget(explore_frame())
        for opcode in range(16):
            page.get_by_label("opcode").select_option(str(opcode))
            assert frame_of(page).opcode == opcode
            assert (f"1002 opcode {opcode:#x} is reserved" in summary(page)) == (opcode % 8 > 2)

    def test_a_key_can_be_written_or_drawn(self, show_widget):
        page = show_widget(explore_frame())
        page.get_by_label("masking key").fill("01 02 03 04")
        assert frame_of(page) == Frame(True, 1, b"Hello", masking_key=b"\1\2\3\4")
        page.get_by_role("button", name="Draw a new key").click()
        drawn = frame_of(page).masking_key
        assert drawn != b"\1\2\3\4" and frame_of(page).payload == b"Hello"
        expect(page.get_by_label("masking key")).to_have_value(drawn.hex(" "))

    def test_half_a_key_says_what_a_key_is_and_changes_no_byte(self, show_widget):
        page = show_widget(explore_frame())
        page.get_by_label("masking key").fill("01 02 0")
        assert data_of(page) == HELLO
        expect(page.get_by_role("alert")).to_contain_text(["A masking key has 4 bytes: 8 hex digits."])
        expect(page.get_by_label("masking key")).to_have_attribute("aria-invalid", "true")

    def test_a_key_can_not_be_written_while_mask_is_0_and_is_there_again_afterwards(self, show_widget):
        page = show_widget(explore_frame())
        page.get_by_role("checkbox", name="MASK").uncheck()
        expect(page.get_by_label("masking key")).to_be_disabled()
        assert "1002 a client masks every frame" in summary(page)
        page.get_by_label("Read by").select_option("client")
        assert "A client takes it." in summary(page)
        page.get_by_role("checkbox", name="MASK").check()
        assert data_of(page) == HELLO

    def test_the_payload_can_be_written_as_text_and_as_hex(self, show_widget):
        page = show_widget(explore_frame())
        page.get_by_label("text or bytes").fill("Grüße")
        assert frame_of(page).payload == "Grüße".encode()
        page.get_by_label("written as").select_option("hex")
        expect(page.get_by_label("text or bytes")).to_have_value("Grüße".encode().hex(" "))
        page.get_by_label("text or bytes").fill("ff00")
        assert frame_of(page).payload == b"\xff\0"
        page.get_by_label("written as").select_option("text")
        expect(page.get_by_label("written as")).to_have_value("hex")
        expect(page.get_by_role("alert").last).to_have_text("These bytes are no UTF-8 text.")

    def test_each_length_can_be_chosen_and_is_written_in_its_shortest_form(self, show_widget):
        page = show_widget(explore_frame())
        for name in LENGTHS:
            page.get_by_role("button", name=name, exact=True).click()
            length = int(name.replace(",", ""))
            frame = frame_of(page)
            assert len(frame.payload) == length and data_of(page) == encode_frame(frame)
            assert f"payload length {name}," in f"{summary(page).splitlines()[0]},"
            pressed = page.locator("[aria-pressed=true].mn-length-button").all_inner_texts()
            assert pressed == [name]
        assert page.locator(".mn-byte").count() < 100  # of 65,550, the others are counted

    def test_a_payload_too_large_to_edit_is_shortened_until_a_smaller_one_is_chosen(self, show_widget):
        page = show_widget(explore_frame())
        page.get_by_role("button", name="65,536").click()
        expect(page.get_by_label("text or bytes")).not_to_be_editable()
        page.get_by_role("button", name="5", exact=True).click()
        expect(page.get_by_label("text or bytes")).to_be_editable()
        page.get_by_label("text or bytes").fill("short")
        assert frame_of(page).payload == b"short"

    def test_the_bits_are_those_of_the_bytes(self, show_widget):
        page = show_widget(explore_frame())
        for name in ("126", "65,536", "0"):
            page.get_by_role("button", name=name, exact=True).click()
            head = data_of(page)[: {"126": 8, "65,536": 14, "0": 6}[name]]
            bits = "".join(page.locator(".mn-bitrow").all_text_contents())
            assert bits == "".join(f"{byte:08b}" for byte in head)


class TestPastingBytes:
    @pytest.fixture
    def page(self, show_widget) -> Page:
        page = show_widget(explore_frame())
        page.get_by_role("radio", name="Paste bytes").check()
        return page

    def paste(self, page: Page, text: str) -> None:
        page.get_by_label("Bytes in hex").fill(text)

    def test_shows_the_bytes_that_the_fields_made(self, page):
        expect(page.get_by_label("Bytes in hex")).to_have_value(HELLO.hex(" "))

    def test_a_frame_cut_anywhere_waits_for_its_missing_bytes(self, page):
        for cut in range(len(HELLO)):
            self.paste(page, HELLO[:cut].hex())
            least = "at least " if cut < 2 else ""
            missing = 2 - cut if cut < 2 else len(HELLO) - cut
            assert summary(page) == f"Not yet: {least}{missing} more byte{'s' if missing > 1 else ''}."
            assert data_of(page) == HELLO[:cut]
        self.paste(page, HELLO.hex())
        assert "A server takes it." in summary(page)

    def test_what_is_behind_the_frame_is_left_over(self, page):
        self.paste(page, "0x89, 0x80, 1 2 3 4 5 6 7 8  ff 00")
        assert "2 bytes behind it: the next frame." in summary(page)
        assert pieces(page)[-1].split("\n") == ["left over", "ff 00"]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("8105 48656c6c6f", "1002 a client masks every frame"),
            ("c180 01020304", "1002 a reserved bit is set"),
            ("8380 01020304", "1002 opcode 0x3 is reserved"),
            ("0980 01020304", "1002 a control frame is not fragmented"),
            ("81fe 0001", "1002 the payload length is not written in its shortest form"),
            ("81ff 8000000000000000", "1002 the top bit of the payload length is set"),
            ("81ff 0000000040000000", "1009 1073741824 bytes in one frame, at most 1048576 are taken"),
        ],
    )
    def test_a_broken_rule_is_named_in_the_words_of_minews(self, page, text, problem):
        self.paste(page, text)
        assert summary(page).endswith(f"A server refuses it: {problem}.")

    @pytest.mark.parametrize(
        ("text", "said"), [("81 8g", '"g" is not a hex digit'), ("81 8", "A hex digit is missing")]
    )
    def test_what_is_no_hex_is_named_and_the_bytes_stay(self, page, text, said):
        self.paste(page, text)
        alert = page.locator(".mn-paste [role=alert]").inner_text()
        assert said in alert
        expect(page.get_by_label("Bytes in hex")).to_have_accessible_description(re.compile(re.escape(alert)))
        assert data_of(page) == HELLO

    def test_back_to_the_fields_takes_the_frame_along_and_drops_what_is_left_over(self, page):
        self.paste(page, "89 80 01 02 03 04 ff")
        page.get_by_role("radio", name="Set the fields").check()
        expect(page.get_by_label("opcode")).to_have_value("9")
        assert data_of(page) == bytes.fromhex("898001020304")

    def test_without_a_whole_frame_the_fields_start_with_the_rfcs_hello(self, show_widget):
        page = show_widget(explore_frame("82 fe"))
        page.get_by_role("radio", name="Set the fields").check()
        assert data_of(page) == HELLO


class TestMasking:
    def test_shows_for_each_byte_what_travels_the_key_and_what_it_means(self, show_widget):
        page = show_widget(explore_frame())
        key = HELLO[2:6]
        columns = page.get_by_role("button", name="XOR").all()
        assert len(columns) == 5
        for index, column in enumerate(columns):
            wire, plain = HELLO[6 + index], b"Hello"[index]
            assert column.locator(".mn-cell").all_inner_texts() == [
                f"{wire:02x}", f"{key[index % 4]:02x}", f"{plain:02x}", chr(plain)
            ]  # fmt: skip

    def test_a_byte_under_the_mouse_is_shown_bit_by_bit(self, show_widget):
        page = show_widget(explore_frame())
        page.get_by_role("button", name="byte 4: 58 XOR key byte 0: 37 is 6f as text o").hover()
        detail = page.locator(".mn-detail").inner_text()
        for bits in ("0101 1000", "0011 0111", "0110 1111"):
            assert bits in detail
        assert "4 mod 4 = 0" in detail

    def test_the_arrow_keys_go_from_byte_to_byte(self, show_widget):
        page = show_widget(explore_frame())
        page.get_by_role("button", name="byte 0: 7f").focus()
        for key, index in (("ArrowRight", 1), ("End", 4), ("ArrowLeft", 3), ("Home", 0), ("ArrowLeft", 0)):
            page.keyboard.press(key)
            expect(page.locator(".mn-column").nth(index)).to_be_focused()
            assert page.locator(".mn-detailname").inner_text() == f"Byte {index} of the payload"

    def test_an_unmasked_payload_is_shown_as_it_is(self, show_widget):
        page = show_widget(explore_frame("81 05 48 65 6c 6c 6f"))
        expect(page.get_by_text("Not masked: the payload travels as it is.")).to_be_visible()


class TestByKeyboardAlone:
    def test_every_control_is_reached_in_the_order_in_which_it_stands(self, show_widget):
        page = show_widget(explore_frame())
        reached = []
        for _ in range(20):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate(
                    "(() => { const it = document.activeElement;"
                    "return it.labels?.[0]?.textContent ?? it.textContent; })()"
                )
            )
        first = ["Set the fields", "Read by", "FIN", "RSV1", "RSV2", "RSV3", "opcode", "MASK", "masking key"]
        then = ["Draw a new key", "text or bytes", "written as", *LENGTHS]
        assert reached[: len(first + then)] == first + then
        assert reached[len(first + then)].startswith("byte 0: 7f XOR key byte 0: 37 is 48 as text H")

    def test_bits_opcode_key_and_payload_can_be_set(self, show_widget):
        page = show_widget(explore_frame())
        for keys in (["Tab"] * 3, ["Space"], ["Tab"] * 4, ["ArrowDown"] * 8, ["Tab"], ["Space"]):
            for key in keys:
                page.keyboard.press(key)
        assert frame_of(page) == Frame(False, 9, b"Hello")
        page.keyboard.press("Space")
        for keys in (["Tab"], ["Control+a"], [*"00000000"], ["Tab"] * 2, ["Control+a"], [*"Hi"]):
            for key in keys:
                page.keyboard.press(key)
        assert data_of(page) == bytes.fromhex("098200000000") + b"Hi"

    def test_the_other_way_in_is_an_arrow_key_away(self, show_widget):
        page = show_widget(explore_frame())
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        expect(page.get_by_label("Bytes in hex")).to_be_visible()
        expect(page.get_by_label("text or bytes")).to_be_hidden()

    def test_its_keys_do_not_reach_the_notebook(self, show_widget):
        page = show_widget(explore_frame())
        page.evaluate("window.heard = 0; document.addEventListener('keydown', () => { window.heard += 1; })")
        page.get_by_role("checkbox", name="FIN").focus()
        page.keyboard.press("a")
        assert page.evaluate("window.heard") == 0


class TestFromPython:
    def test_bytes_that_python_sets_are_shown(self, show_widget):
        page = show_widget(explore_frame())
        page.evaluate("model.set('data', new DataView(Uint8Array.of(0x8a, 0).buffer))")
        assert summary(page).startswith("FIN 1, opcode 0xa pong, MASK 0, payload length 0")
        expect(page.get_by_label("opcode")).to_have_value("10")
        page.evaluate("model.set('data', new DataView(Uint8Array.of(0x8a).buffer))")
        expect(page.get_by_label("Bytes in hex")).to_be_visible()
        expect(page.get_by_label("Bytes in hex")).to_have_value("8a")

    def test_a_view_that_is_gone_listens_no_more(self, show_widget):
        page = show_widget(explore_frame())
        page.evaluate("cleanUp(); model.set('data', new DataView(new ArrayBuffer(0)))")
        assert summary(page).startswith("FIN 1")


class TestForEverybody:
    @pytest.mark.peer("axe")
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_axe_finds_no_barrier(self, show_widget, theme):
        page = show_widget(explore_frame(), theme=theme)
        assert find_barriers(page, ".minews") == []
        page.get_by_role("radio", name="Paste bytes").check()
        for text in (
            HELLO.hex() + "81",
            "81 05 48 65 6c 6c 6f",
            "ff ff",
            "8g",
        ):  # taken, refused, cut off, no hex
            page.get_by_label("Bytes in hex").fill(text)
            assert find_barriers(page, ".minews") == []

    @pytest.mark.parametrize("width", [1200, 760, 520, 420])
    def test_nothing_sticks_out_or_is_cut(self, show_widget, width):
        page = show_widget(explore_frame(Frame(True, 1, b"w" * 70_000, masking_key=b"wwww")), width=width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        cut = page.evaluate(
            """() => [...document.querySelectorAll(".mn-fieldname, .mn-meaning, .mn-piecename, button")]
                .filter((it) => it.scrollWidth > it.clientWidth + 1).map((it) => it.textContent)"""
        )
        out = page.evaluate(
            """() => { const edge = document.querySelector(".mn-explorer").getBoundingClientRect().right;
                return [...document.querySelectorAll("input, select, button, .mn-half, .mn-piece")]
                    .filter((it) => it.getBoundingClientRect().right > edge).map((it) => it.outerHTML); }"""
        )
        assert (cut, out) == ([], [])


@pytest.mark.slow
@pytest.mark.peer("axe")
def test_in_jupyterlab_what_is_set_by_mouse_and_keyboard_is_there_in_the_next_cell(lab):
    notebook = lab.open(
        lab.write_notebook(
            "explorer",
            {
                "setup": "from classroom.widgets import explore_frame",
                "widget": "explorer = explore_frame()\nexplorer",
                "look": "print(explorer.data.hex(' '))\nprint(explorer.frame.payload, [explorer.problem])",
                "set": "explorer.data = bytes.fromhex('8900')",
                "alive": "from ipywidgets.widgets.widget import _instances as alive\n"
                "print(sum('FrameExplorer' in type(each).__name__ for each in alive.values()), len(alive))",
            },
        )
    )
    for id in ("setup", "widget"):
        notebook.run(id)
    widget = notebook.cell("widget").locator(".mn-explorer")
    widget.wait_for()
    for theme in ("dark", "light"):
        notebook.choose_theme(theme)
        assert find_barriers(notebook.page, ".mn-explorer") == []

    widget.get_by_role("checkbox", name="RSV1").click()
    widget.get_by_role("checkbox", name="RSV1").press("Tab")
    notebook.page.keyboard.press("Space")  # RSV2
    notebook.run("look")
    assert notebook.text("look").splitlines() == [
        "e1 85 37 fa 21 3d 7f 9f 4d 51 58",
        "b'Hello' ['1002 a reserved bit is set']",
    ]

    widget = notebook.cell("widget").locator(".mn-explorer")
    widget.get_by_role("radio", name="Paste bytes").check()
    widget.get_by_label("Bytes in hex").fill("82 80 01 02 03 04")
    notebook.run("look")
    assert notebook.text("look").splitlines() == ["82 80 01 02 03 04", "b'' ['']"]

    notebook.run("set")
    widget = notebook.cell("widget").locator(".mn-explorer")
    expect(widget.get_by_role("status")).to_contain_text("opcode 0x9 ping")
    for _ in range(3):
        notebook.run("widget")
    notebook.run("alive")
    assert notebook.text("alive") == "1 2"  # the explorer and its layout, once
    notebook.close()
