"""What `tail` shows of log lines and batches, without a pipeline."""

import io
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, NotFound, ServiceUnavailable
from google.auth.exceptions import TransportError
from rich.cells import cell_len
from rich.console import Console

from analytics_commands.foundation.pipeline.log_lines import LogsUnavailable
from analytics_commands.tail.arrivals import Wanted
from analytics_commands.tail.arrived_contents import Contents
from analytics_commands.tail.feed import Feed
from analytics_commands.tail.following import OVERLAP, Follower, follow, read_once
from analytics_commands.tail.lines import Line
from analytics_commands.tail.screen import Screen
from analytics_pipeline.object_names import NO_SESSION, batch_id_of, object_uri

START = datetime(2026, 1, 2, 12, tzinfo=UTC)
BUCKET = "events-bucket"


def at(seconds):
    """Return a time of a log line."""
    return (START + timedelta(seconds=seconds)).isoformat()


def name(number=1, *, data_type="json", environment="live", category="cold", session="s1"):
    """Return the name of an object."""
    return (
        f"data_type={data_type}/analytics_environment={environment}/event_category={category}"
        f"/event_ds=2026-01-02/event_time=8-16/{session}/2026-01-02T12:00:00Z-{number}"
    )


def uri_of(object_name):
    """Return the object's URI."""
    return object_uri(BUCKET, object_name)


def log_line(event="batch_stored", seconds=0.0, object_name=None, **fields):
    """Return a log line."""
    given = {"event_count": 1, "bytes": 9} if event == "batch_stored" else {}
    if object_name is not None:
        given["object"] = uri_of(object_name)
    return {"event": event, "time": at(seconds), **given, **fields}


def event(text, attributes='"{}"'):
    """Return a stored line of the first batch: the client's members, and the envelope."""
    envelope = (
        f'"receivedTimestamp":1767355200.123456,"batchId":"{batch_id_of(uri_of(name()))}",'
        f'"eventId":"b/0","analyticsEnvironment":"live","eventAttributes":{attributes}'
    )
    return f"{{{text},{envelope}}}".encode()


class Logs:
    """Log lines that a test adds as it goes; `failures` are raised first."""

    def __init__(self, *lines):
        self.lines = list(lines)
        self.failures = []
        self.asked = []

    def read(self, events, since, until):
        self.asked.append((since, until))
        if self.failures and (failure := self.failures.pop(0)) is not None:
            raise failure
        for line in sorted(self.lines, key=lambda line: line["time"]):
            written = datetime.fromisoformat(line["time"])
            if line["event"] in events and since <= written < until:
                yield line


class Bucket:
    """Stands for Google's client: objects by name, or what reading them raises."""

    name = BUCKET

    def __init__(self, contents=None):
        self.contents = contents or {}
        self.read = []

    def blob(self, name):
        return Blob(self, name)


class Blob:
    def __init__(self, bucket, name):
        self._bucket, self._name = bucket, name

    def download_as_bytes(self, **_options):
        self._bucket.read.append(self._name)
        content = self._bucket.contents[self._name]
        if isinstance(content, Exception):
            raise content
        return content


class View:
    """A feed over a bucket, and what was noted."""

    def __init__(self, bucket=None, wanted=None, **options):
        self.bucket, self.notes = bucket or Bucket(), []
        contents = Contents(self.bucket)
        self.feed = Feed(BUCKET, contents, wanted or Wanted(), self.notes.append, **options)

    def show(self, *lines):
        """Return the columns of what is shown."""
        return [line.columns for line in self.feed.lines([lines])]


def view_of(*contents, wanted=None, **options):
    """Return what is shown of one batch that holds the events."""
    bucket = Bucket({name(): b"\n".join([*contents, b""])})
    return View(bucket, wanted, **options).show(log_line(object_name=name()))


