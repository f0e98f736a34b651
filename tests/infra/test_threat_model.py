"""docs/threat-model.md: what it names to show a claim is there."""

import re

from checkout import ROOT

PAGE = (ROOT / "docs/threat-model.md").read_text()
NAMED = re.findall(r"`((?:tests|terraform)/[\w./-]+):\s+([\w-]+)`", PAGE)


def test_what_shows_a_claim_is_there():
    """Each test, resource or variable is in the file that the page says."""
    missing = {
        f"{file}: {name}"
        for file, name in NAMED
        if not re.search(rf"\b{re.escape(name)}\b", (ROOT / file).read_text())
    }

    assert len(NAMED) == len(re.findall(r"`(?:tests|terraform)/[^`]+:\s", PAGE))
    assert set() == missing


def test_prices():
    """The price of a million requests is that of the page about prices."""
    (row,) = re.findall(r"^\| \*\*all\*\* \|.+$", (ROOT / "docs/cost.md").read_text(), re.MULTILINE)
    a_request = float(row.split("|")[4].strip(" *"))

    assert f"a million requests of one event of 1 KB | {a_request:.0f} |" in PAGE
