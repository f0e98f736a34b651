"""Adapter: BigQuery. Rows and dead letters go in by insertAll, answers come out by SQL."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

import msgspec
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.dead_letters import DeadLetter
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.google_failures import translated
from analytics_pipeline.load.ports import RowRefusal
from analytics_pipeline.load.rows import Row

EVENTS_TABLE = "events_function"
DEAD_LETTERS_TABLE = "dead_letters"

# The library would retry for ten minutes, longer than the function lives.
_RETRY = bigquery.DEFAULT_RETRY.with_timeout(20.0)
_JOB_RETRY = DEFAULT_JOB_RETRY.with_timeout(20.0)
_TIMEOUT_SECONDS = 10.0
_LETTERS_PER_INSERT = 50  # of up to 64 KiB each; a request may have 10 MB
_REJECTED = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
_INVALID, _STOPPED = "invalid", "stopped"
_PARAMETER_TYPES = {str: "STRING", int: "INT64", datetime: "TIMESTAMP", date: "DATE"}


class Warehouse:
    """Writes to the tables of one dataset, and queries them."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset

    def insert_rows(self, rows: Sequence[Row]) -> list[RowRefusal]:
        """Insert the rows and return those that were not inserted (ports.RowSink)."""
        errors = self._insert(
            EVENTS_TABLE,
            [encode_for_insert_all(row.values) for row in rows],
            [row.insert_id for row in rows],
        )
        return [_refusal(error) for error in errors]

    def insert_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Append the letters, all of them, or raise TransientError (ports.RowSink)."""
        for start in range(0, len(letters), _LETTERS_PER_INSERT):
            chunk = letters[start : start + _LETTERS_PER_INSERT]
            rows = [msgspec.to_builtins(letter) for letter in chunk]
            try:
                errors = self._insert(
                    DEAD_LETTERS_TABLE, rows, [letter.insert_id for letter in chunk]
                )
            except RequestRejected as exc:
                raise TransientError("the dead letters were refused") from exc
            if errors:
                raise TransientError(f"dead letters were not written: {errors}")

    def query(self, sql: str, **parameters: object) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of a query, by column; its tables need no dataset before their names.

        A parameter `@name` is a str, int, date, aware datetime, or a list of one of these; None
        is a NULL of type STRING. Raises TransientError, with BigQuery's own words in its message.
        """
        config = bigquery.QueryJobConfig(
            default_dataset=f"{self._client.project}.{self._dataset}",
            query_parameters=[_parameter(name, value) for name, value in parameters.items()],
        )
        with translated("the query failed"):
            for row in self._client.query_and_wait(
                sql, job_config=config, retry=_RETRY, job_retry=_JOB_RETRY
            ):
                yield dict(row.items())

    def _insert(
        self, table: str, rows: list[dict[str, object]], insert_ids: list[str]
    ) -> Sequence[Mapping[str, Any]]:
        reference = f"{self._client.project}.{self._dataset}.{table}"
        with translated(f"inserting into {table} failed"):
            try:
                return self._client.insert_rows_json(
                    reference, rows, row_ids=insert_ids, retry=_RETRY, timeout=_TIMEOUT_SECONDS
                )
            except GoogleAPICallError as exc:
                if exc.code in _REJECTED:
                    raise RequestRejected(exc.message) from exc
                raise


def _parameter(
    name: str,
    value: Any,  # noqa: ANN401 - one of many types
) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    if isinstance(value, list):
        return bigquery.ArrayQueryParameter(name, _type_of(value[0] if value else ""), value)
    return bigquery.ScalarQueryParameter(name, _type_of(value), value)


def _type_of(value: object) -> str:
    return _PARAMETER_TYPES[str if value is None else type(value)]


def encode_for_insert_all(values: Mapping[str, object]) -> dict[str, object]:
    """Return the row as insertAll takes it: a JSON column is a string of JSON text."""
    return {
        column: bytes(value).decode() if isinstance(value, msgspec.Raw) else value
        for column, value in values.items()
    }


def _refusal(error: Mapping[str, Any]) -> RowRefusal:
    """Read one entry of `insertErrors`; a reason that is no verdict on the row is transient."""
    reasons = {problem["reason"] for problem in error["errors"]}
    if not reasons <= {_INVALID, _STOPPED}:
        raise TransientError(f"BigQuery did not insert a row: {sorted(reasons)}")
    detail = "; ".join(
        f"{problem.get('location', '')}: {problem.get('message', '')}"
        for problem in error["errors"]
    )
    return RowRefusal(error["index"], _INVALID in reasons, detail)
