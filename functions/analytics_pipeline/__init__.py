"""The serverless analytics pipeline: what runs between a POST and a row.

POST /v1/event → http_api → ingest → events → storage: one object, written once.
Object finalized → load → rows → warehouse: rows in BigQuery, rejects in `dead_letters`.
POST /v1/file  → http_api → uploads → storage: a signed URL, the client PUTs the file itself.

http_api      routes, limits, decoding, CORS, errors as JSON
ingest        use case: a body becomes one object and a receipt
uploads       use case: a file request becomes a signed URL
load          use case: an object becomes rows, rejects become dead letters
events        pure: split a body into events, stamp the envelope
rows          pure: an event becomes a row, driven by schemas/
object_names  pure: the only spelling of the object names
storage       adapter: Cloud Storage
warehouse     adapter: BigQuery
settings      the environment, read once     errors  every refusal and failure
logs          structured log lines           wiring  settings become collaborators
"""
