"""Log lines become what is shown: filtered, and batches opened."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from analytics_commands.foundation.pipeline.log_lines import LogLine
from analytics_commands.tail.arrivals import Arrival, Batch, Refusal, Wanted, read_arrival
from analytics_commands.tail.arrived_contents import Contents, Unreadable
from analytics_commands.tail.lines import Line, batch_line, event_lines, refusal_line, upload_line


@dataclass(frozen=True, slots=True)
class Feed:
    """Shows what arrives in `bucket`: events or, with `as_batches`, batches without opening them.

    With `events_only` there is no line for a file, or for bytes that are no events. `note` is told
    what could not be shown.
    """

    bucket: str
    contents: Contents
    wanted: Wanted
    note: Callable[[str], None]
    as_batches: bool = False
    events_only: bool = False

    def lines(self, chunks: Iterable[Sequence[LogLine]]) -> Iterator[Line]:
        """Yield what is shown of the log lines, in their order."""
        for chunk in chunks:
            found = (read_arrival(line, self.bucket) for line in chunk)
            arrivals = [arrival for arrival in found if arrival and self._includes(arrival)]
            names = [arrival.ref.name for arrival in arrivals if self._is_opened(arrival)]
            contents = self.contents.read(names)
            for arrival in arrivals:
                if self._is_opened(arrival):
                    yield from self._events(arrival, next(contents))
                else:
                    yield from self._whole(arrival)

    def _includes(self, arrival: Arrival) -> bool:
        if isinstance(arrival, Refusal):  # nobody knows what it would have been
            return True
        place = arrival.place
        return self.wanted.includes(place) and (
            self._is_opened(arrival) or self.wanted.includes_session(place.session_id)
        )

    def _is_opened(self, arrival: Arrival) -> TypeGuard[Batch]:
        if self.as_batches or not isinstance(arrival, Batch):
            return False
        return arrival.place.data_type == "json"

    def _events(self, batch: Batch, content: bytes | Unreadable) -> Iterator[Line]:
        if isinstance(content, Unreadable):
            self.note(f"{batch.ref.uri}: {content}")
            return
        for line in event_lines(batch, content):
            if self.wanted.includes_session(batch.place.session_id, line.session):
                yield line

    def _whole(self, arrival: Arrival) -> Iterator[Line]:
        if isinstance(arrival, Refusal):
            yield refusal_line(arrival)
        elif isinstance(arrival, Batch):
            if self.events_only:
                self.note(f"{arrival.ref.uri}: {arrival.size} bytes that are no events")
            else:
                yield batch_line(arrival)
        elif not self.events_only:
            yield upload_line(arrival)
