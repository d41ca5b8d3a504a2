"""minews beside its peers and the limits: wsproto, websockets, aiohttp, raw TCP, memory copy.

    python3 benchmarks/against_peers.py [--quick] [--json FILE] [--picture FILE]

Everything in one run: contestants take turns, round after round; what counts is CPU time, in servers that of
their own process. The table has the medians of the rounds' ratios, and their middle half. It ends with 1 if a
figure that is wanted is missed. Peers that are not installed are named and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.peers.contests import CONTESTS, QUICK, WHOLE
from benchmarks.peers.memory import warm_memory
from benchmarks.peers.table import ROWS, Results, format_contests, format_table

LIBRARIES = ("wsproto", "websockets", "websockets.speedups", "aiohttp", "numpy", "matplotlib")


def find_missing() -> list[str]:
    """Return the libraries that are not installed."""

    def is_there(name: str) -> bool:
        try:
            return importlib.util.find_spec(name) is not None
        except ImportError:
            return False

    return [name for name in LIBRARIES if not is_there(name)]


def describe_machine() -> str:
    """Say where this runs, and how busy it is, in one line."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"Python {platform.python_version()} on {platform.system()}, {os.cpu_count()} cores{load}"


def main() -> int:
    """Measure, print, draw, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less than a minute, and less exact")
    parser.add_argument("--json", type=Path, help="write all values of all rounds to this file")
    parser.add_argument("--picture", type=Path, help="draw the result to this file (.svg or .png)")
    options = parser.parse_args()
    start, missing = time.monotonic(), find_missing()
    print(describe_machine())
    if missing:
        print(f"not installed, so left out: {', '.join(missing)}")
    warm_memory()
    results: Results = {}
    for name, contest in CONTESTS.items():
        results[name] = contest(QUICK if options.quick else WHOLE)
    print(*format_table(results), "", *format_contests(results), "", sep="\n")
    print(f"{time.monotonic() - start:.0f} s, {describe_machine()}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    if options.picture and "matplotlib" not in missing:
        from benchmarks.peers.picture import draw_picture

        draw_picture(results, options.picture)
    figures = [(row, row.reach(results)) for row in ROWS]
    return int(any(figure is not None and not row.is_good(figure) for row, figure in figures))


if __name__ == "__main__":
    sys.exit(main())
