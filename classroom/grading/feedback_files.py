"""Feedback for each student as HTML and as Markdown, in the words that `check` uses.

Hidden cases are counted openly, and never shown. Whatever a student wrote is text here, nothing else: it is
escaped, and the page may load or run nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from ..feedback import LABEL_WIDTH
from .course import Course
from .naming import escape_html, escape_markdown, fence, write_file
from .points import Grade
from .results import ExerciseResult, RunInfo, SubmissionResult
from .sentences import (
    GRADER_FAILED,
    is_there,
    say_hidden,
    say_late,
    say_missing,
    say_nothing,
    say_score,
    say_untried,
    say_verdict,
)
from .style import page

__all__ = ["html_feedback", "markdown_feedback", "read_blocks", "write_feedback_files"]

MARKS = {
    "passed": "\u2713",
    "failed": "\u25d0",
    "error": "\u2715",
    "not-written": "\u25cb",
    "missing": "\u2013",
    "ungraded": "!",
}
# Blocks of feedback that are shown space for space, unless they hold a sentence.
_FIXED = frozenset({"Tried", "Came", "Must be", "Bits", "Printed", "Where"})
_LABEL = re.compile(r"([A-Z][a-z]+(?: [a-z]+)?) *")


# Markdown


def markdown_feedback(result: SubmissionResult, grade: Grade, run: RunInfo, course: Course) -> str:
    """Write the feedback as Markdown."""
    about = escape_markdown(f"{result.name}: {say_score(grade, course)}")
    lines = [
        f"# {escape_markdown(course.title)}",
        f"**{about}**",
    ]
    lines += [f"- {escape_markdown(problem)}" for problem in result.problems]
    lines += map(escape_markdown, say_late(grade, course))
    if not grade.is_known:
        return "\n\n".join([*lines, GRADER_FAILED]) + "\n"
    lines += filter(None, [escape_markdown(say_missing(result, grade, run))])
    if not is_there(result, grade):
        return "\n\n".join(lines) + "\n"
    lines.append("\n".join(_markdown_table(result, grade, run, course)))
    for number in grade.exercises:
        exercise = result.exercise(number)
        if not exercise.is_there:
            continue
        lines.append(f"### {escape_markdown(f'{number} {run.exercises[number]}')}")
        lines.append(fence(exercise.feedback or say_nothing(exercise, run)))
        lines += [f"**{words}**" for words in (say_untried(exercise), say_hidden(exercise)) if words]
    return "\n\n".join(lines) + "\n"


def _markdown_table(result: SubmissionResult, grade: Grade, run: RunInfo, course: Course) -> Iterator[str]:
    yield "| Exercise | Verdict | Cases passed | Points |"
    yield "|---|---|---|---|"
    for cells in _rows(result, grade, run, course):
        yield f"| {' | '.join(map(escape_markdown, cells))} |"
    for words, points in _sums(grade, course):
        yield f"| **{escape_markdown(words)}** | | | **{escape_markdown(points)}** |"


def _rows(result: SubmissionResult, grade: Grade, run: RunInfo, course: Course) -> Iterator[tuple[str, ...]]:
    for number in grade.exercises:
        exercise = result.exercise(number)
        points = f"{course.show(grade.exercises[number])} of {course.show(grade.maxima[number])}"
        yield f"{number} {run.exercises[number]}", say_verdict(exercise), _cases(exercise), points


def _sums(grade: Grade, course: Course) -> Iterator[tuple[str, str]]:
    """What stands below the rows. They are rounded, and the sum is made of what they were before."""
    if grade.taken_off:
        yield "Taken off for late days", f"\u2212{course.show(grade.taken_off)}"
    shown = sum(map(Fraction, (course.show(each) for each in grade.exercises.values())))
    exact = sum(grade.exercises.values(), Fraction(0))
    rounded = " (the rows are rounded)" if shown != Fraction(course.show(exact)) else ""
    yield f"In all{rounded}", f"{course.show(grade.points)} of {course.show(grade.maximum)}"


def _cases(exercise: ExerciseResult) -> str:
    if exercise.verdict in ("missing", "not-written") or not (exercise.total or exercise.hidden_total):
        return "\u2013"
    hidden = f", hidden {exercise.hidden_passed} of {exercise.hidden_total}" if exercise.hidden_total else ""
    return f"{exercise.passed} of {exercise.total}{hidden}"


# HTML


def html_feedback(result: SubmissionResult, grade: Grade, run: RunInfo, course: Course) -> str:
    """Write the feedback as a page that needs nothing else."""
    parts = [
        f"<header><p class=over>{escape_html(course.title)}</p>",
        f"<h1>Feedback for <bdi>{escape_html(result.name)}</bdi></h1>",
        f"<p class=score>{escape_html(say_score(grade, course))}</p>",
        f"<p class=quiet>Handed in as <bdi>{escape_html(result.submission)}</bdi></p></header><main>",
    ]
    parts += [f'<p class="note"><bdi>{escape_html(problem)}</bdi></p>' for problem in result.problems]
    parts += [f'<p class="note">{escape_html(line)}</p>' for line in say_late(grade, course)]
    if grade.is_known:
        parts += _html_exercises(result, grade, run, course)
    else:
        parts.append(f'<p class="note">{escape_html(GRADER_FAILED)}</p>')
    return page(f"Feedback: {course.title}", "".join([*parts, "</main>"]))


def _html_exercises(result: SubmissionResult, grade: Grade, run: RunInfo, course: Course) -> Iterator[str]:
    missing = say_missing(result, grade, run)
    if missing:
        yield f"<p>{escape_html(missing)}</p>"
    if not is_there(result, grade):
        return
    yield _html_table(result, grade, run, course)
    for number in grade.exercises:
        exercise = result.exercise(number)
        if exercise.is_there:
            yield _html_section(exercise, run)


def _html_table(result: SubmissionResult, grade: Grade, run: RunInfo, course: Course) -> str:
    head = "".join(f"<th scope=col>{word}</th>" for word in ("Exercise", "Verdict", "Cases passed"))
    head += "<th scope=col class=number>Points</th>"
    body = []
    for number, cells in zip(grade.exercises, _rows(result, grade, run, course), strict=True):
        exercise = result.exercise(number)
        name, verdict, cases, points = map(escape_html, cells)
        link = f"<a href=#e{escape_html(number)}>{name}</a>" if exercise.is_there else name
        body.append(
            f"<tr><th scope=row>{link}</th>"
            f"<td>{_badge(exercise, verdict)}</td><td class=cases>{cases}</td>"
            f"<td class=number>{points}</td></tr>"
        )
    foot = "".join(
        f"<tr><th scope=row colspan=3>{words}</th><td class=number>{points}</td></tr>"
        for words, points in (map(escape_html, each) for each in _sums(grade, course))
    )
    return (
        "<div class=scroll tabindex=0 role=group aria-label='Points by exercise'><table>"
        f"<caption>Points by exercise</caption><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
        f"<tfoot>{foot}</tfoot></table></div>"
    )


def _badge(exercise: ExerciseResult, words: str) -> str:
    kind = "failed" if exercise.fails_only_hidden else exercise.verdict
    return f'<span class="badge {kind}"><span aria-hidden=true>{MARKS[kind]}</span> {words}</span>'


def _html_section(exercise: ExerciseResult, run: RunInfo) -> str:
    number = exercise.exercise
    headline, blocks = read_blocks(exercise.feedback or say_nothing(exercise, run))
    words = filter(None, (say_untried(exercise), say_hidden(exercise)))
    kind = "failed" if exercise.fails_only_hidden else exercise.verdict
    return "".join(
        [
            f'<section id="e{escape_html(number)}" class="exercise {kind}">',
            f"<h2>{escape_html(number)} {escape_html(run.exercises.get(number, ''))}</h2>",
            f"<p><strong>{escape_html(headline[0])}</strong></p>",
            "".join(f"<p class=quiet>{escape_html(line)}</p>" for line in headline[1:]),
            f"<dl>{''.join(map(_block, blocks))}</dl>" if blocks else "",
            *(f"<p class=hidden><strong>{each}</strong></p>" for each in words),
            "</section>",
        ]
    )


def read_blocks(feedback: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Read the plain text of feedback back: the lines above the first empty one, and the labelled blocks."""
    above, _, below = feedback.partition("\n\n")
    blocks: list[tuple[str, list[str]]] = []
    for line in below.split("\n") if below else ():
        label = _LABEL.fullmatch(line[:LABEL_WIDTH])
        if label and (len(line) < LABEL_WIDTH or line[LABEL_WIDTH - 1] == " "):
            blocks.append((label[1], [line[LABEL_WIDTH:]]))
        elif blocks:
            blocks[-1][1].append(line[LABEL_WIDTH:] if not line[:LABEL_WIDTH].strip() else line)
        else:
            above += f"\n{line}"
    return above.split("\n"), blocks


