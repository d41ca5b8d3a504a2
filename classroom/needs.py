"""What a command needs to be installed, and what of it this Python lacks.

pyproject.toml is the one list: its extras `course` (a student's commands) and `develop` (`test` and `build`).
Standard library only. Run as a script by another Python, it answers for that one:

    python classroom/needs.py course      prints what is missing, one a line; exit code 0 if nothing is
"""

from __future__ import annotations

import platform
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

NEED_NOTHING = frozenset({"doctor"})
NEED_COURSE = frozenset(
    {"lab", "check", "watch", "status", "reset", "hint", "solution", "submit", "handout", "grade", "report"}
)
NEED_DEVELOP = frozenset({"test", "build"})

# A requirement as this project writes them: a name, perhaps extras, perhaps a lowest version and one that is
# too high (where that is installed all the same, nothing is lacking), perhaps where.
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(\[(?P<extra>\w+)\])?(>=(?P<lowest>[\d.]+)(,<[\d.]+)?)?(; (?P<where>.+))?"
)
_CONDITION = re.compile(r"(?P<what>\w+) (?P<how>==|<) '(?P<value>[\w.]+)'")


def needed_extra(argv: Sequence[str]) -> str | None:
    """The extra of pyproject.toml that a command line needs.

    Arguments:
        argv: the words after `python3 -m classroom`.

    Returns:
        "course", "develop", or None where the standard library is enough: doctor, --help, slips.
    """
    words = [word for word in argv if not word.startswith("-")]
    if not words or {"-h", "--help"} & set(argv):
        return None
    if words[0] in NEED_DEVELOP:
        return "develop"
    return "course" if words[0] in NEED_COURSE else None


def read_requirements(extra: str, root: Path) -> Iterator[tuple[str, str]]:
    """Name and lowest version ("" for any) of what this Python needs of an extra, ours unfolded."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in project["optional-dependencies"][extra]:
        match = _REQUIREMENT.fullmatch(text)
        if match is None:
            raise ValueError(f"pyproject.toml: a requirement that needs.py can't read: {text!r}")
        if match["name"] == project["name"]:
            yield from read_requirements(match["extra"], root)
        elif applies(match["where"] or ""):
            yield match["name"], match["lowest"] or ""


def applies(where: str) -> bool:
    """Whether the condition behind a requirement holds for this Python: comparisons with "and" between."""
    here = {
        "sys_platform": sys.platform,
        "platform_machine": platform.machine(),
        "python_version": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    for condition in where.split(" and ") if where else []:
        match = _CONDITION.fullmatch(condition)
        if match is None or match["what"] not in here:
            raise ValueError(f"pyproject.toml: a condition that needs.py can't read: {condition!r}")
        value = here[match["what"]]
        equal = value == match["value"]
        if not (equal if match["how"] == "==" else _numbers(value) < _numbers(match["value"])):
            return False
    return True


def missing_packages(extra: str, root: Path) -> list[str]:
    """What this Python lacks of an extra, as text to read: "jupyterlab", "numpy>=2.0 (here: 1.26.4)"."""
    return [text for name, lowest in read_requirements(extra, root) if (text := _lack(name, lowest))]


def _lack(name: str, lowest: str) -> str:
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return name
    return "" if is_recent(found, lowest) else f"{name}>={lowest} (here: {found})"


def is_recent(version: str, lowest: str) -> bool:
    """Whether a version is at least another; "" is lower than all."""
    return _numbers(version) >= _numbers(lowest)


def _numbers(version: str) -> tuple[int, ...]:
    """(2, 1) for "2.1.0rc1" and for "2.1": enough for lowest versions, which are plain releases."""
    numbers = [int(part) for part in re.match(r"[\d.]*", version)[0].split(".") if part]  # type: ignore[index]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


if __name__ == "__main__":
    lacking = missing_packages(sys.argv[1], Path(__file__).resolve().parent.parent)
    print(*lacking, sep="\n")
    sys.exit(1 if lacking else 0)
