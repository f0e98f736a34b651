"""Pure: sees the events that a query returns, and tells which are lost, doubled or altered."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally

_MOST = 255  # sightings that a byte can count
_ATTRIBUTES = "eventAttributes"
_TENTH = 100_000  # microseconds


class Witness:
    """Compares each row with the event that was planted; keeps a byte an event, and what is wrong.

    A row has the client's fields under their own names, each as text (queryable.Relation).
    `altered` has the names of the fields by position; `strangers` counts rows of no planted event;
    `arrivals` counts events by the tenth of a second since the epoch in which they arrived.
    """

    def __init__(self, plan: Plan, tally: Tally) -> None:
        self.altered: dict[int, tuple[str, ...]] = {}
        self.strangers = 0
        self.arrivals: Counter[int] = Counter()
        self._plan = plan
        self._tally = tally
        self._batches = tally.batches_by_id()
        self._seen = bytearray(plan.events)

    def see(self, row: Mapping[str, Any]) -> None:
        """Take a row into account."""
        self.arrivals[row["arrived"] // _TENTH] += 1
        position = self._position(row)
        if position is None:
            self.strangers += 1
            return
        self._seen[position] = min(self._seen[position] + 1, _MOST)
        altered = self._altered_fields(row, position)
        if altered:
            self.altered[position] = altered

    def sightings(self, position: int) -> int:
        """Return how often an event was seen, up to 255 times."""
        return self._seen[position]

    def lost(self) -> Iterator[int]:
        """Yield the positions of acknowledged events that were not seen."""
        for batch in self._unseen_batches():
            if self._tally.batch_id(batch) is not None:
                yield from (p for p in self._positions(batch) if not self._seen[p])

    def doubled(self) -> list[int]:
        """Return the positions of events that were seen more than once."""
        return [position for position, count in enumerate(self._seen) if count > 1]

    def seen_without_receipt(self) -> int:
        """Return how many events of batches that were never acknowledged are there all the same."""
        return sum(
            1
            for batch in self._tally.given_up
            for position in self._positions(batch)
            if self._seen[position]
        )

    def _unseen_batches(self) -> Iterator[int]:
        """Yield the batches of which an event was not seen."""
        position = self._seen.find(0)
        while position >= 0:
            batch = position // self._plan.batch_size
            yield batch
            position = self._seen.find(0, (batch + 1) * self._plan.batch_size)

    def _positions(self, batch: int) -> range:
        return range(batch * self._plan.batch_size, (batch + 1) * self._plan.batch_size)

    def _position(self, row: Mapping[str, Any]) -> int | None:
        """Return which event the row is: by its receipt, else by the id that was planted in it.

        The receipt tells it even where that id was altered.
        """
        batch = self._batches.get(bytes.fromhex(row["batchId"]))
        _, _, index = row["eventId"].rpartition("/")
        if batch is not None and index.isdecimal() and int(index) < self._plan.batch_size:
            return batch * self._plan.batch_size + int(index)
        attributes = _parse(row[_ATTRIBUTES])
        planted_id = attributes.get("plantedId") if isinstance(attributes, dict) else None
        return self._plan.position_of(planted_id) if isinstance(planted_id, str) else None

    def _altered_fields(self, row: Mapping[str, Any], position: int) -> tuple[str, ...]:
        expected = {
            name: _canonical(value) if name == _ATTRIBUTES else str(value)
            for name, value in self._plan.event(position).items()
        }
        partition = self._plan.partition
        expected |= {"event_ds": partition.event_ds, "event_time": partition.event_time}
        found = {**row, _ATTRIBUTES: _canonical(_parse(row[_ATTRIBUTES]))}
        altered = [name for name, text in expected.items() if found[name] != text]
        if row["extra"] is not None:
            altered.append("extra")
        return tuple(altered)


def _parse(text: str | None) -> object:
    """Return the JSON value, the text itself where it is none."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def _canonical(value: object) -> str:
    """Return the value's JSON with sorted names; 1, 1.0 and true stay apart."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
