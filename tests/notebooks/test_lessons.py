"""Every lesson runs top to bottom, unsolved and solved, twice in one kernel, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode

from classroom import places
from classroom.build.editions import make_student_edition
from classroom.build.exercises import file_of, fresh_file
from classroom.build.lessons import read_lesson
from classroom.build.notebooks import make_cell, make_notebook
from classroom.build.running import kernel_environment, make_client
from classroom.regions import find_regions, reference_source
from classroom.syllabus import LESSONS, Exercise, Lesson, find_lesson

pytestmark = pytest.mark.xdist_group("lessons")

LEFTOVERS = Path(__file__).with_name("leftovers.py").read_text(encoding="utf-8")
NOTHING = {"threads": [], "processes": [], "ports": []}
AT_ONCE = 2


@dataclass
class Run:
    """A lesson's notebook run twice over in one kernel, and the student's folder afterwards."""

    cells: list[NotebookNode]  # of both rounds
    left: list[dict[str, list[Any]]]  # after each round
    work: Path

    def texts(self, cell: NotebookNode) -> str:
        return "\n".join(output_text(output) for output in cell.get("outputs", []))

    def of(self, exercise: Exercise) -> list[str]:
        wanted = f"exercise-{exercise.id.replace('.', '-')}"
        return [self.texts(cell) for cell in self.cells if cell.id.startswith(f"{wanted}-round")]

    def failures(self) -> list[str]:
        """Error outputs and tracebacks, whatever shows them."""
        return [
            f"{cell.id}: {text}"
            for cell in self.cells
            for text in map(output_text, cell.get("outputs", []))
            if "Traceback" in text
        ]


def output_text(output: NotebookNode) -> str:
    if output.output_type == "error":
        return "Traceback: " + "\n".join(output.traceback)
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


def run_twice(cells: Sequence[NotebookNode], work: Path, patience: float = 5.0) -> Callable[[], Any]:
    """Prepare a run of the cells, twice in one kernel, with a probe before and after each round.

    Arguments:
        patience: seconds that threads and processes get to end.
    """
    hidden = "__import__('sys').modules['leftovers'] = __import__('types').ModuleType('leftovers')\n"
    hidden += f"exec({LEFTOVERS!r}, __import__('sys').modules['leftovers'].__dict__)\n"
    hidden += "__import__('sys').modules['leftovers'].before = __import__('leftovers').begin()"
    look = f"__import__('leftovers').report(__import__('leftovers').before, {patience})"
    made = [make_cell("code", "probe-0", "1"), make_cell("code", "probe-1", hidden)]
    for number in (1, 2):
        for cell in copy.deepcopy(list(cells)):
            cell.id = f"{cell.id[:56]}-round{number}"
            made.append(cell)
        made.append(make_cell("code", f"left-{number}", look))

    async def run() -> Run:
        notebook = make_notebook(0, made)
        client = make_client(notebook)
        client.allow_errors = True
        await client.async_execute(env=kernel_environment(work), cwd=str(work))
        probes = [cell for cell in notebook.cells if cell.id.startswith("left-")]
        left = [json.loads(output_text(cell.outputs[-1])) for cell in probes]
        return Run([cell for cell in notebook.cells if "-round" in cell.id], left, work)

    return run


def solve(notebook: NotebookNode, lesson: Lesson) -> list[NotebookNode]:
    """The cells of a student who wrote in each exercise what minews has."""
    sources = {
        f"exercise-{item.id.replace('.', '-')}": f"{reference_source(item)}\n\ncheck({item.name})"
        for item in lesson.exercises
    }
    for cell in notebook.cells:
        cell.source = sources.get(cell.id, cell.source)
    return list(notebook.cells)


def hand_out(lesson: Lesson, work: Path) -> Path:
    """Give a student the lesson's files of exercises, unsolved."""
    for module in {exercise.module for exercise in lesson.exercises}:
        path = work / "exercises" / file_of(module)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fresh_file(module), encoding="utf-8", newline="\n")
    return work


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[int, str], Run]:
    """Lessons that are asked for, unsolved and solved, two kernels at a time."""
    asked = {item.callspec.params["number"] for item in request.session.items if "runs" in item.fixturenames}
    prepared = {}
    for lesson in LESSONS:
        if lesson.number not in asked:
            continue
        cells = read_lesson(places.LESSONS / f"{lesson.slug}.py", lesson)
        for state in ("unsolved", "solved"):
            notebook = make_student_edition(lesson, cells)
            chosen = solve(notebook, lesson) if state == "solved" else list(notebook.cells)
            work = hand_out(lesson, tmp_path_factory.mktemp(f"{lesson.slug}-{state}"))
            prepared[lesson.number, state] = run_twice(chosen, work)

    async def run_all() -> list[Run]:
        slots = asyncio.Semaphore(AT_ONCE)

        async def run_one(run: Callable[[], Any]) -> Run:
            async with slots:
                done: Run = await run()
                return done

        return await asyncio.gather(*map(run_one, prepared.values()))

    return dict(zip(prepared, asyncio.run(run_all()), strict=True))


