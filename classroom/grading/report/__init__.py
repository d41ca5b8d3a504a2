"""`report`: from GRADES/results.jsonl to page, feedback and files for gradebooks. It grades nothing."""

from .making import report

__all__ = ["report"]
