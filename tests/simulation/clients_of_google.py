"""Google's client libraries as one process has them: every call is a step of its life.

What the pipeline's adapters are given instead of obstore, urllib3's pool, and the clients of
BigQuery and Cloud Storage.
"""

import io
import sys
from concurrent.futures import Future
from itertools import count
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

from google.api_core.exceptions import InternalServerError

from analytics_pipeline.errors import TransientError
from simulation.instances import call_sites
from simulation.statements import answer
from simulation.storage import BUCKET, STORAGE
from simulation.warehouse import PROJECT

_JOB_POLL = 1.0
_IMPORTED = [SimpleNamespace(name="player_id", mode="NULLABLE", field_type="STRING")]


class _Done(Future):
    """A future that is over; in a set, futures come in the order in which they were made."""

    def __init__(self, number):
        super().__init__()
        self._number = number

    def __hash__(self):
        return self._number

    def __eq__(self, other):
        return self is other


class InlineThreads:
    """A pool of threads whose work is done at once, in its order."""

    def __init__(self, *_):
        """Take what ThreadPoolExecutor takes."""
        self._numbers = count()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Nothing to wait for."""

    def submit(self, work, *arguments):
        done = _Done(next(self._numbers))
        try:
            done.set_result(work(*arguments))
        except Exception as exc:  # noqa: BLE001 - the future's
            done.set_exception(exc)
        return done

    def map(self, work, items):
        return map(work, items)

    def shutdown(self, **_):
        """Nothing runs."""


class Workers:
    """Threads of `ingest`: what waits for an answer is a flow of its own."""

    def __init__(self, instance):
        self._instance = instance

    async def run(self, work, *arguments):
        waiting = call_sites(sys._getframe())
        return await self._instance.run(work, *arguments, waiting=waiting)


class Pool:
    """urllib3's pool."""

    def __init__(self, instance):
        self._instance = instance

    def urlopen(self, method, url, body=None, **_):
        world = self._instance.world
        if method == "GET" and url.startswith(STORAGE):
            return self._instance.call(0.05, world.storage.get, url)
        path = urlsplit(url).path.rsplit("/", 2)
        if method == "GET":
            query = dict(part.split("=") for part in urlsplit(url).query.split("&"))
            first, most = int(query["startIndex"]), int(query["maxResults"])
            return self._instance.call(0.3, world.warehouse.page, path[-1], first, most)
        return self._instance.call(0.2, world.warehouse.insert_all, path[-2], body)


class Session:
    """requests' session, as far as `ingest` looks for an object."""

    def __init__(self, instance):
        self._pool = Pool(instance)

    def get(self, url, params, **_):
        answer = self._pool.urlopen("GET", f"{url}?{urlencode(params)}")
        return _SessionAnswer(answer)


class _SessionAnswer:
    def __init__(self, answer):
        self._answer = answer
        self.content = answer.data

    def raise_for_status(self):
        if self._answer.status != 200:
            raise TransientError(f"HTTP {self._answer.status}")


class ObstoreBucket:
    """obstore's client of the bucket."""

    def __init__(self, instance):
        self._instance = instance

    async def put(self, name, content, *, attributes, **_):
        storage = self._instance.world.storage
        return await self._instance.call_async(0.08, storage.create, name, content, attributes)


class Warehouse:
    """The pipeline's own face of BigQuery's SQL: each statement is answered by its twin."""

    def __init__(self, instance):
        self._instance = instance

    def query(self, sql, **parameters):
        yield from self._answer(sql, parameters)

    def run(self, sql, **parameters):
        return self._instance.world.warehouse.keep_result(self._answer(sql, parameters))

    def change(self, sql, **parameters):
        return self._answer(sql, parameters)

    def _answer(self, sql, parameters):
        return self._instance.call(0.5, self._serve, sql, parameters)

    def _serve(self, sql, parameters):
        world = self._instance.world
        warehouse = world.warehouse
        if warehouse.strikes("query", "query failed", 0.5):
            raise TransientError("the query failed")
        found = answer(sql, warehouse.tables, world.now(), parameters)
        if warehouse.strikes("query", "query answer lost", 0.3):
            raise TransientError("the query failed")
        return found


