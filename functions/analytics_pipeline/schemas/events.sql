SELECT *
FROM `${project}.${dataset}.events_function`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY received_date, event_id
  ORDER BY received_timestamp, inserted_timestamp, gcs_uri
) = 1
