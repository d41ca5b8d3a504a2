"""What a student is told: the same words as plain text in a terminal and as HTML in a notebook."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .cases import RETURN_GUESS
from .fields import ask_by_field, first_difference, show_call, show_difference, show_value
from .framing import show_bits
from .lacking import explain_lacking
from .loops import ask_about_loop
from .slips import find_slip, returns_none
from .syllabus import Exercise
from .worker.protocol import (
    Call,
    Ended,
    Get,
    Loaded,
    LoadFailed,
    Method,
    NotWritten,
    Outcome,
    Raised,
    Returned,
    TooLarge,
)

if TYPE_CHECKING:
    from .cases import Asked, Finding
    from .mistakes import Mistake
    from .workers import Transcript

__all__ = ["Block", "Failure", "Feedback", "cite", "write_feedback"]

LABEL_WIDTH = 10  # characters, in plain text
MOST_TITLES = 5  # of other cases that fail
MOST_CALLS = 8  # of one object
LONGEST_PRINTED = 200  # characters of a line that the student's code printed
FEWEST_LEFT_OUT = 4  # calls: fewer of them are worth the room


def tame(text: str) -> str:
    """Spell out what would move a terminal's cursor, colour it, or turn the order of letters round."""
    return _WILD.sub(
        lambda found: found[0].encode("unicode_escape", "backslashreplace").decode("ascii"), text
    )


