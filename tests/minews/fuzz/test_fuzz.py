"""What fuzzing found stays mended; and the fuzzers find what is put there for them to find."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

from minews import FastConnection, FrameReader
from tests.minews.fuzz import targets
from tests.minews.fuzz.__main__ import ROOT, main
from tests.minews.fuzz.corpus import read_findings, seeds
from tests.minews.fuzz.mutator import Found, changed, fuzz
from tests.minews.fuzz.targets import TARGETS

RUNS = 60  # changed inputs for a target
FINDINGS = read_findings()


@pytest.mark.parametrize("row", FINDINGS, ids=[f"{row['target']}: {row['why'][:40]}" for row in FINDINGS])
def test_what_was_found_once_is_mended(row):
    TARGETS[row["target"]](bytes.fromhex(row["data"]))


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_changed_at_random_show_nothing(name):
    inputs = itertools.islice(changed(seeds(name), 6455), len(seeds(name)), None)  # the first are the seeds
    assert fuzz(TARGETS[name], inputs, runs=RUNS) == RUNS


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_every_input_to_start_from_is_taken(name):
    made = seeds(name)
    assert fuzz(TARGETS[name], iter(made)) == len(made) > 2


def test_the_same_seed_gives_the_same_inputs():
    first, again = (changed(seeds("texts"), 7) for _ in range(2))
    assert [next(first) for _ in range(50)] == [next(again) for _ in range(50)]


def find(name: str, runs: int = 20_000) -> bytes:
    with pytest.raises(Found) as caught:
        fuzz(TARGETS[name], changed(seeds(name), 6455), runs=runs)
    return caught.value.data


@pytest.mark.slow
class TestPlantedFaults:
    def test_another_exception_is_found(self, monkeypatch):
        def close(self, what, payload):
            raise KeyError(what)

        monkeypatch.setattr(FastConnection, "_close", close)
        assert find("receive")

    def test_a_fast_connection_that_says_something_else_is_found(self, monkeypatch):
        monkeypatch.setattr(FastConnection, "_read_whole", lambda self, *rest: None)
        assert find("receive")

    def test_work_out_of_proportion_is_found(self, monkeypatch):
        honest = FrameReader.feed

        def feed(self, data):
            for _ in range(len(self._buffer) ** 2):
                honest(self, b"")
            return honest(self, data)

        monkeypatch.setattr(FrameReader, "feed", feed)
        monkeypatch.setattr(targets, "FastConnection", targets.Connection)
        assert find("receive")

    def test_a_head_that_is_taken_without_a_look_is_found(self, monkeypatch):
        def agree(request, options):
            return b"HTTP/1.1 101 x\r\n\r\n", targets.Agreement(targets.Role.SERVER, None, None)

        monkeypatch.setattr(targets, "accept_request", agree)
        assert find("request")


class TestTheCommand:
    @pytest.mark.slow
    @pytest.mark.parametrize("words", [[], ["--plain"]], ids=["guided, where atheris is", "plain"])
    def test_it_runs_for_some_seconds_and_finds_nothing(self, words):
        command = [sys.executable, "-m", "tests.minews.fuzz", "--seconds", "2", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("nothing found") == len(TARGETS)

    def test_it_prints_what_it_found_as_a_row_of_the_table(self, monkeypatch, capsys):
        monkeypatch.setitem(TARGETS, "texts", lambda data: 1 / 0)
        assert main(["texts", "--plain", "--seconds", "1", "--seed", "3"]) == 1
        told = capsys.readouterr().out
        assert "--seed 3" in told and "ZeroDivisionError" in told
        assert f'[[finding]]\ntarget = "texts"\ndata = "{seeds("texts")[0].hex()}"' in told

    def test_a_target_that_does_not_exist_is_a_mistake(self, capsys):
        with pytest.raises(SystemExit):
            main(["nothing"])
        assert "no target: nothing" in capsys.readouterr().err
