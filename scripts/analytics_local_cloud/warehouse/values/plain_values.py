"""Plain values: what DuckDB, GoogleSQL's evaluator and the REST encoding meet in.

int, float, bool, str and bytes are themselves; DATE is days, TIMESTAMP and DATETIME microseconds
since 1970, TIME microseconds since midnight, NUMERIC and BIGNUMERIC Decimal, JSON its text,
INTERVAL (months, days, nanoseconds), ARRAY a list and RECORD a tuple in the order of its fields.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.values.column_types import Column

_READ = {
    "TIMESTAMP": "epoch_us({})",
    "DATETIME": "epoch_us({})",
    "TIME": "epoch_us(DATE '1970-01-01' + {})",
    "DATE": "datediff('day', DATE '1970-01-01', {})",
    "JSON": "{}::VARCHAR",
}
_WRITE = {
    "TIMESTAMP": ("BIGINT", "make_timestamptz({})"),
    "DATETIME": ("BIGINT", "make_timestamp({})"),
    "TIME": ("BIGINT", "make_timestamp({})::TIME"),
    "DATE": ("INTEGER", "DATE '1970-01-01' + {}"),
    "JSON": ("VARCHAR", "{}::JSON"),
    "BYTES": ("VARCHAR", "from_base64({})"),
    "NUMERIC": ("VARCHAR", "{}::DECIMAL(38, 9)"),
    "FLOAT": ("VARCHAR", "{}::DOUBLE"),
    "INTEGER": ("BIGINT", "{}"),
    "BOOLEAN": ("BOOLEAN", "{}"),
    "STRING": ("VARCHAR", "{}"),
}
_EPOCH_DAY, _EPOCH = date(1970, 1, 1).toordinal(), datetime(1970, 1, 1)  # noqa: DTZ001 - DATETIME
_encoder = msgspec.json.Encoder(decimal_format="string")


def read_plain(column: Column, sql: str, depth: int = 0) -> str:
    """Return DuckDB SQL for a stored value, such as Python fetches it without loss."""
    if column.mode == "REPEATED":
        item = replace(column, mode="NULLABLE")
        inner = read_plain(item, f"x{depth}", depth + 1)
        same = inner == f"x{depth}"
        return sql if same else f"list_transform({sql}, lambda x{depth}: {inner})"
    if column.type == "RECORD":
        names = field_names([field.name for field in column.fields])
        fields = (read_plain(f, f"({sql}).{_quote(n)}", depth) for f, n in _named(column, names))
        packed = ", ".join(f"f{number} := {field}" for number, field in enumerate(fields))
        return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({packed}) END"
    return _READ.get(column.type, "{}").format(sql)


def from_fetched(column: Column, value: Any) -> Any:  # noqa: ANN401 - see the module
    """Return the plain value of what Python fetched for `read_plain`."""
    if value is None:
        return [] if column.mode == "REPEATED" else None
    if column.mode == "REPEATED":
        item = replace(column, mode="NULLABLE")
        return [from_fetched(item, element) for element in value]
    if column.type == "RECORD":
        fields = zip(column.fields, value.values(), strict=True)
        return tuple(from_fetched(field, element) for field, element in fields)
    return value


def field_names(names: Sequence[str]) -> list[str]:
    """Name the fields of a DuckDB STRUCT: all by position where one has no name or shares it."""
    folded = {name.casefold() for name in names}
    if "" in folded or len(folded) < len(names):
        return [f"_{number}" for number in range(1, len(names) + 1)]
    return list(names)


def written_rows(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> tuple[str, list[str]]:
    """Return DuckDB SQL, with one parameter, of these rows as columns; and the parameter."""
    row = Column("row", "RECORD", "NULLABLE", tuple(columns))
    structure = _text(msgspec.json.encode(plain_type(row)).decode())
    written = ", ".join(
        f"{write_plain(column, f'row.f{n}')} AS {_quote(column.name)}"
        for n, column in enumerate(columns)
    )
    encoded = [_encoder.encode(_for_json(row, values)).decode() for values in rows]
    return (
        f"SELECT {written} FROM (SELECT from_json(unnest(?::VARCHAR[]), {structure}) AS row)",  # noqa: S608 - quoted
        encoded,
    )


def _for_json(column: Column, value: Any) -> Any:  # noqa: ANN401 - see the module
    if value is None:
        return None
    if column.mode == "REPEATED":
        item = replace(column, mode="NULLABLE")
        return [_for_json(item, element) for element in value]
    if column.type == "RECORD":
        fields = zip(column.fields, value, strict=True)
        return {f"f{n}": _for_json(f, element) for n, (f, element) in enumerate(fields)}
    return repr(value) if isinstance(value, float) else value


def write_plain(column: Column, sql: str, depth: int = 0) -> str:
    """Return DuckDB SQL that makes the stored value of what `plain_type` describes."""
    if column.mode == "REPEATED":
        item = replace(column, mode="NULLABLE")
        return (
            f"list_transform({sql}, lambda x{depth}: {write_plain(item, f'x{depth}', depth + 1)})"
        )
    if column.type == "RECORD":
        names = field_names([field.name for field in column.fields])
        fields = [
            f"{_quote(name)} := {write_plain(field, f'({sql}).f{number}', depth)}"
            for number, (field, name) in enumerate(_named(column, names))
        ]
        return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(fields)}) END"
    if column.type not in _WRITE:
        raise unsupported(f"stored values of type {column.type}")
    return _WRITE[column.type][1].format(sql)


def plain_type(column: Column) -> Any:  # noqa: ANN401 - a JSON value
    """Return the structure, for DuckDB's from_json, of a value as `encode_rows` writes it."""
    if column.mode == "REPEATED":
        return [plain_type(replace(column, mode="NULLABLE"))]
    if column.type == "RECORD":
        return {f"f{number}": plain_type(field) for number, field in enumerate(column.fields)}
    if column.type not in _WRITE:
        raise unsupported(f"stored values of type {column.type}")
    return _WRITE[column.type][0]


