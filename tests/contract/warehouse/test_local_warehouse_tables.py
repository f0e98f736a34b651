"""Local BigQuery: datasets and tables keep what they are given and refuse what BigQuery refuses."""

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery
from local_warehouse import PROJECT, create_pipeline_tables, make_row, running_warehouse


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("tables")) as warehouse:
        yield warehouse


def test_dataset_is_kept_as_given(warehouse):
    """A dataset's own settings come back unchanged."""
    dataset = bigquery.Dataset(f"{PROJECT}.kept")
    dataset.location, dataset.labels = "EU", {"team": "games"}
    dataset.default_table_expiration_ms = 3_600_000
    warehouse.client.create_dataset(dataset)
    kept = warehouse.client.get_dataset("kept")

    assert ("EU", {"team": "games"}, 3_600_000) == (
        kept.location,
        kept.labels,
        kept.default_table_expiration_ms,
    )


def test_dataset_exists_once(warehouse):
    """A taken name is 409, in another letter case too."""
    name = warehouse.new_dataset()

    with pytest.raises(Conflict, match="Already Exists: Dataset"):
        warehouse.client.create_dataset(name)
    with pytest.raises(Conflict, match="Already Exists: Dataset"):
        warehouse.client.create_dataset(name.upper())


def test_dataset_update_merges_labels(warehouse):
    """A patch merges objects and removes what it sets to null."""
    name = warehouse.new_dataset()
    warehouse.call("PATCH", f"datasets/{name}", {"labels": {"a": "1", "b": "2"}})
    warehouse.call("PATCH", f"datasets/{name}", {"labels": {"a": None}, "description": "d"})
    kept = warehouse.client.get_dataset(name)

    assert ({"b": "2"}, "d") == (kept.labels, kept.description)


def test_outdated_etag(warehouse):
    """An update of an outdated copy is 412."""
    name = warehouse.new_dataset()
    outdated = warehouse.client.get_dataset(name).etag
    warehouse.call("PATCH", f"datasets/{name}", {"description": "newer"})
    headers = {"If-Match": outdated}

    assert 412 == warehouse.call("PATCH", f"datasets/{name}", {"description": "x"}, **headers)[0]


def test_dataset_in_use(warehouse):
    """A dataset with tables is deleted only with its contents."""
    table = warehouse.new_table("a:STRING")
    dataset = table.partition(".")[0]

    with pytest.raises(BadRequest, match="still in use"):
        warehouse.client.delete_dataset(dataset)
    warehouse.client.delete_dataset(dataset, delete_contents=True)
    with pytest.raises(NotFound, match="Not found: Dataset"):
        warehouse.client.get_table(table)


def test_lists(warehouse):
    """Datasets and tables are listed by name, a page at a time."""
    dataset = create_pipeline_tables(warehouse)
    tables = warehouse.client.list_tables(dataset, page_size=1)

    assert dataset in [item.dataset_id for item in warehouse.client.list_datasets(page_size=2)]
    assert [
        ("dead_letters", "TABLE"),
        ("events", "VIEW"),
        ("events_function", "TABLE"),
        ("listed_objects", "TABLE"),
        ("open_dead_letters", "VIEW"),
        ("receipts", "VIEW"),
        ("run_googleapis_com_stdout", "TABLE"),
    ] == [(item.table_id, item.table_type) for item in tables]


def test_table_is_kept_as_given(warehouse):
    """Schema with modes and descriptions, partitioning and clustering come back unchanged."""
    dataset = create_pipeline_tables(warehouse)
    table = warehouse.client.get_table(f"{dataset}.events_function")
    received = next(column for column in table.schema if column.name == "received_date")

    assert ("DATE", "REQUIRED") == (received.field_type, received.mode)
    assert all(column.description for column in table.schema)
    assert ("received_date", "DAY") == (
        table.time_partitioning.field,
        table.time_partitioning.type_,
    )
    assert ["analytics_environment", "event_type", "session_id"] == table.clustering_fields


