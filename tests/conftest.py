"""What every test may rely on."""

import os
import signal
from collections.abc import Generator

import pytest

# Whoever starts the suite by nohup or in the background hands on ignored signals; the commands under test must hear.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

HARDWARE = "needs a CUDA device"  # the only reason to skip that CI accepts


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test fails: whatever it needs, `.ci/run` has to install."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that skips itself as a whole."""
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if (
        report.skipped
        and os.environ.get("CI")
        and HARDWARE not in str(report.longrepr)
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
