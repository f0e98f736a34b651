"""Expressions over odd values: DuckDB answers what GoogleSQL's own implementation answers."""

import pytest
from two_engines import REFUSED, UNSERVED, TwoEngines

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.queries.query_errors import query_errors
from analytics_local_cloud.warehouse.translation.queries import translate_query

# `i`, `s2`, …: the columns of `two_engines.edges`.
SAME = {
    "arithmetic": """
n + n2 | n - n2 | n * n2 | -n | SAFE_ADD(i,i2) | SAFE_SUBTRACT(i,i2) | SAFE_MULTIPLY(i,i2)
SAFE_NEGATE(i) | SAFE_NEGATE(-9223372036854775807 - 1) | SAFE.TIMESTAMP_SECONDS(i)
SAFE.TIMESTAMP_SECONDS(9223372036854775807) | IF(FALSE, 1/0, 5) | SAFE_DIVIDE(n,n2)
SAFE_DIVIDE(f,f2) | IEEE_DIVIDE(f,f2) | SAFE_ADD(f,f2)
SAFE.DIV(i,i2) | SAFE.MOD(i,i2) | DIV(i,3) | MOD(i,-3) | MOD(i,-1) | f + f2 | f - f2 | f * f2
n & n2 | i BIT_OR i2 | i ^ i2 | ~i | BIT_COUNT(i) | ABS(n) | ABS(f) | SIGN(i) | SIGN(f) | m + m2
m - m2 | m * m2 | -m | ABS(m) | SIGN(m) | RANGE_BUCKET(n,[0,10,20]) | SAFE.EXP(f) | SAFE.SQRT(f)
SAFE.LN(f) | SAFE.LOG10(f) | SAFE.POW(f,f2) | SIN(f) | COS(f) | TAN(f) | SAFE.ASIN(f)
SAFE.ACOS(f) | ATAN(f) | ATAN2(f,f2) | TANH(f) | SAFE.SINH(f) | SAFE.COSH(f) | ASINH(f)
SAFE.ACOSH(f) | SAFE.ATANH(f) | CBRT(f) | IS_NAN(f) | IS_INF(f)""",
    "rounding": """
ROUND(f) | ROUND(f,n) | ROUND(f,1) | ROUND(f,2) | ROUND(f,-1) | TRUNC(f) | CEIL(f) | FLOOR(f)
ROUND(m) | ROUND(m,1) | TRUNC(m) | CEIL(m) | FLOOR(m) | ROUND(f * 1000, 1) | ROUND(n / 8, 2)""",
    "comparison": """
f = f2 | f != f2 | f < f2 | f <= f2 | f > f2 | f >= f2 | f BETWEEN f2 AND 1.5 | f IN (1.5, f2)
f = 1.5 | f > 1.5 | f IS DISTINCT FROM f2 | i IN (1, i2, NULL) | i IN UNNEST(a) | i NOT IN (1, 2)
i < i2 | s < s2 | d <= d2 | t > t2 | m = m2 | b = b2 | y < y2 | GREATEST(i,i2,0) | LEAST(s,s2)
NULLIF(i,i2) | NULLIF(f,f2) | IFNULL(i,i2) | COALESCE(i,i2,3) | IF(b,i,i2) | b AND b2 | b OR b2
NOT b | b IS TRUE | b IS NOT FALSE | CASE i WHEN 1 THEN 'one' WHEN i2 THEN 'same' END
CASE WHEN b THEN 'x' WHEN b2 IS NULL THEN 'n' ELSE 'y' END | STRUCT(i,s) = STRUCT(i2,s2)
STRUCT(i AS a,f AS b) = STRUCT(i2 AS a,f2 AS b) | (i,s) IN ((1,'a'),(i2,'a'))
IF(n = 0, NULL, 10 / n) | n IS NOT NULL AND n != 0 AND b""",
    "casts": """
CAST(f AS STRING) | SAFE_CAST(f AS INT64) | SAFE_CAST(f AS NUMERIC) | CAST(i AS STRING)
CAST(i AS FLOAT64) | CAST(i AS NUMERIC) | CAST(i AS BOOL) | CAST(b AS INT64) | CAST(b AS STRING)
CAST(m AS STRING) | CAST(m AS INT64) | CAST(m AS FLOAT64) | CAST(y AS STRING) | CAST(s AS BYTES)
CAST(d AS STRING) | CAST(t AS STRING) | CAST(g AS STRING) | CAST(o AS STRING)
CAST(d AS TIMESTAMP) | CAST(d AS DATETIME) | CAST(g AS DATE) | CAST(g AS TIME) | CAST(t AS DATE)
CAST(t AS DATETIME) | CAST(t AS TIME) | CAST(a AS ARRAY<FLOAT64>) | CAST(a AS ARRAY<STRING>)
CAST((n, f) AS STRUCT<x FLOAT64, y STRING>) | SAFE_CAST(s AS INT64) | SAFE_CAST(s AS DATE)""",
    "strings": r"""
s LIKE 'a%' | s LIKE '%\\%%' | s LIKE p | s LIKE '_bc%' | s LIKE '%\\\\' | s LIKE CONCAT(p,'%')
CONCAT(s,p) | s || p | y || y2 | LENGTH(s) | LENGTH(y) | BYTE_LENGTH(s) | LOWER(s) | UPPER(s)
INITCAP(s) | REVERSE(s) | SAFE.REPEAT(s,n) | SUBSTR(s,n) | SUBSTR(s,i) | SAFE.SUBSTR(s,i,n)
SAFE.LEFT(s,n) | SAFE.RIGHT(s,n) | STRPOS(s,p) | INSTR(s,p) | STARTS_WITH(s,p) | ENDS_WITH(s,p)
REPLACE(s,p,p2) | REPLACE(s,'',p) | SPLIT(s) | SPLIT(s,p) | SPLIT(s,'') | SAFE.LPAD(s,n)
SAFE.LPAD(s,n,p) | SAFE.RPAD(s,n,p) | TRIM(s) | LTRIM(s) | RTRIM(s) | TRIM(s,p) | LTRIM(s,p)
RTRIM(s,'\n') | SAFE.ASCII(p) | UNICODE(s) | SAFE.CHR(n) | TO_HEX(y) | TO_BASE64(y) | MD5(s)
SHA1(s) | SHA256(y) | TO_CODE_POINTS(s) | FROM_HEX('0aF') | REGEXP_CONTAINS(s,p)
REGEXP_CONTAINS(s,r'^[a-z]+$') | REGEXP_CONTAINS(s,r'x.y') | REGEXP_EXTRACT(s,r'[a-z]+')
REGEXP_EXTRACT(s,r'b(c)') | REGEXP_EXTRACT(s,r'[)(?]|(\p{Lu})o') | REGEXP_EXTRACT_ALL(s,r'[a-c]')
REGEXP_EXTRACT_ALL(s,r'(a)b') | REGEXP_REPLACE(s,r'[aeiou]','_') | REGEXP_REPLACE(s,r'z*','-')
REGEXP_REPLACE(s,r'([a-z])([a-z])',r'\2\1') | FORMAT('%d|%5d|%05d|%+d|%-5d|',n,n,n,n,n)
FORMAT('%s=%d',s,i) | FORMAT('%t, %t, %t, %t',s,i,b,d) | FORMAT("%'d",i) | FORMAT('100%%')
FORMAT('%s|%10s|%-10s|',s,s,s) | FORMAT('%x %X',i,i) | FORMAT('%.2f|%f|%8.1f',n/7,n/7,n/7)""",
    "dates": """
DATE_TRUNC(d,WEEK) | DATE_TRUNC(d,WEEK(SATURDAY)) | DATE_TRUNC(d,ISOWEEK) | DATE_TRUNC(d,ISOYEAR)
DATE_TRUNC(d,MONTH) | DATE_TRUNC(d,QUARTER) | EXTRACT(YEAR FROM d) | EXTRACT(WEEK FROM d)
EXTRACT(WEEK(MONDAY) FROM d) | EXTRACT(WEEK(THURSDAY) FROM d) | EXTRACT(ISOWEEK FROM d)
EXTRACT(ISOYEAR FROM d) | EXTRACT(DAYOFWEEK FROM d) | EXTRACT(DAYOFYEAR FROM d)
EXTRACT(QUARTER FROM d) | DATE_DIFF(d,d2,DAY) | DATE_DIFF(d,d2,WEEK) | DATE_DIFF(d,d2,ISOWEEK)
DATE_DIFF(d,d2,WEEK(MONDAY)) | DATE_DIFF(d,d2,MONTH) | DATE_DIFF(d,d2,QUARTER)
DATE_DIFF(d,d2,YEAR) | DATE_DIFF(d,d2,ISOYEAR) | DATE_ADD(d,INTERVAL n DAY) | d + n | d - n
DATE_ADD(d,INTERVAL n WEEK) | DATE_ADD(d,INTERVAL n MONTH) | DATE_SUB(d,INTERVAL n QUARTER)
DATE_SUB(d,INTERVAL n YEAR) | LAST_DAY(d) | LAST_DAY(d,YEAR) | LAST_DAY(d,WEEK(MONDAY))
LAST_DAY(d,ISOWEEK) | LAST_DAY(d,QUARTER) | UNIX_DATE(d) | DATE_FROM_UNIX_DATE(n)
d + INTERVAL 1 DAY
FORMAT_DATE('%Y-%m-%d',d)
FORMAT_DATE('%A %a %B %b %h %e %j %y %C %G %g %V %U %u %w %W %Q %D %F',d)
FORMAT_DATE('%E4Y %% %n%t (x)',d) | SAFE.PARSE_DATE('%Y-%m-%d',CAST(d AS STRING))
PARSE_DATE('%b %d, %Y','jan 5, 2024') | PARSE_DATE('%Y%m%d','2024015') | DATE(2024,2,29)
GENERATE_DATE_ARRAY(d,d + 3) | GENERATE_DATE_ARRAY(d,d + 9,INTERVAL 4 DAY)""",
    "times": """
EXTRACT(MICROSECOND FROM t) | EXTRACT(MILLISECOND FROM t) | EXTRACT(SECOND FROM t)
EXTRACT(HOUR FROM t) | EXTRACT(HOUR FROM t AT TIME ZONE 'America/New_York')
EXTRACT(DATE FROM t AT TIME ZONE 'Asia/Tokyo') | EXTRACT(TIME FROM t) | EXTRACT(WEEK FROM t)
EXTRACT(DATETIME FROM t AT TIME ZONE 'Asia/Kolkata') | EXTRACT(MINUTE FROM o)
EXTRACT(DAYOFWEEK FROM t AT TIME ZONE 'America/Los_Angeles') | EXTRACT(HOUR FROM g)
TIMESTAMP_TRUNC(t,SECOND) | TIMESTAMP_TRUNC(t,MINUTE) | TIMESTAMP_TRUNC(t,HOUR)
TIMESTAMP_TRUNC(t,DAY) | TIMESTAMP_TRUNC(t,DAY,'America/New_York') | TIMESTAMP_TRUNC(t,ISOYEAR)
TIMESTAMP_TRUNC(t,HOUR,'Asia/Kolkata') | TIMESTAMP_TRUNC(t,MONTH,'America/New_York')
TIMESTAMP_TRUNC(t,WEEK,'America/New_York') | TIMESTAMP_DIFF(t,t2,SECOND)
TIMESTAMP_DIFF(t,t2,DAY) | TIMESTAMP_DIFF(t,t2,MILLISECOND) | TIMESTAMP_ADD(t,INTERVAL n HOUR)
TIMESTAMP_SUB(t,INTERVAL n MILLISECOND) | DATETIME_TRUNC(g,WEEK) | DATETIME_TRUNC(g,MONTH)
DATETIME_DIFF(g,g2,DAY) | DATETIME_DIFF(g,g2,MONTH) | DATETIME_DIFF(g,g2,HOUR)
DATETIME_DIFF(g,g2,WEEK) | DATETIME_DIFF(g,g2,MILLISECOND) | DATETIME_ADD(g,INTERVAL n MONTH)
DATETIME_SUB(g,INTERVAL n MINUTE) | TIME_ADD(o,INTERVAL n HOUR) | TIME_SUB(o,INTERVAL n MINUTE)
TIME_DIFF(o,o2,SECOND) | TIME_DIFF(o,o2,HOUR) | TIME_TRUNC(o,MINUTE) | DATE(t) | TIME(t)
DATE(t,'America/New_York') | DATETIME(t,'America/New_York') | DATETIME(d) | DATETIME(d,o)
TIMESTAMP(d) | TIMESTAMP(g) | TIMESTAMP(g,'America/New_York') | TIMESTAMP(d,'Asia/Tokyo')
UNIX_SECONDS(t) | UNIX_MILLIS(t) | UNIX_MICROS(t) | TIMESTAMP_SECONDS(n) | TIMESTAMP_MILLIS(n)
TIMESTAMP_MICROS(n) | t + INTERVAL 1 HOUR | g - INTERVAL 1 MONTH
FORMAT_DATETIME('%Y-%m-%d %H:%M:%S %I %p %R %T',g) | FORMAT_DATETIME('%E*S %E3S %E6S %E0S',g)
FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%E3SZ',t) | FORMAT_TIMESTAMP('%F %T %Z %z %Ez %s',t)
FORMAT_TIMESTAMP('%F %T',t,'America/New_York') | FORMAT_TIME('%H:%M:%E*S',o)
PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%S','2024-01-05  1:2:3') | PARSE_TIME('%T','1:2:3')
PARSE_TIMESTAMP('%Y-%m-%dT%H:%M:%E*S%Ez','2024-01-05T01:02:03.5+02:00')
PARSE_TIMESTAMP('%Y-%m-%dT%H:%M:%S%Ez','2024-01-05T01:02:03Z')
PARSE_TIMESTAMP('%Y-%m-%d','2024-01-05','America/New_York')
PARSE_DATETIME('%Y-%m-%d %H:%M','2024-01-05 1:2')""",
    "JSON": """
JSON_VALUE(j,'$.a') | JSON_VALUE(j,'$.b.c[2]') | JSON_VALUE(j,'$') | JSON_VALUE(j,'$[1]')
JSON_QUERY(j,'$.b') | JSON_QUERY(j,'$.b.c[1]') | JSON_QUERY(j,'$') | JSON_QUERY_ARRAY(j)
JSON_QUERY_ARRAY(j,'$.b.c') | JSON_VALUE_ARRAY(j) | JSON_VALUE_ARRAY(j,'$.b.c') | j.a | j.b.c[1]
j[0] | j[n] | j['a'] | JSON_TYPE(j) | JSON_KEYS(j,1) | SAFE.INT64(j) | SAFE.BOOL(j)
SAFE.STRING(j) | TO_JSON_STRING('\\u2028"<') | TO_JSON_STRING(i) | TO_JSON_STRING(f)
TO_JSON_STRING(s) | TO_JSON_STRING(d)
TO_JSON_STRING(t) | TO_JSON_STRING(g) | TO_JSON_STRING(b) | TO_JSON_STRING(j) | TO_JSON_STRING(a)
TO_JSON_STRING(STRUCT(i AS b,s AS a,a AS c)) | TO_JSON(STRUCT(n AS b,s AS a,d AS c))
JSON_VALUE('{"a":"x","n":5}','$.a') | JSON_VALUE(s,'$.a') | JSON_VALUE('{"a":null}','$.a')
JSON_VALUE('{"a":{"b c":1}}','$.a."b c"') | PARSE_JSON('{"a":[1,null]}')""",
    "arrays": """
ARRAY_LENGTH(a) | ARRAY_CONCAT(a,a2) | ARRAY_REVERSE(a) | ARRAY_TO_STRING(z,p)
ARRAY_TO_STRING(z,'-',p) | a[SAFE_OFFSET(n)] | a[SAFE_ORDINAL(n)] | GENERATE_ARRAY(n,n2)
GENERATE_ARRAY(n,n2,2) | ARRAY(SELECT x*2 FROM UNNEST(a) x WHERE x > 1)
ARRAY(SELECT x FROM UNNEST(a) x WITH OFFSET o ORDER BY o DESC) | (SELECT SUM(x) FROM UNNEST(a) x)
(SELECT COUNT(*) FROM UNNEST(a) x) | EXISTS(SELECT 1 FROM UNNEST(a) x WHERE x = n)
n IN (SELECT x FROM UNNEST(a) x) | (SELECT STRING_AGG(x, '-' ORDER BY x DESC) FROM UNNEST(z) x)
ARRAY(SELECT AS STRUCT x, o FROM UNNEST(z) x WITH OFFSET o WHERE x IS NOT NULL)
STRUCT(n AS a, STRUCT(s AS b) AS c).c.b | [n, n2][OFFSET(1)]""",
}
BOTH_REFUSE = r"""
1/0 | DIV(1,0) | MOD(1,0) | 1e308 * 10 | 9223372036854775807 + 1 | -9223372036854775807 - 2
DIV(-9223372036854775807 - 1,-1) | SQRT(-1) | LN(0) | EXP(1000) | POW(10, 400) | ACOS(2)
CAST('1.5' AS INT64) | CAST('9223372036854775808' AS INT64) | CAST('t' AS BOOL)
CAST('' AS FLOAT64)
CAST(1e19 AS INT64) | CAST(CAST('nan' AS FLOAT64) AS INT64) | CAST('2024-02-30' AS DATE)
CAST(' 2024-01-02' AS DATE) | CAST('2024-01-02 25:00:00' AS TIMESTAMP) | CAST('x' AS TIMESTAMP)
CAST(b'\xff' AS STRING) | CAST('24:00:00' AS TIME) | CAST('1e40' AS NUMERIC) | SUBSTR('a',1,-1)
LEFT('a',-1) | REPEAT('a',-1) | LPAD('a',2,'') | [1,2][OFFSET(2)] | [1,2][ORDINAL(0)]
DATE_ADD(DATE '9999-12-31',INTERVAL 1 DAY) | DATE_SUB(DATE '0001-01-01',INTERVAL 1 MONTH)
DATE_TRUNC(DATE '0001-01-01',WEEK) | TIMESTAMP_SECONDS(9223372036854775807) | DATE(2023,2,29)
TIMESTAMP_ADD(TIMESTAMP '9999-12-31 00:00:00+00',INTERVAL 2 DAY)
PARSE_DATE('%Y-%m-%d','2024-13-05')
PARSE_TIMESTAMP('%Y-%m-%d %T','2024-01-05 25:00:00') | INT64(JSON '"1"') | INT64(JSON '1.5')
BOOL(JSON '1')
GENERATE_ARRAY(1,5,0) | ERROR('no') | PARSE_JSON('{"a"') | (SELECT x FROM UNNEST([1,2]) x)
CHR(-1) | JSON_KEYS(JSON '{}',0) | TIMESTAMP(DATE '0001-01-01','Asia/Tokyo')
"""
# A wrong answer would be worse than these.
HONEST = r"""
SAFE.PARSE_JSON('{"b":{"c":{}},"a":1}') | CAST(DATE '2024-01-01' AS STRING FORMAT 'YYYY')
(SELECT PERCENTILE_CONT(x, 0.5) OVER () FROM UNNEST([1.0, CAST('nan' AS FLOAT64)]) x LIMIT 1)
FARM_FINGERPRINT('a') | REGEXP_EXTRACT('b',r'(a)?b') | REGEXP_EXTRACT_ALL('abc',r'z*')
SOUNDEX('a')
PARSE_JSON('{"b":{"c":{}},"a":1}') | FORMAT('%T','x') | JSON_KEYS(JSON '{"a":{"b":1}}')
FORMAT_TIMESTAMP('%Z',TIMESTAMP '2024-01-02 00:00:00+00','America/New_York') | NORMALIZE('a')
TIMESTAMP_TRUNC(TIMESTAMP '2024-01-02 00:00:00+00',DAY,CONCAT('U','TC'))
LOG(CAST('inf' AS FLOAT64),2)
"""


