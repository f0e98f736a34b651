"""Dead letters in the console: seen, tried, replayed."""

import json
from html.parser import HTMLParser

import pytest
from pipeline_client import unique

PATH = "/console/dead-letters"
NAME = (
    "data_type=json/analytics_environment={}/event_category=function/event_ds=2026-11-01"
    "/event_time=0-8/s/{}"
)
WRONG = {"content_md5": "A" * 22 + "=="}


class Forms(HTMLParser):
    """The forms of a page, as whoever presses their buttons sends them."""

    def __init__(self, page):
        super().__init__()
        self.found, self._is_button = {}, False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self._fields = {}
        elif tag == "input" and attributes.get("type") == "hidden":
            self._fields[attributes["name"]] = attributes["value"]
        self._is_button = tag == "button"

    def handle_data(self, data):
        if self._is_button:
            self.found.setdefault(data, []).append(self._fields)
            self._is_button = False


@pytest.fixture(name="letters")
def _letters(pipeline):
    """Return the page of an environment, and the same as JSON."""

    def letters(environment, **parameters):
        parameters["environment"] = environment
        page = pipeline.request("GET", PATH, key=None, **parameters)
        twin = pipeline.request("GET", f"{PATH}.json", key=None, **parameters)
        return page.text, twin.json()

    return letters


@pytest.fixture(name="press")
def _press(pipeline):
    """Press a button of a page; returns the page that follows, and its JSON."""

    def press(page, label, number=0):
        fields = Forms(page).found[label][number]
        after = pipeline.http.post(pipeline.url(f"{PATH}/replay"), data=fields)
        assert after.status_code == 200, after.text
        return after.text, pipeline.http.get(after.url.replace("letters?", "letters.json?")).json()

    return press


@pytest.fixture(name="refused")
def _refused(pipeline):
    """Store an object whose digest is wrong, and wait for its letter; returns the blob."""

    def refused(environment, leaf="odd", count=1):
        blob = pipeline.bucket.blob(NAME.format(environment, leaf))
        blob.metadata = WRONG
        blob.upload_from_string('{"eventType":"mended"}\n')
        pipeline.wait_for_count(count, open_letters(environment))
        return blob

    return refused


def open_letters(environment):
    """Return the SQL that counts an environment's open letters."""
    return (
        "SELECT COUNT(*) FROM events.open_dead_letters"
        f" WHERE analytics_environment = '{environment}'"
    )


def test_tried_then_replayed(pipeline, letters, press, refused):
    """A first press says what would happen and changes nothing; the second one does it."""
    environment = unique("letters")
    blob = refused(environment)
    blob.metadata = {"content_md5": None}
    blob.patch()
    page, _ = letters(environment)

    tried, twin = press(page, "Try all again")
    still_open = pipeline.query(open_letters(environment))
    done, done_twin = press(tried, "Do it")

    assert {"would be loaded": 1} == twin["replay"]["counts"]
    assert [(1,)] == still_open
    assert {"replayed": 1} == done_twin["replay"]["counts"]
    assert "1 replayed" in done
    assert [] == done_twin["letters"]
    assert [("mended",)] == pipeline.query(
        f"SELECT event_type FROM events.events WHERE analytics_environment = '{environment}'"
    )


def test_what_would_stay_refused(letters, press, refused):
    """What nobody has mended can be tried, and nothing is offered to be done."""
    environment = unique("letters")
    refused(environment)
    page, twin = letters(environment)

    tried, tried_twin = press(page, "Try the object again")

    assert ["md5_mismatch"] == [each["reason"] for each in twin["letters"]]
    assert {"still refused": 1} == tried_twin["replay"]["counts"]
    assert "Do it" not in Forms(tried).found


def test_one_letter_alone(letters, press, refused):
    """One letter can be tried without the others of its reason."""
    environment = unique("letters")
    blobs = [refused(environment, f"odd-{number}", number) for number in (1, 2)]
    page, twin = letters(environment)

    tried = [press(page, "Try the object again", number)[1]["replay"] for number in (0, 1)]

    assert [2] == [each["letters"] for each in twin["reasons"]]
    assert [[f"gs://{blob.bucket.name}/{blob.name}"] for blob in reversed(blobs)] == [
        [each["object"] for each in replay["outcomes"]] for replay in tried
    ]


def test_reasons_are_filters(pipeline, letters, refused):
    """Letters are counted by reason, and one reason can be looked at."""
    environment = unique("letters")
    refused(environment)
    pipeline.send([1, 2], event_category="function", analytics_environment=environment)
    pipeline.wait_for_count(3, open_letters(environment))

    page, twin = letters(environment, reason="not_an_object")

    assert {"not_an_object": 2, "md5_mismatch": 1} == {
        each["reason"]: each["letters"] for each in twin["reasons"]
    }
    assert [1, 2] == [each["line"] for each in twin["letters"]]
    assert "the event is not a JSON object" in page


def test_payload_is_text(pipeline, letters):
    """What a client sent is shown, and obeyed by nothing; a long one is cut."""
    environment = unique("letters")
    hostile = "<script>alert(1)</script>\u202e"
    sent = json.dumps([hostile, "x" * 70_000], ensure_ascii=False).encode()
    pipeline.send(sent, event_category="function", analytics_environment=environment)
    pipeline.wait_for_count(2, open_letters(environment))

    page, twin = letters(environment)

    assert "<script>alert" not in page
    assert r"&lt;script&gt;alert(1)&lt;/script&gt;\u202e" in page
    assert 1000 == max(len(each["payload"]) for each in twin["letters"])
    assert "characters or more, the beginning of them" in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"reason": "a\0b"}, "reason is too long, or holds a NUL"),
        ({"environment": "x" * 1025}, "environment is too long, or holds a NUL"),
        ({"since": "yesterday"}, "'yesterday' is not a date"),
        ({"since": "0m", "until": "1d"}, "--since is not before --until"),
        ({"reason": "x" * 2_000_000}, "a form of more than 1,048,576 bytes"),
    ],
)
def test_forms_that_nobody_was_given(pipeline, fields, message):
    """A form with odd values is refused in words."""
    answer = pipeline.http.post(pipeline.url(f"{PATH}/replay"), data=fields)

    assert answer.status_code in {400, 413}
    assert message in answer.json()["message"]


def test_an_option_is_no_value(pipeline):
    """A value that looks like an option stays one."""
    answer = pipeline.http.post(
        pipeline.url(f"{PATH}/replay"), data={"reason": "--execute", "since": "1d"}
    )

    assert "analytics replay --reason=--execute --since=" in answer.text
    assert "No letter is open that fits." in answer.text
