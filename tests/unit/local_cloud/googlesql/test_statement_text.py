"""Quoted paths and positional parameters, and where errors are in the client's own text."""

import pytest

from analytics_local_cloud.warehouse.googlesql.statement_text import StatementText


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("SELECT 1 FROM `p.d.t`", "SELECT 1 FROM `p`.`d`.`t`"),
        ("SELECT `a` FROM `d.t` x", "SELECT `a` FROM `d`.`t` x"),
        ("SELECT 1 FROM `example.com:p.d.t`", "SELECT 1 FROM `example.com:p`.`d`.`t`"),
        ("SELECT '`a.b`', \"`a.b`\"", "SELECT '`a.b`', \"`a.b`\""),
        ("SELECT r'`a.b`\\d'", "SELECT r'`a.b`\\d'"),
        ("SELECT '''it's `a.b`'''", "SELECT '''it's `a.b`'''"),
        ("SELECT 1 -- `a.b` ?\n# ?\n/* ? */", "SELECT 1 -- `a.b` ?\n# ?\n/* ? */"),
        ("SELECT ?, '?', ?", "SELECT @_1, '?', @_2"),
        ("SELECT '\\'?'", "SELECT '\\'?'"),
    ],
)
def test_what_is_read(given, read):
    """Only a quoted path is taken apart, and only a parameter named: never what a literal holds."""
    assert read == StatementText.of(given).sql


@pytest.mark.parametrize(
    ("sql", "reported", "expected"),
    [
        ("SELECT nope FROM `d.t`", "No [at 1:8]", "No at [1:8]"),
        ("SELECT 1 FROM `d.t` WHERE nope", "No [at 1:29]", "No at [1:27]"),
        ("SELECT 1 FROM `p.d.t`, `d.u` WHERE x", "No [at 1:42]", "No at [1:36]"),
        ("SELECT 1 FROM `d.t`\nWHERE nope", "No [at 2:7]", "No at [2:7]"),
        ("SELECT 1 FROM `d.t`", "No [at 1:15]", "No at [1:15]"),
        ("SELECT ? + x", "No [at 1:14]", "No at [1:12]"),
        ("SELECT 1", "No position", "No position"),
    ],
)
def test_positions(sql, reported, expected):
    """An error's position is that of the text which the client sent, in BigQuery's form."""
    assert expected == StatementText.of(sql).message(reported)
