"""The rows of a query, page by page, several of them on their way (REST reference, Jobs).

The client library makes a dozen Python objects of each row, one page after the other.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from urllib.parse import quote

import msgspec
import urllib3
from google.cloud.bigquery.table import RowIterator

from analytics_commands.audit.reading.rest_pages import get_page
from analytics_commands.foundation.pipeline.parallel import in_parallel
from analytics_pipeline.errors import TransientError

PAGE_ROWS = 2500  # about 1 MB
_READERS = 8
_FAILURE = "reading rows failed"


class _Text(msgspec.Struct):
    v: str | None = None


class _Number(msgspec.Struct):
    v: int | None = None


class _Row(msgspec.Struct):
    f: tuple[_Text, _Text, _Number, _Number, _Number, _Text]


class _Page(msgspec.Struct):
    rows: list[_Row] = []


_DECODER = msgspec.json.Decoder(_Page, strict=False)  # numbers come as strings


class AccountRow(msgspec.Struct, frozen=True):
    """What is known of a version of an object without looking into the bucket.

    `accepted` counts the events of which a client was told, None where no line tells of them;
    `received` is in microseconds since the epoch, UTC. `loaded` is None where BigQuery holds
    nothing of it; `oddities` is None where each event has one row, and the view shows it.
    """

    name: str
    generation: str | None
    accepted: int | None
    received: int
    loaded: int | None
    oddities: str | None


class ResultPages:
    """Reads what finished queries found; `endpoint` is the URL of BigQuery."""

    def __init__(self, http: urllib3.PoolManager, endpoint: str) -> None:
        self._http = http
        self._endpoint = endpoint

    def pages(self, result: RowIterator) -> Iterator[Sequence[AccountRow]]:
        """Yield all rows in their order; raises TransientError."""
        page = partial(self._page, result)
        yield from in_parallel(page, range(0, result.total_rows or 0, PAGE_ROWS), _READERS)

    def _page(self, result: RowIterator, first: int) -> list[AccountRow]:
        """Return PAGE_ROWS rows from number `first` on; long ones come in several answers."""
        rows: list[AccountRow] = []
        due = min(PAGE_ROWS, (result.total_rows or 0) - first)
        while len(rows) < due:
            found = self._read(result, first + len(rows), due - len(rows))
            if not found:
                raise TransientError(f"{_FAILURE}: {due - len(rows)} of them are not there")
            rows += found
        return rows

    def _read(self, result: RowIterator, first: int, most: int) -> list[AccountRow]:
        path = f"projects/{quote(str(result.project))}/queries/{quote(str(result.job_id))}"
        query = {
            "startIndex": str(first),
            "maxResults": str(most),
            "location": str(result.location),
            "fields": "rows",
        }
        url = f"{self._endpoint}/bigquery/v2/{path}"
        page = get_page(self._http, url, query, _DECODER, _FAILURE)
        return [AccountRow(*[cell.v for cell in row.f]) for row in page.rows]  # type: ignore[arg-type]
