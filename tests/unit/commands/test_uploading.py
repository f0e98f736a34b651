"""One file on its way: what is tried again, what is compared, and what is never told."""

import base64
import hashlib
import json
import os
import re

import pytest
import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import MaxRetryError, NewConnectionError

from analytics_commands.foundation.pipeline.target import GatewaySettings
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.upload_file.file_route import Gateway, Place
from analytics_commands.upload_file.file_source import Source
from analytics_commands.upload_file.upload_failures import FileChanged, UploadFailed
from analytics_commands.upload_file.uploader import Uploader

KEY, SIGNATURE = "secret-key", "X-Goog-Signature=secret"
GATEWAY = GatewaySettings(analytics_url="https://gateway.example/", api_key=KEY)
CONTENT = b"core dumped" * 1000
DIGEST = hashlib.md5(CONTENT).digest()
MD5 = base64.b64encode(DIGEST).decode()
PLACE = Place("crashes", "core.dmp", "text/plain", {"event_category": "crashdump"})
STORED = {"ETag": f'"{DIGEST.hex()}"', "x-goog-hash": f"crc32c=AAAAAA==, md5={MD5}"}


def answer(status=200, content="", **headers):
    """Return what a server answers."""
    response = requests.Response()
    response.status_code = status
    response._content = content.encode()
    response.headers = CaseInsensitiveDict(
        {name.replace("_", "-"): value for name, value in headers.items()}
    )
    return response


def stored(headers=STORED):
    """Return Cloud Storage's answer to a PUT."""
    return answer(**headers)


def error(status, code, details="said so"):
    """Return an error of the XML API, with more in it than may be shown."""
    return answer(
        status,
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>No.</Message>"
        f"<Details>{details}</Details><StringToSign>{SIGNATURE}</StringToSign></Error>",
    )


class Servers:
    """Stands for `requests.Session`: every POST gets a ticket, PUTs the answers in their order."""

    def __init__(self, *answers, tickets=()):
        self.answers = list(answers)
        self.tickets = list(tickets)
        self.posts = []
        self.puts = []
        self.bodies = []

    def request(self, method, url, *, data, headers, json, params, **_options):
        if method == "POST":
            self.posts.append((url, params, json))
            reply = self.tickets.pop(0) if self.tickets else self._ticket(json)
        else:
            self.bodies.append(data)
            body = b"".join(data or ())
            self.puts.append((url, dict(headers), body))
            reply = self.answers.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _ticket(self, description):
        number = len(self.posts)
        ticket = {
            "statusCode": 200,
            "signed_url": f"https://storage.example/b/core-{number}?{SIGNATURE}",
            "headers": {"Content-Type": description["content_type"], "Content-MD5": MD5},
            "md5_digest": MD5,
            "object": f"gs://b/core-{number}",
            "expires_at": "2026-01-01T00:00:00Z",
        }
        return answer(content=json.dumps(ticket))


class Sending:
    """Remembers what is shown of a file."""

    def __init__(self):
        self.sizes = []
        self.sent = 0
        self.notes = []

    def restart(self, size):
        self.sizes.append(size)
        self.sent = 0

    def advance(self, size):
        self.sent += size

    def note(self, text):
        self.notes.append(text)


@pytest.fixture(name="file")
def _file(tmp_path):
    path = tmp_path / "core.dmp"
    path.write_bytes(CONTENT)
    return path


class Upload:
    """One upload of a file, with what was seen and waited for."""

    def __init__(self, path, servers, attempts=5):
        self.sending, self.waited = Sending(), []
        uploader = Uploader(servers, Gateway(servers, GATEWAY), attempts, self.waited.append)
        self.run = lambda: uploader.upload(path, PLACE, self.sending)


def broken(url="/v1/file?key=" + KEY):
    """Return what requests raises where nobody listens; its text repeats the URL."""
    refused = ConnectionRefusedError(111, "Connection refused")
    new = NewConnectionError(None, "Failed to establish")
    new.__cause__ = refused
    exc = requests.ConnectionError(MaxRetryError(None, url, new))
    exc.__context__ = new
    return exc


