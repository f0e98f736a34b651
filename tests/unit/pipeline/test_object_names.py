"""object_names: one spelling of the layout, read and written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline.object_names import (
    EVENT_TIMES,
    HIVE_PREFIX,
    KEEP_OBJECT,
    BatchName,
    FileName,
    ObjectPlace,
    ObjectRef,
    Partition,
    batch_id_of,
    event_time_of,
    object_uri,
    parse_object_name,
    parse_uri,
    prefix_of,
)

RECEIVED = datetime(2026, 3, 1, 9, 5, 7, 999999, tzinfo=UTC)
PARTITION = Partition("testing", "function", "2026-03-01", "8-16")
LARGEST = 2**63 - 1

labels = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
segments = st.from_regex(r"[A-Za-z0-9._-]{1,80}", fullmatch=True)
partitions = st.builds(Partition, labels, labels, st.dates().map(str), st.sampled_from(EVENT_TIMES))
numbers = st.integers(1, LARGEST)


class TestFormat:
    def test_batch(self):
        """A batch is stored under its session, its second and a number."""
        name = BatchName("json", PARTITION, "a/b", RECEIVED, 42).format()

        assert (
            "data_type=json/analytics_environment=testing/event_category=function"
            "/event_ds=2026-03-01/event_time=8-16/a/b/2026-03-01T09:05:07Z-42"
        ) == name

    def test_file(self):
        """A file is stored under its parent, its own name and a number."""
        name = FileName(PARTITION, "crashes", "dump.gz", 42).format()

        assert (
            "data_type=file/analytics_environment=testing/event_category=function"
            "/event_ds=2026-03-01/event_time=8-16/crashes/dump.gz-42"
        ) == name

    @pytest.mark.parametrize(
        "name",
        [
            BatchName(
                "unknown", Partition("e" * 64, "c" * 64, "2026-03-01", "16-24"), "s" * 256,
                RECEIVED, LARGEST,
            ),
            FileName(
                Partition("e" * 64, "c" * 64, "2026-03-01", "16-24"), "p" * 256, "c" * 256, LARGEST
            ),
        ],
        ids=["batch", "file"],
    )  # fmt: skip
    def test_longest(self, name):
        """The longest parameters that are accepted make a name that Cloud Storage takes."""
        assert 1024 >= len(name.format().encode())


class TestParseObjectName:
    @given(
        st.sampled_from(["json", "unknown"]),
        partitions,
        st.lists(segments, min_size=1, max_size=3).map("/".join),
        st.datetimes(datetime(2000, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone
        numbers,
    )
    def test_batch(self, data_type, partition, session_id, received, number):
        """The name of a batch tells its data type, partition and session."""
        name = BatchName(data_type, partition, session_id, received, number).format()

        leaf = f"{received:%Y-%m-%dT%H:%M:%SZ}-{number}"
        assert ObjectPlace(data_type, partition, session_id, leaf) == parse_object_name(name)

    @given(partitions, segments, segments, numbers)
    def test_file(self, partition, parent, child, number):
        """The name of a file tells its partition, parent and own name."""
        name = FileName(partition, parent, child, number).format()

        assert ObjectPlace("file", partition, parent, f"{child}-{number}") == parse_object_name(
            name
        )

    @pytest.mark.parametrize(
        ("rest", "session_id", "leaf"),
        [("foo.json", "", "foo.json"), ("a/b/c/foo", "a/b/c", "foo"), ("s p?/ü", "s p?", "ü")],
    )
    def test_written_by_others(self, rest, session_id, leaf):
        """Whatever stands under a partition has its place."""
        place = parse_object_name(f"data_type=json/{PARTITION.format()}/{rest}")

        assert ObjectPlace("json", PARTITION, session_id, leaf) == place

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "foo.json",
            f"data_type=other/{PARTITION.format()}/s/x",
            f"x/data_type=json/{PARTITION.format()}/s/x",
            f"data_type=json/{PARTITION.format()}",
            f"data_type=json/{PARTITION.format()}/",
            "data_type=json/event_category=function/event_ds=2026-03-01/event_time=8-16/s/x",
            f"data_type=json/{PARTITION.format()}/s/x".replace("testing", ""),
        ],
    )
    def test_other_layouts(self, name):
        """A name of another layout has no place."""
        assert parse_object_name(name) is None

    @pytest.mark.parametrize(
        "event_ds",
        [
            "20260301", "2026-060", "2026060", "2026-W09-7", "2026-W09", "2026W097", "2026-3-1",
            "2026-03", "2026-02-30", "0000-01-01", "today", "-2026-03-01", "2026-03-01 ",
            "2026-03-01T00", "\uff12026-03-01", "__HIVE_DEFAULT_PARTITION__", "2026-03-01\n",
        ],
    )  # fmt: skip
    def test_other_dates(self, event_ds):
        """A day has one spelling: a name with another, or with none that exists, has no place."""
        name = f"data_type=json/{PARTITION.format()}/s/x"

        assert parse_object_name(name.replace("2026-03-01", event_ds)) is None

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            (BatchName("json", PARTITION, "s", RECEIVED, 1).format(), True),
            (f"data_type=json/{PARTITION.format()}/foo.json", True),
            (BatchName("unknown", PARTITION, "s", RECEIVED, 1).format(), False),
            (FileName(PARTITION, "s", "x", 1).format(), False),
            (KEEP_OBJECT, False),
            (f"data_type=json/{PARTITION.format()}/s/.keep", False),
            (f"data_type=json/{PARTITION.format()}/s/", False),
            (
                f"data_type=json/{PARTITION.format()}/s/x".replace("=function", "=cold"),
                False,
            ),
        ],
    )
    def test_is_loadable(self, name, expected):
        """Events of the category `function` are loaded, and nothing else."""
        assert expected is parse_object_name(name).is_loadable


class TestPrefixOf:
    def test_narrows(self):
        """Each argument adds a level of the layout."""
        assert "data_type=file/" == prefix_of("file")
        assert "data_type=json/analytics_environment=a/" == prefix_of("json", "a")
        assert (
            "data_type=json/analytics_environment=a/event_category=b/event_ds=2026-03-01/"
            == prefix_of("json", "a", "b", "2026-03-01")
        )

    def test_stops(self):
        """What follows the first argument that is left out cannot narrow a prefix."""
        assert "data_type=json/analytics_environment=a/" == prefix_of(
            "json", "a", event_ds="2026-03-01"
        )

    @given(partitions)
    def test_agrees_with_names(self, partition):
        """The names of a partition begin with its prefix."""
        prefix = prefix_of(
            "json", partition.analytics_environment, partition.event_category, partition.event_ds
        )

        assert BatchName("json", partition, "s", RECEIVED, 1).format().startswith(prefix)


def test_uri():
    """An object's URI is that of its bucket and name."""
    assert "gs://bucket/a/b" == object_uri("bucket", "a/b") == ObjectRef("bucket", "a/b", "1").uri


