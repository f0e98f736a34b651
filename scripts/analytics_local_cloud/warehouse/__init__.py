"""BigQuery on one machine: its REST API over a DuckDB file, GoogleSQL translated by sqlglot.

web/        the routes and the JSON of each resource
streaming   insertAll: rows checked one by one; appender takes them, stream_log keeps them safe,
            streaming_buffer remembers for a while which they are
loads       load jobs; sources reads NDJSON and CSV
rows        objects → rows; cells converts one value, json_cells what JSON columns hold
queries     query jobs; statements does DML and DDL; results keeps and pages the rows
sql/        GoogleSQL → DuckDB; planning puts it together for a session
external    tables over stored objects; external_scan reads them, hive their names' keys
catalog     which datasets and tables exist; datasets and tables change them
jobs        what ran, under which id; execution records every outcome
engine      the DuckDB file, one writer at a time
"""

from analytics_local_cloud.warehouse.objects import ObjectReader, StoredFile
from analytics_local_cloud.warehouse.streaming_buffer import STREAMING_BUFFER_SECONDS
from analytics_local_cloud.warehouse.warehouse import Warehouse
from analytics_local_cloud.warehouse.web.app import create_app

__all__ = ["STREAMING_BUFFER_SECONDS", "ObjectReader", "StoredFile", "Warehouse", "create_app"]
