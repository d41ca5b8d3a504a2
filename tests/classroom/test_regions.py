"""The regions of exercises/*.py, and what minews gives for an exercise."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom import regions
from classroom.build.exercises import called_names, exercises_in, fresh_file
from classroom.build.skeletons import cut_skeleton, is_skeleton_text
from classroom.build.sources import SourceError, cut_object, imported_names, parse_source
from classroom.syllabus import Exercise, all_exercises, find_exercise

EXERCISES = all_exercises()
MODULES = sorted({exercise.module for exercise in EXERCISES})
MAKE_KEY, ACCEPT_VALUE = find_exercise("make_key"), find_exercise("accept_value")
WRITTEN = "def accept_value(key):\n    return key.upper()"
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's folder of their own."""
    monkeypatch.setenv("MINEWS_WORK", str(tmp_path))
    return tmp_path


def handshake_file(work: Path, text: str, newline: str = "\n", encoding: str = "utf-8") -> Path:
    """Put a text into exercises/handshake.py."""
    path = work / "exercises" / "handshake.py"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.replace("\n", newline).encode(encoding))
    return path


def make_source(text: str) -> Any:
    return parse_source(dedent(text).strip() + "\n", "minews.made_up")


def run_preamble(exercise: Exercise) -> dict[str, Any]:
    """A namespace with what an exercise's code may use: its module's imports and its neighbours."""
    namespace: dict[str, Any] = {"__name__": "answer"}
    exec(regions.preamble(exercise.module), namespace)
    for neighbour in exercise.neighbours:
        module, _, name = neighbour.rpartition(".")
        namespace[name] = getattr(importlib.import_module(f"minews.{module}"), name)
    return namespace


class TestEveryExercise:
    @every_exercise
    def test_the_skeleton_is_a_skeleton_and_the_reference_is_not(self, exercise: Exercise) -> None:
        assert regions.is_skeleton(regions.skeleton(exercise), exercise)
        assert not regions.is_skeleton(regions.reference_source(exercise), exercise)

    @every_exercise
    def test_the_skeleton_has_the_docstring_and_signature_of_minews(self, exercise: Exercise) -> None:
        namespace = run_preamble(exercise)
        exec(regions.skeleton(exercise), namespace)
        ours, theirs = (
            namespace[exercise.name],
            getattr(importlib.import_module(f"minews.{exercise.module}"), exercise.name),
        )
        assert ours.__doc__ == theirs.__doc__
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)

    @every_exercise
    def test_calling_the_skeleton_names_the_exercise(self, exercise: Exercise) -> None:
        assert regions.skeleton(exercise).count(f'raise NotImplementedError("exercise {exercise.id}")') >= 1

    @every_exercise
    def test_the_reference_stands_alone_and_keeps_its_published_examples(self, exercise: Exercise) -> None:
        namespace = run_preamble(exercise)
        exec(compile(regions.reference_source(exercise), exercise.name, "exec"), namespace)
        for example in doctest.DocTestFinder().find(namespace[exercise.name], exercise.name, globs=namespace):
            assert doctest.DocTestRunner(verbose=False).run(example).failed == 0

    @every_exercise
    def test_the_reference_calls_nothing_but_its_neighbours(self, exercise: Exercise) -> None:
        assert called_names(exercise) <= set(exercise.neighbour_names)

    @every_exercise
    def test_the_reference_is_text_of_minews_line_by_line(self, exercise: Exercise) -> None:
        module = importlib.import_module(f"minews.{exercise.module}")
        lines = set(inspect.getsource(module).split("\n"))
        assert set(regions.reference_source(exercise).split("\n")) <= lines

    @every_exercise
    def test_every_neighbour_is_imported_or_stands_in_the_same_module(self, exercise: Exercise) -> None:
        namespace: dict[str, Any] = {}
        exec(regions.preamble(exercise.module), namespace)
        for neighbour in exercise.neighbours:
            module, _, name = neighbour.rpartition(".")
            assert module == exercise.module or name in namespace

    @every_exercise
    def test_the_reference_passes(self, exercise: Exercise) -> None:
        from classroom.answers import judge_text

        result = judge_text(exercise, regions.reference_source(exercise), file="reference.py")
        assert result.verdict == "passed", result.feedback.text()

    @pytest.mark.parametrize("module", MODULES)
    def test_a_fresh_file_can_be_imported_and_holds_each_exercise_once(self, module: str, work: Path) -> None:
        path = work / "exercises" / (module.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True)
        path.write_text(fresh_file(module), encoding="utf-8")
        exec(compile(fresh_file(module), str(path), "exec"), {"__name__": "exercises"})
        found = regions.read_regions(path)
        assert {region.exercise: region.text for region in found.values()} == {
            exercise.id: regions.skeleton(exercise) for exercise in exercises_in(module)
        }

    @pytest.mark.parametrize("module", MODULES)
    def test_the_preamble_is_absolute_and_holds_no_future(self, module: str) -> None:
        assert not re.search(r"from \.|__future__", regions.preamble(module))


