"""The functions' receipts come into the warehouse: exactly those lines, from the first one on."""

import json
import re

import pytest

from analytics_pipeline import logs
from analytics_pipeline.schemas import SCHEMAS

pytestmark = pytest.mark.terraform

EVENTS = json.loads((SCHEMAS / "receipt_events.json").read_text())
LOG = "run.googleapis.com/stdout"


@pytest.fixture(name="deployment", params=["main", "staging"])
def _deployment(request):
    """Return each of the deployments."""
    return request.getfixturevalue(request.param)


def sink_of(deployment):
    """Return the one sink of a deployment."""
    (sink,) = deployment.all("google_logging_project_sink")
    return sink


class TestLines:
    def test_exact(self, deployment):
        """The sink takes the receipts of the deployment's own functions, and no other line."""
        services = [
            deployment.outputs["services"][name] for name in ("ingest", "load", "reconcile")
        ]

        assert [
            'resource.type="cloud_run_revision"',
            f"resource.labels.service_name=({' OR '.join(map(json.dumps, services))})",
            f'log_id("{LOG}")',
            f"jsonPayload.event=({' OR '.join(map(json.dumps, EVENTS))})",
        ] == sink_of(deployment).values["filter"].split(" AND ")

    def test_written(self):
        """Every receipt is a line that the functions write."""
        assert set(EVENTS) <= logs.EVENTS.keys()


class TestPlace:
    def test_dataset(self, deployment):
        """They come into one table of the deployment's dataset, under an identity of the sink."""
        sink = sink_of(deployment).values
        dataset = f"projects/demo-project/datasets/{deployment.outputs['dataset']}"

        assert f"bigquery.googleapis.com/{dataset}" == sink["destination"]
        assert [{"use_partitioned_tables": True}] == sink["bigquery_options"]
        assert sink["unique_writer_identity"]
        assert not sink["disabled"]

    def test_table(self, deployment):
        """The table has the name that Cloud Logging gives to the table of this log."""
        table = deployment.one("google_bigquery_table", "receipt_lines")

        assert re.sub(r"\W", "_", LOG) == table["table_id"]
        assert deployment.outputs["dataset"] == table["dataset_id"]


class TestOrder:
    def test_table_first(self, main):
        """The sink finds the table with the columns that are read."""
        assert "google_bigquery_table.receipt_lines" in sink_of(main).after

    @pytest.mark.parametrize("entry_point", ["ingest", "load", "reconcile"])
    def test_before_functions(self, main, entry_point):
        """A function writes its first line when the sink may write, and Google knows it."""
        (function,) = [
            each for each in main.all("google_cloudfunctions2_function") if each.name == entry_point
        ]
        (wait,) = [each for each in main.all("time_sleep") if each.name == "receipt_grants"]

        assert "time_sleep.receipt_grants" in function.after
        assert "google_bigquery_dataset_iam_member.sink_writes" in wait.after
        assert "60s" == wait.values["create_duration"]
