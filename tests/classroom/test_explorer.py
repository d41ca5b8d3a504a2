"""The frame explorer: its JavaScript says of bytes what minews says, and Python gets back what is true."""

from __future__ import annotations

import json
import random
import re
import subprocess
import xml.etree.ElementTree as ET

import pytest

from classroom import peers
from classroom.pictures import FRAME_COLOURS
from classroom.widgets import base, explore_frame
from classroom.widgets.explorer import read_hex
from classroom.widgets.layout import describe, find_problem, judge, lay_out, name_opcode
from minews.frames import FrameReader, apply_mask, check_frame, decode_frame, encode_frame
from minews.types import Frame, Opcode, ProtocolError, Role

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")  # RFC 6455 section 5.7
SEED = 5
LENGTHS = [0, 1, 4, 5, 125, 126, 127, 65_535, 65_536]
LONG = "0123456789" * 4  # the longest payload that a sentence shows whole

SCRIPT = """
import * as explorer from MODULE;
const { vectors } = JSON.parse(await new Response(process.stdin).text());
const { readHex, toHex } = explorer;
const plain = (layout) => [
  layout.parts.map(({ kind, name, start, end }) => [kind, name, String(start), String(end)]),
  String(layout.missing), layout.exact, String(layout.size),
];
const asFrame = ([fin, rsv1, rsv2, rsv3, opcode, payload, key]) =>
  ({ fin, rsv1, rsv2, rsv3, opcode, payload: readHex(payload), key: key === null ? null : readHex(key) });
const asList = (frame) => frame && [
  frame.fin, frame.rsv1, frame.rsv2, frame.rsv3, frame.opcode,
  toHex(frame.payload, ""), frame.key && toHex(frame.key, "")];
const tell = (run) => { try { return run(); } catch (error) { return `Error: ${error.message}`; } };
const ask = {
  mask: ([data, key]) => toHex(explorer.applyMask(readHex(data), readHex(key)), ""),
  encode: (frame) => toHex(explorer.encodeFrame(asFrame(frame)), ""),
  decode: (data) => asList(explorer.decodeFrame(readHex(data))),
  layout: (data) => plain(explorer.layOut(readHex(data))),
  describe: (frame) => explorer.describe(asFrame(frame)),
  problem: ([data, receiver]) => explorer.findProblem(readHex(data), receiver),
  judge: ([data, receiver]) => explorer.judge(readHex(data), receiver),
  hex: (text) => tell(() => toHex(readHex(text), "")),
  opcode: (opcode) => explorer.nameOpcode(opcode),
};
const answers = {};
for (const [kind, questions] of Object.entries(vectors)) answers[kind] = questions.map(ask[kind]);
process.stdout.write(JSON.stringify(answers));
"""


def as_list(frame: Frame | None) -> list | None:
    if frame is None:
        return None
    key = None if frame.masking_key is None else frame.masking_key.hex()
    return [frame.fin, frame.rsv1, frame.rsv2, frame.rsv3, int(frame.opcode), frame.payload.hex(), key]


def some_frames() -> list[Frame]:
    """Each opcode, each bit, each form of the length, masked or not; text, and bytes that are none."""
    chance = random.Random(SEED)
    frames = [
        Frame(True, opcode, b"Hello", masking_key=key) for opcode in range(16) for key in (None, b"\0\1\2\3")
    ]
    frames += [
        Frame(True, 2, chance.randbytes(n), masking_key=key)
        for n in LENGTHS
        for key in (None, b"\xff\x80\x7f\0")
    ]
    frames += [Frame(False, 1, b"x", rsv1=bool(n & 4), rsv2=bool(n & 2), rsv3=bool(n & 1)) for n in range(8)]
    texts = [
        "\N{BOM}",
        "Grüße, 5 €",
        "\N{SLICE OF PIZZA}" * 41,
        LONG,
        LONG + "0",
        "tab\t",
        "\x7f",
        " ",
        "\x80",
        "...",
    ]
    frames += [Frame(True, 1, text.encode(), masking_key=b"abcd") for text in texts]
    frames += [
        Frame(True, 1, data)
        for data in (b"\xff" * 40, b"\xff" * 41, b"\xed\xa0\x80", b"\xc0\x80", b"\xe2\x82")
    ]
    return frames


