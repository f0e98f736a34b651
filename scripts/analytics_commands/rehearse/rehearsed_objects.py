"""Which objects are rehearsed with: those of a bucket, or files, taken for objects."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

from analytics_commands.foundation.pipeline.target import Target
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_pipeline.load.contents import MAX_OBJECT_BYTES
from analytics_pipeline.object_names import (
    LOADED_CATEGORY,
    ObjectPlace,
    ObjectRef,
    parse_object_name,
    prefix_of,
)
from analytics_pipeline.stored_objects import Selection, StoredObject

_LAYOUT = "data_type="
_OF_ANY_FILE = (  # the name of one that has none of the layout
    "data_type=json/analytics_environment=files/event_category=function/event_ds=2000-01-01"
    "/event_time=0-8/files/"
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RehearsedObject:
    """An object, what people call it, and what reads its bytes as they are stored."""

    stored: StoredObject
    shown: str
    read: Callable[[], bytes]


def objects_of_bucket(target: Target, selection: Selection) -> Iterator[RehearsedObject]:
    """Yield the objects selected, without a category those of the one that is always loaded.

    Listed are the `event_ds` in which the time lies, and a day on either side. Raises
    TransientError.
    """
    category = selection.event_category or LOADED_CATEGORY
    first, last = selection.since.date() - _DAY, selection.until.date() + _DAY
    for day in target.inventory.days("json", selection.analytics_environment, category):
        if first <= date.fromisoformat(day.event_ds) <= last:
            prefix = prefix_of("json", day.analytics_environment, category, day.event_ds)
            for stored in target.inventory.objects(prefix):
                if selection.includes(stored.received):
                    read = partial(target.store.read, stored.ref, MAX_OBJECT_BYTES)
                    yield _rehearsed(stored, stored.ref.uri, read)


def objects_of_files(paths: Iterable[Path], selection: Selection) -> Iterator[RehearsedObject]:
    """Yield the files, and those in folders, by name; raises CommandFailed for a missing path.

    A path that ends as a name of the layout is that object, if environment and category are
    selected; any other file is one of what is always loaded.
    """
    for path in paths:
        if not path.exists():
            raise CommandFailed(f"there is no file or folder {path}")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and (stored := _as_object(file, selection)) is not None:
                yield _rehearsed(stored, str(file), file.read_bytes)


def _rehearsed(stored: StoredObject, shown: str, read: Callable[[], bytes]) -> RehearsedObject:
    """Return the object; one that is too large is refused by its size, unread."""
    return RehearsedObject(stored, shown, bytes if stored.size > MAX_OBJECT_BYTES else read)


def _as_object(file: Path, selection: Selection) -> StoredObject | None:
    path = os.fsencode(file.absolute()).decode(errors="replace")
    _, found, rest = path.partition(f"/{_LAYOUT}")
    name = _LAYOUT + rest
    place = parse_object_name(name) if found else None
    if place is None:
        name = _OF_ANY_FILE + quote(os.fsencode(file.name), safe="")
        place = parse_object_name(name)
    elif not _is_selected(place, selection):
        return None
    if place is None:
        return None
    status = file.stat()
    return StoredObject(
        ref=ObjectRef("files", name, "1"),
        place=place,
        created=datetime.fromtimestamp(status.st_mtime, UTC),
        size=status.st_size,
    )


def _is_selected(place: ObjectPlace, selection: Selection) -> bool:
    environment = place.partition.analytics_environment
    return (
        place.is_file
        and place.data_type == "json"
        and place.partition.event_category == (selection.event_category or LOADED_CATEGORY)
        and environment == (selection.analytics_environment or environment)
    )
