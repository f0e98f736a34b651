"""In bad weather: each fault twice, then all of them, and the network that is not there."""

import random
import time
from email.utils import formatdate

from conformance.weather import Answered, Foreign, LostAnswer, Reset, ShortAnswer, Slow

_LIE = b'{"statusCode": 200, "event_count": 0}'
FAULTS = {
    "reset": Reset(),
    "lost_answer": LostAnswer(),
    "short_answer": ShortAnswer(),
    "short_answer_of_known_length": ShortAnswer(announced=True),
    "slow_answer": Slow(1.0),
    "captive_portal": Foreign(),
    "empty_200": Foreign(b"", "application/json"),
    "other_count": Foreign(_LIE, "application/json"),
    **{str(status): Answered(status) for status in (408, 429, 500, 502, 504)},
    "503": Answered(503, "not_stored"),
    "599": Answered(599),
}


def _play(fault):
    def play(world):
        world.proxy.script(fault, fault)
        world.open()
        world.track(5)
        world.flush()
        world.track(5)
        world.flush()
        world.check()

    play.__doc__ = f"What meets `{fault}` is sent again, the same, and arrives once [A2][A3][B2]."
    return play


CASES = {f"fault_{name}": _play(fault) for name, fault in FAULTS.items()}


def play_mixed_weather(world):
    """Of events in all weathers, in any order, each is one row [B2][A3]."""
    weathers = [each for each in FAULTS.values() if not isinstance(each, Slow)]
    world.proxy.script(*random.Random(5).choices(weathers, k=30))
    world.open(retry_cap_ms=100)
    for _ in range(15):
        world.track(20)
    world.flush()
    world.check()


def play_retry_after_seconds(world):
    """No attempt comes before the seconds that `Retry-After` asks to wait [A4]."""
    world.proxy.script(Answered(503, "overloaded", "1"), Answered(429, None, "1"))
    world.open()
    world.track(50)
    world.flush()
    world.check()


def play_retry_after_date(world):
    """No attempt comes before the date that `Retry-After` names [A4]."""
    world.open()
    world.proxy.script(Answered(503, "overloaded", formatdate(time.time() + 3, usegmt=True)))
    world.track(50)
    world.flush()
    world.check()


def play_offline(world):
    """What is tracked offline, over two starts, goes out once there is a network [K1][A3]."""
    world.proxy.offline()
    for _ in range(2):
        world.open()
        world.track(30)
        world.driver.close(0.2)
    world.open()
    world.track(30)
    world.status(waiting=90)
    world.proxy.online()
    world.flush()
    world.check()


def play_connection_breaks(world):
    """A network that goes and comes while batches are sent loses and doubles none [A3][B3]."""
    world.open()
    for _ in range(4):
        world.track(25)
        world.proxy.offline()
        world.track(25)
        world.proxy.online()
    world.flush()
    world.check()