class TestSuccess:
    def test_requests(self, file):
        """The place, the type, the checksum and the size are stated; the PUT is what was asked."""
        servers = Servers(stored())
        upload = Upload(file, servers)
        uploaded = upload.run()

        assert ("gs://b/core-1", len(CONTENT), MD5) == (
            uploaded.object,
            uploaded.size,
            uploaded.md5_digest,
        )
        url, parameters, description = servers.posts[0]
        assert "https://gateway.example/v1/file" == url
        assert {
            "key": KEY,
            "event_category": "crashdump",
            "file_parent": "crashes",
            "file_child": "core.dmp",
        } == parameters
        size = len(CONTENT)
        assert {"content_type": "text/plain", "md5_digest": MD5, "size": size} == description
        headers = {"Content-Type": "text/plain", "Content-MD5": MD5}
        assert [(f"https://storage.example/b/core-1?{SIGNATURE}", headers, CONTENT)] == servers.puts
        assert ([size], size, [], []) == (
            upload.sending.sizes,
            upload.sending.sent,
            upload.sending.notes,
            upload.waited,
        )

    def test_empty_file(self, tmp_path):
        """A file of no bytes is one, too: not a stream, which would have no length."""
        (tmp_path / "zero").touch()
        servers = Servers(stored({}))

        assert 0 == Upload(tmp_path / "zero", servers).run().size
        assert [None] == servers.bodies
        assert "1B2M2Y8AsgTpgAmY7PhCfg==" == servers.posts[0][2]["md5_digest"]

    @pytest.mark.parametrize(
        "headers",
        [
            {"ETag": f'"{DIGEST.hex()}"'},
            {"x-goog-hash": f"md5={MD5}", "ETag": '"CMEK+AE="'},
            {"ETag": '"CMEK+AE="'},
            {},
        ],
        ids=["etag", "hash", "customer-key", "none"],
    )
    def test_compared(self, file, headers):
        """Whatever states the MD5 serves; where nothing does, Content-MD5 was checked."""
        assert "gs://b/core-1" == Upload(file, Servers(stored(headers))).run().object


class TestMismatch:
    @pytest.mark.parametrize(
        "headers",
        [
            {"ETag": f'"{"0" * 32}"'},
            {"x-goog-hash": f"md5={'A' * 22}==", "ETag": f'"{DIGEST.hex()}"'},
        ],
        ids=["etag", "hash"],
    )
    def test_stored(self, file, headers):
        """Other bytes than were read are an error that names the object, and no second try."""
        servers = Servers(stored(headers), stored())

        with pytest.raises(UploadFailed, match=r"MD5 of gs://b/core-1 is AAAA.*==, not ") as caught:
            Upload(file, servers).run()
        assert MD5 in str(caught.value)
        assert 1 == len(servers.puts)

    @pytest.mark.parametrize("code", ["BadDigest", "EntityTooSmall"])
    def test_on_the_way(self, file, code):
        """What Cloud Storage refuses as damaged is told as that."""
        with pytest.raises(UploadFailed, match=f"400 {code} said so; what arrived is not"):
            Upload(file, Servers(error(400, code))).run()


