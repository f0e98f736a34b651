-- Share of sessions without a crash, for each day (UTC) and build, newest first.
-- A crash is an event whose type or class says crash, with the sessionId of what crashed: one that
-- the next start reports must carry the old one. Files such as dumps are no events.
WITH marked AS (
  SELECT
    IF(
      @by = 'event' AND DATE(corrected_timestamp) < received_date, DATE(corrected_timestamp), received_date
    ) AS day,
    analytics_environment,
    session_id,
    build_version,
    REGEXP_CONTAINS(
      LOWER(CONCAT(COALESCE(event_class, ''), ' ', COALESCE(event_type, ''))), r'crash'
    ) AS is_crash
  FROM events
  WHERE received_date >= @since
    AND (@environment IS NULL OR analytics_environment = @environment)
    AND session_id != 'session-id-not-available'
), lives AS (
  SELECT
    MIN(day) AS day,
    MIN(build_version) AS build_version, -- an update within a session is not the crash's fault
    LOGICAL_OR(is_crash) AS has_crashed
  FROM marked
  WHERE day >= @since
  GROUP BY analytics_environment, session_id
)
SELECT
  day,
  build_version,
  COUNT(*) AS sessions,
  COUNTIF(has_crashed) AS crashed_sessions,
  ROUND(100 * COUNTIF(NOT has_crashed) / COUNT(*), 1) AS percent_crash_free
FROM lives
GROUP BY day, build_version
ORDER BY day DESC, sessions DESC, build_version
LIMIT @row_limit
