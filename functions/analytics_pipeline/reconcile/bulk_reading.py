"""Many objects read at a time; what can never be read is lettered, and in nobody's way."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from analytics_pipeline.load.dead_letters import DeadLetter, letter_for_object
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.object_rows import read_content
from analytics_pipeline.load.ports import ObjectReader
from analytics_pipeline.stored_objects import StoredObject

_READERS = 16


@dataclass(frozen=True, slots=True)
class Contents:
    """What could be read of some objects, and letters of those that can never be read."""

    read: Sequence[tuple[StoredObject, bytes]]
    letters: Sequence[DeadLetter]


class BulkReader:
    """Reads objects side by side.

    `log` is told of those that could not be read, as analytics_pipeline.logs.write is.
    """

    def __init__(self, reader: ObjectReader, log: Callable[..., None]) -> None:
        self._reader = reader
        self._log = log

    def read(self, objects: Sequence[StoredObject], now: datetime) -> Contents:
        """Return the contents, in their order; what is gone is left out.

        Raises TransientError, having lettered nothing.
        """
        read: list[tuple[StoredObject, bytes]] = []
        letters: list[DeadLetter] = []
        with ThreadPoolExecutor(_READERS) as readers:
            for stored, content in zip(objects, readers.map(self._try_read, objects), strict=True):
                uri = stored.ref.uri
                if isinstance(content, bytes):
                    read.append((stored, content))
                elif isinstance(content, PermanentLoadError):
                    letters.append(letter_for_object(stored, content, now))
                    self._log("object_dead_lettered", object=uri, reason=content.reason)
                else:
                    self._log("object_gone", object=uri, generation=stored.ref.generation)
        return Contents(read, letters)

    def _try_read(self, stored: StoredObject) -> bytes | PermanentLoadError | ObjectGone:
        try:
            return read_content(self._reader, stored)
        except (PermanentLoadError, ObjectGone) as exc:
            return exc
