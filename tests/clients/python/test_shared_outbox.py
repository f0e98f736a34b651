"""One outbox for several processes, each of which may die at any moment."""

import itertools
import random
import subprocess
import sys

import pytest
from driven import Driven
from scripted_server import PATIENCE, Scripted

from checkout import ROOT

FORKS = """
import os, sys, threading
from analytics_pipeline_client import Client, Options

client = Client(sys.argv[1], "key", sys.argv[2], Options(retry_base=0.01, retry_cap=0.05))
ended = threading.Event()

def track():
    while not ended.is_set():
        client.track("parent", n=0)
        client.keep()

thread = threading.Thread(target=track)
thread.start()
children = []
for n in range(6):
    child = os.fork()
    if child == 0:
        client.track("child", n=n)
        assert client.keep(60)
        assert n % 2 or client.close(60) == 0
        os._exit(0)
    children.append(child)
codes = [os.waitpid(child, 0)[1] for child in children]
ended.set()
thread.join()
assert client.close(60) == 0
assert codes == [0] * 6, codes
"""


def in_order(pipeline):
    """Assert that each session's events are there once, numbered from 0; return the sessions."""
    sessions = {}
    for event in pipeline.stored():
        sessions.setdefault(event["sessionId"], []).append(event["eventIndex"])
    for indices in sessions.values():
        assert sorted(indices) == list(range(len(indices)))
    return sessions


def test_killed(pipeline, tmp_path):
    """After ten kills at any moment, all that was said to be kept is stored, and once."""
    moments = random.Random(20260301)
    kept = {}
    answers = (Scripted(200, missing=5), Scripted(503), Scripted(0), Scripted(), Scripted())
    pipeline.answer = lambda _events: moments.choice(answers)
    for _ in range(10):
        with Driven(pipeline, tmp_path) as driven:
            told = moments.randrange(1, 8)
            for _ in range(told):
                driven.tell("track", type="t", count=moments.randrange(1, 12))
            for _ in range(moments.randrange(told + 1)):
                answer = driven.hear()
                kept[answer["session"]] = answer["next"]
    pipeline.answer = lambda _events: Scripted()
    with Driven(pipeline, tmp_path) as driven:
        assert driven.do("flush", timeout=PATIENCE) == {"ok": True, "left": 0}

    sessions = in_order(pipeline)
    assert len(kept) > 5
    assert [] == [each for each in kept if len(sessions[each]) < kept[each]]
    bodies = {(each.key, each.body) for each in pipeline.attempts}
    assert len(bodies) == len({each.key for each in pipeline.attempts})


def test_together(pipeline, tmp_path):
    """Two processes keep and send at once, and no event is in two batches."""
    with Driven(pipeline, tmp_path) as one, Driven(pipeline, tmp_path) as two:
        for driven in (one, two) * 10:
            driven.tell("track", type="t", count=7)
        for driven in (one, two) * 10:
            assert driven.hear()["kept"] == 7
        for driven in (one, two):
            assert driven.do("flush", timeout=PATIENCE)["left"] == 0

    assert sorted(map(len, in_order(pipeline).values())) == [70, 70]
    events = [each["eventId"] for attempt in pipeline.attempts for each in attempt.events]
    assert len(events) == 140


def test_taken_over(pipeline, tmp_path):
    """What a process leaves that dies, another one that lives already sends by itself."""
    pipeline.answer = lambda _events: Scripted(503)
    with Driven(pipeline, tmp_path, retry_base_ms=60_000, retry_cap_ms=60_000) as one:
        one.do("track", type="t", count=3)
        pipeline.wait_for(lambda: pipeline.attempts)
        with Driven(pipeline, tmp_path) as two:
            one.kill()
            pipeline.answer = lambda _events: Scripted()
            pipeline.wait_for(lambda: len(pipeline.stored()) == 3)
            assert two.opened["session"] != one.opened["session"]

    assert len({each.key for each in pipeline.attempts}) == 1


def test_end_of_input(pipeline, tmp_path):
    """A program that ends without closing its client still keeps what it tracked, and sends it."""
    with Driven(pipeline, tmp_path, flush_events=1_000, flush_seconds=1_000) as driven:
        driven.do("track", type="t", count=3)
        assert driven.end() == 0
        with Driven(pipeline, tmp_path) as following:
            assert following.do("flush", timeout=PATIENCE)["left"] == 0

    assert [3] == [len(each) for each in in_order(pipeline).values()]


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system does not fork")
def test_forked(pipeline, tmp_path):
    """Children of a process whose threads are at work have sessions of their own, and no locks."""
    path = str(ROOT / "clients/python/src")
    command = [sys.executable, "-W", "ignore", "-c", FORKS, pipeline.url, str(tmp_path)]
    subprocess.run(command, check=True, timeout=PATIENCE, env={"PYTHONPATH": path})
    with Driven(pipeline, tmp_path) as driven:
        assert driven.do("flush", timeout=PATIENCE)["left"] == 0

    sessions = in_order(pipeline)
    events = pipeline.stored()
    children = [each for each in events if each["eventType"] == "child"]
    assert [0, 1, 2, 3, 4, 5] == sorted(each["n"] for each in children)
    assert len(sessions) == 7
    assert {0} == {each["eventIndex"] for each in children}
    assert len(list(itertools.chain(*sessions.values()))) == len(events)
