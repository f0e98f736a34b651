"""Columns: BigQuery's schema messages and the DuckDB types that hold them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
_ALIASES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
_MAX_NESTING = 15  # BigQuery's own limit
DUCKDB_TYPES = {
    "STRING": "VARCHAR",
    "INTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMPTZ",
    "DATE": "DATE",
    "JSON": "JSON",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or one field of a RECORD, whose own are `fields`."""

    name: str
    type: str
    mode: str = "NULLABLE"
    fields: tuple["Column", ...] = ()

    @property
    def required(self) -> bool:
        """Whether the column refuses NULL."""
        return self.mode == "REQUIRED"

    @property
    def duckdb_type(self) -> str:
        """The type of the stored column; raises `ApiError` (notImplemented) without one."""
        kind = _struct(self.fields) if self.type == "RECORD" else DUCKDB_TYPES.get(self.type)
        if kind is None or self.mode == "REPEATED":
            raise unsupported(f"stored columns of type {self.type} {self.mode} ({self.name})")
        return kind

    def to_rest(self) -> dict[str, Any]:
        """Return the `TableFieldSchema` message."""
        nested = {"fields": [field.to_rest() for field in self.fields]} if self.fields else {}
        return {"name": self.name, "type": self.type, "mode": self.mode, **nested}


def _struct(fields: Sequence[Column]) -> str:
    for field in fields:
        if field.required or field.type == "JSON":
            what = f"{field.mode} fields of type {field.type} in a RECORD"
            raise unsupported(f"{what} ({field.name})")
    members = ", ".join(f'"{field.name}" {field.duckdb_type}' for field in fields)
    return f"STRUCT({members})"


def parse_columns(schema: Mapping[str, Any] | None, depth: int = 0) -> tuple[Column, ...]:
    """Read a `TableSchema` message; raises `ApiError` for bad names and unsupported types."""
    if depth > _MAX_NESTING:
        raise ApiError("invalid", f"Fields are nested deeper than {_MAX_NESTING} levels.")
    columns = tuple(_parse_column(field, depth) for field in (schema or {}).get("fields", ()))
    seen: set[str] = set()
    for column in columns:
        if column.name.casefold() in seen:
            raise ApiError("invalid", f"Duplicate field name: {column.name}", column.name)
        seen.add(column.name.casefold())
    return columns


def _parse_column(field: Mapping[str, Any], depth: int) -> Column:
    name = str(field.get("name", ""))
    if not _NAME.fullmatch(name):
        raise ApiError("invalid", f'Invalid field name "{name}".', name)
    kind = str(field.get("type", "")).upper()
    mode = str(field.get("mode") or "NULLABLE").upper()
    if mode not in {"NULLABLE", "REQUIRED", "REPEATED"}:
        raise ApiError("invalid", f'Invalid mode "{mode}" of field {name}.', name)
    kind = _ALIASES.get(kind, kind)
    nested = parse_columns(field, depth + 1) if kind == "RECORD" else ()
    if kind == "RECORD" and not nested:
        raise ApiError("invalid", f"Field {name} is type RECORD but has no schema", name)
    column = Column(name, kind, mode, nested)
    column.duckdb_type  # noqa: B018 - refuses what cannot be stored, when it is declared
    return column


def schema_to_rest(columns: Sequence[Column]) -> dict[str, Any]:
    """Return the `TableSchema` message."""
    return {"fields": [column.to_rest() for column in columns]}


def first_unknown(columns: Sequence[Column], known: Sequence[Column]) -> str | None:
    """Return the name of the first column, or field, that is not known with its type."""
    types = {column.name.casefold(): column for column in known}
    for column in columns:
        same = types.get(column.name.casefold())
        if same is None or same.type != column.type:
            return column.name
        if field := first_unknown(column.fields, same.fields):
            return f"{column.name}.{field}"
    return None
