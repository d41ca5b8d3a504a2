"""`classroom doctor`: what is on this machine, what is missing, and what to type to get it.

Works before anything is installed: standard library only.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from classroom import bootstrap, needs, peers
from classroom.installing import SetUpError
from classroom.places import ROOT, exercises_folder

OLDEST = (3, 11)
OPTIONAL_ON = {"ss": "linux"}  # a peer that other systems don't have


@dataclass(frozen=True)
class Finding:
    """One row of the doctor's table."""

    name: str
    state: str
    """ "ok", "missing" (the course can't be done), "later" (the course does it itself) or "optional"."""
    found: str
    remedy: str = ""
    """What to type, or to do; "" for nothing."""


def run_doctor() -> int:
    """Print the table.

    Returns:
        0 if the course can be done on this machine, 1 if something that it needs is missing.
    """
    print(f"{platform.system()} {platform.release()}, {platform.machine()}; the course is in {ROOT}\n")
    findings = [look_at_python(), look_at_packages(), look_at_exercises(), *look_at_peers()]
    print(format_table(findings))
    if any(finding.state == "missing" for finding in findings):
        print("\nThe course can't be done yet: see the lines that say MISSING.")
        return 1
    print("\nNothing stands in the way of the course.")
    optional = [finding.name for finding in findings if finding.state == "optional"]
    if optional:
        print(f"Some experiments are left out without these: {', '.join(optional)}.")
    return 0


def format_table(findings: list[Finding]) -> str:
    """The findings as aligned lines, each remedy on a line of its own below what it mends."""
    words = {"ok": "ok", "missing": "MISSING", "later": "not yet", "optional": "optional"}
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.name:<{width}}  {words[finding.state]:<8}  {finding.found}".rstrip())
        lines.extend(f"{'':<{width + 12}}{line}" for line in finding.remedy.splitlines())
    return "\n".join(lines)


# One look each


def look_at_python() -> Finding:
    """The Python that runs this."""
    found = f"{platform.python_version()}, {sys.executable}"
    if sys.version_info[:2] >= OLDEST:
        return Finding("Python", "ok", found)
    return Finding("Python", "missing", found, "install Python 3.11 or newer")


def look_at_packages() -> Finding:
    """The packages of the course, in this Python or in .venv."""
    lacking = needs.missing_packages("course", ROOT)
    if not lacking:
        return Finding("packages", "ok", f"all there, in {sys.prefix}")
    try:
        step = bootstrap.choose_step("course", ROOT)
    except SetUpError as error:
        return Finding("packages", "missing", "the folder .venv doesn't serve", str(error))
    if step == "use":
        return _look_into(bootstrap.venv_python(ROOT))
    if importlib.util.find_spec("ensurepip") is None:
        remedy = "apt-get install python{}.{}-venv".format(*sys.version_info)
        return Finding("packages", "missing", "this Python can't make environments", remedy)
    what = "not installed yet" if step == "make" else ".venv is out of date"
    return Finding("packages", "later", f"{what}: the first command does it", "python3 -m classroom lab")


def _look_into(python: Path) -> Finding:
    """What .venv really holds, whatever its stamp says."""
    command = [str(python), "-I", str(ROOT / "classroom" / "needs.py"), "course"]
    asked = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    if asked.returncode == 0:
        return Finding("packages", "ok", "all there, in .venv")
    lacking = ", ".join(asked.stdout.split("\n")[:5]).strip(", ")
    return Finding("packages", "missing", f".venv lacks {lacking}", "remove the folder .venv and start again")


def look_at_exercises() -> Finding:
    """The folder in which the student's work is saved."""
    folder = exercises_folder()
    place = folder if folder.exists() else folder.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            free = shutil.disk_usage(place).free
    except OSError as error:
        return Finding("exercises", "missing", f"{place}: {error.strerror}", _permit(place))
    if free < 50 * 2**20:
        return Finding("exercises", "missing", f"the disk of {place} is full", "make room on it")
    return Finding("exercises", "ok", f"{folder} can be written to")


def _permit(place: Path) -> str:
    windows = f'icacls "{place}" /grant %USERNAME%:F /T'
    return windows if os.name == "nt" else f'sudo chown -R "$USER" "{place}"'


def look_at_peers() -> list[Finding]:
    """The programs that the experiments call."""
    findings = []
    for name, kind in peers.KINDS.items():
        if not sys.platform.startswith(OPTIONAL_ON.get(name, "")):
            continue
        peer = kind.find()
        if peer:
            findings.append(Finding(name, "ok", f"{peer.version} {peer.path}".strip()))
        else:
            remedy = peers.how_to_install(name)
            findings.append(Finding(name, "optional", f"not here; for {kind.needs}", remedy))
    return findings


if __name__ == "__main__":
    sys.exit(run_doctor())
