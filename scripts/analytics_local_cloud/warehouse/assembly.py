"""Everything the warehouse is made of, over one directory."""

import time
from collections.abc import Callable
from pathlib import Path

from analytics_local_cloud.warehouse.catalog.catalog import Catalog
from analytics_local_cloud.warehouse.catalog.engine import Engine
from analytics_local_cloud.warehouse.files.readable_objects import ReadableObjects
from analytics_local_cloud.warehouse.files.stored_files import ObjectReader
from analytics_local_cloud.warehouse.googlesql.analysis import Analyzer
from analytics_local_cloud.warehouse.googlesql.service import GoogleSql
from analytics_local_cloud.warehouse.inserts.appender import Appender
from analytics_local_cloud.warehouse.inserts.insert_all import Streamer
from analytics_local_cloud.warehouse.inserts.streaming_buffer import (
    STREAMING_BUFFER_SECONDS,
    StreamingBuffer,
)
from analytics_local_cloud.warehouse.jobs.job_records import Jobs
from analytics_local_cloud.warehouse.queries.engines import Engines
from analytics_local_cloud.warehouse.queries.resolution import Resolver
from analytics_local_cloud.warehouse.translation.queries import install


class Warehouse:
    """The state under `root`; it survives a kill at any moment.

    `clock` returns seconds since the epoch and exists for tests. `buffer_seconds` is how long a
    streamed row stays in the streaming buffer.
    """

    def __init__(
        self,
        root: Path,
        objects: ObjectReader,
        clock: Callable[[], float] = time.time,
        buffer_seconds: float = STREAMING_BUFFER_SECONDS,
    ) -> None:
        self.engine = Engine(root / "warehouse.duckdb")
        with self.engine.write() as transaction:
            install(transaction.connection)
        self.catalog = Catalog(self.engine)
        self.jobs = Jobs(self.engine, root / "results", clock)
        self.uploads = root / "uploads"
        self.uploads.mkdir(exist_ok=True)
        stream = root / "stream"
        stream.mkdir(exist_ok=True)
        self.objects = objects
        readable = ReadableObjects(objects, root / "readable")
        self.analyzer = Analyzer(GoogleSql())
        self.resolver = Resolver(self.catalog, self.analyzer, readable)
        self.engines = Engines(self.analyzer, readable)
        self.buffer = StreamingBuffer(buffer_seconds, clock)
        self.appender = Appender(self.engine, self.catalog, self.buffer, stream, clock)
        self.streamer = Streamer(self.appender, clock)

    def close(self) -> None:
        """Write what is pending and release the file."""
        self.appender.close()
        self.engine.close()
