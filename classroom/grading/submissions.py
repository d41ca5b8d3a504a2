"""Find what students handed in, in a folder of an instructor's, and read its bytes; nothing is parsed here.

    ann/  ann.zip  ann.ipynb  handshake.py                  one submission each
    mueller_12345_67890_work.zip                            Canvas: all files of a student are one submission
    Ann Lee_4711_assignsubmission_file_/                    Moodle: the same

Whatever is odd on the disk, such as links, pipes, or files that may not be read, becomes a note or a problem.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .folders import Collector
from .names import Handed, clean_name, is_junk, kind_of, list_names, read_name, shorten

__all__ = ["Ambiguous", "Entry", "Submission", "is_results", "list_submissions", "read_submission"]

# What platforms and instructors put beside the submissions.
BESIDE = frozenset({".csv", ".toml", ".yml", ".yaml", ".xlsx"})
OTHER_ARCHIVES = frozenset({".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"})
# The folders of the course, which lie beside exercises/ where a student works.
OF_COURSE = frozenset(
    {
        "benchmarks",
        "classroom",
        "exercises",
        "lessons",
        "minews",
        "notebooks",
        "requirements",
        "solutions",
        "tests",
    }
)
MOST_FOLDERS = 1000  # in which it is looked whether something was handed in


class Ambiguous(Exception):
    """A folder may be one submission or a class's; the text says why, and what to do."""


@dataclass(frozen=True)
class Entry:
    """A submission that was found and not read yet; see `Submission`. `paths` are its files and folders."""

    name: str
    student: str
    person: str
    late: bool
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    name: tells it from all others, and stays the same from run to run: its path in the folder.
    student: the id in a Canvas or Moodle name, else the name without its suffix.
    person: the person's name where the file's name tells it, else "".
    late: the platform's own mark.
    modified: the newest change of its files, in seconds since the epoch; 0 if there are none.
    files: names inside the submission, and bytes.
    problem: why there is nothing to grade, for the instructor and the student.
    notes: what was left out, and why, though the rest counts.
    """

    name: str
    student: str
    person: str
    late: bool
    modified: float
    files: tuple[tuple[str, bytes], ...]
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """The SHA-256 of all names and bytes, and of what is said about the rest; not of times."""
        digest = hashlib.sha256()
        for name, data in self.files:
            spelled = name.encode("utf-8", "surrogatepass")
            digest.update(b"%d %d " % (len(spelled), len(data)) + spelled)
            digest.update(data)
        digest.update("\0".join([self.problem, *self.notes]).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


# Finding


def list_submissions(folder: Path) -> list[Entry]:
    """Find the submissions in a folder, in the order of their names.

    A single file is one submission, and so is a folder that itself holds exercises/ and nothing else that
    somebody may have handed in. A folder that can't be read has none. What `grade` wrote is no submission.

    Raises:
        Ambiguous: beside exercises/ lies what may be another submission, or the same student's.
    """
    try:
        if not folder.is_dir():
            return [_entry(folder.name, [folder])] if os.path.lexists(folder) else []
        names = sorted(os.listdir(folder))
        if "exercises" in names and (folder / "exercises").is_dir() and _is_one(folder, names):
            return [_entry(folder.resolve().name or "exercises", [folder])]
    except (OSError, ValueError):
        return []
    groups: dict[tuple[str, str, str], list[str]] = {}
    for name in names:
        handed = read_name(name)
        if is_results(folder / name):
            continue
        if not is_junk(name) and (handed.platform or os.path.splitext(name)[1].lower() not in BESIDE):
            key = (handed.platform, handed.person, handed.student) if handed.platform else ("", "", name)
            groups.setdefault(key, []).append(name)
    return _tell_apart(
        _entry(_name_group(group), [folder / name for name in group]) for group in groups.values()
    )


def _is_one(folder: Path, names: Iterable[str]) -> bool:
    """Whether a folder with exercises/ in it is one student's, by what else lies there."""
    others = [name for name in names if name not in OF_COURSE and not is_junk(name)]
    others = [name for name in others if not is_results(folder / name)]
    certain = [
        name for name in others if read_name(name).platform or os.path.isdir(folder / name / "exercises")
    ]
    is_course = all((folder / name).is_dir() for name in ("classroom", "minews"))
    likely = certain or [name for name in others if not is_course and _may_be_handed_in(folder / name)]
    if likely and (is_course or not certain):
        raise Ambiguous(_AMBIGUOUS.format(folder=folder, others=list_names(likely)))
    return not likely


