"""idempotency: what makes two requests one."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_pipeline.ingest.idempotency import number_of, read_key, time_of_key
from analytics_pipeline.ingest.refusals import InvalidHeader

NOW = datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)


def uuid7(moment):
    """Return a UUIDv7 of that time, the rest of it fixed."""
    digits = f"{round(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7abc-8def-0123456789ab"


class TestReadKey:
    @pytest.mark.parametrize("sent", ["Key.of_16-letters", '"Key.of_16-letters"', "k" * 128])
    @pytest.mark.parametrize("space", ["", " ", "\t "])
    def test_key(self, sent, space):
        """A key may be quoted, and have white space around it; its letters stay."""
        assert sent.strip('"') == read_key([space + sent + space])

    def test_none(self):
        """Without the header there is no key."""
        assert read_key([]) is None

    @pytest.mark.parametrize(
        "sent",
        [
            *("k" * 15, "k" * 129, "k" * 15 + "/", "", '"', '""', '"' + "k" * 16, "k" * 16 + '"'),
            *(
                "'" + "k" * 16 + "'",
                '""' + "k" * 16 + '""',
                '"' + "k" * 16 + '";a=1',
                '" ' + "k" * 16,
            ),
            *("k" * 16 + "é", "k" * 16 + " k", '"' + "k" * 17, "k" * 17 + '"'),
        ],
    )
    def test_refused(self, sent):
        """A key of another form is refused."""
        with pytest.raises(InvalidHeader):
            read_key([sent])

    def test_two(self):
        """Two keys are refused, equal ones too."""
        with pytest.raises(InvalidHeader):
            read_key(["k" * 16] * 2)


class TestTimeOfKey:
    @pytest.mark.parametrize(
        "spell", [str, str.upper, lambda key: key.replace("-", "")], ids=["usual", "upper", "bare"]
    )
    def test_uuid7(self, spell):
        """A UUIDv7 says to the second when it was made, in any spelling."""
        made = NOW - timedelta(hours=20, milliseconds=-700)

        assert NOW - timedelta(hours=20) == time_of_key(spell(uuid7(made)), NOW)

    @pytest.mark.parametrize(
        ("age", "is_taken"),
        [
            (timedelta(days=8), True),
            (timedelta(days=8, milliseconds=1), False),
            (timedelta(minutes=-5), True),
            (timedelta(minutes=-5, milliseconds=-1), False),
        ],
    )
    def test_window(self, age, is_taken):
        """A time is taken from 8 days ago to 5 minutes ahead."""
        assert is_taken == (time_of_key(uuid7(NOW - age), NOW) is not None)

    @pytest.mark.parametrize(
        "key",
        [
            None,
            "k" * 36,
            uuid7(NOW).replace("-7", "-4"),
            uuid7(NOW).replace("-8", "-c"),
            uuid7(NOW).replace("-", "", 1),
            uuid7(NOW) + "0",
            "ffffffff-ffff-7abc-8def-0123456789ab",
            "00000000-0000-7abc-8def-0123456789ab",
        ],
    )
    def test_other_keys(self, key):
        """Other keys, and times far away, say nothing."""
        assert time_of_key(key, NOW) is None


@pytest.mark.parametrize(
    ("identity", "number"), [("f" * 32, 2**63 - 1), ("0" * 32, 1), ("0" * 15 + "5" + "0" * 16, 2)]
)
def test_number(identity, number):
    """The number is the first 63 bits of the identity, and positive."""
    assert number == number_of(identity)
