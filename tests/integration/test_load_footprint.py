"""load and reconcile: whatever an object holds, an instance stays within its memory.

`load_shapes.py` measures each shape by itself.
"""

import json
import subprocess
import sys

import pytest
from load_shapes import ALL

from checkout import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
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


@pytest.mark.parametrize(("function", "at_once"), [("load", 1), ("load", 8), ("reconcile", 8)])
def test_every_shape(function, at_once):
    """Objects of every shape fit, one after the other and as many as an instance takes."""
    assert LIMIT_BYTES > measure(function, ALL, at_once)
