"""From made-up results to feedback, exports and the page, with students who mean harm."""

from __future__ import annotations

import base64
import csv
import json
import re
from datetime import UTC, datetime
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from classroom.grading.course import Course
from classroom.grading.errors import is_of_hidden_case, say_error
from classroom.grading.exports import check_run, classroom_result, gradescope_results, workflow_commands
from classroom.grading.feedback_files import html_feedback, markdown_feedback, read_blocks
from classroom.grading.naming import escape_markdown, fence, plain_cell, safe_name
from classroom.grading.points import counted_exercises, grade_submission
from classroom.grading.report import exercises, lecture, page, report
from classroom.grading.report.drawing import draw_verdicts
from classroom.grading.report.elements import table, tiles
from classroom.grading.report.gathering import Class
from classroom.grading.results import open_journal, read_result, read_run
from classroom.grading.sentences import say_summary, say_verdict
from tests.classroom.fake_results import HOSTILE_NAMES, make_results, write_results

pytestmark = pytest.mark.slow  # all of them together

ELEMENTS = """
    html head meta title style body header main section nav ul li p h1 h2 h3 h4 a bdi strong span br dl dt dd
    pre table caption thead tbody tfoot tr th td div figure details summary mark svg desc g path defs clippath
    rect text use pattern tspan
"""
COURSE = 'title = "Networks & <more>"\n[points]\n4 = 10\n5 = 10\n'


@pytest.fixture(scope="module")
def grades(tmp_path_factory):
    """A folder of grades with a report in it."""
    folder = write_results(tmp_path_factory.mktemp("grades"), make_results(26, seed=7), torn=True)
    (folder / "course.toml").write_text(COURSE)
    assert report(folder) == 1  # the grader failed on one
    return folder


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the pictures, which take most of a report's time."""
    monkeypatch.setattr(page, "draw_scores", lambda *_: "")
    for name in ("draw_stops", "draw_verdicts"):
        monkeypatch.setattr(exercises, name, lambda *_: "")
    monkeypatch.setattr(lecture, "draw_mistakes", lambda *_: "")


