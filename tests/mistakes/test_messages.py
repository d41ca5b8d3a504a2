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

GOLDEN = Path(__file__).parent / "golden"


def known(number, name):
    exercise = find_exercise(number)
    return answer_from(next(each for each in mistakes_of(exercise) if each.name == name).function, exercise)


def written(number, text):
    return student_answer(find_exercise(number), text)


MESSAGES = {
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
    """A message without the key in it, if the answer draws that at random."""
    return re.sub(r"(?<=Came {6}').*(?=')", "a key", text) if "key-drawn-once" in text else text


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
