"""Answers that say no: to the key, to the size, to what is in the batch."""

from conformance.broken import Broken
from conformance.weather import Always, Answered, Refused, TooLarge


def _play_halt(refusal):
    def play(world):
        world.proxy.rule = Always(refusal)
        world.open()
        world.track(50)
        told = world.wait_until(lambda told: told["halted"] or told["parked"])
        if told["parked"]:
            raise Broken(f"{told['parked']} batches are parked because the key was refused")
        world.status(halted=True, waiting=50)
        sent = len(world.proxy.of_kind())
        if sent > 5:
            raise Broken(f"{sent} attempts with a key that is refused: it has to wait longer")
        world.kill()
        world.proxy.rule = None
        world.open()
        world.track(5)
        world.flush()
        world.status(halted=False, parked=0, waiting=0)
        world.check()

    play.__doc__ = (
        f"A key that is refused with `{refusal}` makes the outbox wait, and loses nothing [A6]."
    )
    return play


CASES = {f"halt_{status}": _play_halt(Answered(status)) for status in (400, 401, 403, 404)}


def play_halt_ends(world):
    """A client that waits because of its key goes on when it is told to flush [A6]."""
    world.proxy.rule = Always(Answered(401))
    world.open()
    world.track(30)
    world.wait_until(lambda told: told["halted"])
    world.proxy.rule = None
    world.flush()
    world.status(halted=False, waiting=0)
    world.check()


def play_parked(world):
    """A batch that is refused with a reason is put aside, on the disk; the others go on [A7]."""
    world.proxy.rule = Refused("poison")
    world.open()
    world.track(20)
    world.flush()
    world.track(event_type="poison")
    world.flush()
    world.track(20)
    world.flush()
    parked = world.status(waiting=0)["parked"]
    world.kill()
    world.open()
    world.status(parked=parked, waiting=0)
    refused = [each for each in world.proxy.of_kind() if each.status == 400]
    if parked != 1 or len(refused) != 1:
        raise Broken(f"of one bad batch {parked} are parked, after {len(refused)} attempts")
    world.proxy.rule = None
    world.driver.ask("retry_parked")
    world.flush()
    world.status(parked=0, waiting=0)
    world.check()


def play_too_many_events(world):
    """A batch that is too large is sent in parts, each under a key of its own [A5]."""
    world.proxy.rule = TooLarge(events=6)
    world.open(flush_events=50)
    world.track(50)
    world.flush()
    world.status(parked=0, waiting=0)
    world.check()


def play_too_many_bytes(world):
    """A single event that is too large is put aside; those beside it arrive [A5]."""
    world.proxy.rule = TooLarge(size=3000)
    world.open(flush_events=50)
    world.track(10)
    world.track(pad=4000)
    world.track(10)
    world.flush()
    world.status(parked=1, waiting=0)
    world.proxy.rule = None
    world.driver.ask("retry_parked")
    world.flush()
    world.status(parked=0, waiting=0)
    world.check()


def play_kill_between_parts(world):
    """A batch that is being cut in parts stays whole through kills [A5]."""
    world.proxy.rule = TooLarge(events=3)
    for life in range(3):
        world.open(flush_events=40)
        world.track(40)
        world.wait_for_attempts(4 * life + 2)
        world.kill()
    world.open()
    world.flush()
    world.status(parked=0, waiting=0)
    world.check()
