"""Local BigQuery: a query's bytes are counted as BigQuery documents."""

import duckdb
import pytest

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.jobs.bytes_read import (
    billed_bytes,
    estimate_bytes,
    refuse_beyond_limit,
)
from analytics_local_cloud.warehouse.values.column_types import Column

MB = 1024 * 1024


def column(kind, mode="NULLABLE", *fields):
    """Return a column that is called as its type."""
    return Column("c", kind, mode, fields)


@pytest.mark.parametrize(
    ("kind", "values", "size"),
    [
        (column("INTEGER"), "(1), (-5), (NULL)", 16),
        (column("FLOAT"), "(1.5)", 8),
        (column("BOOLEAN"), "(true), (false)", 2),
        (column("NUMERIC"), "(1)", 16),
        (column("DATE"), "('2026-01-01')", 8),
        (column("DATETIME"), "('2026-01-01 00:00:00')", 8),
        (column("TIME"), "('00:00:00')", 8),
        (column("TIMESTAMP"), "('2026-01-01 00:00:00+00')", 8),
        (column("STRING"), "('abc'), (''), (NULL), ('é😀')", 5 + 2 + 8),
        (column("BYTES"), "('\\x00\\xFFa'::BLOB), (''::BLOB)", 5 + 2),
        (column("JSON"), "('{\"a\":1}'), ('null'), (NULL)", 7 + 4),
        (column("INTEGER", "REPEATED"), "([1, 2, 3]), ([]), (NULL)", 24),
        (column("STRING", "REPEATED"), "(['a', 'bc'])", 3 + 4),
        (column("RECORD", "NULLABLE", Column("a b", "STRING")), "({'a b': 'x'}), (NULL)", 3),
        (
            column("RECORD", "REPEATED", Column("n", "INTEGER"), Column("s", "STRING", "REPEATED")),
            "([{'n': 1, 's': ['x', 'y']}, {'n': NULL, 's': ['z']}])",
            8 + 3 + 3 + 3,
        ),
    ],
    ids=repr,
)
def test_sizes(kind, values, size):
    """A value has the bytes of its type, NULL none; without rows or columns there are none."""
    with duckdb.connect() as session:
        session.execute(f"CREATE TABLE t (c {kind.duckdb_type})")
        assert 0 == estimate_bytes(session, "t", [kind])
        session.execute(f"INSERT INTO t VALUES {values}")

        assert (size, 0) == (estimate_bytes(session, "t", [kind]), estimate_bytes(session, "t", []))


def test_columns_add_up():
    """The columns that are read count, and no others."""
    with duckdb.connect() as session:
        relation = "(SELECT range AS i, 'x' AS s, 'unread' AS u FROM range(10))"
        columns = [Column("i", "INTEGER"), Column("s", "STRING")]

        assert 110 == estimate_bytes(session, relation, columns)


@pytest.mark.parametrize(
    ("tables", "billed"),
    [
        ([], 0),
        ([0], 10 * MB),
        ([1, 1], 20 * MB),
        ([10 * MB], 10 * MB),
        ([10 * MB + 1, 5], 21 * MB),
    ],
)
def test_limit(tables, billed):
    """Ten MB at least are billed for each table; a lower limit refuses the query by its number."""
    assert billed == billed_bytes(tables)
    refuse_beyond_limit({}, tables)
    refuse_beyond_limit({"maximumBytesBilled": str(billed)}, tables)
    if billed:
        text = f"Query exceeded limit for bytes billed: {billed - 1}. {billed} or higher required."
        with pytest.raises(ApiError, match=text):
            refuse_beyond_limit({"maximumBytesBilled": str(billed - 1)}, tables)
