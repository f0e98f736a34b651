"""POST → object → event → rows, with the functions' production code."""

import gzip
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from pipeline_client import PipelineClient, unique, uuid7, wait_for_another_second

from analytics_commands.foundation.pipeline.local_process import running_pipeline


class TestRows:
    def test_one_event(self, pipeline):
        """The old system's hello world is a row whose `extra` holds it."""
        answer = pipeline.send({"message": "hello world"}, event_category="function")
        pipeline.wait_for_rows(1, answer["batch_id"])

        rows = pipeline.query(
            "SELECT JSON_VALUE(extra, '$.message'), event_category, event_id FROM events.events"
            f" WHERE batch_id = '{answer['batch_id']}'"
        )
        assert [("hello world", "function", f"{answer['batch_id']}/0")] == rows

    def test_all_columns(self, pipeline):
        """Every documented field arrives in its column, with its type."""
        session = unique()
        event = {
            "eventEnvironment": "e",
            "eventSource": "client",
            "eventClass": "c",
            "eventType": "t",
            "eventTimestamp": 1790000000.5,
            "eventIndex": 7,
            "sessionId": session,
            "buildVersion": "2.0.13",
            "playerId": 12345678901234567890,
            "eventAttributes": {"level": 3, "items": ["a", "b"]},
            "unknownField": {"kept": True},
        }
        answer = pipeline.send(
            event,
            event_category="function",
            analytics_environment="testing",
            event_ds="2026-01-31",
            event_time="0-8",
        )
        pipeline.wait_for_rows(1, answer["batch_id"])

        (row,) = pipeline.warehouse.query_and_wait(
            f"SELECT * FROM events.events WHERE session_id = '{session}'"
        )
        row = dict(row.items())
        today = datetime.now(UTC).date()
        expected = {
            "analytics_environment": "testing",
            "event_category": "function",
            "event_time": "0-8",
            "session_id": session,
            "event_environment": "e",
            "event_source": "client",
            "event_class": "c",
            "event_type": "t",
            "build_version": "2.0.13",
            "player_id": "12345678901234567890",
            "event_index": 7,
            "event_timestamp": datetime.fromtimestamp(1790000000.5, UTC),
            "batch_id": answer["batch_id"],
            "event_id": f"{answer['batch_id']}/0",
            "event_attributes": {"level": 3, "items": ["a", "b"]},
            "extra": {"unknownField": {"kept": True}},
        }
        assert expected == {name: row[name] for name in expected}
        assert "2026-01-31" == row["event_ds"].isoformat()
        assert abs((today - row["received_date"]).days) <= 1
        assert row["gcs_uri"].startswith(f"gs://{pipeline.bucket.name}/data_type=json/")
        assert row["received_timestamp"] <= row["inserted_timestamp"]

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            (b'[{"a":1},{"a":2}]', {}),
            (b'{"a":1}\n{"a":2}\n', {"content-type": "text/plain"}),
            (gzip.compress(b'[{"a":1},{"a":2}]', mtime=0), {"content-encoding": "gzip"}),
        ],
        ids=["array", "ndjson", "gzip"],
    )
    def test_batches(self, pipeline, body, headers):
        """Each form of a batch becomes one row an event, in order."""
        answer = pipeline.send(body, headers=headers, event_category="function")
        pipeline.wait_for_rows(2, answer["batch_id"])

        rows = pipeline.query(
            f"SELECT event_id, extra FROM events.events WHERE batch_id = '{answer['batch_id']}'"
            " ORDER BY event_id"
        )
        assert 2 == answer["event_count"]
        assert [(f"{answer['batch_id']}/{i}", {"a": i + 1}) for i in range(2)] == rows

    def test_queryable_at_once(self, pipeline):
        """An event is queryable within moments: a fraction of a second where nothing else runs."""
        waits = []
        for _ in range(5):
            answer = pipeline.send({"a": 1}, event_category="function")
            waits.append(pipeline.wait_for_rows(1, answer["batch_id"]))

        assert min(waits) < 10

    def test_retry_with_a_key(self, pipeline):
        """A retry under a key that tells its time is the same object: the same answer, one row."""
        event_type, headers = unique(), {"idempotency-key": uuid7()}
        event = {"eventType": event_type}
        first = pipeline.send(event, headers=headers, event_category="function")
        wait_for_another_second()
        again = pipeline.send(event, headers=headers, event_category="function")

        assert first == again
        pipeline.wait_for_rows(1, first["batch_id"])
        rows = f"SELECT COUNT(*) FROM events.events_function WHERE event_type = '{event_type}'"
        assert [(1,)] == pipeline.query(rows)

    def test_retry_with_another_key(self, pipeline):
        """A later retry under another key is stored twice and shown once."""
        event_type = unique()
        headers = {"idempotency-key": unique()[:64]}
        for _ in range(2):
            pipeline.send({"eventType": event_type}, headers=headers, event_category="function")
            wait_for_another_second()

        counts = f"SELECT COUNT(*) FROM events.{{}} WHERE event_type = '{event_type}'"
        pipeline.wait_for_count(2, counts.format("events_function"))
        assert [(1,)] == pipeline.query(counts.format("events"))

    def test_own_ids(self, pipeline):
        """An event that is sent again in another batch, whatever else is in it, is shown once."""
        first, second, third = (f"{unique('own')}.{number}" for number in range(3))
        for ids in ((first, second), (second, third)):
            answer = pipeline.send([{"eventId": each} for each in ids], event_category="function")
            batch = f"batch_id = '{answer['batch_id']}'"
            pipeline.wait_for_count(2, f"SELECT COUNT(*) FROM events.events_function WHERE {batch}")

        own = f"WHERE event_id IN ('{first}', '{second}', '{third}') ORDER BY 1, 2"
        days = f"SELECT DISTINCT event_id, received_date FROM events.events_function {own}"
        shown = pipeline.query(f"SELECT event_id, received_date FROM events.events {own}")
        assert pipeline.query(days) == shown
        assert {first, second, third} == {event_id for event_id, _ in shown}

    def test_clock(self, pipeline):
        """Times by a client's clock that is three days slow are told by ours, and as they were."""
        slow = datetime.now(UTC) - timedelta(days=3)
        answer = pipeline.send(
            {"eventTimestamp": (slow - timedelta(hours=1)).isoformat()},
            event_category="function",
            sent_at=slow.isoformat(),
        )
        pipeline.wait_for_rows(1, answer["batch_id"])

        columns = "event_timestamp, received_timestamp, corrected_timestamp"
        sql = f"SELECT {columns} FROM events.events WHERE batch_id = '{answer['batch_id']}'"
        ((occurred, received, corrected),) = pipeline.query(sql)
        assert slow - timedelta(hours=1) == occurred
        assert received - timedelta(hours=1) == corrected

    def test_dead_letters(self, pipeline):
        """What is no event is kept with its reason, the rest of the batch loads."""
        body = b'{"a":1}\nnot json\n[2]\n'
        answer = pipeline.send(body, event_category="function")
        mine = f"batch_id = '{answer['batch_id']}'"
        pipeline.wait_for_rows(1, answer["batch_id"])
        pipeline.wait_for_count(2, f"SELECT COUNT(*) FROM events.open_dead_letters WHERE {mine}")

        rows = pipeline.query(
            "SELECT dead_letter_id, line, reason, event_count, payload_truncated"
            f" FROM events.open_dead_letters WHERE {mine} ORDER BY line"
        )
        batch_id = answer["batch_id"]
        expected = [
            (f"{batch_id}/1", 2, "invalid_line", 1, False),
            (f"{batch_id}/2", 3, "not_an_object", 1, False),
        ]
        assert expected == rows

    def test_what_json_columns_cannot_hold(self, pipeline):
        """Wide numbers and lone surrogates are adjusted in BigQuery, on record; GCS is exact."""
        body = b'{"n":%b,"e":1e400,"s":"\\ud800","eventAttributes":{"d":1.10}}' % (b"9" * 40)
        answer = pipeline.send(body, event_category="function")
        pipeline.wait_for_rows(1, answer["batch_id"])

        ((extra, attributes),) = pipeline.query(
            "SELECT extra, event_attributes FROM events.events"
            f" WHERE batch_id = '{answer['batch_id']}'"
        )
        assert ("9" * 40, "1e400", "\ufffd") == (extra["n"], extra["e"], extra["s"])
        assert {"extra.n", "extra.e", "extra.s"} == set(extra["_adjusted"])
        assert {"d": 1.1} == attributes
        content = pipeline.stored_batch(answer["batch_id"]).download_as_bytes()
        assert content.startswith(body[:60])


