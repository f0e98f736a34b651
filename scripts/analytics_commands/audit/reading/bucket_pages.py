"""Names of the bucket, page by page, from one to another (JSON API reference, `objects.list`)."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

import msgspec
import urllib3

from analytics_commands.audit.reading.rest_pages import get_page
from analytics_commands.foundation.pipeline.parallel import in_parallel
from analytics_pipeline.object_names import prefix_of

MOST_NAMES = 1000  # that a page may hold
_LISTERS = 16
_FIELDS = "nextPageToken,prefixes,items(name,generation,size,timeCreated,metadata)"


class ListedObject(msgspec.Struct, rename="camel"):
    """An object as a listing has it; `size` in bytes."""

    name: str
    generation: str
    size: int
    time_created: datetime
    metadata: dict[str, str | None] = {}


class BucketPage(msgspec.Struct, rename="camel"):
    """A page of a listing: objects by name, and what comes before the next `/` of the others."""

    items: list[ListedObject] = []
    prefixes: list[str] = []
    next_page_token: str = ""


_DECODER = msgspec.json.Decoder(BucketPage, strict=False)  # numbers come as strings


class BucketPages:
    """Lists a bucket that `http` may list; `endpoint` is the URL of Cloud Storage."""

    def __init__(self, http: urllib3.PoolManager, endpoint: str, bucket: str) -> None:
        self._http = http
        self._url = f"{endpoint}/storage/v1/b/{quote(bucket, safe='')}/o"
        self._failure = f"listing gs://{bucket} failed"

    def pages(self, start: str, end: str, names: int = MOST_NAMES) -> Iterator[BucketPage]:
        """Yield the pages of the names from `start` up to, and without, `end` (UTF-8 order).

        Each has up to so many names. Raises TransientError.
        """
        yield from self._pages(startOffset=start, endOffset=end, maxResults=str(names))

    def categories(
        self, data_type: str, analytics_environment: str | None, event_category: str | None
    ) -> list[str]:
        """Return the prefixes of the categories that there are, by name; None stands for any.

        Raises TransientError.
        """
        above = [prefix_of(data_type, analytics_environment)]
        if analytics_environment is None:
            above = self._below(above[0])
        if event_category is not None:
            return [f"{each}event_category={event_category}/" for each in above]
        below = in_parallel(self._below, above, _LISTERS)
        return sorted(prefix for found in below for prefix in found)

    def _below(self, prefix: str) -> list[str]:
        pages = self._pages(prefix=prefix, delimiter="/")
        return sorted(found for page in pages for found in page.prefixes)

    def _pages(self, **options: str) -> Iterator[BucketPage]:
        token = ""
        while True:
            page = self._page({**options, "pageToken": token, "fields": _FIELDS})
            yield page
            token = page.next_page_token
            if not token:
                return

    def _page(self, options: dict[str, str]) -> BucketPage:
        query = {name: text for name, text in options.items() if text}
        return get_page(self._http, self._url, query, _DECODER, self._failure)
