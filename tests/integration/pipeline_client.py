"""Talks to a running pipeline as its users do: HTTP, SQL, Cloud Storage."""

import json
import time
import uuid

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.02


class PipelineClient:
    """One client; `variables` are those that the pipeline wrote into `env`."""

    def __init__(self, variables):
        self.variables = variables
        self.http = requests.Session()
        project, anonymous = variables["GOOGLE_CLOUD_PROJECT"], AnonymousCredentials()
        self.warehouse = bigquery.Client(
            project=project,
            credentials=anonymous,
            client_options={"api_endpoint": variables["BIGQUERY_EMULATOR_HOST"]},
        )
        self.bucket = storage.Client(
            project=project,
            credentials=anonymous,
            client_options={"api_endpoint": variables["STORAGE_EMULATOR_HOST"]},
        ).bucket(variables["BUCKET_NAME"])

    def close(self):
        """Give the connections back."""
        self.http.close()
        self.warehouse.close()
        self.bucket.client.close()

    def url(self, path):
        """Return the URL of a route."""
        return self.variables["ANALYTICS_URL"] + path

    def request(self, method, path, data=None, *, headers=None, **parameters):
        """Send a request; the key is added unless `key=None` is given."""
        query = {"key": self.variables["API_KEY"], **parameters}
        query = {name: value for name, value in query.items() if value is not None}
        body = data if isinstance(data, bytes | str | None) else json.dumps(data)
        return self.http.request(
            method, self.url(path), data=body, headers=headers, params=query, timeout=120
        )

    def post(self, data, *, path="/v1/event", **arguments):
        """POST; returns the response."""
        return self.request("POST", path, data, **arguments)

    def send(self, data, **arguments):
        """POST what must be accepted; returns the answer."""
        response = self.post(data, **arguments)
        assert response.status_code == 200, response.text
        return response.json()

    def query(self, sql):
        """Return the rows of a query as tuples."""
        return [row.values() for row in self.warehouse.query_and_wait(sql)]

    def wait_for_count(self, expected, sql):
        """Wait until the query counts as many; returns the seconds that took."""
        started = time.monotonic()
        while True:
            ((count,),) = self.query(sql)
            waited = time.monotonic() - started
            if count == expected:
                return waited
            assert count < expected, f"{count} instead of {expected}: {sql}"
            assert waited < DEADLINE_SECONDS, f"only {count} of {expected}: {sql}"
            time.sleep(POLL_SECONDS)

    def wait_for_rows(self, expected, batch_id):
        """Wait until the batch has as many rows in the view."""
        condition = f"batch_id = '{batch_id}'"
        return self.wait_for_count(
            expected, f"SELECT COUNT(*) FROM events.events WHERE {condition}"
        )

    def stored(self, prefix):
        """Return the objects under a prefix."""
        return list(self.bucket.client.list_blobs(self.bucket, prefix=prefix))

    def remove(self, environment):
        """Delete what is stored of an environment: one odd object spoils queries over all."""
        self.bucket.delete_blobs(
            self.stored(f"data_type=json/analytics_environment={environment}/")
        )

    def stored_batch(self, batch_id):
        """Return the one object of a batch."""
        (blob,) = [
            blob
            for blob in self.stored("data_type=")
            if (blob.metadata or {}).get("batch_id") == batch_id
        ]
        return blob


def uuid7():
    """Return an idempotency key that tells when it was made, and that no other test uses."""
    return f"{time.time_ns() // 1_000_000:012x}7{uuid.uuid4().hex[13:]}"


def wait_for_another_second():
    """Wait until the clock shows another second.

    A request that is sent again then, under a key that tells no time, is an object of its own.
    """
    started = int(time.time())
    while int(time.time()) == started:
        time.sleep(POLL_SECONDS)


def unique(prefix="test"):
    """Return a name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex}"
