"""Two deployments of one project side by side, made once for all tests that look at them."""

import fcntl
import shutil

import pytest
from terraform_root import NOWHERE, TerraformFailed, TerraformRoot

MAIN = {"project_id": "demo-project", "api_keys": {"game": "1"}}
# Every variable, each with a value that is nowhere else: one taken for another shows.
STAGING = {
    "project_id": "demo-project",
    "environment": "staging",
    "name": "telemetry",
    "location": "EU",
    "region": "europe-north1",
    "gateway_region": "europe-west2",
    "bucket": "own-bucket",
    "dataset": "own_dataset",
    "domain": "events.example.com",
    "kms_key": "projects/keys/locations/europe/keyRings/ring/cryptoKeys/key",
    "deletion_protection": False,
    "api_keys": {"game": "1", "tool": "b7"},
    "accepted": {
        "categories": ["function", "cold"],
        "cors_origins": ["https://game.example"],
        "environments": ["testing"],
    },
    "alerts": {
        "channels": ["projects/p/notificationChannels/1"],
        "emails": ["ops@example.com"],
        "gib_a_day": 7,
        "silence_hours": 8,
        "times_usual": 9,
    },
    "budget": {"amount": 77, "billing_account": "012345-6789AB-CDEF01"},
    "limits": {
        "ingest_max_instances": 30,
        "ingest_min_instances": 4,
        "load_max_instances": 40,
        "max_body_bytes": 1_000,
        "max_events_per_batch": 11,
        "max_inflight_bytes": 10_000,
        "max_json_values": 150,
        "max_upload_bytes": 1_000_000,
        "quota_per_minute": 60,
        "require_upload_size": True,
    },
    "retention_days": {"files": 12, "json": 13, "unknown": 14},
}
_NO_PROVIDERS = ("Failed to query available provider packages", "Failed to install provider")


def pytest_addoption(parser):
    """Let the files that the tests compare with be written."""
    parser.addoption("--write-inventory", action="store_true", help="of Terraform's deployments")


@pytest.fixture(name="terraform", scope="session")
def _terraform(tmp_path_factory):
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    root = TerraformRoot.copy_to(tmp_path_factory.mktemp("deployments"))
    try:
        root.init()
    except TerraformFailed as exc:
        if any(text in str(exc) for text in _NO_PROVIDERS):
            pytest.skip("Terraform's providers cannot be installed from here")
        raise
    return root


@pytest.fixture(name="deployments", scope="session")
def _deployments(terraform, tmp_path_factory, request):
    """Both deployments, main first; one worker makes them, and every worker has a copy."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if hasattr(request.config, "workerinput") else folder
    made = folder / "deployments"
    with (folder / "deployments.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _make(terraform)
            terraform.duplicate(made)
    kept = shutil.ignore_patterns("providers")  # every worker has its own
    shutil.copytree(made, terraform.path.parent, ignore=kept, dirs_exist_ok=True)
    return [terraform.read("default"), terraform.read("staging")]


def _make(terraform):
    try:
        terraform.apply("default", MAIN)
        terraform.apply("staging", STAGING)
    except TerraformFailed as exc:
        if NOWHERE.removeprefix("http://") in str(exc):
            pytest.skip("the installed providers ask Google Cloud, which no test may")
        raise


@pytest.fixture(name="main", scope="session")
def _main(deployments):
    return deployments[0]


@pytest.fixture(name="staging", scope="session")
def _staging(deployments):
    return deployments[1]
