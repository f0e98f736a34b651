-- Events of each type on each day (UTC), and from how many players, newest first.
WITH dated AS (
  SELECT
    IF(
      @by = 'event' AND DATE(corrected_timestamp) < received_date, DATE(corrected_timestamp), received_date
    ) AS day,
    event_type,
    player_id
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
)
SELECT
  day,
  event_type,
  COUNT(*) AS events,
  COUNT(DISTINCT player_id) AS players
FROM dated
WHERE day >= @since
GROUP BY day, event_type
ORDER BY day DESC, events DESC, event_type
LIMIT @row_limit
