"""Pure: stamp the envelope, the fields that the server adds, on each event of a batch."""

from collections.abc import Iterable

from msgspec import Raw, Struct

from analytics_pipeline import json_text
from analytics_pipeline.event_ids import read_own_id
from analytics_pipeline.ingest.events import Event
from analytics_pipeline.ingest.quoting import quote_json
from analytics_pipeline.ingest.refusals import BodyTooLarge

_ENVELOPE_NAMES = frozenset(
    name
    for field in (
        *("received_timestamp", "sent_timestamp", "batch_id", "event_id"),
        *("analytics_environment", "envelope_wraps"),
    )
    for name in (field, field.replace("_", ""))
)
_ATTRIBUTES_NAMES = frozenset({"event_attributes", "eventattributes"})
_RESERVED_NAMES = _ENVELOPE_NAMES | _ATTRIBUTES_NAMES
_LENGTHS = frozenset(map(len, _RESERVED_NAMES))
# Events bring the same names again and again: those that need no look at their spelling.
_usual_names = {"eventAttributes"}
_MOST_USUAL, _LONGEST_USUAL = 1000, 64


class Envelope(Struct, frozen=True):
    """The fields that the server adds to every event of a batch.

    `received_timestamp` is the JSON number of seconds since the epoch. The event at `index` has
    the id that its client gave it, else `{event_id_prefix}/{index}`. `sent_timestamp` is the
    client's clock as RFC 3339 text, None if it did not say.
    """

    received_timestamp: str
    batch_id: str
    event_id_prefix: str
    analytics_environment: str
    sent_timestamp: str | None = None


def stamp_events(events: Iterable[Event], envelope: Envelope, max_bytes: int) -> bytes:
    """Return the batch as NDJSON: one event a line, its envelope last.

    Every other token is kept. Raises BodyTooLarge as soon as it exceeds `max_bytes`.
    """
    before_id = (
        f'"receivedTimestamp":{envelope.received_timestamp}{sent_member(envelope.sent_timestamp)}'
        f',"batchId":"{envelope.batch_id}","eventId":"'
    ).encode()
    our_id = envelope.event_id_prefix.encode() + b"/"
    after_id = (
        f'","analyticsEnvironment":"{envelope.analytics_environment}","eventAttributes":'
    ).encode()
    content = bytearray()
    for index, event in enumerate(events):
        members, wraps = event.members, event.wraps
        attributes, event_id = _take_reserved(members)
        content += json_text.join_object(members)
        content.pop()  # the brace that ends it
        if members:
            content += b","
        content += before_id
        content += event_id.encode() if event_id else b"%b%d" % (our_id, index)
        content += after_id
        content += _as_string(attributes, max_bytes)
        content += b',"envelopeWraps":"%b"}\n' % wraps.encode() if wraps else b"}\n"
        if len(content) > max_bytes:
            raise BodyTooLarge(f"what is to be stored exceeds {max_bytes} bytes")
    return bytes(content)


def sent_member(sent_timestamp: str | None) -> str:
    """Return what the client's clock adds to each event, always of the same length."""
    return f',"sentTimestamp":"{sent_timestamp}"' if sent_timestamp else ""


def _take_reserved(members: dict[str, Raw]) -> tuple[Raw | None, str | None]:
    """Remove every spelling of the envelope's names.

    Returns the value of `eventAttributes`, and the event's own id. BigQuery ignores the case of
    column names, so another spelling would collide there.
    """
    event_id = read_own_id(members.pop("eventId", None), members)
    if members.keys() <= _usual_names:
        return members.pop("eventAttributes", None), event_id
    return _take_attributes(members), event_id


def _take_attributes(members: dict[str, Raw]) -> Raw | None:
    """Remove every spelling of the reserved names; return the value of `eventAttributes`.

    Of several spellings the camelCase one counts, then snake_case, then the last.
    """
    attributes: dict[str, Raw] = {}
    for name in [name for name in members if _is_reserved(name)]:
        value = members.pop(name)
        if name.lower() in _ATTRIBUTES_NAMES:
            attributes[name] = attributes[""] = value
    for spelling in ("eventAttributes", "event_attributes", ""):
        if spelling in attributes:
            return attributes[spelling]
    return None


def _is_reserved(name: str) -> bool:
    """Return whether a name is one of the envelope's; remembers some that are not."""
    if len(name) in _LENGTHS and name.lower() in _RESERVED_NAMES:
        return True
    if len(name) <= _LONGEST_USUAL and len(_usual_names) < _MOST_USUAL:
        _usual_names.add(name)
    return False


def _as_string(value: Raw | None, max_bytes: int) -> bytes:
    """Return a JSON string that holds the value's text; a string stays as it is."""
    text = b"null" if value is None else bytes(value)
    if text.startswith(b"{"):
        return quote_json(text, max_bytes)
    if text == b"null":
        return b'"{}"'
    return text if text.startswith(b'"') else quote_json(text, max_bytes)
