"""Pure: the query string and headers of a request, validated before they name an object."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import unquote_to_bytes

from analytics_pipeline.ingest.idempotency import ACCEPTED_KEY, KEY_FORM, read_key, time_of_key
from analytics_pipeline.ingest.ingest import BatchRequest
from analytics_pipeline.ingest.refusals import InvalidParameter, RepeatedParameter
from analytics_pipeline.ingest.uploads import FileRequest
from analytics_pipeline.object_names import EVENT_TIMES, NO_SESSION, Partition, event_time_of
from analytics_pipeline.time_texts import parse_moment

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,256}")
_MAX_SESSION_ID_LENGTH = 256
_MAX_DAYS_AWAY = 3653  # ten years
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHARED = ("key", "analytics_environment", "event_category", "event_ds", "event_time")
_EVENT_PARAMETERS = frozenset({*_SHARED, "session_id", "sent_at", "batch_key"})
_FILE_PARAMETERS = frozenset({*_SHARED, "file_parent", "file_child"})


@dataclass(frozen=True, slots=True)
class Rules:
    """The environments and categories that are accepted; empty: any."""

    environments: Collection[str]
    categories: Collection[str]


def read_batch_request(
    query: bytes, idempotency_keys: Sequence[str], rules: Rules, now: datetime
) -> BatchRequest:
    """Read the parameters of POST /v1/event.

    Raises InvalidParameter, RepeatedParameter or InvalidHeader naming what is wrong.
    """
    sent = _parse_query(query, _EVENT_PARAMETERS)
    key = _read_key(idempotency_keys, sent.get("batch_key"))
    # So that a retry, whenever it arrives, meets the object that is there.
    named = time_of_key(key, now) or now
    return BatchRequest(
        partition=_read_partition(sent, rules, named, default_category="cold"),
        session_id=_read_session_id(sent.get("session_id", NO_SESSION)),
        received=now,
        named=named,
        sent_event_ds=sent.get("event_ds"),
        sent_event_time=sent.get("event_time"),
        sent=_read_sent_at(sent.get("sent_at")),
        idempotency_key=key,
    )


def read_file_request(query: bytes, rules: Rules, now: datetime) -> FileRequest:
    """Read the parameters of POST /v1/file; raises InvalidParameter or RepeatedParameter."""
    sent = _parse_query(query, _FILE_PARAMETERS)
    return FileRequest(
        partition=_read_partition(sent, rules, now, default_category="unknown"),
        file_parent=_read_segment("file_parent", sent.get("file_parent", "unknown")),
        file_child=_read_segment("file_child", sent.get("file_child", "unknown")),
        received=now,
    )


def _parse_query(query: bytes, names: Collection[str]) -> dict[str, str]:
    """Return the values of `names` that are not empty, percent-decoded once as UTF-8."""
    is_plain = query.isascii() and ord("%") not in query  # nothing is encoded, as mostly
    sent: dict[str, str] = {}
    for pair in query.decode("latin-1").split("&"):
        raw_name, _, raw_value = pair.partition("=")
        name = raw_name if is_plain else _unquote(raw_name, "replace")
        if name not in names:
            continue
        if name in sent:
            raise RepeatedParameter(f"{name}: given more than once")
        try:
            sent[name] = raw_value if is_plain else _unquote(raw_value)
        except UnicodeDecodeError:
            raise InvalidParameter(name, "not UTF-8") from None
    return {name: value for name, value in sent.items() if value}


def _unquote(text: str, errors: str = "strict") -> str:
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", errors)


def _read_partition(
    sent: Mapping[str, str], rules: Rules, now: datetime, default_category: str
) -> Partition:
    return Partition(
        _read_name(
            "analytics_environment",
            sent.get("analytics_environment", "development"),
            rules.environments,
        ),
        _read_name(
            "event_category", sent.get("event_category", default_category), rules.categories
        ),
        _read_event_ds(sent.get("event_ds"), now.date()),
        _read_event_time(sent.get("event_time", event_time_of(now))),
    )


def _read_name(parameter: str, value: str, allowed: Collection[str]) -> str:
    if not _NAME.fullmatch(value):
        raise InvalidParameter(parameter, "1 to 64 of A-Z a-z 0-9 . _ - are accepted")
    if allowed and value not in allowed:
        raise InvalidParameter(parameter, f"one of {', '.join(sorted(allowed))} is accepted")
    return value


def _read_event_ds(value: str | None, today: date) -> str:
    if value is None:
        return today.isoformat()
    try:
        day = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or abs((day - today).days) > _MAX_DAYS_AWAY:
        raise InvalidParameter("event_ds", "a date YYYY-MM-DD within 10 years is accepted")
    return value


def _read_event_time(value: str) -> str:
    if value not in EVENT_TIMES:
        raise InvalidParameter("event_time", f"one of {', '.join(EVENT_TIMES)} is accepted")
    return value


def _read_sent_at(value: str | None) -> datetime | None:
    """Return the client's clock; whether that is right, only the client's other times tell."""
    sent = parse_moment(value) if value else None
    if value and sent is None:
        told = "ISO 8601, or a number of seconds or less since the epoch, is accepted"
        raise InvalidParameter("sent_at", told)
    return sent


def _read_key(header: Sequence[str], value: str | None) -> str | None:
    """Return the key in the header, else in the parameter: pages send it without a preflight."""
    key = read_key(header)
    if value is None:
        return key
    if not ACCEPTED_KEY.fullmatch(value):
        raise InvalidParameter("batch_key", KEY_FORM)
    if key not in {None, value}:
        raise InvalidParameter("batch_key", "the header Idempotency-Key says another")
    return value


def _read_session_id(value: str) -> str:
    if len(value) > _MAX_SESSION_ID_LENGTH:
        raise InvalidParameter("session_id", f"at most {_MAX_SESSION_ID_LENGTH} characters")
    for segment in value.split("/"):
        _read_segment("session_id", segment)
    return value


def _read_segment(parameter: str, value: str) -> str:
    if not _SEGMENT.fullmatch(value) or value in {".", ".."}:
        raise InvalidParameter(parameter, "A-Z a-z 0-9 . _ - are accepted, but not . or .. alone")
    return value
