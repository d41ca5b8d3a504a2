"""The messages themselves: what a student reads, word for word, for one failure of each kind.

golden/*.txt hold them. After a change of words, read them aloud as a student who knows nothing would. Renew
them with

    python -m pytest tests/mistakes/test_messages.py --renew-golden

and read the difference before it is committed.
"""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

import pytest

from classroom import regions
from classroom.mistakes import mistakes_of
from classroom.syllabus import find_exercise
from tests.mistakes.answering import answer_from, judge_answer, student_answer, wrapped_reference

pytestmark = pytest.mark.slow  # all of them together

GOLDEN = Path(__file__).parent / "golden"


def known(number, name):
    exercise = find_exercise(number)
    return answer_from(next(each for each in mistakes_of(exercise) if each.name == name).function, exercise)


def written(number, text):
    return student_answer(find_exercise(number), text)


READER = 'class FrameReader:\n    def __init__(self, max_payload=1 << 20): self.buffer = b""\n'


MESSAGES = {
    "characters-for-bytes": lambda: known("0.1", "characters-counted"),
    "a-piece-for-all": lambda: known("1.1", "recv-n-returns-n"),
    "an-end-not-seen": lambda: known("1.1", "eof-not-seen"),
    "bytes-lost-between-calls": lambda: known("1.1", "rest-thrown-away"),
    "a-delimiter-cut": lambda: known("1.2", "searched-in-the-last-piece"),
    "a-rest-lost": lambda: known("1.2", "rest-lost"),
    "a-length-that-counts-itself": lambda: known("1.3", "length-counts-itself"),
    "a-length-too-large": lambda: known("1.3", "length-wraps"),
    "a-buffer-not-shortened": lambda: known("1.4", "buffer-rebound"),
    "a-buffer-taken-for-a-message": lambda: known("1.4", "recv-is-a-message"),
    "a-peer-that-waits": lambda: known("1.5", "echo-at-the-end"),
    "send-took-a-part": lambda: known("1.5", "send-result-ignored"),
    "a-splitter-not-caught": lambda: known("1.6", "recv-is-a-message"),
    "a-payload-not-whole": lambda: known("1.6", "half-a-payload-expected"),
    "another-text": lambda: known("4.2", "guid-before-key"),
    "another-text-not-known": lambda: written(
        "4.2", 'def accept_value(key):\n    return key.replace("=", "")\n'
    ),
    "bytes-for-str": lambda: known("4.2", "decode-forgotten"),
    "nothing-returned": lambda: known("4.2", "return-forgotten"),
    "another-each-time": lambda: known("4.1", "key-drawn-once"),
    "a-part-of-another-type": lambda: known("4.3", "port-as-str"),
    "a-bad-url-taken": lambda: known("4.3", "fragment-dropped"),
    "a-head-that-never-ends": lambda: known("4.4", "missing-blank-line"),
    "a-header-that-is-wrong": lambda: known("4.4", "host-port-lost"),
    "bytearray-for-bytes": lambda: wrapped_reference(find_exercise("4.4"), "bytearray(right)"),
    "a-good-request-refused": lambda: known("4.5", "connection-exact-match"),
    "a-refusal-that-lacks-a-header": lambda: known("4.5", "version-not-offered"),
    "another-exception": lambda: known("4.5", "decode-error-escapes"),
    "a-bad-answer-let-in": lambda: known("4.8", "accept-in-any-case"),
    "an-example-that-is-wrong": lambda: known("4.9", "over-strict-key"),
    "an-example-that-is-missing": lambda: known("4.9", "only-bad-requests"),
    "a-mask-that-stops": lambda: known("5.1", "zip-stops-at-4"),
    "zeros-for-a-byte": lambda: known("5.1", "bytes-of-a-number"),
    "a-masking-key-as-text": lambda: wrapped_reference(
        find_exercise("5.8"),
        "right | {'pong': [(at, field, '37 fa 21 3d' if 'key' in field else value)"
        " for at, field, value in right['pong']]}",
    ),
    "an-argument-changed": lambda: known("5.1", "mask-written-into-argument"),
    "a-length-in-another-order": lambda: known("5.2", "native-endian"),
    "a-length-that-is-cut": lambda: known("5.2", "127-is-four-bytes"),
    "a-length-that-is-not-minimal": lambda: known("5.2", "non-minimal-length"),
    "a-length-that-is-not-there-yet": lambda: known("5.3", "number-of-what-is-there"),
    "a-length-that-never-ends": lambda: known("5.3", "number-runs-to-the-end"),
    "zeros-in-front-of-a-length": lambda: written(
        "5.2",
        "def encode_payload_len(n, masked):\n"
        "    mask = 0x80 if masked else 0\n"
        "    if n < 126:\n"
        "        return bytes([mask | n])\n"
        "    if n < 65536:\n"
        "        return bytes(mask | 126) + n.to_bytes(2, 'big')\n"
        "    return bytes([mask | 127]) + n.to_bytes(8, 'big')\n",
    ),
    "none-in-so-many-words": lambda: written(
        "5.3",
        "def decode_payload_len(buf):\n"
        "    if len(buf) < 3:\n"
        "        return None\n"
        "    short = buf[0] & 127\n"
        "    end = {126: 3, 127: 9}.get(short, 1)\n"
        "    return (short if end == 1 else int.from_bytes(buf[1:end], 'big')), end\n",
    ),
    "an-exception-returned": lambda: written(
        "5.6",
        "def check_frame(frame, receiver):\n"
        "    if (receiver is Role.SERVER) != (frame.masking_key is not None):\n"
        "        return ProtocolError(1002, 'not masked')\n",
    ),
    "a-bit-that-is-wrong": lambda: known("5.4", "fin-always"),
    "a-masking-key-in-the-wrong-place": lambda: known("5.4", "key-before-length"),
    "a-payload-that-is-not-masked": lambda: known("5.4", "payload-not-masked"),
    "a-frame-that-is-not-known": lambda: written(
        "5.4",
        "def encode_frame(frame):\n"
        "    head = bytes([0x80 | frame.opcode]) + encode_payload_len(len(frame.payload), False)\n"
        "    return head + frame.payload[::-1]\n",
    ),
    "a-value-in-a-table": lambda: known("5.8", "mask-bit-in-length"),
    "an-offset-in-a-table": lambda: known("5.8", "payload-where-the-key-is"),
    "a-row-that-is-missing": lambda: known("5.8", "rsv-left-out"),
    "a-frame-with-another-bit": lambda: known("5.5", "reserved-bits-reversed"),
    "a-frame-that-is-not-whole": lambda: known("5.5", "half-a-key"),
    "a-bad-frame-let-in": lambda: known("5.6", "rsv-ignored"),
    "a-good-frame-refused": lambda: known("5.6", "fragments-refused"),
    "a-stream-that-was-cut": lambda: known("5.7", "leftover-dropped"),
    "a-loop-in-a-method": lambda: known("5.7", "loop-over-one-frame"),
    "a-frame-for-a-list": lambda: wrapped_reference(
        find_exercise("5.7"), "right[0] if len(right) == 1 else right", "feed"
    ),
    "an-error-that-is-forgotten": lambda: known("5.7", "bad-frame-forgotten"),
    "an-error-that-comes-late": lambda: known("5.7", "error-always-postponed"),
    "good-frames-that-are-lost": lambda: known("5.7", "good-frames-lost"),
    "a-method-that-is-missing": lambda: written("5.7", READER + "    def read(self, data): return []\n"),
    "a-method-without-self": lambda: written("5.7", READER + "    def feed(data): return []\n"),
    "an-object-that-cannot-be-made": lambda: written(
        "5.7", "class FrameReader:\n    def __init__(self, size): self.size = size\n"
    ),
    "a-head-cut-in-two": lambda: known("6.1", "handshake-one-recv"),
    "a-leftover-lost": lambda: known("6.1", "bytes-after-head-lost"),
    "a-head-without-end": lambda: known("6.1", "limit-as-value-error"),
    "a-frame-that-nobody-reads": lambda: known("6.2", "bytes-after-head-lost"),
    "a-server-that-masks": lambda: known("6.2", "server-masks"),
    "a-pong-that-is-missing": lambda: known("6.2", "ping-not-answered"),
    "a-frame-after-the-end": lambda: known("6.2", "goes-on-after-a-close"),
    "a-rule-broken-and-not-told": lambda: known("6.2", "protocol-error-escapes"),
    "a-loop-that-goes-on": lambda: known("6.2", "only-the-inner-loop-left"),
    "a-role-that-is-wrong": lambda: known("6.2", "checked-for-the-wrong-role"),
    "a-refusal-not-sent": lambda: known("6.2", "refusal-not-sent"),
    "a-page-without-its-length": lambda: known("6.3", "no-content-length"),
    "a-handshake-given-a-page": lambda: known("6.3", "upgrade-as-one-word"),
    "a-client-that-hangs-up": lambda: known("6.4", "close-then-hang-up"),
    "a-client-that-does-not-wait": lambda: known("6.4", "answer-read-later"),
    "a-limit-that-is-stretched": lambda: known("6.4", "a-new-limit-for-each-piece"),
    "an-end-that-raises": lambda: known("6.4", "silence-raised-by-close"),
    "a-socket-left-open": lambda: known("6.4", "socket-left-open"),
    "a-name-from-another-cell": lambda: written(
        "4.2",
        "def accept_value(key):\n    return hashlib.sha1((key + MAGIC).encode()).hexdigest()\n",
    ),
    "an-endless-loop": lambda: written("4.2", "def accept_value(key):\n    while True: pass\n"),
    "the-whole-process-ended": lambda: written(
        "4.2", "import os\n\ndef accept_value(key):\n    os._exit(1)\n"
    ),
    "an-answer-far-too-large": lambda: written(
        "4.7", "def build_server_handshake(*a):\n    return bytes(10**8)\n"
    ),
    "no-python": lambda: written("4.2", "def accept_value(key)\n    return key\n"),
    "raised-while-loading": lambda: written(
        "4.2", "GUID = uuid4()\n\ndef accept_value(key):\n    return key\n"
    ),
    "not-written": lambda: written("4.2", regions.skeleton(find_exercise("4.2"))),
    "passed": lambda: written("4.2", regions.reference_source(find_exercise("4.2"))),
}


@cache
def feedback_on(name):
    return judge_answer(MESSAGES[name]()).feedback


def without_chance(text):
    """A message without what chance decides: a key that is drawn, the line at which a loop was stopped."""
    text = re.sub(r"(?<=Came {6}').*(?=')", "a key", text) if "key-drawn-once" in text else text
    return re.sub(r"(?<=It was at ).*", "one of the lines", text) if "loop-over-one-frame" in text else text


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_the_one_that_was_read_and_found_good(name, request):
    text = without_chance(feedback_on(name).text()) + "\n"
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("--renew-golden", default=False):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MESSAGES)
def test_a_notebook_shows_the_same_words(name):
    feedback = feedback_on(name)
    without_links = re.sub(r"</?a\b[^>]*>", "", feedback.html())
    page = html.unescape(re.sub(r"<[^>]+>", "\n", without_links))
    for line in feedback.text().splitlines():
        words = line[10:] if line[:10].strip() in {block.label for block in feedback.blocks} | {""} else line
        assert words.strip() in page


def test_no_golden_message_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(MESSAGES)
