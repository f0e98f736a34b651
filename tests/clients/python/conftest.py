"""A scripted pipeline, and clients of it."""

import pytest
from scripted_server import scripted_pipeline

from analytics_pipeline_client import Client, Options

KEY = "a-secret-key"


@pytest.fixture(name="pipeline")
def _pipeline():
    with scripted_pipeline() as pipeline:
        yield pipeline


@pytest.fixture(name="reports")
def _reports():
    """Return what clients report, as it comes."""
    return []


@pytest.fixture(name="client")
def _client(pipeline, tmp_path, reports):
    """Return a function that makes clients of one folder; all are closed at the end."""
    made = []

    def make(folder=tmp_path / "outbox", url=pipeline.url, **options):
        quick = {"retry_base": 0.01, "retry_cap": 0.05, "on_report": reports.append}
        made.append(Client(url, KEY, folder, Options(**(quick | options))))
        return made[-1]

    yield make
    for client in made:
        client.close(0)
