"""Pure: the events that are sent. Every value follows from the run and the event's position.

So an altered event can be told without keeping what was sent: it is planted once more and compared.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5, shake_256

from analytics_pipeline.object_names import BatchName, Partition

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOISE_BYTES = 220  # with them an event has about a kilobyte
_CLASSES = ("match", "economy", "progression", "session", "social")
_MAPS = ("harbour", "old-town", "glacier", "jungle")
_SYSTEMS = ("Windows 11", "Android 16", "iOS 26", "SteamOS 3.7")


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: `batches` of `batch_size` events each, sent with the query parameters of a place.

    `run` is unlike that of any other run; it is the type of all its events and their session in
    the objects' names. Events are counted by position, from 0, through all batches.
    """

    run: str
    batches: int
    batch_size: int
    partition: Partition
    started: datetime

    @property
    def events(self) -> int:
        """The number of all events."""
        return self.batches * self.batch_size

    @property
    def prefix(self) -> str:
        """What the names of this run's objects, and of no others, begin with."""
        name = BatchName("json", self.partition, self.run, self.started, 0).format()
        return name.rpartition("/")[0] + "/"

    @property
    def parameters(self) -> dict[str, str]:
        """The query parameters of each request, but for the key."""
        return {
            "analytics_environment": self.partition.analytics_environment,
            "event_category": self.partition.event_category,
            "event_ds": self.partition.event_ds,
            "event_time": self.partition.event_time,
            "session_id": self.run,
        }

    def idempotency_key(self, batch: int) -> str:
        """Return the key of a batch, the same for every attempt: a UUIDv7 of the run's start.

        So a batch that is sent again is the same object, whenever that is (RFC 9562).
        """
        digest = md5(f"{self.run}-{batch}".encode(), usedforsecurity=False).hexdigest()
        milliseconds = int(self.started.timestamp() * 1000)
        return f"{milliseconds:012x}7{digest[:3]}8{digest[3:18]}"

    def body(self, batch: int) -> bytes:
        """Return the body of a batch: a JSON array."""
        first = batch * self.batch_size
        events = [self.event(first + index) for index in range(self.batch_size)]
        return json.dumps(events, ensure_ascii=False, separators=(",", ":")).encode()

    def planted_id(self, position: int) -> str:
        """Return the id that is planted in an event: `run/batch/index`."""
        batch, index = divmod(position, self.batch_size)
        return f"{self.run}/{batch}/{index}"

    def position_of(self, planted_id: str) -> int | None:
        """Return the position of the event with that id, None for what this run never planted."""
        batch, _, index = planted_id.removeprefix(f"{self.run}/").partition("/")
        if not (batch.isdecimal() and index.isdecimal()):
            return None
        position = int(batch) * self.batch_size + int(index)
        is_planted = position < self.events and self.planted_id(position) == planted_id
        return position if is_planted else None

    def event(self, position: int) -> dict[str, object]:
        """Return the event at a position, as a game sends it."""
        batch, index = divmod(position, self.batch_size)
        planted_id = self.planted_id(position)
        noise = shake_256(planted_id.encode()).hexdigest(_NOISE_BYTES)
        draw = int(noise[:8], 16)
        return {
            "eventEnvironment": self.partition.analytics_environment,
            "eventSource": "server" if draw % 7 == 0 else "client",
            "eventClass": _CLASSES[draw % len(_CLASSES)],
            "eventType": self.run,
            "eventTimestamp": (self.started - _EPOCH) // _MICROSECOND + position,
            "eventIndex": index,
            "sessionId": shake_256(f"{self.run}/{batch}".encode()).hexdigest(16),
            "buildVersion": f"2.{draw % 4}.{draw % 31}",
            "playerId": f"player-{batch}",
            "eventAttributes": _attributes(planted_id, draw, noise),
        }


def _attributes(planted_id: str, draw: int, noise: str) -> Mapping[str, object]:
    """Return what is particular to an event; no number is one that JSON columns would change."""
    return {
        "plantedId": planted_id,
        "matchId": noise[8:40],
        "map": _MAPS[draw % len(_MAPS)],
        "level": draw % 60,
        "isRanked": draw % 2 == 0,
        "position": {"x": draw % 4096 + 0.25, "y": draw % 512 - 255.5, "z": draw % 64 + 0.75},
        "nickname": f"Zoë {noise[40:46]} 龍",
        "squad": [f"player-{noise[start : start + 6]}" for start in range(46, 70, 6)],
        "device": {
            "os": _SYSTEMS[draw % len(_SYSTEMS)],
            "memoryMb": 1024 << draw % 5,
            "gpu": noise[70:86],
        },
        "crashReport": None,
        "trace": noise[86:],
    }
