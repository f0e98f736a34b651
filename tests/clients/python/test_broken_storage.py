"""An outbox whose disk is full, or whose file is damaged, deleted, or cannot be at all."""

import os
import sqlite3
import subprocess
import sys

import pytest
from scripted_server import PATIENCE

from checkout import ROOT

FULL_DISK = """
import json, resource, signal, sqlite3, sys
from analytics_pipeline_client import Client, Options

told = []
options = Options(on_report=told.append, flush_seconds=1_000, flush_bytes=10**9)
client = Client("http://127.0.0.1:1", "key", sys.argv[1], options)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
client.track("t", n=0)
assert client.keep(60)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
for n in range(1, 60):
    client.track("t", n=n, pad="x" * 10_000)
assert not client.keep(0.5)
assert client.status().waiting == 60
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
assert client.keep(60)
assert client.progress() == type(client.progress())(60, 0, 60), client.progress()
assert client.status().durable
kept = sqlite3.connect(sys.argv[1] + "/outbox.sqlite3")
lines = kept.execute("SELECT body FROM events ORDER BY id").fetchall()
kept.close()
assert [json.loads(line)["n"] for line, in lines] == list(range(60))
assert [each.what for each in told] == ["storage_full"], told
client.close(0)
"""
PAGE = 4096
GARBAGE = b"this is no database, and it is longer than the header of one would be" * 100


def damage(path, beginning):
    """Overwrite the end of a file, from its page of that number."""
    content = bytearray(path.read_bytes())
    rest = content[PAGE * beginning :]
    content[PAGE * beginning :] = b"\xa5" * len(rest)
    assert rest
    path.write_bytes(content)


def aside(folder):
    """Return what was set aside."""
    return [path for path in folder.iterdir() if path.name.startswith("damaged-")]


def works(client, pipeline):
    """Assert that a client keeps and sends."""
    client.track("t", n=7)
    assert client.keep(PATIENCE)
    assert client.flush(PATIENCE) == 0
    assert pipeline.numbers()[-1] == 7


@pytest.mark.parametrize("content", [GARBAGE, GARBAGE[:50]])
def test_no_database(client, pipeline, reports, tmp_path, content):
    """A file that is no database is set aside, whole and said, and a new outbox begun."""
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox/outbox.sqlite3").write_bytes(content)
    one = client()

    works(one, pipeline)
    assert one.status().durable
    assert [content] == [path.read_bytes() for path in aside(tmp_path / "outbox")]
    assert [each.what for each in reports] == ["outbox_damaged"]


@pytest.mark.parametrize("page", [1, -3])
def test_damaged_before_the_start(client, pipeline, reports, tmp_path, page):
    """An outbox that is damaged inside is set aside, and a new one begun."""
    one = client(url="http://127.0.0.1:1", compress=False)
    for n in range(50):
        one.track("t", n=n, pad="x" * 1000)
    one.close(0)
    damage(tmp_path / "outbox/outbox.sqlite3", page)
    two = client()

    works(two, pipeline)
    assert len(aside(tmp_path / "outbox")) == 1
    assert [each.what for each in reports] == ["outbox_damaged"]


def test_of_another_version(client, pipeline, tmp_path):
    """An outbox of a later version is not touched, but set aside."""
    client().close(0)
    with sqlite3.connect(tmp_path / "outbox/outbox.sqlite3") as connection:
        connection.execute("PRAGMA user_version=9")
    connection.close()

    works(client(), pipeline)
    assert len(aside(tmp_path / "outbox")) == 1


def test_deleted(client, pipeline, tmp_path):
    """An outbox that somebody deletes while it is used is made anew."""
    one = client()
    works(one, pipeline)
    for path in (tmp_path / "outbox").iterdir():
        path.unlink()
    (tmp_path / "outbox").rmdir()

    works(one, pipeline)
    assert one.status().durable


def test_set_aside_by_another(client, pipeline, tmp_path):
    """A client goes on in the new outbox when another process has set the old one aside."""
    one = client()
    works(one, pipeline)
    for path in list((tmp_path / "outbox").glob("outbox.sqlite3*")):
        path.rename(path.with_name(f"damaged-1-{path.name}"))
    two = client(url="http://127.0.0.1:1")
    one.track("t", n=1)
    one.keep()

    assert two.status().waiting == 1


@pytest.mark.parametrize("place", ["a-file/folder", "a-file"])
def test_no_storage(client, pipeline, reports, tmp_path, place):
    """Where no folder can be, events are in memory, sent as ever, and said not to be durable."""
    (tmp_path / "a-file").write_text("")
    one = client(folder=tmp_path / place)

    works(one, pipeline)
    assert not one.status().durable
    assert [each.what for each in reports] == ["not_durable"]


def test_memory_by_choice(client, pipeline, reports):
    """Without a folder, events are in memory, and that is no news."""
    one = client(folder=None)

    works(one, pipeline)
    assert (one.status().durable, reports) == (False, [])


@pytest.mark.skipif(os.name == "nt", reason="this system has no limit for files")
def test_full_disk(tmp_path):
    """On a full disk events wait in memory, are not said to be kept, and are when there is room."""
    environment = {"PYTHONPATH": str(ROOT / "clients/python/src")}
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    subprocess.run(command, check=True, timeout=PATIENCE, env=environment)
