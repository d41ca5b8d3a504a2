"""From nothing but Python to a command that runs: what is decided, what is said, and the real thing once."""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from classroom import __main__ as front
from classroom import bootstrap, cli, installing, needs
from classroom.installing import Plan, SetUpError
from classroom.places import ROOT

CHECKOUT = ("pyproject.toml", "README.md", "LICENSE", "requirements", "minews", "classroom")


@pytest.fixture
def root(tmp_path) -> Path:
    """A small checkout: the pins, pyproject.toml and classroom/needs.py, with nothing set up."""
    folder = tmp_path / "the course"
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "classroom").mkdir()
    shutil.copy(ROOT / "classroom" / "needs.py", folder / "classroom")
    return folder


@pytest.fixture
def venv(root) -> Path:
    """An environment with nothing in it, in the small checkout."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    return root / ".venv"


def ask_for(root: Path, requirements: list[str]) -> None:
    """Let a small checkout's pyproject.toml list these for the course."""
    head = '[project]\nname = "minews"\n[project.optional-dependencies]\n'
    (root / "pyproject.toml").write_text(f"{head}course = {json.dumps(requirements)}\n")


def change_stamp(root: Path, **changes: str) -> None:
    path = root / ".venv" / "minews.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


class TestOldPython:
    @pytest.mark.parametrize("version", [(3, 6), (3, 8), (3, 10)])
    def test_is_told_what_it_is_and_what_is_needed(self, version):
        message = front.describe_old_python(version)
        assert f"Python 3.{version[1]}" in message
        assert "3.11 or newer" in message

    def test_new_enough_is_told_nothing(self):
        assert front.describe_old_python((3, 11)) is None

    @pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
    def test_can_read_the_two_files_that_come_first(self, name):
        ast.parse((ROOT / "classroom" / name).read_text(encoding="utf-8"), feature_version=(3, 6))


class TestWhatACommandNeeds:
    @pytest.mark.parametrize("argv", [[], ["doctor"], ["--help"], ["check", "--help"], ["-h"]])
    def test_help_and_doctor_need_nothing(self, argv):
        assert needs.needed_extra(argv) is None

    @pytest.mark.parametrize("word", ["chekc", "--verbose"])
    def test_a_slip_of_the_pen_installs_nothing(self, word):
        assert needs.needed_extra([word]) is None

    def test_every_command_of_the_command_line_is_known(self):
        actions = cli.make_parser()._actions
        (commands,) = (each.choices for each in actions if isinstance(each, argparse._SubParsersAction))
        assert set(commands) == needs.NEED_NOTHING | needs.NEED_COURSE | needs.NEED_DEVELOP

    @pytest.mark.parametrize("argv", [["lab"], ["check", "4.2"], ["--verbose", "watch"], ["status"]])
    def test_a_students_command_needs_the_course(self, argv):
        assert needs.needed_extra(argv) == "course"

    @pytest.mark.parametrize("argv", [["test", "-x"], ["build", "--check"]])
    def test_test_and_build_need_all(self, argv):
        assert needs.needed_extra(argv) == "develop"


class TestMissingPackages:
    def test_are_named(self, root):
        ask_for(root, ["no-such-package-here>=1.0", "pytest"])
        assert needs.missing_packages("course", root) == ["no-such-package-here"]

    def test_include_one_that_is_too_old_with_what_is_here(self, root):
        ask_for(root, ["pytest>=999.0"])
        assert needs.missing_packages("course", root) == [f"pytest>=999.0 (here: {pytest.__version__})"]

    @pytest.mark.parametrize("where, there", [("3.15", True), ("3.2", False)])
    def test_leave_out_what_another_python_needs(self, root, where, there):
        ask_for(
            root, [f"no-such-package-here; sys_platform == '{sys.platform}' and python_version < '{where}'"]
        )
        assert bool(needs.missing_packages("course", root)) is there

    def test_a_condition_that_is_not_understood_is_an_error(self, root):
        ask_for(root, ["pytest; os_name in 'nt'"])
        with pytest.raises(ValueError, match="os_name in"):
            needs.missing_packages("course", root)

    @pytest.mark.parametrize(
        ("version", "lowest", "recent"),
        [("2.0", "2.0", True), ("2.0.0", "2", True), ("2.10", "2.9", True), ("1.9.9", "2.0", False)],
    )
    def test_versions_are_compared_as_numbers(self, version, lowest, recent):
        assert needs.is_recent(version, lowest) is recent


