"""Settings become what serves `reconcile`, built on first use and kept for the instance's life."""

import functools

from analytics_pipeline.allocator import give_back_what_is_freed
from analytics_pipeline.clock import now
from analytics_pipeline.load.google_http import new_http
from analytics_pipeline.load.load_jobs import LoadJobs
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.load.wiring import (
    bigquery_client,
    load_jobs,
    object_reader,
    streaming_inserts,
)
from analytics_pipeline.reconcile.listed_objects import LISTED_TABLE, ListedObjects
from analytics_pipeline.reconcile.listings import BucketListings
from analytics_pipeline.reconcile.night import NightlyCheck
from analytics_pipeline.reconcile.object_lookup import ObjectLookup
from analytics_pipeline.reconcile.receipts import Receipts
from analytics_pipeline.reconcile.reconcile import Reconcile
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.reconcile.repeats import RepeatRemover
from analytics_pipeline.settings import STORAGE_ENDPOINT, LoadSettings


@functools.cache
def reconciliation() -> Reconcile:
    """Return what serves `reconcile`."""
    give_back_what_is_freed()
    settings = LoadSettings.from_env()
    warehouse = Warehouse(bigquery_client(settings), settings.bigquery_dataset)
    emulator = settings.storage_emulator_host
    http, endpoint = new_http(None, anonymous=bool(emulator)), emulator or STORAGE_ENDPOINT
    listings = LoadJobs(bigquery_client(settings), settings.bigquery_dataset, now, LISTED_TABLE)
    reader, sink = object_reader(settings), streaming_inserts(settings)
    return Reconcile(
        Receipts(warehouse),
        NightlyCheck(
            BucketListings(http, endpoint, settings.bucket_name), ListedObjects(warehouse, listings)
        ),
        ObjectLookup(http, endpoint),
        Repairer(reader, sink, load_jobs(settings), now),
        RepeatRemover(warehouse, now),
        clock=now,
    )
