"""Hints come one level at a time, and give no more away than their level."""

from __future__ import annotations

import pytest

from classroom import answers, blocks, hints, regions, state
from classroom.build.sources import find_definition
from classroom.progress import reset_exercise
from classroom.syllabus import Hint, all_exercises, find_exercise

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
    assert said.count('hint("4.2") goes on to the ') == 3


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


# Which hint fits


def test_without_a_failure_all_symptoms_are_listed(student):
    said = hints.advise(ACCEPT, 1).text()
    assert all(each.symptom in said for each in ACCEPT.hints)


def test_the_symptom_that_fits_the_last_failure_comes_alone(student):
    check(student, "def accept_value(key):\n    raise TypeError('a bytes-like object is required, not str')")
    fitting, fits = hints.fitting_hints(ACCEPT)
    assert fits and fitting == (ACCEPT.hints[2],)
    assert hints.advise(ACCEPT, 1).lines[0].endswith(ACCEPT.hints[2].symptom)
    assert hints.advise(ACCEPT, 2).lines[0] == ACCEPT.hints[2].question


def test_a_failure_that_no_symptom_describes_gets_them_all(student):
    check(student, "def accept_value(key):\n    return 5")
    assert hints.fitting_hints(ACCEPT) == (ACCEPT.hints, False)


def test_one_word_in_common_is_no_fit():
    hint = Hint("Several names came.", "How many?")
    assert hints._fit(hint, hints._stems("names of months")) == 0
    assert hints._fit(hint, hints._stems("several names")) > 0.5


def test_after_a_pass_no_symptom_is_thought_to_fit(student):
    check(student, "def accept_value(key):\n    raise TypeError('a bytes-like object is required, not str')")
    student.solve("4.2")
    answers.check_region(ACCEPT, regions.read_region(ACCEPT))
    assert hints.fitting_hints(ACCEPT)[1] is False


# Blocks


@ALL
def test_the_blocks_are_the_references_statements_in_another_order(exercise):
    puzzle = blocks.make_puzzle(exercise)
    right = list(blocks._body_blocks(regions.reference_source(exercise), exercise.name))
    stray = [block for block in puzzle.blocks if block not in right]
    assert len(stray) == puzzle.stray <= 3
    assert sorted(block for block in puzzle.blocks if block not in stray) == sorted(right)
    if len(set(right)) > 1:
        assert [block for block in puzzle.blocks if block not in stray] != right


@ALL
def test_the_blocks_in_their_right_order_are_the_reference_again(exercise):
    source = regions.reference_source(exercise)
    right = list(blocks._body_blocks(source, exercise.name))
    text = "\n".join([blocks._header(source, exercise.name), *right])
    node = find_definition(text, exercise.name)
    assert node is not None
    assert f"Hint 3 of 4 for {exercise.id}" in hints.advise(exercise, 3).text()


@ALL
def test_the_blocks_always_come_in_the_same_order(exercise):
    assert blocks.make_puzzle(exercise) == blocks.make_puzzle(exercise)


def test_a_few_lines_of_real_mistakes_are_mixed_in_and_counted():
    puzzle = blocks.make_puzzle(ACCEPT)
    assert 1 <= puzzle.stray <= 3
    assert "not belong there" in hints.advise(ACCEPT, 3).text()


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
    assert list(blocks._body_blocks(source, "Door")) == [
        "    width = 1",
        "    @property",
        "    def open(self):",
        "        if (\n            self.a and\n            self.b\n        ):  # why",
        "            return True",
        "        else:",
        "            return (1,\n                2)",
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
    assert "print is not an exercise. The exercises are: 4.1 make_key" in notebook.run("hint(print)").text


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