_WILD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that was asked, what came, and what is wrong with it."""

    asked: Asked
    outcome: Outcome
    finding: Finding


@dataclass(frozen=True, slots=True)
class Block:
    """A labelled piece of feedback; `fixed` lines are shown in a fixed-width face, space for space."""

    label: str
    lines: tuple[str, ...]
    fixed: bool = False

    def text(self) -> str:
        """Write it as plain text: the label, and the lines beside it."""
        labels = [self.label, *[""] * len(self.lines)]
        pairs = zip(labels, self.lines, strict=False)
        return "\n".join(f"{label:<{LABEL_WIDTH}}{line}".rstrip() for label, line in pairs)


@dataclass(slots=True)
class Feedback:
    """What to tell the student about one answer. `verdict` is as in Result; `headline` says it in words."""

    verdict: str
    headline: str
    tested: str
    blocks: list[Block] = field(default_factory=list)
    reference: str = ""

    def text(self) -> str:
        """Write it as plain text."""
        lines = [self.headline, f"Tested: {self.tested}."]
        lines += [""] if self.blocks else []
        return tame("\n".join([*lines, *(block.text() for block in self.blocks)]))

    def html(self) -> str:
        """Write it as HTML: the same words, and the reference folded below them after a pass."""
        parts = [
            f'<div class="minews-feedback" role="status" data-verdict="{self.verdict}" '
            f'style="{_BOX};border-left:4px solid {_EDGES.get(self.verdict, _EDGE)}">',
            f'<div style="font-weight:600">{html.escape(self.headline)}</div>',
            f'<div style="{_QUIET}">Tested: {html.escape(self.tested)}.</div>',
        ]
        if self.blocks:
            parts.append(f'<dl style="{_GRID}">')
            parts += [_block_html(block) for block in self.blocks]
            parts.append("</dl>")
        if self.reference:
            parts.append(
                '<details><summary style="cursor:pointer">The reference, to compare with yours</summary>'
                f'<pre style="{_FIXED}">{html.escape(self.reference)}</pre></details>'
            )
        return "".join([*parts, "</div>"])

    def __str__(self) -> str:
        return self.text()


_EDGE = "var(--jp-border-color1,#9e9e9e)"
_EDGES = {"passed": "var(--jp-success-color1,#388e3c)", "failed": "var(--jp-warn-color1,#f57c00)"}
_BOX = (
    "padding:4px 0 6px 14px;margin:4px 0;color:var(--jp-content-font-color1,inherit);"
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);line-height:1.5;max-width:62rem"
)
_QUIET = "color:var(--jp-content-font-color2,#616161);font-size:90%"
_GRID = "display:grid;grid-template-columns:max-content minmax(0,1fr);gap:6px 16px;margin:10px 0 6px"
_FIXED = (
    "margin:0;padding:0;font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);"
    "white-space:pre;overflow-x:auto;background:none;color:inherit;line-height:1.45"
)


# JupyterLab floats the terms of a list and gives them a width of its own.
_TERM = "font-weight:600;float:none;width:auto;margin:0;padding:0;white-space:nowrap"
_TEXT = "margin:0;padding:0;width:auto"


def _block_html(block: Block) -> str:
    text = html.escape(tame("\n".join(block.lines)))
    if block.label == "Read":
        text = re.sub(r"(RFC (\d+) sections? )([\d., and]*\d)", _link_sections, text)
    body = f'<pre style="{_FIXED}">{text}</pre>' if block.fixed else text.replace("\n", "<br>")
    return f'<dt style="{_TERM}">{html.escape(block.label)}</dt><dd style="{_TEXT}">{body}</dd>'


def _link_sections(cited: re.Match[str]) -> str:
    """Make a link of each section in "RFC 6455 sections 1.3 and 4.1"."""
    page = f"https://www.rfc-editor.org/rfc/rfc{cited[2]}#section-"
    return cited[1] + re.sub(r"\d[\d.]*", rf'<a href="{page}\g<0>">\g<0></a>', cited[3])


def write_feedback(
    exercise: Exercise,
    verdict: str,
    passed: int,
    total: int,
    tested: str,
    transcript: Transcript,
    failures: Sequence[Failure],
    mistakes: Sequence[Mistake],
    notes: Sequence[str],
    source: str = "",
) -> Feedback:
    """Write the feedback on one answer.

    Arguments:
        exercise: what was to be written.
        verdict: "passed", "failed", "not-written" or "error".
        passed, total: numbers of cases.
        tested: which file, lines and hash.
        transcript: what the worker saw.
        failures: all that is wrong, in the order in which it was asked; only the first is shown.
        mistakes: the known mistakes that explain the failure.
        notes: more to say, one paragraph each.
        source: the student's code.
    """
    feedback = Feedback(verdict, _headline(exercise, verdict, passed, total), tested)
    add = feedback.blocks.append
    if isinstance(transcript.loaded, Loaded) and transcript.loaded.lacking and verdict != "not-written":
        add(Block("Missing", explain_lacking(exercise, transcript.loaded.lacking)))
    if verdict == "not-written":
        add(Block("Next", (f"Write it in its cell, then run the cell. {_hint_line(exercise)}",)))
    elif verdict == "error":
        feedback.blocks += _load_blocks(transcript.loaded)
    elif verdict == "passed":
        feedback.blocks += [Block("Note", (note,)) for note in notes]
        add(Block("Ask", (exercise.after,)))
        add(Block("Compare", (f'solution("{exercise.id}") shows the reference.',)))
    else:
        shown = [_explain_slip(each, bool(mistakes) or returns_none(source)) for each in failures[:1]]
        shown = [_ask_about_loop(each, source, exercise) for each in shown]
        feedback.blocks += _failure_blocks(exercise, [*shown, *failures[1:]], mistakes)
        feedback.blocks += [Block("Note", (note,)) for note in notes]
        add(Block("Next", (_hint_line(exercise),)))
    return feedback


def _headline(exercise: Exercise, verdict: str, passed: int, total: int) -> str:
    name = f"{exercise.id} {exercise.name}"
    if verdict == "passed":
        return f"{name}: passed, {passed} of {total} cases."
    if verdict == "not-written":
        return f"{name}: not written yet."
    if verdict == "error":
        return f"{name}: your code could not be loaded."
    return f"{name}: not right yet, {passed} of {total} cases passed."


def _hint_line(exercise: Exercise) -> str:
    return (
        f'hint("{exercise.id}") gives the next hint; in a terminal, python3 -m classroom hint {exercise.id}.'
    )


def _load_blocks(loaded: object) -> Iterator[Block]:
    """Say why code could not even be loaded."""
    if isinstance(loaded, LoadFailed):
        if loaded.how == "syntax":
            yield Block("Problem", (f"Python cannot read it: {loaded.message}.",))
        elif loaded.how == "exit":
            yield Block("Problem", ("It calls sys.exit while its definitions are executed.",))
        else:
            problem = f"{loaded.type}: {loaded.message}" if loaded.type else loaded.message
            yield Block("Problem", (f"Running its definitions raised {problem}",))
        if loaded.line is not None:
            yield Block("Where", (f"line {loaded.line}: {loaded.text.strip()}",), fixed=True)
        yield from _printed_block(loaded.printed)
    elif isinstance(loaded, Ended):
        yield Block("Problem", tuple(_describe_ending(loaded)))


def _failure_blocks(
    exercise: Exercise, failures: Sequence[Failure], mistakes: Sequence[Mistake]
) -> Iterator[Block]:
    """Show the first failure: what was tried, what came, what must hold, and one question."""
    if not failures:
        return
    first = failures[0]
    finding = first.finding
    yield Block("Case", (first.asked.case.title,))
    yield Block("Tried", tuple(_show_op(exercise, first)), fixed=True)
    came, fixed = _show_outcome(first, exercise.layout)
    yield Block("Came", tuple(came), fixed=fixed)
    yield from _must_blocks(first, exercise.layout)
    yield from _printed_block(getattr(first.outcome, "printed", ""))
    if mistakes:
        yield _mistake_block(mistakes)
    question = mistakes[0].hint if mistakes else finding.question
    yield Block("Ask", (question or _ask_about_field(first, exercise.layout) or _ask_anyway(first),))
    sections = finding.rfc or (", ".join(mistakes[0].rfc) if mistakes else "") or ", ".join(exercise.rfc)
    if sections:
        yield Block("Read", (cite(sections),))
    yield from _besides_block(failures)


def _explain_slip(failure: Failure, is_return_there: bool) -> Failure:
    """Put in place of what a case says of a failure what explains it better.

    Arguments:
        is_return_there: a missing `return` is not why None came, or what is wrong has a name of its own.
    """
    finding, outcome = failure.finding, failure.outcome
    if is_return_there:
        finding = replace(finding, note=finding.note.removesuffix(RETURN_GUESS))
    if isinstance(outcome, Returned) and finding.came is None:
        must = finding.must if isinstance(finding.must, str) else getattr(finding.must, "value", None)
        slip = find_slip(outcome.value, must)
        if slip:
            finding = replace(finding, note=slip.note, question=slip.question, came=slip.came)
    return replace(failure, finding=finding)


def _ask_about_loop(failure: Failure, source: str, exercise: Exercise) -> Failure:
    """Ask about the loop in which the student's code was when its time was up."""
    outcome, finding = failure.outcome, failure.finding
    if not isinstance(outcome, Ended) or outcome.how != "endless" or finding.question:
        return failure
    question = ask_about_loop(source, outcome.text, exercise.neighbour_names)
    return replace(failure, finding=replace(finding, question=question))


