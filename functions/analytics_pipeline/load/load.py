"""Use case: a finalized object becomes rows; what cannot become a row becomes a dead letter.

Returning acknowledges the event, raising asks for its redelivery. Delivering an object again is
harmless: rows carry stable insert ids, and the view `events` shows each event id once.
"""

from collections.abc import Callable
from datetime import datetime

from analytics_pipeline import logs
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.cloud_event import parse_finalized
from analytics_pipeline.load.dead_letters import letter_for_line, letter_for_object
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.object_rows import insert_candidates, make_candidates, read_content
from analytics_pipeline.load.ports import ObjectReader, RowSink
from analytics_pipeline.load.rows import LineContext, Reject
from analytics_pipeline.stored_objects import StoredObject


class Loader:
    """Loads objects of the category `function`; `clock` returns the time in UTC."""

    def __init__(self, reader: ObjectReader, sink: RowSink, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._sink = sink
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
            self._load(stored)
        except ObjectGone:
            logs.write("object_gone", object=stored.ref.uri, generation=stored.ref.generation)
        except TransientError as exc:
            logs.write_exception("load_failed", exc, object=stored.ref.uri)
            raise

    def _load(self, stored: StoredObject) -> None:
        now = self._clock()
        try:
            content = read_content(self._reader, stored)
        except PermanentLoadError as exc:
            self._sink.insert_dead_letters([letter_for_object(stored, exc, now)])
            logs.write("object_dead_lettered", object=stored.ref.uri, reason=exc.reason)
            return
        rejects: list[Reject] = []
        candidates = make_candidates(content, LineContext.of(stored, inserted=now), rejects)
        loaded = insert_candidates(self._sink, candidates, rejects)
        if rejects:
            letters = [letter_for_line(stored, reject, now) for reject in rejects]
            self._sink.insert_dead_letters(letters)
        logs.write(
            "object_loaded",
            object=stored.ref.uri,
            rows=loaded,
            dead_letters=len(rejects),
            lag_seconds=round((self._clock() - stored.created).total_seconds(), 3),
        )
