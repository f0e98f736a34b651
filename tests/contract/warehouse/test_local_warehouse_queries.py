"""Local BigQuery: GoogleSQL means what it means in BigQuery, or is refused clearly."""

import math
from datetime import UTC, date, datetime

import pytest
from google.api_core.exceptions import BadRequest, GoogleAPICallError, NotFound
from google.cloud import bigquery
from local_warehouse import create_pipeline_tables, make_row, running_warehouse


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("queries")) as warehouse:
        yield warehouse


@pytest.fixture(name="dataset", scope="module")
def _dataset(warehouse):
    """Hold four events, one of them twice."""
    dataset = create_pipeline_tables(warehouse)
    rows = [make_row(number) for number in (0, 1, 2, 3, 3)]
    warehouse.client.insert_rows_json(f"{dataset}.events_function", rows)
    return dataset


def test_documented_count_of_batches(warehouse, dataset):
    """The query that the documentation has always shown counts the rows of each batch."""
    sql = (
        "SELECT a.n, COUNT(*) AS freq, a.n * COUNT(*) AS total_no_events FROM "
        f"(SELECT batch_id, COUNT(*) AS n FROM {dataset}.events_function "
        "WHERE event_type = 'shot' GROUP BY 1) a GROUP BY 1"
    )

    assert [(5, 1, 5)] == warehouse.rows(sql)


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("COUNT(*), COUNT(DISTINCT event_id), COUNTIF(event_index > 1)", (4, 4, 2)),
        ("MIN(TIMESTAMP_TRUNC(received_timestamp, DAY))", (datetime(2026, 11, 23, tzinfo=UTC),)),
        ("SUM(event_index), AVG(event_index), MAX(STRING(extra.message))", (6, 1.5, "hello world")),
        ("APPROX_QUANTILES(event_index, 1)", ([0, 3],)),
        ("STRING_AGG(event_id, ',' ORDER BY event_id)", ("b/0,b/1,b/2,b/3",)),
        ("ARRAY_AGG(event_id ORDER BY event_index DESC LIMIT 2)", (["b/3", "b/2"],)),
        ("ARRAY_AGG(event_id IGNORE NULLS ORDER BY event_index LIMIT 1)[OFFSET(0)]", ("b/0",)),
        ("ANY_VALUE(event_id HAVING MAX event_index)", ("b/3",)),
        ("MAX(JSON_VALUE(event_attributes, '$.a'))", ("3",)),
        ("MAX(LAX_INT64(event_attributes.a)), MAX(INT64(event_attributes.a))", (3, 3)),
        ("MAX(TO_JSON_STRING(JSON_QUERY(event_attributes, '$.deep')))", ('{"list":[1,2]}',)),
        ("MAX(STRING(extra.message)), MAX(LAX_STRING(extra['message']))", ("hello world",) * 2),
        ("MAX(JSON_TYPE(extra)), MAX(JSON_TYPE(event_attributes.a))", ("object", "number")),
        ("COUNTIF(event_attributes.missing IS NULL)", (4,)),
        ("COUNTIF(event_class = 'x'), COUNTIF(event_index > 1 AND TRUE)", (0, 2)),
    ],
)
def test_aggregates_of_the_view(warehouse, dataset, select, expected):
    """Aggregates over `events`, with a filter on the partition, see each event once."""
    sql = f"SELECT {select} FROM {dataset}.events WHERE received_date >= DATE '2026-01-01'"

    assert [expected] == warehouse.rows(sql)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1.5", 1.5),
        ("1 / 2", 0.5),
        ("SAFE_DIVIDE(1, 0)", None),
        ("DIV(5, 2)", 2),
        ("100000 * 100000", 10_000_000_000),
        ("SAFE_CAST('x' AS INT64)", None),
        ("SAFE_CAST('3' AS INT64)", 3),
        ("CAST(TRUE AS STRING)", "true"),
        ("CAST('NaN' AS FLOAT64)", math.nan),
        ("CAST('-inf' AS FLOAT64)", -math.inf),
        ("IF(TRUE, NULL, 1)", None),
        ("DATE_DIFF(DATE '2026-01-05', DATE '2026-01-01', DAY)", 4),
        ("DATE_SUB(DATE '2026-01-05', INTERVAL 7 DAY)", date(2025, 12, 29)),
        ("DATE_ADD(DATE '2026-01-31', INTERVAL 1 MONTH)", date(2026, 2, 28)),
        ("DATE_TRUNC(DATE '2026-01-05', MONTH)", date(2026, 1, 1)),
        ("EXTRACT(DAYOFWEEK FROM DATE '2026-01-04')", 1),
        ("EXTRACT(DATE FROM TIMESTAMP '2026-01-01 10:00:00')", date(2026, 1, 1)),
        ("DATE(TIMESTAMP '2026-01-01 10:00:00')", date(2026, 1, 1)),
        (
            "TIMESTAMP_DIFF(TIMESTAMP '2026-1-1 01:00:01', TIMESTAMP '2026-1-1 00:59:00', HOUR)",
            0,
        ),
        ("TIMESTAMP_MICROS(1)", datetime(1970, 1, 1, 0, 0, 0, 1, UTC)),
        ("TIMESTAMP_MILLIS(1500)", datetime(1970, 1, 1, 0, 0, 1, 500000, UTC)),
        ("TIMESTAMP_SECONDS(2)", datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)),
        (
            "TIMESTAMP_SUB(TIMESTAMP '2026-01-01 00:00:00', INTERVAL 1 HOUR)",
            datetime(2025, 12, 31, 23, tzinfo=UTC),
        ),
        ("UNIX_MICROS(TIMESTAMP '1970-01-01 00:00:01')", 1_000_000),
        (
            "PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%S', '2026-01-01 01:02:03')",
            datetime(2026, 1, 1, 1, 2, 3, tzinfo=UTC),
        ),
        ("FORMAT_TIMESTAMP('%F %T', TIMESTAMP '2026-01-01 00:00:00')", "2026-01-01 00:00:00"),
        ("STRING(TIMESTAMP '2026-01-01 10:00:00')", "2026-01-01 10:00:00+00"),
        ("CURRENT_TIMESTAMP() > TIMESTAMP '2026-01-01 00:00:00'", True),
        ("CURRENT_DATE() = DATE(CURRENT_TIMESTAMP())", True),
        ("CAST(DATETIME(TIMESTAMP '2026-01-01 10:00:00') AS STRING)", "2026-01-01 10:00:00"),
        ("DATETIME(TIMESTAMP '2026-01-01 10:00:00')", datetime(2026, 1, 1, 10)),  # noqa: DTZ001 - it has no zone
        ("FORMAT('%d-%s', 1, 'x')", "1-x"),
        ("SPLIT('a,b')[SAFE_OFFSET(9)]", None),
        ("REGEXP_EXTRACT('gs://b/x', r'gs://([^/]+)')", "b"),
        ("TO_HEX(MD5('a'))", "0cc175b9c0f1b6a831c399e269772661"),
        ("MD5('')", b"\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\t\x98\xec\xf8B~"),
        ("JSON_VALUE_ARRAY(JSON '{\"a\": [\"x\"]}', '$.a')", ["x"]),
        ("BOOL(JSON 'true')", True),
        ("JSON_TYPE(JSON 'null')", "null"),
        ("TO_JSON(STRUCT(1 AS a))", {"a": 1}),
        ("STRUCT(1 AS a, [STRUCT('x' AS b)] AS c)", {"a": 1, "c": [{"b": "x"}]}),
        ("STRUCT(CAST('-inf' AS FLOAT64) AS a)", {"a": -math.inf}),
        ("STRUCT(JSON '[18446744073709551615]' AS a)", {"a": [2**64 - 1]}),
        ("[TIMESTAMP '2026-01-01 00:00:00']", [datetime(2026, 1, 1, tzinfo=UTC)]),
        ("9223372036854775807", 2**63 - 1),
        ("'a' IN UNNEST(['a', 'b'])", True),
    ],
)
def test_expression(warehouse, expression, expected):
    """An expression has BigQuery's value and type."""
    ((value,),) = warehouse.rows(f"SELECT {expression}")

    assert repr(expected) == repr(value)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT x, o FROM UNNEST(['a', 'b']) AS x WITH OFFSET AS o ORDER BY o",
            [("a", 0), ("b", 1)],
        ),
        ("SELECT n, x FROM (SELECT 1 AS n), UNNEST([n, 2]) AS x ORDER BY x", [(1, 1), (1, 2)]),
        (
            "SELECT d FROM UNNEST(GENERATE_DATE_ARRAY('2026-01-01', '2026-01-02')) AS d ORDER BY d",
            [(date(2026, 1, 1),), (date(2026, 1, 2),)],
        ),
        ("WITH events AS (SELECT 1 AS x) SELECT * FROM events", [(1,)]),
        ("SELECT * EXCEPT (b) REPLACE (a + 1 AS a) FROM (SELECT 1 AS a, 2 AS b)", [(2,)]),
        (
            (
                "SELECT a, LAG(a) OVER (ORDER BY a), LEAD(a, 1, 0) OVER (ORDER BY a) "
                "FROM UNNEST([1, 2]) AS a ORDER BY a"
            ),
            [(1, None, 2), (2, 1, 0)],
        ),
        ("SELECT x FROM UNNEST([2, NULL, 1]) AS x ORDER BY x", [(None,), (1,), (2,)]),
        ("SELECT a, COUNT(*) FROM UNNEST(['x', 'x']) AS a GROUP BY ALL", [("x", 2)]),
    ],
)
def test_query_shape(warehouse, sql, expected):
    """Arrays, common table expressions, windows and NULL order are as in BigQuery."""
    assert expected == warehouse.rows(sql)


