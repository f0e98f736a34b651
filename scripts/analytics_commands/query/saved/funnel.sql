-- How many players got how far: each step is an event type, some time after the step before it.
-- The order is that of receipt, or by the client's clock. Each event of a step is a letter of its
-- player's path, so steps B and C were taken after A where the path matches A.*B.*C.
WITH steps AS (
  SELECT
    number + 1 AS step,
    event_type,
    SUBSTR( -- the same for each step of a type
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ', MIN(number) OVER (PARTITION BY event_type) + 1, 1
    ) AS letter
  FROM UNNEST(@steps) AS event_type WITH OFFSET AS number
), patterns AS (
  SELECT step, event_type, STRING_AGG(letter, '.*') OVER (ORDER BY step) AS pattern
  FROM steps
), moments AS (
  SELECT
    player_id,
    event_type,
    IF(
      @by = 'event' AND corrected_timestamp < received_timestamp, corrected_timestamp, received_timestamp
    ) AS moment,
    received_timestamp,
    gcs_uri,
    line
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
    AND player_id IS NOT NULL
), paths AS (
  SELECT
    player_id,
    STRING_AGG(letter, '' ORDER BY moment, received_timestamp, gcs_uri, line) AS path
  FROM moments
  INNER JOIN (SELECT DISTINCT event_type, letter FROM steps) USING (event_type)
  WHERE DATE(moment) >= @since
  GROUP BY player_id
  UNION ALL
  SELECT NULL, '' -- so that a step that nobody took has a row
), counted AS (
  SELECT step, event_type, COUNTIF(REGEXP_CONTAINS(path, pattern)) AS players
  FROM patterns
  CROSS JOIN paths
  GROUP BY step, event_type
)
SELECT
  step,
  event_type,
  players,
  ROUND(100 * players / NULLIF(FIRST_VALUE(players) OVER (ORDER BY step), 0), 1)
    AS percent_of_first,
  ROUND(100 * players / NULLIF(LAG(players) OVER (ORDER BY step), 0), 1) AS percent_of_previous
FROM counted
ORDER BY step
LIMIT @row_limit
