"""uploads: a file request becomes a signed URL."""

import json
from datetime import UTC, datetime

import pytest
from fakes import FakeSigner

from analytics_pipeline.errors import TransientError
from analytics_pipeline.ingest.refusals import InvalidBody, NotStored
from analytics_pipeline.ingest.uploads import FileRequest, UploadLimits, Uploads
from analytics_pipeline.ingest.workers import Workers
from analytics_pipeline.object_names import Partition

MD5 = "XKvMhvwrORVuxdX54FQEdg=="
NAME = (
    "data_type=file/analytics_environment=testing/event_category=crashdump/event_ds=2026-03-01"
    "/event_time=8-16/parent/child-77"
)


@pytest.fixture(name="signer")
def _signer():
    return FakeSigner()


async def issue(signer, description, *, require_size=False):
    """Ask for a ticket for the file described."""
    workers = Workers("test", threads=1, waiting=0)
    limits = UploadLimits(require_size, 1000)
    uploads = Uploads(lambda: signer, "bucket", limits, lambda: 77, workers)
    body = description if isinstance(description, bytes) else json.dumps(description).encode()
    request = FileRequest(
        Partition("testing", "crashdump", "2026-03-01", "8-16"),
        "parent",
        "child",
        datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC),
    )
    return await uploads.issue(body, request)


class TestIssue:
    async def test_ticket(self, signer, capsys):
        """The ticket holds the URL, its headers, the object and when it ends; it is logged."""
        ticket = await issue(signer, {"content_type": "text/plain", "md5_digest": MD5})

        headers = {
            "Content-Type": "text/plain",
            "Content-MD5": MD5,
            "x-goog-content-length-range": "0,1000",
        }
        assert f"https://signed/{NAME}?{json.dumps(headers)}&0:30:00" == ticket.signed_url
        assert headers == ticket.headers
        assert (MD5, f"gs://bucket/{NAME}") == (ticket.md5_digest, ticket.object)
        assert "2026-03-01T16:29:59Z" == ticket.expires_at
        (line,) = capsys.readouterr().out.splitlines()
        assert f"gs://bucket/{NAME}" == json.loads(line)["object"]
        assert "signed" not in line

    @pytest.mark.parametrize("size", [0, 1000])
    async def test_size(self, signer, capsys, size):
        """A stated size is signed in, so that no other size is admitted; it is logged."""
        description = {"content_type": "text/plain", "md5_digest": MD5, "size": size}

        ticket = await issue(signer, description)

        assert f"{size},{size}" == ticket.headers["x-goog-content-length-range"]
        assert size == json.loads(capsys.readouterr().out)["size"]

    async def test_no_signature(self, signer):
        """When no URL can be signed the client is told to come back, and that nothing is stored."""
        signer.failure = TransientError("down")

        with pytest.raises(NotStored):
            await issue(signer, {"content_type": "text/plain", "md5_digest": MD5})

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"content_type": None}, "content_type"),
            ({"content_type": "text"}, "content_type"),
            ({"content_type": "text/plain\r\nX-Evil: 1"}, "content_type"),
            ({"content_type": "text/" + "x" * 255}, "content_type"),
            ({"content_type": "texté/plain"}, "content_type"),
            ({"md5_digest": 5}, "md5_digest"),
            ({"md5_digest": "5cabcc86fc2b39156ec5d5f9e0540476"}, "md5_digest"),
            ({"md5_digest": "XKvMhvwrORVuxdX54FQEdg"}, "md5_digest"),
            ({"md5_digest": "XKvMhvwrORVuxdX54FQEdh=="}, "md5_digest"),
            ({"md5_digest": "é" * 24}, "md5_digest"),
            ({"size": -1}, "size"),
            ({"size": 1001}, "size"),
            ({"size": "10"}, "size"),
            ({"size": 1.5}, "size"),
            ({"size": True}, "size"),
        ],
        ids=str,
    )
    async def test_wrong_field(self, signer, change, field):
        """A field that is wrong is named."""
        with pytest.raises(InvalidBody, match=field):
            await issue(signer, {"content_type": "text/plain", "md5_digest": MD5, **change})

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"not json", b"\xff", b"{}", b'{"content_type":"\xff"}', b"[" * 5000]
    )
    async def test_wrong_body(self, signer, body):
        """A body that describes no file is refused."""
        with pytest.raises(InvalidBody):
            await issue(signer, body)

    async def test_required_size(self, signer):
        """Where sizes are mandatory, a description without one is refused."""
        description = {"content_type": "text/plain", "md5_digest": MD5}

        with pytest.raises(InvalidBody, match="size"):
            await issue(signer, description, require_size=True)

    @pytest.mark.parametrize(
        "content_type", ["text/plain; charset=utf-8", "application/vnd.x+json", 'a/b;c="d e"']
    )
    async def test_content_types(self, signer, content_type):
        """Any media type with its parameters is accepted."""
        ticket = await issue(signer, {"content_type": content_type, "md5_digest": MD5})

        assert content_type == ticket.headers["Content-Type"]
