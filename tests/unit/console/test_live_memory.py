"""The browser's memory holds what the pipeline keeps, and no more."""

import json
import shutil
import subprocess

import pytest

from checkout import ROOT

_NODE = shutil.which("node")
_MEMORY = ROOT / "scripts" / "analytics_console" / "static" / "live_memory.js"
pytestmark = pytest.mark.skipif(_NODE is None, reason="node is not installed")


@pytest.fixture(name="take")
def _take(tmp_path):
    (tmp_path / "memory.mjs").write_text(_MEMORY.read_text())
    script = tmp_path / "script.mjs"

    def take(*messages):
        """Take messages; returns numbers and states of what is kept, the newest first."""
        script.write_text(f"""
            import {{ Memory }} from "./memory.mjs";
            const memory = new Memory();
            for (const message of {json.dumps(messages)}) memory.take(message);
            const told = memory.newest(() => true).map((line) => [line.number, line.state]);
            console.log(JSON.stringify(told));
        """)
        ran = subprocess.run([_NODE, script], capture_output=True, text=True, check=False)
        assert "" == ran.stderr
        return json.loads(ran.stdout)

    return take


def message(*lines, run="a", oldest=1):
    """Return a message of the stream."""
    told = [{"number": number, "state": state} for number, state in lines]
    return {"run": run, "oldest": oldest, "lines": told}


def test_changed_lines(take):
    """A line that changes stays in its place, and one that comes late gets its own."""
    told = take(message((1, "x"), (3, "x")), message((1, "y"), (4, "y"), (2, "y")))

    assert [[4, "y"], [3, "x"], [2, "y"], [1, "y"]] == told


def test_what_is_no_longer_kept(take):
    """What the pipeline has forgotten is forgotten, and all of another run."""
    assert [[3, "x"]] == take(message((1, "x"), (3, "x")), message(oldest=3))
    assert [] == take(message((1, "x")), message(oldest=2))
    assert [[1, "y"]] == take(message((1, "x"), (2, "x")), message((1, "y"), run="b"))


def test_bounded(take):
    """The last 10,000 lines are in memory, however many came."""
    many = [
        message(*((number, "x") for number in range(at, at + 500))) for at in range(1, 11_001, 500)
    ]
    told = take(*many)

    assert (10_000, [11_000, "x"], [1_001, "x"]) == (len(told), told[0], told[-1])
