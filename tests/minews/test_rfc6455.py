"""Each duty of RFC 6455 and RFC 7692 in a lesson that is written is proved by a test that really runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from tests.minews.duties import HERE, LESSONS_IN_SCOPE, TABLES, read_duties


@pytest.fixture(scope="module")
def ties():
    """All ties of these tests, collected afresh: the run at hand may be a part of them only."""
    command = [sys.executable, str(HERE / "duties.py"), "--json"]
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestTheTable:
    def test_the_duties_are_numbered_without_a_gap(self):
        base, compression = TABLES.values()
        numbers = [f"R{number:03}" for number in range(1, base + 1)]
        assert list(read_duties()) == numbers + [f"D{number:02}" for number in range(1, compression + 1)]

    @pytest.mark.parametrize("name, row", list(read_duties().items()))
    def test_a_duty_says_where_it_stands_who_is_bound_and_how_and_which_lesson_has_it(self, name, row):
        assert set(row) - {"untested"} == {"section", "actor", "level", "duty", "lessons"}
        assert re.fullmatch(r"([3-9]|1[01])(\.\d+)*(-\d+)?", row["section"])
        assert row["actor"] in {"client", "server", "both", "sender", "intermediary", "extension"}
        assert row["level"] in {"MUST", "MUST NOT", "SHOULD", "must"}
        assert row["duty"].endswith(".")
        assert set(row["lessons"]) <= set(range(1, 15))
        assert row["lessons"] or row["untested"], "a duty without a lesson says why"

    def test_no_two_duties_are_told_in_the_same_words(self):
        told = Counter(row["duty"] for row in read_duties().values())
        assert max(told.values()) == 1

    @pytest.mark.parametrize("table", TABLES)
    def test_the_duties_stand_in_the_order_of_the_rfc(self, table):
        sections = [row["section"].split("-")[0] for row in read_duties(table).values()]
        numbers = [[int(part) for part in section.split(".")] for section in sections]
        assert numbers == sorted(numbers)


@pytest.mark.xdist_group("ties")
class TestTheTies:
    def test_every_duty_of_a_written_lesson_is_proved_by_a_test(self, ties):
        due = {
            name
            for name, row in read_duties().items()
            if LESSONS_IN_SCOPE & set(row["lessons"]) and "untested" not in row
        }
        proved = {tie["duty"] for tie in ties}
        print(f"{len(due & proved)} of {len(due)} duties of lessons {LESSONS_IN_SCOPE} by {len(ties)} ties")
        assert due
        assert due - proved == set()

    def test_every_tie_names_a_duty_of_the_table(self, ties):
        assert {tie["duty"] for tie in ties} - set(read_duties()) == set()

    def test_no_tied_test_has_a_mark_that_excuses_it_from_proving_anything(self, ties):
        assert [tie for tie in ties if tie["excuses"]] == []

    def test_a_tied_test_that_skips_itself_fails(self, tmp_path):
        shutil.copy(HERE / "conftest.py", tmp_path)
        (tmp_path / "test_skips.py").write_text(
            "import pytest\n"
            "@pytest.mark.rfc('R036')\n"
            "def test_tied(): pytest.skip('no network')\n"
            "def test_untied(): pytest.skip('no network')\n"
        )
        settings = ["-c", str(HERE.parents[1] / "pyproject.toml"), "--rootdir", str(tmp_path)]
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *settings, str(tmp_path)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert "1 failed, 1 skipped" in done.stdout, done.stdout
        assert "proves R036 and must not be skipped" in done.stdout
