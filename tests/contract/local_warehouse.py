"""A local warehouse on a real socket for the tests, with folders in place of buckets."""

import itertools
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

import urllib3
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from serving import serve

from analytics_local_cloud.warehouse import create_app
from checkout import ROOT

PROJECT = "local-project"
SCHEMAS = ROOT / "functions" / "analytics_pipeline" / "schemas"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_numbers = itertools.count()


@dataclass(frozen=True)
class FolderFile:
    """A stored object."""

    uri: str
    path: Path
    size: int
    content_encoding: str | None = None


@dataclass(frozen=True)
class FolderObjects:
    """Objects under a folder: the first level are the buckets."""

    root: Path

    def write(self, name, content):
        """Store an object under `bucket/name`; text as UTF-8."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return f"gs://{name}"

    def expand(self, uri):
        """Return the objects that match."""
        parts = map(re.escape, uri.removeprefix("gs://").split("*"))
        pattern = re.compile(".*".join(parts))
        names = (str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        found = sorted(name for name in names if pattern.fullmatch(name))
        paths = [(name, self.root / name) for name in found if (self.root / name).is_file()]
        return [FolderFile(f"gs://{name}", path, path.stat().st_size) for name, path in paths]


@dataclass
class Clock:
    """A clock that tests set."""

    time: float = NOW.timestamp()

    def __call__(self):
        return self.time


@dataclass(frozen=True)
class LocalWarehouse:
    """A served warehouse and its clients."""

    url: str
    client: bigquery.Client
    objects: FolderObjects
    clock: Clock
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def call(self, method, path, body=None, **headers):
        """Send a request below the project; return status and decoded body."""
        url = f"{self.url}/bigquery/v2/projects/{PROJECT}/{path}"
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        answer = self.http.request(method, url, body=content, headers=headers, retries=False)
        return answer.status, json.loads(answer.data or b"null")

    def insert_all(self, table, body):
        """Send an insertAll request for a table of the form `dataset.table`."""
        dataset, name = table.split(".")
        return self.call("POST", f"datasets/{dataset}/tables/{name}/insertAll", body)

    def new_dataset(self):
        """Create a dataset of its own for a test; return its id."""
        name = f"dataset_{next(_numbers)}"
        self.client.create_dataset(name)
        return name

    def new_table(self, columns, **extra):
        """Create a table from `name:TYPE[:MODE]` columns in a new dataset; return its name."""
        dataset = self.new_dataset()
        fields = [
            dict(zip(("name", "type", "mode"), text.split(":"), strict=False))
            for text in columns.split()
        ]
        resource = {
            "tableReference": {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"},
            "schema": {"fields": fields},
            **extra,
        }
        self.client.create_table(bigquery.Table.from_api_repr(resource))
        return f"{dataset}.t"

    def rows(self, sql, **options):
        """Run a query, once; return its rows as tuples."""
        config = bigquery.QueryJobConfig(**options)
        job = self.client.query(sql, job_config=config, retry=None, job_retry=None)
        return [tuple(row) for row in job.result(retry=None)]


@contextmanager
def running_warehouse(root, **options):
    """Yield a warehouse whose state and buckets are under `root`; options as of create_app."""
    objects, clock = FolderObjects(root / "buckets"), Clock()
    objects.root.mkdir(parents=True, exist_ok=True)
    with serve(create_app(root / "warehouse", objects, clock, **options)) as url:
        client = bigquery.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": url},
        )
        warehouse = LocalWarehouse(url, client, objects, clock)
        yield warehouse
        warehouse.http.clear()
        client.close()


def create_pipeline_tables(warehouse):
    """Create the pipeline's tables and views in a new dataset; return its id."""
    dataset = warehouse.new_dataset()
    for table, layout in json.loads((SCHEMAS / "partitioning.json").read_text()).items():
        resource = bigquery.Table(
            f"{PROJECT}.{dataset}.{table}",
            schema=warehouse.client.schema_from_json(SCHEMAS / f"{table}.json"),
        )
        resource.time_partitioning = bigquery.TimePartitioning(field=layout["partition_column"])
        resource.clustering_fields = layout["clustering"]  # None for a table without
        warehouse.client.create_table(resource)
    for path in SCHEMAS.glob("*.sql"):
        text = Template(path.read_text())
        resource = bigquery.Table(f"{PROJECT}.{dataset}.{path.stem}")
        resource.view_query = text.substitute(project=PROJECT, dataset=dataset)
        warehouse.client.create_table(resource)
    return dataset


def make_row(number=0, **changes: Any):
    """Return an `events_function` row as insertAll takes it."""
    return {
        "analytics_environment": "testing",
        "session_id": "s",
        "event_type": "shot",
        "event_index": str(number),
        "event_timestamp": "2026-11-23T11:00:00.123456Z",
        "received_timestamp": NOW.timestamp() + number,
        "received_date": "2026-11-23",
        "inserted_timestamp": "2026-11-23T12:00:01Z",
        "batch_id": "b",
        "event_id": f"b/{number}",
        "gcs_uri": "gs://bucket/object",
        "event_attributes": json.dumps({"a": number, "deep": {"list": [1, 2]}}),
        "extra": json.dumps({"message": "hello world"}),
        **changes,
    }