class TestFollower:
    def follower(self, logs):
        return Follower(logs, {"batch_stored"}, START)

    def test_each_line_once(self):
        """Lines are read again with an overlap, and shown once; new ones are found."""
        logs = Logs(*[log_line(seconds=n, object_name=name(n)) for n in range(5)])
        follower = self.follower(logs)
        first = list(follower.poll())
        logs.lines.append(log_line(seconds=5, object_name=name(5)))

        assert 5 == len(first)
        assert [uri_of(name(5))] == [line["object"] for line in follower.poll()]
        assert [] == list(follower.poll())

    def test_late_line(self):
        """A line that can be read only after younger ones is not missed."""
        logs = Logs(log_line(seconds=100, object_name=name(1)))
        follower = self.follower(logs)
        list(follower.poll())
        late = log_line(seconds=100 - OVERLAP.total_seconds() + 1, object_name=name(2))
        logs.lines.append(late)

        assert [late] == list(follower.poll())

    def test_same_moment(self):
        """Two lines of one moment are two; so are two refusals that differ in their time only."""
        refused = {"event": "batch_stored", "status": 400, "reason": "r", "path": "/p"}
        lines = [
            log_line(object_name=name(1)),
            log_line(object_name=name(2)),
            {**refused, "time": at(1)},
            {**refused, "time": at(2)},
        ]
        follower = self.follower(Logs(*lines))

        assert lines == list(follower.poll())
        assert [] == list(follower.poll())

    def test_what_is_asked_for(self):
        """What lies behind the overlap is neither asked for again nor remembered."""
        logs = Logs(*[log_line(seconds=n, object_name=name(n)) for n in range(1000)])
        follower = self.follower(logs)
        list(follower.poll())
        list(follower.poll())

        assert [START, START + timedelta(seconds=999) - OVERLAP] == [
            since for since, _ in logs.asked
        ]
        assert OVERLAP.total_seconds() + 1 == len(follower._seen)

    def test_long_history(self):
        """Of a long history little is remembered while it is read, and nothing is doubled."""
        logs = Logs(*[log_line(seconds=n, object_name=name(n)) for n in range(25_000)])
        follower, most, shown = self.follower(logs), 0, []
        for line in follower.poll():
            shown.append(line["object"])
            most = max(most, len(follower._seen))

        assert 25_000 == len(set(shown)) == len(shown)
        assert most <= 10_000

    def test_nothing_yet(self):
        """While nothing is written, the beginning stays where it is."""
        logs = Logs()
        follower = self.follower(logs)
        list(follower.poll())
        logs.lines.append(log_line(seconds=0, object_name=name()))

        assert 1 == len(list(follower.poll()))


class TestFollow:
    def run(self, logs, until, interval=2.0):
        """Follow until so many waits; return lines shown, pauses, and notes."""
        shown, waited, notes = [], [], []

        def wait(seconds):
            waited.append(seconds)
            if len(waited) == until:
                raise KeyboardInterrupt

        follower = Follower(logs, {"batch_stored"}, START)
        with suppress(KeyboardInterrupt):
            for chunk in follow(follower, interval, notes.append, wait):
                shown += chunk
        return shown, waited, notes

    def test_interval(self):
        """Between two looks it waits as long as was asked."""
        shown, waited, notes = self.run(Logs(log_line(object_name=name())), 3, interval=0.5)

        assert (1, [0.5] * 3, []) == (len(shown), waited, notes)

    @pytest.mark.parametrize(
        "failure", [LogsUnavailable("Cloud Logging answers 503"), TransportError("no token")]
    )
    def test_outage(self, failure):
        """An outage is told once, survived with longer pauses, and nothing is lost by it."""
        logs = Logs(*[log_line(seconds=n, object_name=name(n)) for n in range(20)])
        logs.failures = [None, failure, failure, None]
        shown, waited, notes = self.run(logs, 4)

        assert 20 == len(shown)
        assert [2, 4, 8, 2] == waited
        assert [f"{failure}; trying again"] == notes

    def test_long_outage(self):
        """An outage that does not end is an error at last."""
        logs = Logs()
        logs.failures = [None, *[LogsUnavailable("gone")] * 30]
        waited = []

        with pytest.raises(LogsUnavailable):
            list(follow(Follower(logs, set(), START), 2.0, lambda _: None, waited.append))
        assert 30.0 == max(waited)
        assert 21 == len(waited)

    def test_no_beginning(self):
        """What cannot be read at all is an error at once."""
        logs = Logs()
        logs.failures = [LogsUnavailable("no right")]

        with pytest.raises(LogsUnavailable, match="no right"):
            next(follow(Follower(logs, set(), START), 2.0, lambda _: None, pytest.fail))


