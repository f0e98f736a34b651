"""The local log sink: each line about an object becomes one receipt, whatever happens to files."""

import io
import itertools
import json
import shutil
from contextlib import asynccontextmanager, redirect_stdout
from datetime import UTC, date, datetime

import aiohttp
import pytest
from local_warehouse import PROJECT, create_pipeline_tables, running_warehouse

from analytics_local_cloud.log_sink import LogSink
from analytics_local_cloud.log_sink.log_files import LogFile, parse_insert_id
from analytics_local_cloud.log_sink.sink import read_receipt
from analytics_local_cloud.warehouse.inserts.appender import INSERT_ID_SECONDS
from analytics_pipeline import logs
from analytics_pipeline.schemas import SCHEMAS

NAME = (
    "data_type=json/analytics_environment=testing/event_category=function/event_ds=2026-11-23"
    "/event_time=8-16/s/"
)
_numbers = itertools.count()


@pytest.fixture(name="dataset", scope="module")
def _dataset(tmp_path_factory):
    """Serve a warehouse; yields it and a dataset with the pipeline's tables."""
    with running_warehouse(tmp_path_factory.mktemp("sink")) as warehouse:
        yield warehouse, create_pipeline_tables(warehouse)


class Place:
    """A folder of log files, the table that their lines go to, and a bucket of its own."""

    def __init__(self, warehouse, dataset, folder):
        self.warehouse, self.folder = warehouse, folder
        self.ingest = folder / "ingest.log"
        self.table, self._receipts = f"{dataset}.run_googleapis_com_stdout", f"{dataset}.receipts"
        self.prefix = f"gs://bucket-{next(_numbers)}/{NAME}"
        self.dataset_url = f"{warehouse.url}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}"

    def line(self, name, event="batch_stored", **fields):
        """Return what a function writes about an object."""
        written = io.StringIO()
        with redirect_stdout(written):
            logs.write(event, object=self.prefix + name, **fields)
        return written.getvalue()

    @asynccontextmanager
    async def sink(self):
        """Yield a sink as each start of the pipeline makes one."""
        self.wait()
        async with aiohttp.ClientSession() as session:
            yield LogSink(session, self.dataset_url, self.folder)

    def wait(self):
        """Wait until the warehouse has forgotten insert ids, and absorbs nothing."""
        self.warehouse.clock.time += 2 * INSERT_ID_SECONDS

    async def write_new(self):
        """Start a sink that writes what is new, and is killed."""
        async with self.sink() as sink:
            await sink.write_new()

    def receipts(self, columns):
        """Return columns of the receipts of this bucket's objects, in order."""
        sql = f"SELECT {columns} FROM {self._receipts} WHERE STARTS_WITH(gcs_uri, '{self.prefix}')"
        return self.warehouse.rows(f"{sql} ORDER BY 1")

    def names(self):
        """Return the last parts of the names of objects that have receipts, each as often."""
        return [uri.rpartition("/")[2] for (uri,) in self.receipts("gcs_uri")]


@pytest.fixture(name="place")
def _place(dataset, tmp_path):
    return Place(*dataset, tmp_path)


def append(path, *texts):
    """Append to a file, as a process does that was given it as its output."""
    with path.open("a") as file:
        file.writelines(texts)


async def test_receipts(place):
    """A line is a row with readable columns, whatever its event says about the object."""
    stored = place.line("a", event_count=4, received_timestamp="1795435200.25", unknown={})
    append(place.ingest, stored)
    loaded = place.line("a", "object_loaded", rows=3, dead_letters=1, lag_seconds=0.5)
    append(place.folder / "load.log", loaded)
    await place.write_new()

    received = datetime(2026, 11, 23, 12, 0, 0, 250000, UTC)
    uri, of_uri = f"{place.prefix}a", ("json", "testing", "function", date(2026, 11, 23))
    times = [datetime.fromisoformat(json.loads(line)["time"]) for line in (stored, loaded)]
    assert [
        ("batch_stored", times[0], uri, *of_uri, received, 4, None, None),
        ("object_loaded", times[1], uri, *of_uri, None, None, 3, 1),
    ] == place.receipts(
        "event, logged_timestamp, gcs_uri, data_type, analytics_environment, event_category, "
        "event_ds, received_timestamp, event_count, loaded_rows, dead_letters"
    )


