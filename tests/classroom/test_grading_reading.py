"""The answers are found in whatever was handed in, and nothing that was handed in stops the grader."""

from __future__ import annotations

import io
import json
import stat
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classroom import magics, places, regions
from classroom.build.exercises import exercises_in, fresh_file
from classroom.build.sources import parse_or_none
from classroom.cli import main
from classroom.grading import archives, reading, sources
from classroom.grading.archives import unpack
from classroom.grading.reading import read_work
from classroom.grading.sources import MAX_MODULE
from classroom.magics import plain_python
from classroom.notebook_answers import MAX_CODE
from classroom.syllabus import all_exercises, find_exercise
from classroom.worker import lacking
from tests.effort import LINEAR, growth

ACCEPT = find_exercise("4.2")
LESSON = tuple(exercise for exercise in all_exercises() if exercise.lesson == 4)
GOOD = "def accept_value(key):\n    return 'good'\n"
OTHER = "def accept_value(key):\n    return 'other'\n"
SKELETON = regions.skeleton(ACCEPT)
MARKER = "# %% exercise 4.2 accept_value\n"


def read(*files: tuple[str, str | bytes], wanted=LESSON):
    return read_work(
        [(name, data.encode() if isinstance(data, str) else data) for name, data in files], wanted
    )


def text_of(work, exercise="4.2") -> str:
    return work.pieces[exercise].text


def make_notebook(*cells: str, **more: object) -> str:
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": GOOD}, *made], "nbformat": 4, **more})


