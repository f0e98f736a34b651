"""What the functions say about objects can be asked of the warehouse a moment later."""

import pytest
from local_warehouse import running_warehouse
from pipeline_client import PipelineClient
from place import Place

from analytics_commands.foundation.pipeline.local_process import running_pipeline


@pytest.fixture(name="place")
def _place(pipeline):
    return Place(pipeline)


def test_accepted_and_loaded(place):
    """A batch is accepted with its number of events, and loaded as rows and dead letters."""
    place.send([{"eventType": "a"}, {"eventType": "b"}])
    place.store([{"eventType": "c"}, "no event"])
    mine = f"FROM events.receipts WHERE analytics_environment = '{place.environment}'"
    place.pipeline.wait_for_count(3, f"SELECT COUNT(*) {mine}")

    assert [
        ("batch_stored", "json", "function", None, None),
        ("object_loaded", "json", "function", 1, 1),
        ("object_loaded", "json", "function", 2, 0),
    ] == place.pipeline.query(
        f"SELECT event, data_type, event_category, loaded_rows, dead_letters {mine} ORDER BY 1, 4"
    )


def test_what_is_said_last(tmp_path):
    """A pipeline that is stopped writes what the functions said until their end."""
    with running_pipeline(tmp_path) as variables:
        client = PipelineClient(variables)
        client.send([{"eventType": "last"}], event_category="function")
        client.close()

    with running_warehouse(tmp_path) as warehouse:
        assert [("batch_stored", 1)] == warehouse.rows(
            "SELECT event, event_count FROM events.receipts WHERE event_count > 0"
        )
