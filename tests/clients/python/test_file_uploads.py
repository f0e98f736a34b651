"""Files: a ticket, and a PUT of exactly what it says, as often as it takes."""

import pytest
from scripted_server import Scripted, refusal

from analytics_pipeline_client import UploadFailedError

PASSING = [refusal(status) for status in (408, 429, 500, 503)] + [Scripted(0)]


def stored(pipeline):
    """Return the contents of the stored files."""
    return list(pipeline.files.values())


def test_a_file(client, pipeline, tmp_path):
    """A file is where it was asked to be, under the name that is returned."""
    path = tmp_path / "dump.txt"
    path.write_bytes(b"hello")
    name = client(environment="testing").upload_file(path, "text/plain", "build-17", "a.dmp")

    ((parameters, told),) = pipeline.tickets
    parameters.pop("sent_at")
    assert parameters == {
        "event_category": "crashdump",
        "analytics_environment": "testing",
        "file_parent": "build-17",
        "file_child": "a.dmp",
        "key": "a-secret-key",
    }
    assert told == {
        "content_type": "text/plain",
        "md5_digest": "XUFAKrxLKna5cZ2REBfFkg==",
        "size": 5,
    }
    assert (name, stored(pipeline)) == ("gs://bucket/file-0", [b"hello"])


@pytest.mark.parametrize("content", [b"", b"x" * 3_000_000])
def test_bytes(client, pipeline, content):
    """Bytes are a file, too, however many."""
    client().upload_file(content, "application/octet-stream")

    assert [content] == stored(pipeline)


@pytest.mark.parametrize("answer", [*PASSING, Scripted(200, b"{"), Scripted(200, b"[1]")])
def test_ticket_again(client, pipeline, answer):
    """A ticket that does not come is asked for again."""
    pipeline.script.extend([answer, answer])

    assert "gs://bucket/" in client().upload_file(b"hello", "text/plain")
    assert [b"hello"] == stored(pipeline)


@pytest.mark.parametrize("answer", [*PASSING, Scripted(403), Scripted(412)])
def test_new_ticket(client, pipeline, answer):
    """A PUT whose end nobody knows is repeated under a new ticket, from the first byte."""
    pipeline.put_script.extend([answer, answer])

    assert "gs://bucket/file-2" == client().upload_file(b"hello", "text/plain")
    assert b"hello" == stored(pipeline)[-1]


@pytest.mark.parametrize(
    ("ticket", "put", "told"),
    [
        ([refusal(400, "invalid_body")], [], "POST /v1/file: 400 invalid_body told"),
        ([refusal(403)], [], "POST /v1/file: 403"),
        ([refusal(413, "body_too_large")], [], "POST /v1/file: 413"),
        ([], [Scripted(400)], "PUT of the file: 400"),
    ],
)
def test_refused(client, pipeline, ticket, put, told):
    """What will not succeed is an error at once, which says what was answered, without the key."""
    pipeline.script.extend(ticket)
    pipeline.put_script.extend(put)

    with pytest.raises(UploadFailedError, match=told) as error:
        client().upload_file(b"hello", "text/plain")
    assert "a-secret-key" not in str(error.value)


def test_no_time_left(client):
    """When the time is over, the error says what failed."""
    one = client(url="http://127.0.0.1:1")

    with pytest.raises(UploadFailedError, match="POST: ConnectionRefusedError, after"):
        one.upload_file(b"hello", "text/plain", timeout=0.1)


def test_wrong_arguments(client, tmp_path):
    """A name that the server would refuse, or a file that is not there, is an error at once."""
    one = client()

    with pytest.raises(ValueError, match="file_parent"):
        one.upload_file(b"", "text/plain", "a/b")
    with pytest.raises(FileNotFoundError):
        one.upload_file(tmp_path / "nothing", "text/plain")
