"""course.toml and points: what is accepted, what is refused and in which words, and exact arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from classroom import places
from classroom.grading.course import Course, CourseError
from classroom.grading.course_file import load_course
from classroom.grading.points import grade_submission
from classroom.grading.results import read_result
from classroom.grading.times import load_times

LATE = """
[late]
time = "file"
deadline = 2026-11-22T23:59:00
zone = "Europe/Berlin"
grace = 15
percent_per_day = 10
maximum = 25
"""


def load(tmp_path, text):
    path = tmp_path / "course.toml"
    path.write_text(text, encoding="utf-8")
    return load_course(path)


def result(passed, total, *, hidden=(0, 0), modified=0.0, error=None, verdict="failed", number="4.2"):
    exercise = {"verdict": verdict, "passed": passed, "total": total}
    exercise |= {"hidden_passed": hidden[0], "hidden_total": hidden[1]}
    return read_result(
        {"submission": "a", "exercises": {number: exercise}, "modified": modified, "error": error}
    )


def test_without_a_file_each_exercise_is_worth_one_point():
    course = load_course(None)
    grade = grade_submission(result(3, 8), ("4.1", "4.2"), course)
    assert grade.points == Fraction(3, 8)
    assert grade.maximum == 2
    assert course.show(grade.points) == "0.38"


def test_a_lessons_points_are_shared_out_among_its_exercises(tmp_path):
    course = load(tmp_path, '[points]\n4 = 20\n"4.2" = 4\neach = 2\n')
    assert course.points("4.2") == 4
    assert course.points("4.1") == 2
    assert sum(course.points(f"4.{number}") for number in range(1, 10)) == 20
    assert course.points("5.1") == 2


@pytest.mark.parametrize("text", ["[points]\n4.2 = 3", '[points]\n"4.2" = 3', "[points]\naccept_value = 3"])
def test_an_exercise_is_named_by_number_or_name(tmp_path, text):
    assert load(tmp_path, text).points("4.2") == 3


def test_the_example_of_the_instructions_can_be_used(tmp_path):
    text = (places.ROOT / "GRADING.md").read_text(encoding="utf-8")
    course = load(tmp_path, text.partition("```toml\n")[2].partition("```")[0])
    assert not course.partial and course.points("4.2") == 4


def test_a_tenth_is_a_tenth(tmp_path):
    assert load(tmp_path, "[points]\neach = 0.1").points("4.2") == Fraction(1, 10)


def test_hidden_cases_count_like_visible_ones():
    assert grade_submission(result(3, 6, hidden=(0, 2)), ("4.2",), Course()).points == Fraction(3, 8)


def test_without_partial_credit_one_hidden_failure_costs_all(tmp_path):
    course = load(tmp_path, "partial = false")
    assert grade_submission(result(6, 6, hidden=(1, 2)), ("4.2",), course).points == 0
    assert grade_submission(result(6, 6, hidden=(2, 2)), ("4.2",), course).points == 1


@pytest.mark.parametrize(
    ("points", "decimals", "shown"),
    [
        ("1/8", 2, "0.13"),
        ("1/3", 2, "0.33"),
        ("5", 2, "5"),
        ("5/2", 0, "3"),
        ("1999/1000", 2, "2"),
        ("1/10", 1, "0.1"),
    ],
)
def test_points_are_rounded_half_up_when_they_are_shown(points, decimals, shown):
    assert Course(decimals=decimals).show(Fraction(points)) == shown


def test_an_error_of_the_grader_is_no_zero():
    grade = grade_submission(result(8, 8, error="killed"), ("4.2",), Course())
    assert not grade.is_known
    assert grade.exercises == {}


@pytest.mark.parametrize(
    ("minutes", "days", "left"),
    [(-1, 0, 100), (15, 0, 100), (16, 1, 90), (24 * 60, 1, 90), (24 * 60 + 1, 2, 80), (90 * 24 * 60, 90, 75)],
)
def test_late_days_begin_at_the_deadline_and_are_bounded(tmp_path, minutes, days, left):
    course = load(tmp_path, f"[points]\neach = 100\n{LATE}".replace("[points]", "[points]", 1))
    handed_in = datetime(2026, 11, 22, 22, 59, tzinfo=UTC) + timedelta(minutes=minutes)
    found = result(8, 8, modified=handed_in.timestamp(), verdict="passed")
    grade = grade_submission(found, ("4.2",), course, load_times(course).find(found))
    assert (grade.days, grade.points) == (days, left)


def test_hours_are_counted_as_they_pass_when_clocks_change(tmp_path):
    text = LATE.replace("2026-11-22T23:59:00", "2026-10-24T12:00:00").replace("grace = 15\n", "")
    (tmp_path / "times.csv").write_text("submission,time\na,2026-10-25T12:00:00\n")
    course = load(tmp_path, text.replace('"file"', '"times.csv"'))
    handed_in = load_times(course).find(result(8, 8))
    assert course.late.days(4, handed_in) == 2  # 25 hours, since the night was an hour longer


def test_a_csv_says_when_by_submission_or_student(tmp_path):
    (tmp_path / "times.csv").write_text(
        "Submission,Time\nb,2026-11-24T00:00:00+00:00\n", encoding="utf-8-sig"
    )
    times = load_times(load(tmp_path, LATE.replace('"file"', '"times.csv"')))
    assert times.find(result(1, 1)) is None
    found = read_result({"submission": "x", "student": "b", "exercises": {}})
    assert times.find(found) == datetime(2026, 11, 24, tzinfo=UTC)


def test_rows_of_the_csv_that_belong_to_nobody_are_known(tmp_path):
    (tmp_path / "times.csv").write_text("submission,time\na,2026-11-24T00:00:00\nz,2026-11-24T00:00:00\n")
    times = load_times(load(tmp_path, LATE.replace('"file"', '"times.csv"')))
    assert times.find(result(1, 1))
    assert list(times.unused) == ["z"]


def test_what_is_not_there_at_all_is_not_late_as_well(tmp_path):
    course = load(tmp_path, LATE)
    late = datetime(2026, 12, 24, tzinfo=UTC)
    assert grade_submission(result(0, 8, verdict="missing"), ("4.2",), course, late).days == 0
    assert grade_submission(result(0, 8, verdict="failed"), ("4.2",), course, late).days > 0


def test_a_lesson_may_have_its_own_deadline(tmp_path):
    course = load(tmp_path, LATE + "[late.deadlines]\n5 = 2026-11-29T23:59:00+00:00\n")
    assert course.late.deadline_of(5) == datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
    assert course.late.deadline_of(4) == datetime(2026, 11, 22, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel = 'x'", "no entry 'titel'. Do you mean 'title'?"),
        ("[late]\ndeadlin = 1", "[late] has no entry 'deadlin'. Do you mean 'deadline'?"),
        ("[late]\nzzz = 1", "It may hold: time, deadline"),
        ("partial = 1", "partial is true or false, not 1"),
        ("decimals = 9", "decimals is a number from 0 to 6"),
        ("lessons = [99]", "there is no lesson '99'"),
        ("lessons = 4", "lessons is a list of numbers"),
        ("[points]\n99 = 3", "there is no lesson '99'"),
        ("[points]\n'4.99' = 3", "there is no exercise '4.99'"),
        ("[points]\nacept_value = 3", "Do you mean 'accept_value'?"),
        ("[points]\neach = -1", "[points] each is a number from 0 on, not -1"),
        ("[points]\neach = nan", "is a number from 0 on"),
        ("[points]\n4 = 1\n'4.2' = 2", "lesson 4 has 1 points in all, and its exercises alone have 2"),
        ("[points]\n4 = 1\n4.2 = 2", "stands in quotes"),
        ("points = 3", "points is a table, written as [points]"),
        ("[late]\ntime = 'file'", "[late] has no deadline"),
        ("[late]\ndeadline = 2026-11-22T00:00:00", "does not say what a day costs"),
        ("[late]\ndeadline = 2026-11-22T00:00:00\npercent_per_day = 5", 'write time = "file"'),
        ("[late]\ndeadline = 2026-11-22\npercent_per_day = 5", "is a day; write the time, too"),
        ("[late]\ndeadline = '2026-11-22'\npercent_per_day = 5", "is a time without quotes"),
        (LATE.replace("Berlin", "Brlin"), "zone is a name such as"),
        (LATE.replace("= 10", "= 110"), "percent_per_day is at most 100"),
        (LATE.replace('"file"', '"mtime"'), 'time is "file" or the name of a .csv file'),
        ("[columns]\n4 = 'The Final Score'", "Canvas does not import a column"),
        ("[columns]\n4 = 'a'\n5 = 'a'", "two lessons have the same column"),
        ("title = ", "is not TOML"),
    ],
)
def test_a_mistake_in_it_is_said_with_what_to_write(tmp_path, text, said):
    with pytest.raises(CourseError) as error:
        load(tmp_path, text)
    assert said in str(error.value)
    assert "course.toml" in str(error.value)


@pytest.mark.parametrize(
    ("table", "said"), [("x,y\n", "first line is submission,time"), ("submission,time\na,soon\n", "line 2")]
)
def test_a_wrong_table_of_times_is_refused(tmp_path, table, said):
    (tmp_path / "times.csv").write_text(table)
    with pytest.raises(CourseError, match=said):
        load_times(load(tmp_path, LATE.replace('"file"', '"times.csv"')))
