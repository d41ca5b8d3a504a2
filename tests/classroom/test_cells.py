"""From an object to its cell, and from a cell to the answer in it."""

from __future__ import annotations

import functools
import linecache
import sys
from textwrap import dedent

import pytest

from classroom import cells
from classroom.cells import NotAnExercise, exercise_of, find_cell
from classroom.cutting import cut_answer
from classroom.syllabus import find_exercise

ACCEPT = find_exercise("4.2")


def run_cell(text: str, filename: str = "<cell 1>", names: dict | None = None) -> dict:
    """Execute a cell as IPython does: compiled under a name of its own, its text left in linecache."""
    names = {} if names is None else names
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec"), names)
    return names


def find(thing: object) -> str | None:
    cell = find_cell(thing, ACCEPT, sys._getframe())
    return cell and cell.text


# Which exercise


def test_an_exercise_is_found_by_its_number_and_by_its_name():
    assert exercise_of("4.2", {}) is exercise_of(" accept_value ", {}) is ACCEPT


def test_an_exercise_is_found_by_the_name_of_its_function():
    names = run_cell("def accept_value(key):\n    return key\n")
    assert exercise_of(names["accept_value"], names) is ACCEPT


def test_a_lambda_is_known_by_the_variable_that_holds_it():
    names = run_cell("accept_value = lambda key: key\n")
    assert exercise_of(names["accept_value"], names) is ACCEPT


def test_a_number_without_quotes_is_an_exercise_too():
    assert exercise_of(4.2, {}) is ACCEPT


def test_something_else_is_refused_with_the_list_of_exercises():
    with pytest.raises(
        NotAnExercise, match=r"^print is not an exercise\. The exercises are: 0\.1 payload_length, "
    ):
        exercise_of(print, {})
    with pytest.raises(
        NotAnExercise, match=r"no exercise '4\.77'\. The exercises of lesson 4 are: 4\.1 make_key"
    ):
        exercise_of("4.77", {})
    with pytest.raises(NotAnExercise, match="int is not an exercise"):
        exercise_of(42, {})


# Which cell


def test_a_function_leads_to_the_cell_that_defined_it_and_not_to_the_one_that_checks_it():
    names = run_cell("def accept_value(key):\n    return key\n", "<cell A>")
    run_cell("def check_elsewhere():\n    pass\n", "<cell B>", names)
    assert find(names["accept_value"]) == "def accept_value(key):\n    return key\n"


def test_a_class_leads_to_its_cell_though_its_generated_methods_lead_nowhere():
    text = dedent(
        """
        from dataclasses import dataclass

        @dataclass
        class accept_value:
            key: str

            @property
            def value(self):
                return self.key
        """
    )
    assert find(run_cell(text)["accept_value"]) == text


def test_a_decorated_function_leads_to_its_cell():
    text = "import functools\n\n@functools.lru_cache\ndef accept_value(key):\n    return key\n"
    assert find(run_cell(text)["accept_value"]) == text


def test_a_function_wrapped_by_hand_leads_to_its_cell():
    text = "def accept_value(key):\n    return key\n"
    function = run_cell(text)["accept_value"]
    wrapped = functools.wraps(function)(lambda *arguments: function(*arguments))
    assert find(wrapped) == text


def test_an_object_without_code_is_looked_for_in_the_cell_that_checks_it():
    text = "import operator, sys\naccept_value = operator.itemgetter(0)\nframe = sys._getframe()\n"
    names = run_cell(text)
    assert find_cell(names["accept_value"], ACCEPT, names["frame"]).text == text


def test_a_cell_whose_text_is_gone_is_not_found():
    function = run_cell("def accept_value(key):\n    return key\n", "<cell gone>")["accept_value"]
    del linecache.cache["<cell gone>"]
    assert find(function) is None


def test_code_is_known_by_the_folder_that_it_comes_from(tmp_path):
    from classroom import places
    from minews import accept_value

    assert cells.comes_from(accept_value, places.ROOT / "minews")
    assert not cells.comes_from(accept_value, tmp_path)


