"""Adapter: questions to BigQuery, by SQL."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY
from google.cloud.bigquery.table import RowIterator

from analytics_pipeline.load.google_failures import translated

# The library would retry for ten minutes, longer than the function lives.
RETRY = bigquery.DEFAULT_RETRY.with_timeout(20.0)
_JOB_RETRY = DEFAULT_JOB_RETRY.with_timeout(20.0)
_PARAMETER_TYPES = {str: "STRING", int: "INT64", datetime: "TIMESTAMP", date: "DATE"}


class Warehouse:
    """Queries the tables of one dataset; their names need none before them."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset

    def query(self, sql: str, **parameters: object) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of a query, by column.

        A parameter `@name` is a str, int, date, aware datetime, or a list of one of these; None
        is a NULL of type STRING. Raises TransientError, with BigQuery's own words in its message.
        """
        with translated("the query failed"):
            for row in self._rows(sql, parameters):
                yield dict(row.items())

    def run(self, sql: str, **parameters: object) -> RowIterator:
        """Run a query to its end, and return where its rows are: one is fetched, at the most.

        Parameters and errors as `query`.
        """
        with translated("the query failed"):
            return self._rows(sql, parameters, page_size=1)

    def change(self, sql: str, **parameters: object) -> int:
        """Run a statement that changes rows; returns how many. Parameters and errors as `query`."""
        with translated("the statement failed"):
            return self._rows(sql, parameters).num_dml_affected_rows or 0

    def _rows(
        self, sql: str, parameters: Mapping[str, object], page_size: int | None = None
    ) -> RowIterator:
        config = bigquery.QueryJobConfig(
            default_dataset=f"{self._client.project}.{self._dataset}",
            query_parameters=[_parameter(name, value) for name, value in parameters.items()],
        )
        return self._client.query_and_wait(
            sql, job_config=config, retry=RETRY, job_retry=_JOB_RETRY, page_size=page_size
        )


def _parameter(
    name: str,
    value: Any,  # noqa: ANN401 - one of many types
) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    if isinstance(value, list):
        return bigquery.ArrayQueryParameter(name, _type_of(value[0] if value else ""), value)
    return bigquery.ScalarQueryParameter(name, _type_of(value), value)


def _type_of(value: object) -> str:
    return _PARAMETER_TYPES[str if value is None else type(value)]
