"""What holds for all tests."""

import os
import re
import signal
import sys
from collections import Counter
from tempfile import TemporaryDirectory

import hypothesis
import pygal
import pytest

# Its hook for charts from other packages has a form that Python 3.4 gave up, and pytest stumbles.
sys.meta_path[:] = [each for each in sys.meta_path if each.__class__.__module__ != pygal.__name__]

# No test fails for being slow: the machine may have much else to do.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

# Of a minute or more: begun first, so that nobody waits for one of them at the end.
_LONG = {
    *("test_conformance.py", "test_documented_examples.py", "test_footprint.py"),
    *("test_hostile_events.py", "test_every_page.py", "test_import_events.py"),
    *("test_load_footprint.py", "test_terraform_bundle.py", "test_terraform_life.py"),
}


def pytest_configure(config):
    """Let what tests start be interrupted, and reach nobody's project."""
    # In the background a shell has told us to ignore Ctrl-C, and whatever we start would, too.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    nobody = TemporaryDirectory(prefix="no-account-")
    config.add_cleanup(nobody.cleanup)
    os.environ["CLOUDSDK_CONFIG"] = nobody.name
    os.environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)


@pytest.fixture(autouse=True)
def _variables_of_before():
    """Give the next test the variables of before: libraries set some, processes inherit them."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys() - {"PYTEST_CURRENT_TEST"}:
        del os.environ[name]
    os.environ.update(before)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the files that take longest."""
    items.sort(key=lambda item: item.path.name not in _LONG)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    """Fail for tests that were skipped, where ALLOWED_SKIPS is set and does not find the reason."""
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    passed = session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    if passed and reporter and any(map(_is_refused, _reasons(reporter))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Say once why tests were skipped, however many and wherever they are."""
    for reason, count in _reasons(terminalreporter).most_common():
        told = "NOT ALLOWED TO BE SKIPPED" if _is_refused(reason) else "SKIPPED"
        terminalreporter.line(f"{told} [{count}] {reason}")


def _reasons(reporter):
    """Count the skipped tests by their reason."""
    skipped = reporter.getreports("skipped")
    return Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)


def _is_refused(reason):
    allowed = os.environ.get("ALLOWED_SKIPS")  # a pattern; empty allows none
    return allowed is not None and not (allowed and re.search(allowed, reason))
