"""Pure: upload URLs that were issued, and to which no file came."""

from analytics_commands.audit.findings import Fault
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.sightings import Sighting
from analytics_pipeline.ingest.uploads import URL_LIFETIME


def is_unused(sighting: Sighting, scope: Scope) -> bool:
    """Return whether no file came to the URL that was issued then, and none can come any more."""
    lapsed = sighting.received + URL_LIFETIME + scope.settle
    return sighting.stored is None and lapsed <= scope.now


def unused_upload(sighting: Sighting, *, is_expired: bool) -> Fault:
    """Return what it means that the file is not there."""
    minutes = URL_LIFETIME.total_seconds() / 60
    detail = f"issued {sighting.received:%Y-%m-%dT%H:%M:%SZ}, valid {minutes:g} minutes"
    return Fault("expired" if is_expired else "unused_upload", 0, detail)
