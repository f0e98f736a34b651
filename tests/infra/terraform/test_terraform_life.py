"""The root module through its life, as the real terraform sees it."""

import json
import re

import pytest

from checkout import ROOT

pytestmark = pytest.mark.terraform


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
