"""Settings become what serves `reconcile`, built on first use and kept for the instance's life."""

import functools

from google.cloud import storage

from analytics_pipeline.allocator import give_back_what_is_freed
from analytics_pipeline.clock import now
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.load.wiring import (
    bigquery_client,
    load_jobs,
    object_reader,
    streaming_inserts,
)
from analytics_pipeline.reconcile.inventory import Inventory
from analytics_pipeline.reconcile.ledger import Ledger
from analytics_pipeline.reconcile.reconcile import Reconcile
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.reconcile.repeats import RepeatRemover
from analytics_pipeline.reconcile.shortfalls import ShortfallFinder
from analytics_pipeline.settings import LoadSettings


@functools.cache
def reconciliation() -> Reconcile:
    """Return what serves `reconcile`."""
    give_back_what_is_freed()
    settings = LoadSettings.from_env()
    warehouse = Warehouse(bigquery_client(settings), settings.bigquery_dataset)
    listed = storage.Client(project=settings.google_cloud_project).bucket(settings.bucket_name)
    sink = streaming_inserts(settings)
    return Reconcile(
        ShortfallFinder(Inventory(listed), Ledger(warehouse), now),
        Repairer(object_reader(settings), sink, load_jobs(settings), now),
        RepeatRemover(warehouse, now),
        now,
    )
