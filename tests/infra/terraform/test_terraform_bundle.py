"""The archive that is deployed: what it holds, and that it alone serves requests."""

import hashlib
import os
import subprocess
import time
import venv
from zipfile import ZipFile

import pytest
import requests
from terraform_root import NOWHERE

from analytics_local_cloud.listeners import free_port
from checkout import ROOT

pytestmark = pytest.mark.terraform

SOURCE = ROOT / "functions"
SETTINGS = {
    "BIGQUERY_EMULATOR_HOST": NOWHERE,  # so that it wants no credentials
    "BUCKET_NAME": "events",
    "GOOGLE_CLOUD_PROJECT": "demo-project",
    "SIGNING_SERVICE_ACCOUNT": "ingest@demo-project.iam.gserviceaccount.com",
}
START_SECONDS = 120


@pytest.fixture(name="bundle", scope="session")
def _bundle(deployments, terraform):
    """Return the archive that Terraform wrote."""
    assert deployments
    return terraform.path / ".build" / "functions.zip"


@pytest.fixture(name="installed", scope="session")
def _installed(bundle, tmp_path_factory):
    """Unpack the archive beside an environment with its lock alone, installed from files."""
    folder = tmp_path_factory.mktemp("bundle")
    with ZipFile(bundle) as archive:
        archive.extractall(folder / "source")
    venv.create(folder / "venv", with_pip=True)
    pip = [*(folder / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check")]
    locked = ["--quiet", "--require-hashes", "-r", folder / "source" / "requirements.txt"]
    done = subprocess.run(
        [*pip, "download", "--no-deps", "--dest", folder / "files", *locked],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"the requirements cannot be had from here: {done.stderr[-200:]}")
    offline = ["--no-index", "--find-links", folder / "files"]
    subprocess.run([*pip, "install", "--no-compile", *offline, *locked], check=True)
    return folder


@pytest.fixture(name="start")
def _start(installed):
    """Start a function with the buildpack's own command; returns its URL."""
    started = []

    def start(target, **more):
        port = str(free_port())
        environment = {"PATH": os.environ["PATH"], "PORT": port, "FUNCTION_TARGET": target}
        process = subprocess.Popen(
            [installed / "venv" / "bin" / "functions-framework"],
            cwd=installed / "source",
            env={**environment, **SETTINGS, **more},
        )
        started.append(process)
        return f"http://127.0.0.1:{port}/"

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=60)


def request_until_served(method, url, **options):
    """Return the first answer; the function needs a moment to start."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return requests.request(method, url, timeout=60, **options)
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


class TestContent:
    def test_exact(self, bundle):
        """It holds the source files, and no other."""
        kinds = ("main.py", "requirements.txt", "analytics_pipeline/**/*.*")
        files = {path for kind in kinds for path in SOURCE.glob(kind) if path.suffix != ".pyc"}
        with ZipFile(bundle) as archive:
            names = archive.namelist()

        assert sorted(path.relative_to(SOURCE).as_posix() for path in files) == sorted(names)

    def test_reproducible(self, bundle, terraform, tmp_path):
        """Other times, compiled files and stray files change nothing."""
        root = terraform.duplicate(tmp_path)
        functions = root.path.parent / "functions"
        (functions / "main.py").touch()
        for stray in ("analytics_pipeline/__pycache__/a.pyc", "notes.md", ".cache/b.json"):
            (functions / stray).parent.mkdir(exist_ok=True)
            (functions / stray).write_text("stray")
        root.change("plan", "default")

        again = root.path / ".build" / "functions.zip"
        assert again.stat().st_mtime_ns != bundle.stat().st_mtime_ns
        assert hash_of(bundle) == hash_of(again)

    def test_named_by_content(self, main, bundle):
        """The object's name changes with the content, so that the functions follow."""
        (name,) = [
            each.values["name"]
            for each in main.all("google_storage_bucket_object")
            if each.name == "source"
        ]
        digest = hashlib.md5(bundle.read_bytes(), usedforsecurity=False).hexdigest()

        assert f"functions-{digest}.zip" == name


class TestServing:
    def test_ingest(self, start):
        """Unpacked beside its requirements alone, `ingest` answers as the API says."""
        url = start("ingest")
        preflight = request_until_served("OPTIONS", f"{url}v1/event")
        refusal = requests.post(f"{url}v1/event", data="", timeout=60)

        assert (204, "POST") == (
            preflight.status_code,
            preflight.headers["Access-Control-Allow-Methods"],
        )
        assert (400, "empty_batch") == (refusal.status_code, refusal.json()["reason"])

    def test_load(self, start):
        """Unpacked beside its requirements alone, `load` acknowledges what it need not load."""
        headers = {
            "ce-id": "1",
            "ce-source": "//storage.googleapis.com/projects/_/buckets/events",
            "ce-specversion": "1.0",
            "ce-type": "google.cloud.storage.object.v1.finalized",
        }
        body = {"bucket": "events", "name": "data_type=file/x", "generation": "1"}
        answer = request_until_served("POST", start("load"), json=body, headers=headers)

        assert 200 == answer.status_code

    def test_reconcile(self, start):
        """Unpacked beside its requirements alone, `reconcile` is there with all that it needs.

        A body that it refuses is answered once all of that is built, and touches nothing.
        """
        url = start("reconcile", STORAGE_EMULATOR_HOST=NOWHERE)  # or it, too, wants credentials
        answer = request_until_served("POST", url, json={"days": 0})

        assert (400, "invalid_body") == (answer.status_code, answer.json()["reason"])


def hash_of(path):
    """Return what the archive's name is made of."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