def test_names_of_tables(warehouse, dataset):
    """A table is found by its full name, its dataset's or the default dataset, quoted or not."""
    default = bigquery.DatasetReference("local-project", dataset)
    names = [f"`local-project.{dataset}.events`", f"local-project.{dataset}.events"]
    names += [f"`{dataset}.events`", f"{dataset}.events"]

    for name in names:
        assert [(4,)] == warehouse.rows(f"SELECT COUNT(events.event_id) FROM {name}")
    assert [(4,)] == warehouse.rows("SELECT COUNT(*) FROM events", default_dataset=default)


def test_names_of_columns(warehouse, dataset):
    """Columns without a name are called f0_, f1_ and so on."""
    result = warehouse.client.query(f"SELECT 1, extra.message, 2 FROM {dataset}.events").result()

    assert ["f0_", "message", "f1_"] == [column.name for column in result.schema]
    assert ["INTEGER", "JSON", "INTEGER"] == [column.field_type for column in result.schema]


def test_parameters(warehouse):
    """Named, positional and array parameters keep their types; text is never SQL."""
    when = datetime(2026, 1, 1, tzinfo=UTC)
    named = [
        bigquery.ScalarQueryParameter("text", "STRING", "it's ? @x"),
        bigquery.ScalarQueryParameter("when", "TIMESTAMP", when),
        bigquery.ScalarQueryParameter("nothing", "INT64", None),
        bigquery.ArrayQueryParameter("ids", "STRING", ["a", "b"]),
    ]
    positional = [bigquery.ScalarQueryParameter(None, "INT64", number) for number in (7, 8)]

    assert [("it's ? @x", when, None, True)] == warehouse.rows(
        "SELECT @text, @WHEN, @nothing, 'b' IN UNNEST(@ids)", query_parameters=named
    )
    assert [(7, "?", 8)] == warehouse.rows("SELECT ?, '?', ?", query_parameters=positional)
    with pytest.raises(BadRequest, match="Query parameter 'missing' not found"):
        warehouse.rows("SELECT @missing")


