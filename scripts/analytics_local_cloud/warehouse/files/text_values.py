"""Texts of files → values of columns in DuckDB SQL, as strict as insertAll: DuckDB's casts are not.

The pattern of a type says what is read; anything else ends the query, as it does in BigQuery.
"""

from analytics_local_cloud.warehouse.values.column_types import Column

_YEAR = r"([1-9]\d{3}|0[1-9]\d\d|00[1-9]\d|000[1-9])"
_DATE = rf"{_YEAR}-\d{{1,2}}-\d{{1,2}}"
_TIME = r"([01]?\d|2[0-3]):[0-5]?\d:[0-5]?\d(\.\d{1,6})?"
_ZONE = r"Z| UTC|[+-](0\d|1[0-3]):?[0-5]\d|[+-]14:?00"  # DuckDB knows names, with another hour
_MOMENT = rf"{_DATE}([T ]{_TIME}(\d{{1,3}})?({_ZONE})?)?"
_SECONDS = r"[+-]?\d{1,12}(\.\d+)?([eE][+-]?\d{1,2})?"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
_FIRST, _LAST = "0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"
_READ = {
    "INTEGER": (r"[+-]?\d{1,19}", "{}::BIGINT"),
    "FLOAT": (rf"{_NUMBER}|[+-]?(?i:nan|inf|infinity)", "{}::DOUBLE"),
    "NUMERIC": (r"[+-]?(\d{1,29}(\.\d{0,9}0*)?|\.\d{1,9}0*)", "{}::DECIMAL(38,9)"),
    "BOOLEAN": ("(?i:true|false)", "{}::BOOLEAN"),
    "DATE": (_DATE, "{}::DATE"),
    "TIME": (_TIME, "{}::TIME"),
    "DATETIME": (rf"{_DATE}([T ]{_TIME})?", "{}::TIMESTAMP"),
    "BYTES": ("([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?", "from_base64({})"),
    "JSON": (r"(?s:.*)", "{}::JSON"),
}
_TIMESTAMP = (
    "CASE WHEN regexp_full_match({0}, '{1}') "
    "THEN make_timestamptz(round({0}::DOUBLE * 1e6)::BIGINT) "
    "WHEN regexp_full_match({0}, '{2}') THEN {0}::TIMESTAMPTZ END"
)


def read_text(column: Column, text: str) -> str:
    """Return the SQL that makes the column's value of a SQL text; NULL is NULL."""
    if column.type == "STRING":
        return text
    refused = f"error('Cannot convert value to {column.type.lower()} (bad value): ' || {text})"
    if column.type == "TIMESTAMP":
        value = _TIMESTAMP.format(text, _SECONDS, _MOMENT)
        in_range = f"({value}) BETWEEN TIMESTAMPTZ '{_FIRST}' AND TIMESTAMPTZ '{_LAST}'"
        return f"CASE WHEN {text} IS NULL THEN NULL WHEN {in_range} THEN {value} ELSE {refused} END"
    pattern, value = _READ[column.type]
    fits = f"regexp_full_match({text}, '{pattern}')"
    read = value.format(f"({text})")
    return f"CASE WHEN {text} IS NULL THEN NULL WHEN {fits} THEN {read} ELSE {refused} END"
