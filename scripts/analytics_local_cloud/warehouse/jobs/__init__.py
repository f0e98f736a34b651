"""Jobs: what ran, under which id, and what came of it.

job_records    each id runs once, its outcome is kept
job_execution  runs a job to its end, whatever its kind
bytes_read     how much a query reads, and what is billed for it
query_results  typed columns, rows in a file, pages in the REST encoding
"""
