"""The command `report`: read the results once, write everything, say what is where."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..course import Course, CourseError
from ..course_file import load_course
from ..exports import Entry, Exports
from ..exports.tables import write_csv
from ..judging import TRUSTED
from ..likeness import Likeness, find_likeness
from ..naming import name_files, plain_cell, write_file
from ..points import counted_exercises, grade_submission
from ..results import Journal, RunInfo, open_journal, read_run
from ..times import load_times
from .alike import write_alike
from .gathering import Class
from .page import write_page
from .people import People

__all__ = ["find_course", "report"]

MOST_SAID = 10  # on the terminal
MOODLE = {
    "worksheet": "for Moodle: only the assignment from which this was downloaded",
    "gradebook": "for Moodle: Grades, Import, CSV file",
}


def report(folder: Path, *, anonymous: bool = False, course: Path | None = None) -> int:
    """Write report.html, exports/ and feedback/ into a folder of grades, and say what is where.

    Points follow course.toml as it is now, so changing it needs no new run.

    Arguments:
        folder: GRADES, with results.jsonl.
        anonymous: numbers in place of names in report.html. The exports keep the names, since gradebooks need
            them; exports/numbers.csv says who is which number.
        course: course.toml; if None, the one that was given to `grade`, or GRADES/course.toml, or none.

    Returns:
        0 if it was written; 1 if not, since there is nothing to report or course.toml can't be used, or if
        the grader had failed on some submissions.
    """
    try:
        journal = open_journal(folder / "results.jsonl")
        run = read_run(folder / "run.json", journal)
        rules = load_course(course or find_course(folder, run))
        times = load_times(rules)
    except OSError as error:
        print(_explain_no_results(folder, error), file=sys.stderr)
        return 1
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    exercises = counted_exercises(run, rules)
    if not exercises or not len(journal):
        print(
            f"Nothing in {folder} counts: no results, or none of the lessons of course.toml.", file=sys.stderr
        )
        return 1
    names = name_files(journal.places)
    found, exports = Class(exercises), Exports(folder, run, rules, exercises, names)
    gone: list[str] = []
    for result in journal:
        if not run.has(result.submission):
            gone.append(result.submission)
            exports.remove(result)
            continue
        grade = grade_submission(result, exercises, rules, times.find(result))
        found.add(result, grade)
        exports.add(result, grade)
    others = exports.finish()
    people = People(found.rows, anonymous)
    likeness = _find_alike(folder, found.prints, people)
    found.prints.clear()
    alike = write_alike(likeness, journal, run, people, exercises)
    unused = list(times.unused)
    page = write_page(found, run, rules, people, alike, _notes(journal, run), others, names, gone, unused)
    write_file(folder / "report.html", page)
    _write_numbers(folder, people)
    _say(folder, found, likeness, exports.written, anonymous)
    _say_gone(gone)
    _say_late(found, rules)
    _say_left_out(others)
    _say_unused(unused)
    return 1 if any(row.error for row in found.rows) else 0


def _explain_no_results(folder: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and folder.is_dir():
        return f"There are no results in {folder}: name the folder that `grade` wrote with --out."
    return f"There are no results in {folder}: {error.strerror or error}."


def find_course(folder: Path, run: RunInfo) -> Path | None:
    """The course.toml of a run: the one that was given to `grade`, or the one in the folder, or none."""
    for path in (Path(run.course) if run.course else None, folder / "course.toml"):
        if path is not None and path.is_file():
            return path
    return None


def _find_alike(folder: Path, prints: Sequence[dict[str, array[int]]], people: People) -> Likeness:
    likeness = find_likeness(prints)
    rows = [["First", "Second", "Alike (%)", "Fingerprints in common", "Of"]]
    for pair in likeness.pairs:
        names = [plain_cell(people.rows[place].submission) for place in (pair.first, pair.second)]
        rows.append([*names, f"{100 * pair.part:.0f}", str(pair.shared), str(pair.of)])
    write_csv(folder / "exports" / "alike.csv", rows, mark=True)
    return likeness


def _notes(journal: Journal, run: RunInfo) -> list[str]:
    notes = []
    if run.isolation == TRUSTED:
        notes.append(
            "Nothing was isolated (--trust-submissions): what was handed in ran with the rights of whoever "
            "graded it, and could have changed files, and its own points."
        )
    if journal.torn:
        notes.append(
            "The last line of results.jsonl was cut off, as happens when a run is killed. That submission "
            "is not in this report; run grade again, and it goes on where it was."
        )
    if journal.unread:
        lines = ", ".join(map(str, journal.unread[:10])) + (" ..." if len(journal.unread) > 10 else "")
        notes.append(f"Lines of results.jsonl that can't be read, and are left out: {lines}.")
    return notes


def _write_numbers(folder: Path, people: People) -> None:
    path = folder / "exports" / "numbers.csv"
    if not people.anonymous:
        path.unlink(missing_ok=True)
        return
    rows = [[str(number), plain_cell(people.rows[at].submission)] for at, number in people.numbers.items()]
    write_csv(path, [["Number", "Submission"], *sorted(rows, key=lambda row: int(row[0]))], mark=True)


def _say_gone(gone: Sequence[str]) -> None:
    if gone:
        lie = "submission lies" if len(gone) == 1 else "submissions lie"
        print(f"{len(gone):,} graded {lie} in the folder no more, so report and gradebooks are without:")
        _say_some(map(repr, gone))


def _say_late(found: Class, course: Course) -> None:
    late = sum(bool(row.grade.days) for row in found.rows)
    if late and course.late:
        by = "the times of their files" if course.late.time == "file" else str(course.late.time)
        print(f"{late:,} of {_count(len(found.rows), 'submission')} late, by {by}.")


def _say_some(lines: Iterable[str]) -> None:
    """Print some lines, and how many there are besides."""
    every = list(lines)
    for line in every[:MOST_SAID]:
        print(f"    {line}")
    if len(every) > MOST_SAID:
        print(f"    and {len(every) - MOST_SAID:,} more, in the report")


def _say_left_out(others: Sequence[tuple[Entry, Entry]]) -> None:
    if others:
        print("Of a student's submissions the newest alone is in the gradebooks. Left out:")
        _say_some(
            f"{left_out.submission!r}, since {counts.submission!r} counts" for left_out, counts in others
        )


def _say_unused(names: Sequence[str]) -> None:
    if names:
        listed = ", ".join(repr(name) for name in names[:MOST_SAID])
        listed += " ..." if len(names) > MOST_SAID else ""
        print(
            f"Rows of the table of times that belong to no submission: {listed}. The names that it takes are "
            "those in the first two columns of exports/points.csv."
        )


def _say(folder: Path, found: Class, likeness: Likeness, written: Sequence[str], anonymous: bool) -> None:
    failed = sum(bool(row.error) for row in found.rows)
    if failed:
        print(f"The grader FAILED on {failed} of {_count(len(found.rows), 'submission')}: no points there.")
        print("The top of the report says what to do.")
    moodle = [(f"exports/{name}", MOODLE[name.split("-")[1].removesuffix(".csv")]) for name in written]
    lines = [
        ("report.html", f"the class at a glance, {_count(len(found.rows), 'submission')}"),
        ("feedback/", "for each student, as HTML and Markdown"),
        ("exports/points.csv", "all points, for a spreadsheet"),
        ("exports/canvas.csv", "for Canvas: Gradebook, Import"),
        *moodle,
        ("exports/gradescope/", "a results.json for each submission"),
        ("exports/github/", "check runs, and points for GitHub Classroom"),
        ("exports/alike.csv", f"{_count(len(likeness.pairs), 'pair')} that look alike"),
        *([("exports/numbers.csv", "who is which number in the report")] if anonymous else []),
    ]
    print(f"Written to {folder}:")
    for name, what in lines:
        print(f"    {name:<{max(len(each) for each, _ in lines) + 2}}{what}")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