def each(text):
    return [item.strip() for item in text.replace("\n", " | ").split(" | ") if item.strip()]


@pytest.fixture(name="engines", scope="module")
def _engines():
    return TwoEngines()


@pytest.mark.parametrize("area", SAME)
def test_same_values(engines, area):
    """Each expression has the same values in DuckDB, for NULL, NaN and all that is odd."""
    expressions = [item.replace("BIT_OR", "|") for item in each(SAME[area])]

    assert [] == engines.differences(expressions)


def test_same_refusals(engines):
    """What GoogleSQL refuses when it runs is refused, too."""
    answers = {item: engines.answers(f"SELECT {item}") for item in each(BOTH_REFUSE)}

    assert {} == {item: found for item, found in answers.items() if found != (REFUSED, REFUSED)}


def test_honest_refusals(engines):
    """What would be answered in another way is not answered at all."""
    answers = {item: engines.answers(f"SELECT {item}")[1] for item in each(HONEST)}

    assert {UNSERVED} == set(answers.values()), answers


WORDS = [
    ("1/0", "division by zero: 1 / 0"),
    ("MOD(5,0)", "division by zero: MOD(5, 0)"),
    ("9223372036854775807 + 1", "int64 overflow: 9223372036854775807 + 1"),
    ("1e308 * 10", "double overflow: 1e+308 * 10"),
    ("SQRT(-1)", "Argument to SQRT cannot be negative: -1"),
    ("CAST(SUBSTR('xabc', 2) AS INT64)", "Bad int64 value: abc"),
    ("CAST(REPEAT('9', 20) AS INT64)", "Bad int64 value: 99999999999999999999"),
    ("CAST(CONCAT('t', '') AS BOOL)", "Bad bool value: t"),
    ("CAST(CONCAT('2024-13-', '01') AS DATE)", "Invalid date: '2024-13-01'"),
    ("[1,2][OFFSET(2)]", "Array index 2 is out of bounds"),
    ("ERROR('no')", "no"),
    ("REGEXP_CONTAINS('a', CONCAT('(', ''))", "Cannot parse regular expression: missing ): ("),
    ("(SELECT x FROM UNNEST([1,2]) x)", "Scalar subquery produced more than one element"),
]


@pytest.mark.parametrize(("expression", "words"), WORDS)
def test_words(engines, expression, words):
    """An error says in GoogleSQL's words what is wrong."""
    translated = translate_query(engines.analyze(f"SELECT {expression}"), {}, {})

    with pytest.raises(ApiError) as refused, query_errors():
        engines.session.execute(translated).fetchall()
    assert (400, words) == (refused.value.status, refused.value.message)
