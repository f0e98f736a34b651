-- Fields that have no column of their own, or did not fit it: who sends them, and when last.
SELECT
  field,
  COUNT(*) AS events,
  COUNT(DISTINCT event_type) AS event_types,
  MIN(event_type) AS example_event_type,
  COUNT(DISTINCT build_version) AS build_versions,
  MAX(received_timestamp) AS last_received
FROM events
CROSS JOIN UNNEST(JSON_KEYS(extra, 1)) AS field
WHERE received_date >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
  AND field != '_adjusted'
GROUP BY field
ORDER BY events DESC, field
LIMIT @row_limit
