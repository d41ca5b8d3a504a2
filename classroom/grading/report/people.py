"""What students are called in the report: by name, or by number where it is to be anonymous."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from .gathering import Row

__all__ = ["People"]

SHORTEST = 3  # characters of a name that is looked for in texts: shorter ones stand in every word


class People:
    """Names for the submissions of a class.

    Numbers are in no order that tells anything, and stay the same as long as the same submissions are there.

    Arguments:
        rows: the class.
        anonymous: numbers in place of names.
    """

    def __init__(self, rows: Sequence[Row], anonymous: bool) -> None:
        self.rows, self.anonymous = rows, anonymous
        order = sorted(range(len(rows)), key=lambda at: hashlib.sha256(_bytes(rows[at])).digest())
        self.numbers = {at: number for number, at in enumerate(order, 1)}

    def name(self, place: int) -> str:
        """What to call whoever handed in a submission."""
        row = self.rows[place]
        return f"No. {self.numbers[place]}" if self.anonymous else row.person or row.student

    def clean(self, place: int, text: str) -> str:
        """A text about a submission, or out of it, with the number in place of its names where it must be."""
        if not self.anonymous:
            return text
        row = self.rows[place]
        whole = [row.submission, *row.submission.split("/"), row.student, row.person]
        names = {name for name in [*whole, *row.person.split()] if len(name) >= SHORTEST}
        if not names:
            return text
        # A name is replaced where it stands alone, the longest first.
        pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        return re.sub(rf"(?i)(?<![^\W_])(?:{pattern})(?![^\W_])", self.name(place), text)


def _bytes(row: Row) -> bytes:
    return row.submission.encode("utf-8", "replace")
