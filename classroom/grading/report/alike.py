"""The part of the report on submissions that are near copies: groups, and pairs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..copies import find_docstrings, matching_lines
from ..likeness import Likeness, Pair, given_source, known_numbers
from ..naming import escape_html
from ..results import Journal, RunInfo, SubmissionResult
from .elements import Raw, part, table
from .people import People

__all__ = ["write_alike"]

MOST_GROUPS = 50
MOST_NAMES = 12  # of one group
MOST_PAIRS = 40  # shown side by side
MOST_EXERCISES = 3  # of one pair
MOST_LINES = 120  # of one side
FEWEST_LINES = 3  # in common, to be worth showing
ABOUT = (
    "Submissions are compared without names, comments, docstrings and layout. What stands in the "
    "skeleton, in the reference or in more than a tenth of the class is left aside, unless two "
    "submissions are identical as a whole. The pieces of code that remain are rare: \u201c12 of 15 rare "
    "pieces in common\u201d means that the submission with fewer of them has 15, and the other one has 12"
    " of these, too. That is a reason to look, and says nothing about who wrote what, or why."
)


def write_alike(
    likeness: Likeness, journal: Journal, run: RunInfo, people: People, exercises: Sequence[str]
) -> str:
    """Write the part, or say that nothing was found.

    Arguments:
        likeness: what was found.
        journal: where the code is, if the grader kept it.
        run: titles of the exercises.
        people: what the students are called.
        exercises: those that count.
    """
    title = "Submissions that look alike"
    if not likeness.pairs:
        return part("alike", title, "<p>No two submissions have much in common that few others have.</p>")
    groups = [
        (f"Group {number}", len(group), Raw(_list_names(group, people)))
        for number, group in enumerate(likeness.groups, 1)
    ]
    shown = likeness.pairs[:MOST_PAIRS]
    more = (
        f"<p class=quiet>The {MOST_PAIRS} most alike of {len(likeness.pairs):,} pairs; all are in "
        "exports/alike.csv.</p>"
        if len(likeness.pairs) > MOST_PAIRS
        else ""
    )
    return part(
        "alike",
        title,
        f"<p>{escape_html(ABOUT)}</p>",
        _write_same(likeness, people),
        table("Groups", ("Group", "Submissions", "Who"), groups, numbers=[1], long=[2], most=MOST_GROUPS),
        f"<h3>Pairs, side by side</h3>{more}",
        *(_write_pair(pair, likeness, journal, run, people, exercises) for pair in shown),
    )


def _write_same(likeness: Likeness, people: People) -> str:
    if not likeness.same:
        return ""
    rows = [
        (f"Identical {number}", len(group), Raw(_list_names(group, people)))
        for number, group in enumerate(likeness.same, 1)
    ]
    caption = "Identical but for names, comments and layout, in every exercise"
    return table(caption, ("Group", "Submissions", "Who"), rows, numbers=[1], long=[2], most=MOST_GROUPS)


def _list_names(group: Sequence[int], people: People) -> str:
    names = [f"<bdi>{escape_html(people.name(place))}</bdi>" for place in group[:MOST_NAMES]]
    more = len(group) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _write_pair(
    pair: Pair,
    likeness: Likeness,
    journal: Journal,
    run: RunInfo,
    people: People,
    exercises: Sequence[str],
) -> str:
    places = pair.first, pair.second
    results = [journal.find(people.rows[place].submission) for place in places]
    names = " and ".join(f"<bdi>{escape_html(people.name(place))}</bdi>" for place in places)
    found = sorted(_compare(results, likeness, exercises), reverse=True)[:MOST_EXERCISES]
    body = "".join(
        _write_sides(number, marked, results, places, run, people) for _, number, marked in found
    ) or _say_where(results, exercises, run)
    return (
        f"<details><summary>{names}: {pair.shared} of {pair.of} rare pieces in common "
        f"({100 * pair.part:.0f} %)</summary>{body}</details>"
    )


def _compare(
    results: Sequence[SubmissionResult], likeness: Likeness, exercises: Sequence[str]
) -> Iterator[tuple[int, str, tuple[set[int], set[int]]]]:
    """How many lines of each exercise match, which exercise that is, and which lines."""
    for number in exercises:
        first, second = (each.exercise(number).source for each in results)
        if first and second:
            common = known_numbers(number) | likeness.common.get(number, frozenset())
            marked = matching_lines(first, second, common, given_source(number))
            if min(map(len, marked)) >= FEWEST_LINES:
                yield min(map(len, marked)), number, marked


def _write_sides(
    number: str,
    marked: tuple[set[int], set[int]],
    results: Sequence[SubmissionResult],
    places: tuple[int, int],
    run: RunInfo,
    people: People,
) -> str:
    sides = []
    for place, result, lines in zip(places, results, marked, strict=True):
        source = people.clean(place, result.exercise(number).source)
        about = people.clean(place, result.exercise(number).tested)
        name = escape_html(people.name(place))
        sides.append(
            f"<div><h4><bdi>{name}</bdi></h4>"
            f"<p class=quiet>{escape_html(about)}</p>"
            f'<pre tabindex=0 aria-label="{name}">{_mark(source, lines)}</pre></div>'
        )
    title = f"{number} {run.exercises.get(number, '')}"
    return f"<h4>{escape_html(title)}</h4><div class=sides>{''.join(sides)}</div>"


def _mark(source: str, lines: set[int]) -> str:
    """The code as HTML, its marked lines marked; docstrings are folded, since they are not compared."""
    folded = {number: last for number, last in find_docstrings(source) if last > number}
    texts = source.split("\n")
    shown: list[str] = []
    number = 1
    while number <= len(texts) and len(shown) < MOST_LINES:
        text, last = texts[number - 1], folded.get(number, number)
        if last > number:
            text = f"{text[: len(text) - len(text.lstrip())]}... a docstring, {last - number + 1} lines"
        element = "mark" if number in lines else "span"
        shown.append(f"<{element}>{escape_html(text) or ' '}</{element}>")
        number = last + 1
    if number <= len(texts):
        shown.append(f"<span>... and {len(texts) - number + 1} more lines</span>")
    return "".join(shown)


def _say_where(results: Sequence[SubmissionResult], exercises: Sequence[str], run: RunInfo) -> str:
    """Where to look, if the grader kept no code or no whole lines match."""
    rows = []
    for number in exercises:
        first, second = (set(each.exercise(number).tokens) for each in results)
        if first & second:
            rows.append(
                (f"{number} {run.exercises.get(number, '')}", len(first & second), len(first | second))
            )
    return table("Fingerprints in common", ("Exercise", "In both", "In either"), rows, numbers=[1, 2])
