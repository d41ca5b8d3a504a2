"""The table of a run."""

from __future__ import annotations

from collections.abc import Sequence

from tests.minews.conformance.cases import ALL_CATEGORIES
from tests.minews.conformance.judge import VERDICTS, Result


def write_table(results: Sequence[Result], verbose: bool = False) -> str:
    """Write the verdicts by category, and below them the cases that are no plain pass."""
    lines = [f"{'':34}" + "".join(f"{name:>11}" for name in (*VERDICTS, "seconds"))]
    for number, name in ALL_CATEGORIES.items():
        lines += row(f"{number:>2} {name}", [each for each in results if each.case.category == number])
    lines += row("   all", results)
    for verdict in VERDICTS[1:]:
        lines += ["", *(line(each) for each in results if each.verdict == verdict)]
    if verbose:
        lines += ["", *(f"{each}" for each in results)]
    return "\n".join(lines)


def row(name: str, results: Sequence[Result]) -> list[str]:
    counts = [sum(result.verdict == verdict for result in results) for verdict in VERDICTS]
    seconds = sum(result.seconds for result in results)
    cells = "".join(f"{count or '':>11}" for count in counts)
    return [f"{name:34}{cells}{seconds:>11.2f}"] if results else []


def line(result: Result) -> str:
    return f"{result.verdict:11}{result.case.id:9}{result.case.title}: {result.why}"