class TestWhatVenvNeeds:
    def test_none_there_is_made(self, root):
        assert bootstrap.choose_step("course", root) == "make"

    def test_ready_is_used(self, root, venv):
        bootstrap.write_stamp(root, "ready", "course")
        assert bootstrap.choose_step("course", root) == "use"

    def test_ready_for_develop_serves_the_course_too(self, root, venv):
        bootstrap.write_stamp(root, "ready", "develop")
        assert bootstrap.choose_step("course", root) == "use"

    def test_ready_for_the_course_is_not_enough_for_tests(self, root, venv):
        bootstrap.write_stamp(root, "ready", "course")
        assert bootstrap.choose_step("develop", root) == "install"

    def test_changed_pins_are_installed(self, root, venv):
        bootstrap.write_stamp(root, "ready", "course")
        with bootstrap.lock_file("course", root).open("a") as file:
            file.write("six==1.17.0\n")
        assert bootstrap.choose_step("course", root) == "install"

    def test_a_changed_tool_setting_is_no_reason_to_install(self, root, venv):
        bootstrap.write_stamp(root, "ready", "course")
        with (root / "pyproject.toml").open("a") as file:
            file.write("\n[tool.other]\nkey = 1\n")
        assert bootstrap.choose_step("course", root) == "use"

    def test_an_interrupted_set_up_is_made_anew(self, root, venv):
        bootstrap.write_stamp(root, "setting up", "course")
        assert bootstrap.choose_step("course", root) == "make"

    def test_an_unreadable_stamp_counts_as_interrupted(self, root, venv):
        (venv / "minews.json").write_text('{"state": "rea')
        assert bootstrap.choose_step("course", root) == "make"

    def test_another_version_of_python_in_it_is_made_anew(self, root, venv):
        bootstrap.write_stamp(root, "ready", "course")
        change_stamp(root, python="3.10")
        assert bootstrap.choose_step("course", root) == "make"

    def test_a_checkout_that_was_moved_is_made_anew(self, root, venv):
        bootstrap.write_stamp(root, "ready", "course")
        moved = root.rename(root.with_name("elsewhere"))
        assert bootstrap.choose_step("course", moved) == "make"

    def test_a_python_that_does_not_run_any_more_is_made_anew(self, root, venv):
        bootstrap.write_stamp(root, "ready", "course")
        bootstrap.venv_python(root).unlink()
        assert bootstrap.choose_step("course", root) == "make"


class TestAVenvOfSomebodyElse:
    def test_is_used_when_it_has_everything(self, root, venv):
        ask_for(root, [])
        assert bootstrap.choose_step("course", root) == "use"

    def test_is_left_alone_when_it_lacks_packages_and_the_message_says_what_to_type(self, root, venv):
        before = sorted(venv.rglob("*"))
        with pytest.raises(SetUpError, match="lacks") as raised:
            bootstrap.prepare("course", root)
        assert "jupyterlab" in str(raised.value) or "anywidget" in str(raised.value)
        assert f'-m pip install -e "{root}[course]"' in str(raised.value)
        assert sorted(venv.rglob("*")) == before

    def test_is_left_alone_when_it_does_not_run(self, root):
        (root / ".venv").mkdir()
        with pytest.raises(SetUpError, match="does not run"):
            bootstrap.prepare("course", root)


class TestSettingUp:
    @pytest.fixture
    def done(self, monkeypatch, root):
        """What a set-up did, without installing anything: (step, pins, state while at it)."""
        done: list[tuple[str, str, str]] = []

        def make(plan: Plan, mark) -> None:
            plan.folder.mkdir(exist_ok=True)
            mark()
            done.append(("make", plan.pins.name, bootstrap.read_stamp(root)["state"]))

        def install(plan: Plan) -> None:
            done.append(("install", plan.pins.name, bootstrap.read_stamp(root)["state"]))

        monkeypatch.setattr(bootstrap, "make_environment", make)
        monkeypatch.setattr(bootstrap, "install_packages", install)
        return done

    def test_makes_installs_and_notes_each_stage(self, root, done):
        bootstrap.prepare("course", root)
        assert done == [(step, "course.lock.txt", "setting up") for step in ("make", "install")]
        assert bootstrap.read_stamp(root)["state"] == "ready"

    def test_never_takes_the_developers_packages_away_again(self, root, done, venv):
        bootstrap.write_stamp(root, "ready", "develop")
        change_stamp(root, pins="of last month")
        bootstrap.prepare("course", root)
        assert done == [("install", "develop.lock.txt", "setting up")]

    def test_that_fails_is_not_taken_for_ready(self, root, done, monkeypatch):
        def fail(plan: Plan) -> None:
            raise SetUpError("no network")

        monkeypatch.setattr(bootstrap, "install_packages", fail)
        with pytest.raises(SetUpError):
            bootstrap.prepare("course", root)
        assert bootstrap.choose_step("course", root) == "make"

    def test_at_the_same_time_as_another_waits_and_finds_it_done(self, root, done, monkeypatch):
        said: list[str] = []
        waiting = threading.Event()
        monkeypatch.setattr(bootstrap, "tell", lambda text: (said.append(text), waiting.set()))
        with installing.only_one(root / ".venv.lock", said.append):
            other = threading.Thread(target=bootstrap.prepare, args=("course", root))
            other.start()
            assert waiting.wait(10)
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
            bootstrap.write_stamp(root, "ready", "course")
        other.join(10)
        assert not other.is_alive()
        assert said == ["Another start is setting up the course; waiting for it."]
        assert done == []


