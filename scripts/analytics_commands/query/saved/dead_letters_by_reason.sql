-- Open dead letters by reason: how many events they stand for, since when, and the latest one.
SELECT
  analytics_environment,
  reason,
  COUNT(*) AS letters,
  SUM(event_count) AS events,
  MIN(dead_lettered_timestamp) AS first_dead_lettered,
  MAX(dead_lettered_timestamp) AS last_dead_lettered,
  ANY_VALUE(detail HAVING MAX dead_lettered_timestamp) AS latest_detail,
  ANY_VALUE(gcs_uri HAVING MAX dead_lettered_timestamp) AS latest_uri
FROM open_dead_letters
WHERE dead_lettered_date >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
GROUP BY analytics_environment, reason
ORDER BY events DESC, analytics_environment, reason
LIMIT @row_limit