# The first lesson always, the others among the slow tests: each takes 20 seconds or more.
each_lesson = pytest.mark.parametrize(
    "number",
    [pytest.param(each.number, marks=[pytest.mark.slow] if each.number else []) for each in LESSONS],
)
each_state = pytest.mark.parametrize("state", ["unsolved", "solved"])


@each_lesson
@each_state
def test_no_cell_fails_or_shows_a_traceback(
    runs: dict[tuple[int, str], Run], number: int, state: str
) -> None:
    assert runs[number, state].failures() == []


@each_lesson
@each_state
def test_no_thread_process_or_port_is_left_behind(
    runs: dict[tuple[int, str], Run], number: int, state: str
) -> None:
    assert runs[number, state].left == [NOTHING, NOTHING]


@each_lesson
def test_an_unsolved_exercise_is_said_to_be_not_written_yet(
    runs: dict[tuple[int, str], Run], number: int
) -> None:
    for exercise in find_lesson(number).exercises:
        for text in runs[number, "unsolved"].of(exercise):
            assert text.startswith(f"{exercise.id} {exercise.name}: not written yet.")


@each_lesson
def test_a_solved_exercise_passes_in_both_rounds(runs: dict[tuple[int, str], Run], number: int) -> None:
    for exercise in find_lesson(number).exercises:
        texts = runs[number, "solved"].of(exercise)
        assert len(texts) == 2
        assert all(f"{exercise.id} {exercise.name}: passed" in text for text in texts), texts


@each_lesson
def test_what_was_solved_stands_in_the_students_own_files(
    runs: dict[tuple[int, str], Run], number: int
) -> None:
    work = runs[number, "solved"].work
    for exercise in find_lesson(number).exercises:
        path = work / "exercises" / file_of(exercise.module)
        text = find_regions(path.read_text(encoding="utf-8"), path)[exercise.id].text
        assert text == reference_source(exercise)


@each_lesson
def test_the_tree_of_the_project_is_not_what_students_work_in(
    runs: dict[tuple[int, str], Run], number: int
) -> None:
    works = [run.work for (lesson, _), run in runs.items() if lesson == number]
    assert len(works) == 2
    assert not any(work.is_relative_to(places.ROOT) for work in works)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("ports", "import socket\nkept = socket.create_server(('127.0.0.1', 0))"),
        ("threads", "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"),
        (
            "processes",
            "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1)",
        ),
    ],
)
def test_the_probe_sees_what_a_cell_leaves_behind(tmp_path: Path, kind: str, source: str) -> None:
    run = asyncio.run(run_twice([make_cell("code", "leak", source)], tmp_path, patience=0.2)())
    assert run.left[0][kind] and not run.failures()


def test_the_probe_sees_an_error_and_a_printed_traceback(tmp_path: Path) -> None:
    sources = [
        "1 / 0",
        "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    ]
    cells = [make_cell("code", f"c{number}", source) for number, source in enumerate(sources)]
    run = asyncio.run(run_twice(cells, tmp_path)())
    assert [text.partition(":")[0] for text in run.failures()] == [
        "c0-round1",
        "c1-round1",
        "c0-round2",
        "c1-round2",
    ]
