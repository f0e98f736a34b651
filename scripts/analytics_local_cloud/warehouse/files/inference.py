"""Schema auto-detection for NDJSON and CSV, from the first rows ("Using schema auto-detection")."""

from collections.abc import Iterable, Mapping

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.values.column_cells import CellError, to_cell
from analytics_local_cloud.warehouse.values.column_types import Column, parse_columns

SAMPLE_ROWS = 500  # as many as BigQuery looks at
_TEXT_TYPES = ("INTEGER", "FLOAT", "BOOLEAN", "TIMESTAMP", "DATE")


def infer_columns(rows: Iterable[Mapping[str, object]]) -> tuple[Column, ...]:
    """Guess columns from sample rows; raises `ApiError` (invalid) when there is none.

    Objects and arrays become JSON columns: stored RECORD columns do not exist here.
    """
    kinds: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, set()).update(() if value is None else (_kind(value),))
    if not kinds:
        raise ApiError("invalid", "Schema has no fields: auto-detection found no rows")
    fields = [{"name": name, "type": _common(found)} for name, found in kinds.items()]
    return parse_columns({"fields": fields})


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int):
        return "INTEGER"
    if isinstance(value, float):
        return "FLOAT"
    if isinstance(value, str):
        return next((kind for kind in _TEXT_TYPES if _fits(kind, value)), "STRING")
    return "JSON"


def _fits(kind: str, value: str) -> bool:
    if kind == "TIMESTAMP" and ":" not in value:
        return False
    try:
        return to_cell(kind, value) is not None
    except CellError:
        return False


def _common(kinds: set[str]) -> str:
    if len(kinds) == 1:
        return next(iter(kinds))
    return "FLOAT" if kinds == {"INTEGER", "FLOAT"} else "JSON" if "JSON" in kinds else "STRING"
