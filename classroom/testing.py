"""`classroom test`: the project's own tests, run by the pytest of this Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from classroom.places import ROOT


def run_tests(argv: Sequence[str] = ()) -> int:
    """Run the project's tests; a student's half-solved exercises don't count in them.

    Arguments:
        argv: more words for pytest: options, files, `-k` expressions; paths from the checkout. Without -n
            among them the tests run side by side, in up to four processes.

    Returns:
        pytest's exit code: 0 when all passed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "MINEWS_WORK"}
    workers = [] if any(word.startswith("-n") for word in argv) else ["-n", str(min(os.cpu_count() or 1, 4))]
    command = [sys.executable, "-m", "pytest", *workers, *argv]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # pytest got it, too, and ends with its own summary
