"""Adapter: what a bucket holds, by listing (JSON API reference, `objects.list`)."""

from collections import deque
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY

from analytics_pipeline.load.google_failures import translated
from analytics_pipeline.object_names import (
    ObjectPlace,
    ObjectRef,
    is_date,
    parse_object_name,
    prefix_of,
)
from analytics_pipeline.stored_objects import Day, StoredObject

# The library would retry for two minutes.
_RETRY = DEFAULT_RETRY.with_timeout(20.0)
_FIELDS = "nextPageToken,prefixes,items(name,generation,size,timeCreated,contentEncoding,metadata)"


class Inventory:
    """Lists one bucket; everything is an iterator, so that memory stays flat."""

    def __init__(self, bucket: storage.Bucket) -> None:
        self._bucket = bucket
        self._failure = f"listing gs://{bucket.name} failed"

    def days(
        self,
        data_type: str = "json",
        analytics_environment: str | None = None,
        event_category: str | None = None,
    ) -> list[Day]:
        """Return every day that has objects, newest first; raises TransientError.

        A folder of another form is none of ours, and neither is what is in it.
        """
        days = [
            Day(event_ds, environment, category)
            for environment in self._values(data_type, given=analytics_environment)
            for category in self._values(data_type, environment, given=event_category)
            for event_ds in self._values(data_type, environment, category)
            if is_date(event_ds)
        ]
        return sorted(days, reverse=True)

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects of the layout under `prefix`, by name; raises TransientError."""
        with translated(self._failure):
            for blob in self._list(prefix):
                place = parse_object_name(blob.name)
                if place is not None and place.is_file:
                    yield self._stored(blob, place)

    def find(self, ref: ObjectRef) -> StoredObject | None:
        """Return one object of the layout at its generation, None if it is gone.

        Raises TransientError.
        """
        place = parse_object_name(ref.name)
        with translated(self._failure):
            blob = self._bucket.get_blob(ref.name, generation=int(ref.generation), retry=_RETRY)
        return None if blob is None or place is None else self._stored(blob, place)

    def _stored(self, blob: storage.Blob, place: ObjectPlace) -> StoredObject:
        return StoredObject(
            ref=ObjectRef(self._bucket.name, blob.name, str(blob.generation)),
            place=place,
            created=blob.time_created.astimezone(UTC),
            size=blob.size,
            content_encoding=blob.content_encoding or "",
            metadata=blob.metadata or {},
        )

    def _list(self, prefix: str, delimiter: str | None = None) -> Any:  # noqa: ANN401 - untyped
        return self._bucket.list_blobs(
            prefix=prefix, delimiter=delimiter, fields=_FIELDS, retry=_RETRY
        )

    def _values(self, data_type: str, *above: str, given: str | None = None) -> list[str]:
        """Return the values of the next part of the names, below the parts `above`."""
        if given is not None:
            return [given]
        prefix = prefix_of(data_type, *above)
        with translated(self._failure):
            listing = self._list(prefix, delimiter="/")
            deque(listing, maxlen=0)  # the prefixes are complete once all pages are read
        return sorted(
            found.removeprefix(prefix).rstrip("/").partition("=")[2] for found in listing.prefixes
        )
