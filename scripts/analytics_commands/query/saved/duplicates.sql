-- Rows that the view `events` hides, by day (UTC): objects delivered again, requests sent again.
WITH copies AS (
  SELECT
    analytics_environment,
    received_date,
    event_type,
    event_id,
    COUNT(*) AS row_count,
    -- Rows of before it was a column have no line: an object then held an event once.
    COUNT(DISTINCT CONCAT(gcs_uri, ' ', COALESCE(CAST(line AS STRING), ''))) AS line_count
  FROM events_function
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
  GROUP BY analytics_environment, received_date, event_type, event_id
)
SELECT
  received_date,
  analytics_environment,
  COUNT(*) AS events,
  SUM(row_count) AS stored_rows,
  SUM(row_count - line_count) AS delivered_again,
  SUM(line_count - 1) AS sent_again
FROM copies
GROUP BY received_date, analytics_environment
ORDER BY received_date DESC, stored_rows DESC, analytics_environment
LIMIT @row_limit
