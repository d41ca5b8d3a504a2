"""Try minews with the peers that there are, at both ends, and print a table.

python -m tests.minews.matrix                    all of them: about half a minute
python -m tests.minews.matrix --only curl        rows with this in their names
python -m tests.minews.matrix --feature TLS      some features

"pass" is that; a letter stands for what the peer does not offer, which is told below; FAIL is a fault.
"""

from __future__ import annotations

import argparse
import string
import sys
from collections.abc import Sequence

from classroom import peers
from tests.minews.matrix.features import FEATURES
from tests.minews.matrix.programs import describe_curl
from tests.minews.matrix.running import ROWS, Cell, Row


def main(words: Sequence[str] | None = None) -> int:
    """Print the matrix; return 0 if nothing failed and no peer was missing, else 1."""
    arguments = parse(words)
    features = arguments.feature or list(FEATURES)
    rows = [row for row in ROWS if not arguments.only or any(each in row.name for each in arguments.only)]
    print(f"{'':34}" + "".join(f"{feature:>13}" for feature in features))
    notes: dict[str, str] = {}
    failed = False
    for row in rows:
        if missing := find_missing(row):
            print(f"{row.name:34}  not here: {missing}")
            failed = True
            continue
        cells = list(row.cells(features))
        print(f"{row.name:34}" + "".join(f"{mark(cell, notes):>13}" for cell in cells), flush=True)
        for cell in cells:
            if cell.verdict == "FAIL":
                failed = True
                print(f"    {cell.feature}: {cell.why}")
    print(*(f"{letter}: {why}" for why, letter in notes.items()), sep="\n")
    if any(row.peer == "curl" for row in rows) and not all(map(find_missing, rows)):
        print(f"curl: {describe_curl()}")
    return int(failed)


def find_missing(row: Row) -> str:
    """Return what is missing for a row, as text to read; "" if it can be run."""
    try:
        for name in row.needs:
            peers.require_peer(name)
    except peers.MissingPeer as missing:
        return str(missing)
    return ""


def mark(cell: Cell, notes: dict[str, str]) -> str:
    """Write a cell: what a peer cannot do gets a letter, the same one for the same reason."""
    if cell.verdict != "cannot":
        return cell.verdict
    return notes.setdefault(cell.why, f"({string.ascii_lowercase[len(notes)]})")


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.minews.matrix", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="rows, by their names")
    parser.add_argument("--feature", action="append", choices=list(FEATURES), help="all, if none is named")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