class TestEvents:
    def test_columns(self):
        """An event is a line of its time, its labels, what it is, and its attributes."""
        shown = view_of(
            event('"eventType":"level_up","eventIndex":3,"playerId":"p1"', r'"{\"level\":7}"')
        )

        assert [
            (
                "2026-01-02T12:00:00.123Z",
                "live",
                "cold",
                "s1",
                "level_up",
                "3",
                "p1",
                '{"level":7}',
            )
        ] == shown

    def test_other_spellings(self):
        """Fields are read as the loader reads them; what has no column is shown, too."""
        ((*_, session, kind, index, player, rest),) = view_of(
            event('"session_id":"own","event_type":"x","eventIndex":"12","message":"hi"')
        )

        assert ("own", "x", "12", "-", '{"message":"hi"}') == (session, kind, index, player, rest)

    @pytest.mark.parametrize(
        ("line", "rest"),
        [
            (event('"_value":5,"envelopeWraps":"value"'), "not_an_object"),
            (event('"_raw":"{oops","envelopeWraps":"line"'), "invalid_line"),
            (event('"_raw":"{fine"'), '{"_raw":"{fine"}'),
            (b"\x00\xff no JSON", "invalid_line \x00\ufffd no JSON"),
            (b"[" * 100_000, "invalid_line"),
            (event('"a":' + "[" * 240 + "]" * 240), '{"a":[[['),
            (event(r'"a":"\ud800"'), '{"a":'),
            (event('"eventType":{"no":"text"}'), '{"eventType":{"no":"text"}}'),
        ],
        ids=["value", "raw", "event", "binary", "deep", "nested", "surrogate", "misfit"],
    )
    def test_odd_lines(self, line, rest):
        """What is no event, and what is an odd one, is a line like any other."""
        (columns,) = view_of(line)

        assert 8 == len(columns)
        assert columns[-1].startswith(rest)

    def test_many(self):
        """Ten thousand events are ten thousand lines, in their order."""
        shown = view_of(*[event(f'"eventIndex":{n}') for n in range(10_000)])

        assert [str(n) for n in range(10_000)] == [columns[5] for columns in shown]

    def test_order(self):
        """Batches that are read at the same time are shown in the order of their arrival."""
        names = [name(n) for n in range(30)]
        bucket = Bucket({each: event(f'"eventIndex":{n}') for n, each in enumerate(names)})
        shown = View(bucket).show(*[log_line(object_name=each) for each in names])

        assert [str(n) for n in range(30)] == [columns[5] for columns in shown]


class TestUnreadable:
    @pytest.mark.parametrize(
        ("failure", "why"),
        [
            (NotFound("no such object"), "it was deleted meanwhile"),
            (ServiceUnavailable("busy"), "it could not be read: 503 busy"),
            (TransportError("no route"), "it could not be read: no route"),
            (BadRequest("its key is not ours"), "it could not be read: 400 its key is not ours"),
        ],
    )
    def test_passed_over(self, failure, why):
        """An object that is gone, or cannot be had now, is noted; the others are shown."""
        view = View(Bucket({name(1): failure, name(2): event('"eventType":"x"')}))
        shown = view.show(log_line(object_name=name(1)), log_line(object_name=name(2)))

        assert ["x"] == [columns[4] for columns in shown]
        assert [f"{uri_of(name(1))}: {why}"] == view.notes

    def test_forbidden(self):
        """A missing right ends it: it would be missing for every batch."""
        view = View(Bucket({name(1): Forbidden("no storage.objects.get")}))

        with pytest.raises(Forbidden):
            view.show(log_line(object_name=name(1)))


class TestWanted:
    BATCHES = (
        name(1),
        name(2, environment="test"),
        name(3, category="function"),
        name(4, session="s2"),
    )

    def numbers(self, wanted, **options):
        """Return which batches are shown, and which were read."""
        bucket = Bucket({each: event(f'"eventIndex":{each[-1]}') for each in self.BATCHES})
        bucket.contents[name(4, session="s2")] = event('"eventIndex":4,"sessionId":"s1"')
        view = View(bucket, wanted, **options)
        shown = view.show(*[log_line(object_name=each) for each in self.BATCHES])
        read = sorted(each[-1] for each in bucket.read)
        return "".join(c[-1][-1] if options else c[5] for c in shown), "".join(read)

    @pytest.mark.parametrize(
        ("wanted", "shown", "read"),
        [
            (Wanted(), "1234", "1234"),
            (Wanted("test"), "2", "2"),
            (Wanted(None, "function"), "3", "3"),
            (Wanted("live", "cold"), "14", "14"),
            (Wanted("live", "none"), "", ""),
            (Wanted(session_id="s2"), "4", "1234"),
            (Wanted("live", "cold", "s1"), "14", "14"),
            (Wanted(session_id="s"), "", "1234"),
        ],
    )
    def test_events(self, wanted, shown, read):
        """Filters decide what is shown, and by the name already what is read at all."""
        assert (shown, read) == self.numbers(wanted)

    @pytest.mark.parametrize(
        ("wanted", "shown"),
        [(Wanted(), "1234"), (Wanted("test"), "2"), (Wanted(None, None, "s2"), "4")],
    )
    def test_batches(self, wanted, shown):
        """A batch as a whole has the session of its name; nothing is read."""
        assert (shown, "") == self.numbers(wanted, as_batches=True)


