"""The deployed code and the commands, as one process of a simulated world has them."""

import contextlib
import io
import sys
from types import SimpleNamespace

import msgspec
import pytest

from analytics_commands.audit import action as audit_action
from analytics_commands.audit.reading import receipt_lag
from analytics_commands.forget import forgetter
from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_commands.foundation.accounts.ledger import Ledger
from analytics_commands.foundation.pipeline import parallel
from analytics_pipeline import logs
from analytics_pipeline.ingest import batch_store
from analytics_pipeline.ingest.batch_store import ObstoreBatches
from analytics_pipeline.ingest.events import BodyLimits
from analytics_pipeline.ingest.http_api import HttpApi
from analytics_pipeline.ingest.ingest import Ingest
from analytics_pipeline.ingest.listing import BucketListing
from analytics_pipeline.load.load import Loader
from analytics_pipeline.load.load_jobs import LoadJobs
from analytics_pipeline.load.memory_budget import MemoryBudget
from analytics_pipeline.load.object_reader import BucketReader
from analytics_pipeline.load.streaming import StreamingInserts
from analytics_pipeline.reconcile import listed_objects, listings, reconcile, repairs
from analytics_pipeline.reconcile.listed_objects import LISTED_TABLE, ListedObjects
from analytics_pipeline.reconcile.listings import BucketListings
from analytics_pipeline.reconcile.night import NightlyCheck
from analytics_pipeline.reconcile.object_lookup import ObjectLookup
from analytics_pipeline.reconcile.receipts import Receipts
from analytics_pipeline.reconcile.reconcile import Reconcile
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.reconcile.repeats import RepeatRemover
from analytics_pipeline.settings import IngestSettings
from simulation.clients_of_google import (
    BigQueryClient,
    BucketClient,
    InlineThreads,
    ObstoreBucket,
    Pool,
    Session,
    Warehouse,
    Workers,
)
from simulation.instances import BEGAN, current
from simulation.storage import BUCKET, STORAGE
from simulation.warehouse import BIGQUERY, DATASET, PROJECT

_SETTINGS = IngestSettings(bucket_name=BUCKET, google_cloud_project=PROJECT)
_EPOCH_NS = int(BEGAN.timestamp()) * 1_000_000_000


def ingest_of(instance):
    """Return what serves requests in that process."""
    workers = Workers(instance)
    listing = BucketListing(BUCKET, STORAGE, None)
    listing._http.close()
    listing._http = Session(instance)
    store = ObstoreBatches(ObstoreBucket(instance), lambda: listing, workers)
    dice = instance.world.faults.dice
    ingest = Ingest(
        store, BUCKET, BodyLimits(10**6, 10**4, 10**7), lambda: 1 + dice.getrandbits(62), workers
    )
    return HttpApi(_SETTINGS, ingest, None, instance.now, workers)


def _reader(instance):
    return BucketReader(Pool(instance), STORAGE)


def _sink(instance):
    return StreamingInserts(Pool(instance), BIGQUERY, PROJECT, DATASET)


def _load_jobs(instance, *table):
    return LoadJobs(BigQueryClient(instance), DATASET, instance.now, *table)


def loader_of(instance):
    """Return what serves finalize events in that process."""
    jobs = _load_jobs(instance)
    budget = MemoryBudget(10**9)
    return Loader(_reader(instance), _sink(instance), lambda: jobs, budget, instance.now)


def reconcile_of(instance):
    """Return what serves the scheduler in that process."""
    warehouse, pool = Warehouse(instance), Pool(instance)
    listed = ListedObjects(warehouse, _load_jobs(instance, LISTED_TABLE))
    return Reconcile(
        Receipts(warehouse),
        NightlyCheck(BucketListings(pool, STORAGE, BUCKET), listed),
        ObjectLookup(pool, STORAGE),
        Repairer(_reader(instance), _sink(instance), _load_jobs(instance), instance.now),
        RepeatRemover(warehouse, instance.now),
        clock=instance.now,
    )


def target_of(instance):
    """Return the pipeline as commands have it in that process."""
    warehouse, bucket = Warehouse(instance), BucketClient(instance)
    return SimpleNamespace(
        settings=SimpleNamespace(bucket_name=BUCKET, function_logs="", storage_emulator_host=""),
        bucket=bucket,
        bigquery=BigQueryClient(instance),
        http=Pool(instance),
        storage_endpoint=STORAGE,
        bigquery_endpoint=BIGQUERY,
        dataset=f"{PROJECT}.{DATASET}",
        warehouse=warehouse,
        inventory=Inventory(bucket),
        ledger=Ledger(warehouse),
        store=_reader(instance),
        sink=_sink(instance),
        load_jobs=_load_jobs(instance),
    )


class _LogStream:
    """stdout of all processes: what the functions log goes to the world's log."""

    def __init__(self, elsewhere):
        self._elsewhere = elsewhere

    def write(self, text):
        if text.startswith("{"):
            instance = current()
            instance.world.log.take(instance, msgspec.json.decode(text))
        else:
            self._elsewhere.write(text)

    def flush(self):
        """Nothing is held back."""


@contextlib.contextmanager
def stood_in_for():
    """Let clocks, threads, dice, stdout and obstore be the world's while the context lasts."""

    def clock():
        return current().now()

    def time_ns():
        instance = current()
        return _EPOCH_NS + round((instance.monotonic() + instance.skew) * 1e9)

    obstore = SimpleNamespace(put_async=lambda bucket, *a, **options: bucket.put(*a, **options))
    memory = SimpleNamespace(TemporaryFile=io.BytesIO)
    with pytest.MonkeyPatch.context() as replaced:
        for module, name, stand_in in (
            (batch_store, "obstore", obstore),
            (repairs, "ThreadPoolExecutor", InlineThreads),
            (reconcile, "ThreadPoolExecutor", InlineThreads),
            (listings, "ThreadPoolExecutor", InlineThreads),
            (parallel, "ThreadPoolExecutor", InlineThreads),
            (reconcile, "time", SimpleNamespace(monotonic=lambda: current().monotonic())),
            (
                listed_objects,
                "uuid4",
                lambda: SimpleNamespace(hex=f"{current().world.number():032x}"),
            ),
            (repairs, "tempfile", memory),
            (listed_objects, "tempfile", memory),
            (logs, "time", SimpleNamespace(time_ns=time_ns)),
            (logs, "traceback", SimpleNamespace(format_exception=lambda exc: [repr(exc)])),
            (logs, "sys", SimpleNamespace(stdout=_LogStream(sys.stdout))),
            (forgetter, "now", clock),
            (forgetter, "shown_progress", lambda *_: contextlib.nullcontext(lambda: None)),
            (audit_action, "utc_now", clock),
            (receipt_lag, "time", SimpleNamespace(sleep=lambda _: None)),
        ):
            replaced.setattr(module, name, stand_in)
        yield