def make_zip(*files: tuple[str | zipfile.ZipInfo, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


# Modules


def test_a_file_of_exercises_gives_its_regions_and_its_imports():
    text = fresh_file("handshake").replace('raise NotImplementedError("exercise 4.2")', 'return "mine"')
    work = read(("exercises/handshake.py", text))
    assert list(work.pieces) == [
        exercise.id for exercise in exercises_in("handshake") if exercise.lesson == 4
    ]
    piece = work.pieces["4.2"]
    assert piece.text == SKELETON.replace('raise NotImplementedError("exercise 4.2")', 'return "mine"')
    assert piece.file == "exercises/handshake.py"
    assert text.split("\n")[piece.first_line - 1] == piece.text.split("\n")[0]
    assert "from minews.http import header_tokens" in piece.preamble
    assert work.problems == ()


def test_only_what_is_wanted_is_taken():
    assert list(read(("handshake.py", fresh_file("handshake")), wanted=[ACCEPT]).pieces) == ["4.2"]


@pytest.mark.parametrize(
    "name", ["handshake (1).py", "handshake-2.py", "deep/in/Handshake.py.txt", "mine.py"]
)
@pytest.mark.parametrize("above", [MARKER, "# %%\n", ""])
def test_a_renamed_module_is_known_by_its_name_marker_or_definition(name, above):
    work = read((name, f"import math\n\n{above}{GOOD}"))
    assert text_of(work) == GOOD.strip() and work.problems == ()
    assert work.pieces["4.2"].file == name
    assert ("import math" in work.pieces["4.2"].preamble) is bool(above)


def test_without_markers_the_usual_imports_stand_above():
    assert "import hashlib" in read(("handshake.py", GOOD)).pieces["4.2"].preamble


@pytest.mark.parametrize(
    "names",
    [
        ("leeann_101_555_handshake.py", "bergbo_LATE_102_556_handshake.py"),
        ("all/Ann Lee_4711_assignsubmission_file_/a.py", "all/Bo Berg_4712_assignsubmission_file_/b.py"),
    ],
)
def test_a_whole_class_in_one_zip_is_no_submission(names):
    work = read(("whole.zip", make_zip(*((name, fresh_file("handshake")) for name in names))))
    assert work.pieces == {}
    (problem,) = work.problems
    assert problem.startswith("The work of several students is in it: ") and problem.endswith(reading.UNPACK)


def test_several_files_of_one_student_are_a_submission():
    names = ("leeann_101_555_handshake.py", "leeann_101_556_frames.py")
    assert read(("whole.zip", make_zip(*((name, fresh_file("handshake")) for name in names)))).pieces


def test_a_region_that_is_no_python_goes_to_the_judge_and_spares_the_others():
    work = read(("handshake.py", f"# %% exercise 4.1 make_key\ndef make_key(:\n{MARKER}{GOOD}"))
    assert text_of(work, "4.1") == "def make_key(:" and text_of(work) == GOOD.strip()


@pytest.mark.parametrize("text", [f"{GOOD}def broken(:\n", "accept_value = lambda key: 1\n"])
def test_without_a_region_the_whole_file_goes_to_the_judge(text):
    assert text_of(read(("handshake.py", text))) == text


def test_line_ends_and_byte_order_marks_do_no_harm():
    data = b"\xef\xbb\xbf" + f"{MARKER}{GOOD}".replace("\n", "\r\n").encode()
    work = read(("handshake.py", data))
    assert text_of(work) == GOOD.strip() and work.pieces["4.2"].first_line == 2


def test_a_file_in_the_encoding_of_windows_is_read_and_named():
    work = read(("handshake.py", f"# Zo\u00eb\n{MARKER}{GOOD}".encode("cp1252")))
    assert text_of(work) == GOOD.strip() and work.pieces["4.2"].preamble == "# Zo\u00eb"
    assert "handshake.py is not saved as UTF-8" in work.problems[0]


# Notebooks


@pytest.mark.parametrize("name", ["04_handshake.ipynb", "04_handshake-1.ipynb", "mine (3).ipynb"])
def test_a_solved_notebook_gives_what_check_would_have_saved(name):
    text = (places.SOLUTIONS / "04_handshake.ipynb").read_text(encoding="utf-8")
    work = read((name, text))
    assert list(work.pieces) == [exercise.id for exercise in LESSON] and work.problems == ()
    for exercise in LESSON:
        piece = work.pieces[exercise.id]
        assert "check(" not in piece.text and not regions.is_skeleton(piece.text, exercise)
        assert piece.preamble == regions.preamble(exercise.module)
        assert piece.file == f"{name}, cell of {exercise.name}"


def test_an_unsolved_notebook_gives_skeletons():
    work = read(("a.ipynb", (places.NOTEBOOKS / "04_handshake.ipynb").read_text(encoding="utf-8")))
    assert all(regions.is_skeleton(text_of(work, each.id), each) for each in LESSON)


def test_experiments_and_magics_stay_out_of_the_answer():
    cell = f"%%time\n{GOOD}\n!ls 'it\n%timeit accept_value('a')\ncheck(accept_value)\n"
    assert text_of(read(("a.ipynb", make_notebook(cell)))).split("\n")[-2:] == GOOD.strip().split("\n")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("x = (5\n  % 3)\n!ls\n", "x = (5\n  % 3)\n# !ls\n"),
        ("x = '''\n%a\n'''\n?x\n", "x = '''\n%a\n'''\n# ?x\n"),
        ("files = !ls\nopen??\n  %time f()", "# files = !ls\n# open??\n  # %time f()"),
        ("x = '('  # )(\n%a", "x = '('  # )(\n# %a"),
        ("x = 1 \\\n  % 2\n%a", "x = 1 \\\n  % 2\n# %a"),
        ("y = 5 % 2  # ok?\n", "y = 5 % 2  # ok?\n"),
        ("'''", "'''"),
        ("x = ('''\n)\n%a", "x = ('''\n)\n# %a"),
        ("print('it)\n%a", "print('it)\n# %a"),
        ("x = '''\\'''\n%a\n'''\n%b", "x = '''\\'''\n%a\n'''\n# %b"),
        ('print(f"{\'"\'}")\n%a', 'print(f"{\'"\'}")\n# %a'),
        ("x = '(\\\n%a('\n%b", "x = '(\\\n%a('\n# %b"),
    ],
)
def test_magics_become_comments_and_nothing_else_does(cell, found):
    assert plain_python(cell) == found


@pytest.mark.parametrize(
    "unit", ['\\"""\n', "\\'''\n", "\\'", '\\"', "'", '"', " ", "a", "a ", "a.", "[", "\\\n", "#\n", "?"]
)
@pytest.mark.parametrize("start", ["", "(\n", "a "])
def test_magics_are_looked_for_in_time_in_proportion_to_the_cell(start, unit):
    def work(size: int) -> list[str]:
        return list(magics._without_magics(f"{start}{size // len(unit) * unit}\n)(x"))

    assert growth(work, 2_000) < LINEAR


