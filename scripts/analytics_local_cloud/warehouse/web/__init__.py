"""The BigQuery REST API, v2: one module per resource.

datasets_api, tables_api, jobs_api, queries_api  the resources
empty_collections  resources of which there are none
load_uploads  load jobs that bring their data along
methods       all that is served: routes, parameters, bodies
known         what a request may say, and what becomes of it
column_selection  the parameter `selectedFields`
partial_answers  the parameter `fields`
discovery     the discovery document, for `bq`
calls         one call as these modules see it, and its answer as JSON
"""
