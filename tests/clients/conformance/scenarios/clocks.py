"""Outages by the clock, and clocks that are wrong."""

from datetime import UTC, datetime, timedelta

from conformance.broken import Broken
from conformance.weather import Answered

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _now():
    return datetime.now(UTC)


def _track_at(world, ahead):
    """Track five events on a clock that is so far ahead; returns (numbers, earliest, latest)."""
    world.set_clock(ahead.total_seconds())
    begun, before = _now(), set(world.kept)
    world.track(5)
    return world.kept - before, begun, _now()


def _check_times(world, tracked, ahead, column):
    """Check that the events have a time of when they were tracked, so far ahead of ours."""
    numbers, begun, ended = tracked
    slack = timedelta(seconds=1) + (_now() - ended if column == "corrected_timestamp" else 0 * DAY)
    for row in world.rows.read():
        time_of_row = getattr(row, column)
        if row.n in numbers and not begun - HOUR / 3600 <= time_of_row - ahead <= ended + slack:
            raise Broken(
                f"{column} of an event is {time_of_row}, but it was tracked {begun} {ahead:+}"
            )


def _play_outage(outage):
    def play(world):
        world.proxy.offline()
        world.open()
        first = _track_at(world, -outage)
        second = _track_at(world, -outage / 2)
        world.kill()
        world.open()
        last = _track_at(world, 0 * DAY)
        world.proxy.online()
        world.flush()
        world.check()
        for tracked, ahead in ((first, -outage), (second, -outage / 2), (last, 0 * DAY)):
            _check_times(world, tracked, ahead, "corrected_timestamp")

    play.__doc__ = f"Events of an outage of {outage} count on their own days [C1]."
    return play


def _play_wrong_clock(ahead):
    def play(world):
        world.open(flush_seconds=3600)
        tracked = _track_at(world, ahead)
        world.flush()
        world.check()
        _check_times(world, tracked, ahead, "event_timestamp")
        _check_times(world, tracked, 0 * DAY, "corrected_timestamp")

    play.__doc__ = f"A clock that is {ahead} ahead is corrected by `sent_at` [C1][E3]."
    return play


CASES = {
    "outage_of_an_hour": _play_outage(HOUR),
    "outage_of_a_week": _play_outage(7 * DAY),
    "clock_ahead": _play_wrong_clock(2 * DAY),
    "clock_behind": _play_wrong_clock(-2 * DAY),
}


def play_sent_at_is_of_the_attempt(world):
    """`sent_at` is the clock at each attempt, not of the first [C1]."""
    world.proxy.script(Answered(503, "overloaded", "1"))
    world.open()
    world.track(3)
    world.flush()
    world.check()
    first, *_, last = (each.sent_at for each in world.proxy.of_kind())
    if first == last:
        raise Broken(f"attempts at different times say the same sent_at: {first}")
