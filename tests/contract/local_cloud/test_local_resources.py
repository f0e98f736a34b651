"""What the local pipeline finds of an earlier version of itself is completed, not in its way."""

import json

import aiohttp
import pytest
import requests
from serving import serve

from analytics_local_cloud import storage, warehouse
from analytics_local_cloud.provisioning import SCHEMAS, Resources

FIELDS = json.loads((SCHEMAS / "events_function.json").read_text())


@pytest.fixture(name="urls")
def _urls(tmp_path):
    """Serve a storage and a warehouse; yields both URLs."""
    store = storage.ObjectStore(tmp_path / "storage")
    storage_app = storage.create_app(store, storage.LocalSigner(tmp_path / "storage"))
    with (
        serve(storage_app) as storage_url,
        serve(warehouse.create_app(tmp_path / "warehouse", store)) as warehouse_url,
    ):
        yield storage_url, warehouse_url
    store.close()


async def create(urls):
    """Create all resources, as the start of the pipeline does."""
    async with aiohttp.ClientSession() as session:
        await Resources(session, *urls, "project").create_all("bucket", "events")


def call(urls, method, path, body=None):
    """Call the warehouse; returns the answer."""
    url = f"{urls[1]}/bigquery/v2/projects/project/{path}"
    answer = requests.request(method, url, json=body, timeout=60)
    assert answer.ok, answer.text
    return answer.json()


async def test_columns_added_since(urls):
    """Tables of an earlier version get the columns that were added, and keep their rows."""
    reference = {"projectId": "project", "datasetId": "events"}
    call(urls, "POST", "datasets", {"datasetReference": reference})
    older = {
        "tableReference": {**reference, "tableId": "events_function"},
        "schema": {"fields": FIELDS[:-2]},
    }
    call(urls, "POST", "datasets/events/tables", older)
    row = {
        "event_id": "a/0",
        "batch_id": "a",
        "gcs_uri": "gs://b/o",
        "received_date": "2026-11-23",
        "received_timestamp": "2026-11-23T12:00:00Z",
        "inserted_timestamp": "2026-11-23T12:00:00Z",
    }
    insert = "datasets/events/tables/events_function/insertAll"
    call(urls, "POST", insert, {"rows": [{"json": row}]})

    await create(urls)

    newer = {**row, "event_id": "a/1", "generation": "5", "line": "2"}
    assert "insertErrors" not in call(urls, "POST", insert, {"rows": [{"json": newer}]})
    table = call(urls, "GET", "datasets/events/tables/events_function")
    assert [field["name"] for field in FIELDS] == [f["name"] for f in table["schema"]["fields"]]
    query = "SELECT event_id, line FROM events.events ORDER BY event_id"
    answer = call(urls, "POST", "queries", {"query": query, "useLegacySql": False})
    assert [["a/0", None], ["a/1", "2"]] == [[c["v"] for c in r["f"]] for r in answer["rows"]]


async def test_twice(urls):
    """What is there already is left as it is."""
    await create(urls)
    before = call(urls, "GET", "datasets/events/tables/events_gcs")

    await create(urls)

    assert before == call(urls, "GET", "datasets/events/tables/events_gcs")


async def test_what_terraform_asks_for(urls):
    """Every table has its partitions, their age and its clusters, every view its query."""
    await create(urls)
    layouts = json.loads((SCHEMAS / "partitioning.json").read_text())

    made = {
        name: call(urls, "GET", f"datasets/events/tables/{name}")
        for name in (*layouts, *(path.stem for path in SCHEMAS.glob("*.sql")))
    }
    days = {name: layout["keep_days"] for name, layout in layouts.items()}
    assert {
        name: {
            "type": "DAY",
            "field": layout["partition_column"],
            **({"expirationMs": str(days[name] * 24 * 60 * 60 * 1000)} if days[name] else {}),
        }
        for name, layout in layouts.items()
    } == {name: table["timePartitioning"] for name, table in made.items() if name in layouts}
    assert {
        name: {"fields": layout["clustering"]}
        for name, layout in layouts.items()
        if layout["clustering"]
    } == {name: table["clustering"] for name, table in made.items() if "clustering" in table}
    assert {"events", "open_dead_letters", "receipts"} == {
        name for name, table in made.items() if table["type"] == "VIEW"
    }
