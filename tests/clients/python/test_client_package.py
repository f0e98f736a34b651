"""The package: what it holds, and that it needs nothing else."""

import subprocess
import sys
import venv
import zipfile

import pytest
from hatchling.builders.wheel import WheelBuilder

from checkout import ROOT

PACKAGE = ROOT / "clients/python"


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    (wheel,) = WheelBuilder(str(PACKAGE)).build(directory=str(folder))
    return wheel


def test_content(wheel):
    """The wheel holds the modules, their types, and the licence, and says so."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (record,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = archive.read(record).decode()
    source = PACKAGE / "src"
    modules = {str(path.relative_to(source)) for path in source.rglob("*.py")}

    assert modules | {"analytics_pipeline_client/py.typed"} == {
        name for name in names if ".dist-info/" not in name
    }
    assert [True] == [True for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Dist" not in metadata
    assert "# analytics-pipeline-client" in metadata


def test_licence():
    """It is under the licence of this repository."""
    assert (ROOT / "LICENSE").read_text() == (PACKAGE / "LICENSE").read_text()


def test_installed(wheel, tmp_path):
    """In an empty environment, without a network, it installs, keeps an event, and tells it."""
    venv.create(tmp_path / "empty", symlinks=True)
    (folder,) = (tmp_path / "empty").glob("lib/python*/site-packages")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-compile"]
    subprocess.run([*pip, "--disable-pip-version-check", "--target", folder, wheel], check=True)
    program = (
        "from analytics_pipeline_client import Client, aio, crash_reports, usual_events\n"
        f"client = Client('http://127.0.0.1:1', 'key', {str(tmp_path / 'outbox')!r})\n"
        "client.track('t')\n"
        "client.keep()\n"
        "print(client.status().waiting, client.close(0))\n"
    )
    python = tmp_path / "empty/bin/python"
    told = subprocess.check_output([python, "-I", "-W", "error", "-c", program], text=True)

    assert told == "1 1\n"
