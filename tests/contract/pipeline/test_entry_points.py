"""main and the wiring of each flow, as the functions framework serves them over real sockets."""

import base64
import gzip
import json
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from string import Template
from urllib.parse import quote

import pytest
import requests
from functions_framework import create_app
from functions_framework.aio import create_asgi_app
from google.auth.compute_engine import _metadata
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage as storage_client
from serving import serve

import analytics_pipeline
from analytics_local_cloud import storage, warehouse
from analytics_pipeline.errors import ConfigurationError
from analytics_pipeline.ingest import wiring as ingest
from analytics_pipeline.load import wiring as load
from analytics_pipeline.reconcile import wiring as reconcile
from analytics_pipeline.settings import IngestSettings, LoadSettings, Settings

PACKAGE = Path(analytics_pipeline.__file__).parent
SOURCE = str(PACKAGE.parent / "main.py")
OBJECT = (
    "data_type=json/analytics_environment=testing/event_category=function/event_ds=2026-03-01"
    "/event_time=8-16/session/2026-03-01T15:59:59Z-77"
)
_CACHED = (ingest.http_api, load.loader, load.bigquery_client, reconcile.reconciliation)
CLOUD_EVENT = {
    "ce-id": "1",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/bucket",
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.storage.object.v1.finalized",
}


@pytest.fixture(name="cloud", scope="module")
def _cloud(tmp_path_factory):
    """Serve storage and warehouse with a bucket and the tables; yields both URLs."""
    root = tmp_path_factory.mktemp("cloud")
    store = storage.ObjectStore(root / "storage")
    storage_app = storage.create_app(store, storage.LocalSigner(root / "storage"))
    with (
        serve(storage_app) as storage_url,
        serve(warehouse.create_app(root / "warehouse", store)) as warehouse_url,
    ):
        requests.post(f"{storage_url}/storage/v1/b", json={"name": "bucket"}, timeout=60)
        datasets = f"{warehouse_url}/bigquery/v2/projects/project/datasets"
        dataset = {"projectId": "project", "datasetId": "events"}
        requests.post(datasets, json={"datasetReference": dataset}, timeout=60)
        schemas = PACKAGE / "schemas"
        resources = {
            table: {"schema": {"fields": json.loads((schemas / f"{table}.json").read_text())}}
            for table in json.loads((schemas / "partitioning.json").read_text())
        }
        sql = Template((schemas / "receipts.sql").read_text())
        query = sql.substitute(project="project", dataset="events")
        resources["receipts"] = {"view": {"query": query, "useLegacySql": False}}
        for table, resource in resources.items():
            body = {"tableReference": {**dataset, "tableId": table}, **resource}
            assert requests.post(f"{datasets}/events/tables", json=body, timeout=60).ok
        yield storage_url, warehouse_url
    store.close()