class TestInstalling:
    def plan(self, root, said) -> Plan:
        python = Path(sys.executable)
        return Plan(root, python, root / "requirements" / "course.lock.txt", root, (), said.append)

    @pytest.fixture
    def commands(self, monkeypatch):
        commands: list[list[str]] = []
        monkeypatch.setattr(installing, "_run", lambda command, plan: commands.append(command))
        return commands

    def test_takes_uv_where_there_is_one(self, root, commands, monkeypatch):
        monkeypatch.setattr(shutil, "which", lambda name: "/somewhere/uv" if name == "uv" else None)
        installing.install_packages(self.plan(root, []))
        assert [command[:3] for command in commands] == [["/somewhere/uv", "pip", "install"]] * 2

    def test_takes_pip_where_there_is_no_uv(self, root, commands, monkeypatch):
        monkeypatch.setattr(shutil, "which", lambda name: None)
        installing.install_packages(self.plan(root, []))
        assert [command[:4] for command in commands] == [[sys.executable, "-m", "pip", "install"]] * 2

    def test_installs_nothing_that_is_not_pinned(self, root, commands, monkeypatch):
        monkeypatch.setattr(shutil, "which", lambda name: None)
        installing.install_packages(self.plan(root, []))
        packages, checkout = commands
        assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(packages)
        assert {"--no-index", "--no-deps", "--no-build-isolation", "-e"} <= set(checkout)

    def test_takes_pip_when_uv_fails(self, root, monkeypatch):
        tools, said = [], []
        monkeypatch.setattr(shutil, "which", lambda name: "uv")

        def run(command, plan):
            tools.append("uv" if command[0] == "uv" else "pip")
            if command[0] == "uv":
                raise SetUpError("uv knows no mirror")

        monkeypatch.setattr(installing, "_run", run)
        installing.install_packages(self.plan(root, said))
        assert tools == ["uv", "pip", "pip"]
        assert any("Trying again with pip" in line for line in said)

    def test_shows_every_tenth_package(self, root):
        said: list[str] = []
        code = "for n in range(25): print(f'Collecting package{n}')"
        installing._run([sys.executable, "-c", code], self.plan(root, said))
        assert [line.strip() for line in said] == ["10 packages fetched", "20 packages fetched"]

    @pytest.mark.skipif(os.name == "nt", reason="a descriptor can't be inherited like this on Windows")
    def test_says_during_a_silence_that_it_is_at_work(self, root, monkeypatch):
        said: list[str] = []
        monkeypatch.setattr(installing, "_SILENCE", 0.05)
        reading, writing = os.pipe()  # the program is silent until it has been told that it is at work

        def tell(text: str) -> None:
            if not said:
                os.close(writing)
            said.append(text)

        plan = Plan(root, Path(sys.executable), root, root, (reading,), tell)
        installing._run([sys.executable, "-c", f"import os; os.read({reading}, 1)"], plan)
        os.close(reading)
        assert said[0].strip().startswith("still at work after")

    def test_that_fails_keeps_the_report_and_says_where(self, root):
        code = "print('ERROR: the wheel is square'); raise SystemExit(3)"
        with pytest.raises(SetUpError, match="the wheel is square") as raised:
            installing._run([sys.executable, "-c", code], self.plan(root, []))
        assert str(root / "setup.log") in str(raised.value)
        assert "the wheel is square" in (root / "setup.log").read_text()

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ("NewConnectionError: Temporary failure in name resolution", "no connection to the package"),
            ("error: Failed to fetch: dns error", "no connection to the package"),
            ("OSError: [Errno 28] No space left on device", "The disk is full"),
            ("ERROR: No matching distribution found for numpy==2.4.6", "no ready-made build for Python"),
            ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "THESE PACKAGES DO NOT MATCH THE HASHES"),
        ],
    )
    def test_failures_are_told_in_plain_words(self, said, told, tmp_path):
        assert told in installing.explain_failure([said], tmp_path / "setup.log")

    def test_without_ensurepip_the_message_says_what_to_type(self, root, monkeypatch):
        found = installing.importlib.util.find_spec
        monkeypatch.setattr(
            installing.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name)
        )
        with pytest.raises(SetUpError, match=r"sudo apt install python3\.\d+-venv"):
            installing.make_environment(self.plan(root, []), lambda: None)


