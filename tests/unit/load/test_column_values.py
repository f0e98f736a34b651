"""column_values: what a JSON value is in a column of each type, and what does not fit."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline.load.column_values import (
    read_id,
    read_integer,
    read_moment,
    read_string,
    read_timestamp,
)
from analytics_pipeline.time_texts import format_moment

INT64 = (-(2**63), 2**63 - 1)


class TestReadString:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b'"text"', "text"),
            (b'""', ""),
            (b'"\\u00e9\\n\\ud83d\\ude00"', "é\n😀"),
            ('"é"'.encode(), "é"),
            (b"1.10", "1.10"),
            (b"1E400", "1E400"),
            (b"true", "true"),
            (b"false", "false"),
        ],
    )
    def test_fits(self, text, expected):
        """Strings are taken, numbers and booleans become their JSON text."""
        assert expected == read_string(text)

    @pytest.mark.parametrize("text", [b"null", b"{}", b"[1]", b'"\\ud800"'])
    def test_unfit(self, text):
        """Objects, arrays and what is not UTF-8 do not fit."""
        assert read_string(text) is None


class TestReadId:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b'"a"', "a"),
            (b'"\\u00e9"', "é"),
            (b'"%b"' % (b"x" * 1024), "x" * 1024),
            (b'"%b"' % (b"x" * 1025), None),
            (b'""', None),
            (b'"\\ud800"', None),
            (b"5", None),
            (b"null", None),
            (b"{}", None),
        ],
        ids=lambda value: repr(value)[:12],
    )
    def test_id(self, text, expected):
        """Only a string of some characters, and not of many, is an id."""
        assert expected == read_id(text)


class TestReadInteger:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b"0", "0"),
            (b"-0", "0"),
            (b'"42"', "42"),
            (b"-9223372036854775808", "-9223372036854775808"),
            (b'"9223372036854775807"', "9223372036854775807"),
        ],
    )
    def test_fits(self, text, expected):
        """Integers and strings of them are taken, up to the bounds of int64."""
        assert expected == read_integer(text)

    @pytest.mark.parametrize(
        "text",
        [
            b"9223372036854775808", b"-9223372036854775809", b"1.0", b"1e3", b'"1.0"', b'"007"',
            b'" 7"', b'"+7"', b'""', '"٣"'.encode(), b"true", b"null", b"[1]", b"{}",
            b'"\\ud800"', b"9" * 5000, b'"1_0"', b'"-00"', b'"7 "', b'"-"', b'"0x7"',
        ],
        ids=lambda text: text.decode()[:24],
    )  # fmt: skip
    def test_unfit(self, text):
        """What is no integer token, or wider than int64, does not fit."""
        assert read_integer(text) is None

    @given(st.integers(*INT64))
    def test_every_int64(self, number):
        """Every int64 comes back as it is."""
        assert str(number) == read_integer(str(number).encode())


class TestReadTimestamp:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b"0", "1970-01-01T00:00:00.000000Z"),
            (b"1790000000", "2026-09-21T14:13:20.000000Z"),
            (b"1790000000.000120", "2026-09-21T14:13:20.000120Z"),
            (b"1.79e9", "2026-09-21T14:13:20.000000Z"),
            (b"-1", "1969-12-31T23:59:59.000000Z"),
            (b"-100000000000", "1966-10-31T14:13:20.000000Z"),
            (b"99999999999", "5138-11-16T09:46:39.000000Z"),
            (b"100000000000", "1973-03-03T09:46:40.000000Z"),
            (b"1790000000123", "2026-09-21T14:13:20.123000Z"),
            (b"9999999999999", "2286-11-20T17:46:39.999000Z"),
            (b"100000000000000", "1973-03-03T09:46:40.000000Z"),
            (b"1790000000123456", "2026-09-21T14:13:20.123456Z"),
            (b"100000000000000000", "1973-03-03T09:46:40.000000Z"),
            (b"1790000000123456789", "2026-09-21T14:13:20.123456Z"),
            (b"1.790000000123456789e18", "2026-09-21T14:13:20.123456Z"),
            (b'"1790000000123"', "2026-09-21T14:13:20.123000Z"),
            (b'"1790000000123456789"', "2026-09-21T14:13:20.123456Z"),
            (b"9999999", "1970-04-26T17:46:39.000000Z"),
            (b"100000000", "1973-03-03T09:46:40.000000Z"),
            (b"20260301.5", "1970-08-23T11:51:41.500000Z"),
            (b"-20260301", "1969-05-11T12:08:19.000000Z"),
            (b"-2026030", "1969-12-08T13:12:50.000000Z"),
        ],
    )
    def test_numbers(self, text, expected):
        """A number, also as a string, is seconds down to nanoseconds by its magnitude."""
        assert expected == read_timestamp(text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b"1790000000.9999999", "2026-09-21T14:13:20.999999Z"),
            (b"1790000000." + b"9" * 50, "2026-09-21T14:13:20.999999Z"),
            (b"1790000000123.4567", "2026-09-21T14:13:20.123456Z"),
            (b"1790000000123456.9", "2026-09-21T14:13:20.123456Z"),
            (b"1790000000123456999", "2026-09-21T14:13:20.123456Z"),
            (b"-1.0000009", "1969-12-31T23:59:59.000000Z"),
            (b"-0.0000001", "1970-01-01T00:00:00.000000Z"),
            (b'"2026-03-01T15:59:59.9999999"', "2026-03-01T15:59:59.999999Z"),
            (b'"2026-03-01T15:59:59.123456789Z"', "2026-03-01T15:59:59.123456Z"),
            (b'"1969-12-31T23:59:59.9999999Z"', "1969-12-31T23:59:59.999999Z"),
        ],
    )
    def test_further_digits(self, text, expected):
        """Digits beyond microseconds are cut, never rounded, in numbers as in texts."""
        assert expected == read_timestamp(text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-03-01T15:59:59.123456Z", "2026-03-01T15:59:59.123456Z"),
            ("2026-03-01t15:59:59.1z", "2026-03-01T15:59:59.100000Z"),
            ("2026-03-01T15:59:59,5", "2026-03-01T15:59:59.500000Z"),
            ("2026-03-01T15:59:59", "2026-03-01T15:59:59.000000Z"),
            ("2026-03-01T15:59Z", "2026-03-01T15:59:00.000000Z"),
            ("2026-03-01T15", "2026-03-01T15:00:00.000000Z"),
            ("2026-03-01 15:59:59.5", "2026-03-01T15:59:59.500000Z"),
            ("20260301T155959Z", "2026-03-01T15:59:59.000000Z"),
            ("20260301T155959.123+0530", "2026-03-01T10:29:59.123000Z"),
            ("2026-03-01T15:59:59+02:30", "2026-03-01T13:29:59.000000Z"),
            ("2026-03-01T15:59:59-0530", "2026-03-01T21:29:59.000000Z"),
            ("2026-03-01T15:59:59-00:30", "2026-03-01T16:29:59.000000Z"),
            ("2026-03-01T15:59:59-00:00", "2026-03-01T15:59:59.000000Z"),
            ("2026-03-01T15:59:59+23:59", "2026-02-28T16:00:59.000000Z"),
            ("2026-03-01 15:59:59 UTC", "2026-03-01T15:59:59.000000Z"),
            ("2026-03-01 15:59:59.123456 UTC", "2026-03-01T15:59:59.123456Z"),
            ("2026-03-01 15:59:59.123456+00", "2026-03-01T15:59:59.123456Z"),
            ("2026-03-01 15:59:59 +0200", "2026-03-01T13:59:59.000000Z"),
            ("2026-03-01", "2026-03-01T00:00:00.000000Z"),
            ("2026-02-28T24:00:00Z", "2026-03-01T00:00:00.000000Z"),
            ("2026-02-28T24:00", "2026-03-01T00:00:00.000000Z"),
            ("2026-02-28T24:00:00.000+01:00", "2026-02-28T23:00:00.000000Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
            ("2016-12-31T23:59:60.75Z", "2017-01-01T00:00:00.750000Z"),
            ("2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00.000000Z"),
            ("0001-01-01", "0001-01-01T00:00:00.000000Z"),
            ("0001-01-01T00:00:00-01:00", "0001-01-01T01:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z"),
            ("9999-12-31T24:00:00+01:00", "9999-12-31T23:00:00.000000Z"),
        ],
    )
    def test_texts(self, text, expected):
        """ISO 8601 and what BigQuery writes is taken, as UTC where it names no zone."""
        assert expected == read_timestamp(json.dumps(text).encode())

    @pytest.mark.parametrize(
        "text",
        [
            "2026-02-30", "2026-00-01", "0000-01-01", "2026-3-1", "2026-03",
            "2026-0301T00:00", "202603-01", "2026-060", "2026-W09-7", "2026W097T00:00",
            "2026-03-01T25:00", "2026-03-01T15:60", "2026-03-01T15:59:61", "2026-03-01T1:00",
            "2026-03-01T24:00:01", "2026-03-01T24:01", "2026-03-01T24:00:00.000001",
            "2026-03-01T15:59:60Z", "2026-03-01T23:59:60+01:00", "2026-03-01T23:58:60Z",
            "2026-03-01T15:59:59.", "2026-03-01T15:59.5", "2026-03-01T15:5959",
            "2026-03-01T15:59:59+24:00", "2026-03-01T15:59:59+05:60", "2026-03-01T15:59:59+5",
            "2026-03-01T15:59:59[Europe/Paris]", "2026-03-01T15:59:59+01:00[Europe/Paris]",
            "2026-03-01 15:59:59 Europe/Paris", "2026-03-01 15:59:59 CET", "2026-03-01T15:59:59ZZ",
            "2026-03-01Z", "2026-03-01+01:00", "2026-03-01T", "2026-03-01_15:59:59",
            " 2026-03-01", "2026-03-01 ", "2026-03-01\n", "+2026-03-01", "-2026-03-01",
            "\uff12026-03-01", "2026-03-01T15:59:59.\u0661", "2026-03-01T15:59:59\u221201:00",
            "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "9999-12-31T24:00:00",
            "9999-12-31T23:59:60Z", "Sun, 01 Mar 2026 15:59:59 GMT", "03/01/2026", "yesterday",
            "NaN", "Infinity", "1_790_000_000", "0x6ab0", "1790000000s", "007", "", "x" * 99,
        ],
    )  # fmt: skip
    def test_other_texts(self, text):
        """Text that tells no instant, or not beyond doubt, or none within our years, is none."""
        assert read_timestamp(json.dumps(text).encode()) is None

    @pytest.mark.parametrize(
        "number",
        [
            "20260301", "20260301.0", "2.0260301e7", "10000000", "99999999", "20260301155959",
            "20260301155959000", "20260301155959123456", "10000000000000", "99999999999999",
        ],
    )  # fmt: skip
    def test_what_may_be_a_date(self, number):
        """Nobody can tell 20260301 from seconds: neither is guessed, as a number or as text."""
        assert read_timestamp(number.encode()) is None
        assert read_timestamp(f'"{number}"'.encode()) is None

    @pytest.mark.parametrize(
        "text",
        [
            b"100000000000000000000", b"-99999999999", b"1e999", b"1e20", b"-1e20", b"9" * 4400,
            b'"\\ud800"', b"true", b"null", b"[0]", b"{}", b"0." + b"0" * 100,
        ],
        ids=lambda text: text.decode()[:24],
    )  # fmt: skip
    def test_unfit(self, text):
        """What is neither text nor a number within the years 1 to 9999 does not fit."""
        assert read_timestamp(text) is None

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_every_moment(self, moment):
        """What is formatted reads back as the same moment."""
        text = format_moment(moment)

        assert moment == read_moment(json.dumps(text).encode())

    @given(st.datetimes(datetime(1980, 1, 1), datetime(2286, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
    def test_every_unit(self, moment):
        """A moment is the same in seconds, milliseconds, microseconds and nanoseconds."""
        microseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        seconds, fraction = divmod(microseconds, 10**6)

        assert moment == read_moment(b"%d.%06d" % (seconds, fraction))
        assert moment == read_moment(b"%d.%03d" % divmod(microseconds, 1000))
        assert moment == read_moment(b"%d" % microseconds)
        assert moment == read_moment(b"%d999" % microseconds)

    @given(
        st.datetimes(datetime(2, 1, 1), datetime(9999, 1, 1)),  # noqa: DTZ001 - the zone is added
        st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
    def test_every_zone(self, moment, zone):
        """A moment is the same in every zone."""
        moment = moment.replace(tzinfo=zone)

        assert moment == read_moment(json.dumps(moment.isoformat()).encode())
