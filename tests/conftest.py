"""What holds for every test: how Hypothesis searches, where ../shared is, and that CI does not skip what it can run."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from tests.forks import Fork, forking
from tests.postgres import Server, server_or_skip

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "local")

# Reasons that stand in CI too, each with why CI cannot provide what is missing. CI installs PostgreSQL, Chromium and
# git, runs as root or not, and has ../shared beside the checkout, so none of these may be missing there.
DECLARED_SKIPS: tuple[str, ...] = ()

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of specifications, golden companies and real data that stands beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not beside this checkout")
    return SHARED


@pytest.fixture(scope="module")
def forks() -> Iterator[Fork]:
    """Types a command in a process of its own that kills itself, as `tests.killed` says."""
    with forking("tests.killed") as fork:
        yield fork


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One for all tests of a process, as making it takes two seconds; whoever uses it makes databases of his own."""
    yield from server_or_skip()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many deliveries were tried under faults, kills and races; summed here, where xdist brings all reports."""
    properties = [each for report in terminalreporter.getreports("passed") for each in report.user_properties]
    runs = sum(int(str(value)) for name, value in properties if name == "delivery_runs")
    if runs:
        terminalreporter.write_line(f"{runs} delivery runs: every message arrived once or is reported undelivered")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _refuse_skip(report) if IN_CI else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _refuse_skip(report) if IN_CI else report


def _refuse_skip(report: Report) -> Report:
    """In CI a skip is a failure, unless its reason is declared: a test that never runs there proves nothing."""
    reason = _reason_of_skip(report)
    if reason is not None and not reason.startswith(DECLARED_SKIPS):
        report.outcome = "failed"
        report.longrepr = (
            f"skipped in CI, where nothing may be missing ({reason}): install it in .ci/run, or declare it"
        )
    return report


def _reason_of_skip(report: Any) -> str | None:
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return None
    longrepr = report.longrepr
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr).removeprefix("Skipped: ")
