"""Text ↔ syntax tree, by sqlglot."""

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError, TokenError, UnsupportedError
from sqlglot.tokenizer_core import TokenType

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported

POSITIONAL = "positional_parameter_"
_CONTROL_SEQUENCES = re.compile(r"\x1b\[[0-9;]*m")


def parse(sql: str) -> exp.Expr:
    """Parse one GoogleSQL statement; raises `ApiError` (invalidQuery, notImplemented).

    Positional parameters come out as `@positional_parameter_1` and so on, in their order.
    """
    try:
        numbered = _number_placeholders(sql)
        statements = [tree for tree in sqlglot.parse(numbered, read="bigquery") if tree is not None]
    except (ParseError, TokenError) as exc:
        text = _CONTROL_SEQUENCES.sub("", str(exc)).replace("\n", " ")
        raise ApiError("invalidQuery", f"Syntax error: {text}", "query") from exc
    if not statements:
        raise ApiError("invalidQuery", "Syntax error: the query is empty", "query")
    if len(statements) > 1:
        raise unsupported("scripts of several statements")
    return statements[0]


def generate(tree: exp.Expr) -> str:
    """Write a tree as DuckDB SQL; raises `ApiError` (notImplemented) where it cannot."""
    try:
        return tree.sql("duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)
    except UnsupportedError as exc:
        raise unsupported(f"this in SQL: {exc}") from exc
    except SqlglotError as exc:
        raise ApiError("invalidQuery", str(exc), "query") from exc


def _number_placeholders(sql: str) -> str:
    pieces, end = [], 0
    tokens = sqlglot.tokenize(sql, read="bigquery")
    marks = [token for token in tokens if token.token_type is TokenType.PLACEHOLDER]
    for number, token in enumerate(marks, 1):
        pieces += [sql[end : token.start], f"@{POSITIONAL}{number}"]
        end = token.end + 1
    return "".join([*pieces, sql[end:]])
