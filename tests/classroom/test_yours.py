"""The student's own stack: what passes is theirs, all else is the reference, and nothing mixes them up."""

from __future__ import annotations

import ast
import asyncio
import importlib
import os
import socket
import sys

import pytest

import minews
from classroom import answers, composing, grouping, places, progress, redirecting, regions, yours
from classroom.syllabus import Exercise, all_exercises, find_exercise

URL = "ws://example.com:9001/chat?room=1"
LIBRARY = [exercise for exercise in all_exercises() if not exercise.module.startswith("study.")]
COUNT = len(all_exercises())


def is_own(thing, student) -> bool:
    return thing.__code__.co_filename == str(student.file())


def whose() -> dict[str, str]:
    return {part.exercise.id: f"{part.whose}: {part.why}" for part in yours.status().parts}


def touch(path, before):
    """Make sure that a file's time moves on, however coarse the clock of the file system is."""
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))


# Whose is what


def test_without_any_work_all_of_it_is_the_reference(student):
    assert set(whose().values()) == {"reference: not written"}
    assert yours.accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_what_passes_is_the_students_in_every_module_that_uses_it(student):
    student.solve("4.2")
    assert is_own(yours.handshake.accept_value, student)
    assert yours.accept_value is yours.handshake.accept_value
    assert yours.handshake.build_server_handshake.__globals__["accept_value"] is yours.accept_value
    assert minews.accept_value is not yours.accept_value
    assert whose()["4.2"] == "yours: passes"
    assert whose()["4.1"] == "reference: not written"


def test_what_fails_or_cannot_be_loaded_is_the_reference_and_says_so(student):
    student.write("4.1", "def make_key(random_bytes=os.urandom):\n    return 'x'")
    student.write("4.2", "def accept_value(key:\n")
    assert whose()["4.1"] == "reference: fails"
    assert whose()["4.2"] == "reference: can't be loaded"
    assert not is_own(yours.make_key, student)


def test_without_exercises_there_is_still_a_stack(work_folder):
    assert yours.choose_subprotocol(["a"], ["a"]) == "a"
    assert set(whose().values()) == {"reference: not written"}


def test_a_neighbour_is_the_students_own_too(student):
    student.solve("4.2", "4.7")
    assert yours.build_server_handshake.__globals__["accept_value"] is yours.accept_value
    assert is_own(yours.build_server_handshake, student) and is_own(yours.accept_value, student)


def test_a_neighbour_that_fails_is_the_references_for_the_student_too(student):
    student.solve("4.7")
    borrowed = yours.build_server_handshake.__globals__["accept_value"]
    assert borrowed is yours.accept_value and not is_own(borrowed, student)


def test_a_students_helper_never_takes_the_place_of_a_name_of_the_module(student):
    text = regions.reference_source(find_exercise("4.1"))
    student.write("4.1", "def accept_value(x):\n    return 'mine'\n\nGUID = _encode_head = None\n\n\n" + text)
    assert is_own(yours.make_key, student)
    assert yours.accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert yours.make_key.__globals__["accept_value"](1) == "mine"


def test_a_students_helper_named_like_a_neighbour_stays_the_one_that_is_called(student):
    body = regions.reference_source(find_exercise("4.7"))
    helper = regions.reference_source(find_exercise("4.2"))
    student.write("4.7", f"{helper}\n\n\n{body}")
    student.solve("4.2")
    assert yours.build_server_handshake.__globals__["accept_value"] is not yours.accept_value


@pytest.mark.parametrize(
    "line",
    [
        "from minews.http import header_tokens",
        "import minews.http\nheader_tokens = minews.http.header_tokens",
    ],
)
def test_imports_of_minews_lead_into_the_same_stack(student, line):
    student.write("4.5", f"{line}\n\n\n{regions.reference_source(find_exercise('4.5'))}")
    assert is_own(yours.check_client_handshake, student)
    assert yours.check_client_handshake.__globals__["header_tokens"] is yours.http.header_tokens


def test_values_and_errors_are_the_very_same_classes(student):
    student.solve()
    assert yours.types is minews.types
    assert yours.parse_ws_url(URL) == minews.parse_ws_url(URL)
    with pytest.raises(minews.HandshakeError):
        yours.check_client_handshake(minews.parse_request_head(b"GET / HTTP/1.1\r\n\r\n"))


