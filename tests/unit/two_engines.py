"""The same query by GoogleSQL's reference implementation, and translated, by DuckDB."""

import math
import random
from decimal import Decimal

import duckdb
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.googlesql.analysis import Analyzer
from analytics_local_cloud.warehouse.googlesql.protobuf_values import from_value
from analytics_local_cloud.warehouse.googlesql.service import GoogleSql, GoogleSqlError
from analytics_local_cloud.warehouse.googlesql.statement_text import StatementText
from analytics_local_cloud.warehouse.googlesql.types import output_columns
from analytics_local_cloud.warehouse.queries.fetching import fetch
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated
from analytics_local_cloud.warehouse.translation.queries import install, translate_query

REFUSED, UNSERVED = "refused", "unserved"
_SQL_TYPES = {
    "i": "INT64",
    "n": "INT64",
    "f": "FLOAT64",
    "m": "NUMERIC",
    "b": "BOOL",
    "s": "STRING",
    "p": "STRING",
    "y": "BYTES",
    "d": "DATE",
    "g": "DATETIME",
    "o": "TIME",
    "t": "TIMESTAMP",
    "j": "JSON",
    "a": "ARRAY<INT64>",
    "z": "ARRAY<STRING>",
}
# By the letter of a column: values that are odd in some way. `n` and `p` are small ones.
VALUES = {
    "i": ("0", "1", "-1", "7", "-7", "9223372036854775807", "-9223372036854775808"),
    "n": ("0", "1", "2", "3", "5", "-1", "-3", "100"),
    "f": (
        *("0.0", "-0.0", "1.5", "-2.5", "2.675", "0.1", "1e-7", "123456789012345680.0", "1e20"),
        *("CAST('nan' AS FLOAT64)", "CAST('inf' AS FLOAT64)", "CAST('-inf' AS FLOAT64)"),
    ),
    "m": (
        *("NUMERIC '0'", "NUMERIC '1.5'", "NUMERIC '-2.5'", "NUMERIC '123456789.123456789'"),
        "NUMERIC '-0.000000001'",
    ),
    "b": ("TRUE", "FALSE"),
    "s": (
        *("''", "'a'", "'abcabc'", "'héllo wörld'", "'日本語'", "' \\t x y\\n'", "'a,b,,c'"),
        *("'100%_x\\\\'", "'Foo-bar.baz qux'"),
    ),
    "p": ("'a'", "'b'", "','", "'abc'", "'é'", "' '"),
    "y": ("b''", "b'abc'", "b'h\\xc3\\xa9'"),
    "d": (
        *("DATE '1969-12-31'", "DATE '2020-02-29'", "DATE '2024-01-31'", "DATE '2021-01-03'"),
        *("DATE '2018-12-31'", "DATE '1001-01-08'"),
    ),
    "g": (
        *("DATETIME '1969-12-31 23:59:59.999999'", "DATETIME '2024-03-10 02:30:00'"),
        *("DATETIME '2024-11-03 01:30:00'", "DATETIME '2020-02-29 12:34:56.789123'"),
    ),
    "o": ("TIME '00:00:00'", "TIME '23:59:59.999999'", "TIME '12:34:56.789'"),
    "t": (
        *("TIMESTAMP '1969-12-31 23:59:59.999999+00'", "TIMESTAMP '2024-03-10 06:59:59.5+00'"),
        *("TIMESTAMP '2024-11-03 05:30:00+00'", "TIMESTAMP '2021-01-03 00:00:00+00'"),
        "TIMESTAMP '2020-12-31 12:34:56.789123+00'",
    ),
    "j": (
        *('JSON \'{"a":1,"b":{"c":[1,2.5,"x"]}}\'', "JSON '[1,\"two\",null,true]'"),
        *("JSON 'null'", "JSON '\"s\"'", "JSON '1.5'", "JSON 'true'", "JSON '{}'", "JSON '-3'"),
    ),
    "a": ("[1,2,3]", "CAST([] AS ARRAY<INT64>)", "[5,CAST(NULL AS INT64)]"),
    "z": ("['a','b']", "CAST([] AS ARRAY<STRING>)", "['x',CAST(NULL AS STRING),'y']"),
}
_ROWS = 48


def edges(seed=7, letters=VALUES, number=_ROWS):
    """Return rows of these values, and NULL, in columns `i`, `i2`, `n`, …, as SQL."""
    chance = random.Random(seed)
    rows = []
    columns = [letter + suffix for letter in letters for suffix in ("", "2")]
    for _ in range(number):
        cells = [
            f"{chance.choice([*VALUES[name[0]], f'CAST(NULL AS {_SQL_TYPES[name[0]]})'])} AS {name}"
            for name in columns
        ]
        rows.append(f"STRUCT({', '.join(cells)})")
    return f"UNNEST([{', '.join(rows)}]) WITH OFFSET row_number"


class TwoEngines:
    def __init__(self):
        self.analyzer = Analyzer(GoogleSql())
        self._options = self.analyzer.options(())
        self.session = duckdb.connect(config={"threads": 1})
        self.session.execute("SET TimeZone = 'UTC'")
        install(self.session)

    def analyze(self, sql, tables=()):
        return self.analyzer.analyze(StatementText.of(sql), tables).tree

    def evaluated(self, sql, tree):
        request = service_pb2.EvaluateQueryRequest(
            sql=sql, options=self._options, registered_catalog_id=self.analyzer.registered(())
        )
        try:
            answer = self.analyzer.service.call(
                "EvaluateQuery", request, service_pb2.EvaluateQueryResponse
            )
        except GoogleSqlError:
            return REFUSED
        columns = output_columns(tree)
        return [
            tuple(
                comparable(from_value(column, cell))
                for column, cell in zip(columns, row.cell, strict=True)
            )
            for row in answer.content.table_data.row
        ]

    def translated(self, tree):
        try:
            sql = translate_query(tree, {}, {})
            rows = list(fetch(self.session, sql, output_columns(tree)))
        except NotTranslated:
            return UNSERVED
        except ApiError as exc:
            return UNSERVED if exc.reason == "notImplemented" else REFUSED
        return [tuple(map(comparable, row)) for row in rows]

    def answers(self, sql):
        """Return GoogleSQL's answer and the translation's: rows, REFUSED or UNSERVED."""
        tree = self.analyze(sql)
        return self.evaluated(sql, tree), self.translated(tree)

    def differences(self, expressions):
        """Return (expression, GoogleSQL's values, the translation's) wherever they differ."""
        sql = f"SELECT {', '.join(expressions)} FROM {edges()} ORDER BY row_number"
        exact, translated = self.answers(sql)
        if isinstance(exact, str) or isinstance(translated, str):
            if len(expressions) == 1:
                return [(expressions[0], exact, translated)]
            half = len(expressions) // 2
            halves = expressions[:half], expressions[half:]
            return [found for items in halves for found in self.differences(items)]
        values = zip(*exact, strict=True), zip(*translated, strict=True)
        columns = zip(expressions, *values, strict=True)
        return [
            (item, *next(pair for pair in zip(right, given, strict=True) if pair[0] != pair[1]))
            for item, right, given in columns
            if right != given
        ]


def comparable(value):
    """Return a value so that NaN equals NaN, and the last digits of a float do not count."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else float(f"{value:.12g}") + 0.0
    if isinstance(value, (list, tuple)):
        return [comparable(item) for item in value] or None
    return value.normalize() if isinstance(value, Decimal) else value
