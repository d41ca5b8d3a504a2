"""`classroom build`: notebooks, exercises and solutions from their sources, and nobody's work lost."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from classroom import mistakes, places
from classroom.build import build, builder, running
from classroom.build.editions import setup_source
from classroom.build.lessons import LessonError, read_lesson
from classroom.build.notebooks import make_cell, make_notebook, read_notebook, write_notebook
from classroom.build.prose import describe_exercise, describe_mistakes, link_sections
from classroom.build.running import find_output_problems, run_notebooks
from classroom.regions import find_regions, reference_source, skeleton
from classroom.syllabus import LESSONS, Lesson, find_exercise, find_lesson

LESSON = find_lesson(4)
ACCEPT_VALUE = find_exercise("accept_value")
WRITTEN = "def accept_value(key):\n    return key.upper()"
STUDENT, SOLUTIONS = f"notebooks/{LESSON.slug}.ipynb", f"solutions/{LESSON.slug}.ipynb"


def write_lesson(lesson: Lesson) -> str:
    """A small lesson with every kind of cell, for the exercises of a real one."""
    cells = [f'# %% [markdown] id="title"\n# # {lesson.title}', "# %% setup", '# %% id="try"\nprint("hello")']
    for exercise in lesson.exercises:
        key = exercise.name.replace("_", "-")
        cells.append(f'# %% [markdown] id="{key}"\n# ## {exercise.title}')
        cells.append(f"# %% exercise {exercise.id} {exercise.name}")
        cells.append(f'# %% [markdown] tags=["solution"] id="{key}-why"\n# Why {exercise.name} works.')
    return "\n\n".join([*cells, '# %% [markdown] id="end"\n# The end.']) + "\n"


class Course:
    """A project in a folder of its own: minews copied, made-up lessons, everything else built."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.capsys = capsys

    def build(self, check: bool = False) -> SimpleNamespace:
        """Build without running solutions; what is asked of their outputs is left to other tests."""
        self.capsys.readouterr()
        code = build(check, execute=False, into=self.root)
        return SimpleNamespace(code=code, text=self.capsys.readouterr().out)

    def check(self) -> SimpleNamespace:
        return self.build(check=True)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def cells(self, name: str) -> dict[str, str]:
        notebook = read_notebook(self.root / name)
        assert notebook is not None
        return {cell.id: cell.source for cell in notebook.cells}

    def kept(self, pattern: str) -> list[Path]:
        return sorted(self.root.glob(pattern))


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Course:
    shutil.copytree(places.ROOT / "minews", tmp_path / "minews", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "lessons").mkdir()
    for lesson in LESSONS:
        (tmp_path / "lessons" / f"{lesson.slug}.py").write_text(write_lesson(lesson), encoding="utf-8")
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(places, "LESSONS", tmp_path / "lessons")
    monkeypatch.setenv("MINEWS_WORK", str(tmp_path))
    monkeypatch.setattr("classroom.build.comparing.find_output_problems", lambda notebook: [])
    course = Course(tmp_path, capsys)
    assert course.build().code == 0
    return course


