-- Events, batches and sessions of each minute in which there were any, newest first.
WITH timed AS (
  SELECT
    TIMESTAMP_TRUNC(
      IF(
        @by = 'event' AND corrected_timestamp < received_timestamp, corrected_timestamp, received_timestamp
      ),
      MINUTE
    ) AS minute,
    batch_id,
    NULLIF(session_id, 'session-id-not-available') AS session_id
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
)
SELECT
  minute,
  COUNT(*) AS events,
  COUNT(DISTINCT batch_id) AS batches,
  COUNT(DISTINCT session_id) AS sessions
FROM timed
WHERE DATE(minute) >= @since
GROUP BY minute
ORDER BY minute DESC
LIMIT @row_limit
