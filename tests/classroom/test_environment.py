"""One list of dependencies, pyproject.toml: environment.yml and the pins say the same; none names a host."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from classroom import needs
from classroom.places import ROOT

CONDA_NAMES = {
    "jupyter-client": "jupyter_client",
    "matplotlib": "matplotlib-base",  # without the windows of Qt
    "playwright": "playwright-python",  # conda-forge's playwright is the one for Node
}
EXTRAS = ("course", "develop")
# Written in pieces, so that this file doesn't hold what it looks for.
HOSTS = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "debian" + ".org", "anaconda" + ".org"]
README = ROOT / "README.md"


def read_pins(extra: str) -> dict[str, list[str]]:
    """The hashes of each pin: {"numpy==2.4.6 ; python_full_version < '3.12'": ["sha256:...", ...]}."""
    pins: dict[str, list[str]] = {}
    for line in (ROOT / "requirements" / f"{extra}.lock.txt").read_text(encoding="utf-8").splitlines():
        line = line.strip().removesuffix(" \\")
        if line.startswith("--hash="):
            pins[next(reversed(pins))].append(line.removeprefix("--hash="))
        else:
            pins[line] = []
    return pins


def pinned_versions(extra: str) -> dict[str, list[str]]:
    """{"numpy": ["2.4.6", "2.5.5"], ...}: more than one where they differ by the version of Python."""
    versions: dict[str, list[str]] = {}
    for pin in read_pins(extra):
        name, version = pin.split(" ")[0].split("==")
        versions.setdefault(name, []).append(version)
    return versions


def kept_files() -> list[Path]:
    """The files that git keeps, or would keep at the next commit."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("this folder is no git checkout")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in files if path.is_file()]


class TestPyproject:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def test_minews_itself_needs_the_standard_library_only(self):
        assert self.project["dependencies"] == []

    @pytest.mark.parametrize("extra", EXTRAS)
    def test_every_requirement_is_read_by_needs(self, extra):
        listed = [text for text in self.project["optional-dependencies"][extra] if "minews[" not in text]
        read = {f"{name}>={lowest}" for name, lowest in needs.read_requirements(extra, ROOT)}
        for text in listed:
            plain, _, where = text.partition("; ")
            assert (plain.partition(",<")[0] in read) == needs.applies(where)

    def test_develop_includes_course(self):
        assert set(needs.read_requirements("course", ROOT)) < set(needs.read_requirements("develop", ROOT))


class TestEnvironmentYml:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    environment = yaml.safe_load(text)

    def conda_dependencies(self):
        return [entry for entry in self.environment["dependencies"] if isinstance(entry, str)]

    def test_has_the_keys_that_conda_and_binder_read(self):
        assert set(self.environment) == {"name", "channels", "dependencies"}

    def test_takes_packages_from_conda_forge_alone(self):
        assert self.environment["channels"] == ["conda-forge"]

    def test_lists_what_pyproject_lists(self):
        elsewhere = {re.split("[>;]", text)[0] for text in self.from_pypi()}
        listed = [each for each in needs.read_requirements("develop", ROOT) if each[0] not in elsewhere]
        bounds = self.bounds()
        asked = [f"{CONDA_NAMES.get(name, name)}>={lowest}{bounds.get(name, '')}" for name, lowest in listed]
        python = f"python{TestPyproject.project['requires-python']}"
        assert sorted(self.conda_dependencies()) == sorted([*asked, python, "pip"])

    def bounds(self):
        """The versions from which on a package is not wanted, as ",<9.2" by its name."""
        listed = TestPyproject.project["optional-dependencies"]["develop"]
        return {text.partition(">=")[0]: text[text.index(",<") :] for text in listed if ",<" in text}

    def from_pypi(self):
        """What conda-forge does not have, or not for every machine: the same words as in pyproject.toml."""
        return self.environment["dependencies"][-1]["pip"][:-1]

    def test_leaves_to_pip_what_has_a_condition(self):
        asked = TestPyproject.project["optional-dependencies"].values()
        assert self.from_pypi() == [text for extra in asked for text in extra if ";" in text]

    def test_installs_this_checkout_editable_by_pip(self):
        assert self.environment["dependencies"][-1]["pip"][-1] == "-e ."

    def test_every_line_is_one_that_conda_understands(self):
        rattler = pytest.importorskip("rattler")
        for line in self.conda_dependencies():
            assert rattler.MatchSpec(line).name.normalized == re.split("[>=]", line)[0]


class TestPins:
    @pytest.mark.parametrize("extra", EXTRAS)
    def test_cover_every_requirement(self, extra):
        versions = pinned_versions(extra)
        for name, lowest in needs.read_requirements(extra, ROOT):
            for version in versions[name]:
                assert needs.is_recent(version, lowest), f"{name} {version} is older than {lowest}"

    @pytest.mark.parametrize("extra", EXTRAS)
    def test_carry_hashes(self, extra):
        for pin, hashes in read_pins(extra).items():
            assert hashes, pin
            assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in hashes), pin

    def test_of_both_sets_agree(self):
        """`test` after `lab` only adds packages: it changes no version under a running kernel."""
        course, develop = (
            {pin.split(" ")[0]: hashes for pin, hashes in read_pins(extra).items()} for extra in EXTRAS
        )
        assert {pin: develop.get(pin) for pin in course} == course

    def test_include_what_builds_this_checkout(self):
        assert "hatchling" in pinned_versions("course")


class TestNodePeers:
    folder = ROOT / "tests" / "peers"

    def test_lock_file_pins_what_package_json_asks_for(self):
        asked = json.loads((self.folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
        locked = json.loads((self.folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        assert {name: locked[f"node_modules/{name}"]["version"] for name in asked} == asked

    def test_lock_file_has_hashes_and_no_addresses(self):
        locked = json.loads((self.folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        for name, entry in locked.items():
            if name:
                assert entry["integrity"].startswith("sha512-"), name
                assert "resolved" not in entry, name


def test_no_source_file_is_ignored_by_git():
    folders = ("classroom", "minews", "lessons", "tests", "benchmarks")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert sources
    assert set(sources) - set(kept_files()) == set()


class TestAddresses:
    def test_no_lock_file_has_one(self):
        files = [*ROOT.glob("requirements/*"), *ROOT.glob("tests/peers/*.json"), ROOT / "environment.yml"]
        assert [path.name for path in files if "://" in path.read_text(encoding="utf-8")] == []

    def test_no_file_names_a_registry(self):
        found = [
            f"{path.relative_to(ROOT)}: {host}"
            for path in kept_files()
            for host in HOSTS
            if host.encode() in path.read_bytes()
        ]
        assert found == []


class TestCommands:
    @pytest.mark.parametrize("command", ["python3 -m classroom lab", "python3 -m classroom test"])
    def test_readme_names_the_two_commands(self, command):
        assert command in README.read_text(encoding="utf-8")

    @pytest.mark.parametrize("command", ["python3 -m classroom test", "python3 -m classroom build --check"])
    def test_ci_runs_what_a_person_types(self, command):
        lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        assert any(re.search(rf"(^|\s){re.escape(command)}( |$)", line) for line in lines if "#" not in line)

    def test_the_workflow_covers_three_systems(self):
        workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
        matrices = [job["strategy"]["matrix"] for job in workflow["jobs"].values()]
        systems = {system for matrix in matrices for system in matrix["system"]}
        assert systems == {"ubuntu-latest", "macos-latest", "windows-latest"}