class TestObjects:
    @pytest.mark.parametrize(
        "token", [b"1.10", b"1e400", b"9" * 40, b'"\\u00e9\\ud800"', b"-0.0", b"[ 1.0,2 ]"]
    )
    def test_tokens(self, pipeline, token):
        """What was sent comes back from Cloud Storage byte for byte."""
        answer = pipeline.send(b'{"x":' + token + b"}")

        content = pipeline.stored_batch(answer["batch_id"]).download_as_bytes()

        assert content.startswith(b'{"x":' + token + b',"receivedTimestamp":')

    def test_metadata(self, pipeline):
        """The object carries what an audit needs, and its bytes are those that were measured."""
        answer = pipeline.send([{"a": 1}] * 3, analytics_environment="testing")

        blob = pipeline.stored_batch(answer["batch_id"])

        assert "3" == blob.metadata["event_count"]
        assert blob.md5_hash == blob.metadata["content_md5"]
        assert "application/x-ndjson" == blob.content_type
        (line, *_) = blob.download_as_bytes().splitlines()
        stamped = str(json.loads(line)["receivedTimestamp"])
        assert blob.metadata["received_timestamp"].rstrip("0") == stamped.rstrip("0")

    def test_other_categories(self, pipeline):
        """Other categories reach Cloud Storage, and not BigQuery."""
        answer = pipeline.send({"a": 1}, event_category="cold")
        later = pipeline.send({"a": 1}, event_category="function")
        pipeline.wait_for_rows(1, later["batch_id"])

        assert pipeline.stored_batch(answer["batch_id"])
        counted = f"SELECT COUNT(*) FROM events.events WHERE batch_id = '{answer['batch_id']}'"
        assert [(0,)] == pipeline.query(counted)

    def test_not_json(self, pipeline):
        """A body that is no JSON is kept byte for byte."""
        answer = pipeline.send(b"\x00\xffnot json")

        blob = pipeline.stored_batch(answer["batch_id"])

        assert ("unknown", 0) == (answer["data_type"], answer["event_count"])
        assert b"\x00\xffnot json" == blob.download_as_bytes()
        assert blob.name.startswith("data_type=unknown/")

    def test_read_in_place(self, tmp_path):
        """The external table reads every stored category, by its partition keys.

        It reads the whole bucket: a pipeline of its own holds no other test's odd lines.
        """
        environment = unique()
        with running_pipeline(tmp_path) as variables, closing(PipelineClient(variables)) as own:
            own.send(
                [{"eventType": "a", "nested": {"x": 1}}, {"eventType": "b"}, 5],
                analytics_environment=environment,
                event_category="cold",
            )
            rows = own.query(
                "SELECT eventType, event_category, CAST(event_ds AS STRING) FROM events.events_gcs"
                f" WHERE analytics_environment = '{environment}' ORDER BY eventId"
            )

        today = datetime.now(UTC).date().isoformat()
        assert [("a", "cold", today), ("b", "cold", today), (None, "cold", today)] == rows
