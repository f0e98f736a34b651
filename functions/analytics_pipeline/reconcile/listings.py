"""Adapter: what a bucket holds, many listings side by side (JSON API reference, `objects.list`).

The client library would cost more for each object than all that is done with it here.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode

import msgspec
import urllib3

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.google_failures import translated
from analytics_pipeline.load.google_http import TIMEOUT
from analytics_pipeline.object_names import ObjectRef, parse_object_name, prefix_of
from analytics_pipeline.reconcile.ports import ListedPage, OutOfTime, Stretch
from analytics_pipeline.stored_objects import StoredObject

_LISTERS = 32  # pages at a time; each holds up to 3 MB
_PAGE = 1000  # names, as many as Cloud Storage gives at once
_FIELDS = "nextPageToken,prefixes,items(name,generation,size,timeCreated,contentEncoding,metadata)"
_ENVIRONMENTS = f"{prefix_of('json')}analytics_environment="


class _Item(msgspec.Struct, rename="camel"):
    name: str
    generation: str
    size: int
    time_created: datetime
    content_encoding: str = ""
    metadata: dict[str, str] = {}


class _Page(msgspec.Struct, rename="camel"):
    items: list[_Item] = []
    prefixes: list[str] = []
    next_page_token: str = ""


_DECODER = msgspec.json.Decoder(_Page, strict=False)  # numbers come as strings


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a stretch goes on."""

    stretch: Stretch
    number: int = 1
    token: str = ""


class BucketListings:
    """Lists a bucket that `http` may list; `endpoint` is the URL of Cloud Storage."""

    def __init__(self, http: urllib3.PoolManager, endpoint: str, bucket: str) -> None:
        self._http = http
        self._bucket = bucket
        self._url = f"{endpoint}/storage/v1/b/{quote(bucket, safe='')}/o"

    def environments(self, is_over: Callable[[], bool]) -> list[str]:
        """Return the environments that have objects (ports.StretchLister)."""
        found: list[str] = []
        token = ""
        while True:
            if is_over():
                raise OutOfTime(_ENVIRONMENTS)
            page = self._list(prefix=_ENVIRONMENTS, delimiter="/", pageToken=token)
            found += (each.removeprefix(_ENVIRONMENTS).removesuffix("/") for each in page.prefixes)
            token = page.next_page_token
            if not token:
                return found

    def pages(
        self, stretches: Sequence[Stretch], most_pages: int, is_over: Callable[[], bool]
    ) -> Iterator[ListedPage]:
        """Yield the pages of all stretches (ports.StretchLister)."""
        waiting = map(_Cursor, stretches)
        running: set[Future[tuple[ListedPage, str]]] = set()
        with ThreadPoolExecutor(_LISTERS) as listers:

            def begin(cursor: _Cursor) -> None:
                running.add(listers.submit(self._page, cursor))

            while True:
                while len(running) < _LISTERS and not is_over():
                    cursor = next(waiting, None)
                    if cursor is None:
                        break
                    begin(cursor)
                if not running:
                    return
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                running -= ended
                for future in ended:
                    page, token = future.result()
                    if token and page.number < most_pages and not is_over():
                        begin(_Cursor(page.stretch, page.number + 1, token))
                    yield page

    def _page(self, cursor: _Cursor) -> tuple[ListedPage, str]:
        """Return a page, and the token of the one after it."""
        stretch, number = cursor.stretch, cursor.number
        try:
            page = self._list(
                startOffset=stretch.start, endOffset=stretch.end, pageToken=cursor.token
            )
        except TransientError as exc:
            return ListedPage(stretch, number, [], failure=str(exc)), ""
        objects = [stored for item in page.items if (stored := self._stored(item))]
        token = page.next_page_token
        return ListedPage(stretch, number, objects, is_last=not token), token

    def _list(self, **options: str) -> _Page:
        query = {name: text for name, text in options.items() if text}
        query |= {"fields": _FIELDS, "maxResults": str(_PAGE)}
        failure = f"listing gs://{self._bucket} failed"
        with translated(failure):
            answer = self._http.urlopen("GET", f"{self._url}?{urlencode(query)}", timeout=TIMEOUT)
        if answer.status != HTTPStatus.OK:
            raise TransientError(f"{failure}: HTTP {answer.status}")
        try:
            return _DECODER.decode(answer.data)
        except (ValueError, msgspec.DecodeError) as exc:
            raise TransientError(f"{failure}: {exc}") from exc

    def _stored(self, item: _Item) -> StoredObject | None:
        """Return the object, None for one that `load` would not load."""
        place = parse_object_name(item.name)
        if place is None or not place.is_loadable:
            return None
        return StoredObject(
            ref=ObjectRef(self._bucket, item.name, item.generation),
            place=place,
            created=item.time_created.astimezone(UTC),
            size=item.size,
            content_encoding=item.content_encoding,
            metadata=item.metadata,
        )
