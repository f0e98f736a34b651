"""The soak, for less than half a minute: load, kills and faults, and an independent count."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from analytics_soak.__main__ import main
from analytics_soak.disturbances import FAULTS

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="finds processes through /proc"
)
SOAK = (sys.executable, "-m", "analytics_soak")


def processes_in(folder):
    """Yield the processes that work in a folder (Linux)."""
    for path in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if path.readlink().is_relative_to(folder):
                yield path.parent.name


def test_short(capsys):
    """Nothing is lost, doubled or unsent, whatever was killed and failed meanwhile."""
    code = main(["--minutes=0.25", "--json"])

    record = json.loads(capsys.readouterr().out)
    problems = {name: record[name] for name in ("lost", "doubled", "unsent", "answer", "audit")}
    assert 0 == code, problems
    assert {"services", "ingest", "load", "reconcile"} == set(record["kills"])
    assert {f"{fault['do']} at {fault['at']}" for fault in FAULTS} == set(record["faults"])
    assert record["events_accepted"] > 0
    assert record["sent_again"] > 0


def test_interrupted(tmp_path):
    """Ctrl-C ends it and all that it started."""
    with subprocess.Popen([*SOAK, "--data-dir", tmp_path], stderr=subprocess.PIPE) as process:
        while not (tmp_path / "env").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)

    assert (130, b"") == (process.returncode, told)
    assert [] == [*processes_in(tmp_path)]
