"""load and reconcile: whatever an object holds, an instance stays within its memory."""

import json
import subprocess
import sys

import pytest
from load_shapes import ALL, SHAPES

from scripts import ROOT

# 80 % of the 1 GiB that terraform/ gives an instance of either.
LIMIT_BYTES = 0.8 * 2**30
PATHS = ":".join(str(ROOT / folder) for folder in ("functions", "tests/unit", "."))


def measure(function, shape, at_once):
    """Load a shape so often at once; returns the peak of the process in bytes, and says it."""
    program = str(ROOT / "tests" / "integration" / "load_shapes.py")
    run = subprocess.run(
        [sys.executable, program, function, shape, str(at_once), PATHS],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout.splitlines()[-1])
    sys.stdout.write(f"{function} {at_once} x {shape}: {found['peak'] / 1e6:.0f} MB\n")
    return found["peak"]


@pytest.mark.parametrize("shape", SHAPES)
def test_alone(shape):
    """An object of any shape is loaded in a part of the memory, whatever it makes of it."""
    assert LIMIT_BYTES / 2 > measure("load", shape, 1)


def test_all_at_once():
    """So are objects of every shape side by side, as many as an instance takes."""
    assert LIMIT_BYTES > measure("load", ALL, 8)


def test_repair():
    """And so are they when many of them are loaded by one job."""
    assert LIMIT_BYTES > measure("reconcile", ALL, 8)
