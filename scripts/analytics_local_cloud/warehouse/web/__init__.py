"""The BigQuery REST API, v2, on Starlette."""
