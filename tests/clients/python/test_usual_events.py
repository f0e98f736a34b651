"""The events that most games have."""

from analytics_pipeline_client import usual_events


class Tracked(list):
    """A client that writes down what it is told."""

    def track(self, event_type, **fields):
        """Write it down."""
        self.append((event_type, fields["eventAttributes"]))
        return True


def test_each():
    """Each has its name and its attributes, without those that are not said, and with others."""
    client = Tracked()
    usual_events.session_start(client)
    usual_events.level_start(client, 3, difficulty="hard")
    usual_events.level_complete(client, 3, seconds=41.5)
    usual_events.level_fail(client, "boss", cause="lava", score=0)
    usual_events.purchase(client, "gems_100", "4.99", "EUR")
    usual_events.ad(client, "after_level", watched=False)
    usual_events.error(client, "no texture")
    assert usual_events.error(client, "no memory", fatal=True)

    assert client == [
        ("session_start", {}),
        ("level_start", {"level": 3, "difficulty": "hard"}),
        ("level_complete", {"level": 3, "seconds": 41.5}),
        ("level_fail", {"level": "boss", "cause": "lava", "score": 0}),
        ("purchase", {"product": "gems_100", "price": "4.99", "currency": "EUR"}),
        ("ad", {"placement": "after_level", "watched": False}),
        ("error", {"message": "no texture"}),
        ("crash", {"message": "no memory"}),
    ]
