"""A small game's events over some days: the same players and events each time, up to today."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

_SEED = 20
_DAYS = 7
_PLAYERS = (
    *("ann", "bo", "carla", "dmitri", "eve", "farid", "grace", "hiro", "ida", "jonas", "kofi"),
    *("lena", "mei", "nils", "olga", "pia", "quinn", "rosa", "sven", "tara", "uma", "vito", "wen"),
)
_SHARE_WITH_LOSS = 0.08  # of sessions
_BUILDS = ("1.4.0", "1.4.1", "1.5.0-beta")
_STEPS = ("tutorial_start", "tutorial_done", "level_up", "purchase")


@dataclass(frozen=True)
class SampleBatch:
    """A request to send: the parameters of its URL, and its body."""

    parameters: dict[str, str]
    body: bytes


def sample_batches(now: datetime) -> Iterator[SampleBatch]:
    """Yield the sessions of a week that ends now, the oldest first, each as a batch."""
    dice = Random(_SEED)  # noqa: S311 - the same game each time
    for days_ago in reversed(range(_DAYS)):
        for number, player in enumerate(_PLAYERS):
            joined = _DAYS - 1 - number * _DAYS // len(_PLAYERS)
            stays = 1.0 if joined == days_ago else 0.55
            if joined >= days_ago and dice.random() < stays:
                began = now - timedelta(days=days_ago, minutes=dice.randrange(40, 600))
                events = _session(dice, player, began, is_first=joined == days_ago)
                yield _batch(events)


def odd_batches() -> Iterator[SampleBatch]:
    """Yield what clients get wrong: misspelt and misplaced fields, and what is no event."""
    yield _batch([{"eventtype": "level_up", "playerId": "ann", "level": "seven"}])
    yield _batch([{"eventType": "level_up", "playerId": "bo", "eventIndex": "third"}])
    yield SampleBatch({"event_category": "function"}, b'[17, "level_up"]')
    lines = b'{"eventType":"level_up"}\n{"eventType":"cut\n'
    yield SampleBatch({"event_category": "function"}, lines)
    yield SampleBatch({"event_category": "function", "event_time": "noon"}, b"{}")
    yield SampleBatch({"event_category": "cold"}, b'{"message":"kept, and not loaded"}')


def _session(
    dice: Random, player: str, began: datetime, *, is_first: bool
) -> list[dict[str, object]]:
    build = _BUILDS[sum(map(ord, player)) % len(_BUILDS)]
    types = ["session_start", *(_STEPS[: dice.randint(1, len(_STEPS))] if is_first else ())]
    types += dice.choices(("match_end", "level_up", "shop_opened"), (6, 2, 3), k=dice.randint(2, 7))
    if dice.random() < (0.25 if build.endswith("beta") else 0.06):
        types.append("crash")
    session_id = f"{player}-{began:%m%d}"
    lost = dice.randrange(2, len(types)) if dice.random() < _SHARE_WITH_LOSS else None
    moment, events = began, []
    for index, event_type in enumerate(types):
        moment += timedelta(seconds=dice.randint(5, 240))
        attributes = _attributes(dice, event_type)
        if index != lost:
            events.append(
                {
                    "eventType": event_type,
                    "playerId": player,
                    "sessionId": session_id,
                    "eventIndex": index,
                    "eventTimestamp": moment.isoformat(timespec="milliseconds"),
                    "buildVersion": build,
                    "eventAttributes": attributes,
                }
            )
    return events


def _attributes(dice: Random, event_type: str) -> dict[str, object]:
    match event_type:
        case "match_end":
            return {
                "map": dice.choice(("harbour", "canyon", "old town")),
                "score": dice.randint(0, 40),
            }
        case "level_up":
            return {"level": dice.randint(2, 30)}
        case "purchase":
            return {"item": dice.choice(("lantern", "blue coat")), "price": "1.99"}
        case _:
            return {}


def _batch(events: list[dict[str, object]]) -> SampleBatch:
    return SampleBatch({"event_category": "function"}, json.dumps(events).encode())
