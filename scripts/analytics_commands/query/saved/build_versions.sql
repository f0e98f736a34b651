-- How fast builds are adopted: players, sessions and share of the day's events, by day (UTC).
WITH dated AS (
  SELECT
    IF(
      @by = 'event' AND DATE(corrected_timestamp) < received_date, DATE(corrected_timestamp), received_date
    ) AS day,
    build_version,
    player_id,
    NULLIF(session_id, 'session-id-not-available') AS session_id
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
)
SELECT
  day,
  build_version,
  COUNT(DISTINCT player_id) AS players,
  COUNT(DISTINCT session_id) AS sessions,
  COUNT(*) AS events,
  ROUND(100 * COUNT(*) / SUM(COUNT(*)) OVER (PARTITION BY day), 1) AS percent_of_events
FROM dated
WHERE day >= @since
GROUP BY day, build_version
ORDER BY day DESC, events DESC, build_version
LIMIT @row_limit
