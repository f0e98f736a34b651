"""BigQuery on one machine: its REST API over a DuckDB file, GoogleSQL translated by sqlglot.

web/        the routes and the JSON of each resource
streaming   insertAll: rows checked one by one; appender commits those that arrive together
loads       load jobs; sources reads NDJSON and CSV, rows and cells convert values
queries     query jobs; statements does DML and DDL; results keeps and pages the rows
sql/        GoogleSQL → DuckDB; planning puts it together for a session
external    tables over stored objects; hive reads keys from their names
catalog     datasets and tables; datasets and tables change them
jobs        what ran, under which id; execution records every outcome
engine      the DuckDB file, one writer at a time
"""

from scripts.local_cloud.warehouse.objects import ObjectReader, StoredFile
from scripts.local_cloud.warehouse.warehouse import Warehouse
from scripts.local_cloud.warehouse.web.app import create_app

__all__ = ["ObjectReader", "StoredFile", "Warehouse", "create_app"]
