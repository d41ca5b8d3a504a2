"""Messages: cut into fragments, put together again, and text checked while it comes."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minews import Frame, Message, Opcode, ProtocolError
from minews.messages import (
    FRAGMENT_COST,
    MAX_MESSAGE,
    MessageAssembler,
    Utf8Stream,
    classify,
    fragment,
    pong_for,
)
from tests.cuts import every_cut

GREEK = "κόσμε"  # 11 bytes, 5 letters: what the WebSocket test suites of others send
TOO_FAR = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited"  # beyond U+10FFFF


def data_frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> Frame:
    return Frame(fin=fin, opcode=opcode, payload=payload)


def failure(call, *arguments) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        call(*arguments)
    assert caught.value.reason, "an error says what was wrong"
    return caught.value


# Bytes that begin letters, and bytes behind which one of ENDS makes any letter whole.
LETTERS = [b"\xc3", b"\xe0", b"\xe2\x82", b"\xed", b"\xf0", b"\xf4", b"\x80", b"\x90", b"\xa0"]
ENDS = [b"", b"\x80", b"\x80\x80", b"\x80\x80\x80", b"\xa0\x80", b"\x90\x80\x80"]


def begins_a_text(data: bytes) -> bool:
    for end in ENDS:
        with contextlib.suppress(UnicodeDecodeError):
            (data + end).decode()
            return True
    return False


class TestSection5_4Fragmentation:
    """RFC 6455 section 5.4: fragmentation, seen from the sender."""

    @pytest.mark.rfc("R083", "R084", "R067")
    def test_the_first_frame_says_what_it_is_the_others_go_on_and_the_last_one_has_fin(self):
        frames = fragment("Hello", 2)
        assert [(frame.opcode, frame.payload, frame.fin) for frame in frames] == [
            (Opcode.TEXT, b"He", False),
            (Opcode.CONT, b"ll", False),
            (Opcode.CONT, b"o", True),
        ]

    def test_what_fits_is_one_frame(self):
        assert fragment(b"Hello", 5) == [data_frame(Opcode.BINARY, b"Hello")]

    @pytest.mark.parametrize("message, opcode", [("", Opcode.TEXT), (b"", Opcode.BINARY)])
    def test_an_empty_message_is_one_empty_frame(self, message, opcode):
        assert fragment(message, 1) == [data_frame(opcode)]

    def test_a_letter_may_be_cut(self):
        assert [frame.payload for frame in fragment("é", 1)] == [b"\xc3", b"\xa9"]

    @pytest.mark.parametrize("size", [0, -1])
    def test_a_fragment_holds_at_least_one_byte(self, size):
        with pytest.raises(ValueError, match="hold no fragment"):
            fragment("Hello", size)

    @pytest.mark.rfc("R060", "R063")
    @given(st.text() | st.binary(), st.integers(1, 9))
    def test_what_was_cut_comes_together_again(self, message, size):
        assembler = MessageAssembler()
        *early, last = [assembler.push(frame) for frame in fragment(message, size)]
        assert early == [None] * len(early)
        assert last.data == message
        assert last.opcode == (Opcode.TEXT if isinstance(message, str) else Opcode.BINARY)


class TestSection5_4Assembly:
    """RFC 6455 sections 5.4 and 6.2: fragments at the receiver."""

    @pytest.mark.rfc("R063", "R089", "R090")
    def test_whole_and_fragmented_messages_follow_each_other_each_of_its_own_type(self):
        assembler = MessageAssembler()
        frames = [
            data_frame(Opcode.BINARY, b"a", fin=False),
            data_frame(Opcode.CONT, b"b", fin=False),
            data_frame(Opcode.CONT, b"c"),
            data_frame(Opcode.TEXT, b"Hello"),
            data_frame(Opcode.TEXT, fin=False),
            data_frame(Opcode.CONT, b"lo"),
        ]
        assert [assembler.push(frame) for frame in frames] == [
            None,
            None,
            Message(Opcode.BINARY, b"abc"),
            Message(Opcode.TEXT, "Hello"),
            None,
            Message(Opcode.TEXT, "lo"),
        ]

    @pytest.mark.rfc("R062", "R088")
    @pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CLOSE])
    def test_a_control_frame_between_two_fragments_disturbs_nothing(self, opcode):
        assembler = MessageAssembler()
        assert assembler.push(data_frame(Opcode.TEXT, b"Hel", fin=False)) is None
        assert assembler.push(data_frame(opcode, b"\xff")) is None
        assert assembler.push(data_frame(Opcode.CONT, b"lo")) == Message(Opcode.TEXT, "Hello")

    def test_what_is_under_way_can_be_seen(self):
        assembler = MessageAssembler()
        assert assembler.idle
        for opcode in (Opcode.TEXT, Opcode.BINARY):
            assembler.push(data_frame(opcode, b"\xe2\x82", fin=False))
            assert not assembler.idle
            assert (assembler.text is not None) == (opcode == Opcode.TEXT), "what decodes a text"
            assembler.push(data_frame(Opcode.CONT, b"\xac"))
            assert assembler.text is None

    def test_no_reserved_bit_has_a_meaning_without_an_extension(self):
        frame = Frame(True, Opcode.TEXT, b"", rsv1=True)
        assert MessageAssembler().understood(frame) is frame

    def test_there_must_be_a_message_to_continue(self):
        assembler = MessageAssembler()
        assert failure(assembler.push, data_frame(Opcode.CONT, b"lo")).code == 1002
        assembler.push(data_frame(Opcode.TEXT, b"Hello"))
        assert failure(assembler.push, data_frame(Opcode.CONT, b"lo")).code == 1002

    @pytest.mark.rfc("R061")
    @pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
    def test_a_message_is_whole_before_the_next_one_begins(self, opcode):
        assembler = MessageAssembler()
        assembler.push(data_frame(Opcode.TEXT, b"Hel", fin=False))
        assert failure(assembler.push, data_frame(opcode, b"lo")).code == 1002

    def test_a_message_as_large_as_the_limit_passes_and_one_byte_more_does_not(self):
        assembler = MessageAssembler(max_message=4)
        assert assembler.push(data_frame(Opcode.BINARY, b"1234")).data == b"1234"
        assembler.push(data_frame(Opcode.BINARY, b"123", fin=False))
        assert failure(assembler.push, data_frame(Opcode.CONT, b"45", fin=False)).code == 1009

    def test_a_message_in_endless_empty_fragments_comes_to_an_end(self):
        assembler = MessageAssembler(max_message=10 * FRAGMENT_COST)
        assembler.push(data_frame(Opcode.TEXT, fin=False))
        for _ in range(10):
            assembler.push(data_frame(Opcode.CONT, fin=False))
        assert failure(assembler.push, data_frame(Opcode.CONT, fin=False)).code == 1009

    @pytest.mark.parametrize("piece", [b"", b"a", "€".encode(), bytes(63)], ids=len)
    @pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
    def test_fragments_of_any_size_take_no_more_memory_than_the_message_may_twice(self, piece, opcode):
        assembler = MessageAssembler(max_message=1 << 19)
        tracemalloc.start()
        try:
            assembler.push(data_frame(opcode, fin=False))
            with pytest.raises(ProtocolError):
                for _ in range(1 << 14):
                    assembler.push(data_frame(Opcode.CONT, bytes(bytearray(piece)), fin=False))
            assert tracemalloc.get_traced_memory()[1] < 2 << 19
        finally:
            tracemalloc.stop()

    def test_a_large_message_in_fragments_of_64_bytes_is_legal(self):
        assembler, size = MessageAssembler(max_message=1 << 20), 1 << 20
        *_, last = [assembler.push(frame) for frame in fragment(bytes(size), 64)]
        assert last.data == bytes(size)


class TestSection8_1Utf8:
    """RFC 6455 section 8.1: text is UTF-8."""

    @pytest.mark.rfc("R079")
    @pytest.mark.parametrize("cut", list(every_cut(GREEK.encode())), ids=lambda cut: cut.name)
    def test_text_may_be_cut_anywhere(self, cut):
        stream = Utf8Stream()
        assert "".join(map(stream.push, cut.pieces)) + stream.push(b"", final=True) == GREEK

    @pytest.mark.rfc("R102")
    def test_it_fails_at_the_first_byte_that_no_text_can_have(self):
        stream, at = Utf8Stream(), TOO_FAR.index(b"\x90")
        for byte in TOO_FAR[:at]:
            stream.push(bytes([byte]))
        assert failure(stream.push, TOO_FAR[at : at + 1]).code == 1007

    @pytest.mark.rfc("R102")
    def test_half_a_letter_at_the_end_is_no_text(self):
        assert failure(Utf8Stream().push, b"\xc3", True).code == 1007

    def test_after_the_end_another_text_may_follow(self):
        stream = Utf8Stream()
        assert stream.push(b"caf\xc3") + stream.push(b"\xa9", final=True) == "café"
        assert stream.push(b"Hello", final=True) == "Hello"

    @pytest.mark.parametrize("letter", [b"\xed\xa0", b"\xed\xbf"])
    def test_a_surrogate_is_none_from_its_second_byte_on(self, letter):
        assert failure(Utf8Stream().push, letter).code == 1007
        assert Utf8Stream().push(b"\xed\x9f") == ""

    @example([b"\xed", b"\xa0", b"\x80"])
    @given(st.lists(st.binary(max_size=2) | st.sampled_from(LETTERS)))
    def test_it_takes_the_beginning_of_any_text_and_nothing_else(self, pieces):
        stream, seen, taken = Utf8Stream(), b"", ""
        for piece in pieces:
            seen += piece
            if not begins_a_text(seen):
                assert failure(stream.push, piece).code == 1007
                return
            taken += stream.push(piece)
            assert taken == seen.decode(errors="ignore")

    @pytest.mark.rfc("R079", "R102")
    def test_an_assembler_checks_text_while_it_comes_and_leaves_binary_alone(self):
        assembler = MessageAssembler()
        assembler.push(data_frame(Opcode.TEXT, b"caf\xc3", fin=False))
        assert failure(assembler.push, data_frame(Opcode.CONT, b"(", fin=False)).code == 1007
        assert MessageAssembler().push(data_frame(Opcode.BINARY, b"\xc3(")).data == b"\xc3("


class TestSection5_5ControlFrames:
    """RFC 6455 section 5.5: control frames."""

    @pytest.mark.parametrize("opcode", range(16))
    def test_the_top_bit_of_the_opcode_tells_control_from_data(self, opcode):
        assert classify(data_frame(opcode)) == ("control" if opcode >= 8 else "data")

    @pytest.mark.rfc("R078")
    def test_a_pong_has_the_payload_of_its_ping_and_no_key(self):
        ping = Frame(fin=True, opcode=Opcode.PING, payload=b"\xff\x00", masking_key=b"1234")
        assert pong_for(ping) == data_frame(Opcode.PONG, b"\xff\x00")


def test_the_limits_are_those_that_the_documents_name():
    assert (MAX_MESSAGE, FRAGMENT_COST) == (16 * 1024 * 1024, 64)
