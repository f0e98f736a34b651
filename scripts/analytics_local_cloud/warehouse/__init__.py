"""BigQuery on one machine: its REST API over a DuckDB file, GoogleSQL by Google's own analyzer.

app          everything on one port
web/         the JSON of each resource
operations/  tables and datasets changed, loads, queries, DML and DDL
assembly     all that the warehouse is made of, over one directory
inserts/     streaming inserts and the streaming buffer
jobs/        what ran, and its results
sql/         GoogleSQL → DuckDB
files/       files in Cloud Storage: for load jobs and external tables
catalog/     the DuckDB file, and which datasets and tables exist in it
values/      columns, cells, rows
api_errors   refusals in the words of the REST API
"""

from analytics_local_cloud.warehouse.app import create_app
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.files.stored_files import ObjectReader, StoredFile
from analytics_local_cloud.warehouse.inserts.streaming_buffer import STREAMING_BUFFER_SECONDS

__all__ = ["STREAMING_BUFFER_SECONDS", "ObjectReader", "StoredFile", "Warehouse", "create_app"]
