"""The audit in the console: asked for, and answered as by the command."""

import html

import pytest
from pipeline_client import unique

PATH = "/console/audit"


@pytest.fixture(name="audited")
def _audited(pipeline):
    """Return the answer of an audit that was asked for."""

    def audited(path=PATH, **parameters):
        parameters = {"settle": "0m", **parameters}
        return pipeline.request("GET", path, key=None, run=1, **parameters)

    return audited


def test_nothing_runs_unasked(pipeline):
    """A visit explains the audit, and starts none."""
    text = pipeline.request("GET", PATH, key=None).text
    twin = pipeline.request("GET", f"{PATH}.json", key=None).json()

    assert "Did we lose anything?" in text
    assert "Verdicts" not in text
    assert None is twin["audit"]


def test_lost_and_found(pipeline, audited):
    """What arrived is counted by day; what vanished is named, with the command that repairs it."""
    environment = unique("audit")
    parameters = {"event_category": "function", "analytics_environment": environment}
    sent = [pipeline.send([{"eventType": "a"}, {"eventType": "b"}], **parameters) for _ in range(2)]
    pipeline.send({"eventType": "of another"}, analytics_environment=unique("other"))
    for answer in sent:
        pipeline.wait_for_rows(2, answer["batch_id"])

    clean = audited(f"{PATH}.json", environment=environment).json()["audit"]
    blob = pipeline.stored_batch(sent[0]["batch_id"])
    blob.delete()
    torn = html.unescape(audited(environment=environment).text)

    (day,) = clean["days"]
    assert (
        "Nothing is lost: 4 of 4 accepted events are stored and loaded."
        == (clean["summary"]["verdict"])
    )
    assert (4, 4, 4) == (day["accepted"], day["stored"], day["loaded"])
    assert "1 gap: 1 orphan" in torn
    assert f"gcloud storage restore gs://{blob.bucket.name}/{blob.name}" in torn


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"since": "yesterday"}, "'yesterday' is not a date"),
        ({"settle": "soon"}, "'soon' is no duration"),
        ({"environment": "a\0b"}, "a field is too long, or holds a NUL"),
    ],
)
def test_fields_that_mean_nothing(audited, parameters, message):
    """What the command would not take is refused in its words."""
    page = audited(**parameters)
    twin = audited(f"{PATH}.json", **parameters)

    assert (400, 400) == (page.status_code, twin.status_code)
    assert message in html.unescape(page.text)
    assert message in twin.json()["message"]
