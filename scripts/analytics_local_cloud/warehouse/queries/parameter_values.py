"""Query parameters of the REST API ("Running parameterized queries" in the reference)."""

from collections.abc import Mapping, Sequence
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.googlesql.analysis import Analyzer, Parameter
from analytics_local_cloud.warehouse.googlesql.protobuf_values import from_value
from analytics_local_cloud.warehouse.googlesql.service import GoogleSqlError
from analytics_local_cloud.warehouse.googlesql.statement_text import POSITIONAL
from analytics_local_cloud.warehouse.values.column_types import Column

_ALIASES = {
    "BOOL": "BOOLEAN",
    "DECIMAL": "NUMERIC",
    "FLOAT64": "FLOAT",
    "INT64": "INTEGER",
    "STRUCT": "RECORD",
}
# What the API's types are called in a cast.
_CASTS = {
    "BIGNUMERIC": "BIGNUMERIC",
    "BOOLEAN": "BOOL",
    "DATE": "DATE",
    "DATETIME": "DATETIME",
    "FLOAT": "FLOAT64",
    "INTEGER": "INT64",
    "INTERVAL": "INTERVAL",
    "NUMERIC": "NUMERIC",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",
}
_FROM_TEXT = {"STRING": "@text", "JSON": "PARSE_JSON(@text)", "BYTES": "FROM_BASE64(@text)"}


def read_parameters(
    analyzer: Analyzer, messages: Sequence[Mapping[str, Any]]
) -> tuple[Parameter, ...]:
    """Read `QueryParameter` messages; raises `ApiError` for values that are none of their type."""
    named = [bool(message.get("name")) for message in messages]
    if any(named) and not all(named):
        raise ApiError("invalid", "Query parameters are either all named, or all positional.")
    return tuple(
        _read(analyzer, str(message.get("name") or f"{POSITIONAL}{number}"), message)
        for number, message in enumerate(messages, 1)
    )


def _read(analyzer: Analyzer, name: str, message: Mapping[str, Any]) -> Parameter:
    column = _column(name, message.get("parameterType") or {})
    return Parameter(name.lower(), column, _plain(analyzer, column, message.get("parameterValue")))


def _column(name: str, kind: Mapping[str, Any]) -> Column:
    word = str(kind.get("type", "")).upper()
    if word == "ARRAY":
        item = _column(name, kind.get("arrayType") or {})
        return Column(name, item.type, "REPEATED", item.fields)
    if word in {"STRUCT", "RECORD"}:
        fields = [
            _column(str(field.get("name", "")), field.get("type") or {})
            for field in kind.get("structTypes") or ()
        ]
        return Column(name, "RECORD", "NULLABLE", tuple(fields))
    column = Column(name, _ALIASES.get(word, word))
    if column.type not in _CASTS and column.type not in _FROM_TEXT:
        raise unsupported(f"query parameters of type {word}")
    return column


def _plain(analyzer: Analyzer, column: Column, message: Mapping[str, Any] | None) -> object:
    message = message or {}
    if column.mode == "REPEATED":
        item = Column(column.name, column.type, "NULLABLE", column.fields)
        return [_plain(analyzer, item, value) for value in message.get("arrayValues") or ()]
    if column.type == "RECORD":
        values = message.get("structValues") or {}
        return tuple(_plain(analyzer, field, values.get(field.name)) for field in column.fields)
    text = message.get("value")
    if text is None or column.type == "STRING":
        return text
    return _cast(analyzer, column, str(text))


def _cast(analyzer: Analyzer, column: Column, text: str) -> object:
    """Read a value as GoogleSQL's own cast does."""
    sql = _FROM_TEXT.get(column.type) or f"CAST(@text AS {_CASTS[column.type]})"
    request = service_pb2.EvaluateRequest(
        sql=sql, options=analyzer.options([Parameter("text", Column("text", "STRING"), text)])
    )
    request.params.add(name="text").value.string_value = text
    try:
        answer = analyzer.service.call("Evaluate", request, service_pb2.EvaluateResponse)
    except GoogleSqlError as exc:
        what = f"Query parameter '{column.name}': {exc.message}"
        raise ApiError("invalidQuery", what, "query") from exc
    # Kept for whoever evaluates it again: a megabyte each time.
    unused = service_pb2.UnprepareRequest(
        prepared_expression_id=answer.prepared.prepared_expression_id
    )
    analyzer.service.release("Unprepare", unused)
    return from_value(column, answer.value)
