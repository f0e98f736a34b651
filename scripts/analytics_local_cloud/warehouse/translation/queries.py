"""The way in: a whole query, the macros that translated SQL calls, and DuckDB's errors."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from analytics_local_cloud.warehouse.translation import (  # noqa: F401 (they register handlers)
    expressions,
    literals,
)
from analytics_local_cloud.warehouse.translation.function_calls import MACROS
from analytics_local_cloud.warehouse.translation.nodes import (
    Node,
    NotTranslated,
    Statement,
    column_name,
    read_only,
    unwrap,
)
from analytics_local_cloud.warehouse.translation.rows import (  # noqa: F401 (they, too)
    aggregates,
    joins,
    scans,
    windows,
)

if TYPE_CHECKING:
    import duckdb

Relation = str
_REFUSED = re.compile(r"'not translated: (.*)' to INT64", re.DOTALL)
_RE2 = (
    r"(?:invalid (?:escape|character|repetition|perl|UTF-8|named)|missing (?:\]|\)|argument)"
    r"|unexpected \)|trailing \\|no argument for|bad repetition)"
)
# DuckDB's words for what GoogleSQL refuses as well → GoogleSQL's. What is not here is no mistake of
# a user: the analyzer has read the statement.
_FAILURES = [
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"'GoogleSQL: (.*)' to INT64", "{0}"),
        (r"Overflow in \w+ of INT64 \((.*?)\)!", "int64 overflow: {0}"),
        (r"Overflow (?:in negation of|on abs)|Type INT128 with value", "int64 overflow"),
        (r"Could not convert string '([-+]?\d+)' to INT64", "Bad int64 value: {0}"),
        (r"Could not convert string '(-?0[xX]\w+)' to INT", "Bad int64 value: {0}"),
        (r"onvert string [\"'](.*?)[\"'] to DECIMAL\(38,9\)", "Invalid NUMERIC value: {0}"),
        (r"Overflow in (?:addition|subtract\w*) of DECIMAL", "numeric overflow"),
        (r"Date out of range: ([-\d]+)", "Input calculates to invalid date: {0}"),
        (r"destination type INT32", "Date or interval overflow"),
        (r"could not convert blob to UTF8", "Invalid cast of bytes to UTF8 string"),
        (r"More than one row returned by a subq", "Scalar subquery produced more than one element"),
        (rf"Invalid Input Error: ({_RE2}.*?)$", "Cannot parse regular expression: {0}"),
    )
]


def translate_query(
    statement: Node, relations: Mapping[str, Relation], parameters: Mapping[str, str]
) -> str:
    """Return DuckDB SQL of a query (`AnyResolvedStatementProto`), with columns c0, c1, ….

    `relations` are what may stand in FROM, by the tables' names in the statement; `parameters`
    are DuckDB literals, by lower-case name or position ("1", "2", …). Raises `NotTranslated`.
    """
    kind, node = unwrap(statement)
    if kind != "resolved_query_stmt_node":
        raise NotTranslated(kind.removeprefix("resolved_").removesuffix("_stmt_node").upper())
    read_only(node, "output_column_list", "query")
    rows = Statement(relations, parameters).rows(node.query)
    items = [
        f"{column_name(item.column)} AS c{number}"
        for number, item in enumerate(node.output_column_list)
    ]
    return f"SELECT {', '.join(items)} FROM ({rows.sql}){rows.ordered()}"


def install(connection: "duckdb.DuckDBPyConnection") -> None:
    """Create the macros that translated SQL calls, in the connection's current schema."""
    connection.execute(MACROS)


def failure_of(error: str) -> str | None:
    """Return in GoogleSQL's words why translated SQL failed, from DuckDB's error; None: no idea."""
    for pattern, words in _FAILURES:
        if found := pattern.search(error):
            return words.format(*found.groups())
    return None


def refusal_of(error: str) -> str | None:
    """Return what translated SQL found while it ran that it has no translation for, or None."""
    found = _REFUSED.search(error)
    return found[1] if found else None
