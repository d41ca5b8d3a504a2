"""What every test of the project starts from: a work folder of its own, and the peers that it names."""

from __future__ import annotations

import itertools
import os
import signal

import pytest

from classroom import peers

NUMBERS = itertools.count(1)  # of the folders for students' work

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background: what tests start heeds it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def work_folder(tmp_path_factory, monkeypatch):
    """An empty folder for a student's work, so that no test reads or changes the real exercises/."""
    # Not by mktemp: it looks through all the folders that there are, for each of thousands of tests.
    folder = tmp_path_factory.getbasetemp() / "work" / str(next(NUMBERS))
    folder.mkdir(parents=True)
    monkeypatch.setenv("MINEWS_WORK", str(folder))
    return folder


@pytest.fixture
def require_peer():
    """A function that returns a peer by its name; a missing one fails in CI and skips elsewhere."""
    return find_or_skip


def find_or_skip(name: str) -> peers.Peer:
    try:
        return peers.require_peer(name)
    except peers.MissingPeer as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"in CI every peer must be there: {missing}", pytrace=False)
        pytest.skip(str(missing))


def pytest_runtest_setup(item):
    """Look for the peers that a test's marks name, before its fixtures start anything."""
    names = [name for mark in item.iter_markers("peer") for name in mark.args]
    if item.get_closest_marker("browser"):
        names.append("browser")
    for name in names:
        find_or_skip(name)
