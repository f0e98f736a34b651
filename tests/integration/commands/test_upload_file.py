"""`upload_file` on the running pipeline, directly and through servers that fail."""

import asyncio
import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from contextlib import contextmanager

import aiohttp
import pytest
from aiohttp import web
from pipeline_client import unique
from yarl import URL

from analytics_commands.upload_file import command as upload_file
from checkout import ROOT

LARGE = os.urandom(20_000_000)
FORWARD, STORE_AND_DROP = "forward", "store and drop the connection"


@pytest.fixture(name="upload")
def _upload(command):
    """Upload under an environment of the test's own; returns exit code, records, stderr."""
    environment = unique("upload")

    def run(*arguments):
        code, out, err = command(
            upload_file, "--analytics-environment", environment, "--json", *arguments
        )
        return code, [json.loads(line) for line in out.splitlines()], err

    run.environment = environment
    return run


@pytest.fixture(name="content_of")
def _content_of(pipeline):
    """Return what is stored as an object that was printed."""

    def content_of(record):
        return pipeline.bucket.blob(name_of(record, pipeline)).download_as_bytes()

    return content_of


def name_of(record, pipeline):
    """Return the object's name in the bucket."""
    return record["object"].removeprefix(f"gs://{pipeline.bucket.name}/")


def write(folder, name, content):
    """Write a file, with its folders."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


class Front:
    """Stands between the command and the pipeline, and fails as told.

    Tickets are the gateway's, with a signed URL that leads here; `faults` are what the next PUTs
    meet: a status, the name of a header of the answer and its false value, or one of the above.
    """

    def __init__(self, gateway):
        self._gateway = gateway
        self._storage = ""
        self.faults = []
        self.puts = []
        self.url = ""

    async def serve(self, request):
        """Answer one request."""
        body = await request.read()
        if request.method == "POST":
            answer, content = await self._forward(request, self._gateway, body)
            ticket = json.loads(content)
            signed = URL(ticket["signed_url"])
            self._storage = str(signed.origin())
            ticket["signed_url"] = self.url + ticket["signed_url"].removeprefix(self._storage)
            return web.json_response(ticket, status=answer.status)
        self.puts.append(request.path)
        fault = self.faults.pop(0) if self.faults else FORWARD
        if isinstance(fault, int):
            return web.Response(status=fault)
        answer, content = await self._forward(request, self._storage, body)
        if fault == STORE_AND_DROP:
            request.transport.abort()
        headers = {name: answer.headers[name] for name in ("ETag", "x-goog-hash") if answer.ok}
        if isinstance(fault, dict):
            headers |= fault
        return web.Response(status=answer.status, body=content, headers=headers)

    async def _forward(self, request, origin, body):
        headers = {n: v for n, v in request.headers.items() if n not in {"Host", "Content-Length"}}
        url = URL(origin + request.raw_path, encoded=True)
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, url, data=io.BytesIO(body), headers=headers) as answer,
        ):
            return answer, await answer.read()


@contextmanager
def running(front):
    """Serve the front on any port while the context lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start():
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{path:.*}", front.serve)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield front
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


@pytest.fixture(name="front")
def _front(variables):
    with running(Front(variables["ANALYTICS_URL"])) as front:
        yield front


