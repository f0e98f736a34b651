-- How late events arrive: the client's clock against the server's. Negative seconds are ahead.
WITH delays AS (
  SELECT
    NULLIF(session_id, 'session-id-not-available') AS session_id,
    TIMESTAMP_DIFF(received_timestamp, corrected_timestamp, SECOND) AS seconds
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
)
SELECT
  CASE
    WHEN seconds IS NULL THEN 'without a client time'
    WHEN seconds < -60 THEN 'from the future'
    WHEN seconds <= 60 THEN 'within a minute'
    WHEN seconds <= 3600 THEN 'within an hour'
    WHEN seconds <= 86400 THEN 'within a day'
    ELSE 'later'
  END AS arrived,
  COUNT(*) AS events,
  COUNT(DISTINCT session_id) AS sessions,
  MIN(seconds) AS least_seconds,
  MAX(seconds) AS most_seconds
FROM delays
GROUP BY arrived
ORDER BY most_seconds
LIMIT @row_limit
