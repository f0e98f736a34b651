"""The local cloud's own page: its examples do what it says."""

import os
import re
import subprocess
import sys

import msgspec
from pipeline_client import unique

from analytics_local_cloud.faults.fault_kinds import KINDS, read_faults
from checkout import ROOT

PAGE = (ROOT / "scripts" / "analytics_local_cloud" / "README.md").read_text()


def test_client_libraries(pipeline, variables):
    """The example for the client libraries runs as it is written, with the variables alone."""
    event_type = unique("readme")
    answer = pipeline.send([{"eventType": event_type}], event_category="function")
    pipeline.wait_for_rows(1, answer["batch_id"])
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    result = subprocess.run(
        [sys.executable, "-c", example],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 0 == result.returncode, result.stderr
    assert "['notes/today.txt']" == result.stdout.splitlines()[0]
    assert event_type in result.stdout.splitlines()[1:]


def test_variables(variables):
    """Every variable that the page explains is written for clients to read."""
    table = PAGE.split("| Variable |")[1].split("\n\n")[0]
    explained = set(re.findall(r"`([A-Z_]+)`", table))

    assert {"GCE_METADATA_IP"} == explained - set(variables)


def test_faults(variables):
    """Every fault is told with its fields, and the example switches some on, and all off."""
    section = PAGE.split("## Let it fail")[1].split("\n## ")[0]
    for kind in KINDS:
        words = {kind.__name__.lower(), *(field.name for field in msgspec.structs.fields(kind))}
        assert set() == words - set(re.findall(r"`(\w+)`", section))
    (example,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)

    printed = subprocess.run(
        ["sh", "-ec", example], env={**os.environ, **variables}, capture_output=True, check=True
    ).stdout
    answers = re.findall(rb'\{"faults".*?\]\}(?=\{|$)', printed)
    assert [["status"], ["drop"], []] == [
        [fault.__class__.__name__.lower() for fault in read_faults(each)] for each in answers
    ]