@pytest.fixture(name="environment")
def _environment(cloud, monkeypatch):
    """Give the functions the environment that the supervisor gives them."""
    storage_url, warehouse_url = cloud
    variables = {
        "GOOGLE_CLOUD_PROJECT": "project",
        "BUCKET_NAME": "bucket",
        "STORAGE_EMULATOR_HOST": storage_url,
        "BIGQUERY_EMULATOR_HOST": warehouse_url,
        "IAM_ENDPOINT": storage_url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", storage_url.removeprefix("http://"))
    for cached in _CACHED:
        cached.cache_clear()
    yield
    for cached in _CACHED:
        cached.cache_clear()


def loaded_values(warehouse_url):
    """Return all values of all rows."""
    tables = f"{warehouse_url}/bigquery/v2/projects/project/datasets/events/tables"
    answer = requests.get(f"{tables}/events_function/data", timeout=60).json()
    return {cell["v"] for row in answer["rows"] for cell in row["f"]}


@pytest.mark.usefixtures("environment")
class TestIngest:
    def test_event_and_file(self):
        """The async entry point stores events and signs upload URLs."""
        with serve(create_asgi_app("ingest", SOURCE)) as url:
            event = requests.post(f"{url}/v1/event", b'{"a":1}', timeout=60)
            description = {"content_type": "text/plain", "md5_digest": "XUFAKrxLKna5cZ2REBfFkg=="}
            file = requests.post(f"{url}/v1/file", json=description, timeout=60)
            put = requests.put(
                file.json()["signed_url"], b"hello", headers=file.json()["headers"], timeout=60
            )

        assert [200, 200, 200] == [event.status_code, file.status_code, put.status_code]

    def test_largest_file(self, monkeypatch):
        """A URL for a file of no stated size admits the largest that is set, and no more."""
        monkeypatch.setenv("MAX_UPLOAD_BYTES", "5")
        with serve(create_asgi_app("ingest", SOURCE)) as url:

            def put(body):
                digest = base64.b64encode(md5(body, usedforsecurity=False).digest()).decode()
                description = {"content_type": "text/plain", "md5_digest": digest}
                ticket = requests.post(f"{url}/v1/file", json=description, timeout=60).json()
                signed, headers = ticket["signed_url"], ticket["headers"]
                return requests.put(signed, body, headers=headers, timeout=60).status_code

            assert [200, 200, 400] == [put(b""), put(b"hello"), put(b"hello!")]

    def test_missing_setting(self, monkeypatch):
        """A function without a setting says which one."""
        monkeypatch.delenv("BUCKET_NAME")
        with pytest.raises(ConfigurationError, match="BUCKET_NAME"):
            ingest.http_api()


@pytest.mark.usefixtures("environment")
class TestLoad:
    def test_object(self, cloud):
        """The CloudEvent entry point loads the object that the event names."""
        storage_url, warehouse_url = cloud
        upload = f"{storage_url}/upload/storage/v1/b/bucket/o"
        parameters = {"uploadType": "media", "name": OBJECT}
        resource = requests.post(upload, b'{"a":1}\n', params=parameters, timeout=60).json()

        client = create_app("load", SOURCE).test_client()
        answer = client.post("/", json=resource, headers=CLOUD_EVENT)

        assert 200 == answer.status_code
        assert f"gs://bucket/{OBJECT}" in loaded_values(warehouse_url)

    def test_gzip_object(self, cloud):
        """An object stored with Content-Encoding gzip is loaded like any other."""
        storage_url, warehouse_url = cloud
        name = OBJECT.replace("session/", "packed/")
        blob = (
            storage_client.Client(
                project="project",
                credentials=AnonymousCredentials(),
                client_options={"api_endpoint": storage_url},
            )
            .bucket("bucket")
            .blob(name)
        )
        blob.content_encoding = "gzip"
        blob.upload_from_string(gzip.compress(b'{"eventType":"packed"}\n', mtime=0))
        resource = requests.get(
            f"{storage_url}/storage/v1/b/bucket/o/{quote(name, safe='')}", timeout=60
        ).json()

        client = create_app("load", SOURCE).test_client()
        answer = client.post("/", json=resource, headers=CLOUD_EVENT)

        assert 200 == answer.status_code
        assert "packed" in loaded_values(warehouse_url)

    def test_transient_failure(self, monkeypatch, cloud):
        """What may succeed later is answered 500, which asks for redelivery."""
        storage_url, _ = cloud
        monkeypatch.setenv("BIGQUERY_DATASET", "no_such_dataset")
        upload = f"{storage_url}/upload/storage/v1/b/bucket/o"
        parameters = {"uploadType": "media", "name": OBJECT + "8"}
        resource = requests.post(upload, b'{"a":1}\n', params=parameters, timeout=60).json()

        client = create_app("load", SOURCE).test_client()
        answer = client.post("/", json=resource, headers=CLOUD_EVENT)

        assert 500 == answer.status_code


@pytest.mark.usefixtures("environment")
class TestReconcile:
    def test_undelivered_object(self, cloud):
        """The scheduled entry point loads what was stored and never delivered, once."""
        storage_url, warehouse_url = cloud
        today = datetime.now(UTC).date().isoformat()
        name = OBJECT.replace("session/", "undelivered/").replace("2026-03-01/", f"{today}/")
        says = {"x-goog-meta-event_count": "1"}  # else no row would tell that it is loaded
        url = f"{storage_url}/bucket/{quote(name, safe='')}"
        requests.put(url, b'{"eventType":"late"}\n', headers=says, timeout=60)

        client = create_app("reconcile", SOURCE).test_client()
        body = {"settle_minutes": 0, "list_bucket": True}
        first, second = (client.post("/", json=body) for _ in range(2))

        assert [200, 200] == [first.status_code, second.status_code]
        assert 1 <= first.json["rows"]
        assert (0, True) == (second.json["rows"], second.json["finished"])
        assert f"gs://bucket/{name}" in loaded_values(warehouse_url)

    def test_nothing_sent(self):
        """A schedule without a body means the usual days."""
        client = create_app("reconcile", SOURCE).test_client()

        assert 200 == client.post("/").status_code


def test_random_numbers():
    """The random part of a name is a positive 63-bit integer, other each time."""
    numbers = {ingest.draw_number() for _ in range(1000)}

    assert 1000 == len(numbers)
    assert all(0 < number < 2**63 for number in numbers)
    assert max(numbers) > 2**60


def test_store_in_the_cloud():
    """Without an emulator the bucket is Google's own, and nothing is sent to build it."""
    store = ingest.batch_store(Settings(bucket_name="b", google_cloud_project="p"))

    assert "b" in repr(store)


def test_names_in_the_cloud():
    """Listings are asked for in the runtime's name, URLs signed in that of the account set."""
    settings = IngestSettings(
        bucket_name="b", google_cloud_project="p", signing_service_account="s@p"
    )

    assert ingest._identity() is ingest._listing(settings)._identity
    assert "s@p" == ingest._signer(settings)._email


def test_given_names():
    """Commands insert in the name of whoever calls them."""
    own, settings = AnonymousCredentials(), LoadSettings(bucket_name="b", google_cloud_project="p")

    assert own is load.streaming_inserts(settings, own)._http._credentials
    assert own is load.object_reader(settings, own)._http._credentials
