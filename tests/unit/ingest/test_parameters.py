"""parameters: the query string, validated before it names an object."""

from datetime import UTC, datetime

import pytest

from analytics_pipeline.ingest.parameters import Rules, read_batch_request, read_file_request
from analytics_pipeline.ingest.refusals import InvalidHeader, InvalidParameter, RepeatedParameter
from analytics_pipeline.object_names import Partition

NOW = datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)
ANY = Rules((), ())
KEY = "01a22bae-b680-7c8e-9d55-0b1f6a7c9e21"


def batch(query, *keys, rules=ANY, now=NOW):
    """Read the parameters of an event request."""
    return read_batch_request(query.encode(), keys, rules, now)


def file(query, rules=ANY):
    """Read the parameters of a file request."""
    return read_file_request(query.encode(), rules, NOW)


class TestBatchRequest:
    @pytest.mark.parametrize(
        "query",
        [
            "",
            "key=k",
            "event_category=&event_ds=&session_id=&event_time=&sent_at=&batch_key=",
            "unknown=1&&=x",
        ],
    )
    def test_defaults(self, query):
        """What is absent or empty has its default, taken from one reading of the clock."""
        request = batch(query)

        assert Partition("development", "cold", "2026-03-01", "8-16") == request.partition
        assert "session-id-not-available" == request.session_id
        assert NOW == request.received
        assert (None, None, None, None) == (
            request.sent_event_ds,
            request.sent_event_time,
            request.sent,
            request.idempotency_key,
        )

    @pytest.mark.parametrize(
        ("hour", "expected"), [(0, "0-8"), (7, "0-8"), (8, "8-16"), (16, "16-24"), (23, "16-24")]
    )
    def test_third_of_the_day(self, hour, expected):
        """The default time is the third of the UTC day."""
        request = batch("", now=NOW.replace(hour=hour, minute=0))

        assert expected == request.partition.event_time

    def test_values(self):
        """Every parameter is taken as sent, after one percent-decoding."""
        request = batch(
            "analytics_environment=testing&event_category=function&event_ds=2020-02-29"
            "&event_time=0-8&session_id=a%2Fb%2e/c"
        )

        assert Partition("testing", "function", "2020-02-29", "0-8") == request.partition
        assert "a/b./c" == request.session_id
        assert ("2020-02-29", "0-8") == (request.sent_event_ds, request.sent_event_time)

    @pytest.mark.parametrize(
        "text",
        [
            *("1772380799", "1772380799.0", "1772380799000", "1772380799000000", "1.772380799e9"),
            *("2026-03-01T15:59:59Z", "2026-03-01T15%3A59%3A59%2E000Z", "2026-03-01 15:59:59 UTC"),
            *("2026-03-01T17:59:59+02:00", "2026-03-01T17:59:59%2b0200", "20260301T155959"),
        ],
    )
    def test_sent_at(self, text):
        """The client's clock is told as in `eventTimestamp`."""
        assert NOW == batch(f"sent_at={text}").sent

    @pytest.mark.parametrize("header", [(), (KEY,), (f' "{KEY}" ',)])
    def test_key_as_a_parameter(self, header):
        """A key in the query is one in the header, and may stand in both."""
        assert KEY == batch(f"batch_key={KEY}", *header).idempotency_key

    def test_two_keys(self):
        """A key in the query that is not the header's is refused by the parameter's name."""
        with pytest.raises(InvalidParameter, match=r"^batch_key: the header"):
            batch(f"batch_key={KEY}", KEY.upper())

    @pytest.mark.parametrize(
        "query",
        [
            "analytics_environment=a/b",
            "analytics_environment=a+b",
            "analytics_environment=%20",
            "event_category=" + "x" * 65,
            "event_category=%C3%A9",
            "event_category=%2525",
            "event_ds=2026-02-29",
            "event_ds=2026-1-1",
            "event_ds=20260101",
            "event_ds=today",
            "event_ds=2015-01-01",
            "event_ds=2037-01-01",
            "event_ds=%D9%A1%D9%A2",
            "sent_at=yesterday",
            "sent_at=20260301",
            "sent_at=2026-02-30T00:00:00Z",
            "sent_at=1e99",
            "sent_at=%201",
            "sent_at=NaN",
            "batch_key=fifteen-letters",
            "batch_key=" + "k" * 129,
            "batch_key=%22sixteen-letters-%22",
            "batch_key=sixteen%20letters",
            "event_time=1-8",
            "event_time=0-8%0A",
            "session_id=..",
            "session_id=a/../b",
            "session_id=./a",
            "session_id=/a",
            "session_id=a/",
            "session_id=a//b",
            "session_id=" + "x" * 257,
            "session_id=a%00",
            "session_id=%FF",
            "session_id=a%0A",
        ],
    )
    def test_refused(self, query):
        """A value that could not name an object safely is refused by its parameter's name."""
        parameter = query.partition("=")[0]

        with pytest.raises(InvalidParameter, match=f"^{parameter}: "):
            batch(query)

    @pytest.mark.parametrize("days", ["2016-03-02", "2036-02-28"])
    def test_ten_years(self, days):
        """Dates up to ten years away are accepted."""
        assert days == batch(f"event_ds={days}").partition.event_ds

    @pytest.mark.parametrize(
        "query", ["key=a&key=a", "event_ds=&event_ds=", "session_id=a&%73ession_id=a"]
    )
    def test_repeated(self, query):
        """A parameter given twice is refused, whichever way it is spelled."""
        with pytest.raises(RepeatedParameter):
            batch(query)

    def test_allowed_lists(self):
        """Where lists are set, only their values are accepted."""
        rules = Rules({"live"}, {"function"})
        query = "analytics_environment=live&event_category=function"
        assert "live" == batch(query, rules=rules).partition.analytics_environment

        for refused in (query.replace("live", "test"), query.replace("function", "cold"), ""):
            with pytest.raises(InvalidParameter):
                batch(refused, rules=rules)

    def test_case(self):
        """Names are case-sensitive; another spelling is an unknown parameter."""
        assert "development" == batch("Analytics_Environment=x").partition.analytics_environment

    def test_idempotency_key(self):
        """A key of the accepted form is taken, and names nothing but the object."""
        request = batch("", "k" * 16)

        assert "k" * 16 == request.idempotency_key
        assert request.received == request.named

    def test_key_that_tells_its_time(self):
        """The time of a UUIDv7 gives the name and the defaults, wherever a retry arrives."""
        key = "019ca6b1-cc80-7abc-8def-0123456789ab"  # 2026-02-28T23:59:56.032Z

        request = batch("", f'"{key}"')

        assert (key, "2026-02-28T23:59:56") == (
            request.idempotency_key,
            request.named.strftime("%Y-%m-%dT%H:%M:%S"),
        )
        assert ("2026-02-28", "16-24") == (
            request.partition.event_ds,
            request.partition.event_time,
        )
        assert batch("").received == request.received

    def test_wrong_idempotency_key(self):
        """Two keys are refused."""
        with pytest.raises(InvalidHeader):
            batch("", *["k" * 16] * 2)


class TestFileRequest:
    def test_defaults(self):
        """What is absent has its default."""
        request = file("key=k&session_id=ignored&session_id=ignored")

        assert Partition("development", "unknown", "2026-03-01", "8-16") == request.partition
        assert ("unknown", "unknown") == (request.file_parent, request.file_child)

    @pytest.mark.parametrize("query", ["file_parent=a/b", "file_child=..", "file_child=%2F"])
    def test_refused(self, query):
        """A parent or child is one segment of the name."""
        with pytest.raises(InvalidParameter):
            file(query)

    def test_values(self):
        """Parent and child are taken as sent."""
        request = file("file_parent=parent&file_child=child.dmp")

        assert ("parent", "child.dmp") == (request.file_parent, request.file_child)
