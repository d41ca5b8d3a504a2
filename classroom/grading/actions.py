"""What a run of GitHub Actions says of its submission: a job summary, annotations in the code, the points.

The points are two notices in the form that GitHub Classroom's reporter gave them: "Points 3/9", and JSON.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from .course_file import load_course
from .exports import classroom_result, job_summary, workflow_commands
from .points import counted_exercises, grade_submission
from .report.making import find_course
from .results import open_journal, read_run
from .times import load_times

__all__ = ["tell_github"]


def tell_github(folder: Path, course: Path | None = None) -> int:
    """Print the commands that GitHub Actions reads, and add the feedback to the job's summary.

    Arguments:
        folder: GRADES, of which a report could be made.
        course: course.toml, as for the report.

    Returns:
        0; 1 if the grader failed, so that there are no points.
    """
    journal = open_journal(folder / "results.jsonl")
    run = read_run(folder / "run.json", journal)
    rules = load_course(course or find_course(folder, run))
    exercises, times = counted_exercises(run, rules), load_times(rules)
    failed = 0
    for result in journal:
        grade = grade_submission(result, exercises, rules, times.find(result))
        _summarise(job_summary(result, grade, run, rules))
        print(workflow_commands(result, grade, run), end="")
        if not grade.is_known:
            print(
                "::error title=The grader failed::There are no points. Tell your teacher, and run it again."
            )
            failed = 1
            continue
        _tell_points(classroom_result(result, grade, run, rules))
    return failed


def _summarise(text: str) -> None:
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            file.write(text + "\n")


def _tell_points(told: dict[str, object]) -> None:
    tests, most = told["tests"], told["max_score"]
    assert isinstance(tests, list)
    total = round(sum(test["score"] for test in tests), 6)
    print(f"::notice title=Autograding complete::Points {total:g}/{most:g}")
    print(f"::notice title=Autograding report::{json.dumps({'totalPoints': total, 'maxPoints': most})}")