class TestUpload:
    def test_directory(self, upload, content_of, pipeline, tmp_path):
        """Every file of a directory is stored as it is: odd names, no bytes, and many."""
        folder = tmp_path / "crash reports"
        contents = {
            "plain.txt": b"hello\n",
            "zero.dmp": b"",
            "large.bin": LARGE,
            "two words \u00fc[red].log": b"x",
            "\x1b[31mevil\n.txt": b"y",
            "not-utf8-\udcff.json": b"{}",
            "deep/er/core": b"z" * 100_000,
        }
        for name, content in contents.items():
            write(folder, name, content)
        code, records, err = upload(folder)

        assert 0 == code
        assert sorted(contents.values()) == sorted(map(content_of, records))
        assert {len(content) for content in contents.values()} == {r["size"] for r in records}
        for record in records:
            digest = hashlib.md5(content_of(record)).digest()
            assert base64.b64encode(digest).decode() == record["md5_digest"]
        children = sorted(name_of(record, pipeline).split("/")[-1] for record in records)
        assert [
            "__31mevil_.txt",
            "core",
            "large.bin",
            "not-utf8-_.json",
            "plain.txt",
            "two_words___red_.log",
            "zero.dmp",
        ] == [child.rpartition("-")[0] for child in children]
        parents = {name_of(record, pipeline).split("/")[-2] for record in records}
        assert {"crash_reports", "er"} == parents
        assert "two words \u00fc[red].log: stored as two_words___red_.log" in err
        assert 1 == sum(r["file"].endswith(r"/not-utf8-\udcff.json") for r in records)
        assert "\x1b" not in err + str(records)

    def test_place_and_type(self, upload, pipeline, tmp_path):
        """Labels are those asked for; the content type is guessed, or said."""
        path = write(tmp_path, "state.json", b"{}")
        place = ("--event-ds", "2026-01-02", "--event-time", "8-16", "--event-category", "c")
        _, (guessed,), _ = upload(path, *place, "--file-parent", "p")
        _, (said,), _ = upload(path, "--content-type", "text/x-state; v=1")

        assert name_of(guessed, pipeline).startswith(
            f"data_type=file/analytics_environment={upload.environment}/event_category=c"
            "/event_ds=2026-01-02/event_time=8-16/p/state.json-"
        )
        assert "/event_category=crashdump/" in said["object"]
        types = [
            pipeline.bucket.get_blob(name_of(r, pipeline)).content_type for r in (guessed, said)
        ]
        assert ["application/json", "text/x-state; v=1"] == types

    def test_memory(self, upload, pipeline, tmp_path):
        """A large file is never in memory as a whole."""
        path = tmp_path / "sparse"
        with path.open("wb") as file:
            file.truncate(50_000_000)
        tracemalloc.start()
        code, (record,), _ = upload(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert 0 == code
        assert 50_000_000 == pipeline.bucket.get_blob(name_of(record, pipeline)).size
        assert peak < 10_000_000

    def test_lines(self, command, tmp_path):
        """People get a line for each file, its object's name in one piece."""
        path = write(tmp_path, "a\n.txt", b"hello" * 300)
        environment = unique("upload")
        code, out, err = command(upload_file, path, "--analytics-environment", environment)

        assert 0 == code
        name, size, uri = out.removesuffix("\n").split("  ")
        assert (f"{tmp_path}/a\\n.txt", "1,500 bytes") == (name, size)
        assert f"/analytics_environment={environment}/event_category=crashdump/" in uri
        assert [f"{name}: stored as a_.txt", "1/1 a\\n.txt"] == err.splitlines()

    def test_nobody_reads(self, variables, tmp_path):
        """A reader that has seen enough, such as `head`, ends no work and hides no failure."""
        paths = [write(tmp_path, name, b"hello") for name in ("a.txt", "b.txt")]
        with subprocess.Popen(
            [sys.executable, "-m", "analytics_commands", "upload-file", *paths, "/nowhere"],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            process.stdout.close()
            said = process.stderr.read().splitlines()

        assert ["1/2 a.txt", "2/2 b.txt"] == said[:2]
        assert (1, "error: 1 of 3 could not be uploaded") == (process.returncode, said[-1])

    def test_others_go_on(self, upload, tmp_path):
        """What cannot be uploaded stops nothing, is listed at the end, and exits with 1."""
        write(tmp_path, "a.txt", b"a")
        (tmp_path / "empty").mkdir()
        code, records, err = upload(
            tmp_path / "gone", tmp_path / "empty", "/proc/self/mem", tmp_path / "a.txt"
        )

        assert (1, 1) == (code, len(records))
        assert [
            f"{tmp_path}/gone: not uploaded, there is no such file or directory",
            f"{tmp_path}/empty: not uploaded, there is no file in this directory",
            "/proc/self/mem: not uploaded, it cannot be read: Input/output error",
            "error: 3 of 4 could not be uploaded",
        ] == err.splitlines()[-4:]

    def test_refused(self, upload, tmp_path):
        """What the API refuses is told in its words."""
        code, records, err = upload(write(tmp_path, "a.txt", b"a"), "--content-type", "nonsense")

        assert (1, []) == (code, records)
        assert "a.txt: not uploaded, the gateway answered 400 content_type: a media type" in err

    def test_wrong_key(self, upload, tmp_path):
        """A wrong key ends at the first file, and is not repeated."""
        for name in ("a", "b"):
            write(tmp_path, name, b"")
        code, records, err = upload(tmp_path, "--api-key", "my-secret")

        assert (1, []) == (code, records)
        assert "error: the gateway refuses the key: 400 INVALID_ARGUMENT" in err
        assert "2/2" not in err
        assert "my-secret" not in err

    def test_nobody_there(self, upload, tmp_path):
        """A gateway that does not answer is told without the URL that holds the key."""
        path = write(tmp_path, "a.txt", b"a")
        code, _, err = upload(path, "--host", "http://127.0.0.1:9", "--api-key", "my-secret",
                              "--attempts", 2)  # fmt: skip

        assert 1 == code
        assert "attempt 2 of 2: no connection: Connection refused" in err
        assert "my-secret" not in err

    @pytest.mark.parametrize(
        "wrong",
        [
            ("--event-time", "1-2"),
            ("--event-ds", "now"),
            ("--attempts", "0"),
            ("--file-parent", "a/b"),
        ],
        ids=lambda pair: pair[0],
    )
    def test_usage(self, command, wrong):
        """A command line that cannot work is refused before anything is sent."""
        with pytest.raises(SystemExit) as caught:
            command(upload_file, "/nowhere", *wrong)

        assert 2 == caught.value.code


class TestFailingServer:
    def test_twice(self, upload, front, content_of, tmp_path):
        """A server that fails twice is asked again, and the file arrives once."""
        front.faults = [503, 500]
        code, (record,), err = upload(write(tmp_path, "big", LARGE), "--host", front.url)

        assert (0, 3) == (code, len(front.puts))
        assert LARGE == content_of(record)
        assert "attempt 1 of 5: answered 503; again in 0.5 s" in err
        assert "attempt 2 of 5: answered 500; again in 1 s" in err
        assert "X-Goog" not in err

    def test_unknown_outcome(self, upload, front, content_of, tmp_path):
        """When the answer is lost and the URL is used up, a new one is asked for."""
        front.faults = [STORE_AND_DROP]
        code, (record,), err = upload(write(tmp_path, "a", b"dump"), "--host", front.url)

        assert 0 == code
        assert front.puts[0] == front.puts[1] != front.puts[2]
        assert b"dump" == content_of(record)
        assert record["object"].endswith(front.puts[2].rpartition("/")[2])
        assert "403 AccessDenied" in err
        assert "may be there already" in err

    def test_mismatch(self, upload, front, tmp_path):
        """An answer about other bytes is an error that names the object; the next file goes on."""
        for name in ("a", "b"):
            write(tmp_path, name, name.encode())
        front.faults = [{"x-goog-hash": "md5=AAAAAAAAAAAAAAAAAAAAAA=="}]
        code, (record,), err = upload(tmp_path, "--host", front.url)

        assert (1, 2) == (code, len(front.puts))
        assert record["file"].endswith("/b")
        assert "/a: not uploaded, Cloud Storage says that the MD5 of gs://" in err
        assert "is AAAAAAAAAAAAAAAAAAAAAA==, not DMF1ucDxtqgxw5niaXcmYQ==" in err

    def test_given_up(self, upload, front, tmp_path):
        """When the attempts are used up, the file is one that failed."""
        front.faults = [503] * 2
        code, records, err = upload(write(tmp_path, "a", b""), "--host", front.url, "--attempts", 2)

        assert (1, [], 2) == (code, records, len(front.puts))
        assert "not uploaded, attempt 2 of 2: answered 503" in err
