"""A part of the shared pipeline that one test has for itself: an environment of its own."""

import base64
import hashlib
import json

from pipeline_client import unique


class Place:
    """One environment: what is sent there, what BigQuery shows of it, and how it gets lost."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.environment = unique("env")
        self._mine = f"analytics_environment = '{self.environment}'"

    def send(self, events, category="function", **parameters):
        """Send a batch; returns its id."""
        answer = self.pipeline.send(
            events,
            analytics_environment=self.environment,
            event_category=category,
            **parameters,
        )
        return answer["batch_id"]

    def store(self, events, category="function", leaf="written-1", **metadata):
        """Write an object as another program would, with this metadata; returns its blob."""
        content = b"".join(json.dumps(event).encode() + b"\n" for event in events)
        name = (
            f"data_type=json/analytics_environment={self.environment}/event_category={category}"
            f"/event_ds=2026-03-01/event_time=8-16/session/{leaf}"
        )
        blob = self.pipeline.bucket.blob(name)
        blob.metadata = {"event_count": str(len(events)), **metadata}
        blob.upload_from_string(content, content_type="application/x-ndjson")
        return blob

    def rows(self, columns="event_id", table="events"):
        """Return what a table or view holds, in a stable order."""
        sql = f"SELECT {columns} FROM events.{table} WHERE {self._mine} ORDER BY event_id"
        return self.pipeline.query(sql)

    def letters(self, columns="line, reason", table="open_dead_letters"):
        """Return the dead letters."""
        sql = f"SELECT {columns} FROM events.{table} WHERE {self._mine} ORDER BY gcs_uri, line"
        return self.pipeline.query(sql)

    def wait_for(self, count, table="events"):
        """Wait until a table or view holds as many rows."""
        sql = f"SELECT COUNT(*) FROM events.{table} WHERE {self._mine}"
        self.pipeline.wait_for_count(count, sql)

    def lose(self, condition="TRUE", table="events_function"):
        """Delete rows, as if they had never been loaded."""
        sql = f"DELETE FROM events.{table} WHERE {self._mine} AND ({condition})"
        self.pipeline.query(sql)

    def lose_receipts(self):
        """Delete what the functions said, as if delivery had never come and the log was lost."""
        mine = f"jsonPayload.object LIKE '%/analytics_environment={self.environment}/%'"
        self.pipeline.query(f"DELETE FROM events.run_googleapis_com_stdout WHERE {mine}")


def md5_of(*events):
    """Return the base64 MD5 of an object that holds these events."""
    content = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    return base64.b64encode(hashlib.md5(content).digest()).decode()
