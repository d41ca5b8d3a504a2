"""`submit` packs what the student wrote, and says honestly what is not done."""

from __future__ import annotations

import json
import re
import zipfile

import pytest

from classroom import submit as submitting
from classroom.cli import main
from classroom.grading.reading import read_work
from classroom.syllabus import all_exercises, find_exercise


def read(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_file_holds_the_exercises_and_a_summary_of_verdicts(student, capsys):
    student.solve("4.2")
    student.write("4.1", "def make_key(random_bytes=os.urandom):\n    return 'x'")
    assert main(["submit"]) == 0
    (path,) = student.folder.glob("submission-*.zip")
    assert re.fullmatch(r"submission-\d{8}-\d{6}\.zip", path.name)
    files = read(path)
    modules = {exercise.module.replace(".", "/") for exercise in all_exercises()}
    assert set(files) == {"summary.json", *(f"exercises/{module}.py" for module in modules)}
    assert files["exercises/handshake.py"] == student.file().read_bytes()
    summary = {each["exercise"]: each for each in json.loads(files["summary.json"])["exercises"]}
    assert summary["4.2"]["verdict"] == "passed" and re.fullmatch("[0-9a-f]{8}", summary["4.2"]["hash"])
    assert summary["4.1"]["verdict"] == "failed"
    assert summary["4.3"]["verdict"] == "not-written" and summary["4.3"]["hash"] == ""


def test_what_is_in_it_and_what_is_not_done_is_printed(student, capsys):
    student.solve("4.2")
    main(["submit"])
    said = capsys.readouterr().out
    assert "    exercises/handshake.py\n" in said
    assert f"1 of {len(all_exercises())} exercises in it pass. Not done yet:" in said
    assert "    4.1 make_key: not written\n" in said
    assert "4.2" not in said


def write_notebook(student, *cells, name="notebooks/04_handshake.ipynb") -> None:
    path = student.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    code = [{"cell_type": "code", "source": cell, "outputs": [], "metadata": {}} for cell in cells]
    path.write_text(json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def test_cells_that_were_never_run_are_said_and_packed(student, tmp_path, capsys):
    student.write("4.2", "def accept_value(key):\n    return 'old'")
    write_notebook(
        student,
        "def make_key(random_bytes=os.urandom):\n    return 'x'\n\ncheck(make_key)",
        "def accept_value(key):\n    return 'new'\n\ncheck(accept_value)",
    )
    write_notebook(student, "def f(): pass", name="notebooks/05_frames.ipynb")
    (student.folder / "notebooks" / "torn.ipynb").write_bytes(b"{")
    assert main(["submit", "--out", str(tmp_path / "mine.zip")]) == 0
    said = capsys.readouterr().out
    assert "    4.1 make_key in notebooks/04_handshake.ipynb: this counts\n" in said
    assert "    4.2 accept_value in notebooks/04_handshake.ipynb: exercises/ has another" in said
    files = read(tmp_path / "mine.zip")
    assert [name for name in files if name.startswith("notebooks/")] == ["notebooks/04_handshake.ipynb"]
    exercises = [find_exercise(number) for number in ("4.1", "4.2")]
    pieces = read_work(files.items(), exercises).pieces
    assert "'x'" in pieces["4.1"].text and "'old'" in pieces["4.2"].text


def test_notebooks_whose_cells_were_run_stay_at_home(student, notebook, tmp_path, capsys):
    cell = "def accept_value(key):\n    return 'x'  # my own\n\nSALT = 1\ncheck(accept_value)"
    notebook.run(cell)
    write_notebook(student, f"{cell}\n", "def make_key(r):\n    raise NotImplementedError('exercise 4.1')")
    capsys.readouterr()
    assert main(["submit", "--out", str(tmp_path / "mine.zip")]) == 0
    assert "Code in notebooks" not in capsys.readouterr().out
    assert not [name for name in read(tmp_path / "mine.zip") if name.startswith("notebooks/")]


def test_a_finished_course_says_so(student, capsys):
    student.solve()
    main(["submit"])
    assert capsys.readouterr().out.endswith(f"All {len(all_exercises())} exercises in it pass.\n")


@pytest.mark.parametrize("name", ["mine.zip", "deeper/still/mine.zip"])
def test_the_file_can_be_named(student, tmp_path, name):
    assert main(["submit", "--out", str(tmp_path / name)]) == 0
    assert "summary.json" in read(tmp_path / name)


def test_a_folder_can_be_named(student, tmp_path):
    assert main(["submit", "--out", str(tmp_path)]) == 0
    (path,) = tmp_path.glob("submission-*.zip")
    assert "summary.json" in read(path)


def test_an_older_submission_is_never_overwritten(student, tmp_path, capsys):
    path = tmp_path / "mine.zip"
    path.write_text("precious")
    assert main(["submit", "--out", str(path)]) == 1
    assert path.read_text() == "precious"
    assert "exists already; nothing was written" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_reported(student, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["submit", "--out", str(tmp_path / "file" / "mine.zip")]) == 1
    assert "can't be written" in capsys.readouterr().err


def test_without_exercises_there_is_nothing_to_hand_in(work_folder, capsys):
    assert main(["submit"]) == 1
    assert "There is no folder exercises to hand in." in capsys.readouterr().err


def test_nothing_is_left_of_a_file_whose_writing_failed(student, tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    assert main(["submit", "--out", str(tmp_path / "mine.zip")]) == 1
    assert not (tmp_path / "mine.zip").exists()


def test_exercises_that_are_no_text_are_packed_all_the_same(student, tmp_path):
    student.file().write_bytes(b"\xff\xfe not python")
    assert main(["submit", "--out", str(tmp_path / "mine.zip")]) == 0
    assert read(tmp_path / "mine.zip")["exercises/handshake.py"] == b"\xff\xfe not python"


def test_what_is_no_python_or_far_too_large_stays_out(student, tmp_path):
    folder = student.file().parent
    (folder / "video.mp4").write_bytes(b"x")
    (folder / "huge.py").write_bytes(b"#" * (submitting.MAX_FILE + 1))
    main(["submit", "--out", str(tmp_path / "mine.zip")])
    assert not {"exercises/video.mp4", "exercises/huge.py"} & set(read(tmp_path / "mine.zip"))


class TestTheStudentsName:
    def submitted(self, student, *options):
        """Hand in, and return the name of the file and what its summary says."""
        before = set(student.folder.glob("*.zip"))
        assert main(["submit", *options]) == 0
        (path,) = set(student.folder.glob("*.zip")) - before
        summary = json.loads(read(path)["summary.json"])
        path.unlink()
        return path.name, summary.get("student")

    def test_it_stands_in_the_name_of_the_file_and_in_the_summary(self, student, capsys):
        name, said = self.submitted(student, "--name", "Ann Lee")
        assert re.fullmatch(r"submission-Ann-Lee-\d{8}-\d{6}\.zip", name)
        assert said == "Ann Lee"
        assert "\nIt says that it is the work of Ann Lee.\n" in capsys.readouterr().out

    def test_it_is_remembered_until_another_one_comes_or_none(self, student):
        self.submitted(student, "--name", "Ann Lee")
        assert self.submitted(student)[1] == "Ann Lee"
        assert self.submitted(student, "--name", "Bo")[1] == "Bo"
        assert self.submitted(student)[1] == "Bo"
        assert self.submitted(student, "--name", "")[1] is None
        assert self.submitted(student)[1] is None

    def test_without_one_all_is_as_it_was_and_how_to_give_one_is_said(self, student, capsys):
        name, said = self.submitted(student)
        assert re.fullmatch(r"submission-\d{8}-\d{6}\.zip", name)
        assert said is None
        assert 'submit --name "Ann Lee"' in capsys.readouterr().out

    def test_it_forgets_nothing_else(self, student):
        student.solve("4.2")
        main(["check", "4.2"])
        before = json.loads((student.folder / ".minews" / "state.json").read_text())
        self.submitted(student, "--name", "Ann Lee")
        after = json.loads((student.folder / ".minews" / "state.json").read_text())
        assert before["verdicts"]["4.2"] == after["verdicts"]["4.2"]

    @pytest.mark.parametrize("kept", ['{"name": 5}', "[]", '"Ann"'])
    def test_a_state_with_something_else_in_its_place_is_no_name(self, student, kept):
        main(["check", "4.2"])
        path = student.folder / ".minews" / "state.json"
        state = json.loads(path.read_text()) | {"student": json.loads(kept)}
        path.write_text(json.dumps(state))
        assert self.submitted(student)[1] is None
        assert self.submitted(student, "--name", "Ann Lee")[1] == "Ann Lee"
        assert not list((student.folder / ".minews").rglob("*unreadable*"))

    @pytest.mark.parametrize(
        ("name", "part", "kept"),
        [
            ("  Ann \t Lee\n", "Ann-Lee", "Ann Lee"),
            ("Zoë Müller", "Zoe-Muller", "Zoë Müller"),
            ("Zoe\u0308", "Zoe", "Zoë"),
            ("李安", "李安", "李安"),
            ("अनीता", "अनीता", "अनीता"),
            ("../../etc/passwd", "etc-passwd", "../../etc/passwd"),
            ('a<b>:"/\\|?*c', "a-b-c", 'a<b>:"/\\|?*c'),
            ("con.", "con", "con."),
            ("O'Neil-Smith, Jr.", "O-Neil-Smith-Jr", "O'Neil-Smith, Jr."),
            ("a\x00b\x1b[31m", "a-b-31m", "a b [31m"),
            ("a\u202eb\udce9", "a-b", "a b"),
            ("!!!", "", "!!!"),
            ("x" * 1000, "x" * 100, "x" * 100),
            ("李" * 1000, "李" * 33, "李" * 100),
        ],
    )
    def test_any_name_makes_a_file_that_every_file_system_takes(self, student, name, part, kept):
        found, said = self.submitted(student, "--name", name)
        assert said == kept
        assert re.sub(r"-?\d{8}-\d{6}\.zip$", "", found) == f"submission-{part}".rstrip("-")
        assert len(found.encode()) < 200

    def test_a_grader_lists_it_by_that_name(self, student):
        from classroom.grading.submissions import list_submissions

        main(["submit", "--name", "Ann Lee"])
        (path,) = student.folder.glob("*.zip")
        (entry,) = list_submissions(path)
        assert entry.student == "Ann Lee"

    def test_a_file_that_is_named_keeps_its_name(self, student, tmp_path):
        assert main(["submit", "--out", str(tmp_path / "mine.zip"), "--name", "Ann Lee"]) == 0
        assert json.loads(read(tmp_path / "mine.zip")["summary.json"])["student"] == "Ann Lee"