def some_bytes() -> list[bytes]:
    """Frames whole, cut and with more behind them, lengths of every wrong kind, and bytes at random."""
    chance = random.Random(SEED)
    small = [data for data in map(encode_frame, some_frames()) if len(data) < 200]
    cut = [
        data[:n]
        for data in (HELLO, encode_frame(Frame(True, 2, bytes(126), masking_key=b"abcd")))
        for n in range(len(data))
    ]
    behind = [data + more for data in small[:6] for more in (b"\x81", HELLO, bytes(1000))]
    heads = [
        "827e007d",
        "827e007e",
        "827f000000000000ffff",
        "827f0000000000010000",
        "827f8000000000000000",
        "82ff7fffffffffffffff",
    ]
    heads += ["827f0000000000100000", "827f0000000000100001", "82ff000000000010000137fa213d"]
    wrong = [bytes.fromhex(head)[:n] for head in heads for n in range(1, 15)]
    control = [Frame(True, 9, bytes(n), masking_key=key) for n in (125, 126) for key in (None, b"abcd")]
    control += [Frame(False, opcode, b"", masking_key=b"abcd") for opcode in range(16)]
    noise = [chance.randbytes(chance.randrange(20)) for _ in range(300)]
    return [*small, *cut, *behind, *wrong, *map(encode_frame, control), *noise]


TEXTS = [
    "",
    "81 85",
    "8185",
    "0x81, 0x85",
    "\\x81\\x85",
    "81:85;00\n\tff",
    "FFaa",
    "8",
    "81 8",
    "8g",
    "zz",
    "é0",
    "0x",
    "\N{SLICE OF PIZZA}",
]