def _besides_block(failures: Sequence[Failure]) -> Iterator[Block]:
    """Name the other cases that fail."""
    titles = list(dict.fromkeys(failure.asked.case.title for failure in failures))[1:]
    if titles:
        shown = titles[:MOST_TITLES] + ["..."] * (len(titles) > MOST_TITLES)
        yield Block(
            "Besides",
            (f"{len(titles)} other {'cases fail' if len(titles) > 1 else 'case fails'}, too:", *shown),
        )


def _must_blocks(failure: Failure, layout: str) -> Iterator[Block]:
    """Say what must hold, and where what came differs from it."""
    finding, outcome = failure.finding, failure.outcome
    note = [finding.note] if finding.note else []
    if isinstance(finding.must, str):
        yield Block("Must be", (finding.must,))
    elif isinstance(finding.must, tuple):
        yield Block("Must be", finding.must, fixed=True)
    elif finding.must is not None:
        came = _plain_value(failure)
        yield Block("Must be", tuple(show_value(finding.must.value, layout=layout, other=came)), fixed=True)
        if isinstance(outcome, Returned) and not isinstance(finding.came, str):
            note += show_difference(outcome.value, finding.must.value, layout)
            yield from _bits_block(outcome.value, finding.must.value, layout)
    if note:
        yield Block("Look", tuple(note))


