"""Two deployments of one project side by side, made once for all tests that look at them."""

import shutil

import pytest
from terraform_root import NOWHERE, TerraformFailed, TerraformRoot

MAIN = {"project_id": "demo-project", "api_keys": {"game": "1"}}
STAGING = {
    "project_id": "demo-project",
    "environment": "staging",
    "location": "EU",
    "api_keys": {"game": "1", "tool": "b7"},
    "accepted": {
        "categories": ["function", "cold"],
        "cors_origins": ["https://game.example"],
        "environments": ["testing"],
    },
    "alerts": {"emails": ["ops@example.com"], "channels": ["projects/p/notificationChannels/1"]},
    "limits": {
        "max_body_bytes": 1_000,
        "max_events_per_batch": 10,
        "max_inflight_bytes": 10_000,
        "max_json_values": 100,
        "max_upload_bytes": 1_000_000,
        "quota_per_minute": 60,
        "require_upload_size": True,
    },
    "domain": "events.example.com",
    "budget": {"amount": 77, "billing_account": "012345-6789AB-CDEF01"},
    "kms_key": "projects/p/locations/europe/keyRings/r/cryptoKeys/k",
    "retention_days": {"files": 1, "json": 2, "unknown": 3},
}
_NO_PROVIDERS = ("Failed to query available provider packages", "Failed to install provider")


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
def _deployments(terraform):
    """Both deployments, main first."""
    try:
        return [
            terraform.apply("default", MAIN),
            terraform.apply("staging", STAGING),
        ]
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