def tell(text: str) -> str:
    try:
        return read_hex(text).hex()
    except ValueError as error:
        return f"Error: {error}"


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What Python says and what JavaScript says, for each kind of question."""
    frames, datas = some_frames(), some_bytes()
    both = [(data, receiver) for data in datas for receiver in Role]
    masked = [(b"", b"abcd"), (b"Hello", b"\x37\xfa\x21\x3d"), (bytes(range(256)), b"\x80\0\xff\x01")]
    asked = {
        "mask": (
            [[data.hex(), key.hex()] for data, key in masked],
            [apply_mask(*pair).hex() for pair in masked],
        ),
        "encode": (list(map(as_list, frames)), [encode_frame(frame).hex() for frame in frames]),
        "decode": ([data.hex() for data in datas], [as_list(explore_frame(data).frame) for data in datas]),
        "layout": ([data.hex() for data in datas], [plain_layout(data) for data in datas]),
        "describe": (list(map(as_list, frames)), list(map(describe, frames))),
        "problem": ([[d.hex(), r.value] for d, r in both], [find_problem(d, r) for d, r in both]),
        "judge": ([[d.hex(), r.value] for d, r in both], [judge(d, r) for d, r in both]),
        "hex": (TEXTS, list(map(tell, TEXTS))),
        "opcode": (list(range(16)), list(map(name_opcode, range(16)))),
    }
    module = tmp_path_factory.mktemp("front") / "explorer.mjs"
    module.write_text(base.read_script("explorer"), encoding="utf-8")  # the text that browsers get
    node = peers.require_peer("node").path
    done = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT.replace("MODULE", json.dumps(module.as_uri()))],
        input=json.dumps({"vectors": {kind: questions for kind, (questions, _) in asked.items()}}),
        capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return {kind: (questions, ours, said[kind]) for kind, (questions, ours) in asked.items()}


def plain_layout(data: bytes) -> list:
    layout = lay_out(data)
    parts = [[part.kind, part.name, str(part.start), str(part.end)] for part in layout.parts]
    return [parts, str(layout.missing), layout.exact, str(layout.size)]


@pytest.mark.peer("node")
@pytest.mark.parametrize(
    "kind", ["mask", "encode", "decode", "layout", "describe", "problem", "judge", "hex", "opcode"]
)
def test_javascript_says_what_python_says(answers, kind):
    for question, python, javascript in zip(*answers[kind], strict=True):
        assert javascript == python, f"{kind} of {str(question)[:200]}, seed {SEED}"


class TestTheLayoutOfBytes:
    def test_says_how_many_bytes_are_missing_exactly_when_it_can_be_known(self):
        for data in map(encode_frame, some_frames()):
            for cut in range(min(len(data), 20)):
                layout = lay_out(data[:cut])
                if layout.exact:
                    assert layout.missing == len(data) - cut
                else:
                    assert 0 < layout.missing <= len(data) - cut

    def test_ends_where_minews_ends_the_frame(self):
        for data in some_bytes():
            try:
                decoded = decode_frame(data)
            except ProtocolError:
                continue
            layout = lay_out(data)
            assert (decoded is not None) == (layout.exact and layout.missing == 0)
            if decoded:
                assert layout.size == decoded[1]

    def test_has_a_colour_for_each_part_and_leaves_no_byte_out(self):
        for data in some_bytes():
            parts = lay_out(data).parts
            assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
            assert parts[-1].end >= len(data)
            assert {part.kind for part in parts} <= set(FRAME_COLOURS)


class TestTheVerdict:
    @pytest.mark.parametrize("receiver", Role)
    def test_is_that_of_a_reader_and_of_check_frame(self, receiver):
        for data in some_bytes():
            try:
                for frame in FrameReader().feed(data)[:1]:
                    check_frame(frame, receiver)
                problem = ""
            except ProtocolError as error:
                problem = str(error)
            assert find_problem(data, receiver) == problem
            assert (problem in judge(data, receiver)) and ("refuses" in judge(data, receiver)) == bool(
                problem
            )

    def test_on_the_rfcs_masked_hello_depends_on_who_reads_it(self):
        assert judge(HELLO, Role.SERVER) == "A server takes it."
        assert judge(HELLO, Role.CLIENT) == "A client refuses it: 1002 a server masks no frame."

    def test_on_a_frame_cut_off_counts_the_bytes_that_are_missing(self):
        assert judge(HELLO[:-3], Role.SERVER) == "Not yet: 3 more bytes."
        assert judge(HELLO[:1], Role.SERVER) == "Not yet: at least 1 more byte."

    def test_counts_the_bytes_left_over(self):
        assert (
            judge(HELLO + b"\x81\x00", Role.SERVER) == "A server takes it. 2 bytes behind it: the next frame."
        )


class TestFromPython:
    def test_it_starts_with_the_rfcs_masked_hello(self):
        explorer = explore_frame()
        assert explorer.data == HELLO
        assert explorer.frame == Frame(True, Opcode.TEXT, b"Hello", masking_key=HELLO[2:6])

    def test_it_starts_with_bytes_or_hex_or_a_frame(self):
        frame = Frame(True, Opcode.PING, b"x")
        for start in (frame, b"\x89\x01x", bytearray(b"\x89\x01x"), "89 01 78"):
            assert (explore_frame(start).data, explore_frame(start).frame) == (b"\x89\x01x", frame)

    def test_it_refuses_text_that_is_no_hex(self):
        with pytest.raises(ValueError, match='"g" is not a hex digit'):
            explore_frame("8g")

    def test_the_frame_follows_the_bytes_and_the_bytes_follow_the_frame(self):
        explorer, seen = explore_frame(), []
        explorer.observe(lambda change: seen.append(change.new), "frame")
        explorer.data = b"\x88\x00"
        assert explorer.frame == Frame(True, Opcode.CLOSE, b"") == seen[-1]
        explorer.frame = Frame(True, Opcode.PONG, b"ab", rsv2=True)
        assert explorer.data == b"\xaa\x02ab"

    def test_bytes_that_are_no_whole_frame_give_none(self):
        for data in (b"", HELLO[:-1], bytes.fromhex("827e0001ff")):
            assert explore_frame(data).frame is None

    def test_it_tells_the_rule_that_is_broken_and_what_is_left_over(self):
        explorer = explore_frame(b"\x81\x01a" + HELLO)
        assert (explorer.problem, explorer.rest) == ("1002 a client masks every frame", HELLO)
        explorer.receiver = "client"
        assert explorer.problem == ""

    def test_bytes_that_come_back_from_a_browser_are_bytes(self):
        explorer = explore_frame()
        explorer.set_state({"data": memoryview(b"\x89\x00")})
        assert (explorer.data, explorer.frame.opcode) == (b"\x89\x00", Opcode.PING)


class TestTheStillPicture:
    def drawn(self, data: bytes) -> ET.Element:
        page = explore_frame(data)._repr_mimebundle_()[0]["text/html"]
        (svg,) = ET.fromstring(page).iter("{http://www.w3.org/2000/svg}svg")
        return svg

    def words(self, data: bytes) -> list[str]:
        return [
            "".join(text.itertext()) for text in self.drawn(data).iter("{http://www.w3.org/2000/svg}text")
        ]

    def test_shows_every_bit_of_the_head(self):
        texts = self.drawn(HELLO).iter("{http://www.w3.org/2000/svg}text")
        bits = [text.text for text in texts if text.text in ("0", "1") and "14px" in text.get("style")]
        assert "".join(bits) == "".join(f"{byte:08b}" for byte in HELLO[:6])

    def test_shows_every_byte_and_the_name_of_its_field(self):
        words = self.words(HELLO)[32:]  # behind the numbers of the bits
        drawn = [word for word in words if re.fullmatch("[0-9a-f]{2}", word)]
        assert drawn == [f"{byte:02x}" for byte in HELLO]
        assert {"masking key", "payload", "payload length", "opcode"} <= set(words)

    @pytest.mark.parametrize("data", some_bytes()[::25], ids=lambda data: data[:8].hex())
    def test_stays_on_its_canvas_and_says_all_in_words(self, data):
        svg = self.drawn(data)
        width, height = map(float, svg.get("viewBox").split()[2:])
        for box in svg.iter("{http://www.w3.org/2000/svg}rect"):
            x, y, wide, high = (float(box.get(name)) for name in ("x", "y", "width", "height"))
            assert x >= 0 and x + wide <= width and y >= 0 and y + high <= height
        assert judge(data, Role.SERVER) in svg.get("aria-label")
        assert svg.get("role") == "img" and svg.find("{http://www.w3.org/2000/svg}title").text
