"""Sessions: their ids, and indices without gaps."""

from conformance.broken import Broken


def _sessions(world):
    """Return the rows' indices by session, after all checks."""
    found = {}
    for row in world.check():
        found.setdefault(row.session_id, []).append(row.event_index)
    return found


def _expect(world, *counts):
    found = sorted(len(indices) for indices in _sessions(world).values())
    if found != sorted(counts):
        raise Broken(f"there are sessions of {found} events, not of {sorted(counts)}")


def play_new_session(world):
    """A session that is begun anew counts from 0 [E1]."""
    world.open()
    world.track(7)
    world.driver.ask("session")
    world.track(5)
    world.flush()
    _expect(world, 7, 5)


def play_session_per_start(world):
    """Without `session_timeout` each start is a session [S1]."""
    for count in (7, 5):
        world.open(session_timeout=0)
        world.track(count)
        world.close()
    _expect(world, 7, 5)


def play_session_goes_on(world):
    """Within `session_timeout` a start goes on with the session and its indices [S1]."""
    world.open(session_timeout=1800)
    world.track(7)
    world.close()
    world.open(session_timeout=1800)
    told = world.track(5)
    if told["next"] != 12:
        raise Broken(f"after 12 events of a session the next index is {told['next']}")
    world.close()
    _expect(world, 12)


def play_session_goes_on_after_kill(world):
    """A session that is resumed after a kill has no gap, and no index twice [S1][K2]."""
    for _ in range(3):
        world.open(session_timeout=1800)
        world.track(7)
        world.begin_track(50)
        world.kill()
    world.open(session_timeout=1800)
    world.flush()
    found = _sessions(world)
    if len(found) != 1:
        raise Broken(f"three starts within the timeout are {len(found)} sessions, not one")
