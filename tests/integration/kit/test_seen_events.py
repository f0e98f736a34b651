"""What the local pipeline saw: good, bad, pending, late, and forgotten."""

from local_api_client import FUNCTION, Api, level_up


def test_good(api):
    """An event that is a row is good, with what was sent, its row and its hops; newest first."""
    api.send(level_up(level=1))
    api.send(level_up(level=2))
    status, found = api.ask("/expect", event_type="level_up", count=2)

    assert (200, 2) == (status, len(found["matches"]))
    newest, oldest = api.seen("good")
    assert [2, 1] == [each["row"]["extra"]["level"] for each in (newest, oldest)]
    assert '{"eventType": "level_up", "playerId": "ann", "level": 1}' == oldest["sent"]
    assert (api.environment, "function") == (oldest["environment"], oldest["category"])
    assert 0 < oldest["hops"]["answered"]
    assert 0 < oldest["hops"]["loaded"]
    assert [newest] == api.seen("good", limit=1)
    assert [] == api.seen("bad")


def test_good_without_row(api):
    """An event of a category that is not loaded is good once it is stored."""
    parameters = {"analytics_environment": api.environment, "event_category": "cold"}
    api.pipeline.send([{"eventType": "frozen", "depth": 4}], **parameters)

    where = {"depth": {"type": "int"}, "event_category": "cold"}
    assert 200 == api.ask("/expect", event_type="frozen", where=where)[0]
    (seen,) = api.seen("good")
    assert ("stored", None) == (seen["state"], seen["row"])


def test_bad(api):
    """Refused requests, dead letters and bytes are bad, each with its reason."""
    environment = {"analytics_environment": api.environment, **FUNCTION}
    api.pipeline.post(b"[]", **environment)
    api.pipeline.send(b"[5]", **environment)
    api.pipeline.send(b"\x00", **environment)
    assert 200 == api.ask("/wait", until={"idle": True})[0]

    unknown, letter, refused = api.seen("bad")
    assert "bytes that are no events" == unknown["reason"]
    assert "not_an_object: the event is not a JSON object" == letter["reason"]
    assert "the array holds no event" == refused["reason"]
    assert [200, 200, 400] == [each["status"] for each in (unknown, letter, refused)]
    assert [] == api.seen("good")


def test_large_event(api):
    """An event too large to be heard is found by its row, or told as a dead letter."""
    api.send(level_up(blob="x" * 3_000_000))

    status, answer = api.ask("/expect", event_type="level_up", where={"level": 3}, within=60)
    assert (200, "loaded") == (status, answer["matches"][0]["state"])
    api.send(level_up(level=4, blob="x" * 6_000_000))
    asked = {"event_type": "other", "within": 0}
    assert 200 == api.ask("/wait", until={"idle": True})[0]
    _, answer = api.ask("/expect", **asked)
    assert "1 became dead letters, the last: row_too_large" in answer["message"]


def test_idle(api):
    """Nothing is idle while a delivery is withheld, and it is told what is pending."""
    path = f"data_type=json/analytics_environment={api.environment}/"
    fault = {"do": "drop", "at": "events", "what": "event", "path": path}
    assert 200 == api.call("PUT", "/faults", {"faults": [fault]})[0]
    api.send(level_up())

    status, answer = api.ask("/wait", until={"idle": True}, within=0)
    assert 417 == status
    assert "wait for their rows: 1" in answer["message"]
    status, answer = api.ask("/expect", event_type="level_up", within=0)
    assert "without row yet" in answer["message"]
    api.call("POST", "/reset", {})


def test_rows_of_others(api):
    """A row of a load job, which nobody was heard to write, is found all the same."""
    path = f"data_type=json/analytics_environment={api.environment}/"
    fault = {"do": "drop", "at": "events", "what": "event", "path": path}
    assert 200 == api.call("PUT", "/faults", {"faults": [fault]})[0]
    sent = api.send(level_up())
    assert 200 == api.call("DELETE", "/faults")[0]
    now = "2026-01-01T00:00:00Z"
    row = {
        "batch_id": sent["batch_id"],
        "line": 1,
        "event_id": "a",
        "gcs_uri": "gs://a/b",
        "event_type": "level_up",
        "analytics_environment": api.environment,
        "event_category": "function",
        "extra": {"level": 3},
        "received_timestamp": now,
        "inserted_timestamp": now,
        "received_date": now[:10],
    }
    client = api.pipeline.warehouse
    table = client.get_table("events.events_function")
    client.load_table_from_json([row], table).result()

    status, answer = api.ask("/expect", event_type="level_up", where={"level": 3}, within=60)
    assert (200, row["gcs_uri"]) == (status, answer["matches"][0]["row"]["gcs_uri"])


def test_reset(api):
    """What was seen is forgotten of one environment, no fault stays, and rows stay."""
    other = Api(api.pipeline)
    for each in (api, other):
        each.send(level_up())
        assert 200 == each.ask("/expect", event_type="level_up")[0]
    shift = {"do": "shift", "at": "clock", "seconds": 86_400}
    api.call("PUT", "/faults", {"faults": [shift]})

    assert 200 == api.ask("/reset")[0]
    assert [] == api.seen("good")
    assert 1 == len(other.seen("good"))
    assert {"faults": [], "played": []} == api.call("GET", "/faults")[1]
    sql = f"SELECT COUNT(*) FROM events.events WHERE analytics_environment = '{api.environment}'"
    assert [(1,)] == api.pipeline.query(sql)
