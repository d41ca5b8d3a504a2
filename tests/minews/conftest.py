"""Settings of these tests: hypothesis keeps no clock, and a test that proves a duty can't be skipped."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Machines that run tests are slow at times, and a test that fails for that says nothing about the protocol.
settings.register_profile("minews", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("minews")

# Files that take long together, though each of their tests is short: they run among the slow tests.
LONG = {"test_aio", "test_command", "test_deflate_peers", "test_faults", "test_sync"}


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in LONG or item.path.parent.name == "conformance":
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    duties = [duty for mark in item.iter_markers("rfc") for duty in mark.args]
    if report.skipped and duties:
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} proves {', '.join(duties)} and must not be skipped: {report.longrepr}"
        )
    return report
