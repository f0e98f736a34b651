-- Of the players first seen on a day (UTC), percent that came back 1 to 7 days later.
-- First seen means not seen in the 90 days before the first day asked for. A day that is not over
-- yet is NULL: 0 says that nobody came.
WITH player_days AS (
  SELECT DISTINCT
    player_id,
    IF(
      @by = 'event' AND DATE(corrected_timestamp) < received_date, DATE(corrected_timestamp), received_date
    ) AS day
  FROM events
  WHERE received_date >= DATE_SUB(@since, INTERVAL 90 DAY)
    AND (@environment IS NULL OR analytics_environment = @environment)
    AND player_id IS NOT NULL
), ages AS (
  SELECT
    MIN(day) OVER (PARTITION BY player_id) AS first_day,
    DATE_DIFF(day, MIN(day) OVER (PARTITION BY player_id), DAY) AS age
  FROM player_days
  WHERE day >= DATE_SUB(@since, INTERVAL 90 DAY)
), cohorts AS (
  SELECT
    first_day,
    DATE_DIFF(CURRENT_DATE(), first_day, DAY) - 1 AS days_over,
    COUNTIF(age = 0) AS players,
    COUNTIF(age = 1) AS day_1,
    COUNTIF(age = 2) AS day_2,
    COUNTIF(age = 3) AS day_3,
    COUNTIF(age = 4) AS day_4,
    COUNTIF(age = 5) AS day_5,
    COUNTIF(age = 6) AS day_6,
    COUNTIF(age = 7) AS day_7
  FROM ages
  WHERE first_day >= @since
  GROUP BY first_day
)
SELECT
  first_day,
  players,
  IF(days_over >= 1, ROUND(100 * day_1 / players, 1), NULL) AS pct_1,
  IF(days_over >= 2, ROUND(100 * day_2 / players, 1), NULL) AS pct_2,
  IF(days_over >= 3, ROUND(100 * day_3 / players, 1), NULL) AS pct_3,
  IF(days_over >= 4, ROUND(100 * day_4 / players, 1), NULL) AS pct_4,
  IF(days_over >= 5, ROUND(100 * day_5 / players, 1), NULL) AS pct_5,
  IF(days_over >= 6, ROUND(100 * day_6 / players, 1), NULL) AS pct_6,
  IF(days_over >= 7, ROUND(100 * day_7 / players, 1), NULL) AS pct_7
FROM cohorts
ORDER BY first_day DESC
LIMIT @row_limit
