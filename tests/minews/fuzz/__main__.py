"""Feed minews any bytes, and look for what it should not do.

python -m tests.minews.fuzz                         for ever, or until something is found
python -m tests.minews.fuzz --seconds 20            all targets, 20 seconds together
python -m tests.minews.fuzz receive --corpus here   one target, and keep the inputs that showed something new

With atheris, new inputs are made of those that reached new code; without it they are changed at random, and
the seed of that is printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.minews.fuzz.corpus import seeds
from tests.minews.fuzz.mutator import Found, changed, fuzz
from tests.minews.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[3]
ROUND = 60.0  # seconds for a target before the next one has its turn, if there is no end
LONGEST = 4096  # bytes in an input


def main(words: Sequence[str] | None = None) -> int:
    """Fuzz; return 0 if nothing was found, else 1."""
    arguments = parse(words)
    guided = not arguments.plain and importlib.util.find_spec("atheris") is not None
    names = arguments.targets or list(TARGETS)
    if not guided:
        print(f"no atheris: inputs are changed at random, --seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(arguments.corpus or folder)
        for name, seconds in turns(names, arguments.seconds):
            found = guide(name, seconds, corpus) if guided else wander(name, seconds, arguments.seed)
            if found is not None:
                print(as_finding(name, found), flush=True)
                return 1
    return 0


def turns(names: Sequence[str], seconds: float | None) -> Iterator[tuple[str, float]]:
    """Give each target its share of the time, or a turn again and again."""
    if seconds is not None:
        yield from ((name, seconds / len(names)) for name in names)
    else:
        yield from ((name, ROUND) for name in itertools.cycle(names))


def wander(name: str, seconds: float, seed: int) -> bytes | None:
    """Fuzz one target without coverage; return what was found."""
    try:
        count = fuzz(TARGETS[name], changed(seeds(name), seed), seconds=seconds)
    except Found as found:
        print(f"{name}: {found.__cause__!r}")
        return found.data
    print(f"{name}: {count} inputs, nothing found", flush=True)
    return None


def guide(name: str, seconds: float, corpus: Path) -> bytes | None:
    """Fuzz one target with atheris; return what was found."""
    folder = corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(name)):
        (folder / f"seed-{number}").write_bytes(data)
    with tempfile.TemporaryDirectory() as place:
        options = [f"-max_total_time={max(1, round(seconds))}", f"-max_len={LONGEST}", "-timeout=30"]
        options += [f"-artifact_prefix={place}/", "-print_final_stats=1", "-verbosity=1", str(folder)]
        command = [sys.executable, "-m", "tests.minews.fuzz.guided", name, *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
        artifacts = sorted(Path(place).iterdir())
        if done.returncode == 0 and not artifacts:
            print(f"{name}: {summary(done.stderr)}, nothing found", flush=True)
            return None
        print(done.stdout[-4000:], done.stderr[-4000:], sep="\n")
        return artifacts[0].read_bytes() if artifacts else b""


def summary(told: str) -> str:
    """Return what libFuzzer did, in a few words."""
    runs = re.search(r"number_of_executed_units:\s*(\d+)", told)
    edges = re.findall(r"cov: (\d+)", told)
    return f"{runs[1] if runs else '?'} inputs, {edges[-1] if edges else '?'} edges"


def as_finding(name: str, data: bytes) -> str:
    """Write the rows for findings.toml."""
    return (
        f'found; in findings.toml this is\n\n[[finding]]\ntarget = "{name}"\ndata = "{data.hex()}"\nwhy = ""'
    )


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.minews.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, help="for all targets together; for ever, if it is not said")
    parser.add_argument("--corpus", metavar="DIR", help="a folder for inputs that showed something new")
    parser.add_argument("--plain", action="store_true", help="do without atheris")
    seed = random.Random(time.time_ns()).randrange(1 << 32)
    parser.add_argument("--seed", type=int, default=seed, help="of the plain fuzzer; drawn if it is not said")
    arguments = parser.parse_args(words)
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"no target: {', '.join(sorted(unknown))}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