class TestWhatIsBuilt:
    def test_building_again_changes_nothing(self, course: Course) -> None:
        before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
        built = course.build()
        assert built.code == 0 and "written" not in built.text
        assert {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()} == before

    def test_check_finds_nothing_to_say_after_a_build(self, course: Course) -> None:
        checked = course.check()
        assert checked.code == 0, checked.text

    def test_each_file_gets_a_line(self, course: Course) -> None:
        text = course.build().text
        for name in ("exercises/handshake.py", STUDENT, SOLUTIONS):
            assert re.search(rf"^{re.escape(name)} +unchanged$", text, re.MULTILINE)

    def test_an_exercise_cell_is_the_skeleton_and_a_check(self, course: Course) -> None:
        cells = course.cells(STUDENT)
        for exercise in LESSON.exercises:
            source = cells[f"exercise-{exercise.id.replace('.', '-')}"]
            assert source == f"{skeleton(exercise)}\n\ncheck({exercise.name})"

    def test_a_solution_is_the_reference_its_reasons_and_no_saving(self, course: Course) -> None:
        cells = course.cells(SOLUTIONS)
        for exercise in LESSON.exercises:
            source = cells[f"exercise-{exercise.id.replace('.', '-')}"]
            assert source == f"{reference_source(exercise)}\n\ncheck({exercise.name}, save=False)"
        assert cells["accept-value-why"] == "Why accept_value works."
        assert not any(key.endswith("-why") for key in course.cells(STUDENT))

    def test_the_introduction_gets_the_facts_of_its_exercise(self, course: Course) -> None:
        for name in (STUDENT, SOLUTIONS):
            assert course.cells(name)["accept-value"] == (
                f"## {ACCEPT_VALUE.title}\n\n{describe_exercise(ACCEPT_VALUE)}"
            )

    def test_the_facts_link_the_sections_and_name_the_neighbours(self) -> None:
        text = describe_exercise(find_exercise("check_server_handshake"))
        assert "Exercise 4.8" in text and "it may call `accept_value` and `header_tokens`" in text
        assert link_sections(["4.2.2", "1.3", "RFC 9110 5.6.1"]) == (
            "RFC 6455 sections [4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2)"
            " and [1.3](https://www.rfc-editor.org/rfc/rfc6455#section-1.3),"
            " RFC 9110 section [5.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1)"
        )

    def test_the_setup_cell_gives_what_the_skeletons_need(self, course: Course) -> None:
        namespace: dict[str, object] = {}
        exec(setup_source(LESSON).partition("from classroom")[0], namespace)
        for exercise in LESSON.exercises:
            exec(skeleton(exercise), namespace)

    def test_the_student_edition_has_no_outputs_and_no_trace_of_a_machine(self, course: Course) -> None:
        notebook = json.loads(course.read(STUDENT))
        assert all(cell["outputs"] == [] for cell in notebook["cells"] if cell["cell_type"] == "code")
        assert set(notebook["metadata"]) == {"kernelspec", "language_info", "minews"}
        assert notebook["metadata"]["language_info"] == {"name": "python"}
        assert str(course.root) not in course.read(STUDENT)
        nbformat.validate(notebook)

    def test_wrong_answers_that_people_give_follow_the_reasons(
        self, course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        real = mistakes.Mistake("4.2", "hexdigest", "How long is it?", ("1.3",), "a forum", False, False, str)
        ours = mistakes.Mistake("4.2", "made-up", "Really?", (), "", False, False, str)
        monkeypatch.setattr("classroom.build.prose.mistakes_of", lambda exercise: (ours, real))
        monkeypatch.setattr("classroom.build.prose._mistakes_exist", lambda exercise: True)
        text = describe_mistakes(ACCEPT_VALUE)
        assert "- `hexdigest`: How long is it?" in text and "made-up" not in text
        course.build()
        keys = list(course.cells(SOLUTIONS))
        assert keys.index("exercise-4-2-mistakes") == keys.index("accept-value-why") + 1
        assert "exercise-4-2-mistakes" not in course.cells(STUDENT)


class TestCheck:
    def test_an_edited_docstring_of_minews_is_seen_and_named(self, course: Course) -> None:
        course.edit("minews/handshake.py", "Compute what a server answers", "Work out what a server answers")
        checked = course.check()
        assert checked.code == 1
        assert "exercises/handshake.py: 4.2 accept_value is not the skeleton" in checked.text
        assert f"{STUDENT}: the cell of exercise 4.2 accept_value differs" in checked.text
        assert f"{SOLUTIONS}: the cell of exercise 4.2 accept_value differs" in checked.text
        assert '    line 2 should be \'    """Work out what a server answers' in checked.text
        assert "4.1 make_key" not in checked.text

    def test_edited_code_of_minews_is_seen_in_the_solutions_alone(self, course: Course) -> None:
        course.edit("minews/handshake.py", "(random_bytes(16))", "(random_bytes(8 + 8))")
        checked = course.check()
        assert f"{SOLUTIONS}: the cell of exercise 4.1 make_key differs" in checked.text
        assert STUDENT not in checked.text and "exercises/" not in checked.text

    def test_edited_prose_of_a_lesson_is_seen(self, course: Course) -> None:
        course.edit(f"lessons/{LESSON.slug}.py", "# The end.", "# The very end.")
        checked = course.check()
        assert f'{STUDENT}: cell "end" differs\n    line 1 is        The end.' in checked.text

    def test_a_new_and_a_lost_cell_are_named(self, course: Course) -> None:
        course.edit(f"lessons/{LESSON.slug}.py", 'id="try"', 'id="attempt"')
        assert 'cell "try" stands where the lesson has cell "attempt"' in course.check().text
        course.edit(f"lessons/{LESSON.slug}.py", '# %% id="attempt"\nprint("hello")\n\n', "")
        assert course.check().code == 1

    def test_a_written_region_is_named(self, course: Course) -> None:
        course.edit("exercises/handshake.py", skeleton(ACCEPT_VALUE), WRITTEN)
        checked = course.check()
        assert checked.code == 1 and "4.2 accept_value is written" in checked.text

    def test_outputs_in_the_student_edition_are_named(self, course: Course) -> None:
        notebook = read_notebook(course.root / STUDENT)
        assert notebook is not None
        notebook.cells[2].execution_count = 1
        (course.root / STUDENT).write_text(write_notebook(notebook))
        assert 'cell "try" has outputs' in course.check().text

    def test_metadata_of_a_machine_are_named(self, course: Course) -> None:
        course.edit(STUDENT, '"language_info": {', '"widgets": {},\n  "language_info": {')
        assert f"{STUDENT}: the notebook's metadata differ at 'widgets'" in course.check().text

    @pytest.mark.parametrize("name", [STUDENT, SOLUTIONS, "exercises/handshake.py", "exercises/__init__.py"])
    def test_a_missing_file_is_named(self, course: Course, name: str) -> None:
        (course.root / name).unlink()
        checked = course.check()
        assert checked.code == 1 and f"{name}: " in checked.text

    @pytest.mark.parametrize("name", [STUDENT, SOLUTIONS])
    def test_a_broken_notebook_is_named(self, course: Course, name: str) -> None:
        (course.root / name).write_text("{<<<<<<< HEAD")
        assert f"{name}: is not a valid notebook" in course.check().text

    @pytest.mark.parametrize(
        "name", ["notebooks/99_x.ipynb", "solutions/99_x.ipynb", "exercises/x.py", "lessons/99_x.py"]
    )
    def test_a_stray_file_is_named(self, course: Course, name: str) -> None:
        (course.root / name).write_text("")
        checked = course.check()
        assert checked.code == 1 and f"{name}: " in checked.text

    def test_check_changes_nothing(self, course: Course) -> None:
        course.edit("minews/handshake.py", "Compute what a server answers", "Work out")
        before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
        course.check()
        assert {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()} == before


class TestNobodysWorkIsLost:
    def test_a_written_region_survives_and_the_rest_is_renewed(self, course: Course) -> None:
        course.edit("exercises/handshake.py", skeleton(ACCEPT_VALUE), f"# mine\n{WRITTEN}")
        course.edit("minews/handshake.py", "Draw the key", "Pick the key")
        course.edit("minews/handshake.py", "Compute what a server", "Work out what a server")
        built = course.build()
        text = course.read("exercises/handshake.py")
        regions = find_regions(text, Path("exercises/handshake.py"))
        assert regions["4.2"].text == f"# mine\n{WRITTEN}"
        assert "Pick the key" in regions["4.1"].text
        assert "new skeletons: 4.1 make_key" in built.text
        assert "yours, left alone: 4.2 accept_value" in built.text

    def test_what_a_file_of_exercises_was_is_kept(self, course: Course) -> None:
        before = course.read("exercises/handshake.py")
        course.edit("minews/handshake.py", "Draw the key", "Pick the key")
        built = course.build()
        (kept,) = course.kept(".minews/kept/handshake-*.py")
        assert kept.read_text() == before and kept.name in built.text

    @pytest.mark.parametrize(
        "mine",
        [
            "# first the digest, then base64\n{skeleton}",
            "{skeleton}\n    # 1 join the two",
            "def helper():\n    return 1\n\n\n{skeleton}",
            "{skeleton}\n\n\nTABLE = 1",
            "def accept_value(key):\n    return 1\n\n\n{skeleton}",
            "half a thought (",
            "",
        ],
    )
    def test_notes_and_halves_in_a_region_survive(self, course: Course, mine: str) -> None:
        mine = mine.format(skeleton=skeleton(ACCEPT_VALUE))
        course.edit("exercises/handshake.py", skeleton(ACCEPT_VALUE), mine)
        course.edit("minews/handshake.py", "Compute what a server", "Work out what a server")
        course.build()
        assert mine in course.read("exercises/handshake.py")

    def test_the_head_of_a_written_file_names_the_lessons_of_today(self, course: Course) -> None:
        name = "exercises/study/examples.py"
        course.edit(name, "the exercises of lessons 1, 4.", "the exercises of lesson 4.")
        course.edit(name, "classroom check 1.6`", "classroom check 4.9`")
        course.edit(name, skeleton(find_exercise("1.6")), "def examples_for_split():\n    return []")
        course.build()
        text = course.read(name)
        assert "the exercises of lessons 1, 4." in text and "classroom check 1.6`" in text
        assert "return []" in text

    def test_cells_and_imports_of_the_student_survive(self, course: Course) -> None:
        course.edit(
            "exercises/handshake.py", "import base64", "import base64\nimport struct\nimport decimal as d"
        )
        course.edit(
            "exercises/handshake.py", "# %% exercise 4.2", "# %% scratch\nprint('mine')\n\n# %% exercise 4.2"
        )
        course.edit("exercises/handshake.py", skeleton(ACCEPT_VALUE), WRITTEN)
        course.edit("minews/handshake.py", "Draw the key", "Pick the key")
        course.build()
        text = course.read("exercises/handshake.py")
        assert "import struct\nimport decimal as d" in text and "# %% scratch\nprint('mine')" in text
        assert "Pick the key" in text

    def test_a_new_import_of_minews_reaches_a_half_solved_file(self, course: Course) -> None:
        course.edit("exercises/handshake.py", skeleton(ACCEPT_VALUE), WRITTEN)
        course.edit("minews/handshake.py", "import base64\n", "import base64\nimport binascii\n")
        course.edit(
            "minews/handshake.py",
            "return base64.b64encode(random",
            "binascii\n    return base64.b64encode(random",
        )
        course.build()
        text = course.read("exercises/handshake.py")
        assert "\nimport binascii\n" in text.partition("\n# %%")[0] and WRITTEN in text
        compile(text, "handshake.py", "exec")

    def test_a_lost_region_comes_back(self, course: Course) -> None:
        fresh = course.read("exercises/handshake.py")
        course.edit(
            "exercises/handshake.py", f"# %% exercise 4.2 accept_value\n{skeleton(ACCEPT_VALUE)}\n\n\n", ""
        )
        course.build()
        assert course.read("exercises/handshake.py") == fresh

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('raise NotImplementedError("exercise 4.2")', "return 42"),
            ("The end.", "The end, I hope."),
            ('"id": "try"', '"id": "tried"'),
        ],
    )
    def test_a_changed_notebook_is_copied_beside_itself_first(
        self, course: Course, old: str, new: str
    ) -> None:
        fresh = course.read(STUDENT)
        course.edit(
            STUDENT, *((old, new) if old.startswith('"') else (json.dumps(old)[1:-1], json.dumps(new)[1:-1]))
        )
        mine = course.read(STUDENT)
        built = course.build()
        (kept,) = course.kept("notebooks/*.kept-*.ipynb")
        assert re.fullmatch(rf"{LESSON.slug}\.kept-\d{{8}}-\d{{6}}\.ipynb", kept.name)
        assert kept.read_text() == mine and course.read(STUDENT) == fresh
        assert kept.name in built.text
        assert course.check().code == 0, "a kept copy is no stray notebook"

    def test_a_broken_notebook_is_kept_too(self, course: Course) -> None:
        (course.root / STUDENT).write_text("{<<<<<<< HEAD")
        course.build()
        assert [path.read_text() for path in course.kept("notebooks/*.kept-*")] == ["{<<<<<<< HEAD"]

    def test_a_notebook_of_another_day_that_nobody_changed_is_just_replaced(self, course: Course) -> None:
        course.edit(f"lessons/{LESSON.slug}.py", "# The end.", "# The very end.")
        course.build()
        assert course.kept("notebooks/*.kept-*") == []
        assert course.cells(STUDENT)["end"] == "The very end."

    def test_outputs_alone_are_no_change_worth_a_copy(self, course: Course) -> None:
        fresh, notebook = course.read(STUDENT), read_notebook(course.root / STUDENT)
        assert notebook is not None
        notebook.cells[2].execution_count = 1
        (course.root / STUDENT).write_text(write_notebook(notebook))
        course.build()
        assert course.read(STUDENT) == fresh and course.kept("notebooks/*.kept-*") == []

    def test_ids_stay_when_a_lesson_grows(self, course: Course) -> None:
        before = list(course.cells(STUDENT))
        course.edit(f"lessons/{LESSON.slug}.py", '# %% id="try"', '# %% id="new"\nx = 1\n\n# %% id="try"')
        course.build()
        assert [key for key in course.cells(STUDENT) if key != "new"] == before


