"""`watch` tests what was saved, and only that."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading

import pytest

from classroom import answers, places, regions, watch
from classroom.cli import main
from classroom.syllabus import find_exercise
from classroom.workers import WorkerError

RIGHT = regions.reference_source(find_exercise("4.2"))


@pytest.fixture
def watching(student):
    """A watch on the student's exercises in a thread, and the queue of its results."""
    results: queue.Queue = queue.Queue()
    stop = threading.Event()
    thread = threading.Thread(target=watch.watch, args=(stop, results.put))
    thread.start()
    yield results
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def save_until_seen(results: queue.Queue, save) -> object:
    """Save again until the watch has begun to look: when it does is the system's business."""
    for number in range(60):
        save(number)
        try:
            return results.get(timeout=0.5)
        except queue.Empty:
            continue
    raise AssertionError("no result came")


def test_a_saved_region_is_tested(student, watching):
    result = save_until_seen(watching, lambda number: student.write("4.2", f"{RIGHT}\n# {number}"))
    assert (result.exercise.id, result.verdict) == ("4.2", "passed")


def test_what_did_not_change_is_not_tested(student):
    before = watch.take_snapshot()
    student.write("4.2", RIGHT)
    assert watch.find_changed(before, watch.take_snapshot(before)) == [find_exercise("4.2")]
    assert watch.find_changed(before, watch.take_snapshot(before) | {"4.2": before["4.2"]}) == []


def test_a_changed_import_tests_all_that_stands_under_it(student):
    before = watch.take_snapshot()
    path = student.file()
    path.write_text(
        path.read_text(encoding="utf-8").replace("import base64", "import base64, sys"), encoding="utf-8"
    )
    changed = watch.find_changed(before, watch.take_snapshot(before))
    assert [exercise.id for exercise in changed] == [f"4.{number}" for number in range(1, 9)]


def test_white_space_at_the_end_is_no_change(student):
    before = watch.take_snapshot()
    path = student.file()
    path.write_text(path.read_text(encoding="utf-8") + "\n\n\n", encoding="utf-8")
    assert watch.find_changed(before, watch.take_snapshot(before)) == []


def test_a_file_that_is_away_for_a_moment_counts_as_unchanged(student, monkeypatch):
    before = watch.take_snapshot()

    def refuse(path):
        raise PermissionError(13, "in use")

    monkeypatch.setattr(regions, "read_regions", refuse)
    assert watch.find_changed(before, watch.take_snapshot(before)) == []


def test_a_deleted_file_is_not_tested(student):
    before = watch.take_snapshot()
    student.file().unlink()
    assert watch.find_changed(before, watch.take_snapshot(before)) == []


def test_an_error_of_the_machinery_does_not_end_the_watch(student, monkeypatch, capsys):
    def fail(*arguments):
        raise WorkerError("no worker")

    monkeypatch.setattr(answers, "judge", fail)
    watch._check(find_exercise("4.2"), print)
    assert "4.2 accept_value could not be checked: no worker" in capsys.readouterr().err


def test_without_exercises_there_is_nothing_to_watch(work_folder, capsys):
    assert main(["watch"]) == 1
    assert "There is no folder exercises to watch." in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_the_command_with_code_0(student):
    environment = {**os.environ, "PYTHONPATH": str(places.ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", "import sys; from classroom.cli import main; sys.exit(main(['watch']))"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline().startswith("Watching exercises: save a file there")
        lines: queue.Queue = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True).start()
        line = save_until_seen(lines, lambda number: student.write("4.2", f"{RIGHT}\n# {number}"))
        assert line.startswith("4.2 accept_value: passed")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.wait()