def _plain_value(failure: Failure) -> object:
    """The value that came, where it is shown as it is."""
    outcome, is_shown = failure.outcome, failure.finding.came is None
    return outcome.value if isinstance(outcome, Returned) and is_shown else None


def _bits_block(came: object, must: object, layout: str) -> Iterator[Block]:
    """Show as bits the first byte that differs, if its bits have names of their own."""
    if isinstance(came, bytes) and isinstance(must, bytes):
        lines = show_bits(came, must, first_difference(came, must), layout)
        if lines:
            yield Block("Bits", tuple(lines), fixed=True)


def _ask_about_field(failure: Failure, layout: str) -> str:
    """Ask about the field in which frames, or parts of them, first differ; "" where there is none."""
    outcome, must = failure.outcome, failure.finding.must
    if not isinstance(outcome, Returned) or must is None or isinstance(must, (str, tuple)):
        return ""
    return ask_by_field(layout, _FIELD_QUESTIONS)(outcome.value, must.value)


_RESERVED = "Which bits of byte 0 are RSV1, RSV2 and RSV3, from the top bit down?"
_FIELD_QUESTIONS = {
    "FIN": "Which bit of byte 0 is FIN, and what does your code make of it?",
    "RSV1": _RESERVED,
    "RSV2": _RESERVED,
    "RSV3": _RESERVED,
    "opcode": "Which bits of byte 0 are the opcode, and which other bits of that byte does your code touch?",
    "MASK": "Which bit of this byte is MASK, and when is it set?",
    "payload length": "What do these 7 bits say here: the length itself, or which form of it follows?",
    "extended payload length": "How many bytes has the extended payload length here, and which comes first?",
    "masking key": "At which byte does the masking key begin, and what stands in front of it?",
    "payload": "Which line of your code makes the payload, of which bytes, and is it masked here?",
    "behind": "Which line of your code wrote what stands behind the end?",
    "taken": "Which fields has this frame, and how many bytes does each of them take?",
    "frames": "How many whole frames are there in what came, and which of them does your code give?",
}


def _ask_anyway(failure: Failure) -> str:
    """Ask the question that fits what happened, where nothing better is known."""
    if failure.finding.note.endswith(RETURN_GUESS):
        return "What does a function give that comes to its end without a `return`?"
    if isinstance(failure.outcome, Raised) and failure.outcome.type == "NameError":
        return "Where in this cell does that name get its value?"
    if isinstance(failure.outcome, Raised) and failure.outcome.line is None:
        return _ask_about_call(failure, failure.outcome)
    if isinstance(failure.outcome, Raised):
        return _ask_about_exception(failure.outcome, failure.finding.must)
    if isinstance(failure.outcome, Ended):
        if failure.outcome.how == "waiting" and "b''" in failure.outcome.detail:
            return "Which variable is b'' now: the piece, or all that has come?"
        if failure.outcome.how == "waiting" and "never come" in failure.outcome.detail:
            return "All that the peer sends has come. For which byte does this line still wait, and why?"
        return _ENDING_QUESTIONS.get(failure.outcome.how, "Which line did it reach, and which not?")
    if isinstance(failure.outcome, Returned) and isinstance(failure.outcome.value, TooLarge):
        return "How long is the right answer, and what makes yours longer?"
    if isinstance(failure.finding.must, str) and "Error" in failure.finding.must:
        return "At which line could your code have noticed what is wrong with this input?"
    if isinstance(failure.finding.must, str):
        return "Where in your code would this have to happen, and under which condition?"
    return "Make this call in a cell of its own and print each step. Which is the first that surprises you?"


