"""What a verdict depends on besides the submission, as one hash: a change of it asks for a new verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from .. import places

__all__ = ["hash_tests"]

# Parts of classroom/ that no verdict depends on.
ASIDE = ("build", "grading", "lab", "syllabus/__pycache__", "widgets")
JUDGING = ("copies.py", "judging.py", "likeness.py", "reading.py", "sandbox.py")


def hash_tests(lessons: Iterable[int], hidden: Path | None = None) -> str:
    """Return the hash of cases, known mistakes, the reference and the machinery.

    Arguments:
        lessons: the numbers of the lessons that are graded; the cases of others don't count.
        hidden: the folder of the hidden cases.
    """
    digest = hashlib.sha256()
    for path in [*_files(lessons), *(sorted(hidden.rglob("*.py")) if hidden else ())]:
        data = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(data).digest())
    return digest.hexdigest()


def _files(lessons: Iterable[int]) -> Iterator[Path]:
    for lesson in sorted(set(lessons)):
        for folder in ("exercises", "mistakes"):
            yield from sorted((places.TESTS / folder).glob(f"*_{lesson:02}*.py"))
    yield from sorted((places.ROOT / "minews").rglob("*.py"))
    classroom = places.ROOT / "classroom"
    for path in sorted([*classroom.rglob("*.py"), *classroom.rglob("*.toml")]):
        if path.relative_to(classroom).parts[0] not in ASIDE:
            yield path
    yield from (classroom / "grading" / name for name in JUDGING)