def test_payload(place):
    """What Cloud Logging takes out of a line is not in its payload."""
    logs.set_trace("project", {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    read = read_receipt(place.line("a", rows=1).encode())
    logs.set_trace("project", {})

    assert {"event": "batch_stored", "object": f"{place.prefix}a", "rows": 1} == read["jsonPayload"]


async def test_events(place):
    """What becomes a row are the events of receipt_events.json, and no others."""
    for event in logs.EVENTS:
        append(place.ingest, place.line(event, event))
    await place.write_new()

    assert sorted(json.loads((SCHEMAS / "receipt_events.json").read_text())) == place.names()


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("INFO: started\n{}\n[]\nnull\n{A}", ["a"]),
        ('{"event": "batch_stored"}\n{"severity":"INFO","event":"batch_stored"}\n{A}', ["a"]),
        ('{"severity":"INFO","event":["batch_stored"],"time":1}\n{A}', ["a"]),
        ('{"severity":"INFO","event":"batch_sto{A}{B}', ["a", "b"]),
        ("a warning without an end{A}", ["a"]),
        ("\x00\udcff\n\n\r\n{A}", ["a"]),
        ("x" * 600_000 + "\n{A}", ["a"]),
        ("x" * (512 * 1024) + "{A}", ["a"]),
        ("INFO: started\n" * 1_200 + "{A}" + "INFO: ended\n" * 1_200 + "{B}", ["a", "b"]),
        ("", []),
        ("\n", []),
    ],
)  # fmt: skip
async def test_what_else_is_in_a_file(place, content, kept):
    """Lines of others, torn and endless ones cost no receipt, and are none."""
    text = content.replace("{A}", place.line("a")).replace("{B}", place.line("b"))
    place.ingest.write_bytes(text.encode(errors="surrogateescape"))
    await place.write_new()

    assert kept == place.names()


async def test_line_in_the_making(place):
    """A line counts once it is whole."""
    text = place.line("a")
    async with place.sink() as sink:
        append(place.ingest, text[:50])
        await sink.write_new()
        append(place.ingest, text[50:-1])
        await sink.write_new()
        assert [] == place.names()
        append(place.ingest, "\n")
        await sink.write_new()

    assert ["a"] == place.names()


def rename(path):
    """Rotate by another name."""
    path.rename(path.with_name(f"{path.name}.1"))


def copy_and_empty(path):
    """Rotate by a copy."""
    shutil.copy(path, path.with_name(f"{path.name}.1"))
    path.write_text("")


def leave(_path):
    """Change nothing."""


CHANGES = [leave, rename, copy_and_empty]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("change", CHANGES)
async def test_nothing_twice(place, change, *, restarted):
    """What was written is not written again, after a restart and whatever became of the file."""
    append(place.ingest, "started\n", place.line("a"), place.line("b"))
    async with place.sink() as sink:
        await sink.write_new()
        append(place.ingest, place.line("c"))  # found where it is by then
        change(place.ingest)
        append(place.ingest, "started\n", place.line("d"))
        place.wait()
        if not restarted:
            await sink.write_new()
    for _ in range(2):
        await place.write_new()

    assert ["a", "b", "c", "d"] == place.names()


@pytest.mark.parametrize("length", ["shorter", "equal", "longer"])
@pytest.mark.parametrize("restarted", [False, True])
async def test_file_begun_anew(place, length, *, restarted):
    """A file that is overwritten is another one, however long it is by the next look."""
    old, line = place.line("old") + place.line("old"), place.line("new")
    equal = line + "x" * (len(old) - len(line) - 1) + "\n"
    new = {"shorter": line, "equal": equal, "longer": equal + line}[length]
    append(place.ingest, old)
    async with place.sink() as sink:
        await sink.write_new()
        place.ingest.write_text(new)
        if not restarted:
            await sink.write_new()
    await place.write_new()

    assert ["new"] * new.count("/new") + ["old", "old"] == place.names()