def test_what_minews_does_not_have_yours_does_not_have(student):
    with pytest.raises(AttributeError, match="minews, and so yours, has no 'websockets'"):
        _ = yours.websockets


# Verdicts


def test_a_verdict_that_is_known_is_not_found_again(student, monkeypatch):
    student.solve("4.2")
    answers.check_region(find_exercise("4.2"), regions.read_region(find_exercise("4.2")))
    monkeypatch.setattr(answers, "judge", lambda *arguments: pytest.fail("checked again"))
    assert whose()["4.2"] == "yours: passes"


def test_a_verdict_found_with_other_cases_is_found_again(student, monkeypatch):
    student.write("4.2", "def accept_value(key):\n    return key")
    assert whose()["4.2"] == "reference: fails"
    exercise = find_exercise("4.2")
    assert answers.known_verdict(exercise, regions.read_region(exercise)) is not None
    monkeypatch.setattr(answers, "_files_behind", lambda exercise: [])
    assert answers.known_verdict(exercise, regions.read_region(exercise)) is None


def test_a_verdict_found_with_other_imports_is_found_again(student):
    student.solve("4.2")
    assert whose()["4.2"] == "yours: passes"
    path = student.file()
    path.write_text(path.read_text(encoding="utf-8").replace("import base64\n", ""), encoding="utf-8")
    assert whose()["4.2"] == "reference: fails"


# Following what changes


def test_a_change_is_followed_and_what_was_handed_out_keeps_working(student):
    student.solve("4.2", "4.7")
    old = yours.build_server_handshake
    before = student.file().stat()
    student.write("4.2", "def accept_value(key: str) -> str:\n    return key")
    touch(student.file(), before)
    assert not is_own(yours.accept_value, student)
    assert yours.build_server_handshake is not old
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in old("dGhlIHNhbXBsZSBub25jZQ==")


def test_nothing_is_built_anew_while_nothing_changes(student):
    student.solve("4.2")
    assert yours.accept_value is yours.accept_value
    assert composing.compose() is composing.compose()


# Everything is really used


def run_handshake(stack) -> tuple[bytes, str | None]:
    """What lessons do with the stack: a client's and a server's whole part of one opening handshake."""
    url = stack.parse_ws_url(URL)
    key = stack.make_key()
    head = stack.build_client_handshake(url, key, subprotocols=["chat"])
    answer, chosen = stack.accept_client(stack.parse_request_head(head), subprotocols=["chat"])
    assert stack.check_server_handshake(stack.parse_response_head(answer), key, ["chat"]) == chosen
    assert answer.startswith(b"HTTP/1.1 101 ") and chosen == "chat"
    return answer, chosen


def run_streams(stack) -> None:
    """What the functions of lesson 1 are for: two ends of a stream, and bytes that need borders."""
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"line\r\nrest" + stack.length_prefixed(b"Hi"))
        head, rest = stack.recv_until(near, b"\r\n")
        rest += stack.recv_exactly(near, 14 - len(head) - len(rest))
        assert (head, stack.split_length_prefixed(bytearray(rest[4:]))) == (b"line\r\n", [b"Hi"])
        far.sendall(b"echo")
        far.shutdown(socket.SHUT_WR)
        assert stack.echo_once(near) == 4


def run_conversation(stack) -> None:
    """What lesson 6 does with lesson 5: a server reads masked frames behind a handshake, and answers."""
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(10)
        far.settimeout(10)
        far.sendall(stack.build_client_handshake(stack.parse_ws_url(URL), stack.make_key()))
        for opcode, payload in ((minews.Opcode.TEXT, b"Hello"), (minews.Opcode.CLOSE, b"\x03\xe8")):
            far.sendall(
                stack.encode_frame(minews.Frame(True, opcode, payload, masking_key=b"\x37\xfa\x21\x3d"))
            )
        assert stack.serve_connection(near, str.upper) == 1000
        near.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: far.recv(4096), b""))
        frames = stack.FrameReader().feed(answer.partition(b"\r\n\r\n")[2])
        assert [frame.payload for frame in frames] == [b"HELLO", b"\x03\xe8"]


