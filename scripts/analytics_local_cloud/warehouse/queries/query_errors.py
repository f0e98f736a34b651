"""DuckDB's errors while a query runs, in BigQuery's form."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.engine import first_line, memory_errors

_FAILED = re.compile(r"'GoogleSQL: (.*)' to INT64", re.DOTALL)  # as macros.sql fails
_REFUSED = re.compile(r"'not translated: (.*)' to INT64", re.DOTALL)


@contextmanager
def query_errors() -> Iterator[None]:
    """Report what stops a query: in GoogleSQL's words, or as what is not supported here.

    The statement itself is right, for GoogleSQL's analyzer has read it: what DuckDB refuses of its
    own accord is no mistake of the user.
    """
    try:
        with memory_errors():
            yield
    except duckdb.Error as exc:
        if failed := _FAILED.search(str(exc)):
            raise ApiError("invalidQuery", failed[1], "query") from exc
        refused = _REFUSED.search(str(exc))
        raise unsupported(refused[1] if refused else f"this query: {first_line(exc)}") from exc
