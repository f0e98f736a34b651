"""Which objects nothing else has all of: listings and counts, read side by side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from analytics_commands.foundation.accounts.ledger import LedgerEntry
from analytics_commands.foundation.accounts.shortfalls import LedgerCursor
from analytics_commands.foundation.pipeline.prefixes import Prefix
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.stored_objects import StoredObject

_LETTERS = """
SELECT gcs_uri, generation, COUNT(*) AS letters
FROM open_dead_letters
WHERE analytics_environment = @environment
  AND event_category = COALESCE(@category, event_category)
GROUP BY gcs_uri, generation
ORDER BY gcs_uri
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A stored object; `missing` of its events should be in BigQuery, and are not."""

    stored: StoredObject
    missing: int
    open_letters: int = 0

    @property
    def why_kept(self) -> str:
        """Why it is not deleted; empty for an object that may go."""
        reasons = []
        if self.missing:
            reasons.append(f"{self.missing:,} of its events are not loaded")
        if self.open_letters:
            reasons.append(f"{self.open_letters:,} of its dead letters are open")
        return ", ".join(reasons)


@dataclass(frozen=True, slots=True)
class OpenLetters:
    """How many dead letters of one version of an object are open."""

    gcs_uri: str
    generation: str
    letters: int


def find_missing(
    objects: Iterable[StoredObject], entries: Iterator[LedgerEntry]
) -> Iterator[Found]:
    """Yield every object; both sides come by URI.

    The first entry is taken when the first object comes that is to be loaded. One that was
    rewritten lacks nothing: what is left in it was loaded before.
    """
    cursor = LedgerCursor(entries)
    for stored in objects:
        is_awaited = stored.place.is_loadable and not stored.is_rewritten
        yield Found(stored, cursor.missing_of(stored) if is_awaited else 0)


def read_open_letters(warehouse: Warehouse, prefix: Prefix) -> Iterator[OpenLetters]:
    """Yield the open letters of the prefix's environment, by URI; raises TransientError."""
    rows = warehouse.query(
        _LETTERS, environment=prefix.analytics_environment, category=prefix.event_category
    )
    return (OpenLetters(**row) for row in rows)


def count_letters(objects: Iterable[Found], letters: Iterator[OpenLetters]) -> Iterator[Found]:
    """Yield every object with its open letters: what they stand for is nowhere else.

    Both sides come by URI; the letters of another generation are not the object's.
    """
    groups = groupby(letters, key=lambda each: each.gcs_uri)
    uri, counts = "", dict[str, int]()
    for found in objects:
        ref = found.stored.ref
        while uri < ref.uri and (group := next(groups, None)) is not None:
            uri, counts = group[0], {each.generation: each.letters for each in group[1]}
        is_same = uri == ref.uri
        yield replace(found, open_letters=counts.get(ref.generation, 0)) if is_same else found