def function_of(thing):
    """The function itself; of a class what makes its objects."""
    return thing.__init__ if isinstance(thing, type) else thing


USES = {1: run_streams, 4: run_handshake, 5: run_conversation}  # by lesson
USED = [exercise for exercise in LIBRARY if exercise.lesson in USES]


@pytest.mark.parametrize("lesson", USES)
def test_what_a_lesson_is_for_calls_each_function_of_it_through_yours(student, lesson):
    wanted = [exercise for exercise in LIBRARY if exercise.lesson == lesson]
    student.solve(*(exercise.id for exercise in wanted))
    assert {whose()[exercise.id] for exercise in wanted} == {"yours: passes"}
    codes = {
        function_of(
            getattr(importlib.import_module(f"{composing.PACKAGE}.{exercise.module}"), exercise.name)
        ).__code__: exercise.id
        for exercise in wanted
    }
    assert all(code.co_filename.startswith(str(places.exercises_folder())) for code in codes)
    called: list[str] = []

    def trace(frame, event, argument):
        if event == "call" and frame.f_code in codes:
            called.append(codes[frame.f_code])

    sys.setprofile(trace)
    try:
        USES[lesson](yours)
    finally:
        sys.setprofile(None)
    assert set(called) == set(codes.values())


@pytest.mark.parametrize("exercise", USED, ids=lambda exercise: exercise.id)
def test_a_mark_that_the_students_function_leaves_shows(student, exercise):
    """The student's function is called, not one that looks like it."""
    text = regions.reference_source(exercise)
    node = next(each for each in ast.parse(text).body if getattr(each, "name", "") == exercise.name)
    if isinstance(node, ast.ClassDef):
        node = next(each for each in node.body if isinstance(each, ast.FunctionDef))
    lines = text.split("\n")
    lines.insert(node.body[1].lineno - 1, " " * node.body[1].col_offset + "MARKS.append(1)")
    student.write(exercise.id, "MARKS = []\n\n\n" + "\n".join(lines))
    marks = function_of(getattr(yours, exercise.name)).__globals__["MARKS"]
    USES[exercise.lesson](yours)
    assert marks


