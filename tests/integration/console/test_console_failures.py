"""The console when services of the pipeline fail, as they do on purpose."""

import pytest

FAULTS = "/_local/faults"


@pytest.fixture(name="failing")
def _failing(pipeline):
    """Let a service fail until the end of the test."""

    def failing(**fault):
        assert pipeline.request("PUT", FAULTS, {"faults": [fault]}, key=None).ok

    yield failing
    pipeline.request("DELETE", FAULTS, key=None)


def shown(pipeline, view):
    """Return status and text of a page, and the message of its twin."""
    page = pipeline.request("GET", f"/console/{view}", key=None)
    twin = pipeline.request("GET", f"/console/{view}.json", key=None)
    assert page.status_code == twin.status_code
    return page.status_code, page.text, twin.json()["message"]


@pytest.mark.parametrize(
    ("view", "at"),
    [("sessions", "warehouse"), ("dead-letters", "warehouse"), ("objects", "storage")],
)
@pytest.mark.parametrize(
    ("fault", "statuses", "words"),
    [
        ({"do": "status"}, {400, 503}, "on purpose"),
        ({"do": "reset"}, {502}, "a service of the pipeline did not answer"),
        ({"do": "truncate"}, {502}, "a service of the pipeline did not answer"),
    ],
    ids=["status", "reset", "truncate"],
)
def test_failure_is_said(pipeline, failing, view, at, fault, statuses, words):
    """A view whose service fails says so in its place, and works again afterwards."""
    failing(at=at, **fault)
    status, text, message = shown(pipeline, view)
    pipeline.request("DELETE", FAULTS, key=None)

    assert status in statuses
    assert 'role="alert"' in text
    assert words in text
    assert words in message
    assert 200 == pipeline.request("GET", f"/console/{view}", key=None).status_code