class TestAgain:
    @pytest.mark.parametrize(
        ("failure", "said"),
        [
            (answer(503), "answered 503"),
            (answer(429), "answered 429"),
            (requests.ReadTimeout(), "no answer in time"),
            (requests.ConnectionError("?key=" + KEY), "the connection broke"),
            (broken(), "no connection: Connection refused"),
        ],
        ids=["503", "429", "timeout", "connection", "refused"],
    )
    def test_passing(self, file, failure, said):
        """What may pass is tried again, with the same URL and the whole content."""
        servers = Servers(failure, stored())
        upload = Upload(file, servers)

        assert "gs://b/core-1" == upload.run().object
        assert [CONTENT] * 2 == [body for _, _, body in servers.puts]
        assert 1 == len({url for url, _, _ in servers.puts})
        assert [f"attempt 1 of 5: {said}; again in 0.5 s"] == upload.sending.notes
        assert len(CONTENT) == upload.sending.sent

    def test_back_off(self, file):
        """Each pause is twice as long; when the attempts are used up, the last failure is told."""
        upload = Upload(file, Servers(*[answer(503)] * 4), attempts=4)

        with pytest.raises(UploadFailed, match="attempt 4 of 4: answered 503"):
            upload.run()
        assert [0.5, 1.0, 2.0] == upload.waited

    @pytest.mark.parametrize(
        ("asked", "waited"), [("7", 7.0), ("3600", 60.0), ("Tue, 1 Jan 2030 00:00:00 GMT", 0.5)]
    )
    def test_retry_after(self, file, asked, waited):
        """A server that says when to come back is obeyed, within a minute."""
        upload = Upload(file, Servers(answer(503, Retry_After=asked), stored()))
        upload.run()

        assert [waited] == upload.waited

    def test_gateway(self, file):
        """The gateway is tried again as well; what fails there was never sent."""
        servers = Servers(stored(), tickets=[answer(502), broken()])
        upload = Upload(file, servers)

        assert "gs://b/core-3" == upload.run().object
        assert (3, 1) == (len(servers.posts), len(servers.puts))


class TestUrlUsedUp:
    def test_403_after_an_interruption(self, file):
        """A URL admits one object: 403 after an attempt with unknown outcome takes a new one."""
        servers = Servers(requests.ReadTimeout(), error(403, "AccessDenied"), stored())
        upload = Upload(file, servers)

        assert "gs://b/core-2" == upload.run().object
        assert [1, 1, 2] == [int(re.search(r"core-(\d)", put[0])[1]) for put in servers.puts]
        assert "gs://b/core-1 may be there already" in upload.sending.notes[1]

    def test_403_at_once(self, file):
        """A URL that is refused from the start is an error, with the server's reason."""
        servers = Servers(error(403, "AccessDenied", "no storage.objects.create access"))

        with pytest.raises(UploadFailed, match=r"403 AccessDenied no storage.objects.create"):
            Upload(file, servers).run()
        assert 1 == len(servers.puts)

    def test_403_of_the_new_one(self, file):
        """The new URL has had no interruption of its own: another 403 is the end."""
        refused = error(403, "AccessDenied")
        servers = Servers(requests.ReadTimeout(), refused, refused, stored())

        with pytest.raises(UploadFailed, match="403"):
            Upload(file, servers).run()
        assert 3 == len(servers.puts)

    def test_expired(self, file):
        """A URL whose time is over is replaced."""
        servers = Servers(error(400, "ExpiredToken"), stored())

        assert "gs://b/core-2" == Upload(file, servers).run().object

    def test_connection_that_keeps_breaking(self, file):
        """A refusal may look like a broken connection: after two, another URL is tried."""
        servers = Servers(*[requests.ConnectionError()] * 2, stored())

        assert "gs://b/core-2" == Upload(file, servers).run().object


