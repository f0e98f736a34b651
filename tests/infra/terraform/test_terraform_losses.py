"""`deploy` before plans of the real terraform: what it refuses, and that it only looks."""

import json

import pytest

from analytics_commands.deploy import command as deploy
from analytics_commands.deploy.losses import find_losses
from analytics_commands.deploy.planned_changes import Plan

pytestmark = pytest.mark.terraform
_SCHEMA = "functions/analytics_pipeline/schemas/events_function.json"


@pytest.mark.usefixtures("deployments")
def test_what_is_refused(terraform, tmp_path):
    """A gateway elsewhere, a key rotated or removed, and a column dropped are refused, each.

    Other code, another API document and another application, in the same plan, are not.
    """
    root = terraform.duplicate(tmp_path)
    root.set_variable("staging", "gateway_region", value="us-central1")
    root.set_variable("staging", "api_keys", value={"game": "3", "more": "1"})
    root.set_variable("staging", "limits", value={"quota_per_minute": 7})
    (root.path.parent / "functions" / "main.py").write_text("# other code\n")
    schema = root.path.parent / _SCHEMA
    schema.write_text(json.dumps(json.loads(schema.read_text())[:-1]))

    root.plan("staging")
    planned = Plan.from_json(root.run("show", "-json", "plan", workspace="staging"))

    assert {'google_apikeys_key.client["more"]', "google_cloudfunctions2_function.load"} < (
        planned.addresses
    )
    assert [
        ("--allow-loss", "google_api_gateway_gateway.events"),
        ("--allow-loss", 'google_bigquery_table.partitioned["events_function"]'),
        ("--revoke", "game"),
        ("--revoke", "tool"),
    ] == sorted(loss.permission for loss in find_losses(planned))


def test_plan_only(terraform, cloud, tmp_path, monkeypatch, capfd):
    """The whole command, with the real terraform: a plan is shown, and no state is written."""
    root = terraform.duplicate(tmp_path / "deployment")
    cloud.install_real("terraform")
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "of-nobody")
    options = ["--project-id", "demo-project", "--folder", str(root.path.parent), "--plan-only"]

    assert 0 == deploy.main([*options, "--var", 'api_keys={game="1"}'])

    said = capfd.readouterr().err
    assert "google_api_gateway_gateway.events" in said
    assert "There are changes. Nothing was applied." in said
    assert [] == list(root.path.glob("terraform.tfstate.d/demo-project/*"))
