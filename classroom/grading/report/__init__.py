"""`report`: from GRADES/results.jsonl to a page, feedback and files for gradebooks. It grades nothing anew."""

from .making import report

__all__ = ["report"]
