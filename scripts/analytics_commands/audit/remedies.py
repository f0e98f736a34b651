"""Pure: the command that repairs or explains a finding, ready to be pasted into a shell."""

import json
import shlex
from datetime import timedelta

from analytics_commands.audit.sightings import Sighting

MAX_SHOWN_NAME = 256  # characters: an event may call its session anything, megabytes long
_BACKFILLED = {"lost", "undelivered"}
_GCLOUD = {
    "altered_count": ("objects", "describe"),
    "unacknowledged": ("objects", "describe"),
    "missing": ("restore",),
    "orphan": ("restore",),
    "not_loadable": ("cat",),
    "overwritten": ("ls", "--all-versions"),
    "unused_upload": ("ls", "--soft-deleted"),
}
_ROWS = (
    "SELECT received_date, event_id, COUNT(*) AS n FROM `{dataset}.events_function`"
    " WHERE gcs_uri = {uri} GROUP BY 1, 2 ORDER BY 2, 1"
)
_SESSION = (
    "SELECT event_index, received_timestamp, gcs_uri FROM `{dataset}.events`"
    " WHERE analytics_environment = {environment} AND {session} ORDER BY 1, 2"
)


def remedy(kind: str, sighting: Sighting, dataset: str) -> str:
    """Return the command for a fault of an object; `dataset` is `project.dataset`."""
    if kind in _GCLOUD:
        return shlex.join(["gcloud", "storage", *_GCLOUD[kind], sighting.uri])
    if kind == "expired":
        bucket = "/".join(sighting.uri.split("/")[:3])
        return shlex.join(
            [
                "gcloud",
                "storage",
                "buckets",
                "describe",
                bucket,
                "--format=default(lifecycle_config)",
            ]
        )
    is_rewritten = sighting.stored is not None and sighting.stored.is_rewritten
    if kind in _BACKFILLED and not is_rewritten:  # a backfill leaves rewritten objects alone
        return _backfill(sighting)
    return _query(_ROWS.format(dataset=dataset, uri=_literal(sighting.uri)))


def show_session(dataset: str, environment: str, session_id: str) -> str:
    """Return the command that lists the events of a session, which is found by its beginning."""
    name = _literal(session_id[:MAX_SHOWN_NAME])
    is_whole = len(session_id) <= MAX_SHOWN_NAME
    session = f"session_id = {name}" if is_whole else f"STARTS_WITH(session_id, {name})"
    return _query(
        _SESSION.format(dataset=dataset, environment=_literal(environment), session=session)
    )


def _backfill(sighting: Sighting) -> str:
    """Return the command for the objects received in the same second as this one."""
    since = sighting.received.replace(microsecond=0)
    until = since + timedelta(seconds=1)
    return shlex.join(
        [
            *("analytics", "backfill"),
            *("--environment", sighting.day.analytics_environment),
            *("--category", sighting.day.event_category),
            *("--since", f"{since:%Y-%m-%dT%H:%M:%SZ}"),
            *("--until", f"{until:%Y-%m-%dT%H:%M:%SZ}"),
            "--execute",
        ]
    )


def _query(sql: str) -> str:
    return shlex.join(["bq", "query", "--use_legacy_sql=false", sql])


def _literal(text: str) -> str:
    """Return a string of GoogleSQL, whose escapes include those of JSON."""
    return json.dumps(text, ensure_ascii=False)
