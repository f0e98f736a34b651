"""What holds for all tests."""

import os
import signal
import sys
from collections import Counter
from tempfile import TemporaryDirectory

import pygal
import pytest

# Its hook for charts from other packages has a form that Python 3.4 gave up, and pytest stumbles.
sys.meta_path[:] = [each for each in sys.meta_path if each.__class__.__module__ != pygal.__name__]

# Of a minute or more: begun first, so that nobody waits for one of them at the end.
_LONG = {
    *("test_documented_examples.py", "test_footprint.py", "test_import_events.py"),
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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the files that take longest."""
    items.sort(key=lambda item: item.path.name not in _LONG)


def pytest_terminal_summary(terminalreporter):
    """Say once why tests were skipped, however many and wherever they are."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.getreports("skipped"))
    for reason, count in reasons.most_common():
        terminalreporter.line(f"SKIPPED [{count}] {reason.removeprefix('Skipped: ')}")
