"""minews stays small: imports run downward, reach the standard library only, and cost little."""

from __future__ import annotations

import ast
import doctest
import importlib
import importlib.util
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import minews

PACKAGE = Path(minews.__file__).parent
READING_ORDER = [  # a new module gets its place here
    *("types", "tcp", "http", "handshake", "frames", "closing", "conversation"),
    *("blocking", "serving"),
    *("messages", "connection", "speed"),
    *("deflate", "limits", "origin", "tls", "opening", "reaching", "session", "sync", "aio", "__main__"),
]
OTHERS = READING_ORDER[READING_ORDER.index("deflate") :]  # minews itself has no names of theirs
MODULES = [info.name for info in pkgutil.walk_packages(minews.__path__, "minews.")]
LIBRARY = [name for name in MODULES if not name.startswith("minews.study")]


def imported_by(name: str) -> set[str]:
    """Return the full names of all modules that a module imports, wherever in it the import stands."""
    spec = importlib.util.find_spec(name)
    package = spec.name if spec.submodule_search_locations else spec.parent
    names = set()
    for node in ast.walk(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            found = ".".join(part for part in (base, node.module) if part)
            names |= {found} if node.module else {f"{found}.{alias.name}" for alias in node.names}
    return names


def modules_after(statement: str) -> set[str]:
    """Return the modules that a fresh Python has loaded because of a statement."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_each_module_has_a_place_in_the_reading_order():
    assert sorted(LIBRARY) == sorted(f"minews.{name}" for name in READING_ORDER)


@pytest.mark.parametrize("place, name", list(enumerate(READING_ORDER)), ids=READING_ORDER)
def test_a_module_imports_only_modules_that_are_read_before_it(place, name):
    inside = {found for found in imported_by(f"minews.{name}") if found.split(".")[0] == "minews"}
    assert inside <= {f"minews.{earlier}" for earlier in READING_ORDER[:place]}


@pytest.mark.parametrize("name", ["minews", *LIBRARY])
def test_no_library_module_imports_what_is_built_only_for_study(name):
    assert not [found for found in imported_by(name) if found.startswith("minews.study")]


@pytest.mark.parametrize("name", ["minews", *MODULES])
def test_a_module_imports_nothing_but_the_standard_library_and_minews(name):
    assert {found.split(".")[0] for found in imported_by(name)} <= sys.stdlib_module_names | {"minews"}


def test_importing_minews_loads_nothing_but_itself():
    loaded = modules_after("import minews")
    assert {name for name in loaded if name.split(".")[0] == "minews"} == {"minews"}
    assert {name.split(".")[0] for name in loaded} <= {"minews", "importlib", "warnings"}


def test_all_names_load_nothing_from_outside_and_of_network_machinery_only_sockets():
    loaded = modules_after("from minews import *")
    assert {f"minews.{name}" for name in READING_ORDER if name not in OTHERS} <= loaded
    assert not {f"minews.{name}" for name in OTHERS} & loaded
    assert {name.split(".")[0] for name in loaded} <= sys.stdlib_module_names | {"minews"}
    assert not loaded & {"numpy", "asyncio", "ssl", "socketserver", "email", "http.client", "logging"}
    assert not [name for name in loaded if name.startswith("minews.study")]


def test_the_protocol_alone_loads_no_sockets():
    loaded = modules_after("from minews import FastConnection, accept_client, build_client_handshake")
    assert not loaded & {"socket", "selectors", "threading", "minews.tcp"}


@pytest.mark.parametrize("name", READING_ORDER[:-1])
def test_each_module_is_found_as_an_attribute(name):
    modules_after(f"import minews; assert minews.{name}.__name__ == 'minews.{name}'")
    assert minews.__getattr__(name) is importlib.import_module(f"minews.{name}")


@pytest.mark.parametrize("name", minews.__all__)
def test_each_name_is_found_where_type_checkers_find_it(name):
    tree = ast.parse(Path(minews.__file__).read_text(encoding="utf-8"))
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    homes = [importlib.import_module(f"minews.{module}") for module in modules]
    (value,) = [getattr(home, name) for home in homes if name in home.__all__]
    assert minews.__getattr__(name) is value
    assert vars(minews)[name] is value  # and it is not looked for again


def test_dir_tells_of_names_and_modules_before_they_are_loaded():
    assert {*minews.__all__, *READING_ORDER[:-1], "__version__"} <= set(dir(minews))
    assert not modules_after("import minews; dir(minews)") & {f"minews.{name}" for name in READING_ORDER}


def test_what_is_not_there_is_no_attribute():
    with pytest.raises(AttributeError, match="nothing"):
        getattr(minews, "nothing")  # noqa: B009


@pytest.mark.parametrize("statement", ["import minews", "from minews import *"])
def test_the_cost_of_importing_minews_is_known(statement):
    code = f"import time; start = time.process_time(); {statement}; print(time.process_time() - start)"
    seconds = subprocess.check_output([sys.executable, "-c", code], cwd=PACKAGE.parent, timeout=60)
    print(f"{statement}: {1000 * float(seconds):.1f} ms, with all that it imports")


def test_the_package_exports_what_it_imports_in_order_and_each_name_is_there():
    assert minews.__all__ == sorted(minews.__all__)
    assert all(hasattr(minews, name) for name in minews.__all__)


@pytest.mark.parametrize("name", LIBRARY)
def test_every_name_that_a_module_exports_is_defined_there_and_documented(name):
    module = importlib.import_module(name)
    for exported in module.__all__:
        value = getattr(module, exported)
        assert not callable(value) or (value.__module__ == name and value.__doc__), exported


@pytest.mark.parametrize("name", ["minews", *MODULES])
def test_the_examples_in_the_docstrings_are_true(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


@pytest.mark.parametrize("name", READING_ORDER)
def test_the_docstrings_do_have_examples(name):
    tests = doctest.DocTestFinder().find(importlib.import_module(f"minews.{name}"))
    assert sum(len(test.examples) for test in tests) > 0
