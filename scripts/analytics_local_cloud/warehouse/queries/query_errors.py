"""DuckDB's errors while a query runs, in BigQuery's form."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.engine import first_line, memory_errors
from analytics_local_cloud.warehouse.translation.queries import failure_of, refusal_of


@contextmanager
def query_errors() -> Iterator[None]:
    """Report what stops a query: in GoogleSQL's words, or as what is not supported here.

    The statement itself is right, for GoogleSQL's analyzer has read it: what DuckDB refuses of its
    own accord is no mistake of the user.
    """
    try:
        with memory_errors():
            yield
    except duckdb.ConstraintException as exc:  # NOT NULL, for there are no others
        column = first_line(exc).rpartition(".")[2]
        text = f"Required field {column} cannot be null"
        raise ApiError("invalidQuery", text, "query") from exc
    except duckdb.Error as exc:
        refused = refusal_of(str(exc))
        if refused is None and (failed := failure_of(str(exc))):
            raise ApiError("invalidQuery", failed, "query") from exc
        raise unsupported(refused or f"this query: {first_line(exc)}") from exc
