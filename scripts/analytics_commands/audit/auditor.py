"""Compares the three accounts of everything in a scope, in memory that does not grow with it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property

from analytics_commands.audit.examining import Examined, Examiner
from analytics_commands.audit.findings import Fault, Finding
from analytics_commands.audit.judging import judge
from analytics_commands.audit.reading.account_queries import AccountQueries
from analytics_commands.audit.reading.bucket_pages import BucketPages
from analytics_commands.audit.reading.name_portions import Portion, cut_portions
from analytics_commands.audit.reading.result_pages import ResultPages
from analytics_commands.audit.remedies import remedy
from analytics_commands.audit.retention import Retention, read_retention
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.sessions import find_session_gaps
from analytics_commands.audit.sightings import Sighting
from analytics_commands.audit.tallies import Tallies
from analytics_commands.audit.unused_uploads import is_unused, unused_upload
from analytics_commands.audit.verdict import SERVER, FindingCounts
from analytics_commands.foundation.pipeline.parallel import in_parallel
from analytics_commands.foundation.pipeline.target import Target
from analytics_pipeline.errors import TransientError

_EXAMINERS = 16  # portions at a time; each waits for its pages of the listing
_UNTIL_SWEPT = timedelta(days=2)  # two nights, should one run not come to its end


class Auditor:
    """One audit; `tallies` grow while it runs, and `not_compared` tells what failed of the clients.

    `known_since` is when the receipts begin, None where there are none. `say` is told what a person
    should know beside the findings; `counts` says which of them are gaps.
    """

    def __init__(
        self,
        target: Target,
        scope: Scope,
        known_since: datetime | None,
        counts: FindingCounts,
        say: Callable[[str], None],
    ) -> None:
        self._target = target
        self._scope = scope
        self._known_since = known_since
        self._counts = counts
        self._say = say
        bucket, http = target.settings.bucket_name, target.http
        self._root = f"gs://{bucket}/"
        self._listing = BucketPages(http, target.storage_endpoint, bucket)
        self._results = ResultPages(http, target.bigquery_endpoint)
        self._queries = AccountQueries(target.warehouse, self._root, scope)
        self._examiner = Examiner(self._listing.pages, bucket, scope)
        self.tallies = Tallies(is_logged=known_since is not None)
        self.not_compared: list[str] = []

    def find(self, *, sessions: bool) -> Iterator[Finding]:
        """Yield everything there is to say, as it is found; raises TransientError."""
        yield from self._objects()
        if self._known_since is not None:
            yield from self._of_clients("uploads", self._uploads())
        if sessions:
            found = find_session_gaps(self._target.warehouse, self._target.dataset, self._scope)
            yield from self._of_clients("sessions", found)

    def _of_clients(self, what: str, findings: Iterator[Finding]) -> Iterator[Finding]:
        """Yield the findings: what clients send may be too much to compare, and judges nobody."""
        try:
            yield from findings
        except TransientError as exc:
            self.not_compared.append(f"{what} ({' '.join(str(exc).split())})")

    def _objects(self) -> Iterator[Finding]:
        """Compare: BigQuery is asked first, so that all it knows is listed, unless it is gone."""
        is_known = self._known_since is not None
        rows = self._results.pages(self._queries.accounts(are_receipts_known=is_known))
        selection = self._scope.selection
        place = (selection.analytics_environment, selection.event_category)
        categories = [
            category
            for data_type in ("json", "unknown")
            for category in self._listing.categories(data_type, *place)
        ]
        for examined in self._examine(cut_portions(rows, self._scope.listed_below(categories))):
            for agreed, objects in examined.objects.items():
                self.tallies.add_agreed(agreed, objects, examined.events[agreed])
            for sighting in examined.others:
                if not selection.includes(sighting.received):
                    continue
                if sighting.received >= self._scope.settled:
                    self.tallies.add_pending(sighting)
                else:
                    yield from self._judge(sighting)

    def _examine(self, portions: Iterable[Portion]) -> Iterator[Examined]:
        """Yield what the portions come to, in their order; a long one comes in several pieces."""
        for examined in in_parallel(self._examiner.examine, portions, _EXAMINERS):
            yield examined
            left = examined.left
            while left is not None:
                piece = self._examiner.examine(left)
                yield piece
                left = piece.left

    def _judge(self, sighting: Sighting) -> Iterator[Finding]:
        is_expired = sighting.stored is None and self._is_expired(sighting)
        faults = list(
            judge(
                sighting,
                is_logged=self._is_logged(sighting),
                is_expired=is_expired,
                is_swept=sighting.received + _UNTIL_SWEPT <= self._scope.now,
            )
        )
        gaps = sum(self._counts.verdict_on(fault.kind) == SERVER for fault in faults)
        self.tallies.add(sighting, gaps)
        yield from self._findings(sighting, faults)

    def _is_logged(self, sighting: Sighting) -> bool:
        """Return whether there are receipts of the time when the object was received."""
        return self._known_since is not None and sighting.received >= self._known_since

    def _uploads(self) -> Iterator[Finding]:
        rows = self._results.pages(self._queries.uploads())
        for examined in self._examine(cut_portions(rows, ())):
            for sighting in examined.others:
                if is_unused(sighting, self._scope):
                    fault = unused_upload(sighting, is_expired=self._is_expired(sighting))
                    yield from self._findings(sighting, [fault])

    def _findings(self, sighting: Sighting, faults: Iterable[Fault]) -> Iterator[Finding]:
        for fault in faults:
            command = remedy(fault.kind, sighting, self._target.dataset)
            yield Finding.of_object(fault, sighting.uri, sighting.day, command)

    def _is_expired(self, sighting: Sighting) -> bool:
        name = sighting.uri.removeprefix(self._root)
        return self._retention.has_deleted(name, sighting.received, self._scope.now)

    @cached_property
    def _retention(self) -> Retention:
        """The bucket's rules, read when the first object is not there."""
        return read_retention(self._target.bucket, self._say)
