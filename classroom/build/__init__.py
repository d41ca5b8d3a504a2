"""Derive exercises/, notebooks/ and solutions/ from the lessons, the syllabus and minews.

`build()` is what `python3 -m classroom build [--check]` calls. This file stays light: `check` reads skeletons
and references through `classroom.build.sources`, and must not pay for jupytext and nbclient.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["build"]


def build(check: bool = False, execute: bool = True, *, into: Path | None = None) -> int:
    """Build the course from its sources, or say what differs from them.

    Arguments:
        check: change nothing; print every difference in plain lines.
        execute: run the solutions anew. Without it they keep the outputs of cells that did not change.
        into: the folder that holds exercises/, notebooks/ and solutions/; the checkout if None.

    Returns:
        The exit code: 0 if all was built, or nothing differs; 1 otherwise.
    """
    from .builder import run_build

    return run_build(check=check, execute=execute, into=into)