class TestLessons:
    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ('id="try"', "", 'needs an id="..."'),
            ('id="try"', 'id="end"', 'the id "end" is taken by a cell above'),
            ('id="try"', 'id="try" name="x"', "unknown words in the marker: name"),
            ("# %% exercise 4.2 accept_value", "# %% exercise 4.2", 'write "# %% exercise 4.2 accept_value"'),
            (
                "exercise 4.2 accept_value",
                "exercise 4.2 accept",
                "the syllabus has no exercise 4.2 accept in this",
            ),
            (
                "exercise 4.2 accept_value\n",
                "exercise 4.2 accept_value\nx = 1\n",
                "has a body, but the build writes it",
            ),
            ("# %% setup\n", "", 'it needs one "# %% setup" cell'),
            ("# %% exercise 4.2 accept_value\n", "", "its exercises are 4.1, 4.3"),
            (
                '# %% [markdown] id="accept-value"\n',
                '# %% id="accept-value"\n',
                "exercise-4-2 needs a markdown cell",
            ),
            (
                'tags=["solution"] id="accept-value-why"',
                'id="a"\n# %% [markdown] tags=["solution"] id="b"',
                "is for sol",
            ),
        ],
    )
    def test_what_is_wrong_with_a_lesson_is_said(
        self, tmp_path: Path, old: str, new: str, problem: str
    ) -> None:
        path = tmp_path / "lesson.py"
        assert old in write_lesson(LESSON)
        path.write_text(write_lesson(LESSON).replace(old, new))
        with pytest.raises(LessonError, match=re.escape(problem)):
            read_lesson(path, LESSON)

    def test_a_missing_lesson_is_said_and_nothing_is_written(self, course: Course) -> None:
        (course.root / "lessons" / f"{LESSON.slug}.py").unlink()
        (course.root / STUDENT).unlink()
        built = course.build()
        assert built.code == 1 and f"lessons/{LESSON.slug}.py" in built.text
        assert not (course.root / STUDENT).exists()

    def test_tags_of_a_cell_are_kept(self, course: Course) -> None:
        course.edit(f"lessons/{LESSON.slug}.py", 'id="try"', 'id="try" tags=["hide-input"]')
        course.build()
        notebook = read_notebook(course.root / STUDENT)
        assert notebook is not None and notebook.cells[2].metadata == {"tags": ["hide-input"]}