class TestOtherArrivals:
    UNKNOWN = log_line(object_name=name(data_type="unknown"), event_count=0, bytes=17)
    UPLOAD = log_line("upload_url_issued", object_name=name(data_type="file"), size=5)
    REFUSED = log_line("request_refused", status=400, reason="too_deep", path="/v1/event")

    def test_shown(self):
        """Bytes that are no events, files and refusals have a line, and nothing is read."""
        view = View()
        shown = view.show(self.UNKNOWN, self.UPLOAD, self.REFUSED)

        labels = ("2026-01-02T12:00:00.000Z", "live", "cold", "s1")
        uri = uri_of(name(data_type="unknown"))
        assert [
            (*labels, "unknown", "0 events", "17 bytes", uri),
            (*labels, "upload url", "-", "5 bytes", uri.replace("unknown", "file")),
            (labels[0], "-", "-", "-", "refused", "400", "too_deep", "/v1/event"),
        ] == shown
        assert [] == view.bucket.read

    def test_filters(self):
        """Filters hold for them, except for refusals, of which no label is known."""
        shown = View(wanted=Wanted("elsewhere")).show(self.UNKNOWN, self.UPLOAD, self.REFUSED)

        assert ["refused"] == [columns[4] for columns in shown]

    def test_events_only(self):
        """A machine that reads events gets nothing else, but is told of bytes that are none."""
        view = View(events_only=True)

        assert [] == view.show(self.UNKNOWN, self.UPLOAD)
        assert [f"{uri_of(name(data_type='unknown'))}: 17 bytes that are no events"] == view.notes

    def test_other_bucket(self):
        """What another pipeline of the project stores is not shown."""
        line = {**log_line(object_name=name()), "object": f"gs://other/{name()}"}

        assert [] == View().show(line)

    def test_no_size(self):
        """A file whose size was not stated has none."""
        line = log_line("upload_url_issued", object_name=name(data_type="file"), size=None)

        assert "-" == View().show(line)[0][6]

    def test_json(self):
        """For machines each is an object that names what it is."""
        feed = View(as_batches=True).feed
        lines = feed.lines([[log_line(object_name=name()), self.UPLOAD, self.REFUSED]])
        records = [json.loads(line.json) for line in lines]

        assert ["batch_stored", "upload_url_issued", "request_refused"] == [
            r["event"] for r in records
        ]
        assert {"2026-01-02T12:00:00+00:00"} == {record["time"] for record in records}
        assert (1, 9) == (records[0]["event_count"], records[0]["bytes"])


def line_of(rest="{}", *, seconds=0.0, labels=("live", "cold"), **fields):
    """Return a line of an event."""
    given = {"session": NO_SESSION, "what": "kind", "facts": ("1", "p"), "is_event": True}
    received = START + timedelta(seconds=seconds)
    return Line(received, labels=labels, rest=rest, json=b"", **{**given, **fields})