def _ask_about_call(failure: Failure, raised: Raised) -> str:
    """Ask about an exception that came before any line of the answer ran: the call itself did not fit."""
    op = failure.asked.op
    name = op.name if isinstance(op, (Method, Get)) else ""
    if name and raised.type == "AttributeError":
        return f"Is `{name}` spelled so in your class, and indented like its other methods?"
    if raised.type == "TypeError" and name:
        return f"Which parameters has your `{name}`, and is `self` the first of them?"
    if raised.type == "TypeError":
        return "Which parameters does the exercise give to this call, and which does your `def` take?"
    return _ask_about_exception(raised, failure.finding.must)


def _ask_about_exception(raised: Raised, must: object) -> str:
    name = raised.type.rpartition(".")[2]
    if isinstance(must, str) and must.startswith(f"{name} with "):
        return f"Which arguments does {name} take, in which order, and which of them is wrong here?"
    if found := re.search("'(?!NoneType)(\\w+)' object is not subscriptable", raised.message):
        return f"Which methods has {found[1]}, and does [...] belong to what it can do?"
    if isinstance(must, str) and "Error" in must:
        return "Which exception does your caller wait for, and where does this one become it?"
    if {"LookupError", "AttributeError"} & set(raised.bases):
        return "What does the object on that line hold for this input? Print it just before."
    if "TypeError" in raised.bases:
        return "What does that line need, and what did it get?"
    return "What is special about this input, and which line did not expect it?"


_ENDING_QUESTIONS = {
    "endless": "What changes each time round, and what has to happen so that it ends?",
    "recursion": "What is smaller at each call, and which call is the last?",
    "waiting": "Who would have to act so that this line goes on?",
    "exit": "Who decides when the program ends: your function, or whoever called it?",
    "os-exit": "Who decides when the program ends: your function, or whoever called it?",
    "memory": "What does your code build there, and how large must the answer be?",
    "crash": "Which line leaves Python and reaches into memory, as ctypes does?",
}


def _mistake_block(mistakes: Sequence[Mistake]) -> Block:
    names = " or ".join(dict.fromkeys(each.name for each in mistakes))
    return Block("Known as", (f"{names}: a frequent mistake.",))


def cite(sections: str) -> str:
    """Write sections such as "4.2.2, RFC 9112 5" as a sentence, those of RFC 6455 first."""
    cited: dict[str, list[str]] = {"RFC 6455": []}
    for part in (part.strip() for part in sections.split(",")):
        document, section = re.fullmatch(r"((?:RFC \d+)?) ?(.*)", part).groups()  # type: ignore[union-attr]
        cited.setdefault(document or "RFC 6455", []).append(section)
    return "; ".join(f"{document} {_number(listed)}" for document, listed in cited.items() if listed) + "."


def _number(sections: list[str]) -> str:
    """Write "section 1.3" or "sections 1.3, 4.1 and 4.2.2"."""
    *first, last = sections
    return f"sections {', '.join(first)} and {last}" if first else f"section {last}"


def _show_op(exercise: Exercise, failure: Failure) -> list[str]:
    op = failure.asked.op
    if failure.asked.story:
        return list(failure.asked.story)
    if isinstance(op, Call):
        return show_call(exercise.name, op.args, op.kwargs, exercise.layout)
    if isinstance(op, (Method, Get)):
        return _show_history(exercise, failure.asked)
    return [failure.asked.case.name.replace("_", " ")]


