"""Local BigQuery: INFORMATION_SCHEMA tells what the catalog knows, as it is documented."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.catalog.catalog import Catalog, TableEntry
from analytics_local_cloud.warehouse.catalog.definition_text import ddl_text
from analytics_local_cloud.warehouse.catalog.engine import Engine
from analytics_local_cloud.warehouse.catalog.information_schema import information_schema
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference

CREATED = datetime(2026, 11, 27, 12, tzinfo=UTC)
TIMES = dict.fromkeys(("creationTime", "lastModifiedTime"), str(int(CREATED.timestamp()) * 1000))
SHOP, LOGS = DatasetReference("p", "shop"), DatasetReference("p", "logs")
ORDERS = {
    "type": "TABLE",
    "schema": {
        "fields": [
            {"name": "id", "type": "INTEGER", "mode": "REQUIRED", "description": 'The "id"'},
            {"name": "day", "type": "DATE"},
            {
                "name": "place",
                "type": "RECORD",
                "mode": "NULLABLE",
                "fields": [{"name": "zip", "type": "FLOAT"}, {"name": "ok", "type": "BOOLEAN"}],
            },
            {"name": "tags", "type": "STRING", "mode": "REPEATED"},
        ]
    },
    "timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "86400000"},
    "clustering": {"fields": ["id", "tags"]},
    "labels": {"team": "games"},
    "expirationTime": "1795780800000",
    "requirePartitionFilter": True,
    **TIMES,
}
VIEW = {
    "type": "VIEW",
    "view": {"query": "SELECT 1 AS x"},
    "schema": {"fields": [{"name": "x", "type": "INTEGER", "mode": "NULLABLE"}]},
    **TIMES,
}
FILES = {
    "type": "EXTERNAL",
    "externalDataConfiguration": {"sourceFormat": "CSV", "sourceUris": ["gs://b/*"]},
    "schema": {"fields": [{"name": "x", "type": "STRING"}]},
    **TIMES,
}


@pytest.fixture(name="catalog", scope="module")
def _catalog(tmp_path_factory):
    with closing(Engine(tmp_path_factory.mktemp("catalog") / "w.duckdb")) as engine:
        catalog = Catalog(engine)
        tables = {"orders": ORDERS, "recent": VIEW, "files": FILES}
        with engine.write() as transaction:
            for reference, place in ((SHOP, "US"), (LOGS, "EU")):
                resource = {"datasetReference": reference.to_rest(), "location": place, **TIMES}
                catalog.put_dataset(transaction, reference, resource)
            for name, resource in tables.items():
                entry = TableEntry.of(TableReference(SHOP, name), resource)
                catalog.put_table(transaction, entry)
        yield catalog


def ask(catalog, path, *names):
    """Return the named columns of a view, row by row."""
    columns, rows = information_schema(catalog, "p", path.split("."))
    assert all(len(columns) == len(row) for row in rows)
    positions = [[column.name for column in columns].index(name) for name in names]
    return [tuple(row[position] for position in positions) for row in rows]


@pytest.mark.parametrize(
    ("view", "names", "rows"),
    [
        (
            "TABLES",
            ["table_catalog", "table_schema", "table_name", "table_type", "is_insertable_into"],
            [
                ("p", "shop", "files", "EXTERNAL", "NO"),
                ("p", "shop", "orders", "BASE TABLE", "YES"),
                ("p", "shop", "recent", "VIEW", "NO"),
            ],
        ),
        (
            "COLUMNS",
            [
                *("table_name", "column_name", "ordinal_position", "is_nullable", "data_type"),
                *("is_partitioning_column", "clustering_ordinal_position"),
            ],
            [
                ("files", "x", 1, "YES", "STRING", "NO", None),
                ("orders", "id", 1, "NO", "INT64", "NO", 1),
                ("orders", "day", 2, "YES", "DATE", "YES", None),
                ("orders", "place", 3, "YES", "STRUCT<zip FLOAT64, ok BOOL>", "NO", None),
                ("orders", "tags", 4, "NO", "ARRAY<STRING>", "NO", 2),
                ("recent", "x", 1, "YES", "INT64", "NO", None),
            ],
        ),
        (
            "COLUMN_FIELD_PATHS",
            ["column_name", "field_path", "data_type", "description"],
            [
                ("x", "x", "STRING", None),
                ("id", "id", "INT64", 'The "id"'),
                ("day", "day", "DATE", None),
                ("place", "place", "STRUCT<zip FLOAT64, ok BOOL>", None),
                ("place", "place.zip", "FLOAT64", None),
                ("place", "place.ok", "BOOL", None),
                ("tags", "tags", "ARRAY<STRING>", None),
                ("x", "x", "INT64", None),
            ],
        ),
        (
            "VIEWS",
            ["table_name", "view_definition", "check_option", "use_standard_sql"],
            [("recent", "SELECT 1 AS x", None, "YES")],
        ),
        (
            "TABLE_OPTIONS",
            ["option_name", "option_type", "option_value"],
            [
                ("expiration_timestamp", "TIMESTAMP", 'TIMESTAMP "2026-11-27T12:00:00.000Z"'),
                ("partition_expiration_days", "FLOAT64", "1.0"),
                ("require_partition_filter", "BOOL", "true"),
                ("labels", "ARRAY<STRUCT<STRING, STRING>>", '[STRUCT("team", "games")]'),
            ],
        ),
    ],
)
@pytest.mark.parametrize("place", ["shop", "p.shop", "region-us", "p.region-US"])
def test_views(catalog, place, view, names, rows):
    """A dataset, and a region, tell their tables, columns, fields, views and options."""
    assert rows == ask(catalog, f"{place}.INFORMATION_SCHEMA.{view.lower()}", *names)


@pytest.mark.parametrize(
    ("place", "names"),
    [("", ["shop"]), ("region-us.", ["shop"]), ("p.region-eu.", ["logs"]), ("q.region-us.", [])],
)
def test_schemata(catalog, place, names):
    """A region tells its datasets; without one it is the US."""
    rows = ask(catalog, f"{place}INFORMATION_SCHEMA.SCHEMATA", "schema_name", "creation_time")

    assert [(name, CREATED) for name in names] == rows


@pytest.mark.parametrize(
    ("path", "reason", "text"),
    [
        ("shop.INFORMATION_SCHEMA.PARTITIONS", "notImplemented", "INFORMATION_SCHEMA.PARTITIONS"),
        ("nope.INFORMATION_SCHEMA.TABLES", "notFound", "Not found: Dataset p:nope"),
        ("q.shop.INFORMATION_SCHEMA.TABLES", "notFound", "Not found: Dataset q:shop"),
        ("INFORMATION_SCHEMA.TABLES", "invalidQuery", "must be qualified with a dataset"),
    ],
)
def test_refusals(catalog, path, reason, text):
    """Other views are 501 by name, and a place that is not there is not found."""
    with pytest.raises(ApiError, match=text) as caught:
        ask(catalog, path)

    assert reason == caught.value.reason


@pytest.mark.parametrize(
    ("column", "unit", "clause"),
    [
        ("DATE", "DAY", "c"),
        ("DATE", "MONTH", "DATE_TRUNC(c, MONTH)"),
        ("DATETIME", "DAY", "DATE(c)"),
        ("DATETIME", "HOUR", "DATETIME_TRUNC(c, HOUR)"),
        ("TIMESTAMP", "DAY", "DATE(c)"),
        ("TIMESTAMP", "YEAR", "TIMESTAMP_TRUNC(c, YEAR)"),
        (None, "DAY", "DATE(_PARTITIONTIME)"),
        (None, "HOUR", "TIMESTAMP_TRUNC(_PARTITIONTIME, HOUR)"),
    ],
)
def test_partition_clause(column, unit, clause):
    """The clause of a partitioned table has the expression for its column's type."""
    partitioning = {"type": unit, **({"field": "c"} if column else {})}
    schema = {"fields": [{"name": "c", "type": column or "STRING"}]}
    resource = {"type": "TABLE", "schema": schema, "timePartitioning": partitioning}

    assert f"\nPARTITION BY {clause};" in ddl_text(TableReference(SHOP, "t"), resource)


def test_definitions(catalog):
    """Each table tells the statement that would create it."""
    files, orders, recent = ask(catalog, "shop.INFORMATION_SCHEMA.TABLES", "ddl")

    assert "CREATE VIEW `p.shop.recent`\nAS SELECT 1 AS x;" == recent[0]
    assert 'OPTIONS(\n  format="CSV",\n  uris=["gs://b/*"]\n);' in files[0]
    assert orders[0].splitlines() == [
        "CREATE TABLE `p.shop.orders`",
        "(",
        '  id INT64 NOT NULL OPTIONS(description="The \\"id\\""),',
        "  day DATE,",
        "  place STRUCT<zip FLOAT64, ok BOOL>,",
        "  tags ARRAY<STRING>",
        ")",
        "PARTITION BY day",
        "CLUSTER BY id, tags",
        "OPTIONS(",
        '  expiration_timestamp=TIMESTAMP "2026-11-27T12:00:00.000Z",',
        "  partition_expiration_days=1.0,",
        "  require_partition_filter=true,",
        '  labels=[STRUCT("team", "games")]',
        ");",
    ]
