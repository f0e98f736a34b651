"""Pure: what clients sent and were answered, and what must be stored of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analytics_soak.batches import Batch, Place

_DAY = 24 * 3600
_ACCEPTED = 200
Counts = Mapping[Place, Mapping[str, int]]  # how often each tag was found, by place


@dataclass(slots=True)
class Receipt:
    """A batch and what its client was answered, attempt by attempt: a status, 0 for no answer.

    `began` and `ended` are when it was first sent and last answered, in seconds since the epoch.
    """

    batch: Batch
    began: float
    ended: float = 0.0
    statuses: list[int] = field(default_factory=list)
    batch_ids: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """How many attempts were answered 200."""
        return self.statuses.count(_ACCEPTED)

    def expected(self, place: Place) -> range:
        """Return how often each of its tags at the place may be found."""
        if place == "nowhere" or not self.statuses:
            return range(1)
        if not self.batch.key:
            return range(self.accepted, len(self.statuses) + 1)
        return range(min(1, self.accepted), self._most(place) + 1)

    def _most(self, place: Place) -> int:
        """Return how often what was sent under one key may be found."""
        if self.batch.key == "uuid7":
            return 1
        # Under a key that tells no time, a later second is another object, a later day another row.
        if place != "rows":
            return len(self.statuses)
        return int(self.ended // _DAY) - int(self.began // _DAY) + 1

    def wrong_answers(self) -> Iterator[str]:
        """Yield what its answers should not have been."""
        if self.batch.is_refused and self.accepted:
            yield "accepted what must be refused"
        ids = len(set(self.batch_ids))
        if {"": ids != self.accepted, "uuid7": ids > 1}.get(self.batch.key):
            yield f"{self.accepted} receipts with {ids} batch ids"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a tag: `what` is `lost`, `doubled`, `unsent` or `answer`."""

    what: str
    tag: str
    detail: str


def least_rows(receipts: list[Receipt]) -> int:
    """Return of how many events there are rows at least."""
    accepted = (receipt.batch.places.values() for receipt in receipts if receipt.accepted)
    return sum(place == "rows" for places in accepted for place in places)


def judge(receipts: list[Receipt], counts: Counts) -> Iterator[Wrong]:
    """Yield all that is not as the receipts have it."""
    sent: set[str] = set()
    for receipt in receipts:
        for detail in receipt.wrong_answers():
            yield Wrong("answer", next(iter(receipt.batch.places)), detail)
        for tag, place in receipt.batch.places.items():
            sent.add(tag)
            yield from _judge(tag, receipt, place, counts)
    for place, tags in counts.items():
        for tag in tags.keys() - sent:
            yield Wrong("unsent", tag, f"in {place}, and nobody sent it")


def _judge(tag: str, receipt: Receipt, place: Place, counts: Counts) -> Iterator[Wrong]:
    """Yield what is wrong with a tag, which belongs to one place and to no other."""
    told = f"answered {receipt.statuses}, key {receipt.batch.key or 'none'}"
    for where, tags in counts.items():
        expected = receipt.expected(place if where == place else "nowhere")
        found = tags.get(tag, 0)
        if found not in expected:
            what = "lost" if found < expected.start else "doubled" if where == place else "unsent"
            yield Wrong(what, tag, f"{found} in {where}, not {_text(expected)}; {told}")


def _text(expected: range) -> str:
    first, last = expected.start, expected.stop - 1
    return str(first) if first == last else f"{first} to {last}"