@pytest.mark.parametrize(
    ("sql", "status", "reason"),
    [
        ("SELEC 1", 400, "invalidQuery"),
        ("", 400, "invalid"),
        ("SELECT nothing", 400, "invalidQuery"),
        ("SELECT * FROM nowhere.nothing", 404, "notFound"),
        ("SELECT * FROM nothing", 400, "invalid"),
        ("SELECT CAST('x' AS INT64)", 400, "invalidQuery"),
        ("SELECT ERROR('boom')", 400, "invalidQuery"),
        ("SELECT 1 AS a, 2 AS A", 400, "invalidQuery"),
        ("SELECT * FROM read_csv('/etc/passwd')", 400, "invalidQuery"),
        ("SELECT HLL_COUNT.INIT(1)", 501, "notImplemented"),
        ("SELECT 1; SELECT 2", 501, "notImplemented"),
        ("DECLARE x INT64", 501, "notImplemented"),
        ("CREATE TEMP TABLE t (a DATE)", 501, "notImplemented"),
        ("EXPORT DATA OPTIONS (uri = 'gs://b/*') AS SELECT 1", 501, "notImplemented"),
        ("SELECT * FROM `x.events_*`", 501, "notImplemented"),
    ],
)
def test_query_that_is_refused(warehouse, sql, status, reason):
    """A refusal is one line in Google's form, whether the query is run, started or only checked."""
    body = {"query": sql, "useLegacySql": False}
    answers = [
        warehouse.call("POST", "queries", body),
        warehouse.call("POST", "queries", {**body, "dryRun": True}),
    ]
    checks_at_run_time = {"SELECT CAST('x' AS INT64)", "SELECT ERROR('boom')"}
    for code, answer in answers[: 1 if sql in checks_at_run_time else 2]:
        assert (status, reason) == (code, answer["error"]["errors"][0]["reason"])
        assert "\n" not in answer["error"]["message"]
    if sql:
        with pytest.raises(GoogleAPICallError) as refusal:
            warehouse.rows(sql)
        assert status == refusal.value.code


