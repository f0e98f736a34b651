"""Where the linter's security rules do not hold: on single lines, each with its reason."""

import re
import tomllib

from checkout import ROOT

SOURCES = [
    path
    for folder in ("functions", "scripts", "clients", ".ci")
    for path in (ROOT / folder).rglob("*.py")
    if "node_modules" not in path.parts
]
# Files where a rule never holds: writers of SQL, and tests, whose secrets are thrown away.
WAIVED = {
    "examples/**": {"S101", "S310"},
    "scripts/analytics_commands/demo/tutorial.py": {"S608"},
    "scripts/analytics_local_cloud/warehouse/translation/**": {"S608"},
    "tests/**": {"S"},
}


def is_security(rule):
    """Tell whether a rule, or a family of rules, is of flake8-bandit."""
    return re.fullmatch(r"S\d*", rule) is not None


def test_no_rule_is_left_out():
    """All rules of security are on, but in files that are named here."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    waived = {
        files: {rule for rule in rules if is_security(rule)}
        for files, rules in lint["per-file-ignores"].items()
    }

    assert ["ALL"] == lint["select"]
    assert [] == [rule for rule in lint["ignore"] if is_security(rule)]
    assert WAIVED == {files: rules for files, rules in waived.items() if rules}


def test_lines_have_reasons():
    """A line on which one is waived says why, and no file waives one as a whole."""
    bare = [
        f"{path.name}: {comment}"
        for path in SOURCES
        for comment in re.findall(r"# noqa: S\d.*|# ruff: noqa.*", path.read_text())
        if not re.match(r"# noqa: [A-Z\d, ]+ - \w", comment)
    ]

    assert [] == bare
