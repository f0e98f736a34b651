"""The README and its pages against the code: what it lists exists, and what exists is listed."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from analytics_pipeline.settings import IngestSettings, LoadSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "*/README.md", "scripts/*/README.md")
    for path in ROOT.glob(pattern)
)
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
    table = (ROOT / "docs" / "how-it-works.md").read_text().split("\n## Settings\n")[1]

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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page):
    """Every relative link of a page leads somewhere."""
    links = set(re.findall(r"\]\((?!https?://)([^)#]+)\)", page.read_text()))

    assert [] == [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("name", ["events_function", "dead_letters", "events_gcs"])
def test_tables(name):
    """Every table is described."""
    assert f"| `{name}`" in section("Where an event goes")


def test_reasons():
    """Every reason of a refusal is in the table of statuses."""
    refusals = (ROOT / "functions/analytics_pipeline/ingest/refusals.py").read_text()
    reasons = set(re.findall(r'reason = "(\w+)"', refusals)) - {"invalid_request"}

    assert reasons <= set(re.findall(r"`(\w+)`", section("HTTP API")))


def test_version():
    """The package, the changelog's last release and the page about upgrades say one version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    released = re.findall(r"^## (\d\S+) - \d{4}", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert version == released[0]
    assert f"git checkout v{version}" in (ROOT / "docs" / "deploy.md").read_text()


def test_length():
    """The README can be read at one sitting."""
    assert 220 >= len(README.splitlines())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_languages(page):
    """Each block of code says its language."""
    fences = re.findall(r"^```(.*)$", page.read_text(), re.MULTILINE)

    assert all(fences[::2])
