"""schemas: the columns of the tables, as they are documented."""

import json

import pytest

from analytics_pipeline import logs
from checkout import ROOT

SCHEMAS = ROOT / "functions" / "analytics_pipeline" / "schemas"
RECEIPTS = "run_googleapis_com_stdout"
TABLES = ("events_function", "dead_letters", "events_gcs", RECEIPTS, "listed_objects")
REQUIRED = {
    "events_function": {
        "received_timestamp", "received_date", "inserted_timestamp", "batch_id", "event_id",
        "gcs_uri",
    },
    "dead_letters": {"dead_letter_id", "reason", "dead_lettered_date", "dead_lettered_timestamp"},
    "events_gcs": set(),
    RECEIPTS: set(),
    "listed_objects": {"listed_date", "prefix"},
}  # fmt: skip


def read(table):
    """Return the columns of a table."""
    return json.loads((SCHEMAS / f"{table}.json").read_text())


def names_of(table, *types):
    """Return the names of the columns of these types, in order."""
    return [column["name"] for column in read(table) if column["type"] in types]


@pytest.mark.parametrize("table", TABLES)
class TestAnyTable:
    def test_keys(self, table):
        """Every column says its name, type and mode, and describes itself in a sentence."""
        nested = [field for column in read(table) for field in column.get("fields", ())]
        for column in [*read(table), *nested]:
            more = ["fields"] if column["type"] == "RECORD" else []
            assert ["name", "type", "mode", "description", *more] == list(column)
            assert column["description"].endswith(".")

    def test_names(self, table):
        """Names are unique; BigQuery ignores their case."""
        names = [column["name"].lower() for column in read(table)]

        assert sorted(set(names)) == sorted(names)

    def test_modes(self, table):
        """What every row has is REQUIRED, everything else NULLABLE."""
        modes = {column["name"]: column["mode"] for column in read(table)}

        assert REQUIRED[table] == {name for name, mode in modes.items() if mode == "REQUIRED"}
        assert {"REQUIRED", "NULLABLE"} >= set(modes.values())


def test_events_function():
    """The table of events has the documented columns."""
    table = "events_function"

    assert [
        "analytics_environment", "event_category", "event_time", "session_id",
        "event_environment", "event_source", "event_class", "event_type", "build_version",
        "player_id", "batch_id", "event_id", "gcs_uri", "generation",
    ] == names_of(table, "STRING")  # fmt: skip
    assert ["event_index", "line"] == names_of(table, "INTEGER")
    assert ["event_ds", "received_date"] == names_of(table, "DATE")
    assert [
        *("event_timestamp", "received_timestamp", "inserted_timestamp", "corrected_timestamp"),
    ] == names_of(table, "TIMESTAMP")
    assert ["event_attributes", "extra"] == names_of(table, "JSON")
    assert 24 == len(read(table))


def test_dead_letters():
    """The table of dead letters has the documented columns."""
    table = "dead_letters"

    assert [
        "dead_letter_id", "gcs_uri", "generation", "analytics_environment", "event_category",
        "batch_id", "reason", "detail", "payload", "resolution",
    ] == names_of(table, "STRING")  # fmt: skip
    assert ["line", "event_count"] == names_of(table, "INTEGER")
    assert ["event_ds", "dead_lettered_date"] == names_of(table, "DATE")
    assert ["received_timestamp", "dead_lettered_timestamp", "resolved_timestamp"] == names_of(
        table, "TIMESTAMP"
    )
    assert ["payload_truncated"] == names_of(table, "BOOLEAN")
    assert 18 == len(read(table))


def test_external_table():
    """What a client sends is text in the external table: no event can make it unreadable."""
    server = {"receivedTimestamp", "batchId", "eventId", "analyticsEnvironment"}
    types = {column["name"]: column["type"] for column in read("events_gcs")}

    assert {"STRING"} == {types[name] for name in set(types) - server}
    assert server | {"message", "eventType", "eventAttributes"} <= set(types)


def test_receipts():
    """The table that Cloud Logging writes has the columns that we read, named as it names them."""
    (payload,) = (column["fields"] for column in read(RECEIPTS) if column["name"] == "jsonPayload")

    assert ["timestamp", "insertId", "jsonPayload"] == names_of(
        RECEIPTS, "TIMESTAMP", "STRING", "RECORD"
    )
    assert {
        "event": "STRING",
        "object": "STRING",
        "event_count": "FLOAT",
        "rows": "FLOAT",
        "dead_letters": "FLOAT",
        "received_timestamp": "STRING",
    } == {field["name"]: field["type"] for field in payload}
    assert {"NULLABLE"} == {field["mode"] for field in payload}


def test_receipt_events():
    """What a receipt can be is registered as an event of the log."""
    assert set() == set(json.loads((SCHEMAS / "receipt_events.json").read_text())) - set(
        logs.EVENTS
    )


def test_partitioning():
    """Tables are partitioned by day and clustered by columns they have; a DATE is required."""
    layouts = json.loads((SCHEMAS / "partitioning.json").read_text())

    assert {
        "events_function": "received_date",
        "dead_letters": "dead_lettered_date",
        RECEIPTS: "timestamp",
        "listed_objects": "listed_date",
    } == {table: layout["partition_column"] for table, layout in layouts.items()}
    assert {RECEIPTS: 90, "listed_objects": 3} == {
        table: layout["keep_days"] for table, layout in layouts.items() if layout["keep_days"]
    }
    assert ["analytics_environment", "event_type", "session_id"] == layouts["events_function"][
        "clustering"
    ]
    for table, layout in layouts.items():
        days = REQUIRED[table] & set(names_of(table, "DATE")) | set(names_of(RECEIPTS, "TIMESTAMP"))
        assert layout["partition_column"] in days
        assert set(layout["clustering"] or ()) <= set(names_of(table, "STRING"))
