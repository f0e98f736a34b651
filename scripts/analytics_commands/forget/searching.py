"""Finds what is a player's among stored objects. Nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from analytics_commands.forget.player import Parted, Player
from analytics_commands.forget.player_rows import OpaqueLetters
from analytics_commands.forget.reading import Contents
from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.object_names import prefix_of
from analytics_pipeline.stored_objects import Selection, StoredObject


@dataclass(frozen=True, slots=True)
class SearchedObject:
    """What an object holds: so many lines of the player, and lines that mention the id.

    `letter_ids` are those of `opaque` dead letters of the lines. `problem` says why the object
    cannot be taken apart.
    """

    stored: StoredObject
    lines: int = 0
    mentions: int = 0
    letter_ids: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def is_theirs(self) -> bool:
        """Whether something has to be done about it."""
        return bool(self.lines or self.problem)


@dataclass(frozen=True, slots=True)
class Unread:
    """An object of which nobody knows what it holds, or a prefix under which nobody could look."""

    name: str
    reason: str
    is_prefix: bool = False


class Search:
    """Looks for one player; `opaque` are the dead letters that do not show their line."""

    def __init__(self, contents: Contents, player: Player, opaque: OpaqueLetters) -> None:
        self._contents = contents
        self._player = player
        self._opaque = opaque

    def search(self, stored: StoredObject | Unread) -> SearchedObject | Unread:
        """Look for the player in an object; a failure is a result, not an error."""
        if isinstance(stored, Unread):
            return stored
        try:
            content = self._contents.read(stored).content
        except ObjectGone:
            return SearchedObject(stored)
        except PermanentLoadError as exc:
            return SearchedObject(stored, problem=f"it cannot be read: {exc}")
        except TransientError as exc:
            return Unread(stored.ref.name, f"{exc}: run it again")
        if stored.place.data_type == "json":
            return self._search_events(stored, content)
        return self._search_body(stored, content)

    def _search_events(self, stored: StoredObject, content: bytes) -> SearchedObject:
        parted = self._player.part(content)
        found = self._letter_ids(stored, parted) if stored.place.is_loadable else frozenset()
        return SearchedObject(stored, len(parted.taken), parted.mentions, found)

    def _search_body(self, stored: StoredObject, content: bytes) -> SearchedObject:
        """Look for the id: what cannot be taken apart is theirs if it holds it."""
        is_mentioned = self._player.is_mentioned(content)
        problem = "it holds the id, and cannot be taken apart" if is_mentioned else ""
        return SearchedObject(stored, problem=problem)

    def _letter_ids(self, stored: StoredObject, parted: Parted) -> frozenset[str]:
        """Return the opaque letters of the lines, which are known by their place in the batch.

        After lines were taken out of an object, only the ids of its events tell that place, and the
        letters are of what the object was before.
        """
        uri, generation = stored.ref.uri, stored.ref.generation
        places = (line.position if stored.is_rewritten else line.index for line in parted.taken)
        return frozenset(
            letter.dead_letter_id
            for place in places
            for letter in self._opaque.get((uri, place + 1), ())
            if stored.is_rewritten or letter.generation == generation
        )


def list_selected(
    inventory: Inventory, data_type: str, selection: Selection
) -> Iterator[StoredObject | Unread]:
    """Yield the objects of the type that are selected, a day at a time; raises TransientError.

    A day that cannot be listed comes as Unread.
    """
    environment, category = selection.analytics_environment, selection.event_category
    for day in inventory.days(data_type, environment, category):
        parts = (day.analytics_environment, day.event_category, day.event_ds)
        prefix = prefix_of(data_type, *parts)
        try:
            for stored in inventory.objects(prefix):
                if selection.includes(stored.received):
                    yield stored
        except TransientError as exc:
            yield Unread(prefix, f"{exc}: run it again", is_prefix=True)
