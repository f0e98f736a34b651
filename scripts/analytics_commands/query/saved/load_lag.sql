-- Seconds from receiving an event to making its row, of each hour: median, percentiles, longest.
-- Rows that a backfill or replay made are among them.
WITH lags AS (
  SELECT
    TIMESTAMP_TRUNC(received_timestamp, HOUR) AS received_hour,
    TIMESTAMP_DIFF(inserted_timestamp, received_timestamp, MILLISECOND) AS lag_milliseconds
  FROM events_function
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
)
SELECT
  received_hour,
  COUNT(*) AS loaded,
  APPROX_QUANTILES(lag_milliseconds, 100)[OFFSET(50)] / 1000 AS p50,
  APPROX_QUANTILES(lag_milliseconds, 100)[OFFSET(95)] / 1000 AS p95,
  APPROX_QUANTILES(lag_milliseconds, 100)[OFFSET(99)] / 1000 AS p99,
  MAX(lag_milliseconds) / 1000 AS longest
FROM lags
GROUP BY received_hour
ORDER BY received_hour DESC
LIMIT @row_limit
