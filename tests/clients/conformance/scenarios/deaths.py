"""kill -9, at the moments that hurt."""

from conformance.broken import Broken
from conformance.weather import Always, Answered, Held, LostAnswer

_GARBAGE = b"This is neither a database nor a line of JSON.\n" * 100


def play_restart(world):
    """What is kept by a client that is closed without a network goes out after a start [K1]."""
    world.open()
    world.track(30)
    world.flush()
    world.proxy.offline()
    world.track(30)
    world.driver.close(0.2)
    world.proxy.online()
    world.open()
    world.track(30)
    world.flush()
    world.check()


def play_kill_after_kept(world):
    """An event that the client says is kept outlives a kill at that moment [K1]."""
    for _ in range(4):
        world.open(flush_seconds=3600, flush_events=1000)
        world.track(7)
        world.kill()
    world.open()
    world.flush()
    world.check()


def play_kill_offline(world):
    """What was tried in vain outlives a kill [K1]."""
    world.proxy.offline()
    for _ in range(3):
        world.open()
        world.track(30)
        world.kill()
    world.proxy.online()
    world.open()
    world.flush()
    world.check()


def play_kill_during_send(world):
    """A batch whose client was killed before the answer is sent again, under its key [B1]."""
    held = Held()
    world.proxy.script(held)
    world.open()
    world.track(20)
    world.wait_for_attempts(1)
    world.kill()
    held.release.set()
    world.open()
    world.flush()
    world.check()
    if len(world.proxy.of_kind()) == 1:
        raise Broken("the batch was not sent again: it was deleted before it was acknowledged")


def play_lost_answer_then_kill(world):
    """A batch that was stored, whose answer got lost, is the same after a kill [B1][B2]."""
    world.proxy.script(LostAnswer(), *[Answered(503)] * 4)
    world.open()
    world.track(30)
    world.wait_for_attempts(2)
    world.kill()
    world.open()
    world.flush()
    world.check()


def play_kill_while_tracking(world):
    """Of events that were being tracked at a kill, each is there once or not at all [K2]."""
    for _ in range(3):
        world.open()
        world.track(5)
        world.begin_track(400, pad=500)
        world.kill()
    world.open()
    world.flush()
    world.check()


def play_kill_after_failures(world):
    """A batch that failed again and again is the same after each kill [B2]."""
    world.proxy.rule = Always(Answered(502))
    for life in range(3):
        world.open()
        world.track(20)
        world.wait_for_attempts(2 * life + 2)
        world.kill()
    world.proxy.rule = None
    world.open()
    world.flush()
    world.check()


def play_damaged_outbox(world):
    """An outbox that cannot be read is put aside, and the next events are kept anew [K3]."""
    world.proxy.offline()
    world.open()
    world.track(30)
    world.kill()
    world.perhaps.update(world.kept)
    world.kept.clear()
    for path in world.folder.rglob("*"):
        if path.is_file() and path.stat().st_size:
            path.write_bytes(_GARBAGE)
    world.proxy.online()
    told = world.open()
    world.track(5)
    world.flush()
    world.check(may_have_gaps=True)
    files = [path.read_bytes() for path in world.folder.rglob("*") if path.is_file()]
    if told["durable"] and not any(_GARBAGE[:1000] in each for each in files):
        raise Broken("the damaged outbox is gone: nobody can look at what was in it")