def _may_be_handed_in(path: Path) -> bool:
    if not path.is_dir():
        return bool(kind_of(path.name))
    below = islice(os.walk(path), MOST_FOLDERS)
    return not path.is_symlink() and any(kind_of(name) for _, _, names in below for name in names)


def is_results(path: Path) -> bool:
    """Whether it is a folder with the results of a run, and not one that a platform named."""
    files = (os.path.isfile(path / name) for name in ("results.jsonl", "run.json"))
    return all(files) and not read_name(path.name).platform


def _name_group(names: list[str]) -> str:
    """One file's own name; of several of one student what they have in common: "mueller_12345"."""
    handed = read_name(names[0])
    return names[0] if len(names) == 1 else f"{handed.person}_{handed.student}"


def _entry(name: str, paths: list[Path]) -> Entry:
    handed = [read_name(path.name, is_folder=path.is_dir()) for path in paths]
    late = any(each.late for each in handed)
    student = handed[0].student or clean_name(name)
    return Entry(clean_name(name), student, handed[0].person, late, tuple(paths))


def _tell_apart(entries: Iterable[Entry]) -> list[Entry]:
    """Give a number to names that came out the same after odd bytes were spelled out."""
    taken: dict[str, Entry] = {}
    for entry in entries:
        name, number = entry.name, 2
        while name in taken:
            name, number = f"{entry.name} ({number})", number + 1
        taken[name] = Entry(name, entry.student, entry.person, entry.late, entry.paths)
    return list(taken.values())


# Reading


def read_submission(entry: Entry) -> Submission:
    """Read the bytes of a submission, as many as there may be; what stands in the way becomes words."""
    found = Collector()
    for path in entry.paths:
        found.add(path, _inner_name(path, found))
    files = tuple((clean_name(name), data) for name, data in found.files)
    problem = "" if files else _explain_nothing(entry, found)
    notes = tuple(found.notes) if files else ()
    return Submission(
        entry.name, entry.student, entry.person, entry.late, found.newest, files, problem, notes
    )


def _inner_name(path: Path, found: Collector) -> str:
    """What a file is called inside its submission: as the student named it; "" for a folder."""
    if path.is_dir() and not path.is_symlink():
        return ""
    handed: Handed = read_name(path.name)
    taken = {name for name, _ in found.files}
    return handed.file if handed.file and handed.file not in taken else path.name


def _explain_nothing(entry: Entry, found: Collector) -> str:
    """Why a submission has no file that could be graded, and what to hand in."""
    if found.notes:
        return " ".join([*found.notes[:3], NOTHING])
    if not found.others:
        return f"{shorten(entry.name)} is empty. {NOTHING}"
    others = list_names(found.others)
    if any(os.path.splitext(name)[1].lower() in OTHER_ARCHIVES for name in found.others):
        return f"{others}: of archives only zip files are opened. {NOTHING}"
    return f"There is no Python file, notebook or zip file, only {others}. {NOTHING}"


_AMBIGUOUS = """\
{folder} holds exercises/, as one student's folder does.
But beside it lies what others may have handed in: {others}.
If it is one student's, put the whole of it into an empty folder that has the student's name, and that into
another, which you name. If exercises/ is one submission of many, rename it: its name is the student."""
NOTHING = (
    "So there was nothing to grade. Hand in the zip file that `python3 -m classroom submit` makes, "
    "your exercises folder, or your notebooks."
)
