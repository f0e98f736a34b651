"""docs/testing.md: its examples run, and it leaves nothing out."""

import inspect
import os
import re
import subprocess

import pytest
import yaml

from analytics_local_cloud.local_api.local_routes import ROUTES
from analytics_testing import fault_words
from analytics_testing.kit import Analytics
from checkout import ROOT

PAGE = (ROOT / "docs" / "testing.md").read_text()


@pytest.fixture(name="analytics")
def _analytics(variables):
    return Analytics(variables, "page-of-testing")


def test_pytest(analytics):
    """The test that it shows passes."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {}
    exec(example, names)

    names["test_level_up"](analytics)
    assert 1 == len(analytics.seen("good"))


def test_curl(variables):
    """The requests that it shows are answered as it says."""
    (example,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)

    done = subprocess.run(
        ["sh", "-ec", example], env={**os.environ, **variables}, capture_output=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    assert b'"matches":[{' in done.stdout


def test_routes():
    """It names each route."""
    assert [] == [route.path for route in ROUTES if f"/_local{route.path}" not in PAGE]


def test_kit():
    """It names whatever a test can do, with the parameters."""
    inside = {"set_faults"}
    public = {
        name: member
        for name, member in vars(Analytics).items()
        if not name.startswith("_") and name not in inside
    }
    left_out = {name for name in public if not re.search(rf"\b{name}\b", PAGE)}
    parameters = {each for name in public for each in inspect.signature(public[name]).parameters}
    left_out |= {
        name
        for name in parameters - {"self", "parameters", "others", "words", "query", "limit"}
        if not re.search(rf"\b{name}\b", PAGE)
    }

    assert left_out <= {"event_type", "events", "session_id", "what"}


def test_faults():
    """It names each word for a fault."""
    with pytest.raises(TypeError) as refused:
        fault_words.read_faults({"no_such": 1}, "e")
    words = re.findall(r"\b[a-z]+(?:_[a-z\d]+)*\b", str(refused.value).partition("known are")[2])

    assert {"slow", "lost_answers", "any_order"} < set(words)
    assert [] == [word for word in words if word.strip("_") not in PAGE and word != "or"]


def test_workflow():
    """The steps that it shows are steps."""
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert [{"uses"}, {"run"}] == [set(step) for step in yaml.safe_load(example)]