def notebook_of(*sources: str) -> nbformat.NotebookNode:
    return make_notebook(
        0, [make_cell("code", f"c{number}", source) for number, source in enumerate(sources)]
    )


BUNDLE = {running.WIDGET: {"model_id": "1"}, "text/html": "<p>", "text/plain": "p"}
PATHS = ["/home/ann/course/x.py", "/tmp/abc", "/Users/ann", "C:\\Users\\ann"]
WHERE = f"""
import os, pathlib, minews
assert pathlib.Path(minews.__file__).is_relative_to({str(places.ROOT)!r})
assert os.path.samefile(os.getcwd(), os.environ["MINEWS_WORK"])
assert not os.path.samefile(os.getcwd(), {str(places.ROOT)!r})
print(os.getpid())
"""
BOOKS = {
    "one": notebook_of("x = 1", "print(x)"),
    "two": notebook_of("x = 2", "print(x)"),
    "fails": notebook_of("1 / 0"),
    "allowed": make_notebook(0, [make_cell("code", "boom", "1 / 0", ["raises-exception"])]),
    "wrong": notebook_of(f"from classroom import check\n\n{WRITTEN}\n\ncheck(accept_value, save=False)"),
    "where": notebook_of(WHERE),
    "paths": notebook_of(*(f"print({path!r})" for path in PATHS)),
    "requests": notebook_of("print('GET /chat HTTP/1.1', 'http://a/tmp/x', '/')"),
    "silent": make_notebook(4, [make_cell("code", "exercise-4-2", "x = 1")]),
    "widget": notebook_of(f"from IPython.display import display\ndisplay({BUNDLE!r}, raw=True)"),
}


