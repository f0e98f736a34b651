"""Finds what is a player's among stored objects. Nothing is changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.object_names import batch_id_of, prefix_of
from analytics_pipeline.reconcile.inventory import Inventory
from analytics_pipeline.stored_objects import Selection, StoredObject
from scripts.forgetting.player import Parted, Player
from scripts.forgetting.reading import Contents


@dataclass(frozen=True, slots=True)
class SearchedObject:
    """What an object holds: so many lines of the player, and lines that mention the id.

    `letter_ids` are those of `opaque` dead letters of the lines. `problem` says why the object
    cannot be taken apart, or why nobody knows what it holds.
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


class Search:
    """Looks for one player; `opaque` are ids of dead letters that do not show their line."""

    def __init__(self, contents: Contents, player: Player, opaque: frozenset[str]) -> None:
        self._contents = contents
        self._player = player
        self._opaque = opaque

    def search_events(self, stored: StoredObject) -> SearchedObject:
        """Look for the player's lines in an object of events; raises TransientError."""
        try:
            parted = self._player.part(self._contents.read(stored))
        except ObjectGone:
            return SearchedObject(stored)
        except PermanentLoadError as exc:
            return SearchedObject(stored, problem=f"it cannot be read: {exc}")
        found = self._letter_ids(stored, parted) if stored.place.is_loadable else frozenset()
        return SearchedObject(stored, len(parted.taken), parted.mentions, found)

    def search_body(self, stored: StoredObject) -> SearchedObject:
        """Look for the id in a body that is no events; raises TransientError."""
        try:
            is_mentioned = self._player.is_mentioned(self._contents.read(stored))
        except ObjectGone:
            is_mentioned = False
        except PermanentLoadError as exc:
            return SearchedObject(stored, problem=f"it cannot be read: {exc}")
        problem = "it holds the id, and cannot be taken apart" if is_mentioned else ""
        return SearchedObject(stored, problem=problem)

    def _letter_ids(self, stored: StoredObject, parted: Parted) -> frozenset[str]:
        """Return the opaque letters of the lines, which are named by their place in the batch.

        After lines were taken out of an object, only the ids of its events tell that place.
        """
        batch_id = batch_id_of(stored.ref.uri)
        places = (line.position if stored.is_rewritten else line.index for line in parted.taken)
        return frozenset(f"{batch_id}/{place}" for place in places) & self._opaque


def list_selected(
    inventory: Inventory, data_type: str, selection: Selection
) -> Iterator[StoredObject]:
    """Yield the objects of the type that are selected, a day at a time; raises TransientError."""
    environment, category = selection.analytics_environment, selection.event_category
    for day in inventory.days(data_type, environment, category):
        parts = (day.analytics_environment, day.event_category, day.event_ds)
        for stored in inventory.objects(prefix_of(data_type, *parts)):
            if selection.includes(stored.received):
                yield stored
