"""Pure: upload URLs that were issued, and to which no file came."""

from collections.abc import Iterable, Iterator

from analytics_commands.audit.accepted import Accepted
from analytics_commands.audit.findings import Fault
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.sightings import Sighting, merge_sightings
from analytics_pipeline.ingest.uploads import URL_LIFETIME
from analytics_pipeline.stored_objects import StoredObject


def find_unused(
    root: str, issued: Iterable[Accepted], files: Iterable[StoredObject], scope: Scope
) -> Iterator[Sighting]:
    """Yield the issued URLs whose file must have come by now, and did not; both come by URI."""
    for sighting in merge_sightings(root, (), issued, files):
        if sighting.stored is None and has_lapsed(sighting, scope):
            yield sighting


def has_lapsed(sighting: Sighting, scope: Scope) -> bool:
    """Return whether the URL was issued in the time audited, and nothing can come any more."""
    lapsed = sighting.received + URL_LIFETIME + scope.settle
    return scope.selection.includes(sighting.received) and lapsed <= scope.now


def unused_upload(sighting: Sighting, *, is_expired: bool) -> Fault:
    """Return what it means that the file is not there."""
    minutes = URL_LIFETIME.total_seconds() / 60
    detail = f"issued {sighting.received:%Y-%m-%dT%H:%M:%SZ}, valid {minutes:g} minutes"
    return Fault("expired" if is_expired else "unused_upload", 0, detail)
