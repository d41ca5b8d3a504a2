"""Bytes of frames, shown field by field: right ones and whatever a student's code may give."""

from __future__ import annotations

import random
import re

import pytest

from classroom.cases import Asked, Case
from classroom.fields import ask_by_field, show_call, show_difference, show_value
from classroom.framing import BEGINS, divide_frame, name_difference, show_bits, show_rows
from classroom.syllabus import all_exercises, find_exercise
from classroom.worker.protocol import Call, Recipe, Returned
from minews import Frame, Opcode, encode_frame, encode_payload_len
from tests.minews.wire import RFC_5_7, WRONG
from tests.mistakes.answering import judge_answer, student_answer

HELLO = "81 05 48 65 6c 6c 6f"
MASKED = "81 85 37 fa 21 3d 7f 9f 4d 51 58"


def wire(text):
    return bytes.fromhex(text)


def read(text, layout="frame"):
    return [(row.data.hex(" "), row.words) for row in divide_frame(wire(text), layout)]


def place_of(got, want, layout="frame"):
    """The sentence about the first difference."""
    (sentence,) = show_difference(wire(got), wire(want), layout)
    return sentence


def test_an_exercise_has_a_layout_that_can_be_shown():
    assert {exercise.layout for exercise in all_exercises()} <= {"", "bytes", *BEGINS}


