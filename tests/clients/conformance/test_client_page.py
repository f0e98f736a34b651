"""docs/clients.md shows code that runs, and each of its MUSTs is tried."""

import inspect
import os
import re
import subprocess

import pytest

from checkout import ROOT
from conformance import attempt_promises, client_world, row_promises
from conformance.reference import minimal_client, uploading
from conformance.reference.reference_driver import ReferenceDriver
from conformance.scenarios import SCENARIOS

_PAGE = (ROOT / "docs/clients.md").read_text()
_RULE = re.compile(r"\b[A-Z]\d\b")
# What no driver can show: how numbers are kept, and that an app goes on.
_BY_THE_CLIENTS_OWN_TESTS = {"E4", "F3"}


@pytest.mark.parametrize("block", re.findall(r"(?s)```python\n(.*?)```", _PAGE))
def test_code(block):
    """Each piece of Python on the page stands, as it is, in a file that the suite runs."""
    sources = [inspect.getsource(module) for module in (minimal_client, uploading)]

    assert any(block in source for source in sources)


@pytest.mark.parametrize("block", re.findall(r"(?s)```sh\n(.*?)```", _PAGE))
def test_request(block, variables):
    """Each request on the page is accepted."""
    done = subprocess.run(
        ["bash", "-c", block],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert '"statusCode":200' in done.stdout


def test_every_must_is_tried():
    """Each rule with a MUST is named by a scenario or a check, and none is named that is not."""
    must = {rule for rule, text in _rules() if "MUST" in text}
    texts = [play.__doc__ for play in SCENARIOS.values()]
    texts += map(inspect.getsource, (attempt_promises, row_promises, client_world))
    tried = {rule for text in texts for rule in re.findall(r"\[(\w\d)\]", text)}

    assert must - _BY_THE_CLIENTS_OWN_TESTS <= tried
    assert tried <= {rule for rule, _ in _rules()}


def _rules():
    """Yield each rule's number and its text; all of the table of answers is a MUST."""
    for rule, text in re.findall(r"(?s)- \*\*([A-Z]\d)\*\* (.*?)(?=\n- |\n\n)", _PAGE):
        yield rule, text
    for rule, text in re.findall(r"\| \*\*([A-Z]\d)\*\* (.*)", _PAGE):
        yield rule, f"MUST {text}"


def test_all_rules_are_found():
    """A rule that is written in another way than the others would go untried."""
    assert set(_RULE.findall(_PAGE)) == {rule for rule, _ in _rules()}


def test_protocol_of_drivers():
    """The README of the tests describes each command that the smallest driver knows."""
    readme = (ROOT / "tests/clients/README.md").read_text()
    cells = re.findall(r"(?m)^\| (`[a-z_`, ]+) \|", readme)
    described = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}

    assert described == {
        name.removeprefix("do_") for name in dir(ReferenceDriver) if name.startswith("do_")
    }
