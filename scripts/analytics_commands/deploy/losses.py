"""What a plan would take away for good, and what has to be said before it may.

Everything else that Terraform makes can be made again. This cannot: clients in the field know
the gateway's address and a key, which no later apply brings back; and rows and objects are data.
"""

import json
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics_commands.deploy.planned_changes import Change, Plan
from analytics_commands.foundation.terminal.ending import CommandFailed

_KEY = "google_apikeys_key.client"
_DAY_MS = 24 * 60 * 60 * 1000
_UNPROTECTED = "analytics deploy … --var deletion_protection=false"
_DOMAIN = "clients in the field know the name that leads to it"
_ROWS = "it holds rows"
# By type and name: other buckets and tables hold nothing, or what can be made again.
GUARDED: Mapping[str, str] = {
    "google_api_gateway_api.events": "the keys that clients in the field have are for it",
    "google_api_gateway_gateway.events": "clients in the field know its address",
    _KEY: "clients in the field have it",
    "google_bigquery_dataset.events": "it holds all tables",
    "google_bigquery_table.partitioned": _ROWS,
    "google_bigquery_table.receipt_lines": _ROWS,
    "google_compute_global_address.domain": _DOMAIN,
    "google_compute_global_forwarding_rule.domain": _DOMAIN,
    "google_compute_managed_ssl_certificate.domain": "clients in the field know the name it is for",
    "google_storage_bucket.events": "it holds all events and files",
}


@dataclass(frozen=True)
class Loss:
    """Something that would be gone; `permission` are the words that allow it."""

    address: str
    problem: str
    permission: tuple[str, str]
    is_protected: bool  # the provider refuses it too, half-way through the apply

    def __str__(self) -> str:
        """Return it as a sentence, with what allows it."""
        first = f", after `{_UNPROTECTED}` without this change" if self.is_protected else ""
        return f"{self.address} {self.problem}: `{shlex.join(self.permission)}` allows it{first}"


@dataclass(frozen=True)
class Permissions:
    """What the operator allows: keys by the name of their application, the rest by address."""

    revoked: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()

    def check(self, plan: Plan) -> None:
        """Raise CommandFailed that names all that would be lost, and was not allowed."""
        losses = [loss for loss in find_losses(plan) if not self._allow(loss)]
        if losses:
            raise CommandFailed(f"this plan is not applied. {'; '.join(map(str, losses))}")

    def idle(self, plan: Plan) -> list[str]:
        """Return the permissions that the plan has no use for: a name may be misspelt."""
        used = {loss.permission for loss in find_losses(plan)}
        given = [("--revoke", name) for name in sorted(self.revoked)]
        given += [("--allow-loss", address) for address in sorted(self.lost)]
        return [shlex.join(each) for each in given if each not in used]

    def _allow(self, loss: Loss) -> bool:
        if loss.is_protected:
            return False
        option, name = loss.permission
        return name in (self.revoked if option == "--revoke" else self.lost)


def find_losses(plan: Plan) -> Iterator[Loss]:
    """Yield what the plan would take away, in its order."""
    for change in plan.changes:
        if change.resource in GUARDED and change.before:
            yield from _losses_of(change)


def _losses_of(change: Change) -> Iterator[Loss]:
    permission = _permission(change)
    if change.deletes:
        what = "replaced" if "create" in change.actions else "deleted"
        problem = f"would be {what} ({GUARDED[change.resource]})"
        yield Loss(change.address, problem, permission, _is_protected(change.before))
    elif columns := _columns(change.before) - _columns(change.after):
        problem = f"would lose the columns {', '.join(sorted(columns))} with their data"
        yield Loss(change.address, problem, permission, is_protected=False)
    elif _kept_ms(change.after) < _kept_ms(change.before):
        problem = f"would lose all rows older than {_kept_ms(change.after) / _DAY_MS:g} days"
        yield Loss(change.address, problem, permission, is_protected=False)


def _is_protected(before: Mapping[str, Any]) -> bool:
    """Tell what the provider will say: it goes by what was applied last, not by what is planned."""
    return before.get("deletion_policy") == "PREVENT" or before.get("deletion_protection") is True


def _permission(change: Change) -> tuple[str, str]:
    """Return the option that allows it.

    A key goes because its application's name or rotation string was changed, on purpose: so the
    option takes the name that was changed, and no address of Terraform's.
    """
    if change.resource != _KEY:
        return "--allow-loss", change.address
    return "--revoke", json.loads(change.address.removeprefix(f"{_KEY}[").removesuffix("]"))


def _columns(table: Mapping[str, Any]) -> set[str]:
    """Return the names of all columns, those inside of records with a dot."""
    return set(_walk(json.loads(table.get("schema") or "[]"), ""))


def _walk(fields: Sequence[Mapping[str, Any]], above: str) -> Iterator[str]:
    for field in fields:
        name = f"{above}{field['name']}".lower()  # as BigQuery compares them
        yield name
        yield from _walk(field.get("fields", ()), f"{name}.")


def _kept_ms(table: Mapping[str, Any]) -> float:
    """Return how long a partition is kept, in milliseconds; without an end, infinity."""
    layouts: Collection[Mapping[str, Any]] = table.get("time_partitioning") or ()
    return min(
        (float(each.get("expiration_ms") or "inf") for each in layouts), default=float("inf")
    )
