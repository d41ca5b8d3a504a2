"""Each exercise, held against answers that are known to be right or wrong, and against code that misbehaves.

The answers are judged as a student's are: by the engine, in a worker process. At the end come the figures.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from functools import partial
from pathlib import Path

import pytest

from classroom import places, regions, workers
from classroom.cases import load_file
from classroom.mistakes import mistakes_of, variants_of
from classroom.syllabus import all_exercises, find_exercise
from tests.mistakes.answering import (
    answer_from,
    judge_answer,
    methods_of,
    student_answer,
    wrapped_reference,
)

HERE = Path(__file__).parent
EXERCISES = all_exercises()
MISTAKES = [(exercise, each) for exercise in EXERCISES for each in mistakes_of(exercise)]
VARIANTS = [(exercise, each) for exercise in EXERCISES for each in variants_of(exercise)]
TABLE = tomllib.loads((HERE / "table.toml").read_text(encoding="utf-8"))
NUMBERS_LEFT_OUT = """4 6 8 14 16 23 25 29 33 36 37 39 44 46 48 51 52 55 61 66 67 68 69 70 82 91 95 96 101 103
    105 111 113 116 117 119 122 125 129 132 134 136 141 143 145 147 151 152"""

# One exercise of each kind is misbehaved in always, the others among the slow tests.
ALWAYS = {"0.1", "1.2", "5.7"}

CLASSES = [exercise for exercise in EXERCISES if methods_of(exercise)]

each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


def _loops(known):
    return getattr(known, "loops", False)  # a variant does not


def each_of(known):
    """One test for each known answer, with its exercise and name as id; most that never end are slow."""
    return pytest.mark.parametrize(
        "exercise, known",
        [
            pytest.param(
                exercise,
                each,
                id=f"{exercise.id}-{each.name}",
                marks=[pytest.mark.slow] if _loops(each) and exercise.id not in ALWAYS else [],
            )
            for exercise, each in known
        ],
    )


@pytest.fixture
def proves(record_property):
    """A function that says for the figures what a test has proved."""
    return lambda exercise, column: record_property("figure", f"{exercise.id} {column}")


@pytest.fixture
def short_time(monkeypatch):
    """Less computing time than a check has, for endings that do not depend on it."""
    monkeypatch.setattr(workers, "run", partial(workers.run, limits=workers.Limits(cpu=0.25)))


@each_exercise
def test_the_skeleton_is_not_written(exercise, proves):
    result = judge_answer(student_answer(exercise, regions.skeleton(exercise)))
    assert (result.verdict, result.mistakes) == ("not-written", [])
    proves(exercise, "skeleton")


@each_exercise
def test_the_reference_passes(exercise, proves):
    result = judge_answer(student_answer(exercise, regions.reference_source(exercise)))
    assert (result.verdict, result.passed) == ("passed", result.total), result.feedback.text()
    proves(exercise, "solution")


class TestVariants:
    @each_of(VARIANTS)
    def test_another_right_way_passes_and_is_called_no_mistake(self, exercise, known, proves):
        result = judge_answer(answer_from(known.function, exercise))
        assert (result.verdict, result.mistakes) == ("passed", []), result.feedback.text()
        proves(exercise, "variants")

    @each_exercise
    def test_there_are_three_or_more(self, exercise):
        assert len(variants_of(exercise)) >= 3


class TestMistakes:
    @each_of(MISTAKES)
    def test_a_mistake_is_rejected_and_named_as_itself(self, exercise, known, proves, request):
        if known.loops:
            request.getfixturevalue("short_time")
        answer = answer_from(known.function, exercise)
        result = judge_answer(answer)
        if known.varies and result.verdict == "failed" and not result.mistakes:
            result = judge_answer(answer)  # one of 2,000 times, 16 random bytes are a text in UTF-8
        assert (result.verdict, result.mistakes) == ("failed", [known.name]), result.feedback.text()
        assert known.hint in result.feedback.text()
        proves(exercise, "mistakes")

    @each_of(MISTAKES)
    def test_its_hint_is_one_question(self, exercise, known):
        assert known.hint.endswith("?")
        assert len(re.findall(r"\?(?!\w)", known.hint)) == 1
        assert len(known.hint) <= 110

    @each_of(MISTAKES)
    def test_it_cites_sections(self, exercise, known):
        assert known.rfc
        for section in known.rfc:
            assert re.fullmatch(r"(RFC \d{4} )?\d+(\.\d+)*", section)

    @each_exercise
    def test_no_name_is_there_twice_and_there_are_ten_or_more(self, exercise):
        names = [each.name for each in mistakes_of(exercise)]
        assert len(names) == len(set(names)) >= 10

    def test_a_mistake_can_be_found_by_the_name_of_its_function(self):
        functions = [each.function.__name__ for _, each in MISTAKES]
        assert len(functions) == len(set(functions))


RIGHT_BUT = "The value is right, its type is not: {} came, {} must come."
TYPE_SLIPS = [
    ("0.1", "str(right)", "str came, int must come."),
    ("0.1", "float(right)", RIGHT_BUT.format("float", "int")),
    ("1.1", "bytearray(right)", RIGHT_BUT.format("bytearray", "bytes")),
    ("1.1", "memoryview(right)", "memoryview came, bytes must come."),
    ("1.2", "list(right)", "list came, tuple must come."),
    ("1.2", "(right[0], bytearray(right[1]))", "The second part: "),
    ("1.3", "bytearray(right)", RIGHT_BUT.format("bytearray", "bytes")),
    ("1.3", "list(right)", "list came, bytes must come."),
    ("1.4", "tuple(right)", RIGHT_BUT.format("tuple", "list")),
    ("1.4", "list(map(bytearray, right))", "Item 0, counted from 0, is of type bytearray"),
    ("1.5", "float(right)", RIGHT_BUT.format("float", "int")),
    ("1.5", "None", "It returned None where int must come."),
    ("1.6", "tuple(right)", "tuple came, list must come."),
    ("1.6", "[list(pair) for pair in right]", "The first example is a list of two lists of bytes."),
    ("4.1", "right.encode()", RIGHT_BUT.format("bytes", "str")),
    ("4.1", "bytearray(right, 'ascii')", RIGHT_BUT.format("bytearray", "str")),
    ("4.1", "type('Key', (str,), {})(right)", RIGHT_BUT.format("Key", "str")),
    ("4.2", "right.encode()", RIGHT_BUT.format("bytes", "str")),
    ("4.2", "[right]", "list came, str must come."),
    ("4.2", "None", "It returned None where str must come."),
    ("4.3", "(right.secure, right.host, right.port, right.resource_name)", "tuple came, WsUrl must come."),
    ("4.3", "[right.secure, right.host, right.port, right.resource_name]", "list came, WsUrl must come."),
    ("4.3", "vars(type('Url', (), {}))", "mappingproxy came, WsUrl must come."),
    ("4.3", "WsUrl(right.secure, right.host, str(right.port), right.resource_name)", "port is of type str"),
    ("4.3", "WsUrl(int(right.secure), right.host, right.port, right.resource_name)", "secure is of type int"),
    (
        "4.3",
        "WsUrl(right.secure, right.host.encode(), right.port, right.resource_name)",
        "host is of type bytes",
    ),
    ("4.4", "bytearray(right)", "bytearray came, bytes must come."),
    ("4.4", "right.decode()", "str came, bytes must come."),
    ("4.4", "memoryview(right)", "memoryview came, bytes must come."),
    ("4.5", "right.encode()", RIGHT_BUT.format("bytes", "str")),
    ("4.5", "(right,)", "tuple came, str must come."),
    ("4.6", "right and right.encode()", RIGHT_BUT.format("bytes", "str")),
    ("4.6", "[right]", "list came, str must come."),
    ("4.6", "right or ''", "str came, None must come."),
    ("4.7", "bytearray(right)", "bytearray came, bytes must come."),
    ("4.7", "right.decode()", "str came, bytes must come."),
    ("4.7", "list(right)", "list came, bytes must come."),
    ("4.8", "right and right.encode()", RIGHT_BUT.format("bytes", "str")),
    ("4.8", "right or ''", "str came, None must come."),
    (
        "4.9",
        "tuple(right)",
        RIGHT_BUT.format("tuple", "list").replace("The value is right, its type is not: ", ""),
    ),
    ("4.9", "[list(pair) for pair in right]", "The first example is a list of bytes and bool."),
    (
        "4.9",
        "[(bytearray(head), accepted) for head, accepted in right]",
        "The first example is a tuple of bytearray and bool.",
    ),
    (
        "4.9",
        "[(head, int(accepted)) for head, accepted in right]",
        "The first example is a tuple of bytes and int.",
    ),
    ("5.1", "bytearray(right)", RIGHT_BUT.format("bytearray", "bytes")),
    ("5.1", "right.decode('latin-1')", RIGHT_BUT.format("str", "bytes")),
    ("5.1", "list(right)", "list came, bytes must come."),
    ("5.2", "bytearray(right)", RIGHT_BUT.format("bytearray", "bytes")),
    ("5.2", "right.hex()", "str came, bytes must come."),
    ("5.2", "right[0] if len(right) == 1 else right", "int came, bytes must come."),
    ("5.3", "right and list(right)", RIGHT_BUT.format("list", "tuple")),
    ("5.3", "right and right[0]", "int came, tuple must come."),
    ("5.3", "right and (float(right[0]), right[1])", "Item 0, counted from 0, is of type float"),
    ("5.4", "memoryview(right)", "memoryview came, bytes must come."),
    ("5.4", "bytearray(right)", RIGHT_BUT.format("bytearray", "bytes")),
    ("5.4", "right.hex(' ')", "str came, bytes must come."),
    ("5.5", "right and list(right)", "list came, tuple must come."),
    ("5.5", "right and right[0]", "Frame came, tuple must come."),
    ("5.5", "right or (None, 0)", "tuple came, None must come."),
    ("5.5", "right or ()", "tuple came, None must come."),
    (
        "5.5",
        "right and (Frame(int(right[0].fin), right[0].opcode, right[0].payload), right[1])",
        "fin is of type int and must be of type bool.",
    ),
    (
        "5.5",
        "right and (Frame(right[0].fin, right[0].opcode, bytearray(right[0].payload)), right[1])",
        "payload is of type bytearray and must be of type bytes.",
    ),
    ("5.6", "True", "bool came, None must come."),
    ("5.6", "args[0]", "Frame came, None must come."),
    ("5.7 feed", "None", "It returned None. Is a `return` missing"),
    ("5.7 feed", "right or None", "does None stand for an empty list?"),
    ("5.7 feed", "tuple(right)", "tuple came, list must come."),
    ("5.7 feed", "iter(right)", "list_iterator came, list must come."),
    ("5.7 feed", "(frame for frame in right)", "A generator came"),
    ("5.7 feed", "right[0] if len(right) == 1 else right", "One frame came by itself."),
    ("5.7 feed", "(right[0], 2) if len(right) == 1 else right", "A tuple of a frame and a number came"),
    ("5.7 feed", "[(frame, 2) for frame in right]", "In the list stands a tuple, not a Frame."),
    ("5.7 feed", "[frame.payload for frame in right]", "In the list stands bytes, not a Frame."),
    ("5.7 feed", "right + [None]", "In the list stands None, not a Frame."),
    ("5.8", "list(right)", "list came, dict must come."),
    ("5.8", "{name: set(rows) for name, rows in right.items()}", "The table for 'text' is no list."),
    ("5.8", "{name: [row[1:] for row in rows] for name, rows in right.items()}", "A row has another form."),
    (
        "5.8",
        "{name: [(at, field, str(value)) for at, field, value in rows] for name, rows in right.items()}",
        "The value of FIN is of type str.",
    ),
    (
        "5.8",
        "{name: [(float(at), field, value) for at, field, value in rows] for name, rows in right.items()}",
        "FIN does not begin at byte 0.0.",
    ),
    ("6.1", "list(right)", "list came, tuple must come."),
    ("6.1", "(right[0], bytearray(right[1]))", "A tuple of Request and bytearray came."),
    ("6.2", "str(right)", "str came, int must come."),
    ("6.3", "right and bytearray(right)", "bytearray came, bytes must come."),
    ("6.3", "right or b''", "bytes came, None must come."),
]


@pytest.mark.slow  # all of them together
@pytest.mark.parametrize("number, expression, sentence", TYPE_SLIPS)
def test_a_right_value_of_the_wrong_type_fails_with_a_line_that_says_so(number, expression, sentence, proves):
    number, _, method = number.partition(" ")
    exercise = find_exercise(number)
    result = judge_answer(wrapped_reference(exercise, expression, method))
    assert result.verdict == "failed"
    assert sentence in result.feedback.text()
    proves(exercise, "types")


ENDINGS = {
    "endless-loop": ("while True: pass", "Your code was still computing when its time was up."),
    "loop-that-swallows-everything": (
        "while True:\n        try:\n            raise ValueError\n        except BaseException: pass",
        "Your code was still computing when its time was up.",
    ),
    "sys-exit": ("__import__('sys').exit(0)", "Your code called sys.exit."),
    "os-exit": ("__import__('os')._exit(0)", "Your code ended its whole process"),
    "deep-recursion": ("return {itself}(*args, **kwargs)", "Your function calls itself without an end"),
    "segmentation-fault": (
        "__import__('ctypes').string_at(0)",
        "Your code crashed the Python interpreter itself",
    ),
    "memory-hog": ("return bytes(10**15)", "Your code asked for more memory than a check may use"),
    "wrong-type": ("return object()", "object came, "),
    "500-MB-of-bytes": ("return bytes(500_000_000)", "bytes, about 500,000,000 bytes"),
    "50-MB-of-text": ("return 'x' * 50_000_000", "str, about 50,000,000 characters"),
    "waits-for-input": ("return input()", "EOFError"),
}


# The same in the `__init__` of a class.
ENDINGS_AT_THE_START = {
    name: ENDINGS[name] for name in ("endless-loop", "sys-exit", "os-exit", "segmentation-fault")
} | {
    "deep-recursion": ("type(self)()", ENDINGS["deep-recursion"][1]),
    "returns-something": ("return []", "__init__() should return None"),
    "crash": ("self.buffer = bytes[0]", "at line 3: self.buffer = bytes[0]"),
}


def misbehaving(exercise, body):
    """An answer whose function, or every method of whose class, has this body."""
    methods = methods_of(exercise)
    if not methods:
        text = _define(exercise.name, "*args", body, exercise.name)
        return student_answer(exercise, text)
    parts = [_define(name, "self, *args", body, f"self.{name}") for name in methods]
    return student_answer(
        exercise, _class_of(exercise, _define("__init__", "self, *args", "pass", ""), *parts)
    )


def misbehaving_at_the_start(exercise, body):
    """An answer of a class whose `__init__` has this body."""
    return student_answer(exercise, _class_of(exercise, _define("__init__", "self, *args", body, "")))


def _define(name, arguments, body, itself):
    return f"def {name}({arguments}, **kwargs):\n    {body}\n".replace("{itself}", itself)


def _class_of(exercise, *methods):
    return f"class {exercise.name}:\n" + "\n".join(textwrap.indent(each, "    ") for each in methods)


each_exercise_some_slow = pytest.mark.parametrize(
    "exercise",
    [pytest.param(each, marks=[] if each.id in ALWAYS else [pytest.mark.slow]) for each in EXERCISES],
    ids=lambda exercise: exercise.id,
)


@pytest.mark.parametrize("ending", ENDINGS)
@each_exercise_some_slow
def test_code_that_misbehaves_gets_a_clear_message_and_this_process_lives(
    exercise, ending, proves, short_time
):
    body, sentence = ENDINGS[ending]
    result = judge_answer(misbehaving(exercise, body))
    text = result.feedback.text()
    assert (result.verdict, result.mistakes) == ("failed", [])
    assert sentence in text
    assert ("far too large" in text) is ("about" in sentence)
    assert "Traceback" not in text
    assert len(text) < 4000
    proves(exercise, "endings")


@pytest.mark.parametrize("ending", ENDINGS_AT_THE_START)
@pytest.mark.parametrize("exercise", CLASSES, ids=lambda exercise: exercise.id)
def test_a_class_that_misbehaves_when_it_is_called_gets_a_clear_message(exercise, ending, proves, short_time):
    body, sentence = ENDINGS_AT_THE_START[ending]
    result = judge_answer(misbehaving_at_the_start(exercise, body))
    text = result.feedback.text()
    assert (result.verdict, result.passed, result.mistakes) == ("failed", 0, [])
    assert sentence in text
    assert "nothing was kept" not in text
    assert "Traceback" not in text
    proves(exercise, "endings")


class TestTheTable:
    """table.toml: the mistakes that people really make, and where this course meets each."""

    def test_it_has_the_107_rows_of_the_collection_in_their_order(self):
        numbers = sorted(set(range(1, 156)) - set(map(int, NUMBERS_LEFT_OUT.split())))
        assert len(numbers) == 107
        assert list(TABLE) == [f"M{number:03}" for number in numbers]

    @pytest.mark.parametrize("row", TABLE.values(), ids=list(TABLE))
    def test_a_row_says_what_happens_and_where_it_is_met(self, row):
        assert {"name", "symptom"} <= set(row) <= {"name", "symptom", "sources", *PLACES}
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["name"])
        assert row["symptom"].endswith(".")
        assert all(re.match(r"https?://\S+$", source) for source in row.get("sources", []))
        assert set(row) & set(PLACES)

    def test_no_two_rows_share_a_name(self):
        names = [row["name"] for row in TABLE.values()]
        assert len(names) == len(set(names))

    def test_every_mistake_that_it_names_is_code(self):
        code = {f"{exercise.id} {each.name}" for exercise, each in MISTAKES}
        assert {name for row in TABLE.values() for name in row.get("mistakes", [])} <= code

    def test_a_mistake_has_the_name_of_its_row(self):
        for row in TABLE.values():
            assert {name.partition(" ")[2] for name in row.get("mistakes", [])} <= {row["name"]}
            assert set(row.get("servers", [])) <= {row["name"]}

    def test_all_code_of_that_name_stands_in_the_row(self):
        rows = {row["name"]: set(row.get("mistakes", [])) for row in TABLE.values()}
        for exercise, each in MISTAKES:
            if each.name in rows:
                assert f"{exercise.id} {each.name}" in rows[each.name]

    def test_a_mistake_carries_the_sources_of_its_row(self):
        code = {f"{exercise.id} {each.name}": each.source for exercise, each in MISTAKES}
        for row in TABLE.values():
            for name in row.get("mistakes", []):
                assert not row.get("sources") or code[name] in ("", ", ".join(row["sources"]))

    def test_every_wrong_server_that_it_names_must_be_caught(self):
        servers = load_file(places.TESTS / "exercises" / "servers_04.py").WRONG
        assert {name for row in TABLE.values() for name in row.get("servers", [])} <= set(servers)

    def test_no_row_waits_for_an_exercise_that_is_written(self):
        waits = [row["waits"] for row in TABLE.values() if "waits" in row]
        assert all(re.fullmatch(r"([1-9]|1[0-4])\.\d [A-Za-z_0-9]+", wait) for wait in waits)
        assert {wait.partition(" ")[0] for wait in waits} & {exercise.id for exercise in EXERCISES} == set()

    def test_a_row_without_code_names_the_notebook_that_settles_it(self):
        settled = [row["settled"] for row in TABLE.values() if "settled" in row]
        assert all(re.match(r"notebook ([1-9]|1[0-4]): \S", clause) for clause in settled)


PLACES = ("mistakes", "servers", "waits", "settled")
