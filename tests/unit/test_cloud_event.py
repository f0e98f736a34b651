"""finalized: what a storage event says about its object."""

from datetime import UTC, datetime

import pytest
from test_load import NAME, URI

from analytics_pipeline.load.cloud_event import parse_finalized

RESOURCE = {
    "kind": "storage#object",
    "bucket": "bucket",
    "name": NAME,
    "generation": "1772380799123456",
    "size": "212",
    "timeCreated": "2026-03-01T17:59:59.123456+02:00",
}


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
        "change",
        [
            {"generation": "latest"},
            {"generation": None},
            {"size": "big"},
            {"timeCreated": "yesterday"},
            {"timeCreated": 5},
            {"metadata": "text"},
        ],
        ids=str,
    )
    def test_malformed(self, change):
        """A resource that is no object's is refused."""
        with pytest.raises(ValueError):
            parse_finalized({**RESOURCE, **change})

    @pytest.mark.parametrize("field", ["bucket", "name", "generation", "size", "timeCreated"])
    def test_missing(self, field):
        """A resource without a field that every object has is refused."""
        with pytest.raises(ValueError):
            parse_finalized({n: v for n, v in RESOURCE.items() if n != field})
