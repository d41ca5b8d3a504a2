"""Change the core of minews in small ways, and see whether a test notices.

python -m tests.minews.mutants                      all modules: some ten minutes on two cores
python -m tests.minews.mutants frames closing       these
python -m tests.minews.mutants --sample 20          so many, drawn by a seed

A survivor is a fault that no test would find: write the test, or, if the change makes no difference, say
why in equivalent.toml.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.minews.mutants.mutating import Mutant, find_mutants
from tests.minews.mutants.running import TESTS, Outcome, find_stale, read_source, run_mutants


def main(words: Sequence[str] | None = None) -> int:
    """Run mutants; return 0 if none survived and the table of explained ones is up to date, else 1."""
    arguments = parse(words)
    chosen = choose(arguments.modules or list(TESTS), arguments.sample, arguments.seed, arguments.only)
    if arguments.sample:
        print(f"{len(chosen)} mutants, drawn with --seed {arguments.seed}")
    outcomes, started = [], time.monotonic()
    for outcome in run_mutants(chosen):
        outcomes.append(outcome)
        if outcome.verdict == "survived" or arguments.verbose:
            print(outcome, flush=True)
    stale = [f"{module}: {name}" for module in arguments.modules or TESTS for name in find_stale(module)]
    print(write_table(outcomes), f"{time.monotonic() - started:.0f} seconds", sep="\n")
    for line in stale:
        print(f"equivalent.toml explains what is no more: {line}")
    return int(bool(stale) or any(outcome.verdict == "survived" for outcome in outcomes))


def choose(modules: Sequence[str], sample: int, seed: int, only: str) -> list[tuple[str, Mutant]]:
    """Return the mutants to run, all or a sample of them."""
    everyone = [(module, mutant) for module in modules for mutant in find_mutants(read_source(module))]
    chosen = [each for each in everyone if only in each[1].name]
    if sample:
        chosen = random.Random(seed).sample(chosen, min(sample, len(chosen)))
    return chosen


def write_table(outcomes: Sequence[Outcome]) -> str:
    """Write how many were killed, module by module."""
    verdicts = ("killed", "survived", "explained")
    lines = [f"{'':12}" + "".join(f"{verdict:>11}" for verdict in verdicts)]
    counts = Counter((outcome.module, outcome.verdict) for outcome in outcomes)
    for module in dict.fromkeys(outcome.module for outcome in outcomes):
        lines.append(f"{module:12}" + "".join(f"{counts[module, verdict]:>11}" for verdict in verdicts))
    totals = Counter(outcome.verdict for outcome in outcomes)
    lines.append(f"{'all':12}" + "".join(f"{totals[verdict]:>11}" for verdict in verdicts))
    return "\n".join(lines)


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.minews.mutants", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TESTS))
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="run so many, drawn at random")
    parser.add_argument("--seed", type=int, default=6455, help="of the draw (6455)")
    parser.add_argument("--only", default="", metavar="WORDS", help="those with these words in their names")
    parser.add_argument("--verbose", action="store_true", help="name those that were killed, too")
    arguments = parser.parse_args(words)
    if unknown := set(arguments.modules) - set(TESTS):
        parser.error(f"no module of the core: {', '.join(sorted(unknown))}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