def test_legacy_sql(warehouse):
    """Legacy SQL, the REST API's default, is refused by name."""
    status, answer = warehouse.call("POST", "queries", {"query": "SELECT 1"})

    assert (501, True) == (status, "legacy SQL" in answer["error"]["message"])


def test_dry_run(warehouse, dataset):
    """A dry run returns the schema and the bytes, runs nothing and keeps no job."""
    config = bigquery.QueryJobConfig(dry_run=True)
    before = len(list(warehouse.client.list_jobs()))
    job = warehouse.client.query(f"SELECT event_id FROM {dataset}.events", job_config=config)
    warehouse.client.query(f"DELETE FROM {dataset}.events_function WHERE TRUE", job_config=config)

    assert ["event_id"] == [column.name for column in job.schema]
    assert job.total_bytes_processed > 5 * len("2 bytes and a UUID")
    assert before == len(list(warehouse.client.list_jobs()))
    assert [(5,)] == warehouse.rows(f"SELECT COUNT(*) FROM {dataset}.events_function")


def test_pages_of_results(warehouse):
    """Results come in order and in pages, again and again."""
    job = warehouse.client.query("SELECT x FROM UNNEST(GENERATE_ARRAY(1, 2500)) AS x ORDER BY x")
    rows = job.result(page_size=1_000)

    assert (2_500, [1_000, 1_000, 500]) == (
        rows.total_rows,
        [page.num_items for page in rows.pages],
    )
    path = f"queries/{job.job_id}?startIndex=2499&maxResults=5"
    assert [{"f": [{"v": "2500"}]}] == warehouse.call("GET", path)[1]["rows"]


def test_timestamps_of_both_formats(warehouse):
    """TIMESTAMP is microseconds for clients that ask so, else seconds with every digit."""
    body = {"query": "SELECT TIMESTAMP '2026-01-01 00:00:00.123456' AS t", "useLegacySql": False}
    exact = {**body, "formatOptions": {"useInt64Timestamp": True}}

    assert [{"f": [{"v": "1767225600.123456"}]}] == warehouse.call("POST", "queries", body)[1][
        "rows"
    ]
    assert [{"f": [{"v": "1767225600123456"}]}] == warehouse.call("POST", "queries", exact)[1][
        "rows"
    ]


def test_latest_open_dead_letters(warehouse, dataset):
    """`open_dead_letters` shows the latest row of each dead letter that nobody resolved."""
    common = {"reason": "invalid_line", "dead_lettered_date": "2026-11-23"}
    letters = [
        {"dead_letter_id": "a/0", "dead_lettered_timestamp": "2026-11-23T10:00:00Z", **common},
        {"dead_letter_id": "b/0", "dead_lettered_timestamp": "2026-11-23T10:00:00Z", **common},
        {
            "dead_letter_id": "a/0",
            "dead_lettered_timestamp": "2026-11-23T10:00:00Z",
            "resolved_timestamp": "2026-11-23T11:00:00Z",
            **common,
        },
    ]
    assert [] == warehouse.client.insert_rows_json(f"{dataset}.dead_letters", letters)

    assert [("b/0",)] == warehouse.rows(f"SELECT dead_letter_id FROM {dataset}.open_dead_letters")