class BigQueryClient:
    """BigQuery's client."""

    project = PROJECT

    def __init__(self, instance):
        self._instance = instance
        self._warehouse = instance.world.warehouse

    def get_table(self, _table, **_):
        return self._instance.call(0.1, lambda: SimpleNamespace(location="US", schema=_IMPORTED))

    def get_dataset(self, _dataset):
        return self._instance.call(0.1, lambda: SimpleNamespace(max_time_travel_hours=168))

    def list_tables(self, _dataset):
        imported = SimpleNamespace(table_id="imported", table_type="TABLE", reference=None)
        return self._instance.call(0.1, lambda: [imported])

    def get_job(self, job_id, **_):
        return self._job(self._instance.call(0.1, self._warehouse.find_job, job_id))

    def load_table_from_file(self, rows, table, *, job_id, **_):
        rows.seek(0, io.SEEK_SET)
        arguments = (table.rsplit(".", 1)[1], job_id, rows.read())
        return self._job(self._instance.call(0.5, self._warehouse.begin_job, *arguments))

    def _job(self, job):
        return _Job(self._instance, job)


class _Job:
    """A load job as a process sees it."""

    def __init__(self, instance, job):
        self._instance = instance
        self._job = job

    @property
    def error_result(self):
        return self._job.error_result

    @property
    def ended(self):
        return self._job.ended

    def result(self, timeout, retry):
        del retry
        begun = self._instance.monotonic()
        while not self._instance.call(_JOB_POLL, lambda: self._job.is_over):
            if self._instance.monotonic() - begun > timeout:
                raise TimeoutError("the job did not end in time")
        if self._job.error_result:
            raise InternalServerError(self._job.error_result["message"])


class BucketClient:
    """Cloud Storage's client of the bucket."""

    name = BUCKET
    lifecycle_rules = ()
    soft_delete_policy = SimpleNamespace(retention_duration_seconds=7 * 86400)
    versioning_enabled = False

    def __init__(self, instance):
        self._instance = instance
        self._storage = instance.world.storage

    def reload(self):
        return self._instance.call(0.05, lambda: None)

    def blob(self, name):
        return _Blob(self._instance, name)

    def get_blob(self, name, generation=None, **_):
        found = self._instance.call(0.05, self._storage.find, name, generation)
        return found and _Blob.of(self._instance, found)

    def list_blobs(self, prefix, delimiter=None, **_):
        return _Blobs(self._instance, prefix, delimiter)


class _Blobs:
    """A listing, page by page; `prefixes` is complete at its end."""

    def __init__(self, instance, prefix, delimiter):
        self._instance = instance
        self._query = {"prefix": prefix, "delimiter": delimiter}
        self.prefixes = set()

    def __iter__(self):
        storage, token = self._instance.world.storage, "first"
        while token:
            found, prefixes, token = self._instance.call(0.1, storage.list_objects, self._query)
            self.prefixes |= set(prefixes)
            yield from (_Blob.of(self._instance, each) for each in found)
            self._query["pageToken"] = token


class _Blob:
    """An object of Cloud Storage's client."""

    cache_control = content_disposition = content_language = custom_time = None
    content_encoding = content_type = metadata = None

    def __init__(self, instance, name):
        self._instance = instance
        self._storage = instance.world.storage
        self.name = name

    @classmethod
    def of(cls, instance, there):
        blob = cls(instance, there.name)
        blob.generation, blob.time_created = there.generation, there.created
        blob.size, blob.metadata = len(there.content), there.metadata
        blob.content_encoding = there.content_encoding or None
        blob.content_type = there.content_type
        return blob

    def delete(self, if_generation_match):
        self._instance.call(0.05, self._storage.delete, self.name, if_generation_match)

    def upload_from_string(self, content, *, if_generation_match, **_):
        arguments = (self.name, if_generation_match, content, self.metadata, self.content_encoding)
        self._instance.call(0.1, self._storage.replace, *arguments)
