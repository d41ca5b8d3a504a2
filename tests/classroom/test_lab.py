"""`classroom lab`, started for real: it answers, serves the course, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from classroom import lab, lab_settings
from classroom.places import ROOT

START = "import sys; from classroom.lab import run_lab; sys.exit(run_lab(browser=False, port=0))"
POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a program can answer")


class Running:
    """A lab in a process of its own, with a home and a temporary folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "tmp"
        self.home = folder / "home"
        for each in (self.temporary, self.home):
            each.mkdir()
        environment = {**os.environ, "HOME": str(self.home), "TMPDIR": str(self.temporary)}
        environment |= {"TMP": str(self.temporary), "USERPROFILE": str(self.home)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", START], cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.line = self.process.stdout.readline()
        match = re.search(r"(http://127\.0\.0\.1:\d+/)(\S*)\?token=(\w+)", self.line)
        assert match, self.line
        self.address, self.page, self.token = match.groups()
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    def get(self, path: str, method: str = "GET") -> bytes:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.address + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read()

    def start_kernel(self) -> psutil.Process:
        before = set(psutil.Process(self.process.pid).children(recursive=True))
        self.get("api/kernels", "POST")
        (kernel,) = set(psutil.Process(self.process.pid).children(recursive=True)) - before
        self.children.append(kernel)
        return kernel

    def still_there(self) -> list[psutil.Process]:
        return psutil.wait_procs(self.children, timeout=10)[1]


@pytest.fixture
def running(tmp_path):
    lab_there = Running(tmp_path)
    yield lab_there
    for process in [*lab_there.children, lab_there.process]:  # only what a failed test left
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    lab_there.process.communicate()


@POSIX_ONLY
def test_serves_the_course_and_ends_with_sigterm_leaving_nothing(running):
    page = running.get(running.page).decode()
    assert "<title>JupyterLab</title>" in page
    assert json.loads(running.get("api/contents/classroom"))["type"] == "directory"
    if (ROOT / "notebooks").is_dir():
        names = [entry["name"] for entry in json.loads(running.get("api/contents/notebooks"))["content"]]
        assert names and all(name.endswith(".ipynb") for name in names)
        assert running.page == f"lab/tree/notebooks/{sorted(names)[0]}"

    for path in (ROOT / "solutions").glob("*.ipynb"):  # or their pictures would be words in a heap
        cells = json.loads(running.get(f"api/contents/solutions/{path.name}"))["content"]["cells"]
        assert {cell["metadata"]["trusted"] for cell in cells if cell["cell_type"] == "code"} == {True}

    spec = json.loads(running.get("api/kernelspecs"))["kernelspecs"]["python3"]["spec"]
    assert spec["argv"][0] == sys.executable
    kernel = running.start_kernel()
    assert kernel.environ()["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)

    running.process.send_signal(signal.SIGTERM)
    said, _ = running.process.communicate(timeout=30)
    assert running.process.returncode == 0
    assert "The lab has ended" in said
    assert running.still_there() == []
    assert list(running.temporary.iterdir()) == []
    written = [path for path in running.home.rglob("*") if path.is_file() and ".cache" not in path.parts]
    assert [path for path in written if "notification" in path.name or "kernel.json" in path.name] == []


@pytest.mark.slow
@POSIX_ONLY
def test_ends_with_ctrl_c_too_and_refuses_who_has_no_token(running):
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(running.address + "api/contents", timeout=30)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    assert running.still_there() == []


def test_news_are_switched_off_and_python3_is_this_python(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", "/mine")
    variables = lab_settings.write_settings(tmp_path)
    data, rest = variables["JUPYTER_PATH"].split(os.pathsep)
    assert rest == "/mine"
    kernel = json.loads((Path(data) / "kernels/python3/kernel.json").read_text())
    assert kernel["argv"][0] == sys.executable
    config = Path(variables["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0]) / "labconfig/page_config.json"
    assert json.loads(config.read_text())["disabledExtensions"][
        "@jupyterlab/apputils-extension:announcements"
    ]


def test_a_home_that_keeps_nothing_does_not_stop_the_lab():
    code = "from classroom.lab import trust_solutions; trust_solutions(); print('went on')"
    environment = {**os.environ, "HOME": os.devnull, "USERPROFILE": os.devnull}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout == "went on\n", done.stderr


def test_opens_the_first_notebook_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "NOTEBOOKS", tmp_path)
    assert lab.first_page() == "/lab"
    for name in ("04_handshake.ipynb", "00_start.ipynb"):
        (tmp_path / name).touch()
    assert lab.first_page() == "/lab/tree/notebooks/00_start.ipynb"


def test_that_can_not_start_says_so_with_its_last_words(monkeypatch, capsys, work_folder):
    code = "import sys; sys.exit('port 8888 is haunted')"
    monkeypatch.setattr(lab, "_command", lambda *_: [sys.executable, "-c", code])
    assert lab.run_lab(browser=False, port=0) == 1
    said = capsys.readouterr()
    assert "ended before it was ready" in said.err
    assert "port 8888 is haunted" in said.err
    assert list(Path(tempfile.gettempdir()).glob("minews-lab-*")) == []
