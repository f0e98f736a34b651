"""Local BigQuery: load jobs read Parquet files, as data frames are loaded."""

import duckdb
import pytest
from google.api_core.exceptions import BadRequest, MethodNotImplemented
from google.cloud import bigquery
from local_warehouse import running_warehouse

ROWS = """SELECT 1 AS i, 1.5::FLOAT AS f, 'a' AS s, true AS b, '\\x00\\xFF'::BLOB AS y,
    TIMESTAMPTZ '2026-01-02 03:04:05.123456Z' AS ts, TIMESTAMP '2026-01-02 03:04:05' AS dt,
    DATE '2026-01-02' AS d, TIME '03:04:05' AS t, 1.25::DECIMAL(38, 9) AS n,
    [1::BIGINT, 2] AS l, {'a': 1::TINYINT, 'b': ['x']} AS r, [{'c': 2::UBIGINT}] AS rr
    UNION ALL BY NAME SELECT 2 AS i"""
FULL = (1, 1.5, "a", True, b"\x00\xff", "2026-01-02 03:04:05.123456+00:00")
FULL += ("2026-01-02 03:04:05+00:00", "2026-01-02", "03:04:05", "1.25", [1, 2])
FULL += ({"a": 1, "b": ["x"]}, [{"c": 2}])
TYPES = (
    "INTEGER FLOAT STRING BOOLEAN BYTES TIMESTAMP TIMESTAMP DATE TIME NUMERIC INTEGER RECORD RECORD"
)


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("parquet")) as warehouse:
        yield warehouse


@pytest.fixture(name="write")
def _write(warehouse, tmp_path):
    """Store the rows of a DuckDB query as a Parquet object; returns its URI."""

    def write(sql, name="x"):
        path = tmp_path / "x.parquet"
        with duckdb.connect() as session:
            session.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
        return warehouse.objects.write(f"parquet/{tmp_path.name}/{name}", path.read_bytes())

    return write


def load(warehouse, table, uri, *, lists=True, **options):
    """Load an object; returns the finished job."""
    config = bigquery.LoadJobConfig(source_format="PARQUET", **options)
    parquet = bigquery.ParquetOptions()
    parquet.enable_list_inference = lists
    config.parquet_options = parquet
    return warehouse.client.load_table_from_uri(uri, table, job_config=config).result(retry=None)


def test_types(warehouse, write):
    """A table is made with the types that the file has, and holds its values."""
    table = f"{warehouse.new_dataset()}.t"
    job = load(warehouse, table, write(ROWS))
    schema = warehouse.client.get_table(table).schema
    full, other = warehouse.client.list_rows(table)

    assert (2, TYPES) == (job.output_rows, " ".join(field.field_type for field in schema))
    assert ["l", "rr"] == [field.name for field in schema if field.mode == "REPEATED"]
    plain = (int, float, str, bool, bytes, list, dict)
    assert FULL == tuple(v if isinstance(v, plain) else str(v) for v in full)
    assert (2, *[None] * 9, [], None, []) == tuple(other)


def test_upload(warehouse, write):
    """A file may be part of the request, and its columns fewer than the table's."""
    table = warehouse.new_table("I:INTEGER:REQUIRED s:STRING more:STRING")
    path = warehouse.objects.root / write("SELECT 's' AS s, 1 AS i").removeprefix("gs://")
    config = bigquery.LoadJobConfig(source_format="PARQUET")
    with path.open("rb") as file:
        warehouse.client.load_table_from_file(file, table, job_config=config).result(retry=None)

    assert [(1, "s", None)] == warehouse.rows(f"SELECT * FROM {table}")


