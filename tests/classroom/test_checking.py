"""`check` in a notebook: what is saved, what is tested, what is said."""

from __future__ import annotations

import html
import os
import subprocess
import sys
import threading
import time

import pytest
from jupyter_client import KernelManager

from classroom import CheckFailed, answers, check, checking, graders, places, regions
from classroom.mistakes import variants_of
from classroom.syllabus import find_exercise
from classroom.workers import WorkerError
from tests.mistakes.answering import answer_from

RIGHT = """def accept_value(key: str) -> str:
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()"""
OTHER = RIGHT.replace("digest", "sha1")
WRONG = "def accept_value(key: str) -> str:\n    return key"
CHECK = "\n\ncheck(accept_value)"
SAVED = "In exercises/handshake.py."
SKELETON = regions.skeleton(find_exercise("4.2"))


def says(output, *parts: str) -> bool:
    """Whether the parts stand in the output in this order, as text and as HTML alike."""
    return all(_in_order(words, parts) for words in (output.text, html.unescape(output.html)))


def _in_order(words: str, parts: tuple[str, ...]) -> bool:
    place = 0
    for part in parts:
        place = words.find(part, place)
        if place < 0:
            return False
    return True


# One cell


def test_a_right_cell_is_saved_and_passes(student, notebook):
    output = notebook.run(RIGHT + CHECK)
    assert output.error is None
    assert says(
        output,
        "4.2 accept_value: passed",
        "Tested: exercises/handshake.py, lines ",
        "In exercises/handshake.py.",
    )
    assert student.read("4.2") == RIGHT
    assert student.kept() == []


def test_a_wrong_cell_is_saved_and_told_what_came(student, notebook):
    output = notebook.run(WRONG + CHECK)
    assert output.error is None
    assert says(output, "4.2 accept_value: not right yet", "Came", "Must be")
    assert student.read("4.2") == WRONG


def test_check_returns_nothing_so_that_nothing_is_shown_twice(notebook):
    notebook.run(RIGHT + "\n\nresult = check(accept_value)")
    assert notebook.shell.user_ns["result"] is None


def test_the_skeleton_is_not_written_yet_and_nothing_is_saved(student, notebook):
    before = student.file().read_bytes()
    output = notebook.run(SKELETON + CHECK)
    assert says(output, "4.2 accept_value: not written yet.")
    assert "Saved" not in output.text
    assert student.file().read_bytes() == before


def test_the_same_cell_again_writes_nothing(student, notebook):
    notebook.run(RIGHT + CHECK)
    before = student.file().stat()
    output = notebook.run(RIGHT + CHECK)
    assert says(output, "passed")
    assert "Saved" not in output.text
    assert student.file().stat() == before


def test_a_changed_cell_replaces_its_older_version_which_is_kept(student, notebook):
    notebook.run(WRONG + CHECK)
    output = notebook.run(RIGHT + CHECK)
    assert says(
        output,
        "passed",
        "In exercises/handshake.py. What stood there is kept in .minews/kept/4.2-accept_value-",
    )
    assert student.read("4.2") == RIGHT
    assert student.kept() == [WRONG + "\n"]


def test_the_other_regions_stay_as_they_are(student, notebook):
    student.write("4.1", "def make_key(random_bytes=os.urandom):\n    return 'mine'")
    notebook.run(RIGHT + CHECK)
    assert student.read("4.1").endswith("return 'mine'")


def test_helpers_and_imports_are_saved_too_and_experiments_are_named(student, notebook):
    cell = f"import binascii\nGUID = 'x'\n\n{RIGHT}\n\nprint(accept_value('a'))" + CHECK
    output = notebook.run(cell)
    assert says(output, "Left out", "line 8: print(accept_value('a'))")
    assert student.read("4.2") == f"import binascii\nGUID = 'x'\n\n{RIGHT}"


def test_a_function_may_be_checked_in_another_cell(student, notebook):
    notebook.run(RIGHT)
    assert says(notebook.run("check(accept_value)"), "passed")
    assert student.read("4.2") == RIGHT