def test_parse_uri():
    """A URI is taken apart into bucket and name."""
    assert ("bucket", "a/b") == parse_uri(object_uri("bucket", "a/b"))


@pytest.mark.parametrize("uri", ["", "bucket/a", "gs://bucket", "https://bucket/a"])
def test_parse_no_uri(uri):
    """What is no URI of an object is refused by name."""
    with pytest.raises(ValueError, match=f"not a gs:// URI of an object: {uri}"):
        parse_uri(uri)


def test_batch_id():
    """A batch's id is the MD5 hex digest of its URI."""
    assert "e61a1f03b89a0bb7f6a3365f4bb7d1f8" == batch_id_of("gs://bucket/a/b")


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, "0-8"), (7, "0-8"), (8, "8-16"), (15, "8-16"), (16, "16-24"), (23, "16-24")],
)
def test_event_time(hour, expected):
    """A moment is in its third of the day."""
    assert expected == event_time_of(datetime(2026, 3, 1, hour, 59, tzinfo=UTC))


def test_keep_object():
    """The object that keeps the external table's prefix from being empty is under that prefix."""
    place = parse_object_name(KEEP_OBJECT)

    assert ("json", "none", ".keep") == (place.data_type, place.session_id, place.leaf)
    keys = [part.partition("=")[0] for part in KEEP_OBJECT.split("/")[:5]]
    assert keys == [part.strip("{").split("=")[0].split(":")[0] for part in HIVE_PREFIX.split("/")]
