"""The serverless analytics pipeline: what runs between a POST and a row.

POST /v1/event → http_api → ingest → events → storage: one object, written once.
Object finalized → load → rows → warehouse: rows in BigQuery, rejects in `dead_letters`.
POST /v1/file  → http_api → uploads → signing: a signed URL, the client PUTs the file itself.
Every half hour → reconcile → shortfalls → repairs → load_jobs: what is stored but not loaded.

http_api      routes, CORS, errors as JSON       parameters, bodies  what a request may hold
ingest        use case: a body becomes one object and a receipt
uploads       use case: a file request becomes a signed URL
load          use case: an object becomes rows, rejects become dead letters
reconcile     use case: a scheduled run of the next two
shortfalls    which objects lack rows            repairs  many objects become rows by one job
events        pure: split a body into events, stamp the envelope
rows          pure: an event becomes a row, driven by schemas/
object_names  pure: the only spelling of the object names
object_rows   an object is read, verified and taken apart into rows
storage, inventory, signing    adapters: Cloud Storage
warehouse, load_jobs, ledger   adapters: BigQuery
settings      the environment, read once         errors  every refusal and failure
logs          structured log lines               wiring  settings become collaborators
"""
