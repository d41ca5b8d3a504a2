"""The pictures: every value is drawn, and said in words for those who can't see it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from classroom.pictures import draw_accept
from minews.handshake import GUID, accept_value, make_key

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
DIGEST = "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea"  # RFC 6455 section 1.3
SVG = "{http://www.w3.org/2000/svg}"


def drawn(key: str = KEY, accept: str = ACCEPT) -> ET.Element:
    (svg,) = ET.fromstring(draw_accept(key, accept)._repr_html_()).iter(f"{SVG}svg")
    return svg


def words(svg: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def test_the_four_steps_stand_in_order_from_the_key_to_the_accept_value():
    steps = [text for text in words(drawn()) if re.match(r"\d  ", text)]
    assert [step[:1] for step in steps] == ["1", "2", "3", "4"]
    assert "24 letters" in steps[0] and "28 letters" in steps[3]


def test_every_letter_of_the_key_and_every_byte_and_letter_of_the_answer_is_drawn_in_its_place():
    cells = [text for text in words(drawn()) if len(text) <= 2]
    assert cells == [*KEY, *DIGEST.split(), *ACCEPT]


def test_the_text_that_is_hashed_is_the_key_and_then_the_magic_string():
    lines = words(drawn())
    assert lines.index(KEY) < lines.index(GUID)


def test_a_byte_stands_above_the_letters_that_carry_it():
    places = [float(text.get("x")) for text in drawn().iter(f"{SVG}text") if text.get("text-anchor")]
    key, digest, accept = places[:24], places[24:44], places[44:]
    for group in range(6):
        three, four = digest[3 * group : 3 * group + 3], accept[4 * group : 4 * group + 4]
        assert abs(sum(three) / 3 - sum(four) / 4) < 1
        assert key[4 * group : 4 * group + 4] == four


def test_the_picture_has_a_title_and_says_all_its_values_in_words():
    svg = drawn()
    assert svg.get("role") == "img"
    assert svg.find(f"{SVG}title").text == "From the key to the accept value"
    for text in (svg.get("aria-label"), svg.find(f"{SVG}desc").text, repr(draw_accept(KEY, ACCEPT))):
        for value in (KEY, KEY + GUID, DIGEST, ACCEPT):
            assert value in text


def test_it_takes_its_text_colour_from_the_page_so_that_it_can_be_read_on_light_and_dark():
    assert {text.get("fill") for text in drawn().iter(f"{SVG}text")} == {"currentColor"}


def test_nothing_is_drawn_outside_the_canvas():
    svg = drawn()
    width, height = map(float, svg.get("viewBox").split()[2:])
    for shape in svg.iter(f"{SVG}rect"):
        x, y, wide, high = (float(shape.get(name)) for name in ("x", "y", "width", "height"))
        assert x >= 0 and x + wide <= width and y >= 0 and y + high <= height


def test_any_key_can_be_drawn():
    for _ in range(50):
        key = make_key()
        assert ET.fromstring(draw_accept(key, accept_value(key))._repr_html_()) is not None


def test_characters_that_mean_something_in_html_are_drawn_as_themselves():
    assert "<&\"'>" in words(drawn(key="<&\"'>"))


@pytest.mark.parametrize("accept", ["", "AAAA", ACCEPT[:-1], ACCEPT + "=", "é" * 28, "!" * 28])
def test_what_is_no_accept_value_is_refused(accept):
    with pytest.raises(ValueError, match="20 bytes in base64"):
        draw_accept(KEY, accept)
