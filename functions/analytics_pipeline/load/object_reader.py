"""Adapter: objects out of Cloud Storage, through obstore (the XML API)."""

import obstore
from obstore.exceptions import BaseError
from obstore.store import GCSStore

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.object_names import ObjectRef


class BucketReader:
    """Reads the objects of one bucket."""

    def __init__(self, bucket: GCSStore) -> None:
        self._bucket = bucket

    def read(self, ref: ObjectRef) -> bytes:
        """Return the content at exactly that generation (ports.ObjectReader).

        obstore raises the builtin FileNotFoundError, and ValueError for a name such as `a//b` that
        it cannot address.
        """
        try:
            answer = obstore.get(self._bucket, ref.name, options={"version": ref.generation})
            return bytes(answer.bytes())
        except FileNotFoundError as exc:
            raise ObjectGone(f"{ref.uri}#{ref.generation}") from exc
        except ValueError as exc:
            raise PermanentLoadError("unreadable_name", str(exc)) from exc
        except BaseError as exc:
            raise TransientError(f"reading {ref.uri} failed") from exc
