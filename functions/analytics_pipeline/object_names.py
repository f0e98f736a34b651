"""Pure: the only spelling of the object names, both ways.

    data_type={json|unknown}/{partition}/{session_id}/{ts_fmt}-{int}
    data_type=file/{partition}/{file_parent}/{file_child}-{int}

where {partition} is analytics_environment=…/event_category=…/event_ds=YYYY-MM-DD/event_time=…
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import md5
from typing import NamedTuple

from analytics_pipeline.clock import format_second

LOADED_CATEGORY = "function"
NO_SESSION = "session-id-not-available"
EVENT_TIMES = ("0-8", "8-16", "16-24")
HIVE_PREFIX = (
    "data_type=json/{analytics_environment:STRING}/{event_category:STRING}/{event_ds:DATE}"
    "/{event_time:STRING}"
)
KEEP_OBJECT = (
    "data_type=json/analytics_environment=none/event_category=none/event_ds=2000-01-01"
    "/event_time=0-8/none/.keep"
)
_NO_EVENTS = {"", ".keep"}  # a folder, and what keeps one
_PLACE = re.compile(
    r"data_type=(?P<data_type>json|unknown|file)"
    r"/analytics_environment=(?P<analytics_environment>[^/]+)"
    r"/event_category=(?P<event_category>[^/]+)"
    r"/event_ds=(?P<event_ds>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"/event_time=(?P<event_time>[^/]+)"
    r"/(?P<rest>.+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One immutable object: a name in a bucket, at a generation."""

    bucket: str
    name: str
    generation: str

    @property
    def uri(self) -> str:
        """The object's `gs://bucket/name`."""
        return object_uri(self.bucket, self.name)


class Partition(NamedTuple):
    """The `key=value` part of a name, that queries filter by; `event_ds` is a real date."""

    analytics_environment: str
    event_category: str
    event_ds: str
    event_time: str

    def format(self) -> str:
        """Return the part of the name."""
        return (
            f"analytics_environment={self.analytics_environment}"
            f"/event_category={self.event_category}"
            f"/event_ds={self.event_ds}/event_time={self.event_time}"
        )


class BatchName(NamedTuple):
    """The name of a batch; `number` is the random part that makes it unique."""

    data_type: str
    partition: Partition
    session_id: str
    received: datetime
    number: int

    def format(self) -> str:
        """Return the object name."""
        second = format_second(int(self.received.timestamp()))
        return (
            f"data_type={self.data_type}/{self.partition.format()}"
            f"/{self.session_id}/{second}Z-{self.number}"
        )


@dataclass(frozen=True, slots=True)
class FileName:
    """The name of an uploaded file; `number` is the random part that makes it unique."""

    partition: Partition
    file_parent: str
    file_child: str
    number: int

    def format(self) -> str:
        """Return the object name."""
        return (
            f"data_type=file/{self.partition.format()}"
            f"/{self.file_parent}/{self.file_child}-{self.number}"
        )


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """Where a name of the layout puts its object, whoever wrote it.

    `session_id` is what stands between the partition and the last segment (for a file its parent).
    """

    data_type: str
    partition: Partition
    session_id: str
    leaf: str

    @property
    def is_file(self) -> bool:
        """Whether it is more than a folder, or what keeps one."""
        return self.leaf not in _NO_EVENTS

    @property
    def is_loadable(self) -> bool:
        """Whether the object's events belong in `events_function`."""
        loaded = self.partition.event_category == LOADED_CATEGORY
        return self.is_file and loaded and self.data_type == "json"


def parse_object_name(name: str) -> ObjectPlace | None:
    """Return where `name` puts its object, None for a name that is not of this layout."""
    match = _PLACE.fullmatch(name)
    if match is None or not is_date(match["event_ds"]):
        return None
    data_type, *partition, rest = match.groups()
    session_id, _, leaf = rest.rpartition("/")
    return ObjectPlace(data_type, Partition(*partition), session_id, leaf)


def prefix_of(
    data_type: str,
    analytics_environment: str | None = None,
    event_category: str | None = None,
    event_ds: str | None = None,
) -> str:
    """Return what the names of all objects of that part of the layout begin with.

    Each argument narrows it, up to the first that is left out.
    """
    prefix = f"data_type={data_type}/"
    for key, value in (
        ("analytics_environment", analytics_environment),
        ("event_category", event_category),
        ("event_ds", event_ds),
    ):
        if value is None:
            break
        prefix += f"{key}={value}/"
    return prefix


def object_uri(bucket: str, name: str) -> str:
    """Return the object's `gs://bucket/name`."""
    return f"gs://{bucket}/{name}"


def parse_uri(uri: str) -> tuple[str, str]:
    """Return bucket and name of a `gs://bucket/name`; raises ValueError for anything else."""
    bucket, slash, name = uri.removeprefix("gs://").partition("/")
    if not uri.startswith("gs://") or not slash:
        raise ValueError(f"not a gs:// URI of an object: {uri}")
    return bucket, name


def batch_id_of(uri: str) -> str:
    """Return the id of the batch that is stored at `uri`: an MD5 hex digest."""
    return md5(uri.encode(), usedforsecurity=False).hexdigest()


def event_time_of(moment: datetime) -> str:
    """Return the third of the UTC day that `moment` is in."""
    return EVENT_TIMES[moment.hour // 8]


def is_date(text: str) -> bool:
    """Return whether the text is a day of the calendar, YYYY-MM-DD: the only form in a name."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
