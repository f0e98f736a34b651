"""The module behind GoogleSQL: errors, endless queries, and its own failures."""

import pytest
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service_pb2

from analytics_local_cloud.warehouse.googlesql.analysis import Analyzer, KnownTable
from analytics_local_cloud.warehouse.googlesql.module import load_module, module_path
from analytics_local_cloud.warehouse.googlesql.service import (
    BrokenOffError,
    GoogleSql,
    GoogleSqlError,
)
from analytics_local_cloud.warehouse.googlesql.statement_text import StatementText
from analytics_local_cloud.warehouse.values.column_types import Column

_ENDLESS = (
    "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 9999)) a, UNNEST(GENERATE_ARRAY(1, 9999)) b"
)


@pytest.fixture(scope="module")
def analyzer():
    """Give an analyzer with an instance of its own."""
    return Analyzer(GoogleSql())


def evaluate(analyzer, sql, seconds=30):
    """Evaluate an expression or a query."""
    request = service_pb2.EvaluateQueryRequest(
        sql=sql, options=analyzer.options(()), simple_catalog=analyzer.catalog(())
    )
    response = service_pb2.EvaluateQueryResponse
    return analyzer.service.call("EvaluateQuery", request, response, seconds).content


def test_refusal(analyzer):
    """What the module refuses comes with its code and words."""
    with pytest.raises(GoogleSqlError) as refusal:
        evaluate(analyzer, "SELECT 1 / 0")

    assert (11, "division by zero: 1 / 0") == (refusal.value.code, refusal.value.message)


def test_endless_query_is_broken_off(analyzer):
    """A query that runs too long ends, and the next one is answered by a new instance."""
    before = analyzer.service.generation
    with pytest.raises(BrokenOffError):
        evaluate(analyzer, _ENDLESS, seconds=0.3)

    assert 5 == evaluate(analyzer, "SELECT 5").table_data.row[0].cell[0].int64_value
    assert before + 1 == analyzer.service.generation


def test_catalogs_of_an_instance_that_is_gone(analyzer):
    """A table is known again after the instance that knew it broke off."""
    table = KnownTable(("d", "t"), (Column("a", "INTEGER"),))
    before = analyzer.analyze(StatementText.of("SELECT a FROM d.t"), [table]).tree
    with pytest.raises(BrokenOffError):
        evaluate(analyzer, _ENDLESS, seconds=0.3)

    # in other words, for what was analyzed is remembered
    assert before == analyzer.analyze(StatementText.of("select a FROM d.t"), [table]).tree


def test_damaged_file_is_made_anew(monkeypatch, tmp_path):
    """A compiled module that was cut short is compiled again, once."""
    monkeypatch.setattr("analytics_local_cloud.warehouse.googlesql.module._FOLDER", tmp_path)
    compiled = []
    monkeypatch.setattr(
        "analytics_local_cloud.warehouse.googlesql.module.Module.from_file",
        lambda _engine, path: compiled.append(path) or _Compiled(),
    )
    module_path().write_bytes(b"half of it")

    assert isinstance(load_module()[1], _Compiled)
    assert 1 == len(compiled)
    assert b"whole" == module_path().read_bytes()


class _Compiled:
    """Stands for a module, which takes twenty seconds to compile."""

    def serialize(self):
        """Return its file."""
        return b"whole"
