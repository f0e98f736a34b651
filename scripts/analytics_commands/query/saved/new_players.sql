-- New and returning players of each day (UTC), newest first.
-- New means not seen in the 90 days before the first day asked for, nor since.
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
), first_days AS (
  SELECT player_id, day, MIN(day) OVER (PARTITION BY player_id) AS first_day
  FROM player_days
  WHERE day >= DATE_SUB(@since, INTERVAL 90 DAY)
)
SELECT
  day,
  COUNT(*) AS players,
  COUNTIF(day = first_day) AS new_players,
  COUNTIF(day > first_day) AS returning_players
FROM first_days
WHERE day >= @since
GROUP BY day
ORDER BY day DESC
LIMIT @row_limit
