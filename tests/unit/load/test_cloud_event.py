"""cloud_event: what a storage event says about its object."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import NAME, URI

from analytics_pipeline.load.cloud_event import parse_finalized

RESOURCE = {
    "kind": "storage#object",
    "bucket": "bucket",
    "name": NAME,
    "generation": "1772380799123456",
    "size": "212",
    "timeCreated": "2026-03-01T17:59:59.123456+02:00",
}
HUGE = "9" * 5000

json_values = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


class TestParseFinalized:
    def test_object(self):
        """All that the loader needs is read; 64-bit integers arrive as strings."""
        stored = parse_finalized({**RESOURCE, "metadata": {"event_count": "4"}})

        assert (URI, "1772380799123456") == (stored.ref.uri, stored.ref.generation)
        assert datetime(2026, 3, 1, 15, 59, 59, 123456, tzinfo=UTC) == stored.created
        assert (212, "", {"event_count": "4"}) == (
            stored.size,
            stored.content_encoding,
            stored.metadata,
        )
        assert "session" == stored.place.session_id

    @pytest.mark.parametrize(
        ("change", "field", "expected"),
        [
            ({"size": 212}, "size", 212),
            ({"contentEncoding": "GZIP"}, "encoding", "gzip"),
            ({"contentEncoding": None}, "encoding", ""),
            ({"contentEncoding": ["gzip"]}, "encoding", ""),
            ({"metadata": None}, "metadata", {}),
            ({"metadata": "text"}, "metadata", {}),
            ({"metadata": [["a", "b"]]}, "metadata", {}),
            ({"metadata": {"a": 1, "b": None, "c": ["x"], "d": "Zoë"}}, "metadata", {"d": "Zoë"}),
            ({"metadata": {1: "a"}}, "metadata", {}),
            ({"metadata": {"event_count": HUGE}}, "event_count", None),
            *(
                ({"timeCreated": text}, "created", datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC))
                for text in (
                    "2026-03-01T15:59:59Z",
                    "2026-03-01t15:59:59z",
                    "2026-03-01T15:59:59.000000999Z",
                    "2026-03-01T15:59:59",
                    "2026-03-01T15:59:59+00:00",
                )
            ),
        ],
        ids=lambda value: str(value)[:48],
    )
    def test_read_leniently(self, change, field, expected):
        """What an object need not have is read or says nothing; times have many forms."""
        assert expected == getattr(parse_finalized({**RESOURCE, **change}), field)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(("bucket", value) for value in ("", None, 5, ["b"], "\ud800")),
            *(("name", value) for value in ("", None, 5, {}, NAME + "\ud800")),
            *(("generation", value) for value in ("latest", None, "-1", "1.5", "²", HUGE)),
            *(("generation", value) for value in (1.5, float("inf"), float("nan"), True, [])),
            *(("size", value) for value in ("big", None, "-1", "", "1_0", HUGE, float("inf"))),
            *(("timeCreated", value) for value in ("yesterday", "", None, 5, [], "5", HUGE)),
            ("timeCreated", "9999-12-31T23:59:59-01:00"),
            ("timeCreated", "0001-01-01T00:00:00+01:00"),
        ],
        ids=lambda value: ascii(value)[:24],
    )
    def test_malformed(self, field, value):
        """A resource that is no object's is refused."""
        with pytest.raises(ValueError):
            parse_finalized({**RESOURCE, field: value})

    @pytest.mark.parametrize("field", ["bucket", "name", "generation", "size", "timeCreated"])
    def test_missing(self, field):
        """A resource without a field that every object has is refused."""
        with pytest.raises(ValueError):
            parse_finalized({n: v for n, v in RESOURCE.items() if n != field})

    @given(
        st.sampled_from([*RESOURCE, "metadata", "contentEncoding"]),
        json_values,
    )
    def test_any_json(self, field, value):
        """Whatever stands in a field, the event is read or refused, so that it ends."""
        try:
            stored = parse_finalized({**RESOURCE, field: value})
        except ValueError:
            return
        assert stored is None or json.dumps((stored.ref.uri, stored.batch_id, str(stored.received)))
