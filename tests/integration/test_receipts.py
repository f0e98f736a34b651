"""What the functions say about objects can be asked of the warehouse a moment later."""

import pytest
from place import Place


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
