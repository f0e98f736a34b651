"""Arrays with NULL in them are not stored, whichever engine has computed them."""

import pytest

from analytics_local_cloud.warehouse.queries.engines import Engines
from generate.conformance.warehouses import OnlyDuckDb, local_warehouse


@pytest.fixture(name="warehouse", scope="module", params=[Engines, OnlyDuckDb])
def _warehouse(request, tmp_path_factory):
    with local_warehouse(tmp_path_factory.mktemp("arrays") / "root", request.param) as warehouse:
        assert 200 == warehouse.ask("CREATE SCHEMA d").status
        yield warehouse


@pytest.mark.parametrize(
    "value",
    [
        "[1, NULL]",
        "STRUCT(['a', NULL] AS b)",
        "[STRUCT(1 AS b, [STRUCT([2, NULL] AS c)] AS d)]",
    ],
)
def test_refused(warehouse, value):
    """At whatever depth, the column is named, and no table is made."""
    answer = warehouse.ask(f"CREATE TABLE d.refused AS SELECT 1 AS id, {value} AS numbers")

    assert (400, True) == (answer.status, "error in writing field numbers" in answer.message)
    assert 404 == warehouse.ask("SELECT * FROM d.refused").status


def test_kept(warehouse):
    """Empty arrays, a NULL instead of one, and the JSON null are kept."""
    value = "[STRUCT(['a'] AS x)] AS a, CAST(NULL AS ARRAY<INT64>) AS y, [JSON 'null'] AS j"
    made = warehouse.ask(f"CREATE OR REPLACE TABLE d.kept AS SELECT {value}")
    read = warehouse.ask("SELECT kept FROM d.kept")

    assert 200 == made.status
    assert read.value().endswith('([(["a"])], [], [null])')
