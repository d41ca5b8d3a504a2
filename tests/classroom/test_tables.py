"""The tables of the experiments: the same words in HTML and in plain text, and no secret in either."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from classroom.clients import Outcome
from classroom.tables import Table, compare_heads, compare_predictions, compare_verdicts
from minews.types import Headers, Request


def parsed(table: Table) -> ET.Element:
    return ET.fromstring(table._repr_html_())


def cells_of(table: Table) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in parsed(table).iter("tr")]


def request_with(*pairs: tuple[str, str]) -> Request:
    return Request("GET", "/chat", "HTTP/1.1", Headers([("Host", "a"), ("Upgrade", "websocket"), *pairs]))


def test_html_and_plain_text_say_the_same_words():
    table = Table("Caption", ["", "first"], [["row", "one"], ["a heading"], ["other", "two"]], note="A note.")
    assert cells_of(table) == [["", "first"], ["row", "one"], ["a heading"], ["other", "two"]]
    for word in ("Caption", "first", "row", "one", "a heading", "other", "two", "A note."):
        assert word in repr(table)
        assert word in table._repr_html_()


def test_plain_text_has_its_columns_below_each_other():
    lines = repr(Table("Caption", ["", "b"], [["long name", "1"], ["x", "2"]])).splitlines()
    assert [line.index(mark) for line, mark in zip(lines[2:], "b12", strict=True)] == [11, 11, 11]


def test_the_table_tells_a_screen_reader_what_its_headings_belong_to():
    table = parsed(Table("Caption", ["", "b"], [["a heading"], ["row", "1"]]))
    assert table.find(".//caption").text == "Caption"
    assert [cell.get("scope") for cell in table.iter("th")] == ["col", "col", "colgroup", "row"]


def test_a_wide_table_can_be_scrolled_by_keyboard():
    box = parsed(Table("Caption", [""], []))
    assert box.get("tabindex") == "0" and box.get("aria-label") == "Caption"


def test_characters_that_mean_something_in_html_are_shown_as_themselves():
    assert cells_of(Table("<b>", ["&"], [["</td>", '"']]))[1] == ["</td>", '"']


def test_requests_are_compared_header_by_header_whatever_their_spelling():
    table = compare_heads({"A": request_with(("ORIGIN", "x")), "B": request_with(("origin", "y"))})
    assert [row for row in cells_of(table) if row[0].lower() == "origin"] == [["Origin", "x", "y"]]


def test_a_header_that_one_client_lacks_is_shown_as_missing():
    table = compare_heads({"A": request_with(("Origin", "x")), "B": request_with()})
    assert ["Origin", "x", "\N{EN DASH}"] in cells_of(table)


def test_the_headers_that_every_handshake_needs_come_first():
    names = [row[0] for row in cells_of(compare_heads({"A": request_with(("Accept", "*/*"))}))]
    needed, others = (
        names.index("What every handshake needs"),
        names.index("What each client adds of its own"),
    )
    assert needed < names.index("Sec-WebSocket-Key") < others < names.index("Accept")


def test_what_is_the_same_everywhere_is_said_once():
    table = compare_heads({"A": request_with(), "B": request_with()})
    (row,) = [row for row in parsed(table).iter("tr") if row[0].text == "Host"]
    assert [(cell.text, cell.get("colspan")) for cell in row] == [("Host", None), ("a", "2")]


def test_header_names_in_small_letters_are_noted():
    quiet = request_with(("origin", "x"))
    assert (
        compare_heads({"A": request_with(), "B": quiet}).note == "Header names came in small letters from B."
    )


@pytest.mark.parametrize("name", ["Cookie", "cookie", "Authorization"])
def test_secrets_are_not_shown_since_notebooks_are_saved_and_handed_in(name):
    table = compare_heads({"A": request_with((name, "session=s3cret; other=s3cret2"))})
    assert "s3cret" not in repr(table) + table._repr_html_()
    assert "not shown" in repr(table)


def test_a_client_that_departs_from_the_rfc_is_marked_in_words():
    outcomes = {"A": [Outcome("accepts"), Outcome("refuses")], "B": [Outcome("crashes"), Outcome("refuses")]}
    table = compare_verdicts("Who?", ["one", "two"], ["accept, 4.1", "refuse, 4.1 point 2"], outcomes)
    assert cells_of(table)[1:] == [
        ["one", "accept, 4.1", "accepts", "crashes *"],
        ["two", "refuse, 4.1 point 2", "refuses", "refuses"],
    ]
    assert table.note == "* not what the RFC demands"


def test_a_client_that_was_not_there_is_not_blamed():
    table = compare_verdicts("Who?", ["one"], ["accept"], {"A": [Outcome("absent")]})
    assert cells_of(table)[1] == ["one", "accept", "absent"]


def test_it_is_said_when_all_clients_do_what_the_rfc_demands():
    table = compare_verdicts("Who?", ["one"], ["accept"], {"A": [Outcome("accepts")]})
    assert table.note == "All of them did what the RFC demands."


@pytest.mark.parametrize("written", [None, "", [], ()])
def test_without_a_prediction_only_what_happened_is_printed(written, capsys):
    compare_predictions(("does it?", written, True))
    printed = capsys.readouterr().out
    assert printed.startswith("does it?   no prediction yet ") and printed.endswith(" it turned out: yes\n")


@pytest.mark.parametrize(
    ("written", "happened", "verdict", "said"),
    [
        (False, True, "different", "you predicted: no   it turned out: yes"),
        (True, True, "same", "you predicted: yes   it turned out: yes"),
        (0, 0, "same", "you predicted: 0   it turned out: 0"),
        (3000, 0, "different", "you predicted: 3000   it turned out: 0"),
        ("Refuses ", "refuses", "same", "you predicted: Refuses    it turned out: refuses"),
        (["b", "A"], ["a", "b"], "same", "you predicted: b; A   it turned out: a; b"),
        (["a"], ["a", "b"], "different", "you predicted: a   it turned out: a; b"),
        (("a", "b"), ["b"], "different", "you predicted: a; b   it turned out: b"),
    ],
)
def test_a_prediction_is_said_to_be_the_same_or_different(written, happened, verdict, said, capsys):
    compare_predictions(("does it?", written, happened))
    assert capsys.readouterr().out == f"does it?   {verdict}   {said}\n"


@pytest.mark.parametrize(
    ("written", "happened"),
    [
        ("1000 0001", "10000001"),
        ("0b1000_0001", "10000001"),
        (0b1000_0001, "10000001"),
        (10000001, "10000001"),
        ("89", "89"),
        ("0x89", "89"),
        (0x89, "89"),
        (89, "89"),
        ("0X8A ", "8a"),
        ("fe0c35", "fe 0c 35"),
        ("FE 0C 35", "fe 0c 35"),
        ("0b35", "0b35"),
    ],
)
def test_bits_and_hex_digits_match_however_they_are_written(written, happened, capsys):
    compare_predictions(("does it?", written, happened))
    said = capsys.readouterr().out
    assert said.startswith("does it?   same ")
    assert said.endswith(f"you predicted: {happened}   it turned out: {happened}\n")


@pytest.mark.parametrize(
    ("written", "happened", "shown"),
    [
        ("1000 0010", "10000001", "1000 0010"),
        ("0x81", "10000001", "0x81"),
        (0x88, "89", "136"),
        ("98", "89", "98"),
        (True, "01", "yes"),
        (b"\x89", "89", r"b'\x89'"),
        ("1 0", 10, "1 0"),
        ("0x0a", 10, "0x0a"),
    ],
)
def test_other_digits_are_different_and_shown_as_they_were_written(written, happened, shown, capsys):
    compare_predictions(("does it?", written, happened))
    assert capsys.readouterr().out.startswith(f"does it?   different   you predicted: {shown} ")


def test_several_predictions_stand_below_each_other(capsys):
    compare_predictions(("a", 1, 1), ("longer", 1000, 2), ("c", None, 3))
    lines = capsys.readouterr().out.splitlines()
    assert len({line.index("it turned out") for line in lines}) == 1
