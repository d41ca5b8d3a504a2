"""What students get works by itself, holds the lessons that were asked for, and nothing of the solutions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from classroom import places
from classroom.build.exercises import is_skeleton, reference_source
from classroom.build.running import kernel_environment, make_client
from classroom.cli import main
from classroom.grading import contents
from classroom.grading.actions import tell_github
from classroom.grading.handout import write_handout
from classroom.grading.reading import read_work
from classroom.grading.submissions import list_submissions, read_submission
from classroom.regions import find_regions
from classroom.syllabus import all_exercises, find_exercise, find_lesson

HANDED_OUT = (1, 4)  # they share a module of exercises, study/examples.py
EXERCISES = [exercise for exercise in all_exercises() if exercise.lesson in HANDED_OUT]

pytestmark = pytest.mark.xdist_group("handout")


@pytest.fixture(scope="module")
def handout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handout") / "course"
    assert write_handout(HANDED_OUT, folder) == 0
    return folder


@pytest.fixture
def copy(handout: Path, tmp_path: Path) -> Path:
    """A handout to work in."""
    return Path(shutil.copytree(handout, tmp_path / "course"))


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type a command in a handout, where nothing of this checkout can be seen."""
    hidden = {"MINEWS_WORK", "PYTHONPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-m", "classroom", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8")


def write_answers(folder: Path, *wanted: str) -> None:
    """Write what minews has for some exercises."""
    for exercise in map(find_exercise, wanted):
        path = folder / "exercises" / f"{exercise.module.replace('.', '/')}.py"
        text = path.read_text(encoding="utf-8")
        region = find_regions(text, path)[exercise.id]
        assert region.text in text
        path.write_text(text.replace(region.text, reference_source(exercise)), encoding="utf-8")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# What is refused


def test_what_is_there_is_not_touched(tmp_path, capsys):
    (tmp_path / "course").mkdir()
    (tmp_path / "course.zip").write_bytes(b"mine")
    for name in ("course", "course.zip"):
        assert main(["handout", "--lessons", "4", "--out", str(tmp_path / name)]) == 1
        assert f"{name} exists already; nothing was written." in capsys.readouterr().err
    assert not list((tmp_path / "course").iterdir())
    assert (tmp_path / "course.zip").read_bytes() == b"mine"


def test_other_archives_than_zip_files_are_refused(tmp_path, capsys):
    assert main(["handout", "--lessons", "4", "--out", str(tmp_path / "course.tar.gz")]) == 1
    assert "of archives only .zip files are written" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_lessons_that_there_are_not(tmp_path, capsys):
    assert main(["handout", "--lessons", "77", "--out", str(tmp_path / "course")]) == 1
    assert "There are no such lessons; there are 0, 1, 4, 5 and 6." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_notebook_in_which_somebody_worked_is_not_handed_out(tmp_path, monkeypatch, capsys):
    lesson = find_lesson(4)
    source = places.NOTEBOOKS / f"{lesson.slug}.ipynb"
    notebook = nbformat.read(source, as_version=4)
    notebook.cells[2].source += "\n# my answer"
    nbformat.write(notebook, tmp_path / source.name)
    monkeypatch.setattr(places, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr("classroom.grading.contents.WHOLE", ())
    assert write_handout((4,), tmp_path / "course") == 1
    assert "is not as the build left it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


# What is in it


@pytest.mark.slow
def test_it_holds_the_lessons_and_no_others(handout):
    found = names(handout)
    assert {name for name in found if name.startswith("notebooks/")} == {
        f"notebooks/{find_lesson(number).slug}.ipynb" for number in HANDED_OUT
    }
    for name in found:
        numbered = [part for part in ("_00", "_05", "_06", "00_", "05_", "06_") if part in Path(name).name]
        assert not numbered, name


@pytest.mark.slow
def test_nothing_is_solved_and_what_is_the_teachers_stays_at_home(handout):
    found = names(handout)
    at_home = (
        "solutions/",
        "benchmarks/",
        "lessons/",
        ".ci/",
        ".git/",
        "classroom/grading/",
        "tests/minews/",
    )
    assert not [
        name for name in found if name.startswith(at_home) or "/test_" in name or "__pycache__" in name
    ]
    left = set(EXERCISES)
    for path in (handout / "exercises").rglob("*.py"):
        for number, region in find_regions(path.read_text(encoding="utf-8"), path).items():
            exercise = find_exercise(number)
            assert exercise in left and is_skeleton(region.text, exercise)
            left.discard(exercise)
    assert not left
    for path in (handout / "notebooks").iterdir():
        cells = nbformat.read(path, as_version=4).cells
        assert not [cell.id for cell in cells if cell.get("outputs") or cell.get("execution_count")]


def test_the_projects_own_tests_of_a_lesson_stay_at_home(tmp_path):
    assert list((places.TESTS / "mistakes").glob("test_*_05_*.py"))
    contents.copy_lesson(find_lesson(5), tmp_path)
    found = names(tmp_path)
    assert "tests/mistakes/lesson_05_reading.py" in found
    assert not [name for name in found if "/test_" in name]


@pytest.mark.slow
def test_the_exercises_name_no_command_that_students_lack(handout):
    texts = [path.read_text() for path in (handout / "exercises").rglob("*.py")]
    assert texts and not [text for text in texts if "classroom build" in text]


def test_whatever_is_not_made_for_it_is_the_courses_own(handout):
    made = ("exercises/", "notebooks/", "README.md", ".github/")
    for name in sorted(names(handout)):
        if not name.startswith(made):
            assert (handout / name).read_bytes() == (places.ROOT / name).read_bytes(), name
    notebook = f"notebooks/{find_lesson(4).slug}.ipynb"
    assert (handout / notebook).read_bytes() == (places.ROOT / notebook).read_bytes()


@pytest.mark.slow
def test_the_readme_and_the_workflow_name_the_lessons(handout):
    readme = (handout / "README.md").read_text(encoding="utf-8")
    workflow = (handout / ".github/workflows/classroom.yml").read_text(encoding="utf-8")
    assert "(notebooks/01_tcp.ipynb) | 6 | 150 |" in readme and "06_browser" not in readme
    assert yaml.safe_load(workflow)["env"]["LESSONS"] == "1,4"
    assert "@" not in readme and "@NUMBERS@" not in workflow


@pytest.mark.slow
def test_a_zip_holds_the_same(handout, tmp_path, capsys):
    assert main(["handout", "--lessons", "1-4", "--out", str(tmp_path / "new" / "course.zip")]) == 0
    assert "There is no lesson 2 or 3 yet" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "new" / "course.zip") as archive:
        archive.extractall(tmp_path)
    assert names(tmp_path / "course") == names(handout)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["course.zip"]


# It works


@pytest.mark.slow
def test_the_students_commands_work_in_it(copy):
    write_answers(copy, "4.2")
    checked = run(copy, "check", "4.2")
    assert checked.returncode == 0 and "4.2 accept_value" in checked.stdout, checked.stderr
    assert run(copy, "check").returncode == 1
    lines = run(copy, "status", "--json").stdout.splitlines()
    verdicts = {each["exercise"]: each["verdict"] for each in map(json.loads, lines)}
    assert verdicts == {each.id: "passed" if each.id == "4.2" else "not-written" for each in EXERCISES}
    for level in "1234":
        hint = run(copy, "hint", "4.5", "--level", level)
        assert hint.returncode == 0 and hint.stdout.strip() and not hint.stderr
    assert run(copy, "doctor").returncode == 0


@pytest.mark.slow
def test_the_teachers_commands_are_not_there(copy):
    words = run(copy, "--help").stdout
    assert "submit" in words
    assert not [name for name in ("handout", "grade", "report", "build") if f"    {name} " in words]
    for name in ("grade", "test"):
        refused = run(copy, name, ".")
        assert refused.returncode == 2 and "Traceback" not in refused.stderr


@pytest.mark.slow
def test_what_submit_packs_there_is_what_grade_reads(copy, tmp_path, capsys):
    write_answers(copy, "4.2", "1.1")
    handed_in = tmp_path / "handed in"
    handed_in.mkdir()
    assert run(copy, "submit", "--out", str(handed_in / "ann.zip")).returncode == 0
    (entry,) = list_submissions(handed_in)
    work = read_work(read_submission(entry).files, EXERCISES)
    assert not work.problems and set(work.pieces) == {each.id for each in EXERCISES}
    assert work.pieces["4.2"].text.strip() == reference_source(find_exercise("4.2")).strip()
    grades = tmp_path / "grades"
    words = ["grade", str(handed_in), "--out", str(grades), "--lessons", "4", "--trust-submissions"]
    assert main([*words, "--jobs", "1"]) == 0
    (line,) = (grades / "results.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts = {number: each["verdict"] for number, each in json.loads(line)["exercises"].items()}
    assert verdicts.pop("4.2") == "passed" and set(verdicts.values()) == {"not-written"}


@pytest.mark.slow
def test_the_whole_handout_handed_in_earns_nothing_by_its_reference(handout, tmp_path):
    shutil.copytree(handout, tmp_path / "handed in" / "ann")
    (entry,) = list_submissions(tmp_path / "handed in")
    work = read_work(read_submission(entry).files, EXERCISES)
    assert {each.exercise for each in work.pieces.values()} == {each.id for each in EXERCISES}
    for exercise in EXERCISES:
        assert is_skeleton(work.pieces[exercise.id].text, exercise)


@pytest.mark.slow
@pytest.mark.parametrize("number", HANDED_OUT)
def test_the_notebooks_run_from_top_to_bottom(copy, number):
    notebook = nbformat.read(copy / "notebooks" / f"{find_lesson(number).slug}.ipynb", as_version=4)
    environment = {**kernel_environment(copy), "PYTHONPATH": str(copy)}
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import classroom; print(classroom.__file__)"))
    make_client(notebook).execute(env=environment, cwd=str(copy / "notebooks"))
    assert notebook.cells[0].outputs[0].text.startswith(str(copy))
    verdicts = [cell for cell in notebook.cells if cell.get("id", "").startswith("exercise-")]
    assert len(verdicts) == len(find_lesson(number).exercises) and all(cell.outputs for cell in verdicts)


# The workflow

SUDO = """#!/bin/sh
case "$1" in --preserve-env=*) shift;; esac
exec "$@"
"""


@pytest.fixture
def runner(copy: Path, tmp_path: Path) -> Path:
    """What a runner of GitHub Actions finds: the pushed repository, and the course beside it."""
    copy.rename(tmp_path / "pushed")
    (tmp_path / "course").symlink_to(places.ROOT)
    (tmp_path / "bin").mkdir()
    sudo = tmp_path / "bin" / "sudo"
    sudo.write_text(SUDO, encoding="utf-8")
    sudo.chmod(0o755)
    return tmp_path


def do_steps(runner: Path, first: int) -> list[subprocess.CompletedProcess[str]]:
    """Run the workflow's own commands, from a step on; without a sandbox, which not every machine gives."""
    workflow = yaml.safe_load((runner / "pushed/.github/workflows/classroom.yml").read_text(encoding="utf-8"))
    (steps,) = [job["steps"] for job in workflow["jobs"].values()]
    path = os.pathsep.join([str(runner / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": str(runner / "summary.md")}
    environment |= {"LESSONS": workflow["env"]["LESSONS"], "NAME": "lesson-4-ann"}
    done = []
    for step in steps[first:]:
        folder = runner / step.get("working-directory", ".")
        script = step["run"].replace("--out ../grades", "--out ../grades --trust-submissions")
        script = script.replace("../", f"{runner}/")  # `course` is only a link here
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        done.append(
            subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8")
        )
    return done


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the workflow runs on Linux")
def test_the_workflow_grades_the_answers_with_the_courses_own_cases(runner):
    pushed = runner / "pushed"
    write_answers(pushed, "4.2")
    for path in (pushed / "tests" / "exercises").glob("*.py"):
        path.write_text("raise SystemExit('a student was here')")
    (pushed / "notebooks" / "secret.ipynb").symlink_to("/etc/passwd")
    took, graded, told = do_steps(runner, first=3)
    assert (took.returncode, graded.returncode, told.returncode) == (0, 0, 0), graded.stderr + told.stderr
    assert sorted(path.name for path in (runner / "submissions" / "lesson-4-ann").iterdir()) == [
        "exercises",
        "notebooks",
    ]
    notices = [line for line in told.stdout.splitlines() if line.startswith("::notice")]
    assert notices == [
        "::notice title=Autograding complete::Points 1/15",
        '::notice title=Autograding report::{"totalPoints": 1.0, "maxPoints": 15.0}',
    ]
    summary = (runner / "summary.md").read_text(encoding="utf-8")
    assert "1 of 15 points" in summary and "root:" not in summary
    assert "is a link and was not followed" in summary


def test_the_workflow_does_nothing_until_the_course_is_named():
    text = (places.ROOT / "classroom/grading/handed_out/classroom.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    (job,) = workflow["jobs"].items()
    first = job[1]["steps"][0]
    assert first["if"] == f"env.COURSE == '{workflow['env']['COURSE']}'" and "exit 1" in first["run"]
    # What programs that collect points look for.
    assert (workflow["name"], job[0]) == ("Autograding Tests", "run-autograding-tests")
    assert workflow["permissions"] == {"contents": "read"}


def test_a_grader_that_failed_tells_no_points(tmp_path, capsys):
    result = {
        "submission": "ann",
        "student": "ann",
        "hash": "0",
        "tests": "0",
        "error": "it broke",
        "exercises": {},
    }
    (tmp_path / "results.jsonl").write_text(json.dumps(result) + "\n", encoding="utf-8")
    (tmp_path / "run.json").write_text(
        json.dumps({"exercises": {"4.2": {"name": "accept_value"}}}), encoding="utf-8"
    )
    assert tell_github(tmp_path) == 1
    said = capsys.readouterr().out
    assert "::error title=The grader failed::" in said and "Points" not in said
