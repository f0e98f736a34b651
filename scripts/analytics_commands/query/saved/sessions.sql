-- Sessions, newest first: who played, how long in seconds, and how many events were sent.
-- The length is by the client's clock where every event has a time, else by the server's.
SELECT
  analytics_environment,
  session_id,
  MAX(player_id) AS player_id,
  MAX(build_version) AS build_version,
  MIN(received_timestamp) AS first_received,
  IF(
    COUNT(event_timestamp) = COUNT(*),
    TIMESTAMP_DIFF(MAX(event_timestamp), MIN(event_timestamp), SECOND),
    TIMESTAMP_DIFF(MAX(received_timestamp), MIN(received_timestamp), SECOND)
  ) AS seconds,
  COUNT(*) AS events,
  COUNT(DISTINCT event_type) AS event_types
FROM events
WHERE received_date >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
  AND session_id != 'session-id-not-available'
GROUP BY analytics_environment, session_id
ORDER BY first_received DESC, session_id
LIMIT @row_limit
