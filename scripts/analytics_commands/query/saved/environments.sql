-- Which environments and categories send events: how many, in how many batches, and until when.
SELECT
  analytics_environment,
  event_category,
  COUNT(*) AS events,
  COUNT(DISTINCT batch_id) AS batches,
  MIN(received_timestamp) AS first_received,
  MAX(received_timestamp) AS last_received
FROM events
WHERE received_date >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
GROUP BY analytics_environment, event_category
ORDER BY events DESC, analytics_environment, event_category
LIMIT @row_limit
