SELECT
  timestamp AS logged_timestamp,
  jsonPayload.event AS event,
  jsonPayload.object AS gcs_uri,
  REGEXP_EXTRACT(jsonPayload.object, r'^gs://[^/]+/data_type=([^/]+)/') AS data_type,
  REGEXP_EXTRACT(jsonPayload.object, r'/analytics_environment=([^/]+)/') AS analytics_environment,
  REGEXP_EXTRACT(jsonPayload.object, r'/event_category=([^/]+)/') AS event_category,
  SAFE_CAST(REGEXP_EXTRACT(jsonPayload.object, r'/event_ds=([^/]+)/') AS DATE) AS event_ds,
  TIMESTAMP_MICROS(
    CAST(ROUND(SAFE_CAST(jsonPayload.received_timestamp AS FLOAT64) * 1000000) AS INT64)
  ) AS received_timestamp,
  CAST(jsonPayload.event_count AS INT64) AS event_count,
  CAST(jsonPayload.rows AS INT64) AS loaded_rows,
  CAST(jsonPayload.dead_letters AS INT64) AS dead_letters
FROM `${project}.${dataset}.run_googleapis_com_stdout`