class TestSkeletons:
    def test_a_signature_keeps_its_layout_and_its_comments(self) -> None:
        source = make_source('''
            @decorate(1)
            def f(
                data: bytes,  # as it came
                *,
                limit: int = 5,
            ) -> dict[str, int]:
                # not for students
                """What it does."""
                return {}
        ''')
        assert (
            cut_skeleton(source, "f", "1.1", {"decorate"})
            == dedent('''
            @decorate(1)
            def f(
                data: bytes,  # as it came
                *,
                limit: int = 5,
            ) -> dict[str, int]:
                # not for students
                """What it does."""
                raise NotImplementedError("exercise 1.1")
        ''').strip()
        )

    def test_without_a_docstring_the_body_goes_with_its_comments(self) -> None:
        source = make_source("""
            def f(x: dict[int, str] = {1: "a"}) -> None:  # secret
                # more secrets
                print(x)
        """)
        assert cut_skeleton(source, "f", "1.1", ()) == (
            'def f(x: dict[int, str] = {1: "a"}) -> None:\n    raise NotImplementedError("exercise 1.1")'
        )

    def test_a_function_on_one_line_gets_a_body_below(self) -> None:
        assert cut_skeleton(make_source("def f(x=lambda: 1): return x"), "f", "1.1", ()) == (
            'def f(x=lambda: 1):\n    raise NotImplementedError("exercise 1.1")'
        )

    def test_a_constant_that_the_signature_needs_comes_first(self) -> None:
        source = make_source('''
            BASE = 4
            LIMIT = BASE * 2  # bytes
            OTHER = 3

            def f(limit: int = LIMIT) -> int:
                """Doc."""
                return OTHER
        ''')
        assert cut_skeleton(source, "f", "1.1", ()).startswith(
            "BASE = 4\nLIMIT = BASE * 2  # bytes\n\n\ndef f("
        )

    @pytest.mark.parametrize("prefix", ["", "async "])
    def test_generators_and_coroutines_are_cut_like_functions(self, prefix: str) -> None:
        source = make_source(f'{prefix}def f(n):\n    """Doc."""\n    for i in range(n):\n        yield i')
        skeleton = cut_skeleton(source, "f", "1.1", ())
        assert skeleton == f'{prefix}def f(n):\n    """Doc."""\n    raise NotImplementedError("exercise 1.1")'
        assert is_skeleton_text(skeleton, "f")

    def test_a_class_keeps_public_fields_and_methods(self) -> None:
        source = make_source('''
            class Reader(Base):
                """Reads."""

                limit: int = 3
                __slots__ = ("_buffer",)

                def __init__(self, size: int) -> None:
                    self._buffer = bytearray(size)

                @property
                def size(self) -> int:
                    """In bytes."""
                    return self._measure()

                def _measure(self) -> int:
                    return len(self._buffer)

                async def read(self) -> bytes:
                    """All of it."""
                    return bytes(self._buffer)

                def __iter__(self):
                    """One by one."""
                    yield from self._buffer

                def __repr__(self) -> str:
                    return "Reader"
        ''')
        skeleton = cut_skeleton(source, "Reader", "7.2", {"Base"})
        assert (
            skeleton
            == dedent('''
            class Reader(Base):
                """Reads."""

                limit: int = 3

                def __init__(self, size: int) -> None:
                    raise NotImplementedError("exercise 7.2")

                @property
                def size(self) -> int:
                    """In bytes."""
                    raise NotImplementedError("exercise 7.2")

                async def read(self) -> bytes:
                    """All of it."""
                    raise NotImplementedError("exercise 7.2")

                def __iter__(self):
                    """One by one."""
                    raise NotImplementedError("exercise 7.2")
        ''').strip()
        )
        assert is_skeleton_text(skeleton, "Reader")

    def test_an_object_that_minews_lacks_is_named(self) -> None:
        with pytest.raises(SourceError, match=r"minews\.made_up has no function or class g"):
            cut_skeleton(make_source("def f(): pass"), "g", "1.1", ())

    @pytest.mark.parametrize(
        "text",
        [
            "def f(x):\n    return x",
            "def f(x):\n    '''Doc.'''",
            "def f(x):\n    print(x)\n    raise NotImplementedError",
            "def f(x):\n    raise ValueError",
            "def g(x):\n    raise NotImplementedError",
            "class f:\n    pass",
            "class f:\n    def a(self):\n        raise NotImplementedError\n    def b(self):\n        pass",
            "def f(x:\n    raise NotImplementedError",
            "",
            "\0",
        ],
    )
    def test_what_is_written_or_broken_is_no_skeleton(self, text: str) -> None:
        assert not is_skeleton_text(text, "f")

    @pytest.mark.parametrize(
        "text",
        [
            "def f(x):\n    raise NotImplementedError",
            "def f(x):\n    '''Other doc.'''\n    # a note\n    raise NotImplementedError('exercise 9.9')",
            "class f:\n    a: int = 3\n    def b(self):\n        raise NotImplementedError",
        ],
    )
    def test_a_skeleton_of_another_day_is_one(self, text: str) -> None:
        assert is_skeleton_text(text, "f")


