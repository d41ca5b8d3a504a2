"""Grades for other programs: CSV for Canvas and Moodle, files for Gradescope and GitHub, one plain table."""

from .github import (
    check_run,
    classroom_result,
    encode_result,
    job_summary,
    list_annotations,
    workflow_commands,
)
from .gradescope import gradescope_results
from .tables import Entry, choose_entries, write_points
from .writing import Exports

__all__ = [
    "Entry",
    "Exports",
    "check_run",
    "choose_entries",
    "classroom_result",
    "encode_result",
    "gradescope_results",
    "job_summary",
    "list_annotations",
    "workflow_commands",
    "write_points",
]
