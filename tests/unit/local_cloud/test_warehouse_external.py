"""Local BigQuery: an external table opens the files that a query wants, and no others."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.catalog.engine import Engine
from analytics_local_cloud.warehouse.files.external_scan import External, mount
from analytics_local_cloud.warehouse.files.readable_objects import ReadableObjects

PREFIX = "gs://b/{env:STRING}/{day:DATE}"
OBJECTS = {
    "env=good/day=2026-01-01/a": '{"n": 1}',
    "env=good/day=2026-01-02/b": '{"n": 2}\n{"n": "3"}',
    "env=broken/day=2026-01-02/c": "no JSON",
    "env=odd/day=today/d": '{"n": 4}',
}


@dataclass(frozen=True)
class StoredText:
    """A stored object in a folder."""

    uri: str
    path: Path
    size: int = 0
    content_encoding: str | None = None


class Objects:
    """Stored texts, and the names of those that were opened."""

    def __init__(self, folder, texts):
        self.files = []
        self.opened = set()
        for number, (name, text) in enumerate(texts.items()):
            path = folder / str(number)
            path.write_text(text)
            self.files.append(StoredText(f"gs://b/{name}", path))

    def expand(self, _uri):
        """Return all of them."""
        return self.files


class WatchedObjects(ReadableObjects):
    """Remembers what was opened."""

    def readable(self, file):
        """Note that the file is opened."""
        self._objects.opened.add(file.path.name)
        return super().readable(file)


@pytest.fixture(name="session")
def _session():
    with duckdb.connect() as session:
        yield session


def read(session, tmp_path, wanted, texts=OBJECTS):
    """Mount the objects; return the table's rows, and which objects were opened."""
    objects = Objects(tmp_path, texts)
    configuration = {
        "sourceFormat": "NEWLINE_DELIMITED_JSON",
        "sourceUris": ["gs://b/*"],
        "ignoreUnknownValues": True,
        "schema": {"fields": [{"name": "n", "type": "INTEGER"}]},
        "hivePartitioningOptions": {"mode": "CUSTOM", "sourceUriPrefix": PREFIX},
    }
    external = External("_external_0", configuration, with_file_name=False)
    mount(session, external, WatchedObjects(objects, tmp_path / "readable"), wanted)
    rows = session.execute("SELECT n, env FROM _external_0 ORDER BY n").fetchall()
    return rows, sorted(objects.opened)


GOOD = [(1, "good"), (2, "good"), (3, "good")]


@pytest.mark.parametrize(
    ("wanted", "rows", "opened"),
    [
        ("env = 'good'", GOOD, ["0", "1"]),
        ("env = 'good' AND day = DATE '2026-01-02'", GOOD[1:], ["1"]),
        ("upper(env) = 'GOOD' OR day > DATE '2027-01-01' AND env <> 'odd'", GOOD, ["0", "1"]),
        ("env = 'other'", [], []),
        ("day > DATE '2027-01-01' AND env = 'good'", [], []),
    ],
)
def test_pruning(session, tmp_path, wanted, rows, opened):
    """A condition on hive keys decides before anything is opened; no file left is no row."""
    assert (rows, opened) == read(session, tmp_path, wanted)


@pytest.mark.parametrize("wanted", [None, "true", "env IN ('good', 'broken')"])
def test_without_pruning(session, tmp_path, wanted):
    """An odd line, or key, in a file that is wanted fails the query."""
    with pytest.raises((duckdb.Error, ApiError)):
        read(session, tmp_path, wanted)


def test_keys_that_decide_nothing(session, tmp_path):
    """A file is left out where the condition is false, and not where its key cannot be read."""
    with pytest.raises(duckdb.ConversionException, match="today"):
        read(session, tmp_path, "day > DATE '2027-01-01'")


def test_types_of_no_rows(session, tmp_path):
    """The columns of a table without a file left have their types."""
    read(session, tmp_path, "false")
    columns = session.execute("DESCRIBE _external_0").fetchall()

    assert [("n", "BIGINT"), ("env", "VARCHAR"), ("day", "DATE")] == [c[:2] for c in columns]


def test_rows_of_megabytes(session, tmp_path):
    """However many large objects there are, memory holds a few of them at a time."""
    line = f'{{"n": 1, "text": "{"x" * 1_000_000}"}}'
    names = [f"env=good/day=2026-01-01/{number}" for number in range(40)]
    session.execute("SET threads = 1; SET memory_limit = '100MB'")

    assert [(1, "good")] * 40 == read(session, tmp_path, None, dict.fromkeys(names, line))[0]


def test_no_code_is_fetched(tmp_path):
    """No query installs or loads an extension of DuckDB."""
    engine = Engine(tmp_path / "warehouse.duckdb")
    with engine.session() as session:
        sql = "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%extensions'"
        settings = dict(session.execute(sql).fetchall())
    engine.close()

    names = ("autoinstall_known_extensions", "autoload_known_extensions")
    assert dict.fromkeys(names, "false") == settings