def plain_literal(column: Column, value: Any) -> str:  # noqa: ANN401 - see the module
    """Return a value as a DuckDB expression."""
    text = _encoder.encode(_for_json(column, value)).decode()
    structure = msgspec.json.encode(plain_type(column)).decode()
    if value is None:
        return write_plain(column, "NULL")
    return write_plain(column, f"from_json({_text(text)}, {_text(structure)})")


def to_cell(column: Column, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as the REST API spells it; TIMESTAMP stays microseconds.

    Raises `ApiError` for an array with a NULL in it, which can be used within a query alone.
    """
    if column.mode == "REPEATED":
        if value and None in value:
            raise null_element(column)
        item = replace(column, mode="NULLABLE")
        return [to_cell(item, element) for element in value or ()]
    if value is None:
        return None
    if column.type == "RECORD":
        return {"f": [to_cell(f, v) for f, v in zip(column.fields, value, strict=True)]}
    return _CELLS[column.type](value)


def null_element(column: Column) -> ApiError:
    """Return what is said of an array with a NULL in it."""
    text = f"Array cannot have a null element; error in writing field {column.name}"
    return ApiError("invalidQuery", text, "query")


def _float(value: float) -> str:
    words = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
    return words.get(repr(value), repr(value))


def _datetime(micros: int) -> str:
    return (_EPOCH + timedelta(microseconds=micros)).isoformat()


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _interval(parts: tuple[int, int, int]) -> str:
    """Y-M D H:M:S[.F], as BigQuery's canonical format has it."""
    months, days, nanos = parts
    sign = "-" if months < 0 else ""
    seconds, rest = divmod(abs(nanos), 1_000_000_000)
    digits = f"{rest:09d}".rstrip("0")
    fraction = f".{digits:0<3}" if digits else ""
    if len(fraction) in {5, 6}:
        fraction = f"{fraction:0<7}"
    clock = f"{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}{fraction}"
    years, month = divmod(abs(months), 12)
    return f"{sign}{years}-{month} {days} {'-' if nanos < 0 else ''}{clock}"


_CELLS: dict[str, Callable[[Any], Any]] = {
    "BIGNUMERIC": _number,
    "BOOLEAN": lambda value: "true" if value else "false",
    "BYTES": lambda value: b64encode(value).decode(),
    "DATE": lambda days: date.fromordinal(days + _EPOCH_DAY).isoformat(),
    "DATETIME": _datetime,
    "FLOAT": _float,
    "INTEGER": str,
    "INTERVAL": _interval,
    "JSON": str,
    "NUMERIC": _number,
    "STRING": str,
    "TIME": lambda micros: _datetime(micros)[11:],
    "TIMESTAMP": int,
}


def _named(column: Column, names: Sequence[str]) -> list[tuple[Column, str]]:
    return list(zip(column.fields, names, strict=True))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