def test_dml(warehouse):
    """INSERT, UPDATE, MERGE, DELETE and TRUNCATE change rows and tell how many."""
    table = warehouse.new_table("a:INTEGER b:STRING")
    merge = (
        f"MERGE {table} t USING (SELECT 1 AS a, 'merged' AS b UNION ALL SELECT 9, 'new') s "
        "ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b WHEN NOT MATCHED THEN INSERT ROW"
    )
    steps = [
        (f"INSERT {table} (a, b) VALUES (1, 'x'), (2, 'y'), (3, 'z')", 3),
        (f"UPDATE {table} SET b = 'u' WHERE a = 2", 1),
        (merge, 2),
        (f"DELETE {table} WHERE a = 3", 1),
    ]
    counts = [warehouse.client.query(sql).result().num_dml_affected_rows for sql, _ in steps]

    assert [expected for _, expected in steps] == counts
    assert [(1, "merged"), (2, "u"), (9, "new")] == warehouse.rows(
        f"SELECT * FROM {table} ORDER BY a"
    )
    warehouse.rows(f"TRUNCATE TABLE {table}")
    assert [(0,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET a = 1"])
def test_dml_needs_where(warehouse, sql):
    """DELETE and UPDATE without WHERE are refused."""
    with pytest.raises(BadRequest, match="must have a WHERE clause"):
        warehouse.rows(sql.format(warehouse.new_table("a:INTEGER")))


def test_views_cannot_be_changed(warehouse, dataset):
    """DML on a view is refused."""
    with pytest.raises(BadRequest, match="no table"):
        warehouse.rows(f"DELETE FROM {dataset}.events WHERE TRUE")


def test_ddl(warehouse):
    """Tables and views are created, replaced from themselves and dropped by SQL."""
    name = warehouse.new_dataset()
    warehouse.rows(f"CREATE TABLE {name}.t AS SELECT 1 AS a, 2 AS b, CURRENT_TIMESTAMP() AS c")
    warehouse.rows(f"CREATE OR REPLACE TABLE {name}.t AS SELECT a + 1 AS a FROM {name}.t")
    warehouse.rows(f"CREATE TABLE IF NOT EXISTS {name}.t (z STRING)")
    warehouse.rows(f"CREATE TABLE {name}.u (a INT64 NOT NULL, b STRING)")
    warehouse.rows(f"CREATE VIEW {name}.v AS SELECT a FROM {name}.t")
    warehouse.rows(f"CREATE OR REPLACE VIEW {name}.v AS SELECT a * 2 AS a FROM {name}.t")

    assert [(4,)] == warehouse.rows(f"SELECT a FROM {name}.v")
    assert "REQUIRED" == warehouse.client.get_table(f"{name}.u").schema[0].mode
    warehouse.rows(f"DROP VIEW {name}.v")
    warehouse.rows(f"DROP TABLE IF EXISTS {name}.v")
    with pytest.raises(NotFound):
        warehouse.rows(f"SELECT * FROM {name}.v")
    warehouse.rows(f"CREATE SCHEMA IF NOT EXISTS {name}")


def test_failed_statement_changes_nothing(warehouse):
    """CREATE TABLE AS with a query that fails leaves no table behind."""
    name = warehouse.new_dataset()
    with pytest.raises(BadRequest):
        warehouse.rows(f"CREATE TABLE {name}.t AS SELECT CAST('x' AS INT64) AS a")

    assert [] == list(warehouse.client.list_tables(name))


def test_destination_table(warehouse):
    """A query's destination is created, appended to, replaced, or refused when it has rows."""
    table = f"local-project.{warehouse.new_dataset()}.d"

    def select(value, disposition):
        return warehouse.rows(
            f"SELECT {value} AS a", destination=table, write_disposition=disposition
        )

    assert [(1,)] == select(1, "WRITE_EMPTY")
    select(2, "WRITE_APPEND")
    assert [(1,), (2,)] == warehouse.rows(f"SELECT a FROM `{table}` ORDER BY a")
    select("'x'", "WRITE_TRUNCATE")
    assert [("x",)] == warehouse.rows(f"SELECT a FROM `{table}`")
    with pytest.raises(GoogleAPICallError, match="Already Exists"):
        select(3, "WRITE_EMPTY")


def test_views_in_a_circle(warehouse):
    """A view that reads itself is refused when it is queried, not followed for ever."""
    name = warehouse.new_dataset()
    warehouse.rows(f"CREATE VIEW {name}.v AS SELECT 1 AS a")
    warehouse.rows(f"CREATE VIEW {name}.w AS SELECT a FROM {name}.v")
    warehouse.rows(f"CREATE OR REPLACE VIEW {name}.v AS SELECT a FROM {name}.w")

    with pytest.raises(BadRequest, match="nested"):
        warehouse.rows(f"SELECT * FROM {name}.v")
