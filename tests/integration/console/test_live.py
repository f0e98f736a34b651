"""Live: what is sent is seen at once, and all that is known of it."""

import asyncio
import html
import json
import re
import signal
import subprocess
import time
from contextlib import suppress

import aiohttp
import pytest
import requests
from pipeline_client import DEADLINE_SECONDS, POLL_SECONDS, unique, uuid7

from analytics_commands.foundation.pipeline.local_process import (
    read_env,
    running_pipeline,
    start_pipeline,
    wait_ready,
)


@pytest.fixture(name="live")
def _live(pipeline):
    def ask(path=".json", **parameters):
        """Ask for a part of the view; returns the answer."""
        return pipeline.http.get(
            pipeline.url(f"/console/live{path}"), params=parameters, timeout=120
        )

    return ask


@pytest.fixture(name="lines_of")
def _lines_of(live):
    def lines_of(query, *states):
        """Wait until the lines that a query wants have these states; returns them."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            lines = live(q=query).json()["lines"]
            if list(states) == [line["state"] for line in lines]:
                return lines
            assert time.monotonic() < deadline, lines
            time.sleep(POLL_SECONDS)

    return lines_of


def test_event_to_row(pipeline, live, lines_of):
    """An event is on the page and in its twin, from the request to the row."""
    player = unique("ann")
    sent = {"eventType": "level_up", "playerId": player, "eventIndex": 7, "level": 1}
    pipeline.send(sent, event_category="function")
    (line,) = lines_of(f"player:{player}", "loaded")
    page = live("", q=player).text

    assert ("level_up", 7, '{"level":1}') == (line["type"], line["index"], line["attributes"])
    assert line["took"] > 0
    assert f"<bdi>{player}</bdi>" in page
    assert 'class="good"' in page


def test_all_of_an_event(pipeline, live, lines_of):
    """The inspector tells what was sent, stored and loaded, and why something has no column."""
    kind = unique("kind")
    sent = {
        "eventType": kind,
        "eventtype": "x",
        "eventIndex": "seven",
        "n": 12345678901234567890123,
    }
    pipeline.send(sent, event_category="function", analytics_environment="testing")
    (line,) = lines_of(f"type:{kind}", "loaded")
    event = live(event=line["number"], limit=0).json()["event"]
    part = html.unescape(live("/event", event=line["number"]).text)

    assert sent == json.loads(event["sent"])
    assert sent.items() <= json.loads(event["stored"]).items()
    assert kind == {each["column"]: each["value"] for each in event["row"]}["event_type"]
    assert {
        "eventtype": "no column of that name; is it eventType, misspelt?",
        "eventIndex": "the value does not fit INTEGER",
        "n": "no column of that name",
    } == {each["field"]: each["why"] for each in event["extra"]}
    assert ["extra.n"] == event["adjusted"]
    assert 4 == len(event["hops"])
    assert "is it eventType, misspelt?" in part
    assert part in html.unescape(live("", event=line["number"]).text)


def test_line_to_send_it_again(pipeline, live, lines_of, variables, tmp_path):
    """The line to copy sends the event once more, from a shell, with what is hostile in it."""
    kind = unique('it\'s "$HOME" `id` \u202e')
    sent = json.dumps({"eventType": kind}, ensure_ascii=False).encode()
    pipeline.send(sent, event_category="function", batch_key=uuid7())
    needle = kind.rpartition("-")[2]
    (line,) = lines_of(needle, "loaded")
    curl = live(event=line["number"], limit=0).json()["event"]["curl"]
    ran = subprocess.run(
        ["sh", "-c", curl], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert variables["API_KEY"] not in curl
    assert "\u202e" not in curl
    assert 200 == json.loads(ran.stdout)["statusCode"], ran
    first, second = lines_of(needle, "loaded", "loaded")
    assert first["type"] == second["type"]
    assert first["batch"] != second["batch"]


def test_refused_repeated_and_dead(pipeline, live, lines_of):
    """What did not become a row says why, and without the key."""
    environment = unique("e")
    told = {"event_category": "function", "analytics_environment": environment}
    pipeline.post({}, event_ds="yesterday", **told)
    pipeline.send(b'{"eventType":"a"}\nno json', **told)
    pipeline.send(b"\x00\xff", **told)
    key = uuid7()
    for _ in range(2):
        pipeline.send([1], headers={"Idempotency-Key": key}, **told)
    states = ("repeated", "dead_letter", "stored", "dead_letter", "loaded", "refused")
    repeat, dead, odd, *_, refused = lines_of(f"environment:{environment}", *states)

    assert ("repeat", 2) == (repeat["kind"], dead["times"])
    assert dead["reason"].startswith("not_an_object")
    assert ("bytes", "⟨U+0000⟩�") == (odd["kind"], odd["attributes"])
    assert refused["reason"].startswith("event_ds: ")
    request = live(event=refused["number"], limit=0).json()["event"]["request"]
    assert request.startswith("POST /v1/event?key=KEY&event_ds=yesterday")


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "reset", "when": "after"},
        {"do": "status", "code": 503, "when": "after"},
        {"do": "truncate", "bytes": 1},
    ],
    ids=lambda fault: fault["do"],
)
def test_answer_that_was_lost(pipeline, live, lines_of, fault):
    """An event whose answer was lost is seen all the same, and so is what the client met."""
    kind = unique("kind")
    limits = {"at": "gateway", "path": "/v1/event", "times": 1}
    faults = pipeline.url("/_local/faults")
    assert pipeline.http.put(faults, json={"faults": [{**fault, **limits}]}).ok
    with suppress(requests.RequestException):
        pipeline.post({"eventType": kind}, event_category="function")
    pipeline.http.delete(faults)
    (line,) = lines_of(f"type:{kind}", "loaded")

    assert ("event", 0) == (line["kind"], line["status"])
    assert any(each["state"] == "refused" for each in live(limit=50).json()["lines"])
    event = live(event=line["number"], limit=0).json()["event"]
    assert kind == json.loads(event["stored"])["eventType"]


def test_row_that_a_job_loaded(pipeline, live, lines_of):
    """A row that nobody was heard to write is found by whoever looks at its event."""
    kind = unique("kind")
    lost = {"do": "drop", "at": "events", "what": "event", "times": 1}
    faults = pipeline.url("/_local/faults")
    assert pipeline.http.put(faults, json={"faults": [lost]}).ok
    answer = pipeline.send({"eventType": kind}, event_category="function")
    (line,) = lines_of(f"type:{kind}", "stored")
    times = dict.fromkeys(("received_timestamp", "inserted_timestamp"), "2026-11-28T12:00:00Z")
    row = {"batch_id": answer["batch_id"], "line": 1, "event_type": kind, "event_id": kind} | {
        "analytics_environment": "testing",
        "event_category": "function",
        "gcs_uri": "gs://a/b",
        "received_date": "2026-11-28",
        "extra": {"a": 1},
        **times,
    }
    job = pipeline.warehouse.load_table_from_json([row], "events.events_function")
    job.result()
    pipeline.http.delete(faults)
    event = live(event=line["number"], limit=0).json()["event"]

    assert "loaded" == event["line"]["state"]
    assert kind == {each["column"]: each["value"] for each in event["row"]}["event_type"]
    assert ["a"] == [each["field"] for each in event["extra"]]
    lines_of(f"type:{kind}", "loaded")


def test_hostile_text(pipeline, live, lines_of):
    """What was sent is text on the page, and nothing else."""
    player = unique("x")
    script = "<script>alert(1)</script>"
    pipeline.send({"playerId": player, "eventType": script, "</pre>": script})
    lines_of(f"player:{player}", "stored")
    page = live("", q=player).text
    number = live(q=player).json()["lines"][0]["number"]
    part = live("/event", event=number).text

    assert script not in page + part
    assert "&lt;script&gt;" in page
    assert "</pre>&" not in part
    assert [] == re.findall(r"\son\w+=|\sstyle=|<script(?! type=\"module\" src=)", page + part)


@pytest.mark.parametrize(
    ("path", "parameters", "status", "message"),
    [
        (".json", {"limit": "-1"}, 400, "limit: '-1' is no number from 0 to 10,000"),
        (".json", {"limit": "1e3"}, 400, "limit: '1e3' is no number from 0 to 10,000"),
        (".json", {"event": "9999999"}, 404, "event 9999999 is not among the last 10,000"),
        ("/event", {}, 400, "event: '' is no number"),
        ("", {"event": "x"}, 400, "event: 'x' is no number"),
    ],
)
def test_bad_requests(live, path, parameters, status, message):
    """What cannot be shown is said in words."""
    answer = live(path, **parameters)

    assert status == answer.status_code
    assert message in html.unescape(answer.text)


async def read_messages(content):
    """Yield id and data of each message of a stream."""
    number = ""
    async for line in content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "id":
            number = value
        if name == "data":
            yield number, json.loads(value)


async def loaded_at(messages, kind):
    """Read until an event of the type is a row; returns the id of the message that says so."""
    async for number, data in messages:
        if any(kind == line["type"] and line["state"] == "loaded" for line in data["lines"]):
            return number
    return None


async def test_stream(variables):
    """A page that listens is told of an event, and of what becomes of it, once each."""
    url, kind = variables["ANALYTICS_URL"], unique("kind")
    query = {"key": variables["API_KEY"], "event_category": "function"}
    async with asyncio.timeout(DEADLINE_SECONDS), aiohttp.ClientSession() as session:
        async with session.get(f"{url}/console/live/stream") as answer:
            assert "text/event-stream; charset=utf-8" == answer.headers["Content-Type"]
            messages = read_messages(answer.content)
            await anext(messages)
            event = {"eventType": kind}
            async with session.post(f"{url}/v1/event", json=event, params=query):
                known = await loaded_at(messages, kind)
        # Where it was broken off, it continues.
        headers = {"Last-Event-ID": known}
        async with session.post(f"{url}/v1/event", json={"eventType": f"{kind}2"}, params=query):
            pass
        async with session.get(f"{url}/console/live/stream", headers=headers) as answer:
            _, data = await anext(read_messages(answer.content))
            assert [f"{kind}2"] == [line["type"] for line in data["lines"]]
        # Another run's id says nothing: all is told.
        async with session.get(f"{url}/console/live/stream?after=x-{2**40}") as answer:
            _, data = await anext(read_messages(answer.content))
            assert len(data["lines"]) > 1


async def test_stop_while_pages_are_open(tmp_path):
    """The stream of an open page ends by itself when the pipeline stops; nothing has to be cut."""
    with start_pipeline(tmp_path / "data") as process:
        try:
            wait_ready(process)
            url = read_env(tmp_path / "data" / "env")["ANALYTICS_URL"]
            async with (
                asyncio.timeout(DEADLINE_SECONDS),
                aiohttp.ClientSession() as session,
                session.get(f"{url}/console/live/stream") as answer,
            ):
                await anext(read_messages(answer.content))
                process.send_signal(signal.SIGINT)
                rest = await answer.read()  # raises where the end is missing
            printed, _ = await asyncio.to_thread(process.communicate)
        finally:
            process.kill()

    assert b"data" not in rest
    assert (0, "stopping") == (process.returncode, printed.strip().splitlines()[-1])


def test_nothing_was_sent(tmp_path):
    """A new pipeline's page says what to paste, and that works."""
    with running_pipeline(tmp_path / "data") as variables:
        url = f"{variables['ANALYTICS_URL']}/console/live.json"
        line = json.loads(subprocess.check_output(["curl", "--silent", url]))["first_event"]
        ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
        told = json.loads(subprocess.check_output(["curl", "--silent", url]))

    assert 200 == json.loads(ran.stdout)["statusCode"]
    assert (1, "") == (told["kept"], told["first_event"])
    assert "level_up" == told["lines"][0]["type"]
