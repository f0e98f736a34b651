-- Players of each day (UTC), of 7 and of 30 days up to it, and how many of those came that day.
-- The day that is not over yet is there, too: its players are those so far.
WITH player_days AS (
  SELECT DISTINCT
    player_id,
    IF(
      @by = 'event' AND DATE(corrected_timestamp) < received_date, DATE(corrected_timestamp), received_date
    ) AS seen_day
  FROM events
  WHERE received_date >= DATE_SUB(@since, INTERVAL 29 DAY)
    AND (@environment IS NULL OR analytics_environment = @environment)
    AND player_id IS NOT NULL
), counted AS (
  SELECT
    DATE_ADD(seen_day, INTERVAL age DAY) AS day,
    COUNT(DISTINCT IF(age = 0, player_id, NULL)) AS dau,
    COUNT(DISTINCT IF(age < 7, player_id, NULL)) AS wau,
    COUNT(DISTINCT player_id) AS mau
  FROM player_days
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 29)) AS age -- a day counts for itself and the 29 after it
  WHERE seen_day >= DATE_SUB(@since, INTERVAL 29 DAY)
  GROUP BY day
)
SELECT
  day,
  dau,
  wau,
  mau,
  ROUND(100 * dau / NULLIF(wau, 0), 1) AS dau_percent_of_wau,
  ROUND(100 * dau / mau, 1) AS dau_percent_of_mau
FROM counted
WHERE day BETWEEN @since AND CURRENT_DATE()
ORDER BY day DESC
LIMIT @row_limit
