"""Values keep what they are between GoogleSQL's evaluator, DuckDB and the REST encoding."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from analytics_local_cloud.warehouse.googlesql.protobuf_values import from_value, to_value
from analytics_local_cloud.warehouse.values.column_types import Column
from analytics_local_cloud.warehouse.values.plain_values import (
    from_fetched,
    plain_literal,
    read_plain,
    to_cell,
    written_rows,
)

_DAY = 86_400_000_000
_FIRST = (date(1, 1, 1) - date(1970, 1, 1)).days
_LAST = (date(9999, 12, 31) - date(1970, 1, 1)).days
_PAIR = (Column("a", "INTEGER"), Column("b", "STRING", "REPEATED"))
STORED = [
    ("STRING", "", ""),
    ("STRING", "it's\n\u0000\U0001f600", "it's\n\u0000\U0001f600"),
    ("INTEGER", -(2**63), "-9223372036854775808"),
    ("INTEGER", 2**63 - 1, "9223372036854775807"),
    ("BOOLEAN", False, "false"),
    ("FLOAT", -0.0, "-0.0"),
    ("FLOAT", float("inf"), "Infinity"),
    ("FLOAT", 1e308, "1e+308"),
    ("FLOAT", 0.1, "0.1"),
    ("BYTES", b"", ""),
    ("BYTES", b"\x00\xff'", "AP8n"),
    ("DATE", _FIRST, "0001-01-01"),
    ("DATE", _LAST, "9999-12-31"),
    ("DATE", -1, "1969-12-31"),
    ("TIMESTAMP", _FIRST * _DAY, _FIRST * _DAY),
    ("TIMESTAMP", (_LAST + 1) * _DAY - 1, (_LAST + 1) * _DAY - 1),
    ("TIMESTAMP", -1, -1),
    ("DATETIME", _FIRST * _DAY, "0001-01-01T00:00:00"),
    ("DATETIME", (_LAST + 1) * _DAY - 1, "9999-12-31T23:59:59.999999"),
    ("DATETIME", -1, "1969-12-31T23:59:59.999999"),
    ("TIME", 0, "00:00:00"),
    ("TIME", _DAY - 1, "23:59:59.999999"),
    ("NUMERIC", Decimal("-99999999999999999999999999999.999999999"), None),
    ("NUMERIC", Decimal("100.500000000"), "100.5"),
    ("NUMERIC", Decimal("100.000000000"), "100"),
    ("NUMERIC", Decimal("0.000000000"), "0"),
    ("JSON", '{"a":[1,null]}', '{"a":[1,null]}'),
    ("JSON", "null", "null"),
]


@pytest.mark.parametrize(("kind", "plain", "cell"), STORED)
def test_scalars(kind, plain, cell):
    """A scalar is the same after each way, alone, in an array and in a record."""
    scalar = Column("x", kind)
    record = Column("x", "RECORD", "NULLABLE", (scalar, Column("y", kind, "REPEATED")))
    for column, value in (
        (scalar, plain),
        (Column("x", kind, "REPEATED"), [plain, plain]),
        (record, (plain, [plain])),
        (Column("x", "RECORD", "REPEATED", record.fields), [(plain, []), (None, [plain])]),
    ):
        assert value == from_value(column, to_value(column, value))
        assert value == through_duckdb(column, plain_literal(column, value))
        assert value == written(column, value)
    if cell is not None:
        assert cell == to_cell(scalar, plain)


@pytest.mark.parametrize("column", [Column("x", kind) for kind in sorted({k for k, *_ in STORED})])
def test_null(column):
    """NULL stays NULL."""
    assert from_value(column, to_value(column, None)) is None
    assert through_duckdb(column, plain_literal(column, None)) is None
    assert written(column, None) is None
    assert to_cell(column, None) is None


@pytest.mark.parametrize(
    ("kind", "plain", "cell"),
    [
        ("INTERVAL", (14, 3, 14_706_500_000_000), "1-2 3 4:5:6.500"),
        ("INTERVAL", (-14, -3, -1), "-1-2 -3 -0:0:0.000000001"),
        ("INTERVAL", (0, 0, 0), "0-0 0 0:0:0"),
        ("BIGNUMERIC", Decimal("1.5") + Decimal(0).scaleb(-38), "1.5"),
        ("BIGNUMERIC", Decimal(-(10**38)), "-" + "1" + "0" * 38),
    ],
)
def test_what_is_only_computed(kind, plain, cell):
    """Types that no column has come out of the evaluator as BigQuery writes them."""
    column = Column("x", kind)

    assert plain == from_value(column, to_value(column, plain))
    assert cell == to_cell(column, plain)


def test_records_with_one_name_twice():
    """Fields without a name, or with a shared one, keep their places."""
    column = Column("x", "RECORD", "NULLABLE", (Column("", "INTEGER"), Column("", "STRING")))

    assert (1, "a") == through_duckdb(column, plain_literal(column, (1, "a")))
    assert ["_field_1", "_field_2"] == [field["name"] for field in column.to_rest()["fields"]]


def through_duckdb(column, expression):
    """Return the plain value of a DuckDB expression."""
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'Asia/Tokyo'")
        sql = f"SELECT {read_plain(column, 'c0')} FROM (SELECT {expression} AS c0)"
        ((value,),) = session.execute(sql).fetchall()
    return from_fetched(column, value)


def written(column, value):
    """Return the value after it was a row of a table."""
    sql, parameter = written_rows([column], [(value,), (value,)])
    with duckdb.connect() as session:
        session.execute(f"CREATE TABLE t AS {sql}", [parameter])
        rows = session.execute(f"SELECT {read_plain(column, 'x')} FROM t").fetchall()
    assert 2 == len(rows)
    return from_fetched(column, rows[0][0])


def test_dates_are_dates():
    """The days and microseconds are those of the calendar."""
    assert datetime(2026, 11, 27, 1).isoformat() == to_cell(  # noqa: DTZ001 - DATETIME has no zone
        Column("x", "DATETIME"), (date(2026, 11, 27) - date(1970, 1, 1)).days * _DAY + _DAY // 24
    )
