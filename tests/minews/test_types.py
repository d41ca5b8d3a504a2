"""The values that every layer shares, and what a student's code and the reference may rely on."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minews import (
    Frame,
    HandshakeError,
    Headers,
    Message,
    Opcode,
    ProtocolError,
    Request,
    Response,
    Role,
    State,
    WsUrl,
)
from tests.minews.heads import tokens


class TestRFC6455Section5Frames:
    """RFC 6455 sections 5.2 and 5.4: what frames and messages are made of."""

    def test_the_opcodes_have_the_numbers_of_the_rfc(self):
        numbers = {opcode.name: int(opcode) for opcode in Opcode}
        assert numbers == {"CONT": 0, "TEXT": 1, "BINARY": 2, "CLOSE": 8, "PING": 9, "PONG": 10}

    def test_an_opcode_equals_the_number_on_the_wire(self):
        assert Frame(True, 0x9, b"") == Frame(True, Opcode.PING, b"")

    def test_a_frame_has_no_reserved_bits_and_no_mask_unless_told(self):
        frame = Frame(fin=True, opcode=Opcode.TEXT, payload=b"Hello")
        assert (frame.rsv1, frame.rsv2, frame.rsv3, frame.masking_key) == (False, False, False, None)

    def test_a_message_is_a_type_and_its_data(self):
        assert Message(Opcode.TEXT, "Hello") != Message(Opcode.BINARY, b"Hello")


class TestRFC6455Section1And4Ends:
    """RFC 6455 sections 1.3, 4.1 and 7.1: the two ends, and the life of a connection."""

    def test_an_end_is_the_client_or_the_server(self):
        assert [role.value for role in Role] == ["client", "server"]

    def test_a_connection_lives_through_four_states(self):
        assert [state.value for state in State] == ["connecting", "open", "closing", "closed"]


class TestRFC6455Section3Urls:
    """RFC 6455 section 3: WebSocket URIs."""

    @pytest.mark.parametrize(
        "url, text",
        [
            (WsUrl(False, "example.com", 80, "/"), "ws://example.com:80/"),
            (WsUrl(True, "example.com", 443, "/chat?room=1"), "wss://example.com:443/chat?room=1"),
            (WsUrl(False, "::1", 9001, "/"), "ws://[::1]:9001/"),
        ],
    )
    def test_a_url_is_written_in_full_with_an_ipv6_address_in_brackets(self, url, text):
        assert str(url) == text


@pytest.mark.parametrize(
    "value",
    [
        Frame(True, Opcode.TEXT, b""),
        Message(Opcode.TEXT, ""),
        WsUrl(False, "a", 80, "/"),
        Request("GET", "/", "HTTP/1.1", Headers()),
        Response(101, "", Headers()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_cannot_be_changed_after_it_was_made(value):
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)
    assert not hasattr(value, "__dict__"), "a value has no room for more than its fields"
    assert copy.copy(value) == value
    assert hash(copy.copy(value)) == hash(value)


class TestRFC9110Section5Fields:
    """RFC 9110 sections 5.1 to 5.5: names in any case, fields in order, values trimmed."""

    HEADERS = Headers([("Host", "a"), ("Via", "one"), ("vIA", " \ttwo\t "), ("X-Empty", "")])

    def test_a_field_is_found_under_its_name_in_any_case(self):
        assert self.HEADERS.get("hOST") == "a"
        assert "HOST" in self.HEADERS

    def test_the_first_of_several_lines_is_the_one_that_get_gives(self):
        assert self.HEADERS.get("Via") == "one"

    def test_all_lines_of_a_field_come_in_order_and_trimmed(self):
        assert self.HEADERS.get_all("via") == ["one", "two"]

    def test_an_empty_field_is_there_and_a_missing_one_is_not(self):
        assert self.HEADERS.get("X-Empty") == ""
        assert "X-Empty" in self.HEADERS
        assert self.HEADERS.get("X-Missing") is None
        assert self.HEADERS.get("X-Missing", "default") == "default"
        assert self.HEADERS.get_all("X-Missing") == []
        assert "X-Missing" not in self.HEADERS

    def test_what_is_no_text_is_no_name_of_a_field(self):
        assert b"Host" not in self.HEADERS
        assert None not in self.HEADERS

    def test_only_space_and_tab_are_white_space_around_a_value(self):
        assert Headers([("A", "\x0bvalue\xa0")]).get("A") == "\x0bvalue\xa0"

    def test_items_keep_order_and_spelling(self):
        assert self.HEADERS.items() == [("Host", "a"), ("Via", "one"), ("vIA", "two"), ("X-Empty", "")]
        assert list(self.HEADERS) == ["Host", "Via", "vIA", "X-Empty"]
        assert len(self.HEADERS) == 4

    def test_what_items_gives_is_a_copy(self):
        self.HEADERS.items().clear()
        self.HEADERS.get_all("Via").clear()
        assert len(self.HEADERS) == 4

    def test_headers_are_equal_where_only_the_case_of_names_differs(self):
        assert Headers([("A", "x")]) == Headers([("a", " x ")])
        assert hash(Headers([("A", "x")])) == hash(Headers([("a", " x ")]))
        assert Headers([("A", "x")]) != Headers([("A", "X")])
        assert Headers([("A", "x"), ("B", "y")]) != Headers([("B", "y"), ("A", "x")])
        assert Headers([("A", "x")]) != [("A", "x")]

    def test_the_representation_builds_the_same_headers_again(self):
        assert repr(Headers([("Via", "a")])) == "Headers([('Via', 'a')])"
        assert repr(Headers()) == "Headers([])"

    @given(st.lists(st.tuples(tokens, st.text())))
    def test_any_fields_are_kept_in_order_and_found_again(self, pairs):
        headers = Headers(iter(pairs))
        assert [name for name, _ in headers.items()] == [name for name, _ in pairs]
        for name, _ in pairs:
            same = [value.strip(" \t") for other, value in pairs if other.lower() == name.lower()]
            assert headers.get_all(name.swapcase()) == same
            assert headers.get(name.swapcase()) == same[0]


class TestErrors:
    """RFC 6455 sections 4 and 7.1.7: what went wrong, as a number for the peer and a sentence for people."""

    def test_a_handshake_error_has_a_status_headers_and_a_reason(self):
        error = HandshakeError(426, (pair for pair in [("Sec-WebSocket-Version", "13")]), "not 8")
        assert (error.status, error.reason) == (426, "not 8")
        assert error.headers == [("Sec-WebSocket-Version", "13")]
        assert str(error) == "426 not 8"

    def test_a_handshake_error_needs_only_a_status(self):
        error = HandshakeError(400)
        assert (error.headers, error.reason, str(error)) == ([], "", "400")

    def test_a_protocol_error_has_a_close_code_and_a_reason(self):
        error = ProtocolError(1002, "a reserved bit is set")
        assert (error.code, error.reason, str(error)) == (
            1002,
            "a reserved bit is set",
            "1002 a reserved bit is set",
        )

    def test_a_protocol_error_needs_only_a_code(self):
        assert (ProtocolError(1009).reason, str(ProtocolError(1009))) == ("", "1009")

    @pytest.mark.parametrize(
        "error", [HandshakeError(404, [("A", "b")], "gone"), ProtocolError(1007, "text")], ids=str
    )
    def test_an_error_survives_a_copy_and_the_way_to_another_process(self, error):
        for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert type(twin) is type(error)
            assert vars(twin) == vars(error)
            assert str(twin) == str(error)
