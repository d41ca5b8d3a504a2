"""Print what the tests of this folder have proved, as a table: a row for each exercise."""

from __future__ import annotations

from collections import Counter

import pytest

COLUMNS = ("skeleton", "solution", "variants", "mistakes", "types", "endings")


def pytest_addoption(parser):
    """Let the golden messages be renewed, see test_messages.py."""
    parser.addoption("--renew-golden", action="store_true", help="write tests/mistakes/golden/*.txt anew")


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the groups
def pytest_collection_modifyitems(items):
    """Let one process judge the answers to one exercise: there, what its mistakes do is worked out once."""
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if "exercise" in params:
            number = params["exercise"].id
        elif "number" in params and item.path.parent.name == "mistakes":
            number = params["number"].partition(" ")[0]
        elif "name" in params and hasattr(item.module, "MESSAGES"):
            number = item.module.MESSAGES[params["name"]]().exercise_id
        else:
            continue
        item.add_marker(pytest.mark.xdist_group(f"answers to {number}"))


def pytest_terminal_summary(terminalreporter):
    """Count the passed tests that say with record_property("figure", "4.2 mistakes") what they prove."""
    figures = Counter(
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in report.user_properties
        if name == "figure"
    )
    if not figures:
        return
    exercises = sorted({figure.partition(" ")[0] for figure in figures})
    rows = [[figures[f"{exercise} {column}"] for column in COLUMNS] for exercise in exercises]
    terminalreporter.section("what was proved, in numbers of answers")
    terminalreporter.write_line("".join(f"{title:>10}" for title in ("exercise", *COLUMNS)))
    for title, row in [*zip(exercises, rows, strict=True), ("all", map(sum, zip(*rows, strict=True)))]:
        terminalreporter.write_line(f"{title:>10}" + "".join(f"{number:>10}" for number in row))
