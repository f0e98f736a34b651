-- The most frequent event types, their share of all events, and how many sessions and players.
SELECT
  event_class,
  event_type,
  COUNT(*) AS events,
  ROUND(100 * COUNT(*) / SUM(COUNT(*)) OVER (), 1) AS percent_of_events,
  COUNT(DISTINCT NULLIF(session_id, 'session-id-not-available')) AS sessions,
  COUNT(DISTINCT player_id) AS players
FROM events
WHERE received_date >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
GROUP BY event_class, event_type
ORDER BY events DESC, event_class, event_type
LIMIT @row_limit
