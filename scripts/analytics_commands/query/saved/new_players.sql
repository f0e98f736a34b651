-- New and returning players of each day (UTC), newest first.
-- New means not seen in the 90 days before the first day asked for, nor since.
WITH player_days AS (
  SELECT DISTINCT player_id, received_date
  FROM events
  WHERE received_date >= DATE_SUB(@since, INTERVAL 90 DAY)
    AND (@environment IS NULL OR analytics_environment = @environment)
    AND player_id IS NOT NULL
), first_days AS (
  SELECT
    player_id,
    received_date,
    MIN(received_date) OVER (PARTITION BY player_id) AS first_date
  FROM player_days
)
SELECT
  received_date,
  COUNT(*) AS players,
  COUNTIF(received_date = first_date) AS new_players,
  COUNTIF(received_date > first_date) AS returning_players
FROM first_days
WHERE received_date >= @since
GROUP BY received_date
ORDER BY received_date DESC
LIMIT @row_limit