class TestTheFields:
    def test_a_masked_frame_has_four_rows_and_the_payload_is_read_for_you(self):
        assert read(MASKED) == [
            ("81", "FIN 1, RSV 0 0 0, opcode 0x1 (text)"),
            ("85", "MASK 1, payload length 5"),
            ("37 fa 21 3d", "masking key"),
            ("7f 9f 4d 51 58", "payload, unmasked: Hello"),
        ]

    def test_a_payload_that_is_no_text_is_unmasked_as_hex(self):
        assert read("82 82 00 00 00 01 ff ff")[-1] == ("ff ff", "payload, unmasked: ff ff")

    def test_the_extended_length_is_read_as_a_number(self):
        rows = read("82 7e 01 00")
        assert rows[1] == ("7e", "MASK 0, payload length 126: the length is in the next 2 bytes")
        assert rows[2] == ("01 00", "extended payload length 256")
        assert read("82 7f 00 00 00 00 00 01 00 00")[2][1] == "extended payload length 65,536"

    def test_a_payload_is_as_long_as_its_extended_length_says(self):
        rows = divide_frame(RFC_5_7["256 bytes"][0] + b"more")
        assert [(len(row.data), row.words) for row in rows[3:]] == [
            (256, "payload"),
            (4, "behind the end of the frame"),
        ]

    @pytest.mark.parametrize("text", ["81 7e 00 7d", "81 7f 00 00 00 00 00 00 ff ff"])
    def test_a_length_that_is_not_minimal_is_told(self, text):
        assert read(text)[2][1].endswith(", which fits into a shorter form")

    def test_reserved_bits_and_opcodes_are_named(self):
        assert read("d3 00")[0][1] == "FIN 1, RSV 1 0 1, opcode 0x3 (reserved)"
        assert read("00 00")[0][1] == "FIN 0, RSV 0 0 0, opcode 0x0 (continuation)"

    @pytest.mark.parametrize(
        "text, last",
        [
            ("", None),
            ("81", "FIN 1, RSV 0 0 0, opcode 0x1 (text)"),
            ("81 05", "MASK 0, payload length 5"),
            ("81 7e 01", "extended payload length, 1 of 2 bytes"),
            ("81 7f 00 00", "extended payload length, 2 of 8 bytes"),
            ("81 85 37 fa", "masking key, 2 of 4 bytes"),
            ("81 05 48", "payload, 1 of 5 bytes H"),
        ],
    )
    def test_a_frame_that_is_cut_says_what_has_come(self, text, last):
        assert [words for _, words in read(text)][-1:] == ([last] if last else [])

    def test_what_is_too_much_stands_behind_the_end(self):
        assert read(f"{HELLO} 21 21")[-1] == ("21 21", "behind the end of the frame")
        assert read("7e 01 00 ff", "length")[-1] == ("ff", "behind the length")

    def test_a_length_alone_begins_with_byte_1_of_its_frame(self):
        assert read("fe 01 00", "length") == [
            ("fe", "MASK 1, payload length 126: the length is in the next 2 bytes"),
            ("01 00", "extended payload length 256"),
        ]

    @pytest.mark.parametrize("layout", ["frame", "length"])
    def test_each_byte_of_anything_belongs_to_exactly_one_row(self, layout):
        seeded = random.Random(6455)
        wires = [data for data, _ in RFC_5_7.values()] + [wire(text) for text, _ in WRONG.values()]
        for data in wires + [seeded.randbytes(seeded.randrange(20)) for _ in range(300)]:
            for cut in {*range(min(len(data), 15)), len(data)}:
                rows = divide_frame(data[:cut], layout)
                assert b"".join(row.data for row in rows) == data[:cut]
                assert [row.start for row in rows[1:]] == [row.end for row in rows[:-1]]
                assert show_rows(rows, cut // 2) and all(row.words for row in rows)


class TestTheFirstDifference:
    @pytest.mark.parametrize(
        "got, want, where",
        [
            ("01 05", "81 05", "byte 0, in FIN."),
            ("c1 00", "81 00", "byte 0, in RSV1."),
            ("a1 00", "81 00", "byte 0, in RSV2."),
            ("91 00", "81 00", "byte 0, in RSV3."),
            ("82 00", "81 00", "byte 0, in the opcode."),
            ("12 00", "81 00", "byte 0, in FIN and RSV3 and the opcode."),
            ("81 05", "81 85", "byte 1, in MASK."),
            ("81 06", "81 05", "byte 1, in the payload length."),
            ("81 7e 00 01", "81 7e 01 00", "byte 2, in the extended payload length."),
            (MASKED.replace("fa", "fb"), MASKED, "byte 3, in the masking key."),
            (MASKED.replace("9f", "48"), MASKED, "byte 7, in the payload."),
            ("81 05 48", HELLO, "byte 3, in the payload; 3 bytes came, 7 must come."),
            ("81 85 37", MASKED, "byte 3, in the masking key; 3 bytes came, 11 must come."),
            (f"{HELLO} 00", HELLO, "byte 7, behind the end of the frame; 8 bytes came, 7 must come."),
            ("81", HELLO, "byte 1, the one with MASK and the payload length; 1 byte came, 7 must come."),
            ("", HELLO, "byte 0, the one with FIN and the opcode; 0 bytes came, 7 must come."),
            ("81 7e 00 05", "81 05 48", "byte 1, in the payload length; 4 bytes came, 3 must come."),
        ],
    )
    def test_it_is_named_by_its_field(self, got, want, where):
        assert place_of(got, want) == f"They first differ at {where}"

    @pytest.mark.parametrize(
        "got, want, where",
        [
            ("7d", "fd", "byte 0, in MASK."),
            ("7d 00", "7d", "byte 1, behind the length; 2 bytes came, 1 must come."),
            ("7e 00 01", "7e 01 00", "byte 1, in the extended payload length."),
            ("", "00", "byte 0, the one with MASK and the payload length; 0 bytes came, 1 must come."),
        ],
    )
    def test_a_length_alone_has_its_own_count(self, got, want, where):
        assert place_of(got, want, "length") == f"They first differ at {where}"

    def test_bytes_without_fields_have_only_a_place(self):
        assert place_of("00 01", "00 02", "bytes") == "They first differ at byte 1."
        assert name_difference(b"a", b"b", 0, "") == ""


class TestTheBits:
    def test_a_bit_has_its_name_under_it(self):
        assert show_bits(wire("01 00"), wire("81 00"), 0, "frame") == [
            "came     0b0000_0001",
            "must be  0b1000_0001",
            "           ^ FIN",
        ]

    def test_a_field_of_several_bits_is_marked_in_whole(self):
        assert show_bits(wire("81 08"), wire("81 85"), 1, "frame")[2:] == [
            "           ^ MASK",
            "            ^^^^^^^^ payload length",
        ]
        assert show_bits(wire("82"), wire("81"), 0, "frame")[2:] == ["                ^^^^ opcode"]

    def test_the_signs_stand_under_the_bits_that_they_name(self):
        for bit, name in zip((0x80, 0x40, 0x20, 0x10), ("FIN", "RSV1", "RSV2", "RSV3"), strict=True):
            came, must, sign = show_bits(bytes([bit]), b"\0", 0, "frame")
            assert came[sign.index("^")] == "1" and must[sign.index("^")] == "0"
            assert sign.endswith(f"^ {name}")

    def test_byte_0_of_a_length_is_byte_1_of_its_frame(self):
        assert show_bits(b"\x05", b"\x85", 0, "length")[2].strip() == "^ MASK"

    @pytest.mark.parametrize(
        "got, want, at, layout",
        [(b"\0\0\0", b"\0\0\1", 2, "frame"), (b"", b"\0", 0, "frame"), (b"\0", b"\1", 0, "bytes")],
    )
    def test_other_bytes_are_not_shown_as_bits(self, got, want, at, layout):
        assert show_bits(got, want, at, layout) == []


class TestTheView:
    def test_the_sign_stands_under_the_byte_that_differs(self):
        lines = show_value(wire(MASKED), layout="frame", other=wire(MASKED.replace("9f", "48")))
        assert lines[3:] == [" 6  7f 9f 4d 51 58  payload, unmasked: Hello", "       ^^"]

    def test_where_the_bytes_end_too_early_the_sign_stands_behind_them(self):
        assert show_value(wire("81"), layout="frame", other=wire(HELLO))[1:] == [
            " 1  the bytes end here",
            "    ^^",
        ]

    def test_what_came_and_what_must_come_stand_in_columns_of_one_width(self):
        came, must = wire("81 05 48"), wire(HELLO)
        columns = {
            line.index("MASK")
            for one, other in ((came, must), (must, came))
            for line in show_value(one, layout="frame", other=other)
            if "MASK" in line
        }
        assert len(columns) == 1

    def test_no_bytes_at_all_are_said_to_be_none(self):
        assert show_value(b"", layout="frame") == show_value(b"", layout="bytes", other=b"a") == ["no bytes"]

    @pytest.mark.parametrize("at", [4, 700, 65_545])
    def test_of_a_long_payload_its_ends_and_the_difference_are_shown(self, at):
        data = encode_frame(Frame(True, Opcode.BINARY, bytes(65_536)))
        lines = show_value(data, layout="frame", other=data[:at] + b"!" + data[at + 1 :])
        assert len(lines) <= 10 and any("... 6" in line for line in lines)
        assert any(line.strip() == "^^" for line in lines)
        assert sum(int(line.split()[1].replace(",", "")) for line in lines if "..." in line) > 60_000

    def test_what_is_left_out_and_what_is_shown_is_the_whole(self):
        data = encode_frame(Frame(True, Opcode.BINARY, bytes(range(256)) * 4))
        end = 0
        for line in show_value(data, layout="frame", other=data[:500]):
            if "..." in line:
                end += int(line.split()[1].replace(",", ""))
            elif found := re.match(r" *(\d+)  ((?:[0-9a-f]{2} ?)+)", line):
                assert int(found[1]) == end
                end += len(bytes.fromhex(found[2]))
        assert end == len(data)

    def test_bytes_without_fields_are_hex_with_their_text_beside_them(self):
        assert show_value(b"Hello", layout="bytes") == [" 0  48 65 6c 6c 6f  Hello"]
        assert show_value(b"\x7f\x9f", layout="bytes") == [" 0  7f 9f"]

    def test_without_a_layout_nothing_is_taken_for_a_frame(self):
        assert show_value(b"\x81\x00") == [r"b'\x81\x00'"]

    def test_a_head_is_a_head_in_any_layout(self):
        assert show_value(b"HTTP/1.1 200 OK\r\n\r\n", layout="frame")[0] == r"HTTP/1.1 200 OK\r\n"


class TestACall:
    def test_bytes_are_shown_as_one_would_type_them_and_below_in_fields(self):
        assert show_call("decode_payload_len", (wire("7e 01 00"),), {}, "length") == [
            'decode_payload_len(bytes.fromhex("7e 01 00"))',
            "with the bytes",
            "     0  7e     MASK 0, payload length 126: the length is in the next 2 bytes",
            "     1  01 00  extended payload length 256",
        ]

    def test_text_stays_text_where_bytes_have_no_fields(self):
        line = "apply_mask(b'Hello', bytes.fromhex(\"37 fa 21 3d\"))"
        assert show_call("apply_mask", (b"Hello", wire("37 fa 21 3d")), {}, "bytes") == [line]

    def test_no_byte_of_a_frame_is_taken_for_a_letter(self):
        assert show_call("decode_payload_len", (b"~",), {}, "length")[0] == (
            'decode_payload_len(bytes.fromhex("7e"))'
        )

    def test_other_buffers_are_told_from_bytes(self):
        (line,) = show_call("f", (bytearray(b"\xff"), Recipe("memoryview", (b"\xfe",))), {}, "bytes")
        assert line == 'f(bytearray(bytes.fromhex("ff")), memoryview(bytes.fromhex("fe")))'

    def test_of_many_bytes_only_the_ends_are_typed(self):
        (line,) = show_call("f", (bytes(1000),), {}, "bytes")
        assert line == "f(<1,000 bytes: 00 00 00 00 00 00 ... 00 00>)"

    def test_a_frame_that_is_too_long_for_a_line_has_a_line_for_each_part(self):
        frame = Frame(True, Opcode.BINARY, bytes(range(200)), masking_key=wire("37 fa 21 3d"))
        lines = show_call("encode_frame", (frame,), {}, "frame")
        assert lines[:2] == ["encode_frame(", "    Frame("] and lines[-2:] == ["    ),", ")"]
        assert '        masking_key=bytes.fromhex("37 fa 21 3d"),' in lines
        assert max(map(len, lines)) <= 90

    @pytest.mark.parametrize("n", [0, 125, 126, 65_535, 65_536, 2**63 - 1])
    @pytest.mark.parametrize("masked", [True, False])
    def test_a_length_that_was_written_is_read_back_as_it_was(self, n, masked):
        words = [row.words for row in divide_frame(encode_payload_len(n, masked), "length")]
        assert words[0].startswith(f"MASK {int(masked)}, payload length ")
        assert words[-1].split()[-1] == (f"{n:,}" if n > 125 else str(n))


class TestListsAndTuples:
    def test_the_first_item_that_differs_is_counted_from_0(self):
        (sentence,) = show_difference([b"a", b"b", b"c"], [b"a", b"x", b"y"])
        assert sentence == "They first differ in item 1, counted from 0."

    def test_of_a_pair_one_sees_it(self):
        assert show_difference((1, 2), (1, 3)) == []

    def test_a_right_item_of_the_wrong_type_is_named(self):
        (sentence,) = show_difference((1.0, 2), (1, 2))
        assert sentence == "Item 0, counted from 0, is of type float and must be of type int."

    def test_one_that_begins_the_other_differs_in_its_number(self):
        assert show_difference([b"a"], [b"a", b"b", b"c"]) == ["1 item came, 3 must come."]


class TestTheQuestion:
    ASK = staticmethod(
        ask_by_field(
            "frame",
            {
                name: name
                for name in (
                    "FIN",
                    "opcode",
                    "MASK",
                    "payload length",
                    "extended payload length",
                    "masking key",
                    "payload",
                    "behind",
                )
            },
            "none of them",
        )
    )

    @pytest.mark.parametrize(
        "got, want, field",
        [
            ("01 05", "81 05", "FIN"),
            ("82 00", "81 00", "opcode"),
            ("02 00", "81 00", "FIN"),
            ("c1 00", "81 00", "none of them"),
            ("81 05", "81 85", "MASK"),
            ("81 06", "81 05", "payload length"),
            ("81", HELLO, "MASK"),
            ("82 7e 00 01", "82 7e 01 00", "extended payload length"),
            (MASKED.replace("fa", "fb"), MASKED, "masking key"),
            (MASKED.replace("9f", "48"), MASKED, "payload"),
            (f"{HELLO} 00", HELLO, "behind"),
        ],
    )
    def test_is_that_of_the_first_field_that_differs(self, got, want, field):
        assert self.ASK(wire(got), wire(want)) == field

    def test_of_a_pair_is_that_of_the_first_item_that_differs(self):
        ask = ask_by_field("", {"item 0": "length", "item 1": "used"}, "neither")
        assert [ask(came, (126, 3)) for came in ((126, 2), (125, 2), (3, 3, 3), None)] == [
            "used",
            "length",
            "neither",
            "neither",
        ]

    def test_where_no_fields_are_known_is_another(self):
        assert ask_by_field("bytes", {"payload": "?"}, "else")(b"a", b"b") == "else"

    def test_of_a_case_may_depend_on_what_came(self):
        asked = Asked(Call(), 0, Case("5.2", "", "", print))
        asked.gives(b"\x80", question=ask_by_field("length", {"MASK": "Which bit?"}, "What?"))
        (check,) = asked.checks
        assert [check(Returned(came)).question for came in (b"\x00", b"\x81", None)] == [
            "Which bit?",
            "What?",
            "What?",
        ]


@pytest.mark.parametrize(
    "field, code",
    [
        ("FIN", "bytes([frame.opcode, len(frame.payload) ^ 1]) + frame.payload"),
        (
            "MASK",
            "bytes([frame.opcode | 128 * frame.fin, len(frame.payload) ^ 129]) + frame.payload",
        ),
    ],
)
def test_feedback_asks_about_the_field_where_the_case_has_no_question(field, code):
    answer = student_answer(find_exercise("5.4"), f"def encode_frame(frame):\n    return {code}\n")
    text = judge_answer(answer).feedback.text()
    assert "Known as" not in text and f"is {field}, and" in re.search(r"\nAsk .*", text)[0]
