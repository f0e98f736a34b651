"""Settings become what serves `ingest`, built once and kept for the life of the instance.

Nothing else knows that emulators exist: with `STORAGE_EMULATOR_HOST`
set, the same client libraries speak to another address and need no credentials.
"""

import functools
import secrets
from typing import TYPE_CHECKING

from analytics_pipeline.allocator import give_back_what_is_freed
from analytics_pipeline.clock import now
from analytics_pipeline.ingest.batch_store import ObstoreBatches, open_bucket
from analytics_pipeline.ingest.events import BodyLimits
from analytics_pipeline.ingest.http_api import HttpApi
from analytics_pipeline.ingest.ingest import Ingest
from analytics_pipeline.ingest.uploads import UploadLimits, Uploads
from analytics_pipeline.ingest.workers import Workers, letting_others_in
from analytics_pipeline.settings import STORAGE_ENDPOINT, IngestSettings, Settings

if TYPE_CHECKING:
    from analytics_pipeline.ingest.identity import Identity
    from analytics_pipeline.ingest.ports import ObjectListing, UploadSigner

_CONCURRENCY = 80  # requests that an instance of `ingest` serves at a time (terraform/)


@functools.cache
def http_api() -> HttpApi:
    """Return what serves `ingest`; the URL signer is imported with the first file request."""
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
    return HttpApi(
        settings,
        Ingest(batch_store(settings), bucket, limits, draw_number, bodies),
        Uploads(signer, bucket, upload_limits, draw_number, signing),
        now,
        bodies,
    )


def draw_number() -> int:
    """Return a random positive 63-bit integer, which makes an object's name unique."""
    return secrets.randbits(63) or 1


@functools.cache
def _identity() -> "Identity":
    from analytics_pipeline.ingest.identity import Identity

    return Identity()


def _signer(settings: IngestSettings) -> "UploadSigner":
    with letting_others_in():
        from analytics_pipeline.ingest.signing import UrlSigner

    emulator = settings.upload_endpoint or settings.storage_emulator_host
    return UrlSigner(
        _identity(),
        project=settings.google_cloud_project,
        bucket=settings.bucket_name,
        email=settings.signing_service_account,
        iam_endpoint=settings.iam_endpoint,
        storage_endpoint=emulator or STORAGE_ENDPOINT,
    )


def _listing(settings: Settings) -> "ObjectListing":
    from analytics_pipeline.ingest.listing import BucketListing

    emulator = settings.storage_emulator_host
    identity = None if emulator else _identity()
    return BucketListing(settings.bucket_name, emulator or STORAGE_ENDPOINT, identity)


def batch_store(settings: Settings) -> ObstoreBatches:
    """Return where batches are written."""
    bucket = open_bucket(settings.bucket_name, settings.storage_emulator_host)
    listing = functools.cache(functools.partial(_listing, settings))
    workers = Workers("listing", threads=4, waiting=_CONCURRENCY)
    return ObstoreBatches(bucket, listing, workers)
