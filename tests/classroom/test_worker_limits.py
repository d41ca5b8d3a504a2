"""What a slow machine is given: the time that an ordinary one would need, times what it is slower."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from classroom.worker import fallback, limits, pace
from classroom.worker.protocol import Limits

ROOT = Path(__file__).parents[2]


@pytest.fixture
def taking(monkeypatch):
    """Let the loop that is measured take some seconds each time."""
    pace.slowness.cache_clear()

    def take(*seconds):
        times = iter(seconds)
        monkeypatch.setattr(pace, "timed_loop", lambda: next(times))

    yield take
    pace.slowness.cache_clear()


@pytest.mark.parametrize("times, expected", [(0.2, 1.0), (1.0, 1.0), (2.5, 2.5), (4.9, 4.9), (40.0, 5.0)])
def test_a_slow_machine_is_known_by_a_loop(taking, times, expected):
    taking(*[pace.ORDINARY * times] * 5)
    assert pace.slowness() == pytest.approx(expected)


def test_an_interruption_makes_no_machine_slow(taking):
    taking(*(pace.ORDINARY * each for each in (7, 9, 1.5, 30, 8)))
    assert pace.slowness() == pytest.approx(1.5)
    assert pace.slowness() == pytest.approx(1.5)  # and is asked for once


def test_this_machine_is_somewhere_between():
    pace.slowness.cache_clear()
    assert 1 <= pace.slowness() <= pace.SLOWEST


def test_a_worker_counts_by_it(taking, monkeypatch):
    taking(*[pace.ORDINARY * 3] * 5)
    armed = []
    monkeypatch.setattr(limits, "_limit_system", armed.append)
    monkeypatch.setattr(limits, "_arm_system_timer", armed.append)
    watch = limits.Watch(lambda how, detail: None)
    before = time.process_time()
    watch.arm(Limits(cpu=2.0, memory=1 << 30))
    assert armed == [1 << 30, pytest.approx(6.0)]
    assert before + 6 <= watch._ends[0] <= time.process_time() + 6
    watch.disarm()


def test_a_browser_which_has_no_limits_of_a_system_measures_itself():
    code = """
import sys
sys.modules.update(resource=None, fcntl=None)
from classroom.worker.fallback import slowness
print(slowness() >= 1, "classroom.worker.limits" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True False\n", "")


def test_where_lines_are_counted_it_takes_longer_still(taking):
    taking(*[pace.ORDINARY * 2] * 5)
    before = time.process_time()
    clock = fallback._Clock("answer.py", Limits(cpu=1.0))
    assert before + 10 <= clock._end <= time.process_time() + 10
