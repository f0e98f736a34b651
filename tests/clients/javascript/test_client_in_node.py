"""The JavaScript client in Node, on a real server and a real disk."""

import shutil
import subprocess
from pathlib import Path

import pytest

_NODE = shutil.which("node")
_TESTS = sorted((Path(__file__).parent / "node").glob("*.test.mjs"))


@pytest.mark.skipif(_NODE is None, reason="node is not installed")
@pytest.mark.parametrize("path", _TESTS, ids=lambda path: path.name.split(".")[0])
def test_in_node(path):
    """Each test in the file passes; what fails is shown in node's own words."""
    ended = subprocess.run([_NODE, "--test", path], capture_output=True, text=True, check=False)

    assert 0 == ended.returncode, ended.stdout