class Page(HTMLParser):
    """What stands in a page: elements, their attributes, and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data

    def names(self):
        return {tag for tag, _ in self.elements}


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def one(**exercise):
    """The result and grade of one exercise, in the run and course that belong to it."""
    data = {"verdict": "failed", "passed": 2, "total": 4, "feedback": "4.2 accept_value: not right yet."}
    result = read_result({"submission": "s", "person": "Ann", "exercises": {"4.2": data | exercise}})
    grade = grade_submission(result, ("4.2",), Course())
    return result, grade, read_run_of({"4.2": {"name": "accept_value", "title": "Compute"}}), Course()


def read_run_of(exercises):
    from classroom.grading.results import RunInfo

    return RunInfo(
        exercises={number: each["title"] for number, each in exercises.items()},
        names={number: each["name"] for number, each in exercises.items()},
    )


# Reading


def test_the_last_line_of_a_submission_counts_and_a_torn_one_is_left_out(grades):
    journal = open_journal(grades / "results.jsonl")
    assert len(journal) == 26
    assert journal.torn
    assert journal.unread == ()
    assert [each.submission for each in journal if "older" in each.error] == []


def test_a_line_that_is_none_is_named(tmp_path):
    (tmp_path / "r.jsonl").write_text('[]\n{"submission": "a", "exercises": {}}\n{"submission": 3}\n\n')
    journal = open_journal(tmp_path / "r.jsonl")
    assert journal.unread == (1, 3)
    assert not journal.torn
    assert journal.find("a").exercise("4.2").verdict == "missing"


def test_without_run_json_the_results_tell_which_exercises(grades):
    run = read_run(grades / "nothing.json", open_journal(grades / "results.jsonl"))
    assert run.lessons == (4, 5)
    assert list(run.exercises)[:2] == ["4.1", "4.2"]
    assert run.names["4.2"] == "accept_value"


# Names


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_become_plain_file_names_and_cells(name):
    safe = safe_name(name)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", safe)
    assert safe.upper() != "CON"
    cell = plain_cell(name)
    assert not re.match(r"[=+\-@\s]", cell)
    assert "\n" not in cell and "\r" not in cell and "\t" not in cell


def test_file_names_differ_where_case_does_not_count():
    assert len({safe_name(name).lower() for name in ("ann", "Ann", "ANN", "a/nn", "a\\nn", "än", "an")}) == 7


@pytest.mark.parametrize("first", ["müller", "Ann", "ann.", "../ann", "李"])
def test_nobody_gets_files_of_another_whatever_submissions_are_called(tmp_path, undrawn, first):
    results = make_results(2, hostile=False)
    results[0]["submission"] = first
    write_results(tmp_path, results[:1])
    report(tmp_path)
    results[1]["submission"] = second = safe_name(first).lower()
    write_results(tmp_path, results)
    report(tmp_path)
    named = dict(rows_of(tmp_path / "exports" / "feedback-files.csv")[1:])
    assert len({name.lower() for name in named.values()}) == 2
    for folder, files in {"feedback": 4, "exports/gradescope": 2, "exports/github": 4}.items():
        assert len(list((tmp_path / folder).iterdir())) == files
    page = (tmp_path / "report.html").read_text()
    for result in results:
        name = named[plain_cell(result["submission"])]
        assert result["person"] in Page((tmp_path / "feedback" / name).read_text("utf-8")).words
        assert f'href="feedback/{name}"' in page
    assert safe_name(second) == second


def test_markdown_has_nothing_to_say_in_a_name():
    assert escape_markdown("a|b<c>*d*[e](f)\n# g") == r"a\|b&lt;c>\*d\*\[e\](f) # g"
    assert escape_markdown("# @bob #4 _x_ &lt;") == r"\# \@bob \#4 \_x\_ &amp;lt;"
    assert [escape_markdown(each) for each in ("- x", "1. x", "===")] == [r"\- x", r"1\. x", r"\==="]
    plain = "work.zip: accept_value (4.2) was not read - it is 5 > 4 & 2026-11-22, see a/b."
    assert escape_markdown(plain) == plain
    assert fence("a\n````\nb").startswith("`````text\n")


# Feedback


def test_feedback_is_in_the_words_of_check():
    text = "4.2 accept_value: not right yet.\nTested: x.\n\nCase      A.\nTried     f(1)\n"
    text += "Came       0  61\n              ^^\nNext      Go on."
    result, grade, run, course = one(feedback=text)
    parsed = Page(html_feedback(result, grade, run, course))
    assert all(line.strip() in parsed.words for line in text.split("\n")[:2])
    assert " 0  61\n    ^^" in parsed.words
    assert text in markdown_feedback(result, grade, run, course)
    assert [label for label, _ in read_blocks(text)[1]] == ["Case", "Tried", "Came", "Next"]


def test_hidden_cases_are_counted_and_nothing_else():
    result, grade, run, course = one(hidden_passed=2, hidden_total=5, verdict="passed", passed=4)
    for text in (html_feedback(result, grade, run, course), markdown_feedback(result, grade, run, course)):
        assert "3 hidden cases failed." in text
        assert "passed all that is shown, not all that is hidden" in text
    assert not result.exercise("4.2").is_right
    result, grade, run, course = one(hidden_passed=1, hidden_total=1)
    assert "The hidden case passed." in markdown_feedback(result, grade, run, course)


def test_the_instructor_alone_sees_which_hidden_cases_failed(grades):
    words = Page((grades / "report.html").read_text()).words
    assert "Hidden: unseen_order of accept_value." in words and "look at the case first" in words
    files = [path for name in ("exports", "feedback") for path in (grades / name).rglob("*.*")]
    for path in files:
        data = path.read_bytes()
        data = base64.b64decode(data) if path.name.endswith(".result.txt") else data
        assert b"unseen" not in data and b"Hidden:" not in data, path


def test_hidden_cases_are_counted_by_who_was_asked_them():
    failed = {"hidden_passed": 0, "hidden_total": 1, "hidden_failed": ["odd"]}
    unnamed = {"hidden_passed": 0, "hidden_total": 1}
    right = {"hidden_passed": 1, "hidden_total": 1, "verdict": "passed"}
    found = Class(("4.2",))
    for each in (failed, failed | {"verdict": "passed"}, right, unnamed, failed | {"verdict": "error"}):
        found.add(*one(**each)[:2])
    key = "4.2", "odd"
    assert (found.hidden_cases[key], found.hidden_asked["4.2"], found.hidden_alone[key]) == (2, 3, 1)


def test_every_page_loads_and_runs_nothing(grades):
    allowed = set(ELEMENTS.split())
    pages = [grades / "report.html", *(grades / "feedback").glob("*.html")]
    assert len(pages) == 27
    for path in pages:
        text = path.read_text(encoding="utf-8")
        parsed = Page(text)
        assert parsed.names() <= allowed, parsed.names() - allowed
        for tag, attributes in parsed.elements:
            assert not any(name.startswith("on") for name in attributes)
            for name in ("src", "href", "xlink:href"):
                link = attributes.get(name) or "#"
                assert link.startswith("#") or (tag == "a" and link.startswith("feedback/"))
        assert "url(http" not in text and "@import" not in text
        assert "\u202e" not in text and "\0" not in text and "\x1b" not in text
        assert sum(tag == "h1" for tag, _ in parsed.elements) == 1
        tables = [tag for tag, _ in parsed.elements if tag in ("table", "caption")]
        assert tables == ["table", "caption"] * (len(tables) // 2)


def test_markdown_keeps_students_in_their_fences(grades):
    for path in (grades / "feedback").glob("*.md"):
        outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1\n", "", path.read_text(encoding="utf-8"))
        assert "<script" not in outside and "<img" not in outside
        assert not re.search(r"(?<!\\)\[link\]\(", outside)


# Exports


def test_canvas_finds_its_columns(grades):
    rows = rows_of(grades / "exports" / "canvas.csv")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lesson 4", "Lesson 5"]
    assert rows[1][0].strip() == "Points Possible"
    assert rows[1][5:] == ["10", "10"]
    assert all(len(row) == 7 for row in rows)
    assert all(row[1] == "" or row[1].isdecimal() for row in rows[2:])
    lines = (grades / "exports" / "canvas.csv").read_bytes().split(b"\r\n")
    assert len(lines) == len(rows) + 1  # no line break in a cell


def test_the_grader_s_failure_is_an_empty_cell_and_not_a_zero(grades):
    rows = {row[1]: row[5:] for row in rows_of(grades / "exports" / "canvas.csv")}
    assert rows["30011"] == ["", ""]
    assert rows["30005"] == ["0", "0"]


def moodle_class():
    """Three submissions with the names that Moodle gives, and one that somebody named by e-mail address."""
    results = make_results(4, seed=5, hostile=False)
    for place, result in enumerate(results[:3]):
        result["student"] = str(4711 + place)
        result["submission"] = f"{result['person']}_{4711 + place}_assignsubmission_file"
    results[3] |= {"submission": "ann@example.org.zip", "student": "ann@example.org", "person": ""}
    return results


def test_moodle_finds_its_columns(tmp_path, undrawn):
    write_results(tmp_path, moodle_class())
    (tmp_path / "course.toml").write_text(COURSE + "[columns]\n5 = 'Five'\n")
    report(tmp_path)
    rows = rows_of(tmp_path / "exports" / "moodle-worksheet-lessons-4-5.csv")
    places = [
        rows[0].index(name) for name in ("Identifier", "Grade", "Last modified (grade)", "Feedback comments")
    ]
    assert [row[0] for row in rows[1:]] == ["Participant 4711", "Participant 4712", "Participant 4713"]
    table = rows_of(tmp_path / "exports" / "points.csv")
    totals = {row[1]: row[table[0].index("Total")] for row in table}
    for person in rows[1:]:
        assert person[places[1]] == totals[person[0].removeprefix("Participant ")]
        assert float(person[places[1]]) <= float(person[rows[0].index("Maximum grade")]) == 20
        assert person[places[2]] == "-"
        assert "of 20 points." in person[places[3]]


def test_moodle_s_numbers_stay_with_the_assignment_that_was_downloaded(tmp_path, undrawn, capsys):
    write_results(tmp_path, moodle_class())
    exports = tmp_path / "exports"
    report(tmp_path)
    gradebook = rows_of(exports / "moodle-gradebook.csv")
    assert gradebook[0] == ["Email address", "Lesson 4", "Lesson 5", "Total"]
    assert [row[0] for row in gradebook[1:]] == ["ann@example.org"]
    assert {row[1] for row in rows_of(exports / "canvas.csv")[2:]} == {""}
    (tmp_path / "course.toml").write_text("lessons = [4]\n")
    write_results(tmp_path, moodle_class()[:3])
    report(tmp_path)
    assert [path.name for path in exports.glob("moodle-*")] == ["moodle-worksheet-lesson-4.csv"]
    said = {row[-1] for row in rows_of(exports / "moodle-worksheet-lesson-4.csv")[1:]}
    assert all("4.1 " in words and "5.1 " not in words for words in said)
    assert "only the assignment from which this was downloaded" in capsys.readouterr().out


def test_tables_for_people_begin_with_the_mark_that_excel_needs(grades):
    marked = [(grades / "exports" / name).read_bytes()[:3] for name in ("points.csv", "alike.csv")]
    assert marked == [b"\xef\xbb\xbf"] * 2
    assert (grades / "exports" / "canvas.csv").read_bytes().startswith(b"Student,ID,")


def test_no_table_holds_a_formula(grades):
    for path in (grades / "exports").glob("*.csv"):
        for row in rows_of(path):
            assert not any(re.match(r"\s*[=+@\t]|\s*-[^\d]|-\d.*\D", cell) for cell in row if cell != "-"), (
                path
            )


def test_points_agree_everywhere(grades):
    run = read_run(grades / "run.json")
    table = rows_of(grades / "exports" / "points.csv")
    by_name = {row[0]: dict(zip(table[0], row, strict=True)) for row in table[1:]}
    for result in open_journal(grades / "results.jsonl"):
        if result.error:
            continue
        row, name = by_name[plain_cell(result.submission)], safe_name(result.submission)
        scope = json.loads((grades / "exports" / "gradescope" / f"{name}.json").read_text())
        assert scope["score"] == float(row["Total"])
        assert sum(test["score"] for test in scope["tests"]) == pytest.approx(scope["score"], abs=0.1)
        encoded = (grades / "exports" / "github" / f"{name}.result.txt").read_text()
        assert json.loads(base64.b64decode(encoded))["max_score"] == 20
        assert (
            f"{row['Total']} of 20 points" in Page((grades / "feedback" / f"{name}.html").read_text()).words
        )
    assert len(run.exercises) == 17


def test_gradescope_gets_plain_text_and_no_file_where_the_grader_failed(grades):
    result, grade, run, course = one(feedback="<b>hallo</b>", hidden_total=2)
    found = gradescope_results(result, grade, run, course)
    test = found["tests"][0]
    assert found["test_output_format"] == "text"
    assert (test["status"], test["max_score"], test["score"]) == ("failed", 1.0, 0.33)
    assert test["output"] == "<b>hallo</b>\n\n2 hidden cases failed."
    assert not [path for path in (grades / "exports" / "gradescope").iterdir() if "30011" in path.name]


def test_github_gets_bounded_texts_and_lines(grades):
    long = "x\n::error::no\r\n%0A" + "x" * 100_000
    result, grade, run, course = one(
        feedback=long, tested={"file": "a,b:c.py", "lines": [3, 9], "hash": "12"}
    )
    body = check_run(result, grade, run, course)
    assert len(body["output"]["text"].encode()) <= 65_535
    assert body["output"]["text"].count("```") % 2 == 0
    assert body["conclusion"] == "neutral"
    note = body["output"]["annotations"][0]
    assert (note["path"], note["start_line"], note["end_line"]) == ("a,b:c.py", 3, 9)
    commands = workflow_commands(result, grade, run)
    assert commands.count("\n") == 1
    assert commands.startswith(
        "::warning file=a%2Cb%3Ac.py,line=3,endLine=9,title=4.2 accept_value::x%0A::error::no%0D%0A%250A"
    )


@pytest.mark.parametrize(("passed", "conclusion"), [(0, "failure"), (2, "neutral"), (4, "success")])
def test_a_check_that_is_required_does_not_take_nothing_for_passed(passed, conclusion):
    assert check_run(*one(passed=passed))["conclusion"] == conclusion


def test_github_classroom_adds_up_the_points():
    result, grade, run, course = one()
    found = classroom_result(result, grade, run, course)
    assert (found["version"], found["status"], found["max_score"]) == (1, "fail", 1.0)
    assert [test["score"] for test in found["tests"]] == [0.5]


def test_the_later_of_two_submissions_of_a_student_is_in_the_gradebook(tmp_path, undrawn, capsys):
    results = make_results(3, hostile=False)
    results[2] |= {"student": results[1]["student"], "modified": results[1]["modified"] + 1}
    write_results(tmp_path, results)
    assert report(tmp_path) == 0
    assert len(rows_of(tmp_path / "exports" / "canvas.csv")) == 2 + 2
    words = Page((tmp_path / "report.html").read_text()).words
    assert "In them instead" in words and results[1]["submission"] in words
    said = f"    {results[1]['submission']!r}, since {results[2]['submission']!r} counts\n"
    assert said in capsys.readouterr().out


def test_a_row_of_times_that_is_nobody_s_names_the_names_that_are_taken(tmp_path, undrawn, capsys):
    late = '[late]\ntime = "times.csv"\ndeadline = 2026-11-22T23:59:00\npercent_per_day = 10\n'
    write_results(tmp_path, make_results(2, hostile=False))
    (tmp_path / "course.toml").write_text(late)
    (tmp_path / "times.csv").write_text("submission,time\nAnn Lee,2026-11-22T12:00:00\n")
    assert report(tmp_path) == 0
    for text in (capsys.readouterr().out, Page((tmp_path / "report.html").read_text()).words):
        assert "Ann Lee" in text and "first two columns of exports/points.csv" in text


def test_a_number_is_a_student_s_on_its_platform_alone(tmp_path, undrawn, capsys):
    results = make_results(3, hostile=False)
    names = ("meiercarolin_102_556_x.ipynb", "Bo Berg_102_assignsubmission_file_", "102.zip")
    people = ("meiercarolin", "Bo Berg", "")
    for result, name, person in zip(results, names, people, strict=True):
        result |= {"submission": name, "student": "102", "person": person}
    assert report(write_results(tmp_path, results)) == 0
    names = [row[0] for row in rows_of(tmp_path / "exports" / "canvas.csv")[2:]]
    assert sorted(names) == ["102", "Bo Berg", "meiercarolin"]
    assert "Left out" not in capsys.readouterr().out


# What could not be read, and what was not run


def nothing(name="work.zip is empty."):
    return read_result({"submission": "s", "problems": [name], "exercises": {"4.1": {"verdict": "missing"}}})


def test_nothing_that_could_be_read_is_one_sentence_with_the_reason_first():
    result, run = (
        nothing(),
        read_run_of({"4.1": {"name": "a", "title": "A"}, "4.2": {"name": "b", "title": "B"}}),
    )
    grade, course = grade_submission(result, ("4.1", "4.2"), Course()), Course()
    line = say_summary(result, grade, course)
    assert line == "0 of 2 points. work.zip is empty. No exercise was found in what was handed in."
    for text in (html_feedback(result, grade, run, course), markdown_feedback(result, grade, run, course)):
        assert text.index("work.zip is empty.") < text.index("No exercise was found")
        assert "<section" not in text and "###" not in text and "|" not in text


def test_what_is_missing_is_one_sentence():
    result, _, _, course = one()
    run = read_run_of({each: {"name": f"f{each}", "title": "T"} for each in ("4.1", "4.2", "4.3")})
    grade = grade_submission(result, ("4.1", "4.2", "4.3"), course)
    text = html_feedback(result, grade, run, course)
    files = "exercises/handshake.py"
    assert f"Not handed in: 4.1 f4.1 ({files}), 4.3 f4.3 ({files})." in text
    assert text.count("<section") == 1 and "#e4.1" not in text
    assert markdown_feedback(result, grade, run, course).count("###") == 1


@pytest.mark.parametrize(
    ("said", "untried"),
    [("Besides   3 other cases fail, too:", 3), ("Besides   1 other case fails, too:", 5)],
)
def test_cases_that_were_not_tried_are_said(said, untried):
    text = f"4.2 f: not right yet.\nTested: x.\n\nCase      A.\n{said}\n          B."
    result, grade, run, course = one(passed=0, total=7, ending="endless", case="A.", feedback=text)
    words = f"{untried} of the 7 cases were not tried"
    assert words in html_feedback(result, grade, run, course)
    assert words in markdown_feedback(result, grade, run, course)
    result, grade, run, course = one(passed=0, total=7, ending="crash", case="A.", feedback=text)
    assert "not tried" not in html_feedback(result, grade, run, course)


def test_every_verdict_has_words():
    result, *_ = one(verdict="ungraded")
    assert say_verdict(result.exercise("4.2")) == "not graded: the grader itself failed here"
    result, *_ = one(verdict="error", ending="out-of-time")
    assert "time of the submission was used up" in say_verdict(result.exercise("4.2"))


TRACE = """Traceback (most recent call last):
  File "/srv/minews/classroom/grading/judging.py", line 130, in _fill
    self._ask_hidden(examiner)
  File "/home/ann/hidden/lesson_04.py", line 9, in keys_that_nobody_has_seen
    key = base64.b64encode(ask.rng.randbites(16))
  File "/usr/lib/python3.11/random.py", line 3, in __getattr__
    raise AttributeError(name)
