"""Statements that change rows, and what is left of them for some rows of their table."""

import pytest
from two_engines import TwoEngines

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.googlesql.analysis import KnownTable
from analytics_local_cloud.warehouse.queries.query_errors import query_errors
from analytics_local_cloud.warehouse.translation.changes import translate_change
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated
from analytics_local_cloud.warehouse.values.column_types import Column

_A, _B = Column("a", "INTEGER"), Column("b", "STRING")
_T = KnownTable(("t",), (_A, _B, Column("c", "INTEGER", "REPEATED")))
_S = KnownTable(("s",), (_A, _B))
_INSERT_ONLY = "MERGE t USING s ON t.a = s.a WHEN NOT MATCHED THEN INSERT (a) VALUES (a)"
_RELATIONS = {"t": '"t"', "s": '"s"'}
_UPSERT = (
    "MERGE t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b "
    "WHEN NOT MATCHED THEN INSERT (a, b) VALUES (a, b)"
)
CHANGES = [
    ("INSERT INTO t (a, b) VALUES (9, 'x'), (8, NULL)", 2, "1 one|2 two|3 -|8 -|9 x"),
    ("INSERT INTO t (a, b) SELECT a + 1, b FROM s", 3, "1 one|2 two|3 -|3 zwei|4 drei|5 vier"),
    ("DELETE FROM t WHERE a > 1", 2, "1 one"),
    ("DELETE t WHERE a IN (SELECT a FROM s)", 2, "1 one"),
    ("DELETE FROM t WHERE EXISTS (SELECT 1 FROM s WHERE s.a = t.a AND a < 3)", 1, "1 one|3 -"),
    ("DELETE FROM t WHERE b != 'one'", 1, "1 one|3 -"),
    ("UPDATE t SET a = a + 1, b = CAST(a AS STRING) WHERE TRUE", 3, "2 1|3 2|4 3"),
    ("UPDATE t SET b = s.b FROM s WHERE s.a = t.a", 2, "1 one|2 zwei|3 drei"),
    (_UPSERT, 3, "1 one|2 zwei|3 drei|4 vier"),
    (
        (
            "MERGE t USING s ON t.a = s.a WHEN MATCHED AND s.a = 2 THEN DELETE "
            "WHEN MATCHED THEN UPDATE SET b = 'm' WHEN NOT MATCHED BY SOURCE THEN DELETE "
            "WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a * 10)"
        ),
        4,
        "3 m|40 -",
    ),
    (
        (
            "MERGE t USING s ON FALSE WHEN NOT MATCHED THEN INSERT (a, b) VALUES (a, b) "
            "WHEN NOT MATCHED BY SOURCE THEN DELETE"
        ),
        6,
        "2 zwei|3 drei|4 vier",
    ),
    ("TRUNCATE TABLE t", 3, ""),
]
NARROWED = [
    ("DELETE FROM t WHERE a > 1", 1, "1 one|3 -"),
    ("DELETE FROM t WHERE a < (SELECT MAX(a) FROM t)", 1, "1 one|3 -"),
    ("UPDATE t SET b = 'new' WHERE a != 2", 0, "1 one|2 two|3 -"),
    (_UPSERT, 1, "1 one|2 zwei|3 -"),
    ("TRUNCATE TABLE t", 1, "1 one|3 -"),
    ("INSERT INTO t (a) VALUES (1)", None, "1 one|2 two|3 -"),
    (_INSERT_ONLY, None, "1 one|2 two|3 -"),
]


class Tables:
    def __init__(self, engines):
        self.engines = engines
        self.engines.session.execute(
            "CREATE OR REPLACE TABLE t (a BIGINT, b VARCHAR, c BIGINT[] DEFAULT []);"
            "INSERT INTO t VALUES (1, 'one', []), (2, 'two', [2]), (3, NULL, []);"
            "CREATE OR REPLACE TABLE s (a BIGINT, b VARCHAR);"
            "INSERT INTO s VALUES (2, 'zwei'), (3, 'drei'), (4, 'vier')"
        )

    def change(self, sql, only_rows=None):
        tree = self.engines.analyze(sql, (_T, _S))
        translated = translate_change(tree, _RELATIONS, {}, only_rows)
        if translated is None:
            return None
        with query_errors():
            return self.engines.session.execute(translated).fetchone()[0]

    def rows(self):
        found = self.engines.session.execute("SELECT a, b FROM t ORDER BY a, b NULLS FIRST")
        return "|".join(f"{a} {b or '-'}" for a, b in found.fetchall())


@pytest.fixture(name="engines", scope="module")
def _engines():
    return TwoEngines()


@pytest.fixture(name="tables")
def _tables(engines):
    return Tables(engines)


@pytest.mark.parametrize(("sql", "count", "left"), CHANGES)
def test_changes(tables, sql, count, left):
    """A statement changes the rows it names, and says how many."""
    assert count == tables.change(sql)
    assert left == tables.rows()


@pytest.mark.parametrize(("sql", "count", "left"), NARROWED)
def test_narrowed_to_some_rows(tables, sql, count, left):
    """For some rows alone a statement changes none of the others; None stands for nothing to do."""
    assert count == tables.change(sql, "rowid BETWEEN 1 AND 1")
    assert left == tables.rows()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE t SET b = 'x' FROM s WHERE t.a = 1 AND s.a > 2",
        "MERGE t USING s ON t.a = 1 AND s.a > 2 WHEN MATCHED THEN UPDATE SET b = 'x'",
    ],
)
def test_one_source_row_for_a_row(tables, sql):
    """A row that would be changed twice is an error, in BigQuery's words."""
    with pytest.raises(ApiError, match="must match at most one source row"):
        tables.change(sql)
    assert "1 one|2 two|3 -" == tables.rows()


def test_arrays_are_stored_without_null(tables):
    """A NULL array is stored as an empty one; a NULL within it is an error."""
    assert 3 == tables.change("UPDATE t SET c = NULL WHERE TRUE")
    assert [([],)] * 3 == tables.engines.session.execute("SELECT c FROM t").fetchall()
    with pytest.raises(ApiError, match="null element"):
        tables.change("UPDATE t SET c = [1, NULL] WHERE TRUE")


def test_unserved_parts(tables):
    """What a statement says besides is refused by its name."""
    with pytest.raises(NotTranslated, match="DEFAULT"):
        tables.change("INSERT INTO t (a, b) VALUES (1, DEFAULT)")