def test_the_last_cell_counts_and_one_that_is_no_python_never_ran():
    assert text_of(read(("a.ipynb", make_notebook(GOOD, OTHER)))) == OTHER.strip()
    work = read(("a.ipynb", make_notebook(GOOD, "def accept_value(:")))
    assert text_of(work) == GOOD.strip()
    assert "a later cell that defines accept_value is no Python" in work.problems[0]
    assert text_of(read(("a.ipynb", make_notebook("def accept_value(:")))) == "def accept_value(:"


def test_a_skeleton_below_does_not_undo_the_answer():
    assert text_of(read(("a.ipynb", make_notebook(GOOD, SKELETON)))) == GOOD.strip()


def test_helpers_of_other_cells_stand_above():
    answer = "def accept_value(key):\n    return struct.pack(LAYOUT, deep(key)) + unknown\n"
    cells = [
        "import struct\nimport json",
        "LAYOUT = '!' + KIND\nKIND = 'H'\nLAYOUT += 's'\nprint(LAYOUT)",
        "KIND = 'B'\nfor unknown in []: pass\nrequest = yours.make_key()\n",
        "def deep(key):\n    return make_key(request, inner)\n",
        "inner = 1",
    ]
    piece = read(("a.ipynb", make_notebook(*cells, answer))).pieces["4.2"]
    assert (piece.text, piece.first_line) == (answer.strip(), 1)
    helpers = piece.preamble.removeprefix(regions.preamble("handshake")).strip().split("\n")
    # What needs `yours`, is another exercise, or is no definition, is not there: as in `check`.
    assert [line for line in helpers if line.strip()] == [
        "import struct", "KIND = 'H'", "KIND = 'B'", "def deep(key):",
        "    return make_key(request, inner)", "inner = 1",
    ]  # fmt: skip


def test_check_of_a_file_takes_helpers_too(tmp_path, capsys):
    answer = "def choose_subprotocol(a, b):\n    return first(name for name in a if name in b)\n"
    path = tmp_path / "a.ipynb"
    path.write_text(
        make_notebook("def first(names):\n    return next(names, None)", answer), encoding="utf-8"
    )
    assert main(["check", "4.6", "--file", str(path)]) == 0


