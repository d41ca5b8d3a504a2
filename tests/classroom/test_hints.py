"""Hints come one level at a time, and give no more away than their level."""

from __future__ import annotations

import difflib
import subprocess
import sys

import pytest

from classroom import answers, blocks, forms, hints, places, regions, state
from classroom.mistakes import mistakes_of, variants_of
from classroom.progress import reset_exercise
from classroom.syllabus import Hint, all_exercises, find_exercise
from tests.mistakes.answering import judge_answer, student_answer

ACCEPT = find_exercise("4.2")
ALL = pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.id)


def check(student, text: str) -> None:
    student.write("4.2", text)
    answers.check_region(ACCEPT, regions.read_region(ACCEPT))


# Levels


def test_each_call_goes_one_level_further_and_stays_at_the_last(student, capsys):
    from classroom import hint

    for _ in range(5):
        hint("4.2")
    said = capsys.readouterr().out
    heads = [line for line in said.split("\n") if line.startswith("Hint ")]
    assert heads == [
        "Hint 1 of 4 for 4.2 accept_value: symptom.",
        "Hint 2 of 4 for 4.2 accept_value: question.",
        "Hint 3 of 4 for 4.2 accept_value: blocks to order.",
        "Hint 4 of 4 for 4.2 accept_value: reference.",
        "Hint 4 of 4 for 4.2 accept_value: reference.",
    ]
    assert said.count("For the next hint, the ") == 2  # not below the list, nor at the end
    assert 'For the next hint, the blocks to order, type: hint("4.2")' in said


def test_a_level_may_be_asked_for_and_the_next_one_follows_it(student):
    assert hints.advise(ACCEPT, 2).headline.startswith("Hint 2 of 4")
    assert hints.advise(ACCEPT).headline.startswith("Hint 3 of 4")


def test_each_exercise_has_its_own_level(student):
    hints.advise(ACCEPT)
    assert hints.next_level(find_exercise("4.1")) == 1


