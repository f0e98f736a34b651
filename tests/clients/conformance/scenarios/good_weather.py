"""In good weather: each event arrives, as it was tracked."""

from conformance.broken import Broken


def play_first_event(world):
    """The first event is a row, with its session, its index and its id [E1][E2]."""
    session = world.open()["session"]
    world.track()
    world.flush()
    (row,) = world.check()
    if (row.session_id, row.event_index, row.event_id) != (session, 0, f"{session}.0"):
        raise Broken(
            f"the first event of session {session} has index {row.event_index} in session"
            f" {row.session_id}, and the id {row.event_id}"
        )


def play_thousand_events(world):
    """A thousand events are a thousand rows, and far fewer requests [B4]."""
    world.open(flush_events=100)
    for _ in range(10):
        world.track(100)
    world.flush()
    world.check()
    sent = len(world.proxy.of_kind())
    if sent > 100:
        raise Broken(f"1000 events went out in {sent} requests: batches are what costs little")


def play_large_events(world):
    """A batch stays below 512 KB, however large its events are [B4]."""
    world.open(flush_events=100)
    world.track(30, pad=40_000)
    world.flush()
    world.check()


def play_flush_by_time(world):
    """What is kept goes out after `flush_seconds`, without being asked for [F1]."""
    world.open(flush_events=1000)
    world.track(3)
    world.wait_for_attempts(1)
    world.flush()
    world.check()


def play_flush_by_number(world):
    """What is kept goes out when there are `flush_events`, without being asked for [F1]."""
    world.open(flush_seconds=3600)
    world.track(20)
    world.wait_for_attempts(1)
    world.flush()
    world.check()


def play_pause(world):
    """An app that goes to the background sends what it has [F2]."""
    world.open(flush_events=1000, flush_seconds=3600)
    world.track(5)
    world.driver.ask("pause")
    world.wait_for_attempts(1)
    world.driver.ask("resume")
    world.flush()
    world.check()


def play_close(world):
    """A client that is closed sends what it has, and ends [F2]."""
    world.open(flush_events=1000, flush_seconds=3600)
    world.track(5)
    left = world.close()["left"]
    if left:
        raise Broken(f"{left} events are left after `close` in good weather")
    world.check()
