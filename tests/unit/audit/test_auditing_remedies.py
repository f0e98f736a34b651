"""remedies: the commands beside the findings are such as a shell and the programs take."""

import shlex
from dataclasses import replace
from datetime import timedelta

import pytest
from audited_objects import RECEIVED, sighting, stored, uri_of

from analytics_commands.audit.findings import MEANINGS
from analytics_commands.audit.remedies import remedy, show_session
from analytics_pipeline.stored_objects import Day

HERE = sighting(stored=stored())


@pytest.mark.parametrize("kind", ["lost", "undelivered"])
def test_backfill(kind):
    """What lacks rows is loaded by a backfill of the second in which it was received."""
    late = replace(HERE, received=RECEIVED + timedelta(seconds=59, milliseconds=999))

    assert (
        "analytics backfill --environment testing --category function"
        " --since 2026-03-01T12:00:59Z --until 2026-03-01T12:01:00Z --execute"
    ) == remedy(kind, late, "p.events")


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("altered_count", "gcloud storage objects describe"),
        ("unacknowledged", "gcloud storage objects describe"),
        ("missing", "gcloud storage restore"),
        ("orphan", "gcloud storage restore"),
        ("not_loadable", "gcloud storage cat"),
        ("unused_upload", "gcloud storage ls --soft-deleted"),
    ],
)
def test_gcloud(kind, command):
    """What only the object can tell is shown or restored by its URI."""
    assert f"{command} {uri_of()}" == remedy(kind, HERE, "p.events")


def test_expired():
    """The rules that deleted an object are shown."""
    assert [
        "gcloud", "storage", "buckets", "describe", "gs://b", "--format=default(lifecycle_config)",
    ] == shlex.split(remedy("expired", HERE, "p.events"))  # fmt: skip


@pytest.mark.parametrize("kind", ["doubled", "retried", "redelivered"])
def test_rows(kind):
    """What is in BigQuery several times is shown by its rows."""
    words = shlex.split(remedy(kind, HERE, "p.events"))

    assert ["bq", "query", "--use_legacy_sql=false"] == words[:3]
    assert f'FROM `p.events.events_function` WHERE gcs_uri = "{uri_of()}" GROUP' in words[3]


def test_a_rewritten_object():
    """A backfill leaves rewritten objects alone, so their rows are shown instead."""
    rewritten = sighting(stored=stored(metadata={"rewritten_at": "x"}))

    assert remedy("lost", rewritten, "p.events").startswith("bq query")


def test_session():
    """A session's events are shown by environment and id."""
    words = shlex.split(show_session("p.events", "testing", "s1"))

    assert 'analytics_environment = "testing" AND session_id = "s1"' in words[3]


def test_session_with_a_long_name():
    """A session that calls itself a novel is found by the beginning of its name."""
    command = show_session("p.events", "testing", "x" * 1_000_000)

    assert f'AND STARTS_WITH(session_id, "{"x" * 256}") ORDER' in shlex.split(command)[3]
    assert f'session_id = "{"x" * 256}"' in show_session("p.events", "testing", "x" * 256)


def test_quoting():
    """Whatever a name holds stays text, for the shell and for SQL."""
    evil = "a'b\"c\\d; $(rm) \n😀"
    day = Day("2026-03-01", evil, evil)
    command = remedy("lost", replace(HERE, day=day), "p.events")
    words = shlex.split(show_session("p.events", evil, "s"))

    assert 2 == shlex.split(command).count(evil)
    assert 'analytics_environment = "a\'b\\"c\\\\d; $(rm) \\n😀" AND' in words[3]


@pytest.mark.parametrize("kind", sorted(set(MEANINGS) - {"session_gap", "reordered"}))
def test_every_kind_has_one(kind):
    """No finding of an object is without a command."""
    assert len(shlex.split(remedy(kind, HERE, "p.events"))) > 2
