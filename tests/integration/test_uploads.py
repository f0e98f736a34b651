"""POST /v1/file → signed URL → PUT: what Cloud Storage admits, and what it refuses."""

import base64
import hashlib
import re

import pytest
import requests

from checkout import ROOT

DUMP = b"Segmentation fault (core dumped)\n"
MD5 = base64.b64encode(hashlib.md5(DUMP).digest()).decode()


@pytest.fixture(name="issue")
def _issue(pipeline):
    """Ask for a ticket."""

    def issue(**description):
        return pipeline.send(
            {"content_type": "text/plain", "md5_digest": MD5, **description},
            path="/v1/file",
            event_category="crashdump-worker",
            file_parent="parent",
            file_child="child",
        )

    return issue


def put(url, body, headers):
    """PUT with exactly these headers; returns the status."""
    return requests.put(url, body, headers=headers, timeout=120).status_code


class TestUpload:
    def test_file(self, pipeline, issue):
        """A file sent with exactly the returned headers is stored under the returned name."""
        ticket = issue()

        assert 200 == put(ticket["signed_url"], DUMP, ticket["headers"])
        name = ticket["object"].removeprefix(f"gs://{pipeline.bucket.name}/")
        assert name.startswith("data_type=file/analytics_environment=development/")
        assert "/parent/child-" in name
        blob = pipeline.bucket.get_blob(name)
        assert (DUMP, "text/plain") == (blob.download_as_bytes(), blob.content_type)

    def test_changed_byte(self, issue):
        """Content with another MD5 is refused, and the URL still admits the right one."""
        ticket = issue()

        assert 400 == put(ticket["signed_url"], DUMP + b"!", ticket["headers"])
        assert 200 == put(ticket["signed_url"], DUMP, ticket["headers"])

    @pytest.mark.parametrize(
        "change",
        [
            {"Content-Type": "text/html"},
            {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
            {"x-goog-content-length-range": "0,5000000001"},
        ],
        ids=["type", "md5", "length"],
    )
    def test_changed_header(self, issue, change):
        """Another value of a signed header is refused."""
        ticket = issue()

        assert put(ticket["signed_url"], DUMP, {**ticket["headers"], **change}) in {400, 403}

    @pytest.mark.parametrize("size", [{}, {"size": len(DUMP)}], ids=["any", "stated"])
    def test_missing_header(self, issue, size):
        """Without any one of the signed headers the PUT is refused."""
        ticket = issue(**size)
        assert {"Content-Type", "Content-MD5", "x-goog-content-length-range"} == set(
            ticket["headers"]
        )
        for missing in ticket["headers"]:
            sent = {name: ticket["headers"][name] for name in ticket["headers"] if name != missing}

            assert 400 == put(ticket["signed_url"], DUMP, sent)

    def test_changed_url(self, issue):
        """The signature is for one object, one lifetime."""
        ticket = issue()
        for old, new in (("parent/", "other/"), ("X-Goog-Expires=1800", "X-Goog-Expires=18000")):
            assert old in ticket["signed_url"]
            changed = ticket["signed_url"].replace(old, new)

            assert 403 == put(changed, DUMP, ticket["headers"])

    def test_second_put(self, issue):
        """A URL admits one file: what was stored is not overwritten."""
        ticket = issue()
        assert 200 == put(ticket["signed_url"], DUMP, ticket["headers"])

        assert 403 == put(ticket["signed_url"], DUMP, ticket["headers"])

    def test_size(self, issue):
        """A stated size is the only one admitted."""
        ticket = issue(size=len(DUMP) + 1)
        assert 400 == put(ticket["signed_url"], DUMP, ticket["headers"])

        ticket = issue(size=len(DUMP))
        assert 200 == put(ticket["signed_url"], DUMP, ticket["headers"])

    @pytest.mark.parametrize("content", [DUMP, b""], ids=["dump", "empty"])
    def test_documented_client(self, pipeline, content):
        """The client that docs/clients.md shows stores what it is given, also nothing."""
        page = (ROOT / "docs/clients.md").read_text()
        (code,) = re.findall(r"(?s)```python\n((?:(?!```).)*def upload\(.*?)```", page)
        names = {}
        exec(code, names)

        uri = names["upload"](content, pipeline.url(""), pipeline.variables["API_KEY"])

        name = uri.removeprefix(f"gs://{pipeline.bucket.name}/")
        assert content == pipeline.bucket.blob(name).download_as_bytes()
