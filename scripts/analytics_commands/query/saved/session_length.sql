-- How long sessions last: how many there are of each length, and their share.
-- The length is by the client's clock where every event has a time, else by the server's. Of a
-- session that began before the first day asked for, only what came since is counted.
WITH lengths AS (
  SELECT
    IF(
      COUNT(event_timestamp) = COUNT(*),
      TIMESTAMP_DIFF(MAX(event_timestamp), MIN(event_timestamp), SECOND),
      TIMESTAMP_DIFF(MAX(received_timestamp), MIN(received_timestamp), SECOND)
    ) AS seconds
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
    AND session_id != 'session-id-not-available'
  GROUP BY analytics_environment, session_id
), classes AS (
  SELECT
    seconds,
    CASE
      WHEN seconds < 10 THEN 'under 10 seconds'
      WHEN seconds < 60 THEN '10 to 60 seconds'
      WHEN seconds < 300 THEN '1 to 5 minutes'
      WHEN seconds < 900 THEN '5 to 15 minutes'
      WHEN seconds < 1800 THEN '15 to 30 minutes'
      WHEN seconds < 3600 THEN '30 to 60 minutes'
      WHEN seconds < 7200 THEN '1 to 2 hours'
      ELSE '2 hours and more'
    END AS length
  FROM lengths
)
SELECT
  length,
  COUNT(*) AS sessions,
  ROUND(100 * COUNT(*) / SUM(COUNT(*)) OVER (), 1) AS percent_of_sessions,
  ROUND(AVG(seconds), 1) AS mean_seconds
FROM classes
GROUP BY length
ORDER BY MIN(seconds)
LIMIT @row_limit
