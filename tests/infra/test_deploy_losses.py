"""What a plan may not take away unsaid: addresses and keys that clients know, rows and objects."""

import json
import re

import pytest
from plans import told

from analytics_commands.deploy.losses import GUARDED, Permissions
from analytics_commands.deploy.planned_changes import Plan
from analytics_commands.foundation.terminal.ending import CommandFailed
from checkout import ROOT

KEY = 'google_apikeys_key.client["game"]'
ROWS = 'google_bigquery_table.partitioned["events_function"]'
RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
PROTECTED = re.compile(r"= (local\._deletion_policy|var\.deletion_protection)\b")
DAY = 24 * 60 * 60 * 1000


def plan(*changes):
    """Return a plan of changes."""
    return Plan.from_json(told(*changes))


def refusal(of, **permissions):
    """Return what is said against a plan; nothing when it may be applied."""
    given = {name: frozenset(values) for name, values in permissions.items()}
    try:
        Permissions(**given).check(of)
    except CommandFailed as exc:
        return str(exc)
    return ""


def table(*columns, days=None):
    """Return a table as Terraform tells it; a column is a name, or one with those inside of it."""
    fields = [
        {"name": c} if isinstance(c, str) else {"name": c[0], "fields": c[1]} for c in columns
    ]
    kept = None if days is None else days * DAY
    return {"schema": json.dumps(fields), "time_partitioning": [{"expiration_ms": kept}]}


@pytest.mark.parametrize("resource", sorted(GUARDED))
@pytest.mark.parametrize("actions", ["delete", "delete create", "create delete"])
def test_what_is_lost_is_named(resource, actions):
    """Whatever cannot be brought back stops the plan, with its address, why, and what allows it."""
    address = f'{resource}["game"]'
    said = refusal(plan((address, actions)))

    assert address in said
    assert GUARDED[resource] in said
    assert ("--revoke game" if "apikeys" in resource else "--allow-loss '") in said
    assert ("replaced" in said) == ("create" in actions)


@pytest.mark.parametrize("resource", sorted(GUARDED))
@pytest.mark.parametrize("actions", ["create", "update", "no-op", "read", "forget"])
def test_what_stays_is_nobodys_concern(resource, actions):
    """What is made, altered or forgotten is not lost."""
    assert "" == refusal(plan((f"{resource}[0]", actions, None, {"name": "x"})))


def test_what_a_plan_changes():
    """What a plan only reads, or leaves as it is, is no change of it."""
    changes = plan(("a.x", "no-op"), ("a.y", "read"), ("a.z", "update"), (KEY, "delete create"))

    assert {"a.z", KEY} == changes.addresses


def test_a_new_table_loses_nothing():
    """A table that is made with an end of its rows had none before."""
    assert "" == refusal(plan((ROWS, "create", None, table("a", days=3))))


@pytest.mark.parametrize(
    "address",
    [
        "google_storage_bucket.source",
        'google_bigquery_table.view["events.sql"]',
        "google_bigquery_table.events_gcs",
        "google_api_gateway_api_config.events",
        "google_cloudfunctions2_function.ingest",
        'terraform_data.rotation["game"]',
    ],
)
def test_what_can_be_made_again(address):
    """What holds nothing, and no client knows, is replaced without a word."""
    assert "" == refusal(plan((address, "delete create")))


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (table("a", "b"), table("b", "a", "c"), None),
        (table("a", "b"), table("A", "b"), None),
        (table("a", "b"), table("b"), "columns a "),
        (table("a", "b", "c"), table("b"), "columns a, c "),
        (table("a"), table("b"), "columns a "),
        (table(("r", [{"name": "x"}, {"name": "y"}])), table(("r", [{"name": "x"}])), "r.y "),
        (table(("r", [{"name": "x"}])), table(), "columns r, r.x "),
        (table("a"), {}, "columns a "),
        (table(), table("a"), None),
        (table("a"), table("a", days=90), "older than 90 days"),
        (table("a", days=90), table("a", days=3), "older than 3 days"),
        (table("a", days=3), table("a", days=90), None),
        (table("a", days=3), table("a"), None),
    ],
)
def test_altered_tables(before, after, lost):
    """A table that stays may still lose columns, at any depth, or rows by their age."""
    said = refusal(plan((ROWS, "update", before, after)))

    assert bool(lost) == bool(said)
    assert (lost or "") in said
    assert "" == refusal(plan((ROWS, "update", before, after)), lost=[ROWS])


@pytest.mark.parametrize(
    ("permissions", "refused"),
    [
        ({}, True),
        ({"revoked": ["game"]}, False),
        ({"revoked": ["gam"]}, True),
        ({"revoked": ["tool"]}, True),
        ({"lost": ["game"]}, True),
        ({"lost": [KEY]}, True),
    ],
)
def test_keys_are_revoked_by_name(permissions, refused):
    """A key may go when its application is named, and by nothing else."""
    assert refused == bool(refusal(plan((KEY, "delete")), **permissions))


def test_each_loss_has_to_be_allowed():
    """What was allowed is not told again; what was not still stops the plan."""
    said = refusal(plan((KEY, "delete"), (ROWS, "delete")), revoked=["game"])

    assert ROWS in said
    assert KEY not in said


@pytest.mark.parametrize(
    ("before", "refused"),
    [
        ({"deletion_policy": "PREVENT"}, True),
        ({"deletion_policy": "DELETE"}, False),
        ({"deletion_policy": None}, False),
        ({"deletion_protection": True}, True),
        ({"deletion_protection": False}, False),
    ],
)
def test_what_the_provider_will_refuse(before, refused):
    """An allowed loss that Terraform protects would fail half-way: it has to be told before."""
    said = refusal(plan((ROWS, "delete", before)), lost=[ROWS])

    assert refused == ("after `analytics deploy … --var deletion_protection=false`" in said)
    assert refused == bool(said)


def test_permissions_without_use():
    """A name that nothing in the plan answers to is told: it may be misspelt."""
    permissions = Permissions(frozenset({"game", "gmae"}), frozenset({ROWS}))

    assert ["--revoke gmae", f"--allow-loss '{ROWS}'"] == permissions.idle(plan((KEY, "delete")))


def test_all_that_terraform_protects():
    """What Terraform protects is guarded here, too, but for roles, which nobody outside knows."""
    protected = {
        f"{kind}.{name}"
        for path in (ROOT / "terraform").glob("*.tf")
        for kind, name, body in RESOURCE.findall(path.read_text())
        if PROTECTED.search(body)
    }

    assert {
        "google_project_iam_custom_role.row_reader",
        "google_project_iam_custom_role.row_writer",
    } == protected - set(GUARDED)
