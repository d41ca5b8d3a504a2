"""What a student's code gives or sends costs the judge work in proportion to its size, and no more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from classroom import engine
from classroom.cases import load_file
from minews.types import Role
from tests.effort import LINEAR, TIMES, growth

HERE = Path(__file__).parent
LESSON_01 = load_file(HERE / "lesson_01.py")
LESSON_04 = load_file(HERE / "lesson_04.py")
CONVERSATIONS = load_file(HERE / "conversations_06.py")
LESSON_06 = load_file(HERE / "lesson_06.py")
REQUEST = b"GET / HTTP/1.1\r\nsec-WebSocket-Key:%sa b \r\nHost: a\r\n\r\n"


def test_a_key_without_an_end_is_looked_for_once():
    find = LESSON_06._answers(str.encode)
    start = b"\r\nsec-websocket-key:"
    assert growth(lambda size: find(start + size * b" " + b"\r\r\n\r\n"), 1_000) < LINEAR


def test_the_key_is_what_stands_behind_the_spaces():
    find = LESSON_06._answers(str.encode)
    assert [find(REQUEST % spaces) for spaces in (b"", b" ", b"   ")] == [b"a b "] * 3
    assert find(REQUEST[:-2] % b" ") is None


@pytest.mark.parametrize(
    "read", [CONVERSATIONS.has_closed, lambda data: CONVERSATIONS.read_sent(data, Role.SERVER)]
)
def test_of_the_frames_behind_the_one_that_is_read_nothing_is_copied(read):
    def work(size: int) -> None:
        read(b"GET / HTTP/1.1\r\n\r\n" + 1_000 * b"\x89\x80abcd" + size * b"\x82\xff\0\0\0\0\x7f")

    assert growth(work, 10_000, times=80) < LINEAR


def test_a_lack_of_memory_is_no_finding():
    def fail(error: Exception) -> None:
        raise error

    assert "has a form that no right answer has" in engine._guarded(fail, ValueError()).note
    with pytest.raises(MemoryError):
        engine._guarded(fail, MemoryError())


# Exercise 4.9

SERVERS = LESSON_04.SERVERS
HEAD = b"GET / HTTP/1.1\r\nA: %s\r\n\r\n"


@pytest.fixture
def no_verdicts(monkeypatch):
    monkeypatch.setattr(SERVERS, "_known", {})


each_server = pytest.mark.parametrize(
    "server", [*SERVERS.RIGHT, *SERVERS.WRONG.values()], ids=lambda server: server.__name__
)


@each_server
@pytest.mark.parametrize("line", [b"x\r\n", b" ", b"\r\n ", b"upgrade: ,\r\n"])
def test_a_server_takes_time_in_proportion_to_the_head(server, line):
    sizes = LESSON_04.MOST_IN_ONE // TIMES, LESSON_04.MOST_IN_ONE
    heads = {size: b"GET / HTTP/1.1\r\n" + size // len(line) * line + b"\r\n" for size in sizes}
    assert growth(lambda size: SERVERS._decide(server, heads[size]), sizes[0]) < LINEAR


@each_server
def test_lines_may_be_long(server):
    def work(size: int) -> None:
        SERVERS._decide(server, LESSON_04.MOST_IN_ONE // size * (size * b"x" + b"\r\n"))

    assert growth(work, 50, times=80) < LINEAR


def test_what_a_long_line_has_too_much_is_cut_off_and_the_others_stay(monkeypatch):
    seen = []
    monkeypatch.setattr(SERVERS, "reference", seen.append)
    head = b"GET / HTTP/1.1\r\nA: %s\nB: %s\r\n\r\n"
    SERVERS.lenient_about_size(head % (3_997 * b"x", 3_998 * b"x"))
    assert seen == [head % (3_997 * b"x", 3_997 * b"x")]


def test_heads_are_bounded_one_by_one_and_together():
    most, together = LESSON_04.MOST_IN_ONE, LESSON_04.MOST_BYTES
    assert LESSON_04._are_pairs([(most * b"x", False)] * (together // most)) is None
    found = LESSON_04._are_pairs([(b"", False), (most * b"x" + b"x", False)])
    assert (found.note, found.must) == (
        "The second example has a request of 65,537 bytes.",
        "at most 65,536 bytes in one request",
    )
    found = LESSON_04._are_pairs([(most * b"x", False)] * (together // most) + [(b"x", False)])
    assert (found.note, found.must) == (
        "The examples are too large.",
        "at most 1,048,576 bytes in all requests together",
    )


def test_verdicts_are_kept_and_heads_are_not(monkeypatch, no_verdicts):
    monkeypatch.setattr(SERVERS, "MOST_KNOWN", 10)
    for number in range(100):
        head = HEAD % str(number).encode()
        before = sys.getrefcount(head)
        assert SERVERS.verdict(SERVERS.reference, head) is SERVERS.verdict(SERVERS.reference, head) is False
        assert sys.getrefcount(head) == before
        assert 1 <= len(SERVERS._known) <= 10


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_a_lack_of_memory_is_no_verdict(error, no_verdicts):
    def exhausted(head: bytes) -> bool:
        raise error

    with pytest.raises(error):
        SERVERS.verdict(exhausted, b"")
    assert SERVERS._known == {}


# Exercise 1.6

SPLITTERS = LESSON_01.SPLITTERS
STREAMS = {
    "empty messages": lambda size: ((b"\0",) * size, (b"",) * (size // 2)),
    "a message that does not end": lambda size: ((b"\xff", b"\xff", *(b"x",) * size), ()),
    "one that ends at last": lambda size: (
        (size.to_bytes(2, "big"), *(b"x",) * (size - 1), b"x\0\0"),
        (size * b"x", b""),
    ),
}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("name", ["right", *SPLITTERS.WRONG])
def test_a_splitter_takes_time_in_proportion_to_the_pieces(name, stream):
    splitter = SPLITTERS.WRONG.get(name, SPLITTERS.right)
    assert growth(lambda size: SPLITTERS.gives(splitter, *stream(size)), 500) < LINEAR


def test_a_splitter_gives_all_payloads_and_no_others_and_does_not_break():
    def breaks(pieces):
        yield b"Hi"
        raise ValueError

    pieces = (b"\0\2Hi\0\0",)
    assert SPLITTERS.gives(SPLITTERS.right, pieces, [b"Hi", b""])
    assert not SPLITTERS.gives(SPLITTERS.right, pieces, [b"Hi"])
    assert not SPLITTERS.gives(SPLITTERS.right, pieces, [b"Hi", b"", b""])
    assert not SPLITTERS.gives(breaks, pieces, [b"Hi"])


def test_what_was_never_taken_off_the_buffer_comes_again_with_each_piece():
    pieces = (b"\0\1a", b"\0", b"\1b")
    assert [*SPLITTERS.buffer_never_emptied(pieces)] == [b"a", b"a", b"a", b"b"]


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_a_lack_of_memory_is_no_answer_of_a_splitter(error):
    def exhausted(pieces):
        raise error

    with pytest.raises(error):
        SPLITTERS.gives(exhausted, (), ())