def test_number_of_rows(warehouse):
    """tables.get counts the rows, those just streamed included."""
    table = warehouse.new_table("a:STRING")
    warehouse.client.insert_rows_json(table, [{"a": "x"}, {"a": "y"}])

    assert 2 == warehouse.client.get_table(table).num_rows


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([{"name": "a b", "type": "STRING"}], 400),
        ([{"name": "a", "type": "STRING"}, {"name": "A", "type": "STRING"}], 400),
        ([{"name": "a", "type": "STRING", "mode": "SOMETIMES"}], 400),
        ([{"name": "a", "type": "GEOGRAPHY"}], 501),
        ([{"name": "a", "type": "STRING", "maxLength": "3"}], 501),
    ],
)
def test_schema_that_is_refused(warehouse, fields, status):
    """Bad names are 400; types that cannot be stored are an honest 501."""
    dataset = warehouse.new_dataset()
    body = {"tableReference": {"tableId": "t"}, "schema": {"fields": fields}}

    assert status == warehouse.call("POST", f"datasets/{dataset}/tables", body)[0]
    assert 404 == warehouse.call("GET", f"datasets/{dataset}/tables/t")[0]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ("a:STRING b:INTEGER c:JSON", None),
        ("a:STRING b:INTEGER c:NUMERIC:REPEATED", None),
        ("B:INT64 A:STRING", None),
        ("a:STRING", "Field b is missing in new schema"),
        ("a:STRING b:STRING", "Field b has changed type from INTEGER to STRING"),
        ("a:STRING:REQUIRED b:INTEGER", "Field a has changed mode from NULLABLE to REQUIRED"),
        ("a:STRING:REPEATED b:INTEGER", "Field a has changed mode from NULLABLE to REPEATED"),
        ("a:STRING b:INTEGER c:JSON:REQUIRED", "Cannot add required fields to an existing schema"),
    ],
)
def test_schema_change(warehouse, fields, refusal):
    """Columns may be added and REQUIRED relaxed; nothing may be dropped, changed or tightened."""
    dataset, name = warehouse.new_table("a:STRING b:INTEGER:REQUIRED").split(".")
    keys = ("name", "type", "mode")
    schema = [dict(zip(keys, text.split(":"), strict=False)) for text in fields.split()]
    path = f"datasets/{dataset}/tables/{name}"

    status, body = warehouse.call("PATCH", path, {"schema": {"fields": schema}})
    assert (400 if refusal else 200) == status
    if refusal:
        expected = f"Provided Schema does not match Table {PROJECT}:{dataset}.t. {refusal}"
        assert body["error"]["message"].startswith(expected)


@pytest.mark.parametrize(
    ("layout", "refusal"),
    [
        ({"timePartitioning": {"type": "DAY", "field": "D"}}, None),
        (
            {"timePartitioning": {"type": "HOUR", "field": "t"}, "clustering": {"fields": ["s"]}},
            None,
        ),
        ({"timePartitioning": {"type": "DAY"}}, None),
        ({"timePartitioning": {"type": "DAY", "field": "x"}}, "cannot be found in the schema"),
        ({"timePartitioning": {"type": "DAY", "field": "s"}}, "cannot be used for partitioning"),
        ({"timePartitioning": {"type": "DAY", "field": "dd"}}, "cannot be used for partitioning"),
        ({"timePartitioning": {"type": "HOUR", "field": "d"}}, "cannot be partitioned by HOUR"),
        ({"clustering": {"fields": ["x"]}}, "cannot be found in the schema. Invalid field: x."),
        ({"clustering": {"fields": ["j"]}}, "cannot be used for clustering"),
        ({"clustering": {"fields": ["dd"]}}, "cannot be used for clustering"),
        ({"clustering": {"fields": ["s", "d", "t", "n", "s"]}}, "Too many fields"),
    ],
)
def test_layouts(warehouse, layout, refusal):
    """Columns that exist, and are of the right types, partition and cluster a table."""
    dataset = warehouse.new_dataset()
    kinds = {"s": "STRING", "d": "DATE", "t": "TIMESTAMP", "n": "NUMERIC", "j": "JSON"}
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    fields.append({"name": "dd", "type": "DATE", "mode": "REPEATED"})
    body = {"tableReference": {"tableId": "t"}, "schema": {"fields": fields}, **layout}
    status, answer = warehouse.call("POST", f"datasets/{dataset}/tables", body)

    assert (400 if refusal else 200) == status
    assert (refusal or "bigquery#table") in (
        answer["error"]["message"] if refusal else answer["kind"]
    )


