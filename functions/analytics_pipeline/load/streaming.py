r"""Adapter: rows into BigQuery by insertAll (REST reference, `tabledata.insertAll`).

The client library would send every letter outside ASCII as `\uXXXX`, three times the bytes that a
request is bounded by, and costs more than the rest of `load` together to import.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import urllib3

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.google_failures import is_schema_lag, translated
from analytics_pipeline.load.google_http import TIMEOUT
from analytics_pipeline.load.ports import InsertRow, RowRefusal
from analytics_pipeline.load.rows import COLUMNS

EVENTS_TABLE = "events_function"
DEAD_LETTERS_TABLE = "dead_letters"

_REJECTED = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
_INVALID, _STOPPED = "invalid", "stopped"
_HEADERS = {"Content-Type": "application/json"}


class StreamingInserts:
    """Inserts into the tables of one dataset; `endpoint` is the URL of BigQuery."""

    def __init__(
        self, http: urllib3.PoolManager, endpoint: str, project: str, dataset: str
    ) -> None:
        self._http = http
        self._tables = f"{endpoint}/bigquery/v2/projects/{project}/datasets/{dataset}/tables"

    def insert_rows(self, rows: Sequence[InsertRow]) -> list[RowRefusal]:
        """Insert the rows and return those that were not inserted (ports.RowSink)."""
        return self._insert(EVENTS_TABLE, rows)

    def insert_dead_letters(self, letters: Sequence[InsertRow]) -> list[RowRefusal]:
        """Append the letters and return those that were not (ports.RowSink)."""
        return self._insert(DEAD_LETTERS_TABLE, letters)

    def _insert(self, table: str, rows: Sequence[InsertRow]) -> list[RowRefusal]:
        with translated(f"inserting into {table} failed"):
            answer = self._http.urlopen(
                "POST",
                f"{self._tables}/{table}/insertAll",
                body=request_body(rows),
                headers=_HEADERS,
                timeout=TIMEOUT,
            )
        said = _read_json(answer.data)
        if answer.status in _REJECTED:
            raise RequestRejected(_words(said, answer))
        if answer.status != HTTPStatus.OK or said is None:
            raise TransientError(f"inserting into {table} failed: {_words(said, answer)}")
        return [_refusal(error) for error in said.get("insertErrors", ())]


def request_body(rows: Sequence[InsertRow]) -> bytes:
    """Return the body of a request that inserts the rows."""
    encoded = [
        b'{"insertId":%b,"json":%b}' % (msgspec.json.encode(row.insert_id), row.json)
        for row in rows
    ]
    return b'{"rows":[%b]}' % b",".join(encoded)


def _read_json(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object, None for what is none, such as the page of a proxy."""
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _words(said: Mapping[str, Any] | None, answer: urllib3.BaseHTTPResponse) -> str:
    """Return BigQuery's own words, if there are any."""
    return str(((said or {}).get("error") or {}).get("message") or f"HTTP {answer.status}")


def _refusal(error: Mapping[str, Any]) -> RowRefusal:
    """Read one entry of `insertErrors`; a reason that is no verdict on the row is transient."""
    reasons = {problem["reason"] for problem in error["errors"]}
    said = [f"{each.get('location', '')}: {each.get('message', '')}" for each in error["errors"]]
    if not reasons <= {_INVALID, _STOPPED}:
        raise TransientError(f"BigQuery did not insert a row: {sorted(reasons)}")
    if any(is_schema_lag(str(each.get("message", "")), COLUMNS) for each in error["errors"]):
        raise TransientError(f"BigQuery does not know a column yet: {'; '.join(said)}")
    return RowRefusal(error["index"], _INVALID in reasons, "; ".join(said))
