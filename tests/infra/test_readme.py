"""The README against the code: what it lists exists, and what exists is listed."""

import dataclasses
import re
from pathlib import Path

import pytest

from analytics_pipeline.settings import IngestSettings, LoadSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def section(title):
    """Return the text of one section."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_settings():
    """Every setting is in the table with its default, and no other."""
    fields = {
        field.name.upper(): field
        for settings in (IngestSettings, LoadSettings)
        for field in dataclasses.fields(settings)
    }
    table = section("Settings")

    assert set(fields) | {"GCE_METADATA_HOST"} == set(re.findall(r"`([A-Z_]{6,})`", table))
    for name, field in fields.items():
        if isinstance(field.default, int) and not isinstance(field.default, bool):
            assert f"| `{name}` | {field.default:,} |" in table


def test_commands():
    """Every make command is mentioned, and every mentioned one exists."""
    targets = set(re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE))

    mentioned = set(re.findall(r"\bmake\s+([a-z]+)\b", README))

    assert mentioned <= targets
    assert targets - mentioned <= {"help"}


def test_links():
    """Every relative link leads somewhere."""
    links = set(re.findall(r"\]\((?!https?://)([^)#]+)\)", README))

    assert links
    assert [] == [link for link in links if not (ROOT / link).exists()]


@pytest.mark.parametrize("name", ["events_function", "dead_letters", "events_gcs"])
def test_tables(name):
    """Every table is described."""
    assert f"| `{name}`" in section("Where an event goes")


def test_reasons():
    """Every reason of a refusal is in the table of statuses."""
    refusals = (ROOT / "functions/analytics_pipeline/ingest/refusals.py").read_text()
    reasons = set(re.findall(r'reason = "(\w+)"', refusals)) - {"invalid_request"}

    assert reasons <= set(re.findall(r"`(\w+)`", section("HTTP API")))
