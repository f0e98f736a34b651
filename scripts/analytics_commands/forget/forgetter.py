"""Forgets one player: objects first, rows after, or a repair would load the rows again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from analytics_commands.forget.all_times import ALWAYS
from analytics_commands.forget.other_tables import OtherTables
from analytics_commands.forget.parts import Outcome, Part
from analytics_commands.forget.player import Player
from analytics_commands.forget.player_rows import Tables, TheirRows
from analytics_commands.forget.reading import Contents
from analytics_commands.forget.rewriting import KIND, Rewriter
from analytics_commands.forget.searching import Search, SearchedObject, Unread, list_selected
from analytics_commands.foundation.pipeline.deletion import THREADS, delete_object
from analytics_commands.foundation.pipeline.deletion import Outcome as Deleted
from analytics_commands.foundation.pipeline.loaded import find_missing
from analytics_commands.foundation.pipeline.parallel import in_parallel
from analytics_commands.foundation.pipeline.prefixes import Prefix
from analytics_commands.foundation.pipeline.target import Target
from analytics_commands.foundation.terminal.progress import shown_progress
from analytics_pipeline.clock import now
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.streaming import DEAD_LETTERS_TABLE, EVENTS_TABLE
from analytics_pipeline.object_names import LOADED_CATEGORY, object_uri
from analytics_pipeline.stored_objects import Selection, StoredObject

_BODIES, _FILES = "bodies that are no events", "files"
_NOT_LISTED = "until every day of objects could be listed"
_LACKS_ROWS = "{:,} of its events are not loaded yet: run `analytics backfill`, then this again"


@dataclass(frozen=True)
class Request:
    """Who is to be forgotten where, and whether it is only looked for."""

    player: Player
    selection: Selection
    file_prefix: Prefix | None
    execute: bool
    delete_unknown: bool


@dataclass
class Forgetter:
    """Does one request. `mentions` counts other lines that hold the id; they stay."""

    target: Target
    request: Request
    mentions: int = 0
    _left: list[str] = field(default_factory=list)
    _unread: list[Unread] = field(default_factory=list)

    def run(self) -> Iterator[Part]:
        """Yield every part there is, and what has become of it; raises TransientError.

        What fails is such a part: the rest is done.
        """
        contents = Contents(self.target.store)
        tables = Tables(self.target.warehouse, self.request.player, self.request.selection)
        search = Search(contents, self.request.player, tables.opaque_letters())
        objects = list(self._search("json", search))
        bodies = list(self._search("unknown", search))
        yield from self._failed()
        yield from self._objects([each for each in objects if each.lines], contents)
        yield from self._problems(objects)
        yield from self._bodies(bodies)
        yield from self._files()
        known = chain.from_iterable(
            each.letter_ids for each in objects if each.stored.ref.uri not in self._left
        )
        event_rows = [tables.event_rows(self._left)]
        yield from self._rows(EVENTS_TABLE, tables, event_rows)
        yield from self._rows(DEAD_LETTERS_TABLE, tables, tables.letter_rows(self._left, known))
        yield from OtherTables(self.target, self.request.player).parts()

    def _search(self, data_type: str, search: Search) -> Iterator[SearchedObject]:
        """Yield what is theirs among the objects of a type."""
        stored = list_selected(self.target.inventory, data_type, self.request.selection)
        with shown_progress(f"reading data_type={data_type}") as count:
            for searched in in_parallel(search.search, stored, THREADS):
                count()
                if isinstance(searched, Unread):
                    self._unread.append(searched)
                    continue
                self.mentions += searched.mentions
                if searched.is_theirs:
                    yield searched

    def _failed(self) -> Iterator[Part]:
        """Name what could not be read; rows of such objects stay, or a repair would load them."""
        for each in self._unread:
            uri = object_uri(self.target.settings.bucket_name, each.name)
            if not each.is_prefix:
                self._left.append(uri)
            yield Part("objects", uri, 1, Outcome.FAILED, each.reason)

    def _objects(self, objects: Sequence[SearchedObject], contents: Contents) -> Iterator[Part]:
        """Rewrite the objects that hold lines of the player."""
        lacking = self._lacking([each.stored for each in objects])
        for each in objects:
            uri = each.stored.ref.uri
            if missing := lacking.get(uri):
                self._left.append(uri)
                detail = _LACKS_ROWS.format(missing)
                yield Part(KIND, uri, each.lines, Outcome.WAITING, detail)
        ready = [each for each in objects if each.stored.ref.uri not in lacking]
        if not self.request.execute:
            yield from (
                Part(KIND, each.stored.ref.uri, each.lines, Outcome.PLANNED) for each in ready
            )
            return
        rewriter = Rewriter(self.target.bucket, contents, self.request.player, now)
        with shown_progress("rewriting", len(ready)) as count:
            for part in in_parallel(rewriter.rewrite, ready, THREADS):
                count()
                if part.outcome is Outcome.FAILED:
                    self._left.append(part.name)
                yield part

    def _lacking(self, objects: Sequence[StoredObject]) -> dict[str, int]:
        """Return how many events BigQuery lacks of each object that should be loaded, by URI.

        A rewritten object is never loaded again, so what stays in it has to be loaded before.
        """
        loadable = [each for each in objects if each.place.is_loadable and not each.is_rewritten]
        if not loadable:
            return {}
        environment = self.request.selection.analytics_environment
        always = Selection(*ALWAYS, environment, LOADED_CATEGORY)
        loadable.sort(key=lambda each: each.ref.uri)
        found = find_missing(loadable, self.target.ledger.entries(always))
        return {each.stored.ref.uri: each.missing for each in found if each.missing}

    def _problems(self, objects: Iterable[SearchedObject]) -> Iterator[Part]:
        for each in objects:
            if each.problem:
                yield Part("objects", each.stored.ref.uri, 1, Outcome.NEEDS_A_PERSON, each.problem)

    def _bodies(self, bodies: Sequence[SearchedObject]) -> Iterator[Part]:
        """Delete bodies that hold the id where that was asked for: nobody can take them apart."""
        if self.request.delete_unknown:
            yield from self._delete(_BODIES, [each.stored for each in bodies])
            return
        for each in bodies:
            yield Part(_BODIES, each.stored.ref.uri, 1, Outcome.NEEDS_A_PERSON, each.problem)

    def _files(self) -> Iterator[Part]:
        prefix = self.request.file_prefix
        if prefix is None:
            return
        try:
            yield from self._delete(_FILES, self.target.inventory.objects(prefix.text))
        except TransientError as exc:
            yield Part(_FILES, prefix.text, 1, Outcome.FAILED, f"{exc}: run it again")

    def _delete(self, kind: str, objects: Iterable[StoredObject]) -> Iterator[Part]:
        delete = partial(self._delete_one, kind)
        with shown_progress(f"deleting {kind}") as count:
            for part in in_parallel(delete, objects, THREADS):
                count()
                yield part

    def _delete_one(self, kind: str, stored: StoredObject) -> Part:
        if not self.request.execute:
            return Part(kind, stored.ref.uri, 1, Outcome.PLANNED)
        deletion = delete_object(self.target.bucket, stored.ref)
        is_failed = deletion.outcome is Deleted.FAILED
        outcome = Outcome.FAILED if is_failed else Outcome.DELETED
        return Part(kind, stored.ref.uri, 1, outcome, deletion.detail)

    def _rows(self, table: str, tables: Tables, all_rows: Iterable[TheirRows]) -> Iterator[Part]:
        try:
            for rows in all_rows:
                yield from self._delete_rows(tables, rows)
        except TransientError as exc:
            yield Part(f"rows of {table}", table, 1, Outcome.FAILED, f"{exc}: run it again")

    def _delete_rows(self, tables: Tables, rows: TheirRows) -> Iterator[Part]:
        """Delete rows, unless there may be objects with them that nobody could look at."""
        if any(each.is_prefix for each in self._unread):
            for part in tables.plan(rows):
                yield replace(part, outcome=Outcome.WAITING, detail=_NOT_LISTED)
        elif self.request.execute:
            yield from tables.delete(rows, now())
        else:
            yield from tables.plan(rows)