def test_where_nothing_can_be_remembered_hints_are_given_all_the_same(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MINEWS_WORK", str(tmp_path / "file"))
    assert hints.advise(ACCEPT).headline.startswith("Hint 1 of 4")


@ALL
def test_no_level_before_the_last_gives_the_reference_away(student, exercise):
    body = regions.reference_source(exercise)
    for level in (1, 2, 3):
        assert body not in hints.advise(exercise, level).text()
    assert body in hints.advise(exercise, 4).text()


EVERY_HINT = """
from classroom import forms, hints
from classroom.syllabus import all_exercises
if {plain}:
    forms.variants_of = lambda exercise: ()
for exercise in all_exercises():
    for level in (1, 2, 3, 4):
        assert hints.advise(exercise, level).text() and hints.advise(exercise, level).html()
"""


@pytest.mark.parametrize("plain", [False, True], ids=["from variants", "from references"])
@pytest.mark.slow
def test_every_hint_of_every_exercise_comes_to_an_end(student, plain):
    command = [sys.executable, "-c", EVERY_HINT.format(plain=plain)]
    done = subprocess.run(command, cwd=places.ROOT, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_reference_names_the_documents_of_its_sections():
    for number, cited in {
        "4.2": "RFC 6455 sections 4.2.2 and 1.3.",
        "1.1": "RFC 9293 sections 2.2 and 3.9.1.3.",
        "1.3": "RFC 6455 section 5.2; RFC 9293 section 2.2.",
    }.items():
        assert cited in hints.write_solution(find_exercise(number)).text()


# Choosing a symptom


def test_where_nothing_fits_the_student_chooses_a_symptom_by_its_number(student, capsys):
    from classroom import hint

    hint("4.2")
    listed = capsys.readouterr().out
    assert "2. The value is 56 characters long." in listed
    assert 'type: hint("4.2", 1)' in listed
    hint("4.2", 2)
    said = capsys.readouterr().out
    assert ACCEPT.hints[1].question in said
    assert not any(each.question in said for each in ACCEPT.hints if each is not ACCEPT.hints[1])


def test_the_list_gives_no_question_away_and_the_next_hint_does_not_repeat_it(student):
    first, second = (hints.advise(ACCEPT, level, ask=hints.ask_by_call).text() for level in (1, 2))
    assert not any(each.question in first for each in ACCEPT.hints)
    assert all(f"{each.symptom} {each.question}" in second for each in ACCEPT.hints)


def test_a_symptom_that_is_not_in_the_list_gets_the_list(student):
    for number in (0, 4, "two"):
        said = hints.advise(ACCEPT, symptom=number).text()
        assert f"no symptom with the number {number}" in said and "1. " in said
    assert state.hint_level("4.2") == 0


def test_a_choice_counts_as_the_second_hint_and_takes_nobody_back(student):
    hints.advise(ACCEPT, symptom=1)
    assert state.hint_level("4.2") == 2
    hints.advise(ACCEPT, 3)
    assert "the reference, type" in hints.advise(ACCEPT, symptom=1).text()
    assert state.hint_level("4.2") == 3


def test_a_terminal_is_told_what_to_type_there(student):
    listed, asked = (hints.advise(ACCEPT, level, ask=hints.ask_by_command).text() for level in (1, 2))
    assert listed.split("\n")[-1].endswith("type: python3 -m classroom hint 4.2 1")
    assert asked.split("\n")[-1].endswith("type: python3 -m classroom hint 4.2")


@ALL
def test_text_and_page_say_the_same_and_leave_nothing_empty(student, exercise):
    for level in (1, 2, 3, 4):
        advice = hints.advise(exercise, level, ask=hints.ask_by_call)
        assert all((*advice.lines, *advice.foot)) and "None" not in " ".join(advice.lines)
        assert "\n\n\n\n" not in advice.text()


# Which hint fits


def test_without_a_failure_all_symptoms_are_listed(student):
    said = hints.advise(ACCEPT, 1).text()
    assert all(each.symptom in said for each in ACCEPT.hints)


def test_the_symptom_that_fits_the_last_failure_comes_alone(student):
    check(student, "def accept_value(key):\n    raise TypeError('a bytes-like object is required, not str')")
    fitting, fits = hints.fitting_hints(ACCEPT)
    assert fits and fitting == (ACCEPT.hints[2],)
    assert hints.advise(ACCEPT, 1).lines[0].endswith(ACCEPT.hints[2].symptom)
    assert hints.advise(ACCEPT, 2).lines == (ACCEPT.hints[2].symptom, ACCEPT.hints[2].question)


def test_a_failure_that_no_symptom_describes_gets_them_all(student):
    check(student, "def accept_value(key):\n    return 5")
    assert hints.fitting_hints(ACCEPT) == (ACCEPT.hints, False)


def said(number, *lines):
    """Make believe that the last check of an exercise failed and said these lines."""
    state.remember_verdict(number, "0", state.Remembered("failed", 1, 3, "c"), "\n".join(lines))
    return find_exercise(number)


@pytest.mark.parametrize(
    "line", ["Case      {}", "Must be   {}", "Besides   {}", "Besides   2 other cases\n          {}"]
)
def test_what_was_asked_and_what_else_fails_is_no_symptom(student, line):
    words = line.format("The value is 56 characters long.")
    assert hints.fitting_hints(said("4.2", words)) == (ACCEPT.hints, False)
    assert hints.fitting_hints(said("4.2", words, f"Look      {ACCEPT.hints[1].symptom}"))[1] is True


def test_a_mistake_that_was_named_has_the_symptom_that_lists_it(student):
    exercise = said(
        "5.2", "Look      MASK is not set, masked is True.", "Known as  boundary-125: others did."
    )
    assert hints.fitting_hints(exercise) == ((exercise.hints[0],), True)
    exercise = said("5.2", "Known as  mask-is-0x40 or mask-bit-always: others did.")
    assert hints.fitting_hints(exercise) == ((exercise.hints[1],), True)


@pytest.mark.parametrize("name", ["a-name-in-no-list", "boundary-125 or mask-is-0x40"])
def test_a_named_mistake_that_no_symptom_or_two_list_gets_them_all(student, name):
    exercise = said("5.2", f"Known as  {name}: a frequent mistake.")
    assert hints.fitting_hints(exercise) == (exercise.hints, False)


@ALL
def test_a_symptom_lists_known_mistakes_and_no_two_list_the_same(exercise):
    listed = [name for each in exercise.hints for name in each.mistakes]
    assert len(listed) == len(set(listed))
    assert set(listed) <= {each.name for each in mistakes_of(exercise)}


@pytest.mark.parametrize(
    ("exercise_id", "each"),
    [(exercise.id, each) for exercise in all_exercises() for each in mistakes_of(exercise) if each.loops],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_loop_that_is_known_has_a_symptom(exercise_id, each):
    listed = [hint for hint in find_exercise(exercise_id).hints if each.name in hint.mistakes]
    assert [hint.symptom for hint in listed] == ["Your code was still computing when its time was up."]


@pytest.mark.parametrize("exercise_id", ["1.1", "1.2", "1.4", "1.5", "5.7", "6.2"])
def test_a_loop_that_is_not_known_has_one_too(student, exercise_id):
    result = judge_answer(student_answer(find_exercise(exercise_id), _loop_in(find_exercise(exercise_id))))
    state.remember_verdict(
        exercise_id, "0", state.Remembered("failed", 0, 1, ""), result.feedback.text(), "a loop"
    )
    found, is_sure = hints.fitting_hints(find_exercise(exercise_id))
    assert is_sure and "time was up" in found[0].symptom


def _loop_in(exercise):
    """An answer to an exercise that computes for ever."""
    if exercise.id == "5.7":
        return "class FrameReader:\n    def feed(self, data):\n        while True:\n            pass\n"
    return f"def {exercise.name}(*args):\n    while True:\n        pass\n"


def test_one_word_in_common_is_no_fit():
    hint = Hint("Several names came.", "How many?")
    assert hints._fit(hint, hints._stems("names of months")) == 0
    assert hints._fit(hint, hints._stems("several names")) > 0.5


def test_after_a_pass_no_symptom_is_thought_to_fit(student):
    check(student, "def accept_value(key):\n    raise TypeError('a bytes-like object is required, not str')")
    student.solve("4.2")
    answers.check_region(ACCEPT, regions.read_region(ACCEPT))
    assert hints.fitting_hints(ACCEPT)[1] is False


# Beginning again


HASHED = "def accept_value(key):\n    digest = hashlib.sha1(key.encode()).digest()\n"


def test_with_another_mistake_hints_begin_again(student):
    check(student, "def accept_value(key):\n    return 5")
    for _ in range(3):
        hints.advise(ACCEPT)
    check(student, f"{HASHED}    return base64.b64encode(digest).decode()")  # known: guid-forgotten
    assert hints.advise(ACCEPT).headline.startswith("Hint 1 of 4")


def failed_at(failure: str, verdict: str = "failed") -> None:
    state.remember_verdict("4.2", "0", state.Remembered(verdict, 1, 3, "c"), "", failure)


@pytest.mark.parametrize(
    "checks, level",
    [
        (["a"], 4),  # hints were taken before anything was checked
        (["a", "a"], 4),
        (["a", "b"], 1),
        (["a", "", "a"], 4),  # a typo between them
        (["a", "", "b"], 1),
    ],
)
def test_hints_go_on_while_the_same_thing_fails(student, checks, level):
    *before, last = checks
    for failure in before:
        failed_at(failure, "failed" if failure else "error")
    hints.advise(ACCEPT, 3)
    failed_at(last)
    assert hints.next_level(ACCEPT) == level


# Blocks


def judge_blocks(exercise, right) -> str:
    source = "\n".join([forms.find_form(exercise).given, *right])
    return judge_answer(student_answer(exercise, source)).verdict


ORDERED = [each for each in all_exercises() if blocks.make_puzzle(each).kind == "blocks to order"]


@pytest.fixture(params=ORDERED, ids=lambda exercise: exercise.id)
def ordered(request):
    """An exercise whose third hint is blocks, and its right blocks in their order."""
    return request.param, blocks.cut_blocks(forms.find_form(request.param))


def test_the_blocks_are_out_of_order_and_few(ordered):
    exercise, right = ordered
    puzzle = blocks.make_puzzle(exercise)
    wrong = forms.find_form(exercise).stray
    shown = [block for block in puzzle.blocks if block not in wrong]
    assert sorted(shown) == sorted(right) and shown != right
    assert sorted(puzzle.blocks) == sorted([*right, *wrong])
    assert 3 <= len(right) <= 14 and 1 <= puzzle.stray <= 3


def test_the_blocks_in_their_right_order_pass(ordered):
    assert judge_blocks(*ordered) == "passed"


@pytest.mark.slow  # all of them together
def test_a_stray_block_in_place_of_the_one_it_looks_like_fails(ordered):
    exercise, right = ordered
    for stray in forms.find_form(exercise).stray:
        (like,) = difflib.get_close_matches(stray, right, 1, 0)
        assert judge_blocks(exercise, [stray if block == like else block for block in right]) == "failed"


@ALL
def test_a_stray_block_belongs_to_a_known_mistake(exercise):
    names = {each.name for each in mistakes_of(exercise)}
    assert all(set(each.stray) <= names for each in variants_of(exercise))


@ALL
def test_no_more_than_one_variant_is_marked(exercise):
    assert sum(each.blocks for each in variants_of(exercise)) <= 1


class NoHelp:
    """A generator that shuffles nothing, and can't be asked for it twice."""

    def __init__(self):
        self.asked = 0

    def shuffle(self, blocks):
        self.asked += 1
        assert self.asked == 1

    def randrange(self, end):
        return end - 1


@pytest.mark.parametrize("right", [["a"] * 9, ["a", "b", "a"], ["a", "b"], ["a"], []], ids=str)
def test_equal_and_few_blocks_are_mixed_once_and_out_of_order_if_they_can_be(right):
    mixed = blocks._mix(right, ["x"], NoHelp())
    assert sorted(mixed) == sorted([*right, "x"])
    mixed.remove("x")
    assert (mixed == right) is (len(set(right)) < 2)


def test_a_plan_keeps_the_steps_and_is_no_answer(student):
    exercise = find_exercise("4.9")
    puzzle = blocks.make_puzzle(exercise)
    assert puzzle.kind == "plan" and puzzle.code.count("    ...") >= 3
    assert [line.split()[1] for line in puzzle.code.split("\n") if forms.is_numbered(line)] == list("123456")
    assert judge_answer(student_answer(exercise, puzzle.code)).verdict == "failed"


def test_where_there_is_too_little_to_order_there_are_blanks(monkeypatch):
    monkeypatch.setattr(forms, "variants_of", lambda exercise: ())
    puzzle = blocks.make_puzzle(find_exercise("4.1"))
    assert puzzle.kind == "lines with blanks"
    assert puzzle.code.endswith('    return base64.____(____(____)).____("ascii")')


@pytest.mark.parametrize(
    "code, blanked",
    [
        ("    return a & b", "    return ____ & ____"),
        ("return f(x)[:2]", "return ____(x)[:____]"),
        ("return (a +\n        4)", "return (a +\n        ____)"),
    ],
)
def test_numbers_and_calls_become_blanks_and_names_where_there_are_none(code, blanked):
    assert forms.blank_out(code) == blanked


@ALL
def test_the_blocks_always_come_in_the_same_order(exercise):
    assert blocks.make_puzzle(exercise) == blocks.make_puzzle(exercise)


def test_no_comment_and_no_docstring_is_a_block():
    for exercise in all_exercises():
        for block in blocks.make_puzzle(exercise).blocks:
            assert not block.lstrip().startswith(("#", '"""'))


def test_a_header_over_several_lines_is_one_block():
    source = (
        'class Door:\n    """Doc."""\n    width = 1\n\n    @property\n    def open(self):\n'
        '        """Doc."""\n        if (\n            self.a and\n            self.b\n        ):  # why\n'
        "            return True\n"
        "        else:\n            return (1,\n                2)"
    )
    assert list(blocks._body_blocks(forms.read_form(source, "Door"))) == [
        "    width = 1",
        "    @property",
        "    def open(self):",
        "        if (\n            self.a and\n            self.b\n        ):  # why",
        "            return True",
        "        else:",
        "            return (1,\n                2)",
    ]


def test_an_if_and_its_only_line_are_one_block_and_so_are_try_and_except():
    found = [
        "for x in y:",
        "    if x:",
        "        break",
        "if y:",
        "    a",
        "    b",
        "try:",
        "    c",
        "except E:",
        "    d",
    ]
    assert blocks._join_short(found) == [
        "for x in y:\n    if x:\n        break",
        "if y:",
        "    a",
        "    b",
        "try:\n    c\nexcept E:\n    d",
    ]


def test_more_than_26_blocks_get_two_letters():
    assert list(blocks._letters(28))[24:] == ["Y", "Z", "AA", "AB"]


# In a notebook


def test_a_solution_is_shown_with_its_colours(notebook):
    notebook.run(regions.skeleton(ACCEPT))
    output = notebook.run("solution(accept_value)")
    assert "4.2 accept_value: the reference." in output.text
    assert regions.reference_source(ACCEPT) in output.text
    assert '<div class="highlight">' in output.html


def test_a_hint_for_what_is_no_exercise_names_those_that_are(notebook):
    said = notebook.run("hint(print)").text
    assert "print is not an exercise. The exercises are: 0.1 payload_length" in said


# Reset


def test_reset_puts_the_skeleton_back_and_keeps_the_text(student, notebook):
    student.write("4.2", "def accept_value(key):\n    return key")
    output = notebook.run('reset("4.2")')
    assert "4.2 accept_value is as it was at the start, in exercises/handshake.py." in output.text
    assert "What stood there is kept in .minews/kept/4.2-accept_value-" in output.text
    assert student.read("4.2") == regions.skeleton(ACCEPT)
    assert student.kept() == ["def accept_value(key):\n    return key\n"]


def test_reset_of_an_untouched_exercise_does_nothing(student):
    before = student.file().stat()
    assert reset_exercise(ACCEPT) == "4.2 accept_value is as it was at the start; nothing to reset."
    assert student.file().stat() == before
    assert student.kept() == []


def test_reset_leaves_the_other_exercises_alone(student):
    student.solve()
    reset_exercise(ACCEPT)
    for exercise in all_exercises():
        if exercise is not ACCEPT:
            assert student.read(exercise.id) == regions.reference_source(exercise)


def test_reset_makes_a_missing_file_again(student):
    student.file().unlink()
    assert "as it was at the start, in exercises/handshake.py" in reset_exercise(ACCEPT)
    assert student.read("4.2") == regions.skeleton(ACCEPT)


def test_the_hint_level_is_remembered_in_the_state_file(student):
    hints.advise(ACCEPT, 3)
    assert state.hint_level("4.2") == 3
