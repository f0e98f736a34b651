"""Queries that DuckDB is asked first: as exact as the evaluator, and none beside them."""

import pytest
from two_engines import edges

from analytics_local_cloud.warehouse.api_errors import unsupported
from analytics_local_cloud.warehouse.queries.engines import Engines
from analytics_local_cloud.warehouse.queries.fetching import fetch
from generate.conformance.warehouses import local_warehouse

_TYPES = "ibsydgotj"  # columns of two_engines.VALUES whose types are plain
_ORDERED = "isydgot"
_KEPT = ", ".join(f"{letter}, {letter}2" for letter in _TYPES)

_ROWS = 20
_DATA = f"SELECT row_number AS id, f, m, p, {_KEPT} FROM {edges(7, (*_TYPES, *'fmp'), _ROWS)}"
_SETUP = (
    "CREATE SCHEMA odd",
    f"CREATE TABLE odd.data AS SELECT *, [id] AS a FROM ({_DATA})",
    f"""CREATE VIEW odd.firsts AS SELECT id, {_KEPT}, p FROM odd.data WHERE i IS NOT NULL
        QUALIFY ROW_NUMBER() OVER (PARTITION BY s ORDER BY id) = 1""",
    "CREATE VIEW odd.sums AS SELECT id + 1 AS id FROM odd.data",
)


class _NothingPlain(Engines):
    def plain_sql(self, _session, _query):
        """Leave everything to the evaluator."""


class _OnlyPlain(Engines):
    def rows(self, session, query):
        """Answer what is plain, and hold the answer to the evaluator's."""
        sql = self.plain_sql(session, query)
        if sql is None:
            raise unsupported("what is not plain")
        rows = list(fetch(session, sql, query.columns))
        assert rows == list(_NothingPlain(self.analyzer, self.objects).rows(session, query))
        return rows


@pytest.fixture(name="ask", scope="module")
def _ask(tmp_path_factory):
    with local_warehouse(tmp_path_factory.mktemp("plain") / "root", _OnlyPlain) as warehouse:
        for sql in _SETUP:
            assert "" == warehouse.ask(sql).message
        yield warehouse.ask


@pytest.fixture(name="more", scope="module")
def _more(tmp_path_factory):
    with local_warehouse(tmp_path_factory.mktemp("more") / "root") as warehouse:
        assert "" == warehouse.ask("CREATE SCHEMA more").message
        rows = "SELECT x FROM UNNEST(GENERATE_ARRAY(1, 150)) AS x"
        assert "" == warehouse.ask(f"CREATE TABLE more.data AS {rows}").message
        yield warehouse.ask


@pytest.fixture(name="exact")
def _exact(more):
    """Ask for the same of an array, which the evaluator alone reads."""
    rows = "(SELECT x FROM UNNEST(GENERATE_ARRAY(1, 150)) AS x)"
    return lambda sql: more(sql.replace("more.data", rows))


def _both(template):
    return [template.format(x, f"{x}2") for x in _ORDERED]


@pytest.mark.parametrize(
    "columns",
    [
        [c for sign in ("=", "!=", "<", "<=") for c in _both(f"{{0}} {sign} {{1}}")],
        [c for sign in (">", ">=", "IS DISTINCT FROM") for c in _both(f"{{0}} {sign} {{1}}")],
        [*_both("{0} BETWEEN {1} AND {0}"), *_both("{0} IN ({1}, {1})"), "b = b2", "b IN (b2)"],
        ["b AND b2", "b OR b2", "NOT b", "b IS TRUE", "b IS NOT FALSE", "j IS NULL"],
        [f"{f}({x}, {x}2)" for x in _TYPES for f in ("COALESCE", "IFNULL")],
        [f"IF(b, {x}, {x}2)" for x in _TYPES],
        [f"ROW_NUMBER() OVER (PARTITION BY {x} ORDER BY {x}2 DESC, id)" for x in _ORDERED],
    ],
    ids=lambda columns: columns[0],
)
def test_expressions(ask, columns):
    """A plain expression is answered alike, whatever is in its columns."""
    answer = ask(f"SELECT {', '.join(columns)} FROM odd.data ORDER BY id")

    assert ("", _ROWS) == (answer.message, len(answer.rows))


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {_KEPT} FROM odd.data ORDER BY id LIMIT 9 OFFSET 3",
        "SELECT s, i, d FROM odd.data ORDER BY s DESC, i NULLS LAST, d, id",
        *[
            f"SELECT {x}, COUNT(*), MIN(id) FROM odd.data GROUP BY {x} ORDER BY {x}"
            for x in _ORDERED
        ],
        f"SELECT {', '.join(f'MIN({x}), MAX({x}), COUNT({x})' for x in _ORDERED)} FROM odd.data",
        "SELECT COUNT(DISTINCT s), COUNTIF(b), COUNT(j), MIN(b) FROM odd.data",
        "SELECT COUNT(*), MAX(s), COUNTIF(b) FROM odd.data WHERE FALSE",
        "SELECT DISTINCT s FROM odd.data WHERE i > 0 ORDER BY s",
        "SELECT p, COUNT(*) AS n FROM odd.data GROUP BY p HAVING n > 2 ORDER BY n, p",
        "SELECT * FROM odd.firsts ORDER BY id",
        "SELECT COUNT(*) FROM odd.firsts x WHERE x.p = 'a' AND d = DATE '2020-02-29'",
    ],
)
def test_queries(ask, sql):
    """A plain query is answered alike, over views, too."""
    assert "" == ask(sql).message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT f FROM odd.data",
        "SELECT m FROM odd.data",
        "SELECT a FROM odd.data",
        "SELECT STRUCT(i) FROM odd.data",
        "SELECT i + 1 FROM odd.data",
        "SELECT SUM(i) FROM odd.data",
        "SELECT CAST(i AS STRING) FROM odd.data",
        "SELECT j.a FROM odd.data",
        "SELECT JSON '{}' FROM odd.data",
        "SELECT UPPER(s) FROM odd.data",
        "SELECT ARRAY_LENGTH(a) FROM odd.data",
        "SELECT ANY_VALUE(s) FROM odd.data",
        "SELECT i FROM odd.data WHERE id IN (SELECT 1)",
        "SELECT x.i FROM odd.data x JOIN odd.data y USING (id)",
        "SELECT i FROM odd.data UNION ALL SELECT i FROM odd.data",
        "SELECT i FROM odd.data TABLESAMPLE SYSTEM (100 PERCENT)",
        "SELECT id FROM odd.sums",
        "SELECT COUNT(*) FROM odd.INFORMATION_SCHEMA.TABLES",
    ],
)
def test_not_plain(ask, sql):
    """What can fail, or has no exact translation, is for the evaluator."""
    assert "what is not plain" in ask(sql).message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x, x / 3 FROM more.data ORDER BY x DESC LIMIT 3",
        "SELECT MAX(IF(x = 7, CAST('nan' AS FLOAT64), x)) FROM more.data",
        "SELECT SOUNDEX(CAST(x AS STRING)) FROM more.data ORDER BY 1 LIMIT 1",
        "SELECT x FROM more.data TABLESAMPLE SYSTEM (100 PERCENT) ORDER BY x LIMIT 1",
        "SELECT 1 / (x - 120) FROM more.data",
        "SELECT SUM(x) FROM more.data WHERE ERROR('no')",
    ],
)
def test_more_than_few(more, exact, sql):
    """What DuckDB is asked first, as more than a few rows are read, is answered no otherwise."""
    assert exact(sql) == more(sql)
