"""Formats of dates: what GoogleSQL's module would write or read wrongly is known before."""

import pytest

from analytics_local_cloud.warehouse.googlesql.analysis import Analyzer, Parameter
from analytics_local_cloud.warehouse.googlesql.format_elements import unknown_formats
from analytics_local_cloud.warehouse.googlesql.service import GoogleSql
from analytics_local_cloud.warehouse.googlesql.statement_text import StatementText
from analytics_local_cloud.warehouse.values.column_types import Column


@pytest.fixture(name="analyzer", scope="module")
def _analyzer():
    return Analyzer(GoogleSql())


@pytest.mark.parametrize(
    ("call", "unknown"),
    [
        ("FORMAT_DATE('%Y-%m-%d %%P', d)", []),
        ("FORMAT_TIMESTAMP('%E*S %E3S %Ez %E4Y', t)", []),
        ("FORMAT_TIMESTAMP('at %I%P', t)", ["%P in FORMAT_TIMESTAMP"]),
        ("FORMAT_DATETIME('%k %l', dt)", ["%k in FORMAT_DATETIME", "%l in FORMAT_DATETIME"]),
        ("FORMAT_DATE('%f', d)", ["%f in FORMAT_DATE"]),
        ("FORMAT_DATE('%E7S', d)", ["%E7S in FORMAT_DATE"]),
        ("FORMAT_DATE('%', d)", ["% in FORMAT_DATE"]),
        ("FORMAT_DATE(@f, d)", ["%P in FORMAT_DATE"]),
        ("FORMAT_DATE(CAST(NULL AS STRING), d)", []),
        ("FORMAT_DATE(s, d)", ["FORMAT_DATE with a format that is no literal"]),
        ("PARSE_DATE('%F', s)", ["%F in PARSE_DATE"]),
        ("PARSE_TIMESTAMP('%d/%m/%y %T', s)", []),
        ("FORMAT('%P', JSON '1')", []),
    ],
)
def test_formats(analyzer, call, unknown):
    """An element that the module's C library does not know as BigQuery does is named."""
    columns = "CURRENT_DATE() AS d, CURRENT_DATETIME() AS dt, CURRENT_TIMESTAMP() AS t, '' AS s"
    text = StatementText.of(f"SELECT {call} FROM (SELECT {columns})")
    tree = analyzer.analyze(text, [], [Parameter("f", Column("f", "STRING"), "%P")]).tree

    assert unknown == list(unknown_formats(tree, {"f": "%P"}))
