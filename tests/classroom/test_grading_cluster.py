"""The same jobs on a Dask cluster: a real scheduler and two worker processes, of which one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.classroom.handing_in import LETTERS, RIGHT, grade_all, hand_in, lines_in, results_in, verdicts_in

from classroom import places
from classroom.grading.executors import executor_for
from classroom.grading.journal import Journal

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("sandboxed")]

COUNT = 24


def start(*words: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(places.ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def cluster(tmp_path):
    """The address of a scheduler, and its two workers."""
    note = tmp_path / "scheduler.json"
    processes = [
        start(
            "dask_scheduler",
            *("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(note)),
            folder=tmp_path,
        )
    ]
    for _ in range(2):
        words = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--scheduler-file", str(note))
        processes.append(start("dask_worker", *words, folder=tmp_path))
    with distributed.Client(scheduler_file=str(note), timeout="60s", set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        address = client.scheduler.address
    yield address, processes[1:]
    for process in reversed(processes):
        process.kill()
        process.wait()


def test_a_worker_that_is_killed_half_way_costs_no_result(cluster, tmp_path, monkeypatch):
    address, workers = cluster
    folder = tmp_path / "submissions"
    for number in range(COUNT):
        hand_in(folder, f"s{number:02}", RIGHT if number % 2 else LETTERS)
    real = Journal.add

    def add(journal, result):
        real(journal, result)
        if len(journal._known) == COUNT // 3:
            workers[0].send_signal(signal.SIGKILL)

    monkeypatch.setattr(Journal, "add", add)
    grades = tmp_path / "grades"
    assert grade_all(folder, grades, scheduler=address, jobs=None, seed=6455) == 0
    assert workers[0].wait(10) == -signal.SIGKILL
    assert len(lines_in(grades)) == COUNT
    assert all("namespace" in each["isolation"] for each in results_in(grades).values())
    grade_all(folder, tmp_path / "here", seed=6455)
    assert verdicts_in(grades) == verdicts_in(tmp_path / "here")


def test_a_scheduler_that_is_not_there_is_named():
    begin = time.monotonic()
    with (
        pytest.raises(ValueError, match="no Dask scheduler at tcp://127.0.0.1:1"),
        executor_for(None, "tcp://127.0.0.1:1"),
    ):
        pass
    assert time.monotonic() - begin < 60
