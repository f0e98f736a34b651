"""column_values: what a JSON value is in a column of each type, and what does not fit."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline.load.column_values import (
    format_timestamp,
    read_date,
    read_integer,
    read_moment,
    read_string,
    read_timestamp,
)

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
            b'"\\ud800"', b"9" * 5000,
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
            (b"1790000000123.4567", "2026-09-21T14:13:20.123457Z"),
            (b"99999999999999", "5138-11-16T09:46:39.999000Z"),
            (b"100000000000000", "1973-03-03T09:46:40.000000Z"),
            (b"1790000000123456", "2026-09-21T14:13:20.123456Z"),
            (b'"1790000000123"', "2026-09-21T14:13:20.123000Z"),
            (b'"20260301"', "1970-08-23T11:51:41.000000Z"),
        ],
    )
    def test_numbers(self, text, expected):
        """A number, also as a string, is seconds, milliseconds or microseconds by magnitude."""
        assert expected == read_timestamp(text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b'"2026-03-01T15:59:59.123456Z"', "2026-03-01T15:59:59.123456Z"),
            (b'"2026-03-01T15:59:59"', "2026-03-01T15:59:59.000000Z"),
            (b'"2026-03-01 15:59:59.5"', "2026-03-01T15:59:59.500000Z"),
            (b'"2026-03-01T15:59:59+02:30"', "2026-03-01T13:29:59.000000Z"),
            (b'"2026-03-01"', "2026-03-01T00:00:00.000000Z"),
            (b'"0001-01-01"', "0001-01-01T00:00:00.000000Z"),
            (b'"9999-12-31T23:59:59.999999"', "9999-12-31T23:59:59.999999Z"),
        ],
    )
    def test_texts(self, text, expected):
        """ISO 8601 is taken, as UTC where it names no zone."""
        assert expected == read_timestamp(text)

    @pytest.mark.parametrize(
        "text",
        [
            b"100000000000000000", b"-99999999999", b"1e999", b'"yesterday"', b'""', b'"NaN"',
            b'"2026-02-30"', b'"0001-01-01T00:00:00+01:00"', b'"9999-12-31T23:59:59-01:00"',
            b'"\\ud800"', b"true", b"null", b"[0]", b"{}", b"0." + b"0" * 100, b'"' + b"x" * 99,
        ],
        ids=lambda text: text.decode()[:24],
    )  # fmt: skip
    def test_unfit(self, text):
        """What tells no time within the years 1 to 9999 does not fit."""
        assert read_timestamp(text) is None

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_every_moment(self, moment):
        """What is formatted reads back as the same moment."""
        text = format_timestamp(moment)

        assert moment == read_moment(json.dumps(text).encode())

    @given(st.datetimes(datetime(1980, 1, 1), datetime(5000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
    def test_every_unit(self, moment):
        """A moment is the same in seconds, milliseconds and microseconds."""
        microseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        seconds, fraction = divmod(microseconds, 10**6)

        assert moment == read_moment(b"%d.%06d" % (seconds, fraction))
        assert moment == read_moment(b"%d.%03d" % divmod(microseconds, 1000))
        assert moment == read_moment(b"%d" % microseconds)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-03-01", "2026-03-01"), ("20260301", "2026-03-01"), ("2026-02-30", None), ("x", None)],
)
def test_read_date(text, expected):
    """A real date is written with dashes, anything else is none."""
    assert expected == read_date(text)