class TestReferences:
    def test_helpers_constants_and_comments_come_along_in_order(self) -> None:
        source = make_source('''
            import re

            # The grammar.
            # Two lines of it.
            _WORD = r"[a-z]+"
            _UNUSED = 1

            _LINE = re.compile(_WORD)


            def read(text):
                """Doc."""
                return _helper(text)  # why


            def _helper(text):
                return _LINE.findall(text)


            def other(): return _UNUSED
        ''')
        assert (
            cut_object(source, "read", imported_names(source))
            == dedent('''
            # The grammar.
            # Two lines of it.
            _WORD = r"[a-z]+"

            _LINE = re.compile(_WORD)


            def read(text):
                """Doc."""
                return _helper(text)  # why


            def _helper(text):
                return _LINE.findall(text)
        ''').strip()
        )

    def test_another_exercise_is_left_to_its_own_region(self) -> None:
        source = make_source("def a(): return b()\ndef b(): return _c()\ndef _c(): return 1")
        assert cut_object(source, "a", {"a", "b"}) == "def a(): return b()"

    def test_a_table_that_is_filled_later_is_whole(self) -> None:
        source = make_source(
            "TABLE = {}\nTABLE[1] = 2\nfor i in range(3):\n    TABLE[i] = i\ndef f(): return TABLE"
        )
        assert cut_object(source, "f", ()).startswith(
            "TABLE = {}\nTABLE[1] = 2\nfor i in range(3):\n    TABLE[i] = i"
        )

    @pytest.mark.parametrize(
        "body",
        [
            "def f(limit): return limit",
            "def f():\n    limit = 1\n    return limit",
            "def f(): return [limit for limit in range(3)]",
            "def f(): return (lambda limit: limit)(1)",
            "def f():\n    for limit in range(3):\n        yield limit",
            "def f(x):\n    match x:\n        case [limit]:\n            return limit",
            "def f():\n    def limit(): return 1\n    return limit()",
            "def f():\n    import limit\n    return limit",
        ],
    )
    def test_a_local_name_is_no_need(self, body: str) -> None:
        assert cut_object(make_source(f"limit = 5\n{body}"), "f", ()) == body

    @pytest.mark.parametrize(
        "body",
        [
            "def f(x=limit): return x",
            "def f(x: limit): return x",
            "def f():\n    global limit\n    limit += 1",
            "def f(): return [x for x in range(limit)]",
            "def f():\n    def g(): return limit\n    return g",
            "@limit\ndef f(): return 1",
            "class f:\n    size = limit",
            "class f(limit): pass",
            "class f:\n    def m(self): return limit",
            'def f(): return f"{limit}"',
        ],
    )
    def test_a_name_from_outside_is_a_need(self, body: str) -> None:
        assert cut_object(make_source(f"limit = 5\n{body}"), "f", ()) == f"limit = 5\n\n\n{body}"


