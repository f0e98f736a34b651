"""What goes on for those who are out there: through a destroy, and through an upgrade."""

import io
import subprocess
import tarfile

import pytest
from terraform_root import COPIED, TerraformFailed, TerraformRoot

from checkout import ROOT

pytestmark = pytest.mark.terraform

_FIRST = "ed93ef0"  # before anything was kept for clients' sake
# What players' clients, and what was stored, depend on.
_LASTING = (
    "google_api_gateway_api.",
    "google_api_gateway_gateway.",
    "google_apikeys_key.",
    "google_bigquery_dataset.",
    "google_bigquery_table.partitioned",
    "google_bigquery_table.receipt_lines",
    "google_storage_bucket.events",
)
# What serves them: events of clients that are out there go on to be stored.
_SERVING = (
    "google_api_gateway_api_config.",
    "google_cloud_run_v2_service_iam_member.gateway_invokes_ingest",
    "google_cloudfunctions2_function.ingest",
    "google_logging_project_exclusion.",
    "google_logging_project_sink.receipts",
    "google_project_service.",
    "google_service_account.gateway",
    "google_service_account.ingest",
    "google_service_account_iam_member.ingest_signs_as_itself",
    "google_storage_bucket_iam_member.ingest_creates",
    "google_storage_bucket_iam_member.ingest_lists",
)
# What an upgrade from the first replaces: waits, what cannot be changed (of a table without rows of
# its own, the columns), and a schedule of another name.
UPGRADED = {
    "google_api_gateway_api_config.events",
    "google_bigquery_table.events_gcs",
    'google_cloud_scheduler_job.reconcile["recent"]',
    "google_storage_bucket_object.source",
    "time_sleep.build_grants",
    "time_sleep.log_metrics",
    "time_sleep.services",
    "time_sleep.trigger_grants",
}


def lasting(deployment, *addresses):
    """Yield address and id of the resources whose address begins with one of these, or of all."""
    for each in deployment.resources:
        if f"{each.type}.{each.name}".startswith(addresses or ""):
            yield f"{each.type}.{each.name}", each.values["id"]


def _check_out(commit, folder):
    """Write what the repository held of the deployment at a commit."""
    made = subprocess.run(
        ["git", "archive", commit, *COPIED], cwd=ROOT, capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("the repository's history is not here")
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(folder, filter="data")


class TestProtected:
    def test_destroy(self, main, terraform, tmp_path, monkeypatch):
        """A protected deployment goes on receiving; what is made again finds it as it was."""
        monkeypatch.setenv("TF_STANDIN_STRICT_DESTROY", "1")
        root = terraform.duplicate(tmp_path)
        with pytest.raises(TerraformFailed, match="deletion_protection"):
            root.change("destroy", "default")
        kept = set(lasting(root.read("default"), *_LASTING, *_SERVING))

        assert set(lasting(main, *_LASTING, *_SERVING)) == kept
        assert set(lasting(main)) > set(lasting(root.read("default")))

        root.change("apply", "default")

        assert kept == set(lasting(root.read("default"), *_LASTING, *_SERVING))
        assert "No changes." in root.change("plan", "default")

    @pytest.mark.usefixtures("deployments")
    def test_upgrade(self, terraform, tmp_path):
        """A deployment as old as the first of them is changed in its place."""
        (tmp_path / "new").mkdir()
        old = TerraformRoot(tmp_path / "old")
        _check_out(_FIRST, tmp_path / "old")
        old.init()
        before = old.apply("default", {"project_id": "demo-project", "api_keys": {"game": "1"}})
        new = terraform.duplicate(tmp_path / "new")
        old.hand_over("default", new)
        plan = new.plan("default")

        assert UPGRADED == {each for each, done in plan.items() if "delete" in done}

        new.change("apply", "default")

        assert set(lasting(before, *_LASTING)) <= set(lasting(new.read("default"), *_LASTING))
