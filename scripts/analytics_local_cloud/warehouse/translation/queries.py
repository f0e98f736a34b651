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
_FAILED = re.compile(r"'GoogleSQL: (.*)' to INT64", re.DOTALL)
_REFUSED = re.compile(r"'not translated: (.*)' to INT64", re.DOTALL)


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