def test_older_notebooks_are_read():
    sheet = {"cells": [{"cell_type": "code", "input": [*GOOD.splitlines(keepends=True)]}]}
    assert text_of(read(("a.ipynb", json.dumps({"worksheets": [sheet], "nbformat": 3})))) == GOOD.strip()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.ipynb", "", "a.ipynb can't be read: it is empty"),
        ("a.ipynb", "{", "its JSON is damaged"),
        ("a.ipynb", "[]", "it has no cells"),
        ("a.ipynb", '{"cells": 5}', "it has no cells"),
        ("a.ipynb", "[" * 200_000, "JSON is damaged"),
        ("a.ipynb", '{"cells": [' + "[]," * 400_000, "far more intricate than any notebook"),
        ("a.ipynb", make_notebook(GOOD).encode("utf-16"), "it is saved as UTF-16"),
        ("a.ipynb", make_notebook(GOOD).encode("utf-16-le"), "it is saved as UTF-16"),
        ("a.ipynb", b'{"cells": "\xff"}', "it is not text in UTF-8"),
        ("a.ipynb", b" " * (8 << 20) + b" ", "larger than 8 MiB; clear its outputs"),
        ("a.ipynb", make_notebook(*[GOOD + "#" * MAX_CODE] * 9, GOOD), "cell with more code than is read"),
        ("a.ipynb", make_notebook(*[GOOD + "#" * (MAX_CODE - 99)] * 5), "more than 512 KiB of code"),
        ("a.ipynb", make_notebook(GOOD + "x = '\ud800'"), "line 3: half of a character is no Python"),
        ("handshake.py", "", "handshake.py can't be read: it is empty"),
        ("handshake.py", GOOD.encode("utf-16"), "it is saved as UTF-16"),
        (
            "handshake.py",
            f"{MARKER}{GOOD}\0",
            "handshake.py, line 4: a NUL byte is no Python, so exercise 4.2",
        ),
        ("handshake.py", f"\0\n{MARKER}{GOOD}", "handshake.py, at the top: a NUL byte"),
        ("handshake.py", "#" * (MAX_MODULE + 1), "larger than 128 KiB"),
        ("other.py", "print(1)\n", "None of the exercises was found in other.py"),
        ("\u202eyp.py", "print(1)\n", "found in \\u202eyp.py"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_counts(name, data, reason):
    alone = read((name, data))
    assert reason in " ".join(alone.problems)
    work = read((name, data), ("exercises/handshake.py", OTHER))
    assert text_of(work) == OTHER.strip()


@pytest.mark.parametrize(
    "source",
    [
        f"{GOOD}x = {'(' * 500}{')' * 500}",
        f"{GOOD}x = {'-' * 60_000}1",
        f"{GOOD}x = 1{' + 1' * 3_000}",
        f"{GOOD}x = a{'.a' * 30_000}",
        f"{GOOD}if x: y = 1\n" + "elif x: y = 1\n" * 3_000,
        f"{GOOD}if x: y = 1\n" + "elif x: y = 1\n" * 400,
    ],
)
@pytest.mark.parametrize("name", ["handshake.py", "a.ipynb"])
def test_deep_nesting_stops_nothing(name, source):
    work = read((name, source if name.endswith("py") else make_notebook(source)))
    assert "return 'good'" in text_of(work)


DEEP = f"x = {'-' * 60_000}1\n"
NO_MEMORY = 1 << 40  # bytes for each letter, which no machine has


@pytest.mark.parametrize(
    ("look", "found"),
    [
        (parse_or_none, None),
        (lacking.defined_names, set()),
        (lambda text: lacking.lacking_names(text, ()), ()),
    ],
)
def test_deep_nesting_is_told_from_a_lack_of_memory(look, found, monkeypatch):
    assert look(DEEP) == found
    monkeypatch.setattr(lacking, "READING", NO_MEMORY)
    with pytest.raises(MemoryError):
        look(DEEP)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (sources, "_decode"),
        (sources, "set_aside"),
        (sources, "code_cells"),
        (archives.zipfile, "ZipFile"),
        (archives.zipfile.ZipFile, "open"),
    ],
)
def test_a_lack_of_memory_is_no_fault_of_a_file(module, name, monkeypatch):
    def exhausted(*args: object, **more: object) -> object:
        raise MemoryError

    data = make_zip(("a.ipynb", make_notebook(GOOD)))
    monkeypatch.setattr(module, name, exhausted)
    with pytest.raises(MemoryError):
        read(("a.zip", data))


# Several versions


def test_what_is_written_wins_over_a_skeleton_wherever_it_stands():
    notebook = ("notebooks/a.ipynb", make_notebook(GOOD))
    work = read(("exercises/handshake.py", fresh_file("handshake")), notebook)
    assert text_of(work) == GOOD.strip() and work.problems == ()
    assert regions.is_skeleton(text_of(work, "4.1"), find_exercise("4.1"))


def test_of_two_written_ones_that_in_exercises_counts_and_that_is_said():
    work = read(
        ("a.ipynb", make_notebook(OTHER)), ("handshake-2.py", OTHER), ("exercises/handshake.py", GOOD)
    )
    assert text_of(work) == GOOD.strip()
    assert work.problems == (
        "4.2 accept_value is written in exercises/handshake.py and differently in handshake-2.py, a.ipynb, "
        "cell of accept_value: the one in exercises/handshake.py counts.",
    )


def test_the_same_twice_is_no_problem():
    assert read(("a.ipynb", make_notebook(GOOD)), ("handshake.py", f"{GOOD}\n\n")).problems == ()


def test_of_copies_the_newest_counts():
    assert text_of(read(("handshake.py", OTHER), ("handshake (2).py", GOOD))) == GOOD.strip()


def test_the_courses_own_folders_do_not_count_unless_there_is_nothing_else():
    checkout = [
        ("minews/minews/handshake.py", GOOD),
        ("minews/solutions/04_handshake.ipynb", make_notebook(GOOD)),
        ("minews/tests/exercises/lesson_04.py", GOOD),
        ("minews/exercises/handshake.py", fresh_file("handshake")),
    ]
    assert regions.is_skeleton(text_of(read(*checkout)), ACCEPT)
    assert text_of(read(*checkout[1:2])) == GOOD.strip()


