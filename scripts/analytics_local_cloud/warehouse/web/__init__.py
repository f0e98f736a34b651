"""The BigQuery REST API, v2: one module per resource.

datasets_api, tables_api, jobs_api  the resources
load_uploads  load jobs that bring their data along
discovery     the discovery document, for `bq`
calls         one call as these modules see it, and its answer as JSON
"""
