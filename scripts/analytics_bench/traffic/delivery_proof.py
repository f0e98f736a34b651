"""Pure: whether what was stored is what was sent, event by event and token by token."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

_ENVELOPE = ("receivedTimestamp", "batchId", "analyticsEnvironment")
_ATTRIBUTES = "eventAttributes"  # is stored as text
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True)
class Delivery:
    """How many events were sent, and what is wrong with what was stored, in events or lines."""

    sent: int
    lost: int = 0
    doubled: int = 0
    altered: int = 0
    unreadable: int = 0  # lines that are no stamped event
    repeated_ids: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every event is there, once, as it was sent, with an id of its own."""
        return self == Delivery(self.sent)

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.sent} events sent: {self.lost} lost, {self.doubled} doubled, {self.altered}"
            f" altered, {self.unreadable} unreadable, {self.repeated_ids} ids repeated"
        )


def times_sent(batches: Sequence[Sequence[bytes]], requests: int) -> Mapping[bytes, int]:
    """Return how often each event was sent by so many requests, which take the batches in turn."""
    rounds, rest = divmod(requests, len(batches))
    return {
        event: times
        for index, batch in enumerate(batches)
        if (times := rounds + (index < rest))
        for event in batch
    }


def verify(sent: Mapping[bytes, int], contents: Iterable[bytes]) -> Delivery:
    """Compare the events that were sent, and how often, with the contents of stored objects.

    An event that was altered is lost, too.
    """
    wanted = Counter({_canonical(_decode(event)): times for event, times in sent.items()})
    found: Counter[tuple[bytes, ...]] = Counter()
    ids: set[bytes] = set()
    lines = unreadable = 0
    for content in contents:
        for line in content.splitlines():
            lines += 1
            try:
                event, event_id = _unstamp(line)
            except (msgspec.DecodeError, KeyError, UnicodeDecodeError):
                unreadable += 1
                continue
            found[event] += 1
            ids.add(event_id)
    extra = found - wanted
    return Delivery(
        sent=sum(sent.values()),
        lost=(wanted - found).total(),
        doubled=sum(count for event, count in extra.items() if event in wanted),
        altered=sum(count for event, count in extra.items() if event not in wanted),
        unreadable=unreadable,
        repeated_ids=lines - unreadable - len(ids),
    )


def _canonical(event: Mapping[str, msgspec.Raw]) -> tuple[bytes, ...]:
    """Return the event's tokens, whatever the order of its fields."""
    return tuple(part for name in sorted(event) for part in (name.encode(), bytes(event[name])))


def _unstamp(line: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Return the event of a line as it was sent, and its id; raises KeyError, DecodeError."""
    event = _decode(line)
    event_id = bytes(event.pop("eventId"))
    for name in _ENVELOPE:
        del event[name]
    text: str = msgspec.json.decode(event[_ATTRIBUTES], type=str)
    event[_ATTRIBUTES] = msgspec.Raw(text.encode())
    return _canonical(event), event_id
