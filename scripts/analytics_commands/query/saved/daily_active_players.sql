-- Players, sessions and events of each day (UTC), newest first.
SELECT
  received_date,
  COUNT(DISTINCT player_id) AS players,
  COUNT(DISTINCT session_id) AS sessions,
  COUNT(*) AS events,
  ROUND(COUNTIF(player_id IS NOT NULL) / NULLIF(COUNT(DISTINCT player_id), 0), 1)
    AS events_per_player
FROM events
WHERE received_date >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
GROUP BY received_date
ORDER BY received_date DESC
LIMIT @row_limit