class TestReading:
    def test_line_numbers_belong_to_the_text(self, work: Path) -> None:
        path = handshake_file(
            work, f'"""Doc."""\n\n# %% exercise 4.2 accept_value\n\n{WRITTEN}\n\n\n# %% exercise 4.1\n'
        )
        region = regions.read_regions(path)["4.2"]
        assert (region.first_line, region.last_line, region.text) == (5, 6, WRITTEN)
        assert path.read_text().split("\n")[region.first_line - 1 : region.last_line] == WRITTEN.split("\n")

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    def test_line_ends_and_byte_order_mark_do_not_count(
        self, work: Path, newline: str, encoding: str
    ) -> None:
        path = handshake_file(work, f"# %% exercise 4.2 accept_value\n{WRITTEN}\n", newline, encoding)
        region = regions.read_regions(path)["4.2"]
        assert (region.text, region.first_line) == (WRITTEN, 2)
        assert region.hash == regions.short_hash(WRITTEN)

    def test_of_a_doubled_region_the_last_one_counts(self, work: Path) -> None:
        path = handshake_file(
            work, f"# %% exercise 4.2 accept_value\nfirst\n# %% exercise 4.2 accept_value\n{WRITTEN}\n"
        )
        assert regions.read_regions(path)["4.2"].text == WRITTEN

    def test_a_region_ends_at_any_cell(self, work: Path) -> None:
        path = handshake_file(
            work, f"# %% exercise 4.2 accept_value\n{WRITTEN}\n# %% my own notes\nprint('hello')\n"
        )
        assert regions.read_regions(path)["4.2"].text == WRITTEN

    def test_a_syntax_error_hides_no_marked_region(self, work: Path) -> None:
        path = handshake_file(work, f"def broken(:\n# %% exercise 4.2 accept_value\n{WRITTEN}\n")
        assert regions.read_regions(path)["4.2"].text == WRITTEN
        assert "4.1" not in regions.read_regions(path)

    def test_without_markers_a_function_is_found_with_what_it_needs(self, work: Path) -> None:
        path = handshake_file(
            work,
            "import base64\nimport json\n\nX = 1\n\ndef make_key(): return helper()\n"
            "def accept_value(key): return make_key()\n\ndef helper(): return base64\n",
        )
        found = regions.read_regions(path)
        assert set(found) == {"4.1", "4.2"}
        lines = path.read_text().split("\n")
        for region in found.values():
            for number, line in enumerate(region.text.split("\n"), region.first_line):
                assert line in ("", lines[number - 1])
        assert (
            found["4.1"].text
            == "import base64\n\n\n\n\ndef make_key(): return helper()\n\n\ndef helper(): return base64"
        )
        assert found["4.2"].text == "def accept_value(key): return make_key()"

    def test_a_lost_marker_is_made_up_for(self, work: Path) -> None:
        path = handshake_file(work, f"import os\nkept = os\n# %% exercise 4.1 make_key\nx = 1\n\n{WRITTEN}\n")
        assert regions.read_regions(path)["4.2"].text == WRITTEN

    def test_any_other_file_is_searched_for_every_exercise(self, work: Path) -> None:
        path = work / "answer.py"
        path.write_text(f"{WRITTEN}\n\ndef handshake_examples():\n    return []\n")
        assert set(regions.read_regions(path)) == {"4.2", "4.9"}

    @pytest.mark.parametrize(
        "data", [b"", b"\0", b"\xff\xfe\x00", b"def f(:\n", b"(" * 1000, b"# %% exercise\n# %%"]
    )
    def test_a_broken_file_has_no_regions(self, work: Path, data: bytes) -> None:
        path = handshake_file(work, "")
        path.write_bytes(data)
        assert regions.read_regions(path) == {}
        assert isinstance(regions.read_preamble(path), str)

    def test_a_missing_file_has_no_regions(self, work: Path) -> None:
        assert regions.read_region(ACCEPT_VALUE) is None
        assert regions.read_preamble(regions.path_of(ACCEPT_VALUE)) == ""

    def test_the_preamble_ends_at_the_first_cell(self, work: Path) -> None:
        path = handshake_file(work, "import os\n\n\n# %% mine\nx = 1\n# %% exercise 4.2 accept_value\n")
        assert regions.read_preamble(path) == "import os"

    def test_an_empty_region_is_empty_text(self, work: Path) -> None:
        path = handshake_file(work, "# %% exercise 4.2 accept_value\n\n\n# %% exercise 4.1 make_key\n")
        assert [region.text for region in regions.read_regions(path).values()] == ["", ""]

    def test_white_space_at_line_ends_does_not_change_a_hash(self) -> None:
        assert (
            regions.short_hash("\n\na  \nb\t\n\n")
            == regions.short_hash("a\r\nb")
            != regions.short_hash("a\n b")
        )


