"""When a bucket's lifecycle rules delete an object (JSON API reference, Buckets)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self

from google.api_core.exceptions import Forbidden
from google.cloud import storage

_KNOWN = {"age", "createdBefore", "matchesPrefix", "matchesSuffix", "isLive"}


@dataclass(frozen=True, slots=True)
class DeleteRule:
    """Deletes objects of some names, so long after their creation, created before a date."""

    age: timedelta
    created_before: date
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]

    def has_deleted(self, name: str, created: datetime, now: datetime) -> bool:
        """Return whether an object of that name and age would be gone."""
        return (
            name.startswith(self.prefixes)
            and name.endswith(self.suffixes)
            and created.date() < self.created_before
            and created + self.age <= now
        )


@dataclass(frozen=True, slots=True)
class Retention:
    """The rules of one bucket that delete live objects by name and age.

    A rule with any other condition is left out: of an object that is gone nobody can say whether
    it met it, and a loss must not pass for an expiry.
    """

    rules: tuple[DeleteRule, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[Mapping[str, Any]]) -> Self:
        """Read the rules of a bucket."""
        return cls(
            tuple(
                _read_rule(rule["condition"])
                for rule in rules
                if rule["action"]["type"] == "Delete"
                and set(rule["condition"]) <= _KNOWN
                and rule["condition"].get("isLive", True)
            )
        )

    def has_deleted(self, name: str, created: datetime, now: datetime) -> bool:
        """Return whether an object of that name and age would be gone."""
        return any(rule.has_deleted(name, created, now) for rule in self.rules)


def read_retention(bucket: storage.Bucket, say: Callable[[str], None]) -> Retention:
    """Return the rules of a bucket; one whose rules may not be read is said to have none."""
    try:
        bucket.reload()
    except Forbidden:
        say(
            "the bucket's lifecycle rules may not be read (storage.buckets.get): nothing is expired"
        )
        return Retention()
    return Retention.of(bucket.lifecycle_rules)


def _read_rule(condition: Mapping[str, Any]) -> DeleteRule:
    created_before = condition.get("createdBefore")
    return DeleteRule(
        age=timedelta(days=int(condition.get("age", 0))),
        created_before=date.fromisoformat(created_before) if created_before else date.max,
        prefixes=tuple(condition.get("matchesPrefix") or ("",)),
        suffixes=tuple(condition.get("matchesSuffix") or ("",)),
    )
