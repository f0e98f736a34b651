"""The adapters find the same in a simulated world as in the local cloud: one suite for both."""

import asyncio
import hashlib
import io
import json
from datetime import timedelta

import msgspec
import pytest
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from local_storage import serve_storage
from local_warehouse import create_pipeline_tables, make_row, running_warehouse

from analytics_pipeline.clock import now
from analytics_pipeline.ingest.batch_store import ObstoreBatches, open_bucket
from analytics_pipeline.ingest.listing import BucketListing
from analytics_pipeline.ingest.ports import Acknowledgement, NameTaken, NewObject
from analytics_pipeline.ingest.workers import Workers
from analytics_pipeline.load.failures import ObjectGone, RequestRejected
from analytics_pipeline.load.google_http import new_http
from analytics_pipeline.load.load_jobs import LoadJobs
from analytics_pipeline.load.object_reader import BucketReader
from analytics_pipeline.load.ports import InsertRow
from analytics_pipeline.load.streaming import StreamingInserts
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.reconcile.listings import BucketListings
from analytics_pipeline.reconcile.object_lookup import ObjectLookup
from analytics_pipeline.reconcile.ports import Stretch
from simulation import clients_of_google as simulated
from simulation.instances import Instance
from simulation.storage import BUCKET, STORAGE
from simulation.warehouse import BIGQUERY, DATASET, PROJECT
from simulation.wiring import stood_in_for
from simulation.world import World

NAME = (
    "data_type=json/analytics_environment=testing/event_category=function/event_ds=2026-03-01"
    "/event_time=8-16/session/{}"
)


class SimulatedCloud:
    """A world in which nothing fails."""

    def __init__(self):
        self.world = World(0, without=frozenset({"kills", "storms"}))
        self.world.faults.are_on = False
        self.world.clockwork.loop.run(12.5 * 3600)  # an attempt of a job is named by the hour
        self._instance = instance = Instance(self.world, "test")
        self.bucket_name = BUCKET
        self.bucket = simulated.BucketClient(instance)
        pool = simulated.Pool(instance)
        self.reader, self.lookup = BucketReader(pool, STORAGE), ObjectLookup(pool, STORAGE)
        self.listings = BucketListings(pool, STORAGE, BUCKET)
        self.sink = StreamingInserts(pool, BIGQUERY, PROJECT, DATASET)
        self.jobs = LoadJobs(simulated.BigQueryClient(instance), DATASET, instance.now)
        listing = BucketListing(BUCKET, STORAGE, None)
        listing._http.close()
        listing._http = simulated.Session(instance)
        store = simulated.ObstoreBucket(instance)
        self.store = ObstoreBatches(store, lambda: listing, simulated.Workers(instance))

    def do(self, work):
        """Return what blocking code returns."""
        return self._lived(self._instance.run(work))

    def await_(self, coroutine):
        """Return what a coroutine returns."""

        async def entered():
            self._instance.enter()
            return await coroutine

        return self._lived(self.world.clockwork.loop.create_task(entered()))

    def _lived(self, future):
        loop = self.world.clockwork.loop
        while not future.done():
            loop.run(loop.time() + 1)
        return future.result()

    def put(self, name, content, **metadata):
        """Store an object, over an older one as well; returns its generation."""
        return str(self.world.storage.commit(name, content, metadata).generation)

    def rows(self):
        """Return the event ids of all rows, in order."""
        return sorted(row.event_id for row in self.world.warehouse.tables.events)


class LocalCloud:
    """The local cloud, with the client libraries."""

    def __init__(self, bucket, warehouse):
        self._warehouse = warehouse
        self.bucket_name = bucket.name
        client = storage.Client(
            project="p",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": bucket.url},
        )
        self.bucket = client.bucket(bucket.name)
        http, url = new_http(None, anonymous=True), bucket.url
        self.reader, self.lookup = BucketReader(http, url), ObjectLookup(http, url)
        self.listings = BucketListings(http, url, bucket.name)
        self._dataset = create_pipeline_tables(warehouse)
        project = warehouse.client.project
        self.sink = StreamingInserts(http, warehouse.url, project, self._dataset)
        self.jobs = LoadJobs(warehouse.client, self._dataset, now)
        listing = BucketListing(bucket.name, url, None)
        self.store = ObstoreBatches(
            open_bucket(bucket.name, url), lambda: listing, Workers("test", threads=1, waiting=1)
        )

    def do(self, work):
        return work()

    def await_(self, coroutine):
        return asyncio.run(coroutine)

    def put(self, name, content, **metadata):
        blob = self.bucket.blob(name)
        blob.metadata = metadata
        blob.upload_from_string(content)
        return str(blob.generation)

    def rows(self):
        sql = f"SELECT event_id FROM {self._dataset}.events_function ORDER BY event_id"
        return [event_id for (event_id,) in self._warehouse.rows(sql)]


@pytest.fixture(name="places", scope="module")
def _places(tmp_path_factory):
    root = tmp_path_factory.mktemp("cloud")
    with serve_storage(root) as make_bucket, running_warehouse(root) as warehouse:
        yield make_bucket("bucket"), warehouse


@pytest.fixture(name="cloud", params=["simulated", "local"])
def _cloud(request, places):
    if request.param == "local":
        yield LocalCloud(*places)
    else:
        with stood_in_for():
            yield SimulatedCloud()


def new_object(name, content):
    """Return an object as `ingest` makes it."""
    digest = hashlib.md5(content).digest()
    return NewObject(
        name, content, "application/x-ndjson", {"event_count": "1"}, digest, len(content)
    )


