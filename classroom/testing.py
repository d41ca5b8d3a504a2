"""`classroom test`: the project's own tests, run by the pytest of this Python.

python3 -m classroom test          all but the slow ones, in under three minutes on two cores
python3 -m classroom test --all    all of them, as CI runs them
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from classroom.places import ROOT


def run_tests(argv: Sequence[str] = ()) -> int:
    """Run the project's tests; a student's half-solved exercises don't count in them.

    Arguments:
        argv: --all for the slow tests, too; more words for pytest: options, files, `-k` expressions; paths
            from the checkout. Without -n among them the tests run side by side, in one process more than
            there are cores, since some tests only wait; with -m or a test's own path among them it is these
            words that choose.

    Returns:
        pytest's exit code: 0 when all passed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "MINEWS_WORK"}
    words = [word for word in argv if word != "--all"]
    count = str(min((os.cpu_count() or 1) + 1, 5))
    side_by_side = ["-n", count, "--dist", "loadgroup"]  # no group's costly fixture is made twice
    workers = [] if any(word.startswith("-n") for word in words) else side_by_side
    chosen = "--all" in argv or any(word.startswith("-m") or "::" in word for word in words)
    fast = [] if chosen else ["-m", "not slow"]
    command = [sys.executable, "-m", "pytest", *workers, *fast, *words]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # pytest got it, too, and ends with its own summary
