-- Players, sessions and events of each day (UTC), newest first.
WITH dated AS (
  SELECT
    IF(
      @by = 'event' AND DATE(corrected_timestamp) < received_date, DATE(corrected_timestamp), received_date
    ) AS day,
    player_id,
    NULLIF(session_id, 'session-id-not-available') AS session_id
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
)
SELECT
  day,
  COUNT(DISTINCT player_id) AS players,
  COUNT(DISTINCT session_id) AS sessions,
  COUNT(*) AS events,
  ROUND(COUNTIF(player_id IS NOT NULL) / NULLIF(COUNT(DISTINCT player_id), 0), 1)
    AS events_per_player
FROM dated
WHERE day >= @since
GROUP BY day
ORDER BY day DESC
LIMIT @row_limit
