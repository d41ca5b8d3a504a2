"""Submissions are found under any name and read as bytes, whatever lies in an instructor's folder."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.cli import main
from classroom.grading import folders
from classroom.grading.names import clean_name, copy_number, is_junk, kind_of, read_name, tidy_path
from classroom.grading.submissions import Entry, list_submissions, read_submission
from tests.effort import LINEAR, growth

unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def put(folder: Path, *names: str, data: bytes = b"x = 1\n") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read_one(folder: Path):
    (entry,) = list_submissions(folder)
    return read_submission(entry)


# Names


@pytest.mark.parametrize(
    ("name", "platform", "student", "person", "late", "file"),
    [
        ("mueller_12345_67890_work.zip", "canvas", "12345", "mueller", False, "work.zip"),
        (
            "mueller_LATE_12345_67890_04_handshake-2.ipynb",
            "canvas",
            "12345",
            "mueller",
            True,
            "04_handshake-2.ipynb",
        ),
        ("mueller_12345_text.html", "canvas", "12345", "mueller", False, ""),
        ("Ann Lee_4711_assignsubmission_file_", "moodle", "4711", "Ann Lee", False, ""),
        ("Ann Lee_4711_assignsubmission_file", "moodle", "4711", "Ann Lee", False, ""),
        ("Ann_Lee_4711_assignsubmission_file_work.zip", "moodle", "4711", "Ann_Lee", False, "work.zip"),
        ("ann.zip", "", "ann", "", False, "ann.zip"),
        ("submission-Kim-Otto-20261129-130951.zip", "", "Kim Otto", "", False, None),
        ("submission-Kim-Otto-20261129-130951 (1).zip", "", "Kim Otto", "", False, None),
        ("submission-Kim-Otto-20261129-130951", "", "Kim Otto", "", False, None),
        ("submission-20261129-130951.zip", "", "submission-20261129-130951", "", False, None),
        ("hw_4_5_ann.py", "", "hw_4_5_ann", "", False, "hw_4_5_ann.py"),
        ("04_handshake.ipynb", "", "04_handshake", "", False, "04_handshake.ipynb"),
        ("Zoe\u0308_1_assignsubmission_file_", "moodle", "1", "Zo\u00eb", False, ""),
    ],
)
def test_a_name_tells_who_handed_in(name, platform, student, person, late, file):
    handed = read_name(name)
    found = (handed.platform, handed.student, handed.person, handed.late, handed.file)
    assert found == (platform, student, person, late, name if file is None else file)


@pytest.mark.parametrize(
    ("name", "tidy", "number"),
    [
        ("handshake.py", "handshake.py", 0),
        ("exercises/handshake (1).py", "exercises/handshake.py", 1),
        ("handshake-12.py", "handshake.py", 12),
        ("Handshake - Copy (3).py", "handshake.py", 3),
        ("handshake copy.py", "handshake.py", 1),
        ("handshake - Kopie.py", "handshake.py", 1),
        ("exercises\\handshake.py.txt", "exercises/handshake.py", 0),
        ("(1).py", "(1).py", 1),
        ("a - _ (2).py", "a -.py", 2),
        ("a_-_copy _(2).py", "a.py", 2),
        ("a -1.py", "a.py", 1),
        ("a_-kopie_.py", "a.py", 1),
    ],
)
def test_what_was_added_to_a_name_is_taken_off(name, tidy, number):
    assert (tidy_path(name), copy_number(name)) == (tidy, number)


@pytest.mark.parametrize(
    "unit", ["_", " ", "-", "-1", "1", "(1)", "- Copy", ".py", ".", "_LATE_", "_1", "-12345678-"]
)
@pytest.mark.parametrize("read", [copy_number, tidy_path, kind_of, read_name, is_junk, clean_name])
@pytest.mark.parametrize("start", ["a", "submission-", "("])
def test_a_name_takes_time_in_proportion_to_its_length(start, read, unit):
    assert growth(lambda size: read(start + size // len(unit) * unit + "x.py"), 2_000) < LINEAR


def test_kinds_of_files():
    names = ["a.py", "A.PY", "a.ipynb", "a.ipynb.json", "a.zip", "a.pyc", "py", "a.txt", "a.zip.txt", ""]
    kinds = [kind_of(name) for name in names]
    assert kinds == ["module", "module", "notebook", "notebook", "archive", "", "", "", "", ""]


def test_odd_letters_in_a_name_are_spelled_out():
    assert clean_name("caf\udce9\n\u202epy.x\x1b") == "caf\\xe9\\x0a\\u202epy.x\\x1b"
    assert clean_name("Zoë \U0001f600 李") == "Zoë \U0001f600 李"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30))
def test_no_name_is_too_odd(name):
    handed = read_name(name)
    for text in (handed.student, handed.person, clean_name(name)):
        assert text.encode("utf-8").decode() == text == clean_name(text)
        assert not any(ord(letter) < 32 for letter in text)
    tidy_path(name), copy_number(name), kind_of(name), is_junk(name)


# Finding


def test_each_folder_and_file_is_a_submission(tmp_path):
    put(
        tmp_path,
        "ann/exercises/tcp.py",
        "bob.zip",
        "eve.ipynb",
        "tcp.py",
        "dan.docx",
        ".DS_Store",
        "list.csv",
    )
    found = [(entry.name, entry.student) for entry in list_submissions(tmp_path)]
    assert found == [
        ("ann", "ann"), ("bob.zip", "bob"), ("dan.docx", "dan"), ("eve.ipynb", "eve"), ("tcp.py", "tcp")
    ]  # fmt: skip


def test_what_grade_wrote_is_no_submission(tmp_path):
    put(tmp_path, "ann.py", "grades/results.jsonl", "grades/run.json", "grades/feedback/ann.py")
    put(tmp_path, "bob/results.jsonl", "bob/tcp.py")
    assert [entry.name for entry in list_submissions(tmp_path)] == ["ann.py", "bob"]


def test_files_of_one_student_belong_together(tmp_path):
    put(tmp_path, "lee_1_100_a.ipynb", "lee_LATE_1_101_b.ipynb", "may_1_102_a.ipynb", "lee_2_103_a.ipynb")
    entries = list_submissions(tmp_path)
    assert [(entry.name, entry.late) for entry in entries] == [
        ("lee_1", True), ("lee_2_103_a.ipynb", False), ("may_1_102_a.ipynb", False)
    ]  # fmt: skip
    assert [name for name, _ in read_submission(entries[0]).files] == ["a.ipynb", "b.ipynb"]


def test_two_files_of_one_name_keep_names_of_their_own(tmp_path):
    put(tmp_path, "lee_1_100_a.py", "lee_1_101_a.py")
    assert [name for name, _ in read_one(tmp_path).files] == ["a.py", "lee_1_101_a.py"]


def test_a_moodle_folder_is_read_and_its_file_twin_joins_it(tmp_path):
    put(tmp_path, "Ann Lee_4711_assignsubmission_file_/deep/tcp.py")
    submission = read_one(tmp_path)
    assert (submission.name, submission.student) == ("Ann Lee_4711_assignsubmission_file_", "4711")
    assert submission.files == (("deep/tcp.py", b"x = 1\n"),)
    put(tmp_path, "Ann Lee_4711_assignsubmission_onlinetext_/onlinetext.html")
    assert read_one(tmp_path).name == "Ann Lee_4711"


def test_a_folder_with_exercises_is_one_submission(tmp_path):
    put(tmp_path / "me", "exercises/study/examples.py", "exercises/tcp.py", "notes.md")
    submission = read_one(tmp_path / "me")
    assert submission.name == "me"
    assert [name for name, _ in submission.files] == ["exercises/study/examples.py", "exercises/tcp.py"]


@pytest.mark.parametrize(
    "other", ["ann/exercises/tcp.py", "lee_1_100_a.py", "Ann Lee_4711_assignsubmission_file_/tcp.py"]
)
def test_a_submission_called_exercises_is_one_of_many(tmp_path, other):
    put(tmp_path, "exercises/tcp.py", other, "ben/exercises/tcp.py", "grades.csv")
    found = [entry.name for entry in list_submissions(tmp_path)]
    assert found == sorted(["exercises", "ben", other.partition("/")[0]])
    put(tmp_path, "minews/tcp.py")
    assert len(list_submissions(tmp_path)) == 4


@pytest.mark.parametrize(
    ("others", "named"),
    [
        (["ann.py"], "ann.py"),
        (["ann.zip", "ben.ipynb"], "ann.zip, ben.ipynb"),
        (["ann/a/b/tcp.py", "notes/a.txt"], "ann"),
        (["minews/tcp.py", "classroom/cli.py", "old/exercises/tcp.py"], "old"),
    ],
)
def test_whether_exercises_are_one_student_or_one_of_many_is_never_guessed(tmp_path, capsys, others, named):
    put(tmp_path, "exercises/tcp.py", *others)
    assert main(["grade", str(tmp_path), "--out", str(tmp_path.parent / "out"), "--lessons", "4"]) == 1
    said = capsys.readouterr().err
    assert f"others may have handed in: {named}.\n" in said and "rename it" in said


@pytest.mark.parametrize(
    "others",
    [
        ["notebooks/a.ipynb", "summary.json", "photo.png", "docs/a.txt"],
        ["minews/tcp.py", "classroom/cli.py", "tests/a.py", "mine.zip", "try.py", "old/tcp.py"],
        ["grades/results.jsonl", "grades/run.json", "grades/feedback/ann.py", ".git/a.py"],
    ],
)
def test_what_lies_in_the_folder_of_a_student_is_no_other_submission(tmp_path, others):
    put(tmp_path / "me", "exercises/tcp.py", *others)
    assert read_one(tmp_path / "me").name == "me"


def test_a_single_file_is_one_submission(tmp_path):
    put(tmp_path, "work.zip")
    assert read_one(tmp_path / "work.zip").files == (("work.zip", b"x = 1\n"),)


def test_what_is_not_there_has_no_submissions(tmp_path):
    assert list_submissions(tmp_path / "nothing") == []


def test_what_submit_makes_is_a_submission(student, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    assert main(["submit", "--out", str(tmp_path / "in" / "ann.zip")]) == 0
    submission = read_one(tmp_path / "in")
    assert submission.student == "ann" and submission.files[0][1].startswith(b"PK")
    assert submission.problem == "" and submission.modified > 1e9


@unix
def test_names_that_come_out_the_same_are_told_apart(tmp_path):
    put(tmp_path, "a\\x0a.py", "a\n.py")
    assert {entry.name for entry in list_submissions(tmp_path)} == {"a\\x0a.py", "a\\x0a.py (2)"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_a_name_that_is_not_utf_8_is_read(tmp_path):
    put(tmp_path, os.fsdecode(b"caf\xe9.py"))
    submission = read_one(tmp_path)
    assert submission.name == "caf\\xe9.py" and submission.student == "caf\\xe9"
    assert submission.files == (("caf\\xe9.py", b"x = 1\n"),)


# Reading


def test_rubbish_of_systems_and_tools_is_left_out(tmp_path):
    put(tmp_path, "ann/tcp.py", "ann/__MACOSX/._tcp.py", "ann/._tcp.py", "ann/.ipynb_checkpoints/a.ipynb",
        "ann/__pycache__/tcp.py", "ann/.git/a.py")  # fmt: skip
    assert [name for name, _ in read_one(tmp_path).files] == ["tcp.py"]


def test_the_hash_is_of_names_and_bytes_only(tmp_path):
    put(tmp_path, "ann/tcp.py")
    first = read_one(tmp_path)
    os.utime(tmp_path / "ann" / "tcp.py", (5, 5))
    second = read_one(tmp_path)
    assert first.hash == second.hash and len(first.hash) == 64 and second.modified == 5
    put(tmp_path, "ann/tcp.py", data=b"x = 2\n")
    third = read_one(tmp_path)
    (tmp_path / "ann" / "tcp.py").rename(tmp_path / "ann" / "tcq.py")
    assert len({first.hash, third.hash, read_one(tmp_path).hash}) == 3


@unix
def test_links_are_not_followed(tmp_path):
    put(tmp_path / "elsewhere", "secret.py", data=b"secret")
    put(tmp_path / "in", "ann/tcp.py")
    for name in ("ann/file.py", "bob.py"):
        (tmp_path / "in" / name).symlink_to(tmp_path / "elsewhere" / "secret.py")
    for name in ("ann/folder", "eve"):
        (tmp_path / "in" / name).symlink_to(tmp_path / "elsewhere")
    ann, bob, eve = map(read_submission, list_submissions(tmp_path / "in"))
    assert ann.files == (("tcp.py", b"x = 1\n"),) and ann.problem == ""
    assert [note.partition(" is ")[0] for note in ann.notes] == ["file.py", "folder"]
    for submission in (bob, eve):
        assert submission.files == () and "is a link and was not followed" in submission.problem
        assert "nothing to grade. Hand in the zip" in submission.problem


@unix
def test_pipes_and_sockets_are_left_alone(tmp_path, monkeypatch):
    put(tmp_path, "ann/tcp.py")
    os.mkfifo(tmp_path / "ann" / "pipe.py")
    os.mkfifo(tmp_path / "bob.zip")
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("ann/socket.py")
        ann, bob = map(read_submission, list_submissions(tmp_path))
    assert [name for name, _ in ann.files] == ["tcp.py"]
    assert [note.partition(";")[0] for note in ann.notes] == [
        "pipe.py is not a file but a named pipe", "socket.py is not a file but a socket"
    ]  # fmt: skip
    assert "bob.zip is not a file but a named pipe" in bob.problem


def test_a_device_is_named(tmp_path):
    if not os.path.exists("/dev/null"):
        pytest.skip("there are no devices here")
    submission = read_submission(Entry("null", "null", "", False, (Path("/dev/null"),)))
    assert "is not a file but a device" in submission.problem


def test_a_file_that_may_not_be_read_costs_only_itself(tmp_path, monkeypatch):
    put(tmp_path, "ann/a.py", "ann/b.py")
    real = os.open

    def fail(path, *arguments, **named):
        if str(path).endswith("a.py"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **named)

    monkeypatch.setattr(folders.os, "open", fail)
    submission = read_one(tmp_path)
    assert [name for name, _ in submission.files] == ["b.py"]
    assert submission.notes == ("a.py can't be read (Permission denied); it does not count.",)


def test_a_submission_that_is_gone_is_a_problem(tmp_path):
    submission = read_submission(Entry("gone.py", "gone", "", False, (tmp_path / "gone.py",)))
    assert "gone.py can't be read (No such file" in submission.problem and submission.files == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ann/", "ann is empty."),
        ("ann/notes.docx", "There is no Python file, notebook or zip file, only notes.docx."),
        ("ann.pdf", "only ann.pdf."),
        ("ann.rar", "ann.rar: of archives only zip files are opened."),
    ],
)
def test_nothing_to_grade_is_explained(tmp_path, name, words):
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    else:
        put(tmp_path, name)
    problem = read_one(tmp_path).problem
    assert words in problem and "python3 -m classroom submit" in problem


def test_files_that_are_too_large_or_too_many_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MAX_FILE", 100)
    monkeypatch.setattr(folders, "MAX_TOTAL", 150)
    monkeypatch.setattr(folders, "MAX_FILES", 3)
    put(tmp_path / "in", "ann/a.py", data=b"#" * 101)
    put(tmp_path / "in", "ann/b.py", data=b"#" * 90)
    put(tmp_path / "in", "ann/c.py", data=b"#" * 90)
    put(tmp_path / "in", "ann/d.py", "ann/e.py", "ann/f.py")
    submission = read_one(tmp_path / "in")
    assert [name for name, _ in submission.files] == ["b.py", "d.py", "e.py"]
    assert "a.py is larger than" in submission.notes[0]
    assert "c.py was not read" in submission.notes[1] and "together" in submission.notes[1]
    assert submission.notes[2] == "There are more than 3 files; f.py was not read."


def test_a_file_that_grows_while_it_is_read_is_still_bounded(tmp_path, monkeypatch):
    put(tmp_path, "ann.py", data=b"#" * 101)
    assert folders._read(str(tmp_path / "ann.py"), None, 100) is None
    assert folders._read(str(tmp_path / "ann.py"), None, 101) == b"#" * 101


def test_folders_without_end_are_left(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MAX_SEEN", 30)
    put(tmp_path / "in", "ann/" + "d/" * 20 + "deep.py", "ann/a.py", *(f"ann/z/{n}.txt" for n in range(40)))
    submission = read_one(tmp_path / "in")
    assert [name for name, _ in submission.files] == ["a.py"]
    assert "folders deep and was not opened" in submission.notes[0]
    assert submission.notes[1].startswith("There are more than 30 files")


def test_notes_come_to_an_end(tmp_path):
    collector = folders.Collector()
    for number in range(100):
        collector.note(str(number))
    assert len(collector.notes) == folders.MAX_NOTES + 1


@unix
@pytest.mark.skipif(not folders._HAS_DIR_FD, reason="folders have no descriptors here")
def test_without_descriptors_of_folders_the_same_is_read(tmp_path, monkeypatch):
    put(tmp_path, "ann/exercises/study/a.py", "ann/b.ipynb")
    first = read_one(tmp_path)
    monkeypatch.setattr(folders, "_HAS_DIR_FD", False)
    assert read_one(tmp_path).files == first.files and len(first.files) == 2