class TestRefusals:
    def test_parameter(self, file):
        """What the function refuses is told in its words, and not tried again."""
        refusal = {"code": 400, "reason": "invalid_body", "message": "size: 0 to 5 bytes"}
        servers = Servers(tickets=[answer(400, json.dumps(refusal))])

        with pytest.raises(UploadFailed, match="the gateway answered 400 size: 0 to 5 bytes"):
            Upload(file, servers).run()
        assert 1 == len(servers.posts)

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_key(self, file, status):
        """A key that the gateway refuses ends everything: no other file would fare better."""
        refusal = answer(status, json.dumps({"code": status, "message": "API key not valid"}))

        with pytest.raises(CommandFailed, match=rf"refuses the key: {status} API key not valid"):
            Upload(file, Servers(tickets=[refusal])).run()

    @pytest.mark.parametrize("content", ["<html>Hello</html>", "[]", '{"signed_url": "x"}'])
    def test_other_server(self, file, content):
        """An answer that is no ticket points at the address."""
        with pytest.raises(UploadFailed, match="no upload ticket; see --host"):
            Upload(file, Servers(tickets=[answer(content=content)])).run()

    def test_no_url(self, file):
        """An address without a scheme is told, not tried again."""
        with pytest.raises(UploadFailed, match="no URL"):
            Upload(file, Servers(tickets=[requests.exceptions.MissingSchema(KEY)])).run()

    @pytest.mark.parametrize(
        "failures",
        [
            [requests.ConnectionError(f"{SIGNATURE} {KEY}")] * 5,
            [requests.ReadTimeout(f"{SIGNATURE} {KEY}")] * 5,
            [broken(f"/?{SIGNATURE}&key={KEY}")] * 5,
            [error(403, "SignatureDoesNotMatch")],
            [error(404, "NoSuchBucket")],
            [answer(418, f"{SIGNATURE} {KEY}")],
            [stored({"ETag": f'"{"0" * 32}"'})],
        ],
    )
    def test_secrets(self, file, failures):
        """Neither the key nor the signature is in any message."""
        upload = Upload(file, Servers(*failures))

        with pytest.raises(UploadFailed) as caught:
            upload.run()
        told = "\n".join([str(caught.value), *upload.sending.notes])
        assert "secret" not in told
        assert "storage.example" not in told


class TestChangedFile:
    def read_all(self, source):
        return b"".join(source.read_from_start(lambda _: None))

    def test_overwritten(self, file):
        """A file that is written while it is sent never arrives whole."""
        with Source.open(file) as source:
            file.write_bytes(CONTENT[::-1])
            os.utime(file, ns=(1, 1))

            with pytest.raises(FileChanged, match="it changed while it was uploaded"):
                self.read_all(source)

    def test_shorter(self, file):
        """A file that is cut is noticed before the server waits for the rest."""
        with Source.open(file) as source:
            os.truncate(file, 10)

            with pytest.raises(FileChanged, match="it became shorter"):
                self.read_all(source)

    def test_longer(self, file):
        """A file that grows, as a log does, is noticed: what would be stored has no end."""
        with Source.open(file) as source:
            with file.open("ab") as log:
                log.write(b"one more line")

            with pytest.raises(FileChanged):
                self.read_all(source)

    def test_replaced(self, file):
        """Another file of the same name is another file."""
        with Source.open(file) as source:
            other = file.with_suffix(".new")
            other.write_bytes(CONTENT)
            other.replace(file)

            with pytest.raises(FileChanged):
                self.read_all(source)

    def test_deleted(self, file):
        """A file that is deleted meanwhile is not what the person can look at any more."""
        with Source.open(file) as source:
            file.unlink()

            with pytest.raises(FileChanged, match="it was deleted while"):
                self.read_all(source)

    def test_refused_digest(self, file):
        """When Cloud Storage gets other bytes, and the file has changed, that is the reason."""

        class Changing(Servers):
            def request(self, method, url, **arguments):
                reply = super().request(method, url, **arguments)
                if method == "PUT":
                    os.utime(file, ns=(1, 1))
                return reply

        with pytest.raises(FileChanged):
            Upload(file, Changing(error(400, "BadDigest"))).run()

    def test_unchanged(self, file):
        """A file that is left alone can be read as often as it takes."""
        with Source.open(file) as source:
            assert CONTENT == self.read_all(source) == self.read_all(source)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/nowhere/core.dmp", "No such file"), ("/proc/self/mem", "Input/output error")],
)
def test_unreadable(tmp_path, path, reason):
    """A file that cannot be read is told with the system's words."""
    with pytest.raises(UploadFailed, match=f"it cannot be read: {reason}"):
        Upload(tmp_path / path, Servers()).run()
