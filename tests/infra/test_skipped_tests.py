"""Skipped tests are told by their reason."""

import os
import subprocess
import sys

from checkout import ROOT

_TESTS = """
import pytest

@pytest.mark.parametrize("number", range(40))
def test_many(number):
    pytest.skip("nothing there")

@pytest.mark.skip(reason="never")
def test_one(): ...
"""


def test_reasons(tmp_path):
    """Tests that were skipped for one reason are one line, however many."""
    (tmp_path / "test_many.py").write_text(_TESTS)
    printed = subprocess.check_output(
        [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "conftest", "-rfEx", tmp_path],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "tests"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        text=True,
    )

    told = [line for line in printed.splitlines() if "SKIPPED" in line]
    assert ["SKIPPED [40] nothing there", "SKIPPED [1] never"] == told
