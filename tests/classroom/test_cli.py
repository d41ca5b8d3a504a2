"""The command line: what is printed where, and the exit codes that scripts rely on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from classroom import answers, places, regions
from classroom.cli import main
from classroom.syllabus import all_exercises, find_exercise
from classroom.workers import WorkerError

ACCEPT = find_exercise("4.2")
RIGHT = regions.reference_source(ACCEPT)
WRONG = "def accept_value(key):\n    return key\n"
IMPORTS = regions.preamble("handshake")
COUNT = len(all_exercises())
FIELDS = ["exercise", "verdict", "passed", "total", "mistakes", "tested", "feedback"]


def run_json(capsys, *words: str) -> tuple[int, list[dict]]:
    capsys.readouterr()
    code = main([*words, "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def write(path, text: str):
    path.write_text(text, encoding="utf-8")
    return str(path)


# check


def test_check_of_one_exercise_says_all_there_is_to_say(student, capsys):
    student.write("4.2", WRONG)
    assert main(["check", "4.2"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("4.2 accept_value: not right yet")
    assert "Tested: exercises/handshake.py, lines " in said and "Came" in said


def test_check_passes_only_if_all_that_was_asked_for_passes(student, capsys):
    student.solve("4.1", "4.2")
    assert main(["check", "4.2"]) == 0
    assert main(["check", "accept_value", "4.1"]) == 0
    assert main(["check", "4.1", "4.2", "4.3"]) == 1
    assert main(["check"]) == 1
    assert capsys.readouterr().out.endswith(f"2 of {COUNT} exercises passed.\n")


def test_check_of_a_finished_course_passes(student, capsys):
    student.solve()
    assert main(["check"]) == 0
    assert capsys.readouterr().out.endswith(f"{COUNT} of {COUNT} exercises passed.\n")


def test_an_exercise_named_twice_is_checked_once(student, capsys):
    code, lines = run_json(capsys, "check", "4.2", "accept_value", "4.1")
    assert code == 1
    assert [line["exercise"] for line in lines] == ["4.2", "4.1"]


def test_a_lessons_number_stands_for_its_exercises(student, capsys):
    code, lines = run_json(capsys, "check", "4.2", "0", "1")
    assert code == 1
    assert [line["exercise"] for line in lines] == ["4.2", "0.1", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]


def test_an_unknown_exercise_is_a_usage_error_that_lists_those_there_are(student, capsys):
    assert main(["check", "4.77"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(
        "There is no exercise '4.77'. The exercises of lesson 4 are: 4.1 make_key, "
    )


def test_check_without_exercises_finds_nothing_written(work_folder, capsys):
    assert main(["check"]) == 1
    assert capsys.readouterr().out.endswith(f"0 of {COUNT} exercises passed.\n")


def test_a_failure_of_the_machinery_costs_one_verdict_and_not_the_others(student, capsys, monkeypatch):
    student.solve("4.1", "4.2")
    judge = answers.judge

    def fail_once(answer, tested):
        if answer.exercise_id == "4.1":
            raise WorkerError("no worker")
        return judge(answer, tested)

    monkeypatch.setattr(answers, "judge", fail_once)
    code, lines = run_json(capsys, "check", "4.1", "4.2")
    assert code == 1
    assert [line["verdict"] for line in lines] == ["error", "passed"]
    assert "says nothing about your code: no worker" in lines[0]["feedback"]


# check --file --json


def test_each_line_is_an_object_with_the_promised_fields(tmp_path, capsys):
    path = write(tmp_path / "answer.py", f"{IMPORTS}\n\n{RIGHT}\n")
    code, (line,) = run_json(capsys, "check", "4.2", "--file", path)
    assert code == 0
    assert list(line) == FIELDS
    assert (line["exercise"], line["verdict"], line["mistakes"]) == ("4.2", "passed", [])
    assert line["passed"] == line["total"] > 0
    assert line["tested"]["file"] == path and list(line["tested"]) == ["file", "lines", "hash"]
    assert line["tested"]["lines"] == [1, len(f"{IMPORTS}\n\n{RIGHT}".split("\n"))]
    assert line["tested"]["hash"] == regions.short_hash(f"{IMPORTS}\n\n{RIGHT}")
    assert line["feedback"].startswith("4.2 accept_value: passed")


def test_each_case_that_fails_says_what_it_asked(tmp_path, capsys):
    path = write(tmp_path / "answer.py", f"{IMPORTS}\n\n{WRONG}\n")
    code, (line,) = run_json(capsys, "check", "4.2", "--file", path, "--each-case")
    assert (code, line["verdict"]) == (1, "failed")
    assert len(line["cases"]) == line["total"] - line["passed"] > 1
    assert all("Tried " in text and "Must be " in text for text in line["cases"].values())
    assert main(["check", "4.2", "--file", path, "--each-case"]) == 1
    said = capsys.readouterr().out
    assert all(f"\n{name}\n" in said for name in line["cases"])
    assert said.count("Tried ") == 1 + len(line["cases"])


def test_each_case_of_a_right_answer_is_none(tmp_path, capsys):
    path = write(tmp_path / "answer.py", f"{IMPORTS}\n\n{RIGHT}\n")
    code, (line,) = run_json(capsys, "check", "4.2", "--file", path, "--each-case")
    assert (code, line["cases"]) == (0, {})
    assert main(["check", "4.2", "--each-case"]) == 2
    assert capsys.readouterr().err == "--each-case goes with --file.\n"


def test_without_ids_all_that_the_file_defines_is_checked(tmp_path, capsys):
    text = "\n\n\n".join([IMPORTS, WRONG, regions.reference_source(find_exercise("4.6"))])
    code, lines = run_json(capsys, "check", "--file", write(tmp_path / "answer.py", text))
    assert code == 1
    assert [(line["exercise"], line["verdict"]) for line in lines] == [("4.2", "failed"), ("4.6", "passed")]


def test_a_file_that_defines_no_exercise_is_a_usage_error(tmp_path, capsys):
    path = write(tmp_path / "answer.py", "def something_else():\n    pass\n")
    assert main(["check", "--file", path, "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "defines none of the exercises: 0.1 payload_length" in captured.err


def test_an_exercise_that_the_file_lacks_is_not_written(tmp_path, capsys):
    path = write(tmp_path / "answer.py", RIGHT)
    code, (line,) = run_json(capsys, "check", "4.6", "--file", path)
    assert (code, line["verdict"]) == (1, "not-written")


def test_a_skeleton_is_not_written(tmp_path, capsys):
    path = write(tmp_path / "answer.py", regions.skeleton(ACCEPT))
    code, (line,) = run_json(capsys, "check", "--file", path)
    assert (code, line["verdict"], line["passed"]) == (1, "not-written", 0)


def test_a_file_of_regions_is_checked_region_by_region_with_its_own_lines(student, tmp_path, capsys):
    student.solve("4.2")
    student.write("4.1", "def make_key(:\n")
    path = write(tmp_path / "copy.py", student.file().read_text(encoding="utf-8"))
    code, lines = run_json(capsys, "check", "4.1", "4.2", "--file", path)
    assert code == 1
    assert [line["verdict"] for line in lines] == ["error", "passed"]
    region = regions.read_region(ACCEPT)
    assert lines[1]["tested"] == {
        "file": path,
        "lines": [region.first_line, region.last_line],
        "hash": region.hash,
    }


def test_without_ids_a_file_of_regions_gives_all_its_regions(student, capsys):
    code, lines = run_json(capsys, "check", "--file", str(student.file()))
    assert code == 1
    assert [line["exercise"] for line in lines] == [f"4.{number}" for number in range(1, 9)]


def test_a_mistake_in_a_neighbour_shows_once(tmp_path, capsys):
    server = regions.reference_source(find_exercise("4.7"))
    path = write(tmp_path / "answer.py", f"{IMPORTS}\n\n\n{WRONG}\n\n{server}\n")
    code, lines = run_json(capsys, "check", "--file", path)
    assert code == 1
    assert [(line["exercise"], line["verdict"]) for line in lines] == [("4.2", "failed"), ("4.7", "passed")]


def test_a_line_of_feedback_is_a_line_of_the_file(tmp_path, capsys):
    text = f"{IMPORTS}\n\n\n{WRONG}\n\ndef build_server_handshake(key, subprotocol=None):\n    return 1 / 0\n"
    path = write(tmp_path / "answer.py", text)
    code, (line,) = run_json(capsys, "check", "4.7", "--file", path)
    assert code == 1
    number = text.split("\n").index("    return 1 / 0") + 1
    assert f"line {number}" in line["feedback"]


def test_checking_a_file_changes_nothing_in_the_students_folder(student, tmp_path, capsys):
    before = {path: path.read_bytes() for path in student.folder.rglob("*") if path.is_file()}
    run_json(capsys, "check", "--file", write(tmp_path / "answer.py", RIGHT))
    assert {path: path.read_bytes() for path in student.folder.rglob("*") if path.is_file()} == before


def test_what_the_students_code_prints_stays_off_stdout(tmp_path, capsys):
    text = f"import sys\nprint('noise')\nsys.stdout.write('more')\n{IMPORTS}\n{RIGHT}"
    code, lines = run_json(capsys, "check", "--file", write(tmp_path / "answer.py", text))
    assert code == 0 and len(lines) == 1


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("broken.py", b"def accept_value(key:\n", "cannot read it"),
        ("raises.py", b"def accept_value(key): pass\n1 / 0\n", "ZeroDivisionError"),
        ("exits.py", b"def accept_value(key): pass\nraise SystemExit(0)\n", "sys.exit"),
        ("latin.py", b"# \xe9t\xe9\ndef accept_value(key): pass\n", "not text in UTF-8"),
        ("nul.py", b"def accept_value(key):\0 pass\n", "NUL"),
        ("huge.py", b"#" * (4 << 20) + b"#", "larger than 4 MiB"),
        ("missing.py", None, "can't be read: No such file or directory"),
        ("damaged.ipynb", b"{", "JSON is damaged"),
        ("deep.ipynb", b"[" * 200_000, "JSON is damaged"),
        ("list.ipynb", b"[]", "has no cells"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_an_error_with_a_plain_reason(tmp_path, capsys, name, data, reason):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    code, (line,) = run_json(capsys, "check", "4.2", "--file", str(tmp_path / name))
    assert code == 1
    assert list(line) == FIELDS
    assert (line["verdict"], line["passed"]) == ("error", 0)
    assert reason in line["feedback"]
    assert "Traceback" not in line["feedback"]


def test_a_broken_file_is_an_error_for_each_exercise_asked_for(tmp_path, capsys):
    code, lines = run_json(capsys, "check", "4.1", "4.2", "--file", str(tmp_path / "missing.py"))
    assert code == 1
    assert [(line["exercise"], line["verdict"]) for line in lines] == [("4.1", "error"), ("4.2", "error")]


def test_a_file_that_cannot_be_read_and_no_ids_is_a_usage_error(tmp_path, capsys):
    assert main(["check", "--file", str(tmp_path / "missing.py"), "--json"]) == 2
    assert "can't be read" in capsys.readouterr().err


def test_a_file_that_does_not_parse_still_says_what_it_defines(tmp_path, capsys):
    path = write(tmp_path / "answer.py", f"{WRONG}\ndef broken(:\n")
    code, lines = run_json(capsys, "check", "--file", path)
    assert code == 1
    assert [(line["exercise"], line["verdict"]) for line in lines] == [("4.2", "error")]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path, capsys):
    data = b"\xef\xbb\xbf" + f"{IMPORTS}\n{RIGHT}\n".replace("\n", "\r\n").encode()
    (tmp_path / "answer.py").write_bytes(data)
    assert main(["check", "--file", str(tmp_path / "answer.py"), "--json"]) == 0


def notebook_of(*cells: object) -> str:
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps(
        {"cells": [{"cell_type": "markdown", "source": "def accept_value"}, *made], "nbformat": 4}
    )


def test_a_notebook_gives_the_cells_that_define_exercises(tmp_path, capsys):
    choose = regions.reference_source(find_exercise("4.6")).splitlines(keepends=True)
    text = notebook_of(
        IMPORTS,
        WRONG,
        f"{RIGHT}\n\n%timeit accept_value('a')\nprint(undefined)\ncheck(accept_value)",
        [*choose, "\n", "!ls"],
        {"odd": 1},
    )
    code, lines = run_json(capsys, "check", "--file", write(tmp_path / "answer.ipynb", text))
    assert [(line["exercise"], line["verdict"]) for line in lines] == [("4.2", "passed"), ("4.6", "passed")]
    assert code == 0


def test_a_notebook_cell_that_does_not_parse_is_an_error(tmp_path, capsys):
    path = write(tmp_path / "answer.ipynb", notebook_of("def accept_value(key:\n  pass"))
    code, lines = run_json(capsys, "check", "--file", path)
    assert code == 1
    assert [(line["exercise"], line["verdict"]) for line in lines] == [("4.2", "error")]


# The other commands


def test_status_lists_every_exercise(student, capsys):
    student.solve("4.2")
    student.write("4.1", "def make_key(random_bytes=os.urandom):\n    return 'x'")
    assert main(["status"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines[1 : COUNT + 1]] == [exercise.id for exercise in all_exercises()]
    assert ["4.1", "make_key", "5", "failing", "the", "reference"] in lines
    assert ["4.2", "accept_value", "10", "passed", "yours"] in lines
    to_go = sum(exercise.minutes for exercise in all_exercises() if exercise.id != "4.2")
    assert " ".join(lines[-1]) == f"1 of {COUNT} exercises passed; about {to_go} minutes to go."


def test_status_as_json_is_one_object_a_line(student, capsys):
    student.solve("4.2")
    code, lines = run_json(capsys, "status")
    assert code == 0
    assert [line["exercise"] for line in lines] == [exercise.id for exercise in all_exercises()]
    verdicts = {line["exercise"]: line["verdict"] for line in lines}
    assert [exercise for exercise in verdicts if verdicts[exercise] == "passed"] == ["4.2"]
    assert set(verdicts.values()) == {"passed", "not-written"}


def test_hint_solution_and_reset_print_what_they_do(student, capsys):
    assert (
        main(["hint", "4.2"])
        == main(["hint", "4.2", "--level", "4"])
        == main(["solution", "accept_value"])
        == 0
    )
    said = capsys.readouterr().out
    assert "Hint 1 of 4" in said and "Hint 4 of 4" in said and said.count(RIGHT) == 2
    student.write("4.2", WRONG)
    assert main(["reset", "4.2"]) == 0
    assert "What stood there is kept in .minews/kept/" in capsys.readouterr().out


def test_reset_that_cannot_write_fails(student, capsys, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    student.write("4.2", WRONG)
    monkeypatch.setattr(regions, "write_region", refuse)
    assert main(["reset", "4.2"]) == 1
    assert capsys.readouterr().err == "Nothing was reset: Permission denied.\n"


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (["lab"], ("lab.run_lab", (), {"browser": True, "argv": []})),
        (
            ["lab", "--no-browser", "--port", "9000"],
            ("lab.run_lab", (), {"browser": False, "argv": [], "port": 9000}),
        ),
        (
            ["lab", "--LabApp.answer_yes=True"],
            ("lab.run_lab", (), {"browser": True, "argv": ["--LabApp.answer_yes=True"]}),
        ),
        (["doctor"], ("doctor.run_doctor", (), {})),
        (
            ["test", "-k", "x and y", "--json", "tests/a.py"],
            ("testing.run_tests", (["-k", "x and y", "--json", "tests/a.py"],), {}),
        ),
        (["build"], ("build.build", (), {"check": False, "execute": True})),
        (["build", "--check", "--no-execute"], ("build.build", (), {"check": True, "execute": False})),
    ],
)
def test_the_commands_of_others_get_what_was_typed_and_give_their_exit_code(monkeypatch, words, call):
    import importlib

    place, arguments, keywords = call
    module, _, name = place.rpartition(".")
    seen = []

    def run(*given, **named):
        seen.append((given, named))
        return 7

    monkeypatch.setattr(importlib.import_module(f"classroom.{module}"), name, run)
    assert main(words) == 7
    assert seen == [(arguments, keywords)]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["hint"],
        ["hint", "4.2", "--level", "5"],
        ["check", "--nonsense"],
        ["lab", "--port", "x"],
        ["lab", "--port", "70000"],
        ["status", "4.2"],
    ],
)
def test_what_cannot_be_understood_is_a_usage_error(words, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "usage: python3 -m classroom" in captured.err


@pytest.mark.parametrize(
    "words", [["--help"], ["help"], ["check", "--help"], ["help", "check"], ["test", "--help"]]
)
def test_help_is_given(words, capsys):
    assert main(words) == 0
    assert "usage: python3 -m classroom" in capsys.readouterr().out


def test_help_and_parsing_need_nothing_that_is_installed():
    code = (
        "import sys; from classroom.cli import main; main(['help'])\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('filelock', 'IPython', 'watchfiles')])"
    )
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(places.ROOT)!r})\n{code}",
    ]
    assert subprocess.check_output(command, text=True).endswith("[]\n")


def test_a_lesson_that_is_named_must_have_exercises_and_a_range_may_have_gaps(tmp_path, capsys):
    words = ["grade", str(tmp_path), "--out", str(tmp_path.parent / "grades"), "--lessons"]
    assert main([*words, "2,4"]) == 1
    assert "Lesson 2 has no exercises; these have: 0, 1, 4" in capsys.readouterr().err
    assert main([*words, "2-4", "--trust-submissions"]) == 1
    assert "There is no submission in" in capsys.readouterr().err


def test_ctrl_c_ends_a_command_with_130(student, monkeypatch, capsys):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(answers, "judge", stop)
    assert main(["check"]) == 130
    assert capsys.readouterr().err.endswith("Stopped.\n")


# The terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def open_terminal(monkeypatch) -> Terminal:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "name", "posix")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    return screen


def test_a_terminal_gets_colours_and_the_same_words(student, monkeypatch):
    terminal = open_terminal(monkeypatch)
    main(["check", "4.2"])
    assert terminal.getvalue().startswith("\x1b[33m4.2 accept_value: not written yet.\x1b[0m\n")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_switched_off(student, monkeypatch, name, value):
    terminal = open_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    main(["check", "4.2"])
    assert terminal.getvalue().startswith("4.2 accept_value: not written yet.\n")


def test_a_file_or_pipe_gets_no_colours(student, capsys):
    main(["check", "4.2"])
    assert "\x1b" not in capsys.readouterr().out


def test_progress_is_shown_on_a_terminal_and_wiped_away(student, monkeypatch, capsys):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    main(["check", "4.1", "4.2"])
    assert "\rchecking 2 of 2: 4.2 accept_value" in screen.getvalue()
    assert screen.getvalue().endswith(" \r")


def test_an_old_console_shows_question_marks_and_no_error(student):
    student.write("4.2", "def accept_value(key):\n    return '\N{GREEK SMALL LETTER PI}'")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    code = "import sys; from classroom.cli import main; sys.exit(main(['check', '4.2']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=places.ROOT, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"not right yet" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="pipes close in another way there")
@pytest.mark.parametrize("words", [["status"], ["hint", "4.2"], ["--help"]], ids=" ".join)
def test_a_reader_that_goes_away_ends_the_command_quietly(student, words):
    code = (
        f"import os, sys; from classroom import cli\nos.close(int(sys.argv[1])); sys.exit(cli.main({words}))"
    )
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(reader)],
        cwd=places.ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdout=writer,
        stderr=subprocess.PIPE,
        pass_fds=[reader],
    )
    os.close(reader)
    os.close(writer)
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 1
