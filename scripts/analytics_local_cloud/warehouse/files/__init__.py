"""Files in Cloud Storage (or in a request) as the warehouse reads them.

stored_files      the files that match a `gs://` pattern
record_files      their records: NDJSON and CSV, plain or gzip
parquet_files     Parquet files of a load job
inference         a schema from the first rows
hive              columns in `key=value` segments of their names
external_tables   tables that are nothing but files, read on each query
external_scan     the DuckDB relation behind one, and which files it opens
text_values       texts of files → values, as strictly as BigQuery reads them
readable_objects  objects in the form in which DuckDB can read them
"""
