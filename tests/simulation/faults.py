"""What fails in a world, how often, and for how long: dice, calm and storms."""

import random
from collections import Counter

SERVICES = ("store", "read", "list", "insert", "job", "query", "deliver", "log", "client")
# What can be left out of a world.
PARTS = (
    *("kills", "storms", "writer", "backfill", "clean_up", "replay", "audit", "forget"),
    *(f"client{number}" for number in range(6)),
    *("write refused", "write not sent", "write late", "write acknowledgement lost"),
    *("write acknowledged by a proxy", "write torn", "delete acknowledgement lost"),
    *("rewrite acknowledgement lost", "store unavailable", "read unavailable", "list unavailable"),
    *("read failed", "read torn", "lookup failed", "listing failed", "insert refused"),
    "insert too large",
    *("insert by half", "insert acknowledgement lost", "insert answered by a proxy"),
    *("job refused", "job quota", "job acknowledgement lost", "job failed", "job not found out"),
    *("query failed", "query answer lost", "page failed", "event dropped", "event twice"),
    *("event late", "scheduled twice", "log line lost", "log line twice", "log line late"),
    *("request lost", "answer lost"),
)
_HOUR = 3600.0
_RATES = (0.0, 0.01, 0.03, 0.1, 0.2)
_STORMS = (0.2, 0.2, 2, 2, 7, 30)  # hours
_KILLS = (0.002, 0.01, 0.03)


class Faults:
    """The dice of one world. Rates are those of its seed; in a storm nearly all of a service fails.

    `counted` tells what happened, by name.
    """

    def __init__(self, seed, days, without=frozenset()):
        self._without = without
        self.dice = random.Random(seed)
        self.counted = Counter()
        self.are_on = True
        self.rate = self.dice.choice(_RATES)
        self.kills = self.dice.choice(_KILLS)
        self.skew = self.dice.choice((0.05, 0.3, 20))  # seconds by which clocks are wrong
        self._storms = (
            []
            if "storms" in without
            else [
                (
                    self.dice.choice(SERVICES),
                    begun,
                    begun + self.dice.choice(_STORMS) * _HOUR,
                )
                for begun in (
                    self.dice.uniform(0, days * 24 * _HOUR) for _ in range(self.dice.randrange(4))
                )
            ]
        )

    def strikes(self, service, name, now, share=1.0):
        """Return whether this happens now to a service, and count it if so."""
        if not self.are_on:
            return False
        rate = self.rate * share
        for hit, begun, ended in self._storms:
            if hit == service and begun <= now < ended:
                rate = max(rate, 0.9 * share)
        if rate and self.dice.random() < rate and name not in self._without:
            self.counted[name] += 1
            return True
        return False

    def kills_now(self):
        """Return whether a process dies at this call."""
        return self.are_on and self.dice.random() < self.kills and "kills" not in self._without

    def latency(self, usual):
        """Return seconds that an answer takes: mostly about `usual`, now and then far more."""
        dice = self.dice
        slow = 20 if self.are_on and dice.random() < self.rate * 0.2 else 1
        return usual * slow * (0.5 + dice.random())
