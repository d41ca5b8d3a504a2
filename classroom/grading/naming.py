"""Names and texts of students, made harmless for file systems, spreadsheets, HTML and Markdown."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

__all__ = ["escape_html", "escape_markdown", "fence", "name_files", "plain_cell", "safe_name", "write_file"]

LONGEST = 60  # characters of a file's name, before its hash
# Windows keeps these for itself, whatever the suffix.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
# A spreadsheet takes a cell that begins with one of these for a formula; the wide ones are meant, too.
_FORMULA = re.compile(r"[\s'\"]*[=+\-@＝＋－＠]")  # noqa: RUF001
# Marks that turn the direction of what follows; one of a pair alone would turn the rest of the page.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
# What means something wherever it stands in a line of Markdown, and what does only where it stands so: "_" at
# the edge of a word, "#" and "@" before one, ":" in an address or in the name of a picture.
_MARKDOWN = re.compile(
    r"""[\\`*\[\]|~$] | (?<!\w)_ | _(?!\w) | (?<!\w)\#(?=\w) | @(?=\w)
      | (?<=www)\.(?=\w) | :(?=//) | (?<!\w):(?=\w) | (?<=mailto):""",
    re.VERBOSE | re.IGNORECASE,
)
_BEGINNING = re.compile(r"(\d{0,9})(?=[.)](?:\s|$)|(?<!\d)[#+>=-])")  # of lists, headings and quotations
_ENTITY = re.compile(r"&(?=#?\w+;)")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def name_files(submissions: Iterable[str]) -> dict[str, str]:
    """What the files about each submission are called: no two share any, even where case does not count.

    It is `safe_name`; those of which that is the same have their whole hash in their names.
    """
    names = {each: safe_name(each) for each in submissions}
    count = Counter(map(str.lower, names.values()))
    return {
        each: name if count[name.lower()] == 1 else f"{_plain_part(each)}-{_hash(each)}"
        for each, name in names.items()
    }


def safe_name(submission: str) -> str:
    """A file name for a submission that is legal everywhere; see `name_files` for those of a whole class.

    >>> safe_name("lee_4711_99_work.zip")
    'lee_4711_99_work.zip'
    >>> safe_name("../Ann Lee/work")
    'Ann-Lee-work-5dde0aac'
    """
    name = _plain_part(submission)
    return name if name == submission == name.lower() else f"{name}-{_hash(submission)[:8]}"


def _plain_part(submission: str) -> str:
    plain = unicodedata.normalize("NFKD", submission).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[:LONGEST].strip("-.")
    return name if name and not _RESERVED.match(name) else "submission"


def _hash(submission: str) -> str:
    return hashlib.sha256(submission.encode("utf-8", "surrogatepass")).hexdigest()


def plain_cell(value: object, longest: int = 0) -> str:
    """A text as the cell of a spreadsheet: one line, and never a formula.

    Arguments:
        value: what to write.
        longest: how many characters are kept; 0 for all.
    """
    text = " ".join(_without_controls(str(value)).split())
    if longest and len(text) > longest:
        text = text[: longest - 3] + "..."
    return f"'{text}" if _FORMULA.match(text) else text


def escape_html(value: object) -> str:
    """A text for HTML, in an element or a quoted attribute, without characters that no page may hold."""
    return html.escape(_without_controls(str(value)), quote=True)


def escape_markdown(value: object) -> str:
    r"""A text of one line for Markdown: no character of it means anything but itself.

    >>> escape_markdown("work.zip: accept_value (4.2), *all* of <b>it</b>")
    'work.zip: accept_value (4.2), \\*all\\* of &lt;b>it&lt;/b>'
    """
    text = " ".join(_without_controls(str(value)).split())
    marked = _MARKDOWN.sub(r"\\\g<0>", text)
    marked = _BEGINNING.sub(r"\1\\", marked, 1) if _BEGINNING.match(marked) else marked
    return _ENTITY.sub("&amp;", marked).replace("<", "&lt;")


def fence(text: str) -> str:
    """A text as a block of code in Markdown, from which it can't break out."""
    lines = _without_controls(text)
    longest = max((len(run) for run in re.findall("`+", lines)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}text\n{lines}\n{ticks}"


def _without_controls(text: str) -> str:
    """Without control characters, and without marks that would turn the direction of what stands around."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return _CONTROLS.sub("\ufffd", text)
    return _CONTROLS.sub("\ufffd", _TURNING.sub("", text))


def write_file(path: Path, text: str) -> None:
    """Write a text with LF line ends, whatever it holds."""
    path.write_bytes(text.encode("utf-8", "replace"))
