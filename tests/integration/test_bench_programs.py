"""The benchmark's own programs: a fake that answers as Cloud Storage does, and an honest load."""

import http.client
import shutil
from hashlib import md5
from time import monotonic

import pytest

from analytics_bench.native.c_programs import compile_programs
from analytics_bench.services.fake_cloud import Stored, running_fake
from analytics_bench.services.load_runs import send
from analytics_bench.traffic.requests_file import put_object, requests_file

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")


@pytest.fixture(name="native", scope="module")
def _native(tmp_path_factory):
    return compile_programs(tmp_path_factory.mktemp("programs"))


@pytest.fixture(name="fake", scope="module")
def _fake(native):
    with running_fake(native.fake_services) as fake:
        yield fake


@pytest.fixture(name="ask")
def _ask(fake):
    """Return what sends one request, and returns the answer's status, headers and body."""
    fake.reset()

    def ask(method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    return ask


@pytest.mark.parametrize("length", [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 9_999, 600_000])
def test_etag(ask, length):
    """A write is answered with the MD5 of its bytes, however many."""
    content = bytes(index * index % 251 for index in range(length))

    status, headers, _ = ask("PUT", "/b/a%2Fb", content)

    assert (200, f'"{md5(content).hexdigest()}"') == (status, headers["ETag"])


def test_reads_what_was_written(ask, fake):
    """An object is read back by its decoded name; one that is not there is 404."""
    ask("PUT", "/b/data_type%3Djson/a/b.jsonl", b"content")

    path = "/download/storage/v1/b/b/o/data_type%3Djson%2Fa%2Fb.jsonl?alt=media&generation=1"
    assert (200, b"content") == ask("GET", path)[::2]
    assert 404 == ask("GET", path.replace("b.jsonl", "c.jsonl"))[0]
    assert [Stored("/b/data_type=json/a/b.jsonl", b"content")] == fake.stored()
    assert {"stored": 1, "inserts": 0, "reads": 2, "bytes": 7} == fake.counters()


def test_writes_once(ask):
    """A name that is taken is refused where the client asks for that."""
    once = {"x-goog-if-generation-match": "0"}

    assert [200, 412] == [ask("PUT", "/b/n", b"1", once)[0] for _ in range(2)]
    assert 200 == ask("PUT", "/b/n", b"2")[0]


def test_multipart(ask, fake):
    """Of a multipart upload the content counts, also one that has lines and dashes."""
    content = b'{"a":1}\r\n\r\n--x\r\n{"b":2}\n'
    body = b'--=1=\r\nmetadata\r\n\r\n{"name":"n"}\r\n--=1=\r\ntype\r\n\r\n%b\r\n--=1=--' % content

    assert 200 == ask("POST", "/upload/storage/v1/b/b/o?uploadType=multipart", body)[0]
    assert [content] == [stored.content for stored in fake.stored()]


def test_delay(ask, fake):
    """Answers of the services take as long as they are told to; those about them do not."""
    fake.reset(delay_ms=80)

    begun = monotonic()
    ask("PUT", "/b/n", b"1")
    assert 0.08 <= monotonic() - begun
    fake.reset()
    assert {"stored": 0, "inserts": 0, "reads": 0, "bytes": 0} == fake.counters()


@pytest.mark.parametrize("rubbish", [b"\r\n\r\n", b"PUT\r\n\r\n", b"PUT /b/n\r\n\r\n", b"\0" * 99])
def test_rubbish(ask, fake, rubbish):
    """What is no request ends its own connection, not the fake."""
    connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=60)
    connection.connect()
    connection.sock.sendall(rubbish)
    connection.close()

    assert 200 == ask("PUT", "/b/n", b"1")[0]


def test_load(native, fake, tmp_path):
    """Every request is sent in turn and answered for, over as many connections as are asked for."""
    file = tmp_path / "requests"
    file.write_bytes(requests_file(put_object(n, b"x" * (n * 997)) for n in range(40)))
    fake.reset()

    sending = send(native.load_generator, fake.port, file, connections=7, count=90)

    assert (90, 90, 0, 0) == (sending.sent, sending.answered, sending.refused, sending.lost)
    names = sorted(int(stored.path.rpartition("-")[2]) for stored in fake.stored())
    assert sorted([*range(40), *range(40), *range(10)]) == names
    assert 0 < sending.p50_ms <= sending.p99_ms


def test_load_tells_errors(native, fake, tmp_path):
    """What is answered with another status is refused; what breaks off is lost."""
    good, bad = put_object(1, b"x"), b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    broken = b"PUT /b/n HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    file = tmp_path / "requests"
    file.write_bytes(requests_file([good, bad, good, broken, good]))

    sending = send(native.load_generator, fake.port, file, connections=2, count=10)

    assert (10, 6, 2, 2) == (sending.sent, sending.answered, sending.refused, sending.lost)


def test_load_ends_in_time(native, fake, tmp_path):
    """After its seconds nothing further is sent, and what was sent is waited for."""
    file = tmp_path / "requests"
    file.write_bytes(requests_file([put_object(1, b"x")]))
    fake.reset(delay_ms=300)

    sending = send(native.load_generator, fake.port, file, connections=3, seconds=0.1)

    assert (3, 3) == (sending.sent, sending.answered)
