"""Nothing without consent, and nothing after it was withdrawn."""

import time

from conformance.broken import Broken
from conformance.weather import Held

_MOMENT_SECONDS = 2.0


def play_consent_pending(world):
    """Before consent is given nothing is kept and nothing is sent [P1]."""
    world.open(consent=False)
    told = world.track(20)
    if told["kept"]:
        raise Broken(f"{told['kept']} events were kept before consent was given")
    world.flush()
    if world.proxy.of_kind():
        raise Broken(f"{world.proxy.of_kind()[0]} was made before consent was given")
    world.driver.ask("consent", granted=True)
    world.track(20)
    world.flush()
    world.check()


def play_consent_withdrawn(world):
    """Withdrawn consent deletes what is kept, for this and the next start [P2]."""
    world.proxy.offline()
    world.open()
    world.track(30)
    world.driver.ask("consent", granted=False)
    withdrawn = len(world.proxy.of_kind())
    world.proxy.online()
    world.flush()
    world.kill()
    world.kept.clear()
    world.open()
    world.flush()
    world.status(waiting=0)
    if len(world.proxy.of_kind()) > withdrawn:
        raise Broken("events were sent after consent had been withdrawn")
    world.track(10)
    world.flush()
    world.check()


def play_consent_withdrawn_while_sending(world):
    """No request starts after consent was withdrawn, whatever was being sent then [P2]."""
    held = Held()
    world.proxy.script(held)
    world.open()
    world.track(100)
    world.wait_for_attempts(1)
    world.driver.begin("consent", granted=False)
    world.proxy.wait_for(world.driver.has_answered, _MOMENT_SECONDS)  # it may wait for the request
    held.release.set()
    world.driver.answer()
    withdrawn = time.monotonic()
    world.flush()
    world.track(20)
    world.flush()
    world.perhaps.update(world.kept)
    world.kept.clear()
    late = [each for each in world.proxy.of_kind() if each.started > withdrawn]
    if late:
        raise Broken(f"{late[0]} began after consent had been withdrawn")
    world.check(are_gone=False, may_have_gaps=True)


def play_consent_given_again(world):
    """After consent is given again, sessions have no gaps where events were deleted [S2]."""
    world.open(flush_seconds=3600, flush_events=1000)
    world.track(5)
    world.flush()
    gone = set(world.kept)
    world.track(5)
    world.driver.ask("consent", granted=False)
    world.driver.ask("consent", granted=True)
    world.kept = gone
    world.track(5)
    world.flush()
    world.check()
