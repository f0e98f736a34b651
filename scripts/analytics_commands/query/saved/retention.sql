-- Of the players first seen on a day (UTC), how many came back 1 to 7 days later; newest first.
-- First seen means not seen in the 90 days before the first day asked for. Days to come count 0.
WITH player_days AS (
  SELECT DISTINCT player_id, received_date
  FROM events
  WHERE received_date >= DATE_SUB(@since, INTERVAL 90 DAY)
    AND (@environment IS NULL OR analytics_environment = @environment)
    AND player_id IS NOT NULL
), first_days AS (
  SELECT
    received_date,
    MIN(received_date) OVER (PARTITION BY player_id) AS first_date
  FROM player_days
), ages AS (
  SELECT first_date, DATE_DIFF(received_date, first_date, DAY) AS age
  FROM first_days
)
SELECT
  first_date,
  COUNTIF(age = 0) AS day_0,
  COUNTIF(age = 1) AS day_1,
  COUNTIF(age = 2) AS day_2,
  COUNTIF(age = 3) AS day_3,
  COUNTIF(age = 4) AS day_4,
  COUNTIF(age = 5) AS day_5,
  COUNTIF(age = 6) AS day_6,
  COUNTIF(age = 7) AS day_7
FROM ages
WHERE first_date >= @since
GROUP BY first_date
ORDER BY first_date DESC
LIMIT @row_limit
