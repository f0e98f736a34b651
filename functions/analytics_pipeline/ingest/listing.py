"""Adapter: which object is stored under a name, through the JSON API's listing.

`storage.objects.list` shows names and sizes, never contents: it is all that `ingest` may see.
"""

import msgspec
import requests
from google.auth.exceptions import GoogleAuthError

from analytics_pipeline.errors import TransientError
from analytics_pipeline.ingest.identity import Identity
from analytics_pipeline.ingest.ports import ListedObject

_TIMEOUT_SECONDS = 4.0
_FIELDS = "items(name,size,md5Hash),nextPageToken"


class _Item(msgspec.Struct, rename="camel"):
    name: str
    size: int
    md5_hash: bytes | None = None  # in base64, which msgspec undoes


class _Page(msgspec.Struct, rename="camel"):
    items: list[_Item] = []
    next_page_token: str = ""


class BucketListing:
    """Lists objects of one bucket as `identity` (None: a local storage, which asks nobody)."""

    def __init__(self, bucket: str, endpoint: str, identity: Identity | None) -> None:
        self._url = f"{endpoint}/storage/v1/b/{bucket}/o"
        self._identity = identity
        self._http = identity.http if identity else requests.Session()

    def find(self, name: str) -> ListedObject | None:
        """Return what is stored under exactly `name` (ports.ObjectListing)."""
        try:
            page = self._list(name)
        except (GoogleAuthError, requests.RequestException, msgspec.DecodeError) as exc:
            raise TransientError("the bucket could not be listed") from exc
        for item in page.items:
            if item.name == name:
                return ListedObject(item.size, item.md5_hash)
        if page.next_page_token and not page.items:
            raise TransientError("a page of a listing was empty")
        return None

    def _list(self, name: str) -> _Page:
        # Names come in order, so that the one that is its own prefix is the first.
        query = {"prefix": name, "maxResults": "1", "fields": _FIELDS}
        headers = self._identity.authorization() if self._identity else {}
        answer = self._http.get(self._url, params=query, headers=headers, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=_Page, strict=False)
