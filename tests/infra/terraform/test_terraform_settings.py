"""The functions' environment in a deployment is the settings that their code reads."""

from dataclasses import MISSING, fields

import functions_framework
import pytest
import yaml

from analytics_commands.foundation.pipeline.target import GatewaySettings, TargetSettings
from analytics_pipeline.ingest import batch_store
from analytics_pipeline.settings import IngestSettings, LoadSettings
from checkout import ROOT

pytestmark = pytest.mark.terraform

LOCAL = {"STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST", "IAM_ENDPOINT", "UPLOAD_ENDPOINT"}
LIBRARIES = {"DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "LOG_EXECUTION_ID", "THREADS"}
FUNCTIONS = [("ingest", IngestSettings), ("load", LoadSettings), ("reconcile", LoadSettings)]


def service_of(deployment, entry_point):
    """Return how a function runs."""
    return deployment.one("google_cloudfunctions2_function", entry_point)["service_config"][0]


def environment_of(deployment, entry_point):
    """Return the variables that our code of a function reads."""
    variables = service_of(deployment, entry_point)["environment_variables"]
    return {name: value for name, value in variables.items() if name not in LIBRARIES}


class TestEnvironment:
    @pytest.mark.parametrize(("entry_point", "settings"), FUNCTIONS)
    def test_every_setting(self, staging, entry_point, settings):
        """With every variable given, each setting but the local ones is set, and nothing else."""
        names = {each.name.upper() for each in fields(settings)} - LOCAL

        assert names == set(environment_of(staging, entry_point))

    @pytest.mark.parametrize(("entry_point", "settings"), FUNCTIONS)
    def test_required(self, main, entry_point, settings):
        """With the least variables given, what has no default is set."""
        required = {each.name.upper() for each in fields(settings) if each.default is MISSING}

        assert required <= set(environment_of(main, entry_point))

    def test_defaults(self, main):
        """Limits that are not given are those of the code."""
        settings = IngestSettings.from_env(environment_of(main, "ingest"))
        given = {"bucket_name", "google_cloud_project", "signing_service_account"}

        assert "analytics-ingest@demo-project.iam.gserviceaccount.com" == (
            settings.signing_service_account
        )
        for each in fields(settings):
            assert each.name in given or each.default == getattr(settings, each.name)

    def test_given(self, staging):
        """Limits that are given arrive as they are."""
        settings = IngestSettings.from_env(environment_of(staging, "ingest"))
        known = {each.name for each in fields(settings)}
        limits = {name: each for name, each in staging.variables["limits"].items() if name in known}

        assert limits == {name: getattr(settings, name) for name in limits}
        assert {"function", "cold"} == settings.allowed_categories
        assert {"testing"} == settings.allowed_environments
        assert {"https://game.example"} == settings.cors_origins

    @pytest.mark.parametrize("entry_point", ["load", "reconcile"])
    def test_load(self, staging, entry_point):
        """What loads reads the bucket and writes the dataset of its deployment."""
        settings = LoadSettings.from_env(environment_of(staging, entry_point))

        assert staging.outputs["bucket"] == settings.bucket_name
        assert staging.outputs["dataset"] == settings.bigquery_dataset == "own_dataset"

    @pytest.mark.parametrize(("entry_point", "_settings"), FUNCTIONS)
    def test_log_lines(self, main, entry_point, _settings, monkeypatch):
        """No function's lines are taken apart by the framework, whatever the platform sets."""
        variables = service_of(main, entry_point)["environment_variables"]
        monkeypatch.setenv("LOG_EXECUTION_ID", variables["LOG_EXECUTION_ID"])

        assert not functions_framework._enable_execution_id_logging()

    def test_commands(self, staging):
        """The variables for the commands are those that they read, with the deployment's values."""
        lines = staging.outputs["command_variables"].splitlines()
        variables = dict(line.split("=", 1) for line in lines)

        target = TargetSettings.from_env(variables)
        gateway = GatewaySettings.from_env(variables)

        assert (staging.outputs["bucket"], "own_dataset", "demo-project") == (
            target.bucket_name,
            target.bigquery_dataset,
            target.google_cloud_project,
        )
        assert staging.outputs["gateway_url"] == gateway.analytics_url
        assert gateway.api_key in staging.outputs["api_keys"].values()
        assert set(variables) <= {
            field.name.upper() for each in (target, gateway) for field in fields(each)
        }

    def test_entry_points(self, main):
        """The entry points are functions of main.py."""
        source = (ROOT / "functions" / "main.py").read_text()
        for each in main.all("google_cloudfunctions2_function"):
            assert f"def {each.values['build_config'][0]['entry_point']}(" in source
            assert each.name == each.values["build_config"][0]["entry_point"]

    def test_deadlines_nest(self, main):
        """A write ends before the gateway's patience, and that before the function's."""
        spec = yaml.safe_load((ROOT / "api-gateway" / "openapi.yaml").read_text())
        patience = spec["x-google-backend"]["deadline"]

        assert batch_store.WRITE_DEADLINE_SECONDS < patience
        assert patience < service_of(main, "ingest")["timeout_seconds"]
