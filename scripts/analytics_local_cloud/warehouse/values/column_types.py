"""Columns: BigQuery's schema messages and the DuckDB types that hold them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
_ALIASES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
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
    """One column; `fields` is filled for the RECORD columns of query results only."""

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
        if self.type not in DUCKDB_TYPES or self.mode == "REPEATED":
            raise unsupported(f"stored columns of type {self.type} {self.mode} ({self.name})")
        return DUCKDB_TYPES[self.type]

    def to_rest(self) -> dict[str, Any]:
        """Return the `TableFieldSchema` message."""
        nested = {"fields": [field.to_rest() for field in self.fields]} if self.fields else {}
        return {"name": self.name, "type": self.type, "mode": self.mode, **nested}


def parse_columns(schema: Mapping[str, Any] | None) -> tuple[Column, ...]:
    """Read a `TableSchema` message; raises `ApiError` for bad names and unsupported types."""
    columns = tuple(_parse_column(field) for field in (schema or {}).get("fields", ()))
    seen: set[str] = set()
    for column in columns:
        if column.name.casefold() in seen:
            raise ApiError("invalid", f"Duplicate field name: {column.name}", column.name)
        seen.add(column.name.casefold())
    return columns


def _parse_column(field: Mapping[str, Any]) -> Column:
    name = str(field.get("name", ""))
    if not _NAME.fullmatch(name):
        raise ApiError("invalid", f'Invalid field name "{name}".', name)
    kind = str(field.get("type", "")).upper()
    mode = str(field.get("mode") or "NULLABLE").upper()
    if mode not in {"NULLABLE", "REQUIRED", "REPEATED"}:
        raise ApiError("invalid", f'Invalid mode "{mode}" of field {name}.', name)
    column = Column(name, _ALIASES.get(kind, kind), mode)
    column.duckdb_type  # noqa: B018 - refuses what cannot be stored, when it is declared
    return column


def schema_to_rest(columns: Sequence[Column]) -> dict[str, Any]:
    """Return the `TableSchema` message."""
    return {"fields": [column.to_rest() for column in columns]}