# What of the cell


def cut(text: str):
    return cut_answer(dedent(text).strip("\n"))


def test_imports_definitions_assignments_and_their_comments_are_kept():
    text = dedent(
        '''
        # my first try
        import base64
        from hashlib import sha1

        GUID: str = "258EAFA5"
        TABLE = {}
        TABLE["a"] = 1


        # the real thing
        def accept_value(key):
            """Doc."""
            # inside
            print(key)
            return key


        class Helper:
            pass
        '''
    ).strip("\n")
    assert cut_answer(text).text == text
    assert cut_answer(text).left_out == ()


def test_the_check_at_the_end_is_left_out_without_a_word():
    found = cut("""
        def accept_value(key):
            return key

        check(accept_value)
        classroom.hint("4.2")
        result = check(accept_value)
        """)
    assert found.text == "def accept_value(key):\n    return key"
    assert found.left_out == ()


def test_imports_of_the_classroom_are_left_out_without_a_word():
    found = cut("from classroom import check\nimport classroom\nimport os\nfrom minews import types")
    assert found.text == "import os\nfrom minews import types"
    assert found.left_out == ()


def test_experiments_are_left_out_and_named_with_the_comments_above_them():
    found = cut("""
        def accept_value(key):
            return key

        # does it work?
        print(accept_value("a"))
        for key in "abc":
            print(key)
        assert accept_value("a") == "a"
        GUID = "x"
        """)
    assert found.text == 'def accept_value(key):\n    return key\n\nGUID = "x"'
    assert found.left_out == (
        'line 5: print(accept_value("a"))',
        'line 6: for key in "abc": ...',
        'line 8: assert accept_value("a") == "a"',
    )


def test_bare_texts_names_and_pass_are_left_out_without_a_word():
    found = cut('''
        """What I think."""
        accept = 1
        accept
        ...
        pass
        ''')
    assert (found.text, found.left_out) == ("accept = 1", ())


def test_magics_are_named_as_they_were_typed():
    found = cut_answer(
        "get_ipython().run_line_magic('timeit', '1 + 1')\n"
        "files = get_ipython().getoutput('ls')\n"
        "get_ipython().system('pwd')\n"
        "KEY = 1"
    )
    assert found.text == "KEY = 1"
    assert found.left_out == ("line 1: %timeit 1 + 1", "line 2: !ls", "line 3: !pwd")


def test_an_await_of_the_notebooks_own_is_left_out():
    found = cut("""
        data = await fetch()
        async def accept_value(key):
            return await key
        """)
    assert found.text == "async def accept_value(key):\n    return await key"
    assert found.left_out == ("line 1: data = await fetch()",)


def test_an_import_that_may_fail_is_kept_with_its_try():
    text = "try:\n    import numpy\nexcept ImportError:\n    numpy = None\n\nif numpy:\n    X = 1"
    assert cut_answer(text).text == text


def test_a_try_that_does_more_is_left_out():
    assert cut("try:\n    print(1)\nexcept ValueError:\n    X = 1").left_out == ("line 1: try: ...",)


def test_of_several_statements_on_a_line_those_that_belong_are_kept():
    found = cut("X = 1; print(X); Y = 2")
    assert found.text == "X = 1\nY = 2"
    assert found.left_out == ("line 1: print(X)",)


def test_of_several_statements_on_a_line_one_may_be_long():
    assert cut("X = 1; print(X); Y = [\n    2,\n]").text == "X = 1\nY = [\n    2,\n]"


def test_the_gap_that_cutting_leaves_is_closed_but_texts_keep_their_lines():
    found = cut('TEXT = """a\n\n\n\nb  """\n\n\nprint(1)\n\n\n\nX = 1')
    assert found.text == 'TEXT = """a\n\n\n\nb  """\n\n\nX = 1'


def test_the_first_line_is_that_of_the_cell():
    assert cut_answer("print(1)\n\n\ndef accept_value(key):\n    return key").first_line == 4


def test_a_cell_without_any_answer_gives_an_empty_text():
    assert cut_answer("print(1)").text == ""