def test_partitioning_stays(warehouse):
    """A table is partitioned when it is created, and clustered at any time."""
    dataset, name = warehouse.new_table("d:DATE").split(".")
    path = f"datasets/{dataset}/tables/{name}"
    partitioning = {"timePartitioning": {"type": "DAY", "field": "d"}}

    assert 400 == warehouse.call("PATCH", path, partitioning)[0]
    assert 200 == warehouse.call("PATCH", path, {"clustering": {"fields": ["d"]}})[0]
    assert ["d"] == warehouse.client.get_table(f"{dataset}.{name}").clustering_fields


def test_relaxed_column_takes_null(warehouse):
    """A column that is no longer REQUIRED takes rows without it."""
    dataset, name = warehouse.new_table("a:STRING:REQUIRED").split(".")
    path = f"datasets/{dataset}/tables/{name}"
    warehouse.call("PATCH", path, {"schema": {"fields": [{"name": "a", "type": "STRING"}]}})

    assert [] == warehouse.client.insert_rows_json(f"{dataset}.{name}", [{}])


def test_view_has_the_schema_of_its_query(warehouse):
    """A view is checked when it is created and shows the columns that its query returns."""
    dataset = create_pipeline_tables(warehouse)
    view = warehouse.client.get_table(f"{dataset}.events")
    function = warehouse.client.get_table(f"{dataset}.events_function")

    assert [(column.name, column.field_type) for column in function.schema] == [
        (column.name, column.field_type) for column in view.schema
    ]
    assert "JSON" in {column.field_type for column in view.schema}


@pytest.mark.parametrize("query", ["SELECT nothing FROM x.y", "SELEC 1", "SELECT 1 AS a, 2 AS a"])
def test_view_that_does_not_run(warehouse, query):
    """A view whose query fails is not created."""
    dataset = warehouse.new_dataset()
    body = {"tableReference": {"tableId": "v"}, "view": {"query": query, "useLegacySql": False}}
    status, _ = warehouse.call("POST", f"datasets/{dataset}/tables", body)

    assert 400 <= status < 500
    assert 404 == warehouse.call("GET", f"datasets/{dataset}/tables/v")[0]


def test_rows_are_listed_by_page(warehouse):
    """tabledata.list gives every row once, with the columns that were asked for."""
    dataset = create_pipeline_tables(warehouse)
    table = f"{dataset}.events_function"
    warehouse.client.insert_rows_json(table, [make_row(number) for number in range(5)])
    resource = warehouse.client.get_table(table)
    wanted = [column for column in resource.schema if column.name in {"event_index", "extra"}]
    rows = warehouse.client.list_rows(resource, selected_fields=wanted, page_size=2)

    assert [(number, {"message": "hello world"}) for number in range(5)] == [
        tuple(row) for row in rows
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "routines"),
        ("PUT", "datasets/x/routines/r"),
        ("POST", "datasets/x/tables/t:setIamPolicy"),
        ("DELETE", "jobs"),
    ],
)
def test_what_is_not_served(warehouse, method, path):
    """A resource that is not served answers 501 in Google's JSON form and says so."""
    status, body = warehouse.call(method, path)

    assert 501 == status
    assert ("notImplemented", 501) == (body["error"]["errors"][0]["reason"], body["error"]["code"])
    assert path in body["error"]["message"]


def test_malformed_body(warehouse):
    """A body that is no JSON object is 400."""
    assert 400 == warehouse.call("POST", "datasets", b"{")[0]
    assert 400 == warehouse.call("POST", "datasets", b"[]")[0]
