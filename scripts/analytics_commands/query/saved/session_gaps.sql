-- Sessions whose eventIndex has gaps: which events never arrived, most of them first.
-- What is missing at the end of a session, or before the first day asked for, leaves no gap.
WITH received_indexes AS (
  SELECT DISTINCT analytics_environment, session_id, event_index
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
    AND session_id != 'session-id-not-available'
    AND event_index BETWEEN 0 AND 1000000000 -- others are no numbering, and would overflow
), neighbours AS (
  SELECT
    analytics_environment,
    session_id,
    event_index,
    LAG(event_index) OVER (
      PARTITION BY analytics_environment, session_id ORDER BY event_index
    ) AS previous_index
  FROM received_indexes
)
SELECT
  analytics_environment,
  session_id,
  MIN(event_index) AS first_index,
  MAX(event_index) AS last_index,
  SUM(event_index - previous_index - 1) AS missing,
  STRING_AGG(
    CASE
      WHEN event_index - previous_index = 2 THEN FORMAT('%d', event_index - 1)
      WHEN event_index - previous_index > 2
        THEN FORMAT('%d-%d', previous_index + 1, event_index - 1)
    END,
    ', ' ORDER BY event_index
  ) AS missing_indexes
FROM neighbours
GROUP BY analytics_environment, session_id
HAVING missing > 0
ORDER BY missing DESC, session_id
LIMIT @row_limit
