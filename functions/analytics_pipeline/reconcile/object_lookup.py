"""Adapter: what is stored under a name, through the JSON API (reference, `objects.get`)."""

from http import HTTPStatus
from urllib.parse import quote

import msgspec
import urllib3

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.cloud_event import parse_finalized
from analytics_pipeline.load.google_failures import translated
from analytics_pipeline.load.google_http import TIMEOUT
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.stored_objects import StoredObject

_FIELDS = "bucket,name,generation,size,timeCreated,contentEncoding,metadata"


class ObjectLookup:
    """Looks at objects that `http` may read; `endpoint` is the URL of Cloud Storage."""

    def __init__(self, http: urllib3.PoolManager, endpoint: str) -> None:
        self._http = http
        self._endpoint = endpoint

    def find(self, ref: ObjectRef) -> StoredObject | None:
        """Return the object as it is, if it is there and to be loaded (ports.ObjectFinder)."""
        bucket, name = quote(ref.bucket, safe=""), quote(ref.name, safe="")
        url = f"{self._endpoint}/storage/v1/b/{bucket}/o/{name}?fields={_FIELDS}"
        if ref.generation:
            url += f"&generation={ref.generation}"
        with translated(f"looking at {ref.uri} failed"):
            answer = self._http.urlopen("GET", url, timeout=TIMEOUT)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise TransientError(f"looking at {ref.uri} failed: HTTP {answer.status}")
        try:
            # The same resource as that of an event.
            return parse_finalized(msgspec.json.decode(answer.data))
        except (ValueError, msgspec.DecodeError) as exc:
            raise TransientError(f"looking at {ref.uri} failed: {exc}") from exc