def row_of(number, **changes):
    """Return a row as insertAll takes it."""
    return InsertRow(f"id{number}", json.dumps(_values(number, **changes)).encode())


def _values(number, **changes):
    plain = {"extra": "{}", "event_attributes": "{}", "event_category": "function", "line": "1"}
    return {**make_row(number), **plain, "generation": "1", **changes}


class TestStorage:
    def test_written_once(self, cloud):
        """A name is created once, and what is there is proved by a listing."""
        name = NAME.format("once")
        assert Acknowledgement.VERIFIED == cloud.await_(
            cloud.store.write_once(new_object(name, b"{}\n"))
        )
        with pytest.raises(NameTaken):
            cloud.await_(cloud.store.write_once(new_object(name, b"{}\n")))
        assert cloud.await_(cloud.store.holds(new_object(name, b"{}\n")))
        assert not cloud.await_(cloud.store.holds(new_object(name, b"{}{}\n")))
        assert not cloud.await_(cloud.store.holds(new_object(name[:-1], b"{}\n")))

    def test_generations(self, cloud):
        """An object is read, looked up and deleted at its generation, and at no other."""
        name = NAME.format("generations")
        old = cloud.put(name, b"old")
        new = cloud.put(name, b"new", event_count="1")
        refs = [ObjectRef(cloud.bucket_name, name, each) for each in (old, new, "")]

        with pytest.raises(ObjectGone):
            cloud.do(lambda: cloud.reader.read(refs[0], 10))
        assert b"new" == cloud.do(lambda: cloud.reader.read(refs[1], 10))
        found = [cloud.do(lambda ref=ref: cloud.lookup.find(ref)) for ref in refs]
        assert [None, 3, 3] == [each and each.size for each in found]
        assert {"event_count": "1"} == found[1].metadata
        with pytest.raises(PreconditionFailed):
            cloud.do(lambda: cloud.bucket.blob(name).delete(if_generation_match=int(old)))
        cloud.do(lambda: cloud.bucket.blob(name).delete(if_generation_match=int(new)))
        with pytest.raises(NotFound):
            cloud.do(lambda: cloud.bucket.blob(name).delete(if_generation_match=int(new)))

    def test_rewritten(self, cloud):
        """An object is written over at its generation alone, and is another one then."""
        name = NAME.format("rewritten")
        old = int(cloud.put(name, b"old"))

        def rewrite():
            blob = cloud.bucket.blob(name)
            blob.metadata = {"rewritten_at": "now"}
            blob.upload_from_string(b"new", content_type="text/plain", if_generation_match=old)

        cloud.do(rewrite)
        assert cloud.do(lambda: cloud.bucket.get_blob(name, generation=old)) is None
        there = cloud.do(lambda: cloud.bucket.get_blob(name))
        assert {"rewritten_at": "now"} == there.metadata
        with pytest.raises(PreconditionFailed):
            cloud.do(rewrite)

    def test_listed(self, cloud):
        """Names come in order, between two names, and folders with a delimiter."""
        names = [NAME.format(f"listed/{number:02}") for number in range(30)]
        for name in reversed(names):
            cloud.put(name, b"{}\n")
        stretch = Stretch("label", names[3], names[20])

        pages = cloud.do(lambda: list(cloud.listings.pages([stretch], 1000, lambda: False)))
        assert names[3:20] == [each.ref.name for page in pages for each in page.objects]
        assert [False] * (len(pages) - 1) + [True] == [page.is_last for page in pages]
        assert "testing" in cloud.do(lambda: cloud.listings.environments(lambda: False))

        def folders():
            prefix = NAME.partition("session")[0] + "session/"
            listing = cloud.bucket.list_blobs(prefix=prefix, delimiter="/")
            return {blob.name for blob in listing}, listing.prefixes

        blobs, prefixes = cloud.do(folders)
        assert f"{NAME.format('listed')}/" in prefixes
        assert blobs.isdisjoint(names)


class TestWarehouse:
    def test_streamed(self, cloud):
        """A row of an insert id that was just inserted is not inserted again."""
        before = cloud.rows()
        for _ in range(2):
            assert [] == cloud.do(lambda: cloud.sink.insert_rows([row_of(1), row_of(2)]))

        assert [*before, "b/1", "b/2"] == cloud.rows()

    def test_a_job_runs_once(self, cloud):
        """The same job again finds the first; rows that are gone since are loaded again."""
        line = json.dumps(_values(7, extra={}, event_attributes={})).encode() + b"\n"

        def load(seen_at):
            cloud.jobs.load_rows(io.BytesIO(line), "job", seen_at)

        cloud.do(lambda: load(None))
        cloud.do(lambda: load(None))
        assert ["b/7"] == cloud.rows()
        later = cloud.jobs._clock() + timedelta(hours=1)
        cloud.do(lambda: load(later))
        assert ["b/7", "b/7"] == cloud.rows()

    def test_a_job_with_a_row_that_is_refused(self, cloud):
        """A row that the table refuses fails the job, and none of its rows is there."""
        good = msgspec.json.encode(_values(1, extra={}, event_attributes={}))
        bad = good.replace(b'"shot"', b'"refused-by-bigquery"')
        if isinstance(cloud, LocalCloud):
            bad = good.replace(b'"event_type"', b'"nobodys"')

        with pytest.raises(RequestRejected):
            cloud.do(lambda: cloud.jobs.load_rows(io.BytesIO(good + b"\n" + bad), "bad", None))
        assert [] == cloud.rows()
