"""Sessions, files, and nothing bad: expected of the local pipeline."""

import base64
import hashlib
import json

import pytest
from local_api_client import FUNCTION, level_up
from pipeline_client import unique


@pytest.mark.parametrize(
    ("indexes", "told"),
    [
        ([0, 1, 2], "missing: index 2; too many: index 1; out of order: index 0 after 1"),
        ([0, 1, 1], "out of order: index 0 after 1"),
        ([0, 1], "too many: index 1; out of order: index 0 after 1"),
    ],
)
def test_session(api, indexes, told):
    """A session has each of its indexes once, in order, or it is told which are wrong."""
    api.send(*(level_up(sessionId="s-1", eventIndex=index) for index in (1, 0, 1)))
    assert 200 == api.ask("/wait", until={"idle": True})[0]

    asked = {"session_id": "s-1", "within": 0}
    status, answer = api.ask("/expect/session", indexes=indexes, in_order=True, **asked)
    assert (417, f"session s-1: {told}") == (status, answer["message"])
    assert 200 == api.ask("/expect/session", indexes=[0, 1, 1], **asked)[0]


def test_session_that_never_came(api):
    """A session without events is told as that."""
    status, answer = api.ask("/expect/session", session_id="s-2", indexes=[0], within=0)

    assert (417, "session s-2: no event of it came") == (status, answer["message"])


def test_file(api):
    """A file counts once it is in the storage; a URL that was only asked for is told."""
    parameters = {"event_category": "crashdump", "file_parent": "build-17"}
    content = b"MDMP\xff\x00"
    digest = base64.b64encode(hashlib.md5(content).digest()).decode()
    signed = api.pipeline.send(
        {"content_type": "text/plain", "md5_digest": digest},
        path="/v1/file",
        analytics_environment=api.environment,
        **parameters,
    )
    asked = {"category": "crashdump", "file_parent": "build-17", "bytes_like": "MDMP\xff*"}
    status, answer = api.ask("/expect/file", within=0, **asked)
    assert 417 == status
    assert "a URL was asked for, and nothing uploaded: build-17/unknown-" in answer["message"]

    put = api.pipeline.http.put(
        signed["signed_url"], content, headers=signed["headers"], timeout=60
    )
    assert 200 == put.status_code
    status, answer = api.ask("/expect/file", **asked)
    assert (200, "6") == (status, answer["matches"][0]["size"])
    _, answer = api.ask("/expect/file", within=0, **{**asked, "bytes_like": "PK*"})
    assert "begins 'MDMP" in answer["message"]


def test_none(api):
    """What nobody wants is told, but for what is allowed, and what was before."""
    environment = {"analytics_environment": api.environment, **FUNCTION}
    for what in ("dead_letters", "refused_requests", "unknown_fields"):
        status, answer = api.ask("/expect/none", what=what)
        assert 200 == status, answer
    api.pipeline.send(b"[5]", **environment)
    api.pipeline.post(b"[]", **environment)
    api.send(level_up(fps=60))

    for what, told, but in (
        ("dead_letters", "not_an_object", ["not_an_object"]),
        ("refused_requests", "400", ["400"]),
        ("unknown_fields", "fps, level of level_up", ["fps", "level"]),
    ):
        assert 200 == api.ask("/wait", until={"idle": True})[0]
        status, answer = api.ask("/expect/none", what=what)
        assert (417, True) == (status, told in answer["message"]), answer
        assert 200 == api.ask("/expect/none", what=what, **{"except": but})[0]
    after = api.ask("/reset")[1]["revision"]
    assert 200 == api.ask("/expect/none", what="dead_letters", since=after)[0]


def test_refused_for_all(api):
    """A request that was refused before its environment is known belongs to each of them."""
    api.pipeline.post([level_up()], key="wrong")
    api.pipeline.post([level_up()], key="wrong", analytics_environment=unique("kit"))

    status, answer = api.ask("/expect/none", what="refused_requests")
    assert (417, 1) == (status, len(answer["found"]))
    assert "wrong" not in json.dumps(answer)