def test_a_students_own_summary_is_ignored():
    summary = json.dumps({"exercises": [{"exercise": "4.2", "verdict": "passed"}]})
    assert read(("summary.json", summary)).pieces == {}


def test_after_too_long_the_rest_is_not_read(monkeypatch):
    monkeypatch.setattr(reading, "MAX_SECONDS", 0)
    work = read(("handshake.py", GOOD))
    assert work.pieces == {} and "handshake.py was not read" in work.problems[0]


# Zip files


def test_what_submit_makes_is_read(student, tmp_path, capsys):
    student.write("4.2", GOOD)
    main(["submit", "--out", str(tmp_path / "a.zip")])
    work = read(("a.zip", (tmp_path / "a.zip").read_bytes()))
    assert text_of(work) == GOOD.strip() and len(work.pieces) == len(LESSON) and work.problems == ()


def test_a_folder_in_a_zip_and_windows_backslashes_are_read():
    data = make_zip(
        ("mine/exercises\\handshake.py", GOOD), ("__MACOSX/._handshake.py", b"\0\5"), ("mine/", "")
    )
    work = read(("a.zip", data))
    assert work.pieces["4.2"].file == "mine/exercises/handshake.py" and work.problems == ()
    two = read(("a.zip", data), ("notes.txt", ""))
    assert two.pieces["4.2"].file == "a.zip/mine/exercises/handshake.py"


@pytest.mark.parametrize(
    "name", ["../handshake.py", "/handshake.py", "C:\\handshake.py", "a\\..\\handshake.py"]
)
def test_a_path_that_leaves_the_folder_is_refused(name):
    work = read(("a.zip", make_zip((name, GOOD))))
    assert work.pieces == {} and "points outside of the submission and was left out" in work.problems[0]


@pytest.mark.parametrize(
    ("usual", "too_long"),
    [("a" * 987, "a" * 988), ("/".join("a" * 50), "/".join("a" * 51))],
    ids=["long", "deep"],
)
def test_a_path_that_is_too_long_or_too_deep_is_not_looked_at(usual, too_long, monkeypatch):
    assert text_of(read(("a.zip", make_zip((f"{usual}/handshake.py", GOOD))))) == GOOD.strip()
    seen = []
    monkeypatch.setattr(archives, "is_junk", seen.append)
    monkeypatch.setattr(archives, "kind_of", seen.append)
    work = read(("a.zip", make_zip((f"{too_long}/handshake.py", GOOD))))
    assert work.pieces == {} and seen == []
    assert "has a path of more than 1,000 letters or 50 folders and was left out" in work.problems[0]


@pytest.mark.parametrize(
    ("kind", "words"),
    [(stat.S_IFLNK, "is a link and was not followed"), (stat.S_IFIFO, "is not a plain file")],
)
def test_links_and_pipes_in_a_zip_are_refused(kind, words):
    info = zipfile.ZipInfo("handshake.py")
    info.external_attr = (kind | 0o777) << 16
    work = read(("a.zip", make_zip((info, GOOD), ("tcp.py", GOOD))))
    assert words in work.problems[0]


def test_a_zip_in_a_zip_is_refused():
    work = read(("a.zip", make_zip(("b.zip", make_zip(("handshake.py", GOOD))))))
    assert work.pieces == {} and "b.zip is a zip file in a zip file and was not opened" in work.problems[0]


def test_an_encrypted_entry_is_refused():
    data = bytearray(make_zip(("handshake.py", GOOD)))
    place = data.index(b"PK\x01\x02") + 8
    struct.pack_into("<H", data, place, 1)
    assert "zip it without a password" in read(("a.zip", bytes(data))).problems[0]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_inflates_without_bound_is_refused(method):
    work = read(("a.zip", make_zip(("handshake.py", GOOD), method=method)))
    assert work.pieces == {} and "zip it with the usual method" in work.problems[0]


