"""One target, guided by coverage: `python -m tests.minews.fuzz.guided TARGET [options of libFuzzer]`.

A process of its own, since atheris must see minews being imported, and never comes back.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["minews"]):
    from tests.minews.fuzz.targets import TARGETS


def main(words: list[str]) -> None:
    """Fuzz until the time is over or something is found, and leave with libFuzzer's exit code."""
    target = TARGETS[words[1]]

    def try_one(data: bytes) -> None:
        target(bytes(data))

    atheris.Setup([words[0], *words[2:]], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
