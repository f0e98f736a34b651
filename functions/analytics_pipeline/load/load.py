"""Use case: a finalized object becomes rows; what cannot become a row becomes a dead letter.

Returning acknowledges the event, raising asks for its redelivery. Delivering an object again is
harmless: rows carry stable insert ids, and the view `events` shows each event id once.
"""

from collections.abc import Callable
from datetime import datetime

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.cloud_event import parse_finalized
from analytics_pipeline.load.contents import Content, memory_of, open_content
from analytics_pipeline.load.dead_letters import letter_for_line, letter_for_object
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.inserts import RowInserter, insert_letters
from analytics_pipeline.load.memory_budget import MemoryBudget
from analytics_pipeline.load.ports import ObjectReader, RowBulk, RowSink
from analytics_pipeline.load.row_reader import read_rows
from analytics_pipeline.stored_objects import StoredObject


class Loader:
    """Loads objects of the category `function`; `clock` returns the time in UTC.

    `budget` is what all deliveries at once may hold. `bulk` is asked for what loads a row that
    insertAll does not take.
    """

    def __init__(
        self,
        reader: ObjectReader,
        sink: RowSink,
        bulk: Callable[[], RowBulk],
        budget: MemoryBudget,
        clock: Callable[[], datetime],
    ) -> None:
        self._reader = reader
        self._sink = sink
        self._bulk = bulk
        self._budget = budget
        self._clock = clock

    def handle(self, data: object) -> None:
        """Load the object that a finalized event describes, or leave it for good reason.

        Raises TransientError when a later delivery may succeed.
        """
        try:
            stored = parse_finalized(data)
        except ValueError as exc:
            logs.write("event_malformed", detail=str(exc))
            return
        if stored is None:
            return
        try:
            with self._budget.hold(memory_of(stored)):
                self._load(stored)
        except ObjectGone:
            logs.write("object_gone", object=stored.ref.uri, generation=stored.ref.generation)
        except TransientError as exc:
            logs.write_exception("load_failed", exc, object=stored.ref.uri)
            raise

    def _load(self, stored: StoredObject) -> None:
        try:
            content = open_content(self._reader, stored)
        except PermanentLoadError as exc:
            insert_letters(self._sink, [letter_for_object(stored, exc, self._clock())])
            logs.write("object_dead_lettered", object=stored.ref.uri, reason=exc.reason)
            return
        self._insert(content)

    def _insert(self, content: Content) -> None:
        stored, now = content.stored, self._clock()
        inserter = RowInserter(self._sink, self._bulk)
        rejects = inserter.insert(read_rows(content, inserted=now))
        letters = insert_letters(
            self._sink, (letter_for_line(stored, reject, now) for reject in rejects)
        )
        logs.write(
            "object_loaded",
            object=stored.ref.uri,
            rows=inserter.inserted,
            dead_letters=letters,
            lag_seconds=round((self._clock() - stored.created).total_seconds(), 3),
        )
