"""Skipped tests are told by their reason, and fail the run where it is not allowed."""

import os
import subprocess
import sys

import pytest

from checkout import ROOT

_TESTS = """
import pytest

@pytest.mark.parametrize("number", range(40))
def test_many(number):
    pytest.skip("nothing there")

@pytest.mark.skip(reason="never")
def test_one(): ...
"""


@pytest.fixture(name="run")
def _run(tmp_path):
    (tmp_path / "test_many.py").write_text(_TESTS)

    def run(*options, **variables):
        """Run the tests; returns the exit code, and what was told of skipped ones."""
        usual = {name: os.environ[name] for name in os.environ if name != "ALLOWED_SKIPS"}
        plain = {"PYTHONPATH": str(ROOT / "tests"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "conftest", "-rfEx"),
                *(*options, tmp_path),
            ],
            env={**usual, **plain, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, [line for line in done.stdout.splitlines() if "SKIPPED" in line]

    return run


def test_reasons(run):
    """Tests that were skipped for one reason are one line, however many."""
    assert (0, ["SKIPPED [40] nothing there", "SKIPPED [1] never"]) == run()


@pytest.mark.parametrize(
    ("allowed", "options", "code", "told"),
    [
        ("nothing there|never", [], 0, ["SKIPPED [40]", "SKIPPED [1]"]),
        (
            "nothing",
            ["-p", "xdist", "-n", "1"],
            1,
            ["SKIPPED [40]", "NOT ALLOWED TO BE SKIPPED [1]"],
        ),
        ("", [], 1, ["NOT ALLOWED TO BE SKIPPED [40]", "NOT ALLOWED TO BE SKIPPED [1]"]),
    ],
)
def test_allowed(run, allowed, options, code, told):
    """Where ALLOWED_SKIPS says which reasons are, any other fails the run, and is told."""
    found, lines = run(*options, ALLOWED_SKIPS=allowed)

    assert (code, told) == (found, [line.partition("] ")[0] + "]" for line in lines])
