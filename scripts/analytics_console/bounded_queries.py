"""What BigQuery answers, a bounded part of it; the local one, over its own REST API."""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from analytics_commands.foundation.terminal.parsing import read_moment
from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

_SECONDS = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_A_TIME = asyncio.Semaphore(2)  # whoever looks on leaves the services their share


@dataclass(frozen=True)
class Answer:
    """Rows by column; `columns` are names with types; `total` counts those that were left out too.

    INTEGER, FLOAT and BOOLEAN are numbers and booleans, TIMESTAMP ISO 8601, JSON and all else text.
    """

    columns: Sequence[tuple[str, str]]
    rows: Sequence[dict[str, Any]]
    total: int
    bytes_read: int


async def ask(
    inside: Inside, sql: str, parameters: Sequence[Mapping[str, Any]] = (), limit: int = 1000
) -> Answer:
    """Return what a query answers, `limit` rows at most; raises Refused with BigQuery's words.

    `parameters` are `QueryParameter`s of the REST API; tables of the dataset need no dataset.
    """
    project = inside.variables["GOOGLE_CLOUD_PROJECT"]
    body = {
        "query": sql,
        "useLegacySql": False,
        "defaultDataset": {
            "projectId": project,
            "datasetId": inside.variables["BIGQUERY_DATASET"],
        },
        "parameterMode": "NAMED",
        "queryParameters": list(parameters),
        "maxResults": limit,
        "timeoutMs": _SECONDS * 1000,
        "jobTimeoutMs": _SECONDS * 1000,
        "formatOptions": {"useInt64Timestamp": True},
    }
    url = f"{inside.own.warehouse}/bigquery/v2/projects/{project}/queries"
    async with _AT_A_TIME, inside.session.post(url, json=body) as response:
        answer = await response.json()
        if response.status != HTTPStatus.OK:
            raise Refused(answer["error"]["message"])
    if not answer["jobComplete"]:
        raise Refused(f"the query takes longer than {_SECONDS} seconds")
    fields = answer.get("schema", {}).get("fields", [])
    return Answer(
        [(field["name"], field["type"]) for field in fields],
        [_row(fields, row) for row in answer.get("rows", ())],
        int(answer.get("totalRows", 0)),
        int(answer.get("totalBytesProcessed", 0)),
    )


def text(name: str, value: str | None) -> dict[str, Any]:
    """Return a parameter that is a STRING."""
    typed = {"type": "STRING"}
    return {"name": name, "parameterType": typed, "parameterValue": {"value": value}}


def moment(name: str, value: str) -> dict[str, Any]:
    """Return a parameter that is a TIMESTAMP, of a date, a time or how long ago: `7d`.

    Raises Refused.
    """
    return {
        "name": name,
        "parameterType": {"type": "TIMESTAMP"},
        "parameterValue": {"value": read_time(value).isoformat()},
    }


def read_time(value: str) -> datetime:
    """Return the time that the value of a field means; raises Refused."""
    try:
        return read_moment(value)
    except argparse.ArgumentTypeError as exc:
        raise Refused(str(exc)) from None


def _row(fields: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        field["name"]: _value(field, cell["v"])
        for field, cell in zip(fields, row["f"], strict=True)
    }


def _value(field: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401 - any type of BigQuery
    if value is None:
        return None
    if field.get("mode") == "REPEATED":
        one = {**field, "mode": "NULLABLE"}
        return [_value(one, each["v"]) for each in value]
    if field["type"] in {"RECORD", "STRUCT"}:
        return _row(field["fields"], value)
    return _READERS.get(field["type"], str)(value)


def _moment(microseconds: str) -> str:
    return (_EPOCH + timedelta(microseconds=int(microseconds))).isoformat()


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("INTEGER", "INT64"), int),
    **dict.fromkeys(("FLOAT", "FLOAT64"), float),
    **dict.fromkeys(("BOOLEAN", "BOOL"), lambda value: value in {True, "true"}),
    "TIMESTAMP": _moment,
}
