"""The local schedule: a call that fails is told, and calling goes on."""

import asyncio
import re
from contextlib import suppress
from pathlib import Path

import pytest

from analytics_local_cloud.function_process import FunctionFailed
from analytics_local_cloud.schedule import Schedule, call_once, keep_calling
from checkout import ROOT

NOWHERE = "http://127.0.0.1:9"  # the port that discards
SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": "local-project",
    "BUCKET_NAME": "local-events",
    "BIGQUERY_EMULATOR_HOST": NOWHERE,
    "STORAGE_EMULATOR_HOST": NOWHERE,
    "FUNCTION_SOURCE": str(ROOT / "functions" / "main.py"),
}
REFUSED = '{"days": 0}'
CALLS_SECONDS = 60
END_SECONDS = 60


def processes_with(variable):
    """Return the processes whose environment has the variable (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(FileNotFoundError, PermissionError, ProcessLookupError):
            if variable.encode() in path.read_bytes():
                found.append(path.parent.name)
    return found


async def test_refused(tmp_path):
    """A call that is not answered with 200 fails, and says where to look."""
    log = tmp_path / "reconcile.log"

    with pytest.raises(FunctionFailed, match=r"^HTTP 400 .*invalid_body.*, see .*reconcile.log$"):
        await call_once(REFUSED, SETTINGS, log)

    assert log.exists()


async def test_cannot_start(tmp_path):
    """A function that cannot even be set up fails the call, not the schedule."""
    settings = {name: SETTINGS[name] for name in ("BUCKET_NAME", "FUNCTION_SOURCE")}
    with pytest.raises(FunctionFailed, match=r"^HTTP 500 .*, see .*reconcile.log$"):
        await call_once(REFUSED, settings, tmp_path / "reconcile.log")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
async def test_goes_on(tmp_path, capsys):
    """Failed calls follow each other, are told on stderr, and leave no process behind."""
    unique = f"unique-{tmp_path.name}"
    schedule = Schedule(0.01, REFUSED)
    calling = asyncio.create_task(
        keep_calling(schedule, {**SETTINGS, "BUCKET_NAME": unique}, tmp_path / "reconcile.log")
    )
    told = ""
    async with asyncio.timeout(CALLS_SECONDS):
        while told.count("\n") < 2:
            await asyncio.sleep(0.05)
            told += capsys.readouterr().err
    calling.cancel()
    await asyncio.wait([calling])

    assert 2 <= len(re.findall(r"^reconcile: HTTP 400 ", told, re.MULTILINE))
    async with asyncio.timeout(END_SECONDS):
        while processes_with(f"BUCKET_NAME={unique}"):  # noqa: ASYNC110 - processes
            await asyncio.sleep(0.05)
