"""Settings become what serves `reconcile`, built on first use and kept for the instance's life."""

import functools
from collections.abc import Callable, Iterator
from datetime import date

from analytics_pipeline.allocator import give_back_what_is_freed
from analytics_pipeline.clock import now
from analytics_pipeline.load.google_http import new_http
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.load.wiring import (
    bigquery_client,
    load_jobs,
    object_reader,
    streaming_inserts,
)
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.reconcile.object_lookup import ObjectLookup
from analytics_pipeline.reconcile.receipts import Receipts
from analytics_pipeline.reconcile.reconcile import Reconcile
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.reconcile.repeats import RepeatRemover
from analytics_pipeline.settings import STORAGE_ENDPOINT, LoadSettings
from analytics_pipeline.stored_objects import Selection


class _NoBucketCheck:
    """Finds nothing: the receipts alone are asked."""

    def lacking(
        self,
        night: date,  # noqa: ARG002 - as BucketCheck has it
        selection: Selection,  # noqa: ARG002
        is_over: Callable[[], bool],  # noqa: ARG002
    ) -> Iterator[ObjectRef]:
        """Yield nothing."""
        return iter(())


@functools.cache
def reconciliation() -> Reconcile:
    """Return what serves `reconcile`."""
    give_back_what_is_freed()
    settings = LoadSettings.from_env()
    warehouse = Warehouse(bigquery_client(settings), settings.bigquery_dataset)
    emulator = settings.storage_emulator_host
    http = new_http(None, anonymous=bool(emulator))
    reader, sink = object_reader(settings), streaming_inserts(settings)
    return Reconcile(
        Receipts(warehouse),
        _NoBucketCheck(),
        ObjectLookup(http, emulator or STORAGE_ENDPOINT),
        Repairer(reader, sink, load_jobs(settings), now),
        RepeatRemover(warehouse, now),
        clock=now,
    )
