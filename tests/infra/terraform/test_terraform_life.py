"""The root module through its life, as the real terraform sees it."""

import io
import json
import re
import subprocess
import tarfile

import pytest
from terraform_root import COPIED, TerraformFailed, TerraformRoot

from checkout import ROOT

pytestmark = pytest.mark.terraform


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
_FIRST = "ed93ef0"  # before anything was kept for clients' sake
FUNCTIONS = ("ingest", "load", "reconcile")
_NEW_FIRST, _GONE = ["create", "delete"], ["delete"]

# Changes of variables, and what they replace or delete.
CHANGES = {
    "default": (
        {
            "alerts": {"emails": ["ops@example.com"]},
            "api_keys": {"game": "2"},
            "domain": "a.example.com",
            "limits": {"quota_per_minute": 7},
            "retention_days": {"json": 7},
        },
        {
            "google_api_gateway_api_config.events": _NEW_FIRST,
            'google_apikeys_key.client["game"]': _NEW_FIRST,
            "google_storage_bucket_object.source": _NEW_FIRST,
            "time_sleep.services": _NEW_FIRST,
        },
    ),
    "staging": (
        {"api_keys": {"game": "2"}, "domain": "b.example.com"},
        {
            'google_apikeys_key.client["tool"]': _GONE,
            'google_compute_managed_ssl_certificate.domain["events"]': _NEW_FIRST,
            "google_storage_bucket_object.source": _NEW_FIRST,
            'terraform_data.rotation["tool"]': _GONE,
        },
    ),
}


# What an upgrade from the first replaces: waits, what cannot be changed, and a
# schedule of another name.
UPGRADED = {
    "google_api_gateway_api_config.events",
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


def identities(deployment):
    """Yield what sets each resource apart; a conditional grant is another one."""
    for each in deployment.resources:
        conditions = [condition["title"] for condition in each.values.get("condition") or ()]
        yield each.type, each.values["id"], *conditions


class TestConfiguration:
    def test_format(self, terraform):
        """The files are as `terraform fmt` writes them."""
        assert "" == terraform.run("fmt", "-check", "-recursive", "-diff")

    def test_valid(self, terraform):
        """Providers accept it without a warning, so nothing in it is deprecated."""
        verdict = json.loads(terraform.run("validate", "-json"))

        assert [] == verdict["diagnostics"]
        assert verdict["valid"]

    def test_promises(self, terraform):
        """Every promise in terraform/tests holds."""
        printed = terraform.run("test", "-no-color")

        assert re.search(r"Success! [1-9]\d* passed, 0 failed", printed)

    def test_size(self):
        """A file is one thing, in at most 120 lines."""
        files = [*(ROOT / "terraform").glob("*.tf"), *(ROOT / "terraform").rglob("*.hcl")]

        assert [] == [file.name for file in files if len(file.read_text().splitlines()) > 120]


class TestDeployments:
    @pytest.mark.parametrize("workspace", ["default", "staging"])
    @pytest.mark.usefixtures("deployments")
    def test_nothing_left_to_do(self, terraform, workspace):
        """A second plan has no changes."""
        assert "No changes." in terraform.change("plan", workspace)

    def test_side_by_side(self, main, staging):
        """Two deployments of one project share nothing but its services and Google's agents."""
        shared = {each for each in identities(main) if each in identities(staging)}

        assert {"google_project_service", "google_project_service_identity"} == {
            kind for kind, *_ in shared
        }

    @pytest.mark.parametrize("workspace", ["default", "staging"])
    @pytest.mark.usefixtures("deployments")
    def test_destroy(self, terraform, tmp_path, workspace):
        """Without its protection a deployment is destroyed, and nothing of it remains."""
        root = terraform.duplicate(tmp_path)
        root.set_variable(workspace, "deletion_protection", value=False)
        root.change("apply", workspace)
        root.change("destroy", workspace)

        assert () == root.read(workspace).resources

    @pytest.mark.parametrize("workspace", CHANGES)
    @pytest.mark.usefixtures("deployments")
    def test_changes(self, terraform, tmp_path, workspace):
        """A change replaces what it has to, the new one first, and keeps all else."""
        variables, replaced = CHANGES[workspace]
        root = terraform.duplicate(tmp_path)
        for name, value in variables.items():
            root.set_variable(workspace, name, value=value)
        with (tmp_path / "functions" / "main.py").open("a") as code:
            code.write("# another version\n")
        plan = root.plan(workspace)

        assert replaced == {each: done for each, done in plan.items() if "delete" in done}
        assert {f"google_cloudfunctions2_function.{name}" for name in FUNCTIONS} < set(plan)


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
