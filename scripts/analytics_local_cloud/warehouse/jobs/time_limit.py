"""A job's `jobTimeoutMs`: what runs longer is stopped."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from analytics_local_cloud.warehouse.api_errors import ApiError

_AGAIN_SECONDS = 0.1  # a session between two statements does not hear that it is interrupted


@contextmanager
def time_limit(session: duckdb.DuckDBPyConnection, milliseconds: int) -> Iterator[None]:
    """Interrupt what the session runs after so long, 0 for never; raises ApiError (timeout)."""
    if not milliseconds:
        yield
        return
    ended, is_late = threading.Event(), threading.Event()

    def watch() -> None:
        wait = milliseconds / 1000
        while not ended.wait(wait):
            is_late.set()
            session.interrupt()
            wait = _AGAIN_SECONDS

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except (ApiError, duckdb.Error) as exc:
        if is_late.is_set():
            text = f"Operation timed out after {milliseconds / 1000} seconds."
            raise ApiError("timeout", text) from exc
        raise
    finally:
        ended.set()
        watcher.join()
