"""Settings become what serves `load`, built on first use and kept for the life of the instance.

Nothing else knows that emulators exist: with `STORAGE_EMULATOR_HOST` or `BIGQUERY_EMULATOR_HOST`
set, the same client libraries speak to another address and need no credentials.
"""

import functools
from typing import TYPE_CHECKING

from analytics_pipeline.allocator import give_back_what_is_freed
from analytics_pipeline.clock import now
from analytics_pipeline.load.google_http import new_http
from analytics_pipeline.load.load import Loader
from analytics_pipeline.load.memory_budget import MemoryBudget
from analytics_pipeline.load.object_reader import BucketReader
from analytics_pipeline.load.streaming import StreamingInserts
from analytics_pipeline.settings import STORAGE_ENDPOINT, LoadSettings, Settings

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud import bigquery

    from analytics_pipeline.load.load_jobs import LoadJobs

_BIGQUERY_ENDPOINT = "https://bigquery.googleapis.com"
# Of contents at a time; an instance has 1 GiB, of which the service itself takes 80 MB, and a line
# that is taken apart alone up to 300 MB.
MEMORY_BYTES = 400_000_000


@functools.cache
def loader() -> Loader:
    """Return what serves `load`; the client of load jobs is imported where one is needed."""
    give_back_what_is_freed()
    settings = LoadSettings.from_env()
    return Loader(
        object_reader(settings),
        streaming_inserts(settings),
        functools.cache(functools.partial(load_jobs, settings)),
        MemoryBudget(MEMORY_BYTES),
        now,
    )


def streaming_inserts(
    settings: LoadSettings, credentials: "Credentials | None" = None
) -> StreamingInserts:
    """Return what inserts rows; without credentials, with the runtime's own."""
    emulator = settings.bigquery_emulator_host
    return StreamingInserts(
        new_http(credentials, anonymous=bool(emulator)),
        emulator or _BIGQUERY_ENDPOINT,
        settings.google_cloud_project,
        settings.bigquery_dataset,
    )


def object_reader(settings: Settings, credentials: "Credentials | None" = None) -> BucketReader:
    """Return what reads objects; without credentials, with the runtime's own."""
    emulator = settings.storage_emulator_host
    return BucketReader(
        new_http(credentials, anonymous=bool(emulator)), emulator or STORAGE_ENDPOINT
    )


def load_jobs(settings: LoadSettings) -> "LoadJobs":
    """Return what runs load jobs; imports BigQuery's client, which most objects do not need."""
    from analytics_pipeline.load.load_jobs import LoadJobs

    return LoadJobs(bigquery_client(settings), settings.bigquery_dataset, now)


@functools.cache
def bigquery_client(settings: LoadSettings) -> "bigquery.Client":
    """Return BigQuery's own client, for jobs and queries."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    anonymous = AnonymousCredentials() if settings.bigquery_emulator_host else None
    return bigquery.Client(project=settings.google_cloud_project, credentials=anonymous)
