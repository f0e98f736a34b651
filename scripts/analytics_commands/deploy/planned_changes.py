"""What a plan of Terraform's does to each resource, as `terraform show -json` tells."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

_HAS_CHANGES = "applyable"  # codespell:ignore applyable
_NOTHING = {("no-op",), ("read",)}


@dataclass(frozen=True)
class Change:
    """One resource that is made, altered or deleted.

    `resource` is its type and name, without the key; `actions` are Terraform's words. What it was
    and becomes may hold secrets; nothing is in `before` when it is made, in `after` when it goes.
    """

    address: str
    resource: str
    actions: tuple[str, ...]
    before: Mapping[str, Any] = field(repr=False)
    after: Mapping[str, Any] = field(repr=False)

    @property
    def deletes(self) -> bool:
        """Whether what is there now is gone afterwards, replaced or not."""
        return "delete" in self.actions


@dataclass(frozen=True)
class Plan:
    """All changes, and whether there is anything to apply: outputs alone may change, too."""

    changes: tuple[Change, ...]
    has_changes: bool

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `terraform show -json FILE` prints."""
        plan = json.loads(text)
        changes = (_read(each) for each in plan.get("resource_changes", ()))
        return cls(
            tuple(each for each in changes if each.actions not in _NOTHING), plan[_HAS_CHANGES]
        )

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses of all that it changes."""
        return frozenset(each.address for each in self.changes)


def _read(told: Mapping[str, Any]) -> Change:
    change = told["change"]
    return Change(
        told["address"],
        f"{told['type']}.{told['name']}",
        tuple(change["actions"]),
        change["before"] or {},
        change["after"] or {},
    )