class TestScreen:
    UUID = "3f2a9c1d-77aa-4c3e-9d0f-0123456789ab"
    PLACE = timezone(timedelta(hours=2))

    def show(self, *lines, width=80, colours=None, **options):
        """Return what a terminal of that width gets on the day the lines are of, line by line."""
        out = io.StringIO()
        console = Console(file=out, force_terminal=True, width=width, color_system=colours)
        screen = Screen(console, as_json=False, zone=self.PLACE, clock=lambda: START, **options)
        for line in lines:
            screen.show(line)
        return out.getvalue().splitlines()

    def test_what_is_looked_for(self):
        """Local time, type, index, player and attributes stand below labels that lines share."""
        shown = self.show(
            line_of('{"level":1}', what="level_up", facts=("1", "ann")),
            line_of('{"x":2}', what="hit", facts=("2", "ann"), session="s1", seconds=3),
            line_of('{"message":"hello"}', what="", facts=("", ""), labels=("live", "function")),
        )

        assert [
            "live/cold",
            '14:00:00  level_up  #1  ann  {"level":1}',
            '14:00:03  hit  #2  ann  s1  {"x":2}',
            "live/function",
            '14:00:00  {"message":"hello"}',
        ] == shown

    def test_all_labels(self):
        """On request the labels are in every line instead."""
        shown = self.show(line_of(), line_of(seconds=1), all_labels=True)

        assert [
            "14:00:00  kind  #1  p  live/cold  {}",
            "14:00:01  kind  #1  p  live/cold  {}",
        ] == shown

    def test_other_days(self):
        """The day is told of what was not received today, by the clock of who looks."""
        evening = timedelta(hours=9, minutes=59, seconds=59).total_seconds()
        _, *shown = self.show(
            line_of(seconds=evening), line_of(seconds=evening + 1), line_of(seconds=-86400)
        )

        assert ["23:59:59", "01-03 00:00:00", "01-01 14:00:00"] == [
            line.split("  ")[0] for line in shown
        ]

    def test_something_else(self):
        """What is known of a batch or a refusal is whole; of a URI both ends are seen."""
        uri = uri_of(name())
        batch = line_of(uri, what="batch", facts=("2 events", "1,557 bytes"), is_event=False)
        refused = line_of(
            "/v1/event",
            what="refused",
            facts=("400", "empty_batch"),
            labels=("", ""),
            session="",
            is_event=False,
        )

        assert [
            "live/cold",
            f"14:00:00  batch  2 events  1,557 bytes  {uri[:20]}\u2026{uri[-19:]}",
            "14:00:00  refused  400  empty_batch  /v1/event",
        ] == self.show(batch, refused)

    def test_long_ids(self):
        """Ids lose their middle, so that the attributes are seen; types stay as long as can be."""
        line = line_of(
            '{"level":1,"difficulty":"hard","deaths":3}',
            what="level_up",
            facts=("12", self.UUID),
            session=self.UUID,
        )

        ids = "3f2a\u202689ab  3f2a\u202689ab"
        rest = '{"level":1,"difficulty":"hard","\u2026'
        assert f"14:00:00  level_up  #12  {ids}  {rest}" == self.show(line)[1]
        assert self.UUID in self.show(line, width=160)[1]

    @pytest.mark.parametrize("width", [1, 10, 20, 40, 80, 200])
    @pytest.mark.parametrize("text", ["x" * 10_000_000, "\u6f22" * 300, "\U0001f5e1\ufe0f" * 99])
    def test_width(self, width, text):
        """Whatever is long, no line is wider than the terminal."""
        lines = [
            line_of(text),
            line_of(what=text),
            line_of(facts=(text, text)),
            line_of(session=text, labels=(text, text)),
            line_of(text, what=text, session=text, facts=("1", text)),
        ]

        assert [] == [
            line
            for options in ({}, {"all_labels": True})
            for line in self.show(*lines, width=width, **options)
            if cell_len(line) > width
        ]

    def test_share(self):
        """However long everything else is, attributes have a third of a usual terminal."""
        long = "x" * 300
        line = line_of("a" * 300, what=long, session=long, facts=("1", long))

        assert self.show(line, width=80)[1].count("a") > 80 / 3

    def test_colours(self):
        """A type has the same colour in every line, and others mostly another."""
        lines = [line_of(what=what) for what in ("a", "c", "a")]
        _, first, second, third = self.show(*lines, colours="standard")

        assert first == third
        assert first != second.replace("mc\x1b", "ma\x1b")

    def test_client_text(self):
        """Nothing that a client sent is obeyed: neither escapes nor markup."""
        text = "\x1b]0;title\x07[bold]b[/bold]\u202e\x9b1m:smile:"
        shown = self.show(line_of(text, labels=(text, "")), width=100)

        assert [r"\x1b]0;title\x07[bold]b[/bold]\u202e\x9b1m:smile:"] * 2 == [
            each.removeprefix("14:00:00  kind  #1  p  ").removesuffix("/") for each in shown
        ]

    def test_file(self, capsys):
        """Elsewhere lines are plain and whole, their columns two spaces apart, the time UTC."""
        line = line_of("y" * 500, what="a\nb\x1b[1m", facts=("", self.UUID), session="s")
        Screen(Console(), as_json=False).show(line)

        assert (
            f"2026-01-02T12:00:00.000Z  live  cold  s  a\\nb\\x1b[1m  -  {self.UUID}  "
            + "y" * 500
            + "\n"
        ) == capsys.readouterr().out

    def test_json(self, capsysbinary):
        """Stored bytes are printed as they are."""
        stored = replace(line_of(), json=b'{"a":1.10,"b":"\x9b"}')
        Screen(Console(), as_json=True).show(stored)

        assert b'{"a":1.10,"b":"\x9b"}\n' == capsysbinary.readouterr().out


def test_read_once_reads_to_the_end():
    """Looking once gives all there is, a few lines at a time."""
    logs = Logs(*[log_line(seconds=n, object_name=name(n)) for n in range(20)])
    chunks = list(read_once(Follower(logs, {"batch_stored"}, START)))

    assert [8, 8, 4] == [len(chunk) for chunk in chunks]