class TestWriting:
    def test_a_missing_file_is_made_with_the_other_skeletons(self, work: Path) -> None:
        region = regions.write_region(ACCEPT_VALUE, WRITTEN)
        assert region.text == WRITTEN
        others = regions.read_regions(region.path)
        assert others["4.1"].text == regions.skeleton(MAKE_KEY)
        assert region.path == work / "exercises" / "handshake.py"

    def test_everything_else_stays(self, work: Path) -> None:
        before = "notes = 1\n\n\n# %% exercise 4.2 accept_value (mine)\nold\n\n\n# %% scratch\nprint( 'x' )\n"
        path = handshake_file(work, before)
        regions.write_region(ACCEPT_VALUE, WRITTEN)
        assert path.read_text() == before.replace("old", WRITTEN)

    def test_line_ends_and_byte_order_mark_stay(self, work: Path) -> None:
        path = handshake_file(work, "# %% exercise 4.2 accept_value\nold\n\n\n# %% x\n", "\r\n", "utf-8-sig")
        regions.write_region(ACCEPT_VALUE, WRITTEN)
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf#") and data.count(b"\r\n") == data.count(b"\n") == 6

    def test_bytes_that_are_no_utf8_stay(self, work: Path) -> None:
        path = handshake_file(work, "# caf\xe9\n# %% exercise 4.2 accept_value\nold\n", encoding="latin-1")
        regions.write_region(ACCEPT_VALUE, WRITTEN)
        assert path.read_bytes().startswith(b"# caf\xe9\n")

    def test_a_lost_marker_comes_back_above_the_function(self, work: Path) -> None:
        path = handshake_file(
            work, "def make_key():\n    return 1\n\n\ndef accept_value(key):\n    pass\n\n\nlast = 1\n"
        )
        regions.write_region(ACCEPT_VALUE, WRITTEN)
        assert path.read_text() == (
            f"def make_key():\n    return 1\n\n\n# %% exercise 4.2 accept_value\n{WRITTEN}\n\n\nlast = 1\n"
        )

    def test_a_lost_region_comes_back_in_its_place(self, work: Path) -> None:
        path = handshake_file(work, "# %% exercise 4.1 make_key\na\n\n\n# %% exercise 4.3 parse_ws_url\nb\n")
        regions.write_region(ACCEPT_VALUE, WRITTEN)
        assert list(regions.read_regions(path)) == ["4.1", "4.2", "4.3"]

    def test_of_a_doubled_region_the_last_one_is_replaced(self, work: Path) -> None:
        path = handshake_file(
            work, "# %% exercise 4.2 accept_value\na\n\n\n# %% exercise 4.2 accept_value\nb\n"
        )
        assert regions.write_region(ACCEPT_VALUE, WRITTEN).text == WRITTEN
        assert "\na\n" in path.read_text()

    def test_a_cell_line_in_the_text_cannot_cut_the_region(self) -> None:
        region = regions.write_region(ACCEPT_VALUE, f"# %% mine\n{WRITTEN}\n#%% exercise 4.1 make_key\nx = 1")
        assert region.text == f"# % mine\n{WRITTEN}\n#% exercise 4.1 make_key\nx = 1"

    def test_nothing_is_left_beside_the_file(self, work: Path) -> None:
        regions.write_region(ACCEPT_VALUE, WRITTEN)
        assert [path.name for path in (work / "exercises").iterdir()] == ["handshake.py"]

    def test_two_notebooks_at_once_lose_nothing(self) -> None:
        own = exercises_in("handshake")
        with ThreadPoolExecutor(len(own)) as pool:
            list(pool.map(lambda exercise: regions.write_region(exercise, f"x = {exercise.id!r}"), own))
        found = regions.read_regions(regions.path_of(ACCEPT_VALUE))
        assert {key: region.text for key, region in found.items()} == {
            item.id: f"x = {item.id!r}" for item in own
        }

    @given(text=st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "%%" not in text))
    def test_what_is_written_is_what_is_read(self, text: str) -> None:
        region = regions.write_region(ACCEPT_VALUE, text)
        again = regions.read_region(ACCEPT_VALUE)
        assert again == region and region.hash == regions.short_hash(text)
        assert regions.write_region(ACCEPT_VALUE, region.text) == region