class TestStartingAgain:
    @pytest.fixture
    def absent(self, monkeypatch):
        """Nothing is installed, and what would be set up is only noted."""
        monkeypatch.setattr(bootstrap, "is_ready_here", lambda extra, root: False)

    @pytest.mark.usefixtures("absent")
    def test_passes_the_words_and_the_exit_code_on(self, monkeypatch):
        started = []
        monkeypatch.setattr(bootstrap, "prepare", lambda extra, root: Path("/there/python"))
        monkeypatch.setattr(bootstrap, "start_again", lambda *words: started.append(words) or 7)
        assert bootstrap.main(["check", "4.2"]) == 7
        assert started == [(Path("/there/python"), ["check", "4.2"])]

    @pytest.mark.usefixtures("absent")
    def test_happens_once_and_no_more(self, monkeypatch, capsys):
        monkeypatch.setenv("MINEWS_STARTED_AGAIN", "1")
        assert bootstrap.main(["lab"]) == 1
        assert "Remove the folder .venv" in capsys.readouterr().err
        assert "MINEWS_STARTED_AGAIN" not in os.environ

    @pytest.mark.usefixtures("absent")
    def test_a_failed_set_up_is_told_on_stderr_without_a_traceback(self, monkeypatch, capsys):
        def fail(extra, root):
            raise SetUpError("no connection to the package index")

        monkeypatch.setattr(bootstrap, "prepare", fail)
        assert bootstrap.main(["lab"]) == 1
        said = capsys.readouterr()
        assert said.err == "no connection to the package index\n"
        assert said.out == ""

    @pytest.mark.usefixtures("absent")
    def test_ctrl_c_during_the_set_up_ends_with_130(self, monkeypatch, capsys):
        def stop(extra, root):
            raise KeyboardInterrupt

        monkeypatch.setattr(bootstrap, "prepare", stop)
        assert bootstrap.main(["lab"]) == 130
        assert "The next start begins it again" in capsys.readouterr().err

    def test_does_not_happen_where_everything_is_here(self, monkeypatch):
        monkeypatch.setattr(bootstrap, "is_ready_here", lambda extra, root: True)
        monkeypatch.setattr(bootstrap, "run_command", lambda argv: 3)
        assert bootstrap.main(["status"]) == 3


@pytest.fixture
def fresh_clone(tmp_path) -> Path:
    """A copy of what a command needs of the checkout, in a folder whose name has a space."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in CHECKOUT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def run_clone(clone: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a clone with this interpreter's base Python, an empty home and no environment."""
    home.mkdir(exist_ok=True)
    unset = {"VIRTUAL_ENV", "PYTHONPATH", "MINEWS_WORK", "CONDA_PREFIX"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"HOME": str(home), "USERPROFILE": str(home)}
    python = getattr(sys, "_base_executable", sys.executable)
    return subprocess.run(
        [python, "-m", "classroom", *words], cwd=clone, env=environment, capture_output=True, encoding="utf-8"
    )


class TestAFreshClone:
    def test_has_a_doctor_before_anything_is_installed(self, fresh_clone, tmp_path):
        done = run_clone(fresh_clone, tmp_path / "home", "doctor")
        assert done.returncode == 0, done.stderr
        assert "python3 -m classroom lab" in done.stdout
        assert not (fresh_clone / ".venv").exists()

    def test_shows_its_help_before_anything_is_installed(self, fresh_clone, tmp_path):
        done = run_clone(fresh_clone, tmp_path / "home", "--help")
        assert done.returncode == 0, done.stderr
        assert "check" in done.stdout
        assert not (fresh_clone / ".venv").exists()

    @pytest.mark.slow
    @pytest.mark.skipif(os.environ.get("CI") != "true", reason="fetches a hundred packages; CI does")
    def test_sets_itself_up_once_and_is_imported_from_anywhere(self, fresh_clone, tmp_path):
        first = run_clone(fresh_clone, tmp_path / "home", "status")
        assert first.returncode == 0, first.stderr
        assert "Ready." in first.stderr
        assert bootstrap.read_stamp(fresh_clone)["state"] == "ready"

        again = run_clone(fresh_clone, tmp_path / "home", "status")
        assert (again.returncode, again.stderr) == (0, "")

        code = "import minews, classroom.places as places; print(minews.__file__, places.ROOT, sep='\\n')"
        python = bootstrap.venv_python(fresh_clone)
        found = subprocess.check_output([python, "-c", code], cwd=tmp_path, encoding="utf-8")
        assert found.split("\n")[:2] == [str(fresh_clone / "minews" / "__init__.py"), str(fresh_clone)]
