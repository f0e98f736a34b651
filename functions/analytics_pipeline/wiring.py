"""Settings become collaborators, built on first use and kept for the life of the instance.

Nothing else knows that emulators exist: with `STORAGE_EMULATOR_HOST` or `BIGQUERY_EMULATOR_HOST`
set, the same client libraries speak to another address and need no credentials.
"""

import functools
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analytics_pipeline.allocator import give_back_what_is_freed
from analytics_pipeline.ingest.batch_store import ObstoreBatches, open_bucket
from analytics_pipeline.ingest.events import BodyLimits
from analytics_pipeline.ingest.http_api import HttpApi
from analytics_pipeline.ingest.ingest import Ingest
from analytics_pipeline.ingest.uploads import UploadLimits, Uploads
from analytics_pipeline.ingest.workers import Workers, start_in_background
from analytics_pipeline.settings import IngestSettings, LoadSettings, Settings

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud import bigquery

    from analytics_pipeline.ingest.identity import Identity
    from analytics_pipeline.ingest.ports import ObjectListing, UploadSigner
    from analytics_pipeline.load.load import Loader
    from analytics_pipeline.load.object_reader import BucketReader
    from analytics_pipeline.load.streaming import StreamingInserts
    from analytics_pipeline.reconcile.load_jobs import LoadJobs
    from analytics_pipeline.reconcile.reconcile import Reconcile

_BIGQUERY_ENDPOINT = "https://bigquery.googleapis.com"
_STORAGE_ENDPOINT = "https://storage.googleapis.com"
_CONCURRENCY = 80  # requests that an instance of `ingest` serves at a time (terraform/)
# Of contents at a time; an instance has 1 GiB, of which the service itself takes 80 MB, and a line
# that is taken apart alone up to 300 MB.
LOAD_MEMORY_BYTES = 400_000_000
_MAX_INT63 = 2**63 - 1


@functools.cache
def http_api() -> HttpApi:
    """Return what serves `ingest`; starts to import the URL signer in the background."""
    give_back_what_is_freed()
    settings = IngestSettings.from_env()
    bucket = settings.bucket_name
    limits = BodyLimits(
        settings.max_json_values, settings.max_events_per_batch, 2 * settings.max_body_bytes
    )
    upload_limits = UploadLimits(settings.require_upload_size, settings.max_upload_bytes)
    # One large body is taken apart at a time: a second thread would need memory, and win no time.
    bodies = Workers("bodies", threads=1, waiting=_CONCURRENCY)
    # IAM may be slow: whoever waits for a URL is answered before the gateway gives up.
    signing = Workers("signing", threads=16, waiting=16)
    signer = functools.cache(functools.partial(_signer, settings))
    start_in_background(signer)
    return HttpApi(
        settings,
        Ingest(batch_store(settings), bucket, limits, draw_number, bodies),
        Uploads(signer, bucket, upload_limits, draw_number, signing),
        now,
        bodies,
    )


@functools.cache
def loader() -> "Loader":
    """Return what serves `load`; the client of load jobs is imported where one is needed."""
    from analytics_pipeline.load.load import Loader
    from analytics_pipeline.load.memory_budget import MemoryBudget

    give_back_what_is_freed()
    settings = LoadSettings.from_env()
    return Loader(
        object_reader(settings),
        streaming_inserts(settings),
        functools.cache(functools.partial(_load_jobs, settings)),
        MemoryBudget(LOAD_MEMORY_BYTES),
        now,
    )


@functools.cache
def reconciliation() -> "Reconcile":
    """Return what serves `reconcile`."""
    from google.cloud import storage

    from analytics_pipeline.load.warehouse import Warehouse
    from analytics_pipeline.reconcile.inventory import Inventory
    from analytics_pipeline.reconcile.ledger import Ledger
    from analytics_pipeline.reconcile.reconcile import Reconcile
    from analytics_pipeline.reconcile.repairs import Repairer
    from analytics_pipeline.reconcile.repeats import RepeatRemover
    from analytics_pipeline.reconcile.shortfalls import ShortfallFinder

    give_back_what_is_freed()
    settings = LoadSettings.from_env()
    warehouse = Warehouse(_bigquery_client(settings), settings.bigquery_dataset)
    listed = storage.Client(project=settings.google_cloud_project).bucket(settings.bucket_name)
    sink = streaming_inserts(settings)
    return Reconcile(
        ShortfallFinder(Inventory(listed), Ledger(warehouse), now),
        Repairer(object_reader(settings), sink, _load_jobs(settings), now),
        RepeatRemover(warehouse, now),
        now,
    )


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def draw_number() -> int:
    """Return a random positive 63-bit integer, which makes an object's name unique."""
    return 1 + secrets.randbelow(_MAX_INT63)


@functools.cache
def _identity() -> "Identity":
    from analytics_pipeline.ingest.identity import Identity

    return Identity()


def _signer(settings: IngestSettings) -> "UploadSigner":
    from analytics_pipeline.ingest.signing import UrlSigner

    return UrlSigner(
        _identity(),
        project=settings.google_cloud_project,
        bucket=settings.bucket_name,
        email=settings.signing_service_account,
        iam_endpoint=settings.iam_endpoint,
        storage_endpoint=settings.storage_emulator_host or _STORAGE_ENDPOINT,
    )


def _listing(settings: Settings) -> "ObjectListing":
    from analytics_pipeline.ingest.listing import BucketListing

    emulator = settings.storage_emulator_host
    identity = None if emulator else _identity()
    return BucketListing(settings.bucket_name, emulator or _STORAGE_ENDPOINT, identity)


def _load_jobs(settings: LoadSettings) -> "LoadJobs":
    from analytics_pipeline.reconcile.load_jobs import LoadJobs

    return LoadJobs(_bigquery_client(settings), settings.bigquery_dataset, now)


@functools.cache
def _bigquery_client(settings: LoadSettings) -> "bigquery.Client":
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    anonymous = AnonymousCredentials() if settings.bigquery_emulator_host else None
    return bigquery.Client(project=settings.google_cloud_project, credentials=anonymous)


def streaming_inserts(
    settings: LoadSettings, credentials: "Credentials | None" = None
) -> "StreamingInserts":
    """Return what inserts rows; without credentials, with the runtime's own."""
    from analytics_pipeline.load.google_session import new_session
    from analytics_pipeline.load.streaming import StreamingInserts

    emulator = settings.bigquery_emulator_host
    return StreamingInserts(
        new_session(credentials, anonymous=bool(emulator)),
        emulator or _BIGQUERY_ENDPOINT,
        settings.google_cloud_project,
        settings.bigquery_dataset,
    )


def object_reader(settings: Settings, credentials: "Credentials | None" = None) -> "BucketReader":
    """Return what reads objects; without credentials, with the runtime's own."""
    from analytics_pipeline.load.google_session import new_session
    from analytics_pipeline.load.object_reader import BucketReader

    emulator = settings.storage_emulator_host
    return BucketReader(
        new_session(credentials, anonymous=bool(emulator)), emulator or _STORAGE_ENDPOINT
    )


def batch_store(settings: Settings) -> ObstoreBatches:
    """Return where batches are written."""
    bucket = open_bucket(settings.bucket_name, settings.storage_emulator_host)
    listing = functools.cache(functools.partial(_listing, settings))
    workers = Workers("listing", threads=4, waiting=_CONCURRENCY)
    return ObstoreBatches(bucket, listing, workers)