def test_a_bomb_costs_little_memory_whatever_its_header_claims(monkeypatch):
    monkeypatch.setattr(archives, "MAX_INFLATED", 1 << 20)
    data = bytearray(make_zip(("bomb.py", bytes(24 << 20)), ("handshake.py", GOOD)))
    for start, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", data, data.index(start) + offset, 2**32 - 2)
    tracemalloc.start()
    try:
        work = read(("a.zip", bytes(data)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "bomb.py is larger than 1 MiB when unpacked and was not read" in work.problems[0]
    assert text_of(work) == GOOD.strip()
    assert peak < 12 << 20


def test_what_could_not_hold_answers_is_not_inflated(monkeypatch):
    monkeypatch.setattr(archives, "_inflate", None)
    work = read(("a.zip", make_zip(("bomb.bin", b"x"))))
    assert work.problems == ("a.zip holds no Python file and no notebook; nothing in it counts.",)


def test_many_files_that_are_small_each_are_bounded_together(monkeypatch):
    monkeypatch.setattr(archives, "MAX_TOTAL", 250)
    unpacked = unpack("a.zip", make_zip(*((f"{number}.py", "#" * 100) for number in range(30))))
    assert len(unpacked.files) == 2
    assert "all files are larger than" in unpacked.problems[0]
    assert unpacked.problems[-1] == "In a.zip: 18 more files were left out."


def test_a_directory_without_end_is_not_read(monkeypatch):
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    monkeypatch.setattr(archives.zipfile, "ZipFile", None)
    data = b"PK\x01\x02" * 4
    assert "holds more than 3 files and was not opened" in unpack("a.zip", data).problems[0]


def test_more_answers_than_anybody_writes_are_not_read(monkeypatch):
    monkeypatch.setattr(archives, "MAX_ANSWERS", 1)
    unpacked = unpack("a.zip", make_zip(("a.py", ""), ("b.py", "")))
    assert len(unpacked.files) == 1 and "b.py is one of more than 1 files" in unpacked.problems[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "a.zip is empty"),
        (b"Rar!\x1a\x07", "a.zip is a RAR archive, not a zip file"),
        (b"PK\x03\x04 and no more", "a.zip is damaged or no zip file"),
        (make_zip(("handshake.py", GOOD))[:-9], "a.zip is damaged or no zip file"),
    ],
    ids=["empty", "RAR", "only a beginning", "cut off"],
)
def test_what_is_no_zip_is_named(data, words):
    assert words in read(("a.zip", data)).problems[0]


def test_a_damaged_entry_costs_only_itself():
    data = make_zip(("frames.py", "#" * 50), ("handshake.py", GOOD), method=zipfile.ZIP_STORED)
    work = read(("a.zip", data.replace(b"#" * 50, b"#" * 49 + b"!")))
    assert text_of(work) == GOOD.strip() and "frames.py is damaged" in work.problems[0]


# Anything


NAMES = st.sampled_from(["handshake.py", "a.ipynb", "a.zip", "../a.py", "b (1).py"]) | st.text(max_size=8)
ZIP = make_zip(("exercises/handshake.py", f"{MARKER}{GOOD}"), ("a.ipynb", make_notebook(GOOD)))
PARTS = [MARKER, GOOD, SKELETON, "%a\n", "'''", "(", "\\\n", "x = y\n", "\0", "\ud800"]
TEXTS = st.lists(st.sampled_from(PARTS)).map("".join)


@st.composite
def broken_zips(draw):
    data = bytearray(ZIP)
    for _ in range(draw(st.integers(1, 8))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


MODULES = TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))
NOTEBOOKS = st.lists(TEXTS, max_size=3).map(lambda cells: make_notebook(*cells).encode())
BYTES = st.binary(max_size=50) | broken_zips() | MODULES | NOTEBOOKS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, BYTES), max_size=3))
@example([("a.zip", ZIP)])
def test_whatever_is_handed_in_is_read_or_named(files):
    work = read_work(files, LESSON)
    assert work.pieces or work.problems
    for piece in work.pieces.values():
        assert "\0" not in (piece.text + piece.preamble + piece.file).encode("utf-8").decode()
        assert piece.first_line >= 1
    assert all(problem.encode("utf-8") and problem.endswith(".") for problem in work.problems)