def test_several_files(warehouse, write):
    """All objects of a pattern are loaded."""
    uri = write("SELECT 1 AS i", "1").removesuffix("1") + "*"
    write("SELECT 2 AS i", "2")
    table = f"{warehouse.new_dataset()}.t"
    load(warehouse, table, uri)

    assert [(1,), (2,)] == warehouse.rows(f"SELECT i FROM {table} ORDER BY i")


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("SELECT 's' AS i", "Parquet column 'i' has type NULLABLE STRING"),
        ("SELECT [1] AS i", "Parquet column 'i' has type REPEATED INTEGER"),
        ("SELECT 1.5 AS i", "Parquet column 'i' has type NULLABLE NUMERIC"),
        ("SELECT 18446744073709551615::UBIGINT AS i", "UINT64"),
        ("SELECT 1 AS i, 2 AS z", "Cannot add fields \\(field: z\\)"),
        ("SELECT 1 AS i, {'z': 1} AS r", "No such field: r.z"),
        ("SELECT 1 AS i, [1, NULL] AS l", "Only optional fields can be set to NULL. Field: l"),
        ("SELECT NULL::BIGINT AS i", "Missing required field"),
        ("SELECT 's' AS s", "Missing required field"),
    ],
)
def test_file_that_does_not_fit(warehouse, write, sql, refusal):
    """A file whose columns are others than the table's, or whose values, loads nothing."""
    record = {"name": "r", "type": "RECORD", "fields": [{"name": "a", "type": "STRING"}]}
    table = warehouse.new_table("i:INTEGER:REQUIRED s:STRING l:INTEGER:REPEATED")
    fields = warehouse.call("GET", f"datasets/{table.replace('.', '/tables/')}")[1]["schema"]
    body = {"schema": {"fields": [*fields["fields"], record]}}
    warehouse.call("PATCH", f"datasets/{table.replace('.', '/tables/')}", body)

    with pytest.raises(BadRequest, match=refusal):
        load(warehouse, table, write(sql))
    assert [(0,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


@pytest.mark.parametrize(
    ("sql", "lists"),
    [
        ("SELECT [1] AS a", False),
        ("SELECT [[1]] AS a", True),
        ("SELECT MAP {'a': 1} AS a", True),
        ("SELECT 1::DECIMAL(38, 10) AS a", True),
        ("SELECT TIMESTAMP_NS '2026-01-01' AS a", True),
        ("SELECT uuid() AS a", True),
    ],
)
def test_types_that_are_not_supported(warehouse, write, sql, lists):
    """A type of Parquet without a column here is refused by its name."""
    with pytest.raises(MethodNotImplemented, match="Parquet"):
        load(warehouse, f"{warehouse.new_dataset()}.t", write(sql), lists=lists)


def test_no_parquet(warehouse):
    """A file of another format fails the job, and is not tried again."""
    uri = warehouse.objects.write("parquet/none", "a,b")

    with pytest.raises(BadRequest, match="Error while reading data"):
        load(warehouse, f"{warehouse.new_dataset()}.t", uri)


def test_declared_schema(warehouse, write):
    """A schema tells what the format does not: DATETIME, text of bytes, REQUIRED."""
    table = f"{warehouse.new_dataset()}.t"
    names = {"i": "INTEGER", "dt": "DATETIME", "y": "STRING", "z": "DATE"}
    schema = [bigquery.SchemaField(name, kind) for name, kind in names.items()]
    schema[0] = bigquery.SchemaField("i", "INTEGER", "REQUIRED")
    sql = "SELECT 1 AS i, TIMESTAMP '2026-01-02' AS dt, 'ab'::BLOB AS y"
    load(warehouse, table, write(sql), schema=schema)
    load(warehouse, table, write(f"SELECT *, 1 AS x FROM ({sql})"), ignore_unknown_values=True,
         schema=schema)  # fmt: skip

    assert schema == warehouse.client.get_table(table).schema
    assert [(1, "2026-01-02 00:00:00", "ab", None)] * 2 == warehouse.rows(
        f"SELECT i, FORMAT_DATETIME('%F %T', dt), y, z FROM {table}"
    )
    with pytest.raises(BadRequest, match="Field i has changed mode from REQUIRED to NULLABLE"):
        load(
            warehouse, table, write(sql), schema=[bigquery.SchemaField("i", "INTEGER"), *schema[1:]]
        )
