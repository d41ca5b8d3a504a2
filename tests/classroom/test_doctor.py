"""The doctor's table, and the peers that it looks for."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from classroom import doctor, needs, peers
from classroom.doctor import Finding
from classroom.places import ROOT
from tests.conftest import find_or_skip


class TestTable:
    def test_is_aligned_and_has_each_remedy_below_what_it_mends(self):
        table = doctor.format_table(
            [
                Finding("Python", "ok", "3.12.1"),
                Finding("curl", "optional", "not here", "apt-get install curl"),
                Finding("exercises", "missing", "read only", "first\nsecond"),
            ]
        )
        assert table.splitlines() == [
            "Python     ok        3.12.1",
            "curl       optional  not here",
            "                     apt-get install curl",
            "exercises  MISSING   read only",
            "                     first",
            "                     second",
        ]

    def test_says_its_states_in_words_and_not_in_colours(self, capsys):
        doctor.run_doctor()
        assert "\033" not in capsys.readouterr().out


class TestVerdict:
    def test_is_0_where_the_course_can_be_done(self, capsys):
        assert doctor.run_doctor() == 0
        assert "Nothing stands in the way of the course." in capsys.readouterr().out

    def test_is_1_where_something_needed_is_missing(self, monkeypatch, capsys):
        monkeypatch.setattr(doctor, "look_at_exercises", lambda: Finding("exercises", "missing", "read only"))
        assert doctor.run_doctor() == 1
        assert "MISSING" in capsys.readouterr().out

    def test_is_0_without_optional_peers_but_names_them(self, monkeypatch, capsys):
        monkeypatch.setattr(doctor, "look_at_peers", lambda: [Finding("tshark", "optional", "not here")])
        assert doctor.run_doctor() == 0
        assert "left out without these: tshark" in capsys.readouterr().out


class TestPackages:
    def test_that_are_not_installed_yet_come_with_the_first_command(self, monkeypatch):
        monkeypatch.setattr(needs, "missing_packages", lambda extra, root: ["jupyterlab"])
        monkeypatch.setattr(doctor.bootstrap, "choose_step", lambda extra, root: "make")
        finding = doctor.look_at_packages()
        assert (finding.state, finding.remedy) == ("later", "python3 -m classroom lab")

    def test_can_not_come_where_python_lacks_ensurepip(self, monkeypatch):
        monkeypatch.setattr(needs, "missing_packages", lambda extra, root: ["jupyterlab"])
        monkeypatch.setattr(doctor.bootstrap, "choose_step", lambda extra, root: "make")
        monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
        finding = doctor.look_at_packages()
        assert finding.state == "missing"
        assert finding.remedy.endswith("-venv")

    def test_removed_from_venv_by_hand_are_missed(self, monkeypatch, tmp_path):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
        folder = "Scripts/python.exe" if os.name == "nt" else "bin/python"
        finding = doctor._look_into(tmp_path / "venv" / folder)
        assert finding.state == "missing"
        assert "anywidget" in finding.found


class TestExercises:
    def test_in_a_folder_that_can_be_written_are_fine(self, work_folder):
        assert doctor.look_at_exercises().state == "ok"

    def test_in_a_folder_that_can_not_be_written_are_told(self, monkeypatch):
        def refuse(**_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
        finding = doctor.look_at_exercises()
        assert finding.state == "missing"
        assert "Permission denied" in finding.found
        assert finding.remedy


class TestPeers:
    @pytest.mark.peer("curl")
    def test_that_are_here_have_a_path_and_a_version(self):
        curl = peers.find_curl()
        assert curl.path.is_file()
        assert curl.version[0].isdigit()

    def test_that_are_not_here_are_none(self, monkeypatch, tmp_path):
        monkeypatch.setenv("PATH", str(tmp_path))
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            monkeypatch.delenv(variable, raising=False)
        assert [peers.find_curl(), peers.find_node(), peers.find_tshark(), peers.find_ss()] == [None] * 4

    @pytest.mark.skipif(os.name == "nt", reason="scripts can't be started by name on Windows")
    def test_that_do_not_run_are_passed_over(self, monkeypatch, tmp_path):
        broken = tmp_path / "curl"
        broken.write_text("#!/nowhere/at/all\n")
        broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert peers.find_curl() is None

    def test_have_a_way_to_get_them_on_each_system(self, monkeypatch):
        for system in ("linux", "darwin", "win32"):
            monkeypatch.setattr(peers.sys, "platform", system)
            for name in ("curl", "node", "openssl", "browser", "tshark"):
                assert peers.how_to_install(name), (system, name)

    def test_required_and_missing_say_what_to_type(self, monkeypatch):
        monkeypatch.setitem(peers.KINDS, "curl", replace(peers.KINDS["curl"], find=lambda: None))
        with pytest.raises(peers.MissingPeer, match=r"curl is missing .* To get it: .*curl"):
            peers.require_peer("curl")


class TestNodePeers:
    @pytest.mark.peer("node", "node-ws")
    def test_ws_is_the_pinned_one_and_runs(self):
        asked = json.loads((ROOT / "tests/peers/package.json").read_text(encoding="utf-8"))["dependencies"]
        ws = peers.find_node_ws()
        assert ws.version == asked["ws"]
        code = f"console.log(typeof require({json.dumps(str(ws.path))}).WebSocketServer)"
        node = peers.find_node()
        done = subprocess.run([node.path, "-e", code], capture_output=True, encoding="utf-8", check=True)
        assert done.stdout == "function\n"

    def test_are_installed_from_the_lock_file_in_a_folder_of_their_own(self, monkeypatch, tmp_path):
        ran = []

        def run(command, cwd, **_):
            ran.append((Path(command[0]).name, command[1], sorted(path.name for path in Path(cwd).iterdir())))
            return subprocess.CompletedProcess(command, 0, "", "")

        monkeypatch.setattr(peers, "NODE_PEERS", tmp_path / ".peers")
        monkeypatch.setattr(peers.subprocess, "run", run)
        peers._run_npm("npm")
        assert ran == [("npm", "ci", [".npmrc", "package-lock.json", "package.json"])]

    def test_that_npm_can_not_install_are_told_in_its_words(self, monkeypatch, tmp_path):
        failed = subprocess.CompletedProcess([], 1, "", "npm error code EINTEGRITY")
        monkeypatch.setattr(peers, "NODE_PEERS", tmp_path / ".peers")
        monkeypatch.setattr(peers.subprocess, "run", lambda *_, **__: failed)
        with pytest.raises(peers.MissingPeer, match="EINTEGRITY"):
            peers._run_npm(shutil.which("npm") or "npm")


class TestAMissingPeerInATest:
    @pytest.fixture(autouse=True)
    def missing(self, monkeypatch):
        kind = replace(peers.KINDS["curl"], find=lambda: None, needs="this test")
        monkeypatch.setitem(peers.KINDS, "curl", kind)

    def test_fails_in_ci(self, monkeypatch):
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match=r"curl is missing \(this test\)"):
            find_or_skip("curl")

    def test_skips_elsewhere_and_says_what_is_missing(self, monkeypatch):
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match=r"curl is missing \(this test\)"):
            find_or_skip("curl")
