"""From nothing but Python to a command that runs: find what is installed, or set it up in .venv once.

    python3 -m classroom lab
        -> are the packages here, in this Python?          run the command
        -> are they in .venv (ours, or one made by you)?   start again inside it
        -> no                                              make .venv, install the pins, start again inside it

What stands in .venv/minews.json says how far a set-up came, so that an interrupted one is seen and made anew,
and a changed lock file is installed. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classroom import needs
from classroom.installing import Plan, SetUpError, install_packages, make_environment, only_one
from classroom.places import ROOT

_STARTED_AGAIN = "MINEWS_STARTED_AGAIN"  # set for the moment of starting inside .venv: never twice


def main(argv: Sequence[str]) -> int:
    """Run a command of the course, setting up what it needs first.

    Arguments:
        argv: the words after `python3 -m classroom`.

    Returns:
        The exit code of the command; 1 if the set-up failed, 130 if it was stopped by Ctrl-C.
    """
    again = os.environ.pop(_STARTED_AGAIN, None)  # so that no program started from here inherits it
    extra = needs.needed_extra(argv)
    if extra is None or is_ready_here(extra, ROOT):
        return run_command(argv)
    try:
        if again:
            raise SetUpError(_lost_text(extra))
        python = prepare(extra, ROOT)
    except SetUpError as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        tell("\nStopped before the set-up was complete. The next start begins it again.")
        return 130
    return start_again(python, argv)


def run_command(argv: Sequence[str]) -> int:
    """Hand over to the command line proper."""
    from classroom import cli

    return int(cli.main(list(argv)) or 0)


def tell(text: str) -> None:
    """Say something about the set-up: on stderr, because stdout belongs to the command (`check --json`)."""
    print(text, file=sys.stderr, flush=True)


# What is there


def venv_folder(root: Path) -> Path:
    """The folder of the course's own environment."""
    return root / ".venv"


def venv_python(root: Path) -> Path:
    """The Python inside it, on this system."""
    return venv_folder(root) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def lock_file(extra: str, root: Path) -> Path:
    """The pins of an extra."""
    return root / "requirements" / f"{extra}.lock.txt"


def read_stamp(root: Path) -> dict[str, Any] | None:
    """What .venv/minews.json says; None if .venv isn't ours, {} if the file can't be read."""
    try:
        stamp = json.loads((venv_folder(root) / "minews.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(root: Path, state: str, extra: str) -> None:
    """Note in .venv how far its set-up is: "setting up" or "ready", what for, and by which pins."""
    stamp = {
        "state": state,
        "extra": extra,
        "pins": hash_pins(extra, root),
        "python": python_minor(venv_python(root)),
        "root": str(root),
    }
    venv_folder(root).mkdir(exist_ok=True)
    path = venv_folder(root) / "minews.json"
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(stamp, indent=2), encoding="utf-8")
    os.replace(unfinished, path)


def hash_pins(extra: str, root: Path) -> str:
    """Change when the pins change, or what pyproject.toml says of the package itself."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    parts = {name: project.get(name) for name in ("build-system", "project")}
    text = json.dumps(parts, sort_keys=True) + lock_file(extra, root).read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def is_ready_here(extra: str, root: Path) -> bool:
    """Whether this Python, as it runs, has what an extra lists."""
    if Path(sys.prefix).resolve() == venv_folder(root).resolve() and read_stamp(root) is not None:
        return choose_step(extra, root) == "use"
    return not needs.missing_packages(extra, root)


def choose_step(extra: str, root: Path) -> str:
    """What .venv needs before it can serve an extra.

    Returns:
        "use", "install" (packages out of date or too few) or "make" (not there, broken or half made).

    Raises:
        SetUpError: a .venv that somebody else made lacks packages; it is theirs, so nothing is done to it.
    """
    if not venv_folder(root).exists():
        return "make"
    stamp = read_stamp(root)
    if stamp is None:
        return _judge_foreign(extra, root)
    minor = python_minor(venv_python(root))
    if stamp.get("state") != "ready" or stamp.get("root") != str(root) or stamp.get("python") != minor:
        return "make"
    has = str(stamp.get("extra"))
    current = lock_file(has, root).exists() and stamp.get("pins") == hash_pins(has, root)
    return "use" if current and has in (extra, "develop") else "install"


def python_minor(python: Path) -> str | None:
    """ "3.12" for a Python that runs, None for one that doesn't."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _judge_foreign(extra: str, root: Path) -> str:
    python = venv_python(root)
    minor = python_minor(python)
    if minor is None or tuple(map(int, minor.split("."))) < (3, 11):
        raise SetUpError(
            f"The folder .venv wasn't made by the course, and its Python {minor or 'does not run'}"
            f"{' is too old (3.11 or newer is needed)' if minor else ''}.\n"
            "Rename or remove the folder .venv, then start again: the course makes its own."
        )
    asked = subprocess.run(
        [python, "-I", root / "classroom" / "needs.py", extra], capture_output=True, text=True, timeout=60
    )
    if asked.returncode == 0:
        return "use"
    raise SetUpError(
        f"The folder .venv wasn't made by the course, so nothing was changed in it, and it lacks:\n"
        f"    {', '.join(asked.stdout.split(chr(10))[:6]).rstrip(', ')}\n"
        f'Either install them there:   {python} -m pip install -e "{root}[{extra}]"\n'
        "or rename the folder .venv and start again: the course makes its own."
    )


# What is done


def prepare(extra: str, root: Path) -> Path:
    """Make sure that .venv has what an extra lists.

    Returns:
        The Python to start the command with.

    Raises:
        SetUpError: it can't be done; the text says why and what to do.
    """
    if choose_step(extra, root) == "use":
        return venv_python(root)
    with only_one(root / ".venv.lock", tell) as keep_open:
        step = choose_step(extra, root)  # once more: somebody else may have done it while we waited
        if step != "use":
            _set_up(step, extra, root, (keep_open,))
    return venv_python(root)


def _set_up(step: str, extra: str, root: Path, keep_open: tuple[int, ...]) -> None:
    stamp = read_stamp(root) or {}
    if stamp.get("extra") == "develop":
        extra = "develop"  # never take packages away again
    plan = Plan(venv_folder(root), venv_python(root), lock_file(extra, root), root, keep_open, tell)
    tell("Setting up the course, once: everything goes into the folder .venv of this checkout.")
    if step == "make":
        make_environment(plan, mark=lambda: write_stamp(root, "setting up", extra))
    write_stamp(root, "setting up", extra)
    install_packages(plan)
    write_stamp(root, "ready", extra)
    tell("Ready.\n")


def _lost_text(extra: str) -> str:
    lacking = ", ".join(needs.missing_packages(extra, ROOT)) or "nothing by name"
    return (
        f"The set-up ended well, but this Python ({sys.executable}) still lacks: {lacking}.\n"
        "Remove the folder .venv and start again; if that doesn't help, try `python3 -m classroom doctor`."
    )


def start_again(python: Path, argv: Sequence[str]) -> int:
    """Run the same command with another Python: in place of this process, or on Windows beside it.

    Returns:
        The exit code, on Windows; elsewhere this process has become the other one.
    """
    command = [str(python), "-m", "classroom", *argv]
    environment = {**os.environ, _STARTED_AGAIN: "1"}
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)
    # Windows has no exec that keeps the console waiting. Ctrl-C reaches both; the one inside answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(command, env=environment)
