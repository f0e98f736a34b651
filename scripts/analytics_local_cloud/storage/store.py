"""All that the local storage keeps, in one directory."""

import time
from pathlib import Path

from analytics_local_cloud.storage.disk.blobs import Blobs
from analytics_local_cloud.storage.disk.database import Database
from analytics_local_cloud.storage.metadata import Clock
from analytics_local_cloud.storage.objects.buckets import Buckets
from analytics_local_cloud.storage.objects.generations import Objects
from analytics_local_cloud.storage.objects.multipart_uploads import MultipartUploads
from analytics_local_cloud.storage.objects.object_listing import (
    Listing,
    Page,
    StoredFile,
    expand,
    list_objects,
)
from analytics_local_cloud.storage.objects.object_rows import live_generations
from analytics_local_cloud.storage.objects.outbox import Outbox
from analytics_local_cloud.storage.objects.resumable import ResumableUploads


class ObjectStore:
    """Buckets, objects, uploads and events under `root`, as acknowledged before any crash.

    What a crash left unfinished is removed at the start. One process at a time. `clock` dates
    what is written.
    """

    def __init__(self, root: Path, clock: Clock = time.time) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._database = Database(root / "storage.db")
        self._blobs = Blobs(root)
        self._blobs.clean(live_generations(self._database.reader()))
        self.outbox = Outbox(self._database)
        self.buckets = Buckets(self._database, clock)
        self.objects = Objects(self._database, self._blobs, self.outbox, clock)
        self.uploads = ResumableUploads(self._database, self.objects, root / "uploads")
        self.multipart = MultipartUploads(self._database, self.objects, root / "parts")

    def list_objects(self, bucket: str, listing: Listing) -> Page:
        """Return one page of a bucket's objects; raises what object_listing does."""
        return list_objects(self._database.reader(), bucket, listing)

    def expand(self, uri: str) -> list[StoredFile]:
        """Return the files of the objects that match `gs://bucket/name`, by name.

        The name may hold one `*`, which crosses `/`. Safe to call from any thread.
        """
        return expand(self._database.reader(), self._blobs, uri)

    def close(self) -> None:
        """Finish what is being written; nothing is lost without it."""
        self._database.close()