def test_a_class_is_saved_with_its_text(student, notebook):
    cell = "class accept_value(str):\n    def __new__(cls, key):\n        return super().__new__(cls, key)"
    notebook.run(cell + CHECK)
    assert student.read("4.2") == cell


def test_a_line_that_looks_like_a_marker_does_no_harm(student, notebook):
    cell = "# %% exercise 4.3 parse_ws_url\n" + RIGHT
    notebook.run(cell + CHECK)
    again = notebook.run(cell + CHECK).text
    assert "changed" not in again and "Saved" not in again
    assert student.kept() == []
    assert student.read("4.2").endswith(RIGHT)
    assert student.read("4.3") == regions.skeleton(find_exercise("4.3"))


def test_nothing_is_saved_when_asked_not_to(student, notebook):
    output = notebook.run(RIGHT + "\n\ncheck(accept_value, save=False)")
    assert says(output, "passed", "Tested: the cell, lines 1 to 3")
    assert student.read("4.2") == SKELETON
    assert not (places.state_folder() / "state.json").exists()


# Names from other cells


def test_a_helper_of_another_cell_is_listed_before_the_test(notebook):
    notebook.run("import binascii as b2a\nfrom hashlib import sha256\ndef helper(key):\n    return key")
    output = notebook.run(
        "def accept_value(key):\n    return helper(b2a, sha256, nowhere, make_key, key)" + CHECK
    )
    assert says(
        output,
        "Missing",
        "does not have b2a, helper, make_key, nowhere, sha256",
        "b2a: add `import binascii as b2a` to the cell.",
        "helper: it stands in another cell; put its definition into this one.",
        "make_key is exercise 4.1, which 4.2 must do without.",
        "nowhere: import or define it in the cell of accept_value.",
        "sha256: add `from _hashlib import openssl_sha256 as sha256` to the cell.",
        "Came",
    )
    assert output.text.count("Missing") == 1


# Cell and file


def test_a_changed_file_is_checked_when_the_cell_was_not_touched(student, notebook):
    notebook.run(WRONG + CHECK)
    student.write("4.2", RIGHT)
    output = notebook.run(WRONG + CHECK)
    assert says(output, "passed", "exercises/handshake.py was changed since this cell was last saved")
    assert student.read("4.2") == RIGHT


def test_a_skeleton_cell_never_replaces_written_work(student, notebook):
    student.write("4.2", RIGHT)
    output = notebook.run(SKELETON + CHECK)
    assert says(
        output, "passed", "The cell is still unwritten, so your code in exercises/handshake.py was checked."
    )
    assert student.read("4.2") == RIGHT


def test_when_both_changed_nothing_is_written_and_both_are_shown(student, notebook):
    notebook.run(WRONG + CHECK)
    student.write("4.2", RIGHT)
    output = notebook.run(OTHER + CHECK)
    assert says(
        output,
        "4.2 accept_value: the cell and the file differ.",
        "--- file",
        "+++ cell",
        "-    digest = ",
        "+    sha1 = ",
        'check(accept_value, keep="cell")',
        'check(accept_value, keep="file")',
    )
    assert student.read("4.2") == RIGHT
    assert student.kept() == []


def test_two_notebooks_that_write_the_same_exercise_lose_nothing(student, notebook, monkeypatch):
    notebook.run(WRONG + CHECK)
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/copy.ipynb")
    output = notebook.run(RIGHT + CHECK)
    assert says(output, "the cell and the file differ")
    assert student.read("4.2") == WRONG


