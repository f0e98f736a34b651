-- Copies of an event have all of the key in common. So the id alone would do, but a filter on the
-- environment or the type could then not pass the window to the clustering of the table.
-- Rows of before it was a column have no corrected_timestamp.
SELECT * REPLACE (COALESCE(corrected_timestamp, event_timestamp) AS corrected_timestamp)
FROM `${project}.${dataset}.events_function`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY received_date, analytics_environment, event_type, event_id
  ORDER BY received_timestamp, inserted_timestamp, gcs_uri, line
) = 1
