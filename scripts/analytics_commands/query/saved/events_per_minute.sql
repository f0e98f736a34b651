-- Events, batches and sessions of each minute in which any arrived, newest first.
SELECT
  TIMESTAMP_TRUNC(received_timestamp, MINUTE) AS received_minute,
  COUNT(*) AS events,
  COUNT(DISTINCT batch_id) AS batches,
  COUNT(DISTINCT session_id) AS sessions
FROM events
WHERE received_date >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
GROUP BY received_minute
ORDER BY received_minute DESC
LIMIT @row_limit
