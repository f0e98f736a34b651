-- A letter's id implies its environment, which is named so that a filter on it reaches the table.
SELECT *
FROM (
  SELECT *
  FROM `${project}.${dataset}.dead_letters`
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY analytics_environment, dead_letter_id
    ORDER BY COALESCE(resolved_timestamp, dead_lettered_timestamp) DESC
  ) = 1
)
WHERE resolved_timestamp IS NULL