def test_a_refusal_through_yours_comes_from_the_students_check(student):
    student.solve("4.5")
    request = minews.parse_request_head(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n")
    with pytest.raises(minews.HandshakeError) as caught:
        yours.accept_client(request)
    assert any(entry.path == student.file() for entry in caught.traceback)
    assert yours.refuse(caught.value).startswith(b"HTTP/1.1 405 ")


# Every kind of object: a made-up library in place of minews

KINDS = {
    "__init__": "from .kinds import Base, twice, later\nfrom .user import Child, call\n",
    "kinds": """
from collections.abc import Iterator
LIMIT = 3

class Base:
    def name(self) -> str:
        return "reference"

class Near(Base):
    pass

def first(value: int) -> int:
    return twice(value)

def twice(value: int) -> int:
    return value * 2

TABLE = {"twice": twice}

async def later(value: int) -> int:
    return twice(value)

def count() -> Iterator[int]:
    yield from range(LIMIT)
""",
    "user": """
from .kinds import Base, later, twice, count

class Child(Base):
    pass

def call(value: int) -> int:
    return twice(value) + 1
""",
}
OWN = {
    "first": "def first(value):\n    return twice(value)",
    "Base": "class Base:\n    def name(self):\n        return 'mine'",
    "twice": "LIMIT = 99\n\ndef twice(value):\n    return value + value",
    "later": "async def later(value):\n    return twice(value)",
    "count": "def count():\n    yield from (0, 1, 2)",
}


@pytest.fixture
def made_up(student, tmp_path, monkeypatch):
    """A library of a class, functions, a coroutine and a generator, of which the student has written all."""
    root = tmp_path / "minews"
    root.mkdir()
    for name, text in KINDS.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    exercises = tuple(
        Exercise(
            f"1.{number}",
            name,
            "kinds",
            name,
            1,
            1,
            (),
            (),
            "",
            ("kinds.twice",) if name in ("first", "later") else (),
        )
        for number, name in enumerate(OWN, 1)
    )
    path = places.exercises_folder() / "kinds.py"
    made = {each.name: regions.Region(each.id, path, 1, 9, OWN[each.name]) for each in exercises}
    monkeypatch.setattr(composing, "_ROOT", root)
    monkeypatch.setattr(composing, "all_exercises", lambda: exercises)
    monkeypatch.setattr(composing, "_modules", lambda: ("kinds",))
    monkeypatch.setattr(composing, "exercises_in", lambda module: exercises if module == "kinds" else ())
    monkeypatch.setattr(composing, "_judge", lambda exercise: (made[exercise.name], "passes"))
    monkeypatch.setattr(answers, "preamble_for", lambda exercise, path: "import os")
    yield composing._build("made up").package
    composing._current = None


def test_a_class_of_a_later_module_derives_from_the_students(made_up):
    assert made_up.Child().name() == "mine"


def test_a_class_of_the_same_module_derives_from_the_students(made_up):
    assert made_up.kinds.Near().name() == "mine"


def test_a_table_of_the_module_holds_the_students_function(made_up):
    assert made_up.kinds.TABLE["twice"] is made_up.twice


def test_a_function_of_a_later_module_calls_the_students(made_up):
    assert made_up.call(4) == 9
    assert made_up.call.__globals__["twice"].__code__.co_filename.endswith("kinds.py")
    assert "exercises" in made_up.twice.__code__.co_filename


def test_a_neighbour_that_the_module_defines_later_is_the_students_too(made_up):
    assert made_up.kinds.first.__globals__["twice"] is made_up.kinds.twice
    assert "exercises" in made_up.kinds.first.__code__.co_filename


def test_a_coroutine_awaits_with_the_students_neighbour(made_up):
    assert asyncio.run(made_up.later(5)) == 10
    assert made_up.later.__globals__["twice"] is made_up.twice


def test_a_generator_is_the_students(made_up):
    assert list(made_up.kinds.count()) == [0, 1, 2]
    assert made_up.kinds.LIMIT == 3


def test_imports_of_minews_are_turned_to_the_stack_in_every_form():
    code = (
        "import minews\nimport minews.http\nimport minews.http as h\nfrom minews import http\n"
        "from minews.http import x\nimport os, minewsx"
    )
    redirected = ast.unparse(redirecting._Redirect().visit(ast.parse(code)))
    assert redirected.split("\n") == [
        "import minews_yours as minews",
        "import minews_yours.http as __minews_module__, minews_yours as minews",
        "import minews_yours.http as h",
        "from minews_yours import http",
        "from minews_yours.http import x",
        "import os, minewsx",
    ]


# What it shows


def test_the_status_is_a_table_as_text_and_as_html(student):
    student.solve("4.2")
    table = yours.status()
    lines = str(table).split("\n")
    assert lines[0].split() == ["exercise", "name", "whose", "why"]
    assert ["4.2", "accept_value", "yours", "passes"] in [line.split() for line in lines]
    assert lines[-1] == f"1 of {COUNT} exercises in this stack are yours, the rest is the reference."
    assert all(word in table._repr_html_() for word in ("<th scope", "accept_value", f"1 of {COUNT}"))


@pytest.mark.parametrize("whose", [yours.status, progress.status])
def test_in_a_notebook_the_other_lessons_have_a_line_each(student, notebook, whose):
    student.solve("4.2")
    lines = [line.split() for line in str(whose()).split("\n")]
    assert [line[0] for line in lines[1:4]] == ["lesson", "lesson", "4.1"]
    assert lines[2][:4] == ["lesson", "1", "6", "exercises"]
    assert [line[0] for line in lines if line[0].startswith("4.")] == [f"4.{n}" for n in range(1, 10)]
    assert len(whose().rows) == COUNT  # for programs, all of them
    assert len(str(whose(whole=True)).split("\n")) == 1 + COUNT + 1


def test_a_notebook_without_a_name_is_known_by_what_its_cells_define(student, notebook, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert grouping.lesson_here() is None
    notebook.run("def recv_until(sock, delimiter): pass")
    assert grouping.lesson_here() == 1


def test_yours_shows_what_it_is(student, notebook):
    assert repr(yours).startswith(f"<yours: 0 of {COUNT} exercises in this stack are yours, ")
    output = notebook.shell.display_formatter.format(yours)[0]
    assert "<table" in output["text/html"]
    assert "handshake" in dir(yours) and "accept_value" in dir(yours)
