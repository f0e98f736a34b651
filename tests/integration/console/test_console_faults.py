"""The console's switches of faults on the running pipeline: they bite, and nothing is lost."""

import json
import time

import pytest
from pipeline_client import DEADLINE_SECONDS

from analytics_console.asked.fault_switches import SWITCHES

PATH = "/console/faults"


@pytest.fixture(name="act")
def _act(pipeline):
    """Post a form of the view; all is off afterwards."""

    def act(name, /, **fields):
        return pipeline.http.post(pipeline.url(f"{PATH}/{name}"), data=fields, timeout=60)

    yield act
    act("off")


@pytest.fixture(name="state")
def _state(pipeline):
    return lambda: pipeline.http.get(pipeline.url(f"{PATH}.json"), timeout=60).json()


def on(state):
    """Return the names of the switches that are on."""
    return [each["name"] for each in state()["switches"] if each["is_on"]]


@pytest.mark.parametrize("name", [each.name for each in SWITCHES])
def test_switch(act, state, name):
    """A switch goes on and off, beside another one that stays."""
    other = next(each.name for each in SWITCHES if each.name != name)
    act("switch", name=other)
    page = act("switch", name=name).text
    both = on(state)
    act("switch", name=name)

    assert {name, other} == set(both)
    assert (2, 1) == (page.count('aria-pressed="true"'), page.count("2 faults on."))
    assert [other] == on(state)


def test_nothing_gets_lost(act, state, pipeline):
    """Loads that fail for a while leave the event in storage; then it is a row, once."""
    act("switch", name="load_fails")
    batch = pipeline.send({"eventType": "patient"}, event_category="function")["batch_id"]
    deadline = time.monotonic() + DEADLINE_SECONDS
    while state()["played"] == [0]:
        assert time.monotonic() < deadline, "nobody asked BigQuery"
    act("off")

    pipeline.wait_for_rows(1, batch)


def test_refusals_are_counted(act, state, pipeline):
    """What a client meets is counted beside the switch that did it."""
    act("switch", name="gateway_503")
    statuses = [pipeline.post({"eventType": "a"}).status_code for _ in range(30)]
    (played,) = (each["played"] for each in state()["switches"] if each["is_on"])

    assert {200, 503} == set(statuses)
    assert played == statuses.count(503)


@pytest.mark.parametrize("do", ["reset", "truncate", "status"])
def test_views_while_bigquery_is_broken(act, pipeline, do):
    """Views that ask BigQuery say that it does not answer, and go on."""
    act("set", faults=json.dumps({"faults": [{"do": do, "at": "warehouse"}]}))
    page, twin, charts = (
        pipeline.http.get(pipeline.url(f"/console/{path}"), timeout=60)
        for path in ("sql?saved=sessions", "sql.json?saved=sessions", "charts?days=3&environment=x")
    )

    assert (200, True) == (page.status_code, 'role="alert"' in page.text)
    assert twin.status_code in {400, 502}
    assert (200, 5) == (charts.status_code, charts.text.count('class="refusal"'))


def test_clock(act, state):
    """The clock goes on by a day each time, and back; other faults stay on."""
    act("switch", name="events_twice")
    act("day")
    page = act("day").text
    ahead = state()["ahead"]
    act("now")

    assert 2 * 86_400 == ahead
    assert "172,800.0 seconds ahead" in page
    assert (0, ["events_twice"]) == (state()["ahead"], on(state))


def test_json(act, state):
    """What is on is told as JSON that may be set again, whatever it is."""
    told = '{"faults": [{"do": "delay", "at": "events", "seconds": 3, "path": "data_type=file"}]}'
    act("set", faults=told)
    faults = state()["on"]["faults"]
    act("off")

    assert [{"do": "delay", "at": "events", "seconds": 3.0, "path": "data_type=file"}] == faults
    assert [] == state()["on"]["faults"]


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("set", {"faults": '{"faults": [{"do": "explode"}]}'}, "explode"),
        ("set", {"faults": "nonsense"}, "malformed"),
        ("switch", {"name": "gravity"}, "there is no switch 'gravity'"),
        ("switch", {"name": "x" * 2_000_000}, "a form of more than"),
    ],
)
def test_refused(act, state, path, fields, words):
    """What is unknown is refused in words, and changes nothing."""
    act("switch", name="events_late")
    answer = act(path, **fields)

    assert answer.status_code in {400, 413}
    assert words in answer.json()["message"]
    assert ["events_late"] == on(state)


def test_other_sites(pipeline, state):
    """A page of another site breaks nothing here."""
    headers = {"Origin": "https://evil.example"}
    answer = pipeline.http.post(
        pipeline.url(f"{PATH}/switch"), data={"name": "disk_full"}, headers=headers, timeout=60
    )

    assert (403, []) == (answer.status_code, on(state))