def _block(block: tuple[str, Sequence[str]]) -> str:
    label, lines = block
    if label in _FIXED and not _is_prose(lines):
        body = f"<pre tabindex=0>{escape_html(chr(10).join(lines))}</pre>"
    else:
        body = "<br>".join(map(escape_html, lines))
    return f"<dt>{escape_html(label)}</dt><dd>{body}</dd>"


def _is_prose(lines: Sequence[str]) -> bool:
    return bool(re.match(r"[A-Z][a-z]* [a-z]", lines[0])) and lines[0].rstrip().endswith((".", "?"))


def write_feedback_files(
    path: Path, result: SubmissionResult, grade: Grade, run: RunInfo, course: Course, markdown: str = ""
) -> tuple[Path, Path]:
    """Write both files of a submission.

    Arguments:
        path: where, GRADES/feedback/NAME, without a suffix.
        result, grade, run, course: what came of it, and what that is worth.
        markdown: what `markdown_feedback` gives, where it is known already.

    Returns:
        The paths of the HTML and of the Markdown.
    """
    paths = path.with_name(f"{path.name}.html"), path.with_name(f"{path.name}.md")
    write_file(paths[0], html_feedback(result, grade, run, course))
    write_file(paths[1], markdown or markdown_feedback(result, grade, run, course))
    return paths
