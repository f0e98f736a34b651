"""Query parameters that need GoogleSQL to be read."""

from datetime import date

from analytics_local_cloud.warehouse.googlesql.analysis import Analyzer
from analytics_local_cloud.warehouse.googlesql.service import GoogleSql
from analytics_local_cloud.warehouse.queries.parameter_values import read_parameters


class Counting(GoogleSql):
    """Keeps the names of the calls."""

    def __init__(self):
        super().__init__()
        self.called = []

    def call(self, name, *arguments):
        """Call, and keep the name."""
        self.called.append(name)
        return super().call(name, *arguments)


def test_nothing_is_kept():
    """What the module prepares to read a value is given back: it takes a megabyte each time."""
    service = Counting()
    message = {
        "name": "day",
        "parameterType": {"type": "DATE"},
        "parameterValue": {"value": "2026-11-27"},
    }
    analyzer = Analyzer(service)

    read = [read_parameters(analyzer, [message])[0].plain for _ in range(3)]

    assert [(date(2026, 11, 27) - date(1970, 1, 1)).days] * 3 == read
    assert 3 == service.called.count("Evaluate") == service.called.count("Unprepare")
