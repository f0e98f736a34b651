"""Server and browser want the same lines."""

import json
import shutil
import subprocess

import pytest

from analytics_console.views.inspecting.trace_filter import wanted
from checkout import ROOT

_NODE = shutil.which("node")
_FILTER = ROOT / "scripts" / "analytics_console" / "static" / "live_filter.js"
_EMPTY = dict.fromkeys(("type", "player", "session", "attributes", "reason"), "")
_USUAL = {"kind": "event", "state": "loaded", "status": 200, "environment": "testing"} | {
    "category": "function",
    "batch": "b",
    "index": None,
    **_EMPTY,
}
LINES = [
    {**_USUAL, "type": "level_up", "player": "Ann Lee", "index": 7, "attributes": '{"a":"x:y"}'},
    {**_USUAL, "type": "level", "player": "ann", "index": 70, "session": "S1/a"},
    {**_USUAL, "kind": "refused", "state": "refused", "status": 400, "reason": "No event, KELVIN"},
    {**_USUAL, "state": "dead_letter", "player": "ΑΣ ΟΔΟΣ", "attributes": "İ ß \u202e 💥"},
]
CASES = {
    "": [0, 1, 2, 3],
    "   ": [0, 1, 2, 3],
    "type:level": [1],
    "TYPE:level": [],
    "type:LEVEL": [1],
    "level": [0, 1],
    "level up": [0],
    "level nothing": [],
    'player:"ann lee"': [0],
    'player:"Ann Lee': [0],
    "player:ann": [1],
    "-player:ann": [0, 2, 3],
    "-level": [2, 3],
    "-": [],
    "--level": [0, 1, 2, 3],
    "index:7": [0],
    "status:400": [2],
    'session:""': [0, 2, 3],
    "session:s1/a": [1],
    "session:": [],
    "state:refused kind:refused": [2],
    "state:loaded state:refused": [],
    "kelvin": [2],
    "x:y": [0],
    "nofield:y": [],
    '"no event"': [2],
    '"': [0, 1, 2, 3],
    'a"b': [],
    "οδος": [3],
    'player:"ας οδος"': [3],
    "i̇": [3],
    "ß": [3],
    "💥": [3],
    "\u202e": [3],
    "a\tb": [],
    "batch:b -type:level -type:level_up": [2, 3],
}


def test_lines_that_are_wanted():
    """Each query finds the lines that it says."""
    assert CASES == {
        query: [at for at, line in enumerate(LINES) if wanted(query)(line)] for query in CASES
    }


@pytest.mark.skipif(_NODE is None, reason="node is not installed")
def test_lines_that_the_browser_wants(tmp_path):
    """The browser's filter finds the same."""
    module = tmp_path / "filter.mjs"
    module.write_text(_FILTER.read_text())
    script = f"""
        import {{ wanted }} from "{module.as_uri()}";
        const [cases, lines] = {json.dumps([list(CASES), LINES])};
        const found = (query) => [...lines.keys()].filter((at) => wanted(query)(lines[at]));
        console.log(JSON.stringify(Object.fromEntries(cases.map((each) => [each, found(each)]))));
    """
    ran = subprocess.run(
        [_NODE, "--input-type=module", "--eval", script],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "" == ran.stderr
    assert CASES == json.loads(ran.stdout)
