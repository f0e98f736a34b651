"""The first lines of each client's README send an event that becomes a row."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from pipeline_client import PipelineClient

from checkout import ROOT

_CLIENTS = ROOT / "clients"


def blocks(client, language):
    """Return the pieces of code of a client's README."""
    text = (_CLIENTS / client / "README.md").read_text()
    return re.findall(rf"(?s)```{language}\n(.*?)```", text)


@pytest.fixture(name="run")
def _run(tmp_path, variables):
    """Run a program in a folder of its own, with what a person replaces; wait for its row."""

    def run(command, name, source, placeholders, event_type):
        for placeholder, value in placeholders.items():
            assert placeholder in source
            source = source.replace(placeholder, value)
        (tmp_path / name).write_text(source)
        path = {**os.environ, "PYTHONPATH": str(_CLIENTS / "python/src")}
        subprocess.run([*command, name], cwd=tmp_path, env=path, timeout=120, check=True)
        client = PipelineClient(variables)
        where = f"event_type = '{event_type}' AND analytics_environment = 'development'"
        client.wait_for_count(1, f"SELECT COUNT(*) FROM events.events WHERE {where}")
        client.close()

    return run


def test_python(run, variables):
    """Five lines of Python are a row."""
    placeholders = {"https://GATEWAY": variables["ANALYTICS_URL"], "API_KEY": variables["API_KEY"]}

    run([sys.executable], "game.py", blocks("python", "python")[0], placeholders, "level_up")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node(run, variables, tmp_path):
    """Four lines of JavaScript are a row; the import is the one of pages."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/analytics-pipeline-client").symlink_to(_CLIENTS / "javascript")
    page, node = blocks("javascript", "js")[:2]
    address = f'url: "{variables["ANALYTICS_URL"]}", key: "{variables["API_KEY"]}",'
    placeholders = {"url, key,": address, "/var/lib/game": str(tmp_path)}

    source = page.partition("\n")[0] + "\n" + node
    run(["node"], "game.mjs", source, placeholders, "match_started")