def test_vs_code_names_the_notebook_too(notebook, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    from classroom.saving import notebook_name

    assert notebook_name({"__vsc_ipynb_file__": "/a/b.ipynb"}) == "/a/b.ipynb"
    assert notebook_name({}) == ""


def test_keeping_the_cell_keeps_the_file_aside(student, notebook):
    student.write("4.2", WRONG)
    output = notebook.run(RIGHT + '\n\ncheck(accept_value, keep="cell")')
    assert says(output, "passed", SAVED, "What stood there is kept in .minews/kept/")
    assert student.read("4.2") == RIGHT
    assert student.kept() == [WRONG + "\n"]


def test_keeping_the_file_keeps_the_cell_aside_and_the_file_counts_from_then_on(student, notebook):
    student.write("4.2", RIGHT)
    output = notebook.run(WRONG + '\n\ncheck(accept_value, keep="file")')
    assert says(output, "passed", "The file counts", "The cell's code is kept in .minews/kept/")
    assert student.read("4.2") == RIGHT
    assert student.kept() == [WRONG + "\n"]
    assert says(notebook.run(WRONG + CHECK), "passed", "the file was checked")
    assert says(notebook.run(OTHER + CHECK), "the cell and the file differ")


def test_a_choice_that_is_none_is_refused(notebook):
    output = notebook.run(RIGHT + '\n\ncheck(accept_value, keep="both")')
    assert str(output.error) == """keep is "cell" or "file", not 'both'"""


def test_a_written_cell_fills_a_region_that_was_reset(student, notebook):
    notebook.run(RIGHT + CHECK)
    notebook.run("reset(accept_value)")
    assert student.read("4.2") == SKELETON
    assert says(notebook.run(RIGHT + CHECK), "passed", "Saved")
    assert student.read("4.2") == RIGHT


def test_white_space_at_the_ends_of_lines_is_no_change(student, notebook):
    notebook.run(RIGHT + CHECK)
    text = student.file().read_text(encoding="utf-8")
    student.file().write_text(text.replace(".digest()\n", ".digest()  \n"), encoding="utf-8")
    assert "Saved" not in notebook.run(RIGHT + CHECK).text


def test_without_the_folder_only_the_cell_is_checked(student, notebook):
    student.file().parent.rename(student.folder / "elsewhere")
    output = notebook.run(RIGHT + CHECK)
    assert says(output, "passed", "Tested: the cell", "Not saved", "There is no folder exercises")
    assert not places.exercises_folder().exists()


def test_a_file_with_odd_bytes_is_checked_and_kept_with_them(student, notebook):
    data = student.file().read_bytes()
    odd = b"def accept_value(key):\n    return '\xff'"
    student.file().write_bytes(data.replace(SKELETON.encode(), odd))
    output = notebook.run('check("4.2")')
    assert output.error is None and "passed" not in output.text
    assert says(notebook.run(RIGHT + '\n\ncheck(accept_value, keep="cell")'), "passed", SAVED)
    (kept,) = (student.folder / ".minews" / "kept").iterdir()
    assert kept.read_bytes() == odd + b"\n"


def test_a_missing_file_is_made_again(student, notebook):
    student.file().unlink()
    assert says(notebook.run(RIGHT + CHECK), "passed", "In exercises/handshake.py.")
    assert student.read("4.1") == regions.skeleton(find_exercise("4.1"))


def test_where_the_file_cannot_be_written_only_the_cell_is_checked(student, notebook, monkeypatch):
    def refuse(exercise, text):
        raise PermissionError(13, "Permission denied", str(student.file()))

    monkeypatch.setattr(regions, "write_region", refuse)
    output = notebook.run(RIGHT + CHECK)
    assert says(
        output, "passed", "Tested: the cell", "exercises/handshake.py can't be written (Permission denied)"
    )


# Neighbours that are the student's own


def plain_answer(exercise) -> str:
    """The variant that the notebook teaches, or the reference where none is marked."""
    plain = next((each.function for each in variants_of(exercise) if each.blocks), None)
    return answer_from(plain, exercise).source if plain else regions.reference_source(exercise)


@pytest.mark.parametrize("text_of", [regions.reference_source, plain_answer])
def test_the_frames_of_a_student_who_has_written_all_of_them_fit_each_other(student, text_of):
    chapter = [find_exercise(f"5.{number}") for number in range(1, 8)]
    for exercise in chapter:
        student.write(exercise.id, text_of(exercise))
    for exercise in (chapter[3], chapter[4], chapter[6]):  # those that call the others
        result = answers.check_region(exercise, regions.read_region(exercise))
        feedback = result.feedback
        assert result.verdict == "passed", feedback.text()
        assert "Note" not in {block.label for block in feedback.blocks}, feedback.text()


# What is no cell


def test_a_number_checks_the_file(student, notebook):
    student.write("4.2", RIGHT)
    assert says(notebook.run('check("4.2")'), "passed", "Tested: exercises/handshake.py")


def test_the_reference_is_not_checked_but_named(student, notebook):
    output = notebook.run("from minews.handshake import accept_value\ncheck(accept_value)")
    assert says(output, "4.2 accept_value: this is the reference, not your own.")
    assert "passed" not in output.text
    assert student.read("4.2") == SKELETON


def test_what_yours_borrows_is_the_reference_too(notebook):
    assert says(notebook.run("check(yours.handshake.accept_value)"), "this is the reference")


def test_what_yours_took_from_the_file_is_checked_there(student, notebook):
    student.write("4.2", RIGHT)
    assert says(
        notebook.run("check(yours.handshake.accept_value)"), "passed", "Tested: exercises/handshake.py"
    )


def test_what_is_no_exercise_is_answered_with_those_that_are(notebook):
    output = notebook.run("check(print)")
    assert output.error is None
    assert says(output, "print is not an exercise. The exercises are: 0.1 payload_length, 1.1 recv_exactly")


def test_a_cell_that_was_hidden_by_a_magic_is_explained(student, notebook):
    output = notebook.run(f"exec({RIGHT!r})" + CHECK)
    assert says(output, "the text of its cell can't be found", "%%time")
    assert student.read("4.2") == SKELETON


def test_an_error_of_the_machinery_is_not_blamed_on_the_student(notebook, monkeypatch):
    def fail(*arguments):
        raise WorkerError("the worker did not start")

    monkeypatch.setattr(checking.answers, "judge", fail)
    output = notebook.run(RIGHT + CHECK)
    assert output.error is None
    assert says(output, "The check itself went wrong, which says nothing about your code", "doctor")


def test_stopping_a_check_stops_it(notebook, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(checking.answers, "judge", stop)
    assert isinstance(notebook.run(RIGHT + CHECK).error, KeyboardInterrupt)


def test_outside_a_notebook_plain_text_is_printed(student, capsys):
    student.write("4.2", RIGHT)
    check("4.2")
    assert capsys.readouterr().out.startswith("4.2 accept_value: passed")


def test_what_was_printed_is_cut_to_a_few_lines_of_bounded_length(student, capsys):
    student.write("4.2", "def accept_value(key):\n    print('x' * 9_999, *range(50), sep='\\n')")
    check("4.2")
    said = capsys.readouterr().out
    assert "... and 9,799 characters more" in said and "lines more" in said and len(said) < 3_000


# Graders


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "NBGRADER_VALIDATING", "MINEWS_RAISE"])
def test_under_a_grader_a_failed_check_raises_what_it_says(notebook, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    output = notebook.run(WRONG + CHECK)
    assert isinstance(output.error, CheckFailed) and isinstance(output.error, AssertionError)
    assert str(output.error) == output.text
    assert notebook.run(RIGHT + CHECK).error is None


def test_under_a_grader_the_cell_counts_and_never_what_lies_in_exercises(student, notebook, monkeypatch):
    student.write("4.2", RIGHT)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    output = notebook.run(SKELETON + CHECK)
    assert isinstance(output.error, CheckFailed)
    assert says(output, "not written yet")
    notebook.run(WRONG + CHECK)
    assert student.read("4.2") == RIGHT


def test_under_a_grader_a_name_stands_for_what_the_notebook_defined(student, notebook, monkeypatch):
    student.write("4.2", RIGHT)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    missing = notebook.run('check("4.2")')
    assert isinstance(missing.error, CheckFailed)
    assert says(missing, "this notebook does not define it")
    notebook.run(RIGHT)
    assert notebook.run('check("4.2")').error is None


def test_under_a_grader_what_was_imported_from_exercises_does_not_count(student, notebook, monkeypatch):
    student.write("4.2", RIGHT)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    output = notebook.run("accept_value = yours.accept_value\ncheck(accept_value)")
    assert isinstance(output.error, CheckFailed)
    assert says(output, "this notebook does not define it")


@pytest.mark.parametrize("thing", ["print", '"4.77"', "yours.accept_value"])
def test_under_a_grader_everything_but_a_pass_raises(notebook, monkeypatch, thing):
    monkeypatch.setenv("MINEWS_RAISE", "1")
    assert isinstance(notebook.run(f"check({thing})").error, CheckFailed)


def test_the_switch_and_the_argument_have_the_last_word(notebook, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert notebook.run(WRONG + "\n\ncheck(accept_value, raising=False)").error is None
    monkeypatch.setenv("MINEWS_RAISE", "0")
    assert notebook.run(WRONG + CHECK).error is None
    assert isinstance(notebook.run(WRONG + "\n\ncheck(accept_value, raising=True)").error, CheckFailed)


def test_otter_is_known_by_its_grading_mode_and_by_its_own_frames(notebook, monkeypatch):
    from types import SimpleNamespace

    assert not graders.runs_under_grader(sys._getframe())
    monkeypatch.setitem(sys.modules, "otter", SimpleNamespace(Notebook=SimpleNamespace(_grading_mode=True)))
    assert graders.runs_under_grader(sys._getframe())
    monkeypatch.setitem(sys.modules, "otter", SimpleNamespace(Notebook=SimpleNamespace(_grading_mode=False)))
    assert not graders.runs_under_grader(sys._getframe())
    names = {"__name__": "otter.test_files.ok_test", "ask": graders.runs_under_grader, "sys": sys}
    assert eval("ask(sys._getframe())", names)


# A real kernel


@pytest.mark.slow
def test_a_real_kernel_saves_checks_and_can_be_stopped(student, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    cells = [
        "from classroom import check\n" + regions.preamble("handshake"),
        RIGHT + CHECK,
        "def accept_value(key):\n    while True:\n        pass" + CHECK,
        "check('4.2')",
    ]
    monkeypatch.setenv("PYTHONPATH", str(places.ROOT))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    shown = ["".join(str(output.get("data", output)) for output in cell.outputs) for cell in notebook.cells]
    assert "4.2 accept_value: passed" in shown[1]
    assert "endless" in shown[2] or "loop" in shown[2]
    assert "4.2 accept_value: not right yet" in shown[3]
    assert "Traceback" not in "".join(shown)


@pytest.mark.slow
def test_the_stop_button_ends_a_check_and_the_kernel_lives(student, tmp_path):
    """The answer says by a file that it is running, and would sleep until its wall limit."""
    started = tmp_path / "started"
    endless = f"""import time, pathlib

def accept_value(key):
    pathlib.Path({str(started)!r}).touch()
    time.sleep(60)"""
    manager = KernelManager(kernel_name="python3")
    manager.transport_encryption = "auto"
    manager.start_kernel(env={**os.environ, "PYTHONPATH": str(places.ROOT)})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        message = client.execute("from classroom import check\n\n" + endless + CHECK, stop_on_error=False)
        wait_until(started.exists)
        begin = time.monotonic()
        manager.interrupt_kernel()
        replies = iter(lambda: client.get_shell_msg(timeout=60), None)
        reply = next(each for each in replies if each["parent_header"]["msg_id"] == message)
        assert (reply["content"]["status"], reply["content"].get("ename")) == ("error", "KeyboardInterrupt")
        assert time.monotonic() - begin < 5
        assert client.execute_interactive("1 + 1", timeout=60)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.02)


def test_importing_the_classroom_loads_nothing():
    code = "import sys, classroom\nprint([name for name in sys.modules if name.startswith('classroom.')])"
    loaded = subprocess.check_output([sys.executable, "-c", code], cwd=places.ROOT, text=True)
    assert loaded.strip() == "[]"
