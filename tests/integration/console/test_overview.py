"""Overview: what goes through the pipeline is counted, and adds up."""

import re
import time

import pytest
from pipeline_client import DEADLINE_SECONDS, POLL_SECONDS


@pytest.fixture(name="overview")
def _overview(pipeline):
    def ask():
        """Return figures as numbers, and what the receipts say of today."""
        told = pipeline.http.get(pipeline.url("/console/overview.json"), timeout=120).json()
        day = told["days"][0] if told["days"] else {}
        figures = {name: text.replace(",", "") for name, text in told["figures"].items()}
        return figures, {name: value for name, value in day.items() if name != "day"}

    return ask


def test_what_is_sent_is_counted(pipeline, overview):
    """Events, rows, dead letters and refusals are counted, and at their rates."""
    names = ("accepted", "rows", "letters", "refused", "repeated")
    before = [int(overview()[0][name]) for name in names]
    body = b'{"eventType":"a"}\n{"eventType":"b"}\nno json'
    pipeline.send(body, event_category="function")
    pipeline.post({}, event_ds="yesterday")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        figures, _ = overview()
        grown = [int(figures[name]) - was for name, was in zip(names, before, strict=True)]
        if [3, 2, 1, 1, 0] == grown:
            break
        assert time.monotonic() < deadline, grown
        time.sleep(POLL_SECONDS)
    page = pipeline.http.get(pipeline.url("/console/overview"), timeout=120).text

    assert re.fullmatch(r"\d+ ms", figures["p50"])
    assert re.search(r'data-figure="p50">\d', page)
    assert 'aria-current="page">Overview' in page


def test_receipts_of_a_day_add_up(pipeline, overview):
    """What was accepted to be loaded is loaded, a dead letter, or open, by the receipts."""
    _, before = overview()
    pipeline.send(b'{"eventType":"a"}\nno json', event_category="function")
    pipeline.send({"eventType": "c"}, event_category="cold")
    usual = dict.fromkeys(("accepted", "to_load", "loaded", "letters"), 0)
    wanted = {"accepted": 3, "to_load": 2, "loaded": 1, "letters": 1}
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        _, day = overview()
        if day and all(day[name] >= {**usual, **before}[name] + wanted[name] for name in wanted):
            break
        assert time.monotonic() < deadline, (before, day)
        time.sleep(POLL_SECONDS)

    assert day["to_load"] == day["loaded"] + day["letters"] + day["open"]