AttributeError: 'Random' object has no attribute 'randbites'
"""


def test_an_error_of_the_grader_is_shown_from_its_end():
    said = say_error("4.2: hidden cases\n" + TRACE)
    assert said == (
        "4.2: hidden cases: AttributeError: 'Random' object has no attribute 'randbites': hidden/"
        "lesson_04.py, line 9, in keys_that_nobody_has_seen: key = base64.b64encode(ask.rng.randbites(16))"
    )
    assert is_of_hidden_case(TRACE)
    theirs = TRACE.replace("/home/ann/hidden", "/srv/minews/tests/exercises")
    assert not is_of_hidden_case(theirs) and "random.py, line 3" in say_error(theirs)
    assert say_error("x" * 900 + " the end").endswith("the end")


# The page


def test_the_page_shouts_what_the_grader_failed_on(grades):
    words = Page((grades / "report.html").read_text()).words
    assert "The grader failed on 1 submission" in words
    assert "ended with signal 9 <b>while</b>" in words
    assert "was cut off" in words
    assert "work.zip holds a zip in a zip" in words


def test_the_page_names_mistakes_with_question_and_exercise(grades):
    results = list(open_journal(grades / "results.jsonl"))
    made = {
        each.mistakes[0] for result in results if not result.error
        for each in result.exercises.values() if each.mistakes
    }  # fmt: skip
    words = Page((grades / "report.html").read_text()).words
    assert made and all(name in words for name in made)
    assert "What the next lecture is about" in words


def test_pictures_say_what_they_show(grades):
    parsed = Page((grades / "report.html").read_text())
    pictures = [attributes for tag, attributes in parsed.elements if tag == "svg"]
    assert len(pictures) == 4
    assert all(len(each["aria-label"]) > 40 and each["role"] == "img" for each in pictures)


def test_slow_is_what_is_far_from_the_class():
    found = Class(("4.2",))
    times = [0.02] * 9 + [0.3, 2.0]
    for place, seconds in enumerate(times):
        ending = "endless" if place == 0 else ""
        result, grade, *_ = one(seconds=seconds, ending=ending)
        found.add(result, grade)
    assert [(each.place, each.seconds) for each in found.slow()] == [(10, 2.0), (0, 0.02)]


def test_they_stop_at_the_first_exercise_they_do_not_pass():
    numbers = ("4.1", "4.2", "5.1")
    found = Class(numbers)
    for passed in ({"4.1", "4.2", "5.1"}, {"4.1", "5.1"}, {"5.1"}, {"4.1", "4.2"}):
        exercises = {
            each: {"verdict": "passed" if each in passed else "failed", "passed": 1, "total": 1}
            for each in numbers
        }
        result = read_result({"submission": "a", "exercises": exercises})
        found.add(result, grade_submission(result, numbers, Course()))
    assert [(stop.stopped, stop.arrived) for stop in found.stops()] == [(1, 4), (1, 3), (1, 4)]
    assert found.done == 1


def test_who_handed_in_nothing_for_a_lesson_was_not_stopped_in_it():
    numbers, found = ("4.1", "5.1"), Class(("4.1", "5.1"))
    for verdicts in (("failed", "missing"), ("missing", "missing"), ("passed", "passed")):
        exercises = {
            number: {"verdict": verdict, "passed": 1, "total": 1 if verdict == "passed" else 2}
            for number, verdict in zip(numbers, verdicts, strict=True)
        }
        result = read_result({"submission": "a", "exercises": exercises})
        found.add(result, grade_submission(result, numbers, Course()))
    assert [(stop.stopped, stop.arrived) for stop in found.stops()] == [(1, 2), (0, 1)]
    assert (len(found.graded), len(found.counted)) == (3, 2)
    assert dict(found.absent) == {4: 1, 5: 2}
    assert found.earned == {"4.1": [0.5, 1.0], "5.1": [1.0]}


def test_only_hidden_cases_that_fail_are_in_the_picture_too():
    found, hidden = Class(("4.2",)), {"verdict": "passed", "passed": 4, "hidden_total": 2}
    for passed in (1, 2):
        result, grade, *_ = one(**hidden, hidden_passed=passed)
        found.add(result, grade)
    counts = exercises.count_verdicts(found)
    assert counts["4.2"] == {"passed": 1, "hidden": 1}
    assert "4.2: 1 passed, 1 only hidden cases failed." in draw_verdicts(counts, {"4.2": "Compute"})


def test_times_are_in_one_zone_that_is_named(tmp_path, undrawn):
    write_results(tmp_path, make_results(2, hostile=False))
    (tmp_path / "times.csv").write_text(
        "submission,time\n30000,2026-11-23T00:30:00+00:00\nnobody,2026-11-22T00:00:00\n"
    )
    (tmp_path / "course.toml").write_text(
        '[late]\ntime = "times.csv"\ndeadline = 2026-11-22T23:59:00\n'
        'zone = "Asia/Tokyo"\npercent_per_day = 9\n'
    )
    report(tmp_path)
    words = Page((tmp_path / "report.html").read_text()).words
    assert "graded 2026-11-23 04:15. Times are in Asia/Tokyo." in words
    assert "Handed in (Asia/Tokyo)" in words and "2026-11-23 09:30" in words
    assert "A row of the table of times belongs to no submission: nobody." in words
    name = make_results(2, hostile=False)[1]["person"]
    assert f"1 submission has no time of handing in and counts as in time: {name}." in words


def test_what_is_no_longer_in_the_folder_counts_nowhere(tmp_path, undrawn, capsys):
    results = make_results(3, hostile=False)
    write_results(tmp_path, results)
    report(tmp_path)
    gone = results[1]["submission"]
    assert (tmp_path / "feedback" / f"{safe_name(gone)}.html").exists()
    run = json.loads((tmp_path / "run.json").read_text())
    run["submissions"] = [results[0]["submission"], results[2]["submission"]]
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert "in the folder no more" not in capsys.readouterr().out
    report(tmp_path)
    said = "1 graded submission lies in the folder no more, so report and gradebooks are without:\n"
    assert f"{said}    {gone!r}\n" in capsys.readouterr().out
    words = Page((tmp_path / "report.html").read_text()).words
    assert f"graded earlier, and counts neither here nor in the exports: {gone}." in words
    assert len(rows_of(tmp_path / "exports" / "points.csv")) == 1 + 2
    assert not (tmp_path / "feedback" / f"{safe_name(gone)}.html").exists()


@pytest.mark.parametrize(
    ("time", "said"), [("file", "by the times of their files."), ("times.csv", "times.csv.")]
)
def test_how_many_are_late_is_said_on_the_terminal(tmp_path, undrawn, capsys, time, said):
    results = make_results(3, hostile=False)
    deadline = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    for result, days in zip(results, (-1, 2, 3), strict=True):
        result["modified"] = deadline.timestamp() + days * 86400
    write_results(tmp_path, results)
    lines = [
        f"{each['submission']},{datetime.fromtimestamp(each['modified'], UTC):%FT%T}" for each in results
    ]
    (tmp_path / "times.csv").write_text("\n".join(["submission,time", *lines]))
    rules = f'[late]\ntime = "{time}"\ndeadline = 2026-11-22T23:59:00\nzone = "UTC"\npercent_per_day = 10\n'
    (tmp_path / "course.toml").write_text(rules)
    report(tmp_path)
    (line,) = (each for each in capsys.readouterr().out.splitlines() if " late, by " in each)
    assert line.startswith("2 of 3 submissions late, by ") and line.endswith(said)


def test_what_stands_below_the_rows_says_why_they_do_not_add_up():
    numbers = ("4.1", "4.2", "4.3")
    run = read_run_of({each: {"name": f"f{each}", "title": "T"} for each in numbers})
    exercises = {each: {"verdict": "failed", "passed": 1, "total": 3} for each in numbers}
    result = read_result({"submission": "s", "exercises": exercises})
    for points, sums in ((2, "In all (the rows are rounded)"), (9, "In all")):
        course = Course(by_exercise=dict.fromkeys(numbers, Fraction(points, 3)))
        grade = grade_submission(result, numbers, course)
        total = f"{course.show(grade.points)} of {points}"
        assert f"| **{sums}** | | | **{total}** |" in markdown_feedback(result, grade, run, course)
        page = html_feedback(result, grade, run, course)
        assert f"<th scope=row colspan=3>{sums}</th><td class=number>{total}</td>" in page


def test_long_reasons_are_cut_between_words():
    words = "because it is so " * 100
    shown = Page(table("Why", ("Who", "Why"), [("ann", words)], long=[1])).words
    assert (
        shown.endswith(("because...", "it...", "is...", "so..."))
        and 780 < len(shown.partition("ann")[2]) <= 800
    )


@pytest.mark.parametrize(("count", "columns"), [(5, 5), (6, 6), (7, 4), (8, 4)])
def test_no_tile_stands_alone_in_a_row(count, columns):
    assert f"--columns:{columns}" in tiles([("1", "late")] * count)


def test_all_seeds_of_the_results_are_named(tmp_path, undrawn):
    results = make_results(2, hostile=False)
    results[1]["seed"] = 77
    write_results(tmp_path, results)
    report(tmp_path)
    assert "Seeds of the inputs77, 123" in Page((tmp_path / "report.html").read_text()).words


def test_anonymous_pages_name_nobody(tmp_path, undrawn, capsys):
    results = make_results(5, seed=3, hostile=False)
    for result in results:
        result["problems"] = [
            f"{result['submission']}: {result['person']}'s file ({result['student']}) is odd."
        ]
    write_results(tmp_path, results)
    report(tmp_path, anonymous=True)
    text = (tmp_path / "report.html").read_text()
    for result in results:
        assert result["submission"] not in text
        assert result["student"] not in text
        assert result["person"] not in text
    assert "No. 5" in text
    assert len(rows_of(tmp_path / "exports" / "numbers.csv")) == 6
    assert "exports/numbers.csv" in capsys.readouterr().out
    report(tmp_path)
    assert results[0]["person"] in (tmp_path / "report.html").read_text()
    assert not (tmp_path / "exports" / "numbers.csv").exists()


def test_new_points_need_no_new_run(tmp_path, undrawn):
    write_results(tmp_path, make_results(2, hostile=False))
    report(tmp_path)
    before = rows_of(tmp_path / "exports" / "points.csv")
    (tmp_path / "course.toml").write_text("lessons = [4]\n[points]\neach = 10\n")
    report(tmp_path)
    after = rows_of(tmp_path / "exports" / "points.csv")
    assert "5.1" in before[0] and "5.1" not in after[0]
    column = after[0].index("4.1")
    assert float(after[1][column]) == pytest.approx(10 * float(before[1][column]), abs=0.05)


def test_what_it_wrote_is_said(tmp_path, capsys, undrawn):
    results = make_results(1)
    results[0]["error"] = "killed"
    assert report(write_results(tmp_path, results)) == 1
    said = capsys.readouterr().out
    assert "FAILED on 1 of 1" in said
    assert "report.html" in said and "exports/canvas.csv" in said


@pytest.mark.parametrize(("course", "said"), [(None, "name the folder that"), ("titel = 1", "Do you mean")])
def test_nothing_to_report_is_said(tmp_path, capsys, course, said):
    if course:
        write_results(tmp_path, make_results(1))
        (tmp_path / "course.toml").write_text(course)
    assert report(tmp_path) == 1
    assert said in capsys.readouterr().err


def test_counted_exercises_are_those_of_the_lessons_that_count(grades):
    assert counted_exercises(read_run(grades / "run.json"), Course(lessons=(5,)))[0] == "5.1"


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        (
            ["4.2: its hidden cases could not be asked (KeyError)"],
            "Mend the hidden case and run grade again.",
        ),
        (["killed"], "Run grade again; what is graded already stays."),
        ([TRACE, "killed"], "Where a hidden case failed: mend the hidden case"),
    ],
)
def test_what_helps_is_said_where_the_grader_failed(tmp_path, undrawn, errors, said):
    results = make_results(3, hostile=False)
    for result, error in zip(results, errors, strict=False):
        result["error"] = error
        result["exercises"]["4.2"]["verdict"] = "ungraded"
    report(write_results(tmp_path, results))
    assert said in Page((tmp_path / "report.html").read_text()).words
    assert open_journal(tmp_path / "results.jsonl").unread == ()
