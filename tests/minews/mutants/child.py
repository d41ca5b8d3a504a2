"""One mutant and its tests: `python -m tests.minews.mutants.child MODULE NUMBER TESTS...`.

minews is imported as ever, but for one module, which is compiled from the changed tree.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import types
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

import hypothesis
import pytest

from tests.minews.mutants.mutating import mutate
from tests.minews.mutants.running import NO_MUTANT, ROOT, read_source

MEMORY = 4 << 30  # bytes: a mutant that hoards without end does not take the machine with it


class MutantFinder(MetaPathFinder, Loader):
    """Imports one module of minews with a mutant in it."""

    def __init__(self, module: str, number: int) -> None:
        self._name, self._module, self._number = f"minews.{module}", module, number

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        place = ROOT / "minews" / f"{self._module}.py"
        return importlib.util.spec_from_file_location(fullname, place, loader=self)

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        tree = mutate(read_source(self._module), self._number)
        exec(compile(tree, str(module.__file__), "exec"), vars(module))


def main(module: str, number: int, files: list[str]) -> int:
    """Run the tests until one fails; return pytest's exit code."""
    limit_memory()
    if number != NO_MUTANT:
        sys.meta_path.insert(0, MutantFinder(module, number))
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # what fails need not be made smaller
    hypothesis.settings.register_profile(
        "mutants", database=None, derandomize=True, deadline=None, phases=phases
    )
    hypothesis.settings.load_profile("mutants")
    options = [
        "-x",
        "-q",
        "--no-header",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-m",
        "not slow",
    ]
    return int(pytest.main([*options, *files]))


def limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