@pytest.fixture(scope="module")
def problems() -> dict[str, list[str]]:
    """What is wrong with each of the notebooks, all run at once."""
    return dict(zip(BOOKS, run_notebooks(list(BOOKS.values())), strict=True))


@pytest.mark.xdist_group("running")
@pytest.mark.slow
class TestRunning:
    def test_notebooks_run_side_by_side_and_keep_their_outputs(self, problems: dict[str, list[str]]) -> None:
        assert problems["one"] == problems["two"] == []
        assert [BOOKS[name].cells[1].outputs[0].text for name in ("one", "two")] == ["1\n", "2\n"]
        assert [cell.execution_count for cell in BOOKS["one"].cells] == [1, 2]
        assert all(cell.metadata == {} for cell in BOOKS["one"].cells)

    def test_a_cell_that_fails_is_said(self, problems: dict[str, list[str]]) -> None:
        assert problems["fails"] == ["a cell failed: ZeroDivisionError: division by zero"]

    def test_an_error_that_a_tag_allows_is_said_too(self, problems: dict[str, list[str]]) -> None:
        assert problems["allowed"] == ['cell "boom" failed: ZeroDivisionError: division by zero']

    def test_a_reference_that_does_not_pass_is_said(self, problems: dict[str, list[str]]) -> None:
        (said,) = problems["wrong"]
        assert said.startswith("a cell failed: CheckFailed: 4.2 accept_value")

    def test_a_kernel_works_in_a_folder_of_its_own_and_sees_this_checkout(
        self, problems: dict[str, list[str]]
    ) -> None:
        assert problems["where"] == []

    def test_no_kernel_is_left_running(self, problems: dict[str, list[str]]) -> None:
        assert not psutil.pid_exists(int(BOOKS["where"].cells[0].outputs[0].text))

    def test_a_path_of_the_machine_in_an_output_is_said(self, problems: dict[str, list[str]]) -> None:
        assert len(problems["paths"]) == len(PATHS)
        assert problems["paths"][0] == 'cell "c0" shows a path of the machine that built it: /home/ann'

    def test_a_path_of_a_request_is_no_path_of_the_machine(self, problems: dict[str, list[str]]) -> None:
        assert problems["requests"] == []

    def test_a_check_without_a_verdict_is_said(self, problems: dict[str, list[str]]) -> None:
        assert problems["silent"] == ['cell "exercise-4-2" shows no verdict']

    def test_dead_widget_views_go_where_there_is_html(self, problems: dict[str, list[str]]) -> None:
        assert problems["widget"] == []
        assert set(BOOKS["widget"].cells[0].outputs[0].data) == {"text/html", "text/plain"}
        assert "widgets" not in BOOKS["widget"].metadata

    def test_a_solution_without_outputs_is_said(self) -> None:
        assert list(find_output_problems(notebook_of("x = 1"))) == ["was not run"]

    def test_a_failing_solution_stops_the_build_and_is_not_written(
        self, course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = course.read(SOLUTIONS)
        monkeypatch.setattr(
            builder, "run_notebooks", lambda books: [["a cell failed: KeyError: 1"]] * len(books)
        )
        assert build(execute=True, into=course.root) == 1
        text = capsys.readouterr().out
        assert re.search(
            rf"^{re.escape(SOLUTIONS)} +not written:\n    a cell failed: KeyError: 1$", text, re.MULTILINE
        )
        assert course.read(SOLUTIONS) == before

    def test_without_running_outputs_of_unchanged_cells_stay(self, course: Course) -> None:
        notebook = read_notebook(course.root / SOLUTIONS)
        assert notebook is not None
        (cell,) = (cell for cell in notebook.cells if cell.id == "try")
        cell.execution_count, cell.outputs = (
            7,
            nbformat.from_dict([{"output_type": "stream", "name": "stdout", "text": "hi"}]),
        )
        (course.root / SOLUTIONS).write_text(write_notebook(notebook))
        course.edit(f"lessons/{LESSON.slug}.py", "# The end.", "# The very end.")
        course.build()
        again = read_notebook(course.root / SOLUTIONS)
        assert again is not None
        assert [cell.execution_count for cell in again.cells if cell.id == "try"] == [7]


def test_the_committed_files_are_what_their_own_sources_build(tmp_path: Path) -> None:
    """Compares commit with commit: a working tree may be half solved."""
    git = shutil.which("git")
    if git is None or not (places.ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing says what was committed")
    archive = subprocess.run(
        [git, "-C", str(places.ROOT), "archive", "--format=zip", "HEAD"], capture_output=True
    )
    if archive.returncode:
        pytest.skip("nothing is committed yet")
    with zipfile.ZipFile(io.BytesIO(archive.stdout)) as committed:
        committed.extractall(tmp_path)
    if not (tmp_path / "classroom" / "build").exists():
        pytest.skip("the commit holds no build yet")
    code = "import sys; from classroom.build import build; sys.exit(build(check=True))"
    checked = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
