"""Query parameters become typed literals ("Running parameterized queries" in the reference)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.sql.syntax import POSITIONAL

_SCALARS = {
    "BOOL": "BOOLEAN",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "DATETIME": "TIMESTAMP",
    "FLOAT": "DOUBLE",
    "FLOAT64": "DOUBLE",
    "INT64": "BIGINT",
    "INTEGER": "BIGINT",
    "JSON": "JSON",
    "STRING": "VARCHAR",
    "TIMESTAMP": "TIMESTAMPTZ",
}


def bind_parameters(tree: exp.Expr, parameters: Sequence[Mapping[str, Any]]) -> None:
    """Replace `@name` and `?` in place; raises `ApiError` (invalidQuery) when one is missing.

    The parser has numbered the positional ones: see `parsing.parse`.
    """
    values = {_name(number, item): item for number, item in enumerate(parameters, 1)}
    for node in list(tree.find_all(exp.Parameter)):
        if isinstance(node.this, exp.Parameter):
            raise unsupported("system variables")
        if node.name.casefold() not in values:
            raise ApiError("invalidQuery", f"Query parameter '{node.name}' not found", "query")
        node.replace(_literal(values[node.name.casefold()]))


def _name(number: int, parameter: Mapping[str, Any]) -> str:
    return str(parameter.get("name") or f"{POSITIONAL}{number}").casefold()


def _literal(parameter: Mapping[str, Any]) -> exp.Expr:
    return _typed(parameter.get("parameterType", {}), parameter.get("parameterValue") or {})


def _typed(kind: Mapping[str, Any], value: Mapping[str, Any]) -> exp.Expr:
    name = str(kind.get("type", "STRING")).upper()
    if name == "ARRAY":
        items = [_typed(kind["arrayType"], item) for item in value.get("arrayValues") or ()]
        return exp.Array(expressions=items)
    if name not in _SCALARS:
        raise unsupported(f"query parameters of type {name}")
    text = value.get("value")
    literal = exp.null() if text is None else exp.Literal.string(str(text))
    return exp.cast(literal, _SCALARS[name], dialect="duckdb")