async def test_many_lines(place):
    """Files of many batches are written whole, each line once and all files."""
    paths = [place.folder / f"{name}.log" for name in ("ingest", "load", "reconcile")]
    for path in paths:
        append(path, *(place.line(f"{path.stem}-{number:04d}") for number in range(1_201)))
    async with place.sink() as sink:
        await sink.write_new()
        append(paths[0], place.line("later"))
        await sink.write_new()
    await place.write_new()

    expected = [f"{path.stem}-{number:04d}" for path in paths for number in range(1_201)]
    assert sorted([*expected, "later"]) == place.names()


def read_all(file, places):
    """Return the batches of a file, each accepted."""
    batches = []
    while (batch := file.next_batch(places)) is not None:
        file.accept(batch)
        batches.append(batch)
    return batches


def test_large_file_is_not_read_again(place):
    """What was read before a restart is skipped, after as much of it as names the file."""
    append(place.ingest, *(place.line(f"{number}") for number in range(5_000)))
    first = read_all(LogFile(place.ingest, read_receipt), {})
    places = dict([parse_insert_id(first[-1].rows[-1]["insertId"])])
    second = read_all(LogFile(place.ingest, read_receipt), places)

    assert [500] * 10 == [len(batch.rows) for batch in first]
    assert [0, 0] == [len(batch.rows) for batch in second]
    assert first[-1].end == second[-1].end


async def test_folder_without_files(place):
    """There may be nothing to write, not even the folder."""
    place.folder.rmdir()
    await place.write_new()

    assert [] == place.names()


class Forgetful:
    """A session whose answers get lost at first, when the warehouse has done its part."""

    def __init__(self, session, losses):
        self._session, self._losses = session, losses

    @asynccontextmanager
    async def post(self, url, **arguments):
        """Send the request; raises ClientError instead of its answer as often as wanted."""
        async with self._session.post(url, **arguments) as answer:
            if "insertAll" in url and self._losses:
                self._losses -= 1
                raise aiohttp.ServerDisconnectedError
            yield answer


async def test_answer_lost(place, capsys):
    """Rows whose answer was lost are sent again, and absorbed; it is told once."""
    append(place.ingest, place.line("a"), place.line("b"))
    async with aiohttp.ClientSession() as session:
        sink = LogSink(Forgetful(session, 2), place.dataset_url, place.folder)
        await sink.write_new()
        append(place.ingest, place.line("c"))
        for _ in range(2):
            await sink.write_new()

    assert ["a", "b", "c"] == place.names()
    assert "log sink: ServerDisconnectedError: Server disconnected\n" == capsys.readouterr().err


async def test_no_table_yet(place, capsys):
    """Without its table, the sink says so and waits for it."""
    append(place.ingest, place.line("a"))
    table = place.warehouse.client.get_table(place.table)
    place.warehouse.client.delete_table(table)
    async with place.sink() as sink:
        await sink.finish()
        assert "" == capsys.readouterr().err
        for _ in range(2):
            await sink.write_new()
        told = capsys.readouterr().err
        place.warehouse.client.create_table(table)
        await sink.finish()
        await sink.write_new()

    assert (1, True) == (told.count("\n"), told.startswith("log sink: SinkFailed: HTTP 404 "))
    assert ["a"] == place.names()


async def test_line_that_is_no_row(place, capsys):
    """A line that the table refuses is told, and costs none of the others."""
    odd = place.line("odd").replace('"time":"2', '"time":"1')  # a thousand years ago
    append(place.ingest, place.line("a"), odd, place.line("b", rows="x"), place.line("c"))
    await place.write_new()

    told = capsys.readouterr().err
    assert ["a", "c"] == place.names()
    assert told.startswith("log sink: 2 lines are no rows: Value 1")


async def test_rows_of_others(place):
    """Rows that somebody else wrote into the table are nobody's business."""
    others = [{"insertId": "z" * 32}, {"insertId": None}, {"insertId": "1"}]
    place.warehouse.client.insert_rows_json(place.table, others)
    append(place.ingest, place.line("a"))
    await place.write_new()

    assert ["a"] == place.names()
