"""Columns: BigQuery's schema messages and the DuckDB types that hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.values.field_rules import check_field

_ALIASES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
_NOT_STORED = {"BIGNUMERIC", "GEOGRAPHY", "RANGE", "INTERVAL", "FOREIGN"}
_MAX_NESTING = 15  # BigQuery's own limit
DUCKDB_TYPES = {
    "STRING": "VARCHAR",
    "BYTES": "BLOB",
    "INTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "NUMERIC": "DECIMAL(38,9)",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMPTZ",
    "DATE": "DATE",
    "TIME": "TIME",
    "DATETIME": "TIMESTAMP",
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
    def repeated(self) -> bool:
        """Whether the column holds arrays, which are never NULL."""
        return self.mode == "REPEATED"

    @property
    def duckdb_type(self) -> str:
        """The type of the stored column; raises `ApiError` (notImplemented) without one."""
        members = ", ".join(f'"{field.name}" {field.duckdb_type}' for field in self.fields)
        kind = f"STRUCT({members})" if self.type == "RECORD" else DUCKDB_TYPES.get(self.type)
        if kind is None:
            raise unsupported(f"stored columns of type {self.type} ({self.name})")
        return f"{kind}[]" if self.repeated else kind

    def to_rest(self) -> dict[str, Any]:
        """Return the `TableFieldSchema` message."""
        fields = [
            {**field.to_rest(), "name": field.name or f"_field_{number}"}
            for number, field in enumerate(self.fields, 1)
        ]
        nested = {"fields": fields} if fields else {}
        return {"name": self.name, "type": self.type, "mode": self.mode, **nested}


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
    check_field(field)
    name, kind = str(field["name"]), str(field.get("type", "")).upper()
    kind = _ALIASES.get(kind, kind)
    if kind not in {"RECORD", *DUCKDB_TYPES, *_NOT_STORED}:
        raise ApiError("invalid", f"Invalid value for type: {kind} is not a valid value", name)
    nested = parse_columns(field, depth + 1) if kind == "RECORD" else ()
    if kind == "RECORD" and not nested:
        raise ApiError("invalid", f"Field {name} is type RECORD but has no schema", name)
    if field.get("fields") and not nested:
        raise ApiError("invalid", f"Field {name} is of type {kind} and cannot have fields", name)
    column = Column(name, kind, str(field.get("mode") or "NULLABLE").upper(), nested)
    column.duckdb_type  # noqa: B018 - refuses what cannot be stored, when it is declared
    return column


def schema_to_rest(columns: Sequence[Column]) -> dict[str, Any]:
    """Return the `TableSchema` message."""
    return {"fields": [column.to_rest() for column in columns]}
