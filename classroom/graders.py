"""Recognise that somebody else's grader runs a notebook: then a failed check raises, so that its cell counts.

nbgrader sets NBGRADER_EXECUTION for the kernels that it starts (NBGRADER_VALIDATING as well for "Validate").
Otter sets nothing in the environment: it starts a notebook with `otter.Notebook.init_grading_mode`, and calls
what its tests call from its own modules. For all others there is a plain switch, the environment variable
MINEWS_RAISE: 1 means yes, 0 means no, whatever else is found.
"""

from __future__ import annotations

import os
import sys
from types import FrameType

__all__ = ["runs_under_grader"]


def runs_under_grader(caller: FrameType | None) -> bool:
    """Whether a check was called for a grader.

    Arguments:
        caller: the frame that called `check`.
    """
    switch = os.environ.get("MINEWS_RAISE", "")
    if switch:
        return switch != "0"
    if os.environ.get("NBGRADER_EXECUTION") or os.environ.get("NBGRADER_VALIDATING"):
        return True
    return _otter_grades() or _called_by("otter", caller)


def _otter_grades() -> bool:
    notebook = getattr(sys.modules.get("otter"), "Notebook", None)
    return getattr(notebook, "_grading_mode", False) is True


def _called_by(package: str, frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == package:
            return True
        frame = frame.f_back
    return False
