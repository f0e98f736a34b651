"""Compares the three accounts of everything in a scope, in memory that does not grow with it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from itertools import chain

from analytics_commands.audit.accepted import Accepted, AcceptedObjects
from analytics_commands.audit.findings import Fault, Finding
from analytics_commands.audit.judging import judge
from analytics_commands.audit.remedies import remedy
from analytics_commands.audit.retention import Retention, read_retention
from analytics_commands.audit.scope import Scope, list_stored
from analytics_commands.audit.sessions import find_session_gaps
from analytics_commands.audit.sightings import Sighting, merge_sightings
from analytics_commands.audit.tallies import Tallies
from analytics_commands.audit.unused_uploads import find_unused, unused_upload
from analytics_commands.audit.verdict import SERVER, FindingCounts
from analytics_commands.foundation.pipeline.target import Target
from analytics_pipeline.errors import TransientError

_UNTIL_SWEPT = timedelta(days=2)  # two nights, should one run not come to its end


class Auditor:
    """One audit; `tallies` grow while it runs, and `not_compared` tells what failed of the clients.

    `accepted` is None where there is no log. `say` is told what a person should know beside the
    findings; `counts` says which of them are gaps.
    """

    def __init__(
        self,
        target: Target,
        scope: Scope,
        accepted: AcceptedObjects | None,
        counts: FindingCounts,
        say: Callable[[str], None],
    ) -> None:
        self._target = target
        self._scope = scope
        self._accepted = accepted
        self._counts = counts
        self._say = say
        self._root = f"gs://{target.settings.bucket_name}/"
        self.tallies = Tallies(is_logged=accepted is not None)
        self.not_compared: list[str] = []

    def find(self, *, sessions: bool) -> Iterator[Finding]:
        """Yield everything there is to say, as it is found; raises TransientError."""
        yield from self._objects()
        if self._accepted is not None:
            yield from self._of_clients("uploads", self._uploads(self._accepted.uploads()))
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
        listing = (
            list_stored(self._target.inventory, kind, self._scope) for kind in ("json", "unknown")
        )
        sightings = merge_sightings(
            self._root,
            self._target.ledger.entries(self._scope.selection),
            self._accepted.batches() if self._accepted is not None else (),
            chain.from_iterable(listing),
        )
        for sighting in sightings:
            if not self._scope.selection.includes(sighting.received):
                continue
            if sighting.received >= self._scope.settled:
                self.tallies.add_pending(sighting)
            else:
                yield from self._judge(sighting)

    def _judge(self, sighting: Sighting) -> Iterator[Finding]:
        is_expired = sighting.stored is None and self._is_expired(sighting)
        faults = list(
            judge(
                sighting,
                is_logged=self._accepted is not None,
                is_expired=is_expired,
                is_swept=sighting.received + _UNTIL_SWEPT <= self._scope.now,
            )
        )
        gaps = sum(self._counts.verdict_on(fault.kind) == SERVER for fault in faults)
        self.tallies.add(sighting, gaps)
        yield from self._findings(sighting, faults)

    def _uploads(self, issued: Iterator[Accepted]) -> Iterator[Finding]:
        first = next(issued, None)
        if first is None:
            return  # no need to list the files
        files = list_stored(self._target.inventory, "file", self._scope)
        for sighting in find_unused(self._root, chain([first], issued), files, self._scope):
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
