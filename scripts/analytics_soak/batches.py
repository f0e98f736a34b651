"""What a client sends: batches of events, some of them no events, under all kinds of keys."""

import gzip
import json
import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Literal

Place = Literal["rows", "letters", "objects", "nowhere"]
Key = Literal["", "uuid7", "opaque"]
_MOST_EVENTS = 6
_FORMS = {"array": 46, "lines": 14, "gzip": 12, "cold": 8, "unknown": 4, "refused": 16}
_REFUSED = ({"event_ds": "tomorrow"}, {"key": "no-key"}, {"session_id": "../.."})


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: its body and what goes with it; `places` is where each tag belongs."""

    body: bytes
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    key: Key
    places: Mapping[str, Place]

    @property
    def is_refused(self) -> bool:
        """Whether it must be refused."""
        return "nowhere" in self.places.values()


def batches_of(client: int, seed: int) -> Iterator[Batch]:
    """Yield what the client sends, for ever; the same seed the same, but for the keys' times."""
    dice = random.Random(f"{seed}/{client}")  # noqa: S311 - traffic, not secrets
    for number in count():
        (form,) = dice.choices([*_FORMS], [*_FORMS.values()])
        tags = [f"soak-{client}-{number}-{i}" for i in range(dice.randint(1, _MOST_EVENTS))]
        yield _batch(form, tags, dice)


def _batch(form: str, tags: list[str], dice: random.Random) -> Batch:
    parameters = {"event_category": "cold" if form == "cold" else "function"}
    places: dict[str, Place] = dict.fromkeys(tags, "rows")
    parts = [_event(tag, index) for index, tag in enumerate(tags)]
    if form == "cold":
        places = dict.fromkeys(tags, "objects")
    elif form == "unknown":
        places, parts = {tags[0]: "objects"}, [f"no JSON {tags[0]}"]
    elif form == "refused":
        places = dict.fromkeys(tags, "nowhere")
        parameters |= dice.choice(_REFUSED)
    elif len(tags) > 1 and dice.random() < 1 / 4:
        places[tags[-1]] = "letters"
        parts[-1] = f"no JSON {tags[-1]}" if form == "lines" else json.dumps(tags[-1])
    in_lines = form in {"lines", "unknown"}
    body = ("\n".join(parts) if in_lines else f"[{','.join(parts)}]").encode()
    key, headers = _key(dice, tags[0])
    if form == "gzip":
        body, headers["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
    return Batch(body, parameters, headers, key, places)


def _event(tag: str, index: int) -> str:
    return json.dumps({"eventType": "soak", "eventIndex": index, "playerId": tag})


def _key(dice: random.Random, tag: str) -> tuple[Key, dict[str, str]]:
    """Return the kind of a request's key, and its header; a UUIDv7 is given its time when sent."""
    kinds: tuple[Key, ...] = ("", "uuid7", "opaque")
    kind = dice.choice(kinds)
    random_part = uuid.UUID(int=dice.getrandbits(128), version=4).hex[13:]
    text = {"uuid7": random_part, "opaque": f"opaque-key-{tag}"}
    return kind, {"Idempotency-Key": text[kind]} if kind else {}
