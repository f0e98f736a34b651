"""The distribution: all that the program needs, nothing of anybody's deployment."""

import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from analytics_commands.foundation.deployment import deployment_folder
from analytics_commands.foundation.pipeline.local_process import running_pipeline
from checkout import ROOT

FOLDERS = ("api-gateway", "functions", "scripts", "terraform")
PACKAGES = {
    "scripts/analytics_commands": "analytics_commands",
    "scripts/analytics_console": "analytics_console",
    "scripts/analytics_local_cloud": "analytics_local_cloud",
    "scripts/analytics_testing": "analytics_testing",
    "functions/analytics_pipeline": "analytics_pipeline",
    "functions": "analytics_commands/sources/functions",
    "api-gateway": "analytics_commands/sources/api-gateway",
    "terraform": "analytics_commands/sources/terraform",
}
NOT_INSTALLED = (
    "functions/requirements.in",
    "scripts/analytics_bench/",
    "scripts/analytics_soak/",
    "scripts/devtools/",
    "scripts/generate/",
    "scripts/setup",
    "terraform/tests/",
    "terraform/.checkov.yaml",
)
# What lies about where somebody works: states and plans hold keys.
_LISTED = """
.env .local/env .local/warehouse/x.duckdb tests/test_x.py api-gateway/.env
api-gateway/service-account.json functions/.env functions/key.json
functions/__pycache__/main.cpython-311.pyc functions/analytics_pipeline/__pycache__/x.pyc
functions/analytics_pipeline/.env scripts/analytics_commands/__pycache__/x.pyc
terraform/.build/functions.zip terraform/.env terraform/.terraform.lock.hcl
terraform/.terraform/environment terraform/.terraform/terraform.tfstate terraform/backend.tf
terraform/crash.log terraform/override.tf terraform/keys_override.tf terraform/key.json
terraform/plan terraform/my.tfplan terraform/staging.tfvars terraform/terraform.tfstate
terraform/terraform.tfstate.backup terraform/terraform.tfvars
terraform/terraform.tfstate.d/demo/terraform.tfstate terraform/x.auto.tfvars.json
"""
LITTER = _LISTED.split()


@pytest.fixture(name="work", scope="module")
def _work(tmp_path_factory):
    """Return a checkout that somebody works and deploys in, with what is ours by its names."""
    work = tmp_path_factory.mktemp("a checkout")
    ignored = shutil.ignore_patterns(*(Path(name).name for name in LITTER), "__pycache__", "*.tf?*")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, work / name, ignore=ignored)
    for name in (".gitignore", "LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, work)
    shutil.copy(ROOT / "terraform/terraform.tfvars.example", work / "terraform")
    names = [path.relative_to(work) for path in work.rglob("*") if path.is_file()]
    ours = {str(name) for name in names if str(name).startswith(FOLDERS)}
    for name in LITTER:
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("SECRET = 1")
    return work, {name for name in ours if not name.startswith(NOT_INSTALLED)}


@pytest.fixture(name="wheel", scope="module")
def _wheel(work):
    (wheel,) = WheelBuilder(str(work[0])).build(directory=str(work[0] / "dist"))
    return wheel


def installed_name(name):
    """Return where a file of the repository is in the wheel."""
    folder = max((each for each in PACKAGES if name.startswith(f"{each}/")), key=len)
    return f"{PACKAGES[folder]}{name.removeprefix(folder)}"


def test_wheel(work, wheel):
    """It has every file of the program and of what it deploys, and no other."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (entry_points,) = (n for n in archive.namelist() if n.endswith("entry_points.txt"))
        script = archive.read(entry_points).decode()

    assert {installed_name(name) for name in work[1]} == names
    assert "analytics = analytics_commands.__main__:main" in script


def test_sdist(work):
    """It has what a wheel is built from, and no other."""
    (sdist,) = SdistBuilder(str(work[0])).build(directory=str(work[0] / "dist"))

    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert work[1] == {name for name in names if "/" in name}
    assert {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"} == {
        name for name in names if "/" not in name
    }


def test_reproducible(work, tmp_path, monkeypatch):
    """Built of one commit, wheel and source are the same bytes, whenever and wherever they are."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    again = shutil.copytree(work[0], tmp_path / "again", copy_function=shutil.copyfile)

    for builder in (WheelBuilder, SdistBuilder):
        (one,) = builder(str(work[0])).build(directory=str(tmp_path / "one"))
        (other,) = builder(str(again)).build(directory=str(tmp_path / "other"))
        assert Path(one).read_bytes() == Path(other).read_bytes()


@pytest.fixture(name="elsewhere")
def _elsewhere(wheel, tmp_path, monkeypatch):
    """Install the wheel, as pip does, before this checkout on the path, and go elsewhere."""
    site = tmp_path / "site packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (tmp_path / "empty folder").mkdir()
    monkeypatch.chdir(tmp_path / "empty folder")
    monkeypatch.setenv("PYTHONPATH", str(site))
    return site


def analytics(*words, **variables):
    """Run the installed program; returns what it printed on stdout."""
    command = [sys.executable, "-m", "analytics_commands", *words]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_runs_anywhere(elsewhere, tmp_path):
    """Installed, without a checkout, the pipeline runs, and the commands work on it."""
    names = ("analytics_commands", "analytics_local_cloud", "analytics_pipeline")
    code = f"import {', '.join(names)}; print(*({'.__file__, '.join(names)}.__file__), sep='\\n')"
    found = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    assert [str(elsewhere / name / "__init__.py") for name in names] == found

    with running_pipeline(tmp_path / "data") as variables:
        url = f"{variables['ANALYTICS_URL']}/v1/event?key={variables['API_KEY']}"
        with urllib.request.urlopen(f"{url}&event_category=function", b"{}") as answer:
            assert 200 == answer.status
        printed = analytics("audit", "--settle", "0m", "--json", **variables)
        days = analytics("query", "environments", "--csv", **variables)

    assert '"accepted": 1' in printed
    assert "development" in days
    assert [] == list(Path.cwd().iterdir())


@pytest.mark.usefixtures("programs")
def test_deploys_anywhere(elsewhere):
    """Installed, Terraform is run in a folder of the user's, never in the program's own."""
    rehearsed = analytics("deploy", "--project-id", "p", "--dry-run").splitlines()
    assert [] == list(Path.cwd().iterdir())

    analytics("deploy", "--project-id", "p", "--unpack-only")

    assert (
        "analytics deploy --unpack-only --project-id p --folder analytics-deployment"
        == (rehearsed[0])
    )
    assert "cd analytics-deployment" == rehearsed[1]
    assert ["analytics-deployment"] == [path.name for path in Path.cwd().iterdir()]
    unpacked = Path("analytics-deployment")
    for name in (
        "terraform/outputs.tf",
        "functions/main.py",
        "functions/analytics_pipeline/logs.py",
    ):
        assert (ROOT / name).read_bytes() == (unpacked / name).read_bytes()
    assert not list(elsewhere.rglob("*.tfstate*"))


def test_unpacks_what_is_ours(work, tmp_path, monkeypatch):
    """From a checkout that somebody deploys from, nothing of theirs gets into another folder."""
    monkeypatch.setattr(deployment_folder, "SOURCES", work[0])

    deployment_folder.unpack(tmp_path)

    contents = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert 50 < len(contents)
    assert [] == [content for content in contents if b"SECRET = 1" in content]
