"""What was accepted and what is loaded, by SQL: a row a version of an object, in one query.

The functions' own log lines are the receipts (view `receipts`): the one record of what was accepted
that does not depend on what was stored.
"""

from datetime import datetime, timedelta

from google.cloud.bigquery.table import RowIterator

from analytics_commands.audit.scope import Scope
from analytics_commands.foundation.accounts.ledger import ENTRIES_SQL, entries_parameters
from analytics_pipeline.load.warehouse import Warehouse

# A request that was repeated is told of the object of the first: both were accepted.
_BATCHES = "'batch_stored', 'batch_repeated'"
ACCEPTANCES = ("batch_stored", "batch_repeated", "upload_url_issued")
_SLACK = timedelta(minutes=5)  # a line is written when its request ends, not when it came
# Rows and receipts of an object may round its time otherwise than its own metadata do.
_ROUNDING = timedelta(seconds=1)
_KNOWN_SINCE = """
SELECT MIN(logged_timestamp) AS known_since
FROM receipts
WHERE logged_timestamp >= @logged_since AND logged_timestamp < @logged_until
"""
_COUNT = """
SELECT COUNT(*) AS n
FROM receipts
WHERE logged_timestamp >= @since AND logged_timestamp < @until
  AND event IN UNNEST(@events) AND STARTS_WITH(gcs_uri, @root)
"""
_ACCEPTED = f"""
  SELECT gcs_uri, COALESCE(MAX(event_count), 0) AS accepted,
    MIN(COALESCE(received_timestamp, logged_timestamp)) AS accepted_at
  FROM receipts
  WHERE logged_timestamp >= @logged_since AND logged_timestamp < @logged_until
    AND event IN ({_BATCHES})
    AND analytics_environment = COALESCE(@environment, analytics_environment)
    AND event_category = COALESCE(@category, event_category)
  GROUP BY gcs_uri
"""  # noqa: S608 - ours
_NOT_KNOWN = """
  SELECT gcs_uri, 0 AS accepted, received_timestamp AS accepted_at FROM events_function WHERE FALSE
"""
# What is as it should be takes few characters: there are millions of it.
_ACCOUNTS = """
WITH accepted AS ({accepted}), held AS ({held}), accounts AS (
  SELECT * EXCEPT (accepted_at, received), COALESCE(accepted_at, received) AS received
  FROM accepted FULL JOIN held USING (gcs_uri)
)
SELECT SUBSTR(gcs_uri, LENGTH(@root) + 1) AS name, generation, accepted,
  UNIX_MICROS(received) AS received, loaded,
  IF(dead_lettered + lettered_as_whole + later_copies = 0
      AND loaded = `rows` AND loaded = distinct_rows AND loaded = visible_rows, NULL,
    CONCAT(CAST(dead_lettered AS STRING), ' ', CAST(lettered_as_whole AS STRING), ' ',
      CAST(`rows` AS STRING), ' ', CAST(distinct_rows AS STRING), ' ',
      CAST(visible_rows AS STRING), ' ', CAST(later_copies AS STRING))) AS oddities
FROM accounts
WHERE STARTS_WITH(gcs_uri, @root) AND received >= @since AND received < @until
ORDER BY name, generation
"""
_UPLOADS = """
SELECT SUBSTR(gcs_uri, LENGTH(@root) + 1) AS name, CAST(NULL AS STRING) AS generation,
  0 AS accepted, UNIX_MICROS(MIN(logged_timestamp)) AS received, CAST(NULL AS INT64) AS loaded,
  CAST(NULL AS STRING) AS oddities
FROM receipts
WHERE logged_timestamp >= @since AND logged_timestamp < @until
  AND event = 'upload_url_issued' AND STARTS_WITH(gcs_uri, @root)
  AND analytics_environment = COALESCE(@environment, analytics_environment)
  AND event_category = COALESCE(@category, event_category)
GROUP BY gcs_uri
ORDER BY name
"""


class AccountQueries:
    """Asks about the objects of a bucket in a scope; `root` is its `gs://bucket/`.

    All raise TransientError. The rows of results are those of `result_pages.AccountRow`.
    """

    def __init__(self, warehouse: Warehouse, root: str, scope: Scope) -> None:
        self.root = root
        self._warehouse = warehouse
        self._scope = scope
        selection = scope.selection
        self._logged = {
            "logged_since": selection.since - _SLACK,
            "logged_until": selection.until + _SLACK,
        }
        self._objects: dict[str, str | None] = {
            "root": root,
            "environment": selection.analytics_environment,
            "category": selection.event_category,
        }

    def known_since(self) -> datetime | None:
        """Return when the first receipt of the time was written, None if there is none."""
        (row,) = self._warehouse.query(_KNOWN_SINCE, **self._logged)
        moment: datetime | None = row["known_since"]
        return moment

    def count(self, since: datetime, until: datetime) -> int:
        """Return how many lines about accepted objects were written in [since, until)."""
        events = list(ACCEPTANCES)
        (row,) = self._warehouse.query(
            _COUNT, since=since, until=until, events=events, root=self.root
        )
        number: int = row["n"]
        return number

    def accounts(self, *, are_receipts_known: bool) -> RowIterator:
        """Return what was accepted, and what BigQuery holds, of the objects received then."""
        selection = self._scope.selection
        accepted = _ACCEPTED if are_receipts_known else _NOT_KNOWN
        return self._warehouse.run(
            _ACCOUNTS.format(accepted=accepted, held=ENTRIES_SQL),
            **{
                **(self._logged if are_receipts_known else {}),
                **self._objects,
                **entries_parameters(selection),
                "since": selection.since - _ROUNDING,
                "until": selection.until + _ROUNDING,
            },
        )

    def uploads(self) -> RowIterator:
        """Return the upload URLs that were issued then; `received` is when."""
        selection = self._scope.selection
        return self._warehouse.run(
            _UPLOADS, **self._objects, since=selection.since, until=selection.until
        )
