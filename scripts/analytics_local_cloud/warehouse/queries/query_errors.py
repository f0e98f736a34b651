"""DuckDB's errors while a query runs, in BigQuery's form."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.engine import first_line, memory_errors


@contextmanager
def query_errors() -> Iterator[None]:
    """Report what DuckDB refuses: a generated `error(…)` is GoogleSQL's own, all else is a 501.

    The statement is right, for GoogleSQL's analyzer has read it; so what DuckDB cannot do with it
    is no mistake of the user.
    """
    try:
        with memory_errors():
            yield
    except duckdb.InvalidInputException as exc:
        raise ApiError("invalidQuery", first_line(exc), "query") from exc
    except duckdb.OutOfRangeException as exc:
        raise ApiError("invalidQuery", first_line(exc), "query") from exc
    except duckdb.Error as exc:
        raise unsupported(f"this query: {first_line(exc)}") from exc
