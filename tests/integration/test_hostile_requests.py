"""Whatever a client sends, it is answered as documented, and 200 says that it is stored."""

import gzip
import http.client
import itertools
import json
from functools import partial
from urllib.parse import quote_from_bytes, urlsplit

import yaml
from effort import effort
from hypothesis import given
from hypothesis import strategies as st
from odd_bytes import BODIES
from oracle import check_stored, expected_events, tokens
from pipeline_client import unique

from checkout import ROOT

DOCUMENT = yaml.safe_load((ROOT / "api-gateway" / "openapi.yaml").read_text())
REASONS = DOCUMENT["definitions"]["Error"]["properties"]["reason"]["enum"]
METHODS = ["POST"] * 9 + ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "QUERY"]
PATHS = ["/v1/event"] * 5 + ["/v1/file"] * 2 + ["/v1/event/", "/v1//event", "/v1/ev%65nt", "/%00"]
FILE = b'{"content_type":"text/plain","md5_digest":"XrY7u+Ae7tCTyyK7j1rNww==","size":%d}'
NAMES = (
    *("event_category", "event_ds", "event_time", "session_id", "file_parent", "file_child"),
    *("analytics_environment", "KEY", "sent_at", ""),
)
GOOD = ("", "cold", "function", "2026-11-27", "8-16", "a/b", "1")
TEXT = st.binary(max_size=6).map(quote_from_bytes) | st.sampled_from((*GOOD, "%", "%zz", "%C0%AF"))
PAIRS = st.tuples(st.sampled_from(NAMES), TEXT).map("=".join)
VALUE = st.sampled_from(
    ["gzip", "GZIP ", "identity", "br", "gzip, gzip", "", "0", "x" * 5000, '"a"']
)
ANY = VALUE | st.binary(max_size=20).map(lambda b: bytes(set(b) - {*range(32), 127}))
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("Content-Encoding", "Idempotency-Key", "Content-Type", "X-Forwarded-For", "Origin"),
            *("X-Forwarded-Proto", "X-Cloud-Trace-Context", "traceparent", "Authorization"),
            *("X-HTTP-Method-Override", "Forwarded", "Accept-Encoding", "Cookie", "Range", "TE"),
        ]
    ),
    VALUE | ANY | st.just("0123456789abcdef"),
    max_size=3,
)
CONTENTS = (
    BODIES | BODIES.map(partial(gzip.compress, mtime=0)) | st.integers(-1, 2**64).map(FILE.__mod__)
)


@st.composite
def requests(draw):
    """Return method, target, headers and body."""
    pairs = draw(st.lists(PAIRS, max_size=3))
    pairs[:0] = draw(st.sampled_from([["key={key}"]] * 9 + [[], ["key="], ["key=x"]]))
    target = draw(st.sampled_from(PATHS)) + "?" + "&".join(pairs)
    return draw(st.sampled_from(METHODS)), target, draw(HEADERS), draw(CONTENTS)


def check_answer(answer, body, method):
    """Compare an answer with what the document says of all answers; returns a receipt or ticket."""
    if method == "HEAD" or answer.status == 204:
        assert body == b""
        return {}
    content = json.loads(body)
    assert "application/json" == answer.getheader("Content-Type")
    if answer.status == 200:
        return content
    assert answer.status in {400, 401, 404, 405, 413, 415, 503}, content
    assert answer.status == content["code"]
    assert isinstance(content["message"], str)
    assert content.keys() <= {"code", "message", "reason"}
    assert content.get("reason", REASONS[0]) in REASONS
    assert answer.status != 503 or answer.getheader("Retry-After")
    return {}


def check_object(blob, receipt, sent):
    """Compare a stored object with the receipt for it and the body that was sent."""
    content = blob.download_as_bytes()
    sent = gzip.decompress(sent) if sent.startswith(b"\x1f\x8b") else sent
    assert str(receipt["event_count"]) == blob.metadata["event_count"]
    if receipt["data_type"] == "unknown":
        assert sent == content
        return
    stored = [tokens(line) for line in content.decode().split("\n")[:-1]]
    assert receipt["event_count"] == len(stored)
    for event, line in zip(
        expected_events(sent.removeprefix(b"\xef\xbb\xbf")), stored, strict=True
    ):
        check_stored(event, line)


def test_requests(pipeline):
    """No request is answered by 5xx but a documented 503, and none by 200 that is not stored."""
    gateway = urlsplit(pipeline.variables["ANALYTICS_URL"]).netloc
    receipts, session = {}, itertools.count()
    prefix = unique("hostile")

    @given(requests())
    @effort(250)
    def send(request):
        method, target, headers, body = request
        target = target.replace("{key}", pipeline.variables["API_KEY"])
        if "session_id" not in target:
            target += f"&session_id={prefix}/{next(session)}"
        client = http.client.HTTPConnection(gateway, timeout=40)
        client.putrequest(method, target.encode("latin-1").decode(), skip_accept_encoding=True)
        for name, value in headers.items():
            client.putheader(name, value)
        client.putheader("Content-Length", str(len(body)))
        client.endheaders(body)
        answer = client.getresponse()
        receipt = check_answer(answer, answer.read(), method)
        client.close()
        if "batch_id" in receipt:
            receipts[receipt["batch_id"]] = (receipt, body)

    send()

    blobs = {(blob.metadata or {}).get("batch_id"): blob for blob in pipeline.stored("data_type=")}
    assert len(receipts) > 20
    for batch_id, (receipt, body) in receipts.items():
        check_object(blobs[batch_id], receipt, body)
