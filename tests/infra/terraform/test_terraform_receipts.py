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
    def test_table(self, deployment):
        """The table has the name that Cloud Logging gives to the table of this log."""
        table = deployment.one("google_bigquery_table", "receipt_lines")

        assert re.sub(r"\W", "_", LOG) == table["table_id"]
        assert deployment.outputs["dataset"] == table["dataset_id"]
