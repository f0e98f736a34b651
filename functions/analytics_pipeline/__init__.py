"""The serverless analytics pipeline: what runs between a POST and a row.

ingest/     POST /v1/event → one object, written once; POST /v1/file → a signed URL
load/       object finalized → rows in BigQuery, rejects in `dead_letters`
reconcile/  on a schedule: what is stored but not loaded
schemas/    columns and views, the one source for code and infrastructure

Beside them stands what several share:
object_names    pure: the only spelling of the object names
stored_objects  pure: what is known of an object without reading it
json_text       pure: JSON taken apart without touching its tokens     gunzip  pure: bounded gzip
time_texts      pure: times, read and written      event_ids   pure: the id a client gives an event
settings        the environment, read once         errors  every refusal and failure
logs            structured log lines               clock, allocator  time and memory

Each flow has its `wiring`: settings become collaborators, on first use.
"""
