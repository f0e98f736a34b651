-- How fast builds are adopted: players, sessions and share of the day's events, by day (UTC).
SELECT
  received_date,
  build_version,
  COUNT(DISTINCT player_id) AS players,
  COUNT(DISTINCT session_id) AS sessions,
  COUNT(*) AS events,
  ROUND(100 * COUNT(*) / SUM(COUNT(*)) OVER (PARTITION BY received_date), 1) AS percent_of_events
FROM events
WHERE received_date >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
GROUP BY received_date, build_version
ORDER BY received_date DESC, events DESC, build_version
LIMIT @row_limit
