-- Events whose class or type says error, crash or exception, for each build.
WITH marked AS (
  SELECT
    build_version,
    NULLIF(session_id, 'session-id-not-available') AS session_id,
    REGEXP_CONTAINS(
      LOWER(CONCAT(COALESCE(event_class, ''), ' ', COALESCE(event_type, ''))),
      r'error|crash|exception'
    ) AS is_error
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
)
SELECT
  build_version,
  COUNT(DISTINCT session_id) AS sessions,
  COUNT(DISTINCT IF(is_error, session_id, NULL)) AS sessions_with_errors,
  ROUND(
    100 * COUNT(DISTINCT IF(is_error, session_id, NULL)) / NULLIF(COUNT(DISTINCT session_id), 0),
    1
  ) AS percent_of_sessions,
  COUNTIF(is_error) AS errors,
  COUNT(*) AS events
FROM marked
GROUP BY build_version
ORDER BY errors DESC, build_version
LIMIT @row_limit