def _show_history(exercise: Exercise, asked: Asked) -> list[str]:
    """Show how an object was made and what was asked of it, up to the call that is looked at."""
    calls = [_show_step(exercise, each) for each in (*asked.before, asked)]
    left_out = len(calls) - MOST_CALLS
    if left_out >= FEWEST_LEFT_OUT:
        made, *rest = calls[0], *calls[left_out + 1 :]
        calls = [made, [f"... {left_out} calls more"], *rest]
    return [line for lines in calls for line in lines]


def _show_step(exercise: Exercise, asked: Asked) -> list[str]:
    op = asked.op
    if isinstance(op, Method):
        layout = "bytes" if exercise.layout else ""  # a piece of a stream may begin in the middle of a frame
        return show_call(f"it.{op.name}", op.args, op.kwargs, layout)
    if isinstance(op, Get):
        return [f"it.{op.name}"]
    first, *more = show_call(exercise.name, getattr(op, "args", ()), getattr(op, "kwargs", {}))
    return [f"it = {first}", *more]


def _show_outcome(failure: Failure, layout: str) -> tuple[list[str], bool]:
    """Show what came: the lines, and whether they are code."""
    outcome = failure.outcome
    finding = failure.finding
    if isinstance(finding.came, str):
        return [finding.came], False
    if isinstance(finding.came, tuple):
        return list(finding.came), True
    if isinstance(outcome, Returned):
        value = finding.came.value if finding.came is not None else outcome.value
        must = getattr(finding.must, "value", None) if finding.came is None else None
        return show_value(value, finding.mark, layout, must), True
    if isinstance(outcome, Raised):
        return _show_raised(outcome), True
    if isinstance(outcome, NotWritten):
        return [f'NotImplementedError("exercise {outcome.exercise}"): this path is not written yet.'], False
    return _describe_ending(outcome), False


def _show_raised(outcome: Raised) -> list[str]:
    name = outcome.type.removeprefix("minews.types.")
    if name != outcome.type:
        details = [
            f"{key}={outcome.attributes[key]!r}"
            for key in ("status", "code", "headers", "reason")
            if outcome.attributes.get(key)
        ]
        lines = [f"{name}({', '.join(details)})"]
    else:
        lines = [f"{name}: {outcome.message}" if outcome.message else name]
    if outcome.line is not None:
        lines.append(f"at line {outcome.line}: {outcome.text.strip()}")
    return lines


def _describe_ending(ended: Ended) -> list[str]:
    """Say in plain words how code ended that neither returned nor raised, and where."""
    where = [f"It was at line {ended.line}: {ended.text.strip()}"] if ended.line is not None else []
    end = "A function returns or raises; it does not end the program."
    detail = f" ({ended.detail})" if ended.detail else ""
    known = {
        "endless": "Your code was still computing when its time was up. Does a loop never end?",
        "waiting": f"Your code would never come back{_detail_of(ended)}.",
        "exit": f"Your code called sys.exit. {end}",
        "os-exit": f"Your code ended its whole process{detail}. {end}",
        "crash": f"Your code crashed the Python interpreter itself{detail}. Your notebook is not harmed.",
        "memory": "Your code asked for more memory than a check may use (1 GiB).",
        "recursion": "Your function calls itself without an end: Python stopped it at its recursion limit.",
        "garbled": "Your code wrote into the connection through which it is tested. "
        "Write only to files that you opened.",
    }
    return [known.get(ended.how, f"Your code ended: {ended.how}{detail}."), *where]


def _detail_of(ended: Ended) -> str:
    return f": {ended.detail}" if ended.detail else ""


def _printed_block(printed: str) -> Iterator[Block]:
    if printed.strip():
        lines = [_cut_line(line) for line in printed.rstrip().splitlines()]
        shown = lines if len(lines) <= 12 else [*lines[:11], f"... and {len(lines) - 11} lines more"]
        yield Block("Printed", tuple(shown), fixed=True)


def _cut_line(line: str) -> str:
    more = len(line) - LONGEST_PRINTED
    return line if more <= 0 else f"{line[:LONGEST_PRINTED]} ... and {more:,} characters more"
