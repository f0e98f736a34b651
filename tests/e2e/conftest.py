"""Black box: a deployment named by --base-url, or else a pipeline started for the purpose.

Imports nothing of the project: whatever answers at the URL is what is tested.
"""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCAL_KEY = "local_so_does_not_matter"


def pytest_addoption(parser):
    group = parser.getgroup("e2e")
    group.addoption("--base-url", help="gateway to test; default: a pipeline on this machine")
    group.addoption("--api-key", default=LOCAL_KEY, help="its API key")


@contextlib.contextmanager
def local_pipeline(folder):
    """Run a pipeline; yields its URL, which its `ready` line ends with."""
    command = [
        sys.executable,
        "-m",
        "analytics_commands",
        "run",
        "--port",
        "0",
        "--data-dir",
        str(folder),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = next(line for line in process.stdout if line.startswith("ready"))
            yield ready.split()[-1]
        finally:
            process.terminate()


@pytest.fixture(name="base_url", scope="session")
def _base_url(request, tmp_path_factory):
    given = request.config.getoption("--base-url")
    if given:
        yield given.rstrip("/")
        return
    with local_pipeline(tmp_path_factory.mktemp("e2e")) as url:
        yield url


@pytest.fixture(name="api_key", scope="session")
def _api_key(request):
    return request.config.getoption("--api-key")
