"""What the game tells of its play arrives, once and as agreed with those who read it."""

import uuid

import pytest

from analytics_testing import like
from game import Game, NotSent, Telemetry


@pytest.fixture(name="telemetry")
def _telemetry(analytics):
    return Telemetry(analytics.url, analytics.key, analytics.environment)


@pytest.fixture(name="session")
def _session():
    return f"session-{uuid.uuid4().hex}"


@pytest.fixture(name="game")
def _game(telemetry, session):
    return Game(telemetry, "ann", session)


def test_start(analytics, game):
    """A session begins with the player and the build."""
    game.quit()
    analytics.expect("session_start", count=1, player_id="ann", build_version=like("1.*"))


def test_level(analytics, game):
    """A level is a number."""
    game.level_up(3)
    game.quit()
    analytics.expect("level_up", count=1, attributes={"level": int})


def test_levels(analytics, game):
    """Each level is told once."""
    for level in range(1, 6):
        game.level_up(level)
    game.quit()
    analytics.expect("level_up", count=5, exactly_once=True)
    analytics.expect("level_up", count=1, attributes={"level": 5})


def test_purchase(analytics, game):
    """A purchase has its item, and its price in whole cents."""
    game.buy("sword", 499)
    game.quit()
    analytics.expect("purchase", count=1, attributes={"item": "sword", "price": 499})


def test_currency(analytics, game):
    """A currency has three letters."""
    game.buy("shield", 99)
    game.quit()
    analytics.expect("purchase", attributes={"currency": like("???"), "price": int})


def test_race(analytics, game):
    """The time of a race is a number, its track an object."""
    game.finish_race(61.25, "harbour")
    game.quit()
    attributes = {"seconds": float, "track.name": "harbour", "track.wet": bool}
    analytics.expect("race_finished", count=1, attributes=attributes)


def test_unicode(analytics, game):
    """Names are kept as they are, in any script."""
    game.buy("剣 ⚔️", 5)
    game.quit()
    analytics.expect("purchase", attributes={"item": "剣 ⚔️"})


def test_session(analytics, game, session):
    """A session's events are numbered without a gap, and come in their order."""
    game.level_up(1)
    game.buy("sword", 499)
    game.quit()
    analytics.expect_session(session, indexes=range(4), in_order=True)


def test_two_batches(analytics, telemetry, game, session):
    """The numbers go on over batches."""
    game.level_up(1)
    telemetry.flush()
    game.level_up(2)
    game.quit()
    analytics.expect_session(session, indexes=range(4), in_order=True)


def test_two_players(analytics, telemetry, game):
    """Players who share a device are told apart."""
    other = Game(telemetry, "bob", "session-of-bob")
    other.quit()
    game.quit()
    analytics.expect("session_end", count=1, player_id="ann")
    analytics.expect("session_end", count=1, player_id="bob")


def test_nothing_waits(analytics, game, telemetry):
    """Nothing is sent a second time."""
    game.quit()
    telemetry.flush()
    analytics.expect("session_end", exactly_once=True)


def test_no_consent(analytics):
    """Without consent nothing is sent."""
    Game(Telemetry(analytics.url, analytics.key, analytics.environment, consent=False), "ann", "s")
    analytics.expect("session_start", count=0)
    assert [] == analytics.seen("good") + analytics.seen("bad")


def test_unavailable(analytics, game):
    """A gateway that is not available for a while loses nothing."""
    game.finish_race(61.25, "harbour")
    with analytics.faults(gateway_503=True, times=2):
        game.quit()
    analytics.expect("race_finished", exactly_once=True)


def test_lost_answers(analytics, game):
    """An answer that is lost doubles nothing: the batch comes again under its key."""
    game.level_up(4)
    with analytics.faults(lost_answers=True, times=2):
        game.quit()
    analytics.expect("level_up", exactly_once=True)


def test_delivered_twice(analytics, game):
    """What the cloud delivers twice counts once."""
    with analytics.faults(deliver_twice=True):
        game.quit()
        analytics.expect("session_end", exactly_once=True)
    assert [{"n": 2}] == analytics.sql(
        "SELECT COUNT(*) AS n FROM events WHERE analytics_environment = @environment"
    )


def test_storage_fails(analytics, game):
    """A storage that fails now and then loses nothing."""
    with analytics.faults(storage_503=0.3):
        game.quit()
    analytics.expect("session_end", exactly_once=True, within=20)


def test_clean(analytics, game):
    """Nothing is refused, nothing becomes a dead letter, and no field is unknown."""
    game.level_up(1)
    game.quit()
    analytics.expect_no_dead_letters()
    analytics.expect_no_refused_requests()
    analytics.expect_no_unknown_fields()


def test_crash(analytics, game):
    """A crash is told, with its dump."""
    game.crash(b"MDMP\x93\xa7 and so on")
    game.quit()
    analytics.expect_file("crashdump", bytes_like=b"MDMP*", file_parent="build-1.4.2")
    analytics.expect("crash", attributes={"size": 16})


def test_late_upload(analytics, telemetry):
    """A place for a dump is no place for ever."""
    place = telemetry.ask_place(b"MDMP", "build-1.4.2")
    analytics.clock.advance(days=1)
    with pytest.raises(NotSent):
        telemetry.upload(b"MDMP", place)


def test_wrong_key(analytics):
    """A wrong key is an error at once, and seen by whoever looks."""
    Game(Telemetry(analytics.url, "wrong", analytics.environment), "ann", "s").quit()
    with pytest.raises(AssertionError, match="refused requests: 1; 400"):
        analytics.expect_no_refused_requests()
    analytics.expect_no_refused_requests(except_={400})
