"""Whole queries: joins, groups, windows and orders are in DuckDB what they are in GoogleSQL."""

import re

import pytest
from two_engines import REFUSED, UNSERVED, TwoEngines

_NAN, _INF = "CAST('nan' AS FLOAT64)", "CAST('inf' AS FLOAT64)"
_SETUP = f"""
WITH t AS (SELECT * FROM UNNEST([
  STRUCT(1 AS id, 'a' AS g, 1.5 AS f, CAST(NULL AS STRING) AS s, [1,2] AS a),
  (2, 'a', {_NAN}, 'x', []), (3, 'b', -2.5, 'y', [3]), (4, 'b', NULL, 'x', NULL),
  (5, NULL, {_INF}, 'z', [5,4]), (6, 'c', -{_INF}, '', [6])])),
u AS (SELECT * FROM UNNEST([STRUCT(1 AS id, 10 AS v), (3, 30), (3, 31), (7, 70), (NULL, 0)]))
"""
QUERIES = """
SELECT * FROM t ORDER BY f
SELECT id, f FROM t ORDER BY f DESC, id
SELECT s FROM t ORDER BY s NULLS LAST, id
SELECT f, COUNT(*) n FROM t GROUP BY f ORDER BY f
SELECT g, COUNT(*), COUNT(f), SUM(id), AVG(id), MIN(f), MAX(f) FROM t GROUP BY g ORDER BY g
SELECT g, SUM(f), AVG(f) FROM t GROUP BY g ORDER BY g
SELECT g, STRING_AGG(s ORDER BY id), ARRAY_AGG(id ORDER BY id DESC) FROM t GROUP BY g ORDER BY g
SELECT g, COUNTIF(f > 0), LOGICAL_OR(f > 1), LOGICAL_AND(f > 1) FROM t GROUP BY g ORDER BY g
SELECT COUNT(*), SUM(id), AVG(f), MIN(f), MAX(s), STRING_AGG(s), ARRAY_AGG(id) FROM t WHERE id >
  9
SELECT COUNTIF(id > 1), LOGICAL_AND(id > 1), ANY_VALUE(id), COUNT(DISTINCT id) FROM t WHERE id >
  9
SELECT VAR_SAMP(id), VAR_POP(id), STDDEV(id), STDDEV_POP(id), CORR(id, v) FROM t JOIN u USING
  (id)
SELECT VAR_SAMP(id), STDDEV(id), CORR(id, id), COVAR_POP(id, 2), COVAR_SAMP(id, 2) FROM t WHERE
  id = 1
SELECT VAR_SAMP(f), STDDEV(f), AVG(f), SUM(f) FROM t
SELECT STRING_AGG(s, '-' ORDER BY s DESC LIMIT 2), STRING_AGG(DISTINCT s, '+' ORDER BY s) FROM t
SELECT ARRAY_AGG(s IGNORE NULLS ORDER BY s, id LIMIT 3), COUNT(DISTINCT s), COUNT(DISTINCT f)
  FROM t
SELECT ANY_VALUE(g HAVING MAX id), ANY_VALUE(g HAVING MIN id) FROM t WHERE id < 5
SELECT ARRAY_CONCAT_AGG(a ORDER BY id) FROM t
SELECT BIT_AND(id), BIT_OR(id), BIT_XOR(id), SUM(DISTINCT MOD(id, 3)) FROM t
SELECT SUM(m), MIN(m) FROM UNNEST([NUMERIC '1.5', NUMERIC '2.25', NULL]) m
SELECT g, ARRAY_AGG(STRUCT(id, s) ORDER BY id DESC)[OFFSET(0)].id FROM t GROUP BY g ORDER BY g
SELECT MOD(id, 2) k, MOD(id, 3) j, SUM(id), GROUPING(MOD(id, 2)) FROM t GROUP BY ROLLUP(k, j)
  ORDER BY k, j, 3
SELECT MOD(id, 2) k, g, SUM(id) FROM t GROUP BY GROUPING SETS (k, (k, g), ()) ORDER BY k, g, 3
SELECT g, COUNT(*) n FROM t GROUP BY g HAVING n > 1 ORDER BY g
SELECT t.id, g, v FROM t LEFT JOIN u USING (id) ORDER BY id, v
SELECT id, g, v FROM t FULL JOIN u USING (id) ORDER BY id, v
SELECT t.id, u.id, v FROM t JOIN u ON t.id < u.id ORDER BY 1, 3
SELECT t.*, u.v FROM t RIGHT JOIN u ON t.id = u.id ORDER BY v
SELECT t.id, x.id FROM t, t x WHERE t.id = x.id + 1 ORDER BY 1
SELECT id, b FROM t, t.a b ORDER BY 1, 2
SELECT id, b, o FROM t LEFT JOIN t.a b WITH OFFSET o ORDER BY 1, 3
SELECT id, b FROM t LEFT JOIN UNNEST(a) b ON b > id ORDER BY 1, 2
SELECT id, ARRAY(SELECT x FROM UNNEST(a) x WHERE x < 5 ORDER BY x DESC) FROM t ORDER BY id
SELECT id, (SELECT MAX(v) FROM u WHERE u.id <= t.id) m FROM t ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id) AND id NOT IN (SELECT 1) ORDER
  BY id
SELECT id FROM t WHERE id NOT IN (SELECT id FROM u) ORDER BY id
SELECT id FROM t WHERE id NOT IN (SELECT id FROM u WHERE id IS NOT NULL) ORDER BY id
SELECT id, ROW_NUMBER() OVER (ORDER BY f, id), RANK() OVER (ORDER BY g), DENSE_RANK() OVER
  (ORDER BY g DESC) FROM t ORDER BY id
SELECT id, NTILE(4) OVER (ORDER BY id), PERCENT_RANK() OVER (ORDER BY g), CUME_DIST() OVER
  (ORDER BY g) FROM t ORDER BY id
SELECT id, LAG(s) OVER (ORDER BY id), LEAD(id, 2, -1) OVER (ORDER BY id), NTH_VALUE(id, 2) OVER
  (ORDER BY id) FROM t ORDER BY id
SELECT id, FIRST_VALUE(s IGNORE NULLS) OVER (ORDER BY id), LAST_VALUE(s) OVER (PARTITION BY g
  ORDER BY id) FROM t ORDER BY id
SELECT id, SUM(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), AVG(id) OVER
  (ORDER BY g) FROM t ORDER BY id
SELECT id, COUNT(*) OVER (ORDER BY id RANGE BETWEEN 2 PRECEDING AND CURRENT ROW), SUM(id) OVER
  () FROM t ORDER BY id
SELECT id, MIN(f) OVER (PARTITION BY g), STRING_AGG(s, ',') OVER (ORDER BY id) FROM t ORDER BY
  id
SELECT PERCENTILE_CONT(x, 0.25) OVER (), PERCENTILE_DISC(x, 0.25) OVER () FROM UNNEST([3.0, 1,
  2, 5, NULL]) x LIMIT 1
SELECT PERCENTILE_DISC(x, 0.3) OVER (PARTITION BY MOD(x, 2)) FROM UNNEST([3, 1, 2, 5, 9]) x
  ORDER BY x
SELECT id, g FROM t WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY g ORDER BY id DESC) = 1
  ORDER BY id
SELECT k, SUM(n) OVER (ORDER BY k) FROM (SELECT MOD(id, 2) k, SUM(id) n FROM t GROUP BY k) ORDER
  BY k
SELECT g, id FROM t GROUP BY CUBE (g, id) ORDER BY g, id
SELECT * FROM (SELECT g, id FROM t) PIVOT(SUM(id) AS n FOR g IN ('a', 'b'))
SELECT * FROM (SELECT id, v FROM u) UNPIVOT(x FOR n IN (id, v)) ORDER BY x, n
SELECT id, s LIKE ANY ('x%', 'z'), s LIKE ALL ('%x', 'x%') FROM t ORDER BY id
SELECT id FROM t UNION ALL SELECT id FROM u ORDER BY id
SELECT id FROM t UNION DISTINCT SELECT id FROM u ORDER BY id
SELECT id FROM u INTERSECT DISTINCT SELECT id FROM t ORDER BY id
SELECT id FROM u EXCEPT DISTINCT SELECT id FROM t ORDER BY id
SELECT DISTINCT g FROM t ORDER BY g DESC LIMIT 2 OFFSET 1
SELECT * FROM (SELECT id FROM t ORDER BY id DESC LIMIT 2) ORDER BY id
SELECT IF(id = 1, NULL, 10 / (id - 1)) FROM t ORDER BY id
SELECT STRUCT(id AS a, STRUCT(s AS b, a AS c) AS d).d.c FROM t ORDER BY id
FROM t |> WHERE id > 2 |> AGGREGATE SUM(id) AS n GROUP BY g |> ORDER BY g
"""


@pytest.fixture(name="engines", scope="module")
def _engines():
    return TwoEngines()


@pytest.mark.parametrize("query", re.split(r"\n(?! )", QUERIES.strip()))
def test_same_rows(engines, query):
    """A query has the same rows in the same order in both."""
    setup = _SETUP
    exact, translated = engines.answers(
        setup + query if query.startswith("SELECT") else query.replace("FROM t", _from(setup), 1)
    )

    assert exact == translated
    assert exact not in (REFUSED, UNSERVED)


def _from(setup):
    return f"FROM ({setup} SELECT * FROM t)"
